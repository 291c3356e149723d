//! `cargo xtask run`: from a fresh clone to one document in a terminal and a browser.

use std::fs::File;
use std::io::{IsTerminal, Read, Write, stdin, stdout};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::tools::{answer, check, command, program, target};
use crate::wasm;

/// How long the server may take until it answers.
const ANSWER_MAX: Duration = Duration::from_secs(30);

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut port, mut data) = (3000_u16, None);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--port" => port = value.parse().context("--port")?,
            [name, value] if name == "--data" => data = Some(value),
            _ => bail!("`run` takes --port N and --data DIR, not `{}`", pair.join(" ")),
        }
    }
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
    let mut server = Command::new(program("codesync-server"));
    server.stdin(Stdio::null()).args(["serve", "--port", &port.to_string()]);
    server.args(data.into_iter().flat_map(|folder| ["--data", folder]));
    let terminal = stdin().is_terminal() && stdout().is_terminal();
    if terminal {
        // The editor owns the screen, so what the server says goes to a file.
        let log = target().join("codesync-server.log");
        println!("The server writes to {}", log.display());
        let log = File::create(log)?;
        server.stdout(log.try_clone()?).stderr(log);
    }
    // A group of its own: Ctrl-C reaches the server once, through us.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut server, 0);
    let mut server = server.spawn().context("could not start codesync-server")?;
    let served = serve(port, terminal, &stop, &mut server);
    // The server is ours: whatever became of the rest, it does not outlive us.
    end(&mut server)?;
    served
}

fn serve(port: u16, terminal: bool, stop: &AtomicBool, server: &mut Child) -> Result<()> {
    let started = Instant::now();
    while let Err(cause) = request(port, "GET", "/api/health", "") {
        ensure!(started.elapsed() < ANSWER_MAX, "the server does not answer: {cause:#}");
        if stopped(server, stop)? {
            return Ok(());
        }
    }
    let (link, editor) = (welcome(port)?, program("codesync"));
    println!("\n  In a browser            {link}");
    println!("  In a second terminal    {} open {link}\n", editor.display());
    if !terminal {
        println!("Serving until stopped.");
        while !stopped(server, stop)? {}
        return Ok(());
    }
    let mut editor = Command::new(editor).arg("open").arg(link).spawn().context("no editor")?;
    while editor.try_wait()?.is_none() {
        let stopped = stopped(server, stop);
        if !matches!(stopped, Ok(false)) {
            end(&mut editor)?;
            return stopped.map(drop);
        }
    }
    let status = editor.wait()?;
    ensure!(status.success(), "the editor ended with {status}");
    Ok(())
}

/// Waits a moment, then says whether we were asked to stop; an error if the server stopped itself.
fn stopped(server: &mut Child, stop: &AtomicBool) -> Result<bool> {
    std::thread::sleep(Duration::from_millis(50));
    if let Some(status) = server.try_wait()? {
        bail!("codesync-server ended with {status}: see above, or its log");
    }
    Ok(stop.load(Ordering::Relaxed))
}

/// Asks a child to put everything in order and end, by its own id, and waits for that.
fn end(child: &mut Child) -> Result<()> {
    if child.try_wait()?.is_none() {
        answer(Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]));
        child.wait()?;
    }
    Ok(())
}

/// The link of the document called Welcome, which is made if there is none.
fn welcome(port: u16) -> Result<String> {
    let listed = request(port, "GET", "/api/documents?search=Welcome", "")?;
    let listed = listed["documents"].as_array().into_iter().flatten();
    let document = match listed.into_iter().find(|document| document["name"] == "Welcome") {
        Some(document) => document.clone(),
        None => {
            let wish = json!({ "name": "Welcome", "text": include_str!("../welcome.txt") });
            request(port, "POST", "/api/documents", &wish.to_string())?
        }
    };
    let id = document["id"].as_str().context("the server's document has no id")?;
    Ok(format!("http://localhost:{port}/d/{id}"))
}

/// One exchange with our own server, in HTTP 1.0: there the answer ends where the stream does.
fn request(port: u16, method: &str, path: &str, body: &str) -> Result<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    let head = format!("{method} {path} HTTP/1.0\r\nHost: localhost:{port}\r\n");
    let kind = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    stream.write_all(format!("{head}{kind}\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is cut off")?;
    ensure!(head.starts_with("HTTP/1.0 2"), "{method} {path} was answered with {head}\n{body}");
    Ok(serde_json::from_str(body)?)
}
