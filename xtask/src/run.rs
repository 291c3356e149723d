//! `cargo xtask run`: from a fresh clone to one document in a terminal and a browser.

use std::fs::File;
use std::io::{IsTerminal, stdin, stdout};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::tools::{answer, check, command, program, root, target};
use crate::wasm;

/// How long the server may take until it answers.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// A program that does not outlive us, whatever becomes of the rest.
struct Ours(Child);

impl Ours {
    fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.spawn().with_context(|| format!("could not start {command:?}"))?))
    }
}

impl Drop for Ours {
    /// Asks it to put everything in order and end, by its own id, and waits for that.
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            answer(Command::new("sh").args(["-c", &format!("kill -TERM {}", self.0.id())]));
            let _status = self.0.wait();
        }
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let port = match arguments {
        [] => 3000,
        [name, port] if name == "--port" => port.parse::<u16>().context("--port")?,
        _ => bail!("`run` takes --port N, not `{}`", arguments.join(" ")),
    };
    if let Err(cause) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        let remedy = "end the program that has it (`ss -ltnp` names it), or take another";
        bail!("port {port} cannot be used, {cause}: {remedy}: `cargo xtask run --port N`");
    }
    wasm::build_page()?;
    check(&mut command("cargo build --locked --profile ci -p codesync-server -p codesync-tui"))?;

    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let port = port.to_string();
    let mut server = Command::new(program("codesync-server"));
    server.stdin(Stdio::null()).args(["serve", "--port", &port]);
    let has_terminal = stdin().is_terminal() && stdout().is_terminal();
    if has_terminal {
        // The editor owns the screen, so what the server says goes to a file.
        let log = target().join("codesync-server.log");
        println!("The server writes to {}", log.display());
        let log = File::create(log)?;
        server.stdout(log.try_clone()?).stderr(log);
    }
    // A group of its own: Ctrl-C reaches the server once, through us.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut server, 0);
    let mut server = Ours::start(&mut server)?;
    let mut health = Command::new(program("codesync-server"));
    health.args(["healthcheck", "--port", &port]);
    let started = Instant::now();
    while answer(&mut health).is_none() {
        ensure!(started.elapsed() < ANSWER_MAX, "the server does not answer");
        if is_stopped(&mut server, &stop)? {
            return Ok(());
        }
    }

    let link = welcome(&format!("http://localhost:{port}"))?;
    let editor = program("codesync");
    println!("\n  In a browser            {link}");
    println!("  In a second terminal    {} open {link}\n", editor.display());
    if !has_terminal {
        println!("Serving until stopped.");
        while !is_stopped(&mut server, &stop)? {}
        return Ok(());
    }
    let mut editor = Ours::start(Command::new(editor).arg("open").arg(link))?;
    while !is_stopped(&mut server, &stop)? {
        if let Some(status) = editor.0.try_wait()? {
            ensure!(status.success(), "the editor ended with {status}");
            break;
        }
    }
    Ok(())
}

/// Waits a moment, then says whether we were asked to stop; an error if the server stopped itself.
fn is_stopped(server: &mut Ours, stop: &AtomicBool) -> Result<bool> {
    std::thread::sleep(Duration::from_millis(50));
    if let Some(status) = server.0.try_wait()? {
        bail!("codesync-server ended with {status}: see above, or its log");
    }
    Ok(stop.load(Ordering::Relaxed))
}

/// The link of the document called Welcome, which is made if there is none.
fn welcome(server: &str) -> Result<String> {
    let codesync = |words: &[&str]| {
        let mut codesync = Command::new(program("codesync"));
        answer(codesync.current_dir(root()).args(["--server", server]).args(words))
    };
    let listed = codesync(&["ls", "Welcome"]).context("the server does not list its documents")?;
    let mut rows = listed.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    match rows.find(|row| row[0] == "Welcome").and_then(|row| row.last().copied()) {
        Some(id) => Ok(format!("{server}/d/{id}")),
        None => codesync(&["new", "Welcome", "xtask/welcome.txt"]).context("no welcome document"),
    }
}
