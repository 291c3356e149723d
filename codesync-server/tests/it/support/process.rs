//! The real binary in a process of its own, to be killed.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::PATIENCE;

pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts the binary and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        let mut command = command(data);
        command.args(["--port", "0", "--log", "warn", "--messages-per-second", "100000"]);
        Self::spawn(command.stderr(Stdio::inherit()))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let port = line.trim().rsplit_once(':').expect("an address").1.parse().expect("a port");
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Memory that it occupies, as Linux counts it.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes.and_then(|n| n.trim().parse::<u64>().ok()).expect("VmRSS in kB") * 1024
    }

    /// Kills it as a power cut would, as far as a process can be.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Asks it to go down, and waits for the end.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not go down");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary with all its logs on while `work` is done. What it logged.
pub(crate) async fn logged<F: Future<Output = ()>>(
    data: &Path,
    format: &str,
    work: impl FnOnce(SocketAddr) -> F,
) -> String {
    logged_with(data, format, &[], work).await
}

/// The same, with more arguments.
pub(crate) async fn logged_with<F: Future<Output = ()>>(
    data: &Path,
    format: &str,
    more: &[&str],
    work: impl FnOnce(SocketAddr) -> F,
) -> String {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut command = command(data);
    command.args(["--port", "0", "--log", "trace", "--log-format", format]).args(more);
    command.env("CODESYNC_JWT_SECRET", "canary-in-the-key-0123456789-abcdefghij");
    let server = ServerProcess::spawn(command.stderr(log.reopen().expect("the file")));
    work(server.address).await;
    server.terminate();
    std::fs::read_to_string(log.path()).expect("UTF-8")
}

/// Starts the binary where it must fail. Its exit and what it said.
pub(crate) fn fails(data: &Path, more: &[&str]) -> (ExitStatus, String) {
    let mut child = command(data)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
    (child.wait().expect("it ends"), said)
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codesync-server"));
    command.arg("serve").arg("--data").arg(data);
    command
}
