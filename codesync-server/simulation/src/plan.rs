//! A plan: what people do and what goes wrong, one action a line.
//!
//! A run follows from its plan alone. A seed makes a plan ([`script`](crate::script)); a plan that
//! failed is kept in a file, where lines can be taken out by hand.

use std::fmt;
use std::str::FromStr;

/// Everything that a run depends on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) setup: Setup,
    /// Each with its time in milliseconds, in order.
    pub(crate) actions: Vec<(u64, Action)>,
}

/// Defines a line of named numbers: an enum or struct, its text, and how it is read back.
macro_rules! lines {
    (
        $(#[$doc:meta])*
        enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal { $($field:ident),* })* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum $name {
            $($(#[$vdoc])* $variant { $($field: u64),* },)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant { $($field),* } => {
                        f.write_str($word)?;
                        $(write!(f, concat!(" ", stringify!($field), "={}"), $field)?;)*
                        Ok(())
                    })*
                }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(line: &str) -> Result<Self, String> {
                let mut words = line.split_whitespace();
                let verb = words.next().ok_or("an empty line")?;
                let fields: Vec<&str> = words.collect();
                match verb {
                    $($word => Ok(Self::$variant {
                        $($field: field(&fields, stringify!($field))?),*
                    }),)*
                    _ => Err(format!("unknown action {verb:?}")),
                }
            }
        }
    };
}

fn field(fields: &[&str], name: &str) -> Result<u64, String> {
    let value = fields.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
    let value = value.ok_or_else(|| format!("{name} is missing"))?;
    value.parse().map_err(|_| format!("{name}={value} is no number"))
}

lines! {
    /// How the world is made. Rates are per mille.
    enum Setup {
        World = "setup" {
            clients, documents, latency_ms, fsync_ms, log_ms, frames_doubled, frames_dropped,
            hints_lost, hints_doubled, hints_late_ms, token_ms
        }
    }
}

lines! {
    /// One thing that somebody does or that goes wrong. Numbers that are too large for what they
    /// name count modulo its size, so that an action means something in every plan.
    enum Action {
        Open = "open" { client, document }
        Close = "close" { client, document }
        /// `place` below 1000: that part of the text; from there on: where the person was last.
        Edit = "edit" { client, document, place, delete, insert }
        /// Several places at once.
        EditMany = "edit-many" { client, document, places, luck }
        Undo = "undo" { client, document }
        Redo = "redo" { client, document }
        BreakGroup = "break-group" { client, document }
        Select = "select" { client, document, count, luck }
        /// What is sent arrives up to here and no further; both sides hear of it.
        Cut = "cut" { client }
        /// Nothing arrives any more, and nobody says so.
        Hang = "hang" { client }
        Offline = "offline" { client }
        Online = "online" { client }
        /// Takes nothing from the socket for a while.
        Stall = "stall" { client, ms }
        /// The disk takes this long for its next write.
        SlowDisk = "slow-disk" { client, ms }
        Kill = "kill" { client, luck }
        Restart = "restart" { client }
        KillServer = "kill-server" { server, luck }
        StartServer = "start-server" { server }
        /// Asks everybody on this server to come back.
        Drain = "drain" { server }
        /// Closes a document that nobody has open.
        Unload = "unload" { server, document }
        Snapshot = "snapshot" { server, document }
        /// Forgets all snapshots but the newest ones.
        Prune = "prune" { document, keep }
        /// Puts something else in the place of the newest snapshot.
        Damage = "damage" { document }
        /// A person's rights in a document: 0 none, 1 to read, 2 to write; for so long, if not zero.
        Permit = "permit" { document, client, role, ms }
        /// The person has to log in again.
        EndLogin = "end-login" { client }
        /// The next appends of this server: 0 conflict, 1 unknown but done, 2 unknown and not
        /// done, 3 unknown and done late, 4 unavailable.
        LogAnswers = "log-answers" { server, answer, count }
        LogDown = "log-down" { ms }
        LogSlow = "log-slow" { ms, by_ms }
        /// A program that never joined hands in what it made of the text `behind` revisions ago,
        /// and hands it in again, at the next server, unless `again_ms` is zero.
        Write = "write" { server, document, behind, again_ms }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}\n{}", self.seed, self.setup)?;
        self.actions.iter().try_for_each(|(ms, action)| writeln!(f, "@{ms} {action}"))
    }
}

impl FromStr for Plan {
    type Err = String;

    /// Reads what `Display` wrote. Empty lines and those that begin with `#` say nothing.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut seed, mut setup, mut actions) = (None, None, Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let at = |error| format!("line {number}: {error}");
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(number) = line.strip_prefix("seed ") {
                seed = Some(number.parse().map_err(|_| at("the seed is no number".into()))?);
            } else if let Some(rest) = line.strip_prefix('@') {
                let (ms, action) = rest.split_once(' ').ok_or_else(|| at("no action".into()))?;
                let ms = ms.parse().map_err(|_| at("the time is no number".into()))?;
                actions.push((ms, action.parse().map_err(at)?));
            } else {
                setup = Some(line.parse().map_err(at)?);
            }
        }
        let missing = |what: &str| format!("there is no line that begins with {what:?}");
        Ok(Self {
            seed: seed.ok_or_else(|| missing("seed"))?,
            setup: setup.ok_or_else(|| missing("setup"))?,
            actions,
        })
    }
}
