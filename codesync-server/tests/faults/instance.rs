//! One server process: the real binary, to be killed, paused, and started again at its address.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use codesync_testing::{Guard, Signal, free_port};

const BINARY: &str = env!("CARGO_BIN_EXE_codesync-server");
/// How long it is started again and again while what it needs is away.
const START_MAX: Duration = Duration::from_secs(60);

/// What one server serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    All,
    WebSocket,
}

/// Variables and their values.
pub(crate) type Settings = Vec<(&'static str, String)>;

pub(crate) struct Instance {
    guard: Guard,
    role: Role,
    settings: Settings,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Instance {
    pub(crate) fn new(role: Role, settings: Settings) -> Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (address, admin) = (local(free_port()?), local(free_port()?));
        Ok(Self { guard: Guard::new("server")?, role, settings, address, admin })
    }

    /// Starts it, and waits until it serves.
    pub(crate) fn start(&mut self) -> Result<()> {
        let (role, port) = match self.role {
            Role::All => ("all", "--port"),
            Role::WebSocket => ("websocket", "--websocket-port"),
        };
        let mut words = words(&self.settings, "serve");
        words.extend(["--role", role, port].map(OsString::from));
        words.push(self.address.port().to_string().into());
        words
            .extend(["--admin-port".to_owned(), self.admin.port().to_string()].map(OsString::from));
        words.push("--data".into());
        words.push(self.guard.folder().join("data").into());
        let address = self.address;
        let began = Instant::now();
        loop {
            let started = self
                .guard
                .start(&words, Signal::Terminate, || ask(address, "/socket/health").is_ok());
            match started {
                Err(_) if began.elapsed() < START_MAX => {}
                started => return started,
            }
        }
    }

    pub(crate) fn end(&mut self, signal: Signal) {
        self.guard.end(signal);
    }

    pub(crate) fn send(&self, signal: Signal) {
        self.guard.send(signal);
    }

    /// The last of what it said.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.guard.folder().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// The sum of a counter, over all its labels.
    pub(crate) fn counted(&self, name: &str) -> Result<f64> {
        let text = ask(self.admin, "/metrics")?;
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']))
        });
        let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(values.sum())
    }
}

/// Runs a command of the binary to its end. What it said.
pub(crate) fn command(settings: &Settings, name: &str) -> Result<String> {
    let words = words(settings, name);
    let output = Command::new(&words[0]).args(&words[1..]).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{name} ended with {}: {said}", output.status);
    Ok(said)
}

/// Nothing of this process' own variables may reach a server.
fn words(settings: &Settings, command: &str) -> Vec<OsString> {
    let settings = settings.iter().map(|(name, value)| format!("{name}={value}").into());
    let words = ["env", "-i"].map(OsString::from).into_iter().chain(settings);
    words.chain([BINARY.into(), command.into()]).collect()
}

fn ask(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no whole answer")?;
    ensure!(head.contains(" 200 "), "{head}");
    Ok(body.to_owned())
}
