//! `codesync serve` as a process of its own, to be killed and started again.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_codesync");

/// A server, and a home for everything the program keeps.
pub(crate) struct Server {
    pub(crate) url: String,
    process: Option<Child>,
    home: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().expect("there is room for a folder");
        let mut server = Self { url: String::new(), process: None, home };
        server.run("0");
        server
    }

    fn run(&mut self, port: &str) {
        let mut process = self
            .command(self.home.path())
            .args(["serve", "--port", port, "--data"])
            .arg(self.home.path().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut address = String::new();
        let said = process.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut address).expect("it says its address");
        self.url = address.trim().to_owned();
        assert!(self.url.starts_with("http://localhost:"), "{address}");
        self.process = Some(process);
    }

    /// Kills it as a power failure would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it is ours");
            process.wait().expect("it ends");
        }
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self) {
        let port = self.url.rsplit(':').next().expect("it has a port").to_owned();
        self.run(&port);
    }

    /// A home folder for one person.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        let home = self.home.path().join(name);
        std::fs::create_dir_all(&home).expect("there is room");
        home
    }

    /// The program with nothing of the real environment that could matter.
    pub(crate) fn command(&self, home: &Path) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().envs(environment(&self.url, home));
        command
    }

    /// Runs a command to its end, with this on its standard input.
    pub(crate) fn run_command(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(&self.home("shell"));
        run_to_end(command.args(arguments), input)
    }

    /// Creates a document and returns its link.
    pub(crate) fn document(&self, name: &str, text: &str) -> String {
        let output = self.run_command(&["new", name, "-"], text);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a link").trim().to_owned()
    }

    /// The text of a document as the server has it.
    pub(crate) fn text(&self, document: &str) -> String {
        let output = self.run_command(&["cat", document], "");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a text")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end, with this on its standard input.
pub(crate) fn run_to_end(command: &mut Command, input: &str) -> Output {
    use std::io::Write;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    // A command that reads nothing may be gone before this is written.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    process.wait_with_output().expect("it ends")
}

pub(crate) fn environment(url: &str, home: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("CODESYNC_SERVER", url.to_owned()),
        ("HOME", home.display().to_string()),
        ("XDG_STATE_HOME", home.join("state").display().to_string()),
        ("TERM", "xterm-256color".to_owned()),
        ("PATH", std::env::var("PATH").unwrap_or_default()),
    ]
}
