//! A program that never outlives the process that asked for it.
//!
//! It is the child of a shell that reads a pipe from us. A word in the pipe says how it is to end;
//! the end of the pipe, which comes even if we are killed, says the same and that the folder goes
//! too. The shell is in a process group of its own, so that Ctrl-C reaches us alone.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a program may take until it answers. Initialising a database on a machine that
/// compiles beside it takes half a minute.
const ANSWER_MAX: Duration = Duration::from_secs(120);
const ASK_AGAIN: Duration = Duration::from_millis(20);

const SCRIPT: &str = r#"
folder=$1; usual=$2; shift 2
exec 2>>"$folder/log"
"$@" </dev/null >&2 & pid=$!
echo $pid
signal=; read -r signal
kill -"${signal:-$usual}" $pid
wait $pid
[ "$signal" ] || rm -rf "$folder"
"#;

/// How a program is told to end, or made to pause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// At once and without a word, as when the power fails.
    Kill,
    /// In good order. Clients are not waited for.
    Interrupt,
    /// In good order, after the clients.
    Terminate,
    /// Postgres ends as in a crash, its helpers with it: it has to recover at its next start.
    Quit,
    /// Neither answers nor ends.
    Stop,
    /// Goes on after [`Stop`](Self::Stop).
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

/// A folder, and the program that lives in it while there is one. What it says on standard error
/// and output stands in the file `log` of the folder.
#[derive(Debug)]
pub struct Guard {
    folder: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    shell: Child,
    pipe: ChildStdin,
    pid: u32,
}

impl Guard {
    /// A new folder, nothing in it.
    pub fn new(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("codesync-{name}-")).tempdir()?;
        Ok(Self { folder: folder.keep(), running: None })
    }

    /// Where the program's files and its log are; gone when this is dropped.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program, which ends upon `usual`, and waits until it answers. One that does not is
    /// ended, and may be started again.
    pub fn start<S: AsRef<OsStr>>(
        &mut self,
        words: impl IntoIterator<Item = S>,
        usual: Signal,
        answers: impl Fn() -> bool,
    ) -> Result<()> {
        assert!(self.running.is_none(), "one program at a time");
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(&self.folder).arg(usual.name()).args(words);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let mut shell = shell.spawn().context("could not start sh")?;
        let pipe = shell.stdin.take().expect("it was asked for");
        let mut pid = String::new();
        BufReader::new(shell.stdout.take().expect("it was asked for")).read_line(&mut pid)?;
        let pid = pid.trim().parse().context("sh names no process")?;
        self.running = Some(Running { shell, pipe, pid });
        let started = Instant::now();
        while !answers() {
            if started.elapsed() > ANSWER_MAX || self.has_ended() {
                self.end(Signal::Kill);
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("a server in {} does not answer; it says\n{log}", self.folder.display());
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(())
    }

    /// Whether the program has ended by itself. Its shell may not have noticed yet: then the process
    /// is still there and takes signals, and only Linux tells that it is dead.
    fn has_ended(&self) -> bool {
        let Some(running) = &self.running else { return true };
        let state = std::fs::read_to_string(format!("/proc/{}/stat", running.pid));
        let is_dead = |stat: String| stat.rsplit_once(')').is_some_and(|it| it.1.starts_with(" Z"));
        state.is_ok_and(is_dead) || !self.signal_is_taken("0")
    }

    /// Sends a signal. Whether the program was still there.
    fn signal_is_taken(&self, signal: &str) -> bool {
        let Some(running) = &self.running else { return false };
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(running.pid.to_string()).stderr(Stdio::null());
        kill.status().is_ok_and(|status| status.success())
    }

    /// Pauses the program or lets it go on.
    pub fn send(&self, signal: Signal) {
        assert!(self.signal_is_taken(signal.name()), "{} has ended", self.folder.display());
    }

    /// Ends the program and keeps the folder.
    pub fn end(&mut self, signal: Signal) {
        if let Some(Running { mut shell, mut pipe, .. }) = self.running.take() {
            // If the shell has gone, so has its child.
            let _ = writeln!(pipe, "{}", signal.name());
            let _ = shell.wait();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Running { mut shell, pipe, .. }) = self.running.take() {
            drop(pipe);
            let _ = shell.wait();
        }
        // Gone already, unless no program was running.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
