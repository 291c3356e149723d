//! A Postgres cluster that trusts whoever is on this machine.
//!
//! Postgres refuses to run as root: there it runs as the user `postgres`, whom its package makes.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::guard::{Guard, Signal};
use crate::{port, programs};

/// Tests run one beside the other, each with a pool of connections.
const CONNECTIONS_MAX: u32 = 300;

/// Longest wait for the processes of a server that was killed. Far more than they take.
const ORPHANS_WAIT: Duration = Duration::from_secs(10);

/// A Postgres server of one's own, which ends when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    guard: Guard,
    port: u16,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        let mut postgres = Self { guard: Guard::new("postgres")?, port: port::free()? };
        postgres.initialise()?;
        postgres.restart()?;
        Ok(postgres)
    }

    fn initialise(&self) -> Result<()> {
        let folder = self.guard.folder();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder))?;
        }
        let words = unprivileged(programs::postgres("initdb")?.into())
            .chain(["-D".into(), folder.join("data").into()])
            .chain("-U postgres -A trust -E UTF8 --locale=C --no-sync".split(' ').map(Into::into));
        let words: Vec<OsString> = words.collect();
        run(Command::new(&words[0]).args(&words[1..]))
    }

    /// Starts it again after [`end`](Self::end), with all that was committed in it.
    pub fn restart(&mut self) -> Result<()> {
        let (port, ready) = (self.port, programs::postgres("pg_isready")?);
        let options = format!("-h 127.0.0.1 -p {port} -N {CONNECTIONS_MAX} -k");
        let words = unprivileged(programs::postgres("postgres")?.into())
            .chain(["-D".into(), self.guard.folder().join("data").into()])
            .chain(options.split(' ').map(Into::into))
            .chain([OsString::new()]);
        let words: Vec<OsString> = words.collect();
        let answers = || {
            let mut ready = Command::new(&ready);
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            ready.status().is_ok_and(|status| status.success())
        };
        self.guard.start(words, Signal::Interrupt, answers)
    }

    /// Where it keeps its files and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.guard.folder()
    }

    /// The superuser's own database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it; what was committed stays on disk.
    pub fn end(&mut self, signal: Signal) {
        self.guard.end(signal);
        // The processes of one that was killed notice it a moment later. Until then they hold its
        // address and its memory, and it could not start again.
        let data = self.guard.folder().join("data");
        let deadline = Instant::now() + ORPHANS_WAIT;
        while works_in(&data) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Whether a process of this machine works in a folder, as all of a cluster do in its own. Where
/// there is no `/proc`, it is not known of any.
fn works_in(folder: &Path) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut places = processes.filter_map(|process| fs::read_link(process.path().join("cwd")).ok());
    places.any(|place| place == folder)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The words that run a program as somebody whom Postgres accepts, without a process in between.
fn unprivileged(program: OsString) -> impl Iterator<Item = OsString> {
    let user = "setpriv --reuid=postgres --regid=postgres --init-groups";
    let user = if is_root() { user } else { "" };
    let words: Vec<_> = user.split_whitespace().map(OsString::from).collect();
    words.into_iter().chain([program])
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("could not start {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {said}", output.status);
    Ok(())
}
