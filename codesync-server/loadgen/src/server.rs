//! The server that is measured: a process of its own, on a free port, with a folder of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::machine::{self, Cores};

const START_MAX: Duration = Duration::from_secs(30);
/// As good as no limit: people in a run type faster than people.
const MESSAGES_PER_SECOND: &str = "1000000";

/// What is to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Program {
    /// The server, with its log where it belongs.
    Durable,
    /// The same server with its log in memory: what the disk costs is the difference.
    InMemory,
    /// This file instead of the server that is built into the generator.
    Binary(PathBuf),
    /// The baseline: passes frames on and understands nothing.
    Relay,
    /// One of several that share services: the built-in server, or the program in a file.
    Instance {
        /// What to start instead of the built-in server.
        file: Option<PathBuf>,
        /// What it finds in its environment.
        place: Vec<(&'static str, String)>,
    },
    /// Runs already, at this address; it cannot be measured from within or killed.
    Elsewhere(SocketAddr),
}

/// A running server. It is killed when the value is dropped.
pub struct Server {
    program: Program,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    child: Option<Child>,
    cores: Cores,
    folder: TempDir,
}

impl Server {
    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn start(program: Program, cores: Cores) -> Result<Self> {
        let folder = tempfile::tempdir().context("there is no place for temporary folders")?;
        let address = match &program {
            Program::Elsewhere(address) => *address,
            _ => SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let admin = match &program {
            Program::Instance { .. } => Some(free_address()?),
            _ => None,
        };
        let mut server = Self { program, address, admin, child: None, cores, folder };
        server.run().await?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its numbers are read.
    ///
    /// # Errors
    ///
    /// If it is not one of several, which alone tell.
    pub fn admin(&self) -> Result<SocketAddr> {
        self.admin.context("this server tells no numbers")
    }

    /// Where its files are, if it has any.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it can be killed and started again.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.child.is_some()
    }

    /// Processor time that it has used so far.
    #[must_use]
    pub fn cpu(&self) -> Option<Duration> {
        machine::cpu(self.child.as_ref()?.id()?)
    }

    /// Memory that it holds now, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> Option<u64> {
        machine::resident_bytes(self.child.as_ref()?.id()?)
    }

    /// Kill -9.
    ///
    /// # Errors
    ///
    /// If it is not ours, or has ended by itself before.
    pub async fn kill(&mut self) -> Result<()> {
        let child = self.child.as_mut().context("the server is not ours to kill")?;
        if let Some(status) = child.try_wait()? {
            bail!("the server ended by itself: {status}");
        }
        child.kill().await?;
        Ok(())
    }

    /// Starts it again after a [kill](Server::kill): on the same port, with the same files.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        self.run().await
    }

    /// Starts the process.
    async fn run(&mut self) -> Result<()> {
        let own = std::env::current_exe().context("this program does not know its own file")?;
        let (file, words): (&Path, &[&str]) = match &self.program {
            Program::Durable => (&own, &["server", "--log", "sqlite"]),
            Program::InMemory => (&own, &["server", "--log", "memory"]),
            Program::Binary(file) => (file, &["serve"]),
            Program::Instance { file: None, .. } => (&own, &["server", "--log", "configured"]),
            Program::Instance { file: Some(file), .. } => (file, &["serve"]),
            Program::Relay => (&own, &["relay"]),
            Program::Elsewhere(_) => return Ok(()),
        };
        let mut command = Command::new(file);
        command.args(words).arg("--port").arg(self.address.port().to_string());
        if self.program != Program::Relay {
            command.arg("--data").arg(self.folder.path());
            command.args(["--messages-per-second", MESSAGES_PER_SECOND]);
        }
        if matches!(self.program, Program::Binary(_) | Program::Instance { .. }) {
            command.env("CODESYNC_LOG", "warn");
        }
        if let Program::Instance { place, .. } = &self.program {
            command.envs(place.iter().map(|(name, value)| (name, value)));
        }
        if let Some(admin) = self.admin {
            command.env("CODESYNC_ADMIN_PORT", admin.port().to_string());
        }
        // The built-in ones end with their standard input, should this process be killed itself.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let started = self.cores.on_servers_core(|| command.spawn());
        let mut child = started.with_context(|| format!("cannot start {}", file.display()))?;
        let said = child.stdout.take().context("standard output was asked for")?;
        let mut lines = BufReader::new(said).lines();
        let line = timeout(START_MAX, lines.next_line()).await;
        let line = line.context("the server does not start")??;
        // It must outlive its pipe, or it would end by writing into a closed one.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let port = line.as_deref().and_then(|line| line.rsplit_once(':')?.1.trim().parse().ok());
        let port = port.with_context(|| format!("{} did not say its port", file.display()))?;
        self.address.set_port(port);
        self.child = Some(child);
        Ok(())
    }
}

/// An address that is free at the moment.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("there is no free port")?;
    Ok(listener.local_addr()?)
}

/// Ends this process, which is one of the built-in servers, when whoever started it has gone.
pub(crate) fn end_with_parent() {
    std::thread::spawn(|| {
        // Nothing is ever written there; whatever ends the reading, nobody is left to serve.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}
