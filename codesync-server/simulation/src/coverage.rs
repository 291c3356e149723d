//! What runs have met: a simulation in which something never happens proves nothing about it.

use std::collections::BTreeMap;
use std::fmt;

/// Defines what can be met, with the words in which it is told.
macro_rules! encounters {
    ($($name:ident = $words:literal,)*) => {
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub(crate) enum Met {
            $($name,)*
        }

        impl Met {
            pub(crate) const ALL: &'static [Met] = &[$(Met::$name,)*];

            pub(crate) fn words(self) -> &'static str {
                match self {
                    $(Met::$name => $words,)*
                }
            }
        }
    };
}

encounters! {
    Commit = "entries committed",
    LostRace = "appends that lost a race",
    UnknownOutcome = "appends of unknown outcome",
    SentAgain = "submissions sent again",
    Rejected = "submissions to be sent later",
    LargeSubmission = "submissions of more than 60 000 bytes",
    ComposedCatchUp = "catch-ups over several revisions at once",
    AckInCatchUp = "own commits acknowledged after a reconnect",
    OlderRead = "reads from before a server's window",
    OutOfCredit = "readers that had to be waited for",
    TooSlow = "readers closed as too slow",
    CheckpointOnTheWay = "checkpoints at 256 revisions",
    LoadFromSnapshot = "loads from a snapshot",
    SnapshotDamaged = "snapshots damaged",
    FrameLost = "frames that vanished",
    FrameDoubled = "frames that came twice",
    SocketCut = "sockets cut",
    SocketHung = "sockets that died in silence",
    ClientKilled = "clients killed",
    ServerKilled = "servers killed",
    EditLost = "edits lost with a process before they were on disk",
    TornJournal = "journals with a torn tail",
    UnsentRestored = "journals restored with unsent edits",
    JournalRewritten = "journals written anew",
    SteppedBack = "undo and redo",
    PeopleElsewhere = "news of people at another server",
    PermissionGiven = "permissions given or changed",
    PermissionTaken = "permissions taken away",
    AccessLost = "appends refused because permissions had changed",
    SetAside = "texts kept aside by people who could no longer write",
    AccessEnded = "documents that ended for somebody",
    Trespass = "edits of people who knew that they could not write",
    TokenExpired = "tokens near their end",
    LoginNeeded = "people asked to log in again",
    WrittenWhole = "texts handed in by programs",
    WrittenAgain = "texts handed in again and committed once",
}

/// How often each was met.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Coverage(BTreeMap<Met, u64>);

impl Coverage {
    pub(crate) fn met(&mut self, what: Met) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(*what).or_default() += times;
        }
    }

    pub(crate) fn times(&self, what: Met) -> u64 {
        self.0.get(&what).copied().unwrap_or(0)
    }

    /// What was never met.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let never = Met::ALL.iter().filter(|what| self.times(**what) == 0);
        never.map(|what| what.words()).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Met::ALL
            .iter()
            .try_for_each(|what| writeln!(f, "{:>10} {}", self.times(*what), what.words()))
    }
}
