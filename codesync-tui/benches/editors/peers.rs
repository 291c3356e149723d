//! The editors that are measured, and how each is told to open a file and to insert.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::pane::Launch;

/// The program under test.
pub(crate) const CODESYNC: &str = env!("CARGO_BIN_EXE_codesync");

/// An editor of files that may be installed here.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Opens a line behind the one at which the file was opened, to insert there.
    insert: &'static [u8],
    /// Lets one insert at the beginning of that line.
    begin: &'static [u8],
}

/// Where keys are typed.
#[derive(Clone, Copy)]
pub(crate) enum At {
    NewLine,
    LineBegin,
}

/// What lets one type there in an editor without modes.
pub(crate) fn plainly(at: At) -> &'static [u8] {
    match at {
        At::NewLine => b"\x1b[F\r",
        At::LineBegin => b"\x1b[H",
    }
}

const PEERS: [Peer; 6] = [
    Peer { name: "nano", insert: b"\x1b[F\r", begin: b"\x1b[H" },
    Peer { name: "micro", insert: b"\x1b[F\r", begin: b"\x1b[H" },
    Peer { name: "vim", insert: b"o", begin: b"I" },
    Peer { name: "nvim", insert: b"o", begin: b"I" },
    Peer { name: "kak", insert: b"o", begin: b"I" },
    Peer { name: "hx", insert: b"o", begin: b"I" },
];

/// Those that are installed, and what each says of its version.
pub(crate) fn installed() -> Vec<(Peer, String)> {
    let version = |name: &str| {
        let flag = if name == "kak" || name == "micro" { "-version" } else { "--version" };
        let output = Command::new(name).arg(flag).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout);
        Some(said.lines().next().unwrap_or_default().trim().to_owned())
    };
    PEERS.into_iter().filter_map(|peer| version(peer.name).map(|said| (peer, said))).collect()
}

impl Peer {
    pub(crate) fn lets_type(&self, at: At) -> &'static [u8] {
        match at {
            At::NewLine => self.insert,
            At::LineBegin => self.begin,
        }
    }

    /// Opens a file at a line, counted from 1, with whatever colour the editor has by itself.
    pub(crate) fn open(&self, file: &Path, line: usize) -> Launch {
        let place = match self.name {
            "hx" => vec![OsString::from(format!("{}:{line}", file.display()))],
            _ => vec![format!("+{line}").into(), file.into()],
        };
        let quiet: &[&str] = match self.name {
            // A syntax for what has one, and no copy of the file beside it.
            "nano" => &["-Y", "rust"],
            "vim" | "nvim" => &["-n", "--cmd", "syntax on"],
            // Else it asks about the copies of those that were ended before.
            "micro" => &["-backup", "false"],
            _ => &[],
        };
        let arguments = quiet.iter().map(OsString::from).chain(place).collect();
        Launch { program: self.name.into(), arguments, environment: Vec::new() }
    }
}

/// How to open a document of a server in CodeSync.
pub(crate) fn open(server: &str, link: &str, line: usize) -> Launch {
    Launch {
        program: CODESYNC.into(),
        arguments: ["open", link, &format!("+{line}")].map(OsString::from).into(),
        environment: vec![("CODESYNC_SERVER", server.into())],
    }
}

/// Makes a document of a file. Its link.
pub(crate) fn document(server: &str, home: &Path, name: &str, file: &Path) -> Result<String> {
    let mut new = Command::new(CODESYNC);
    new.env_clear().env("HOME", home).env("CODESYNC_SERVER", server);
    let output = new.args(["new", name]).arg(file).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "codesync new ended with {}: {said}", output.status);
    let link = String::from_utf8(output.stdout).context("the link is no text")?;
    Ok(link.trim().to_owned())
}
