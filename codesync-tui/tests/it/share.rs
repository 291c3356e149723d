//! One file, hosted now.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::commands::check;
use crate::server::{PROGRAM, Server, environment};

const WAIT: Duration = Duration::from_secs(60);

struct Shared {
    process: Child,
    link: String,
}

impl Shared {
    fn start(home: &Path, file: &Path) -> Self {
        let mut process = Command::new(PROGRAM)
            .env_clear()
            .envs(environment("http://localhost:1", home))
            .arg("share")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut link = String::new();
        let said = process.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut link).expect("it says its link");
        Self { process, link: link.trim().to_owned() }
    }

    fn end(&mut self) -> Option<i32> {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, Signal::INT).expect("it is ours");
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(home: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(PROGRAM)
        .env_clear()
        .envs(environment("http://localhost:1", home))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

#[test]
fn a_file_is_shared_by_one_command_and_its_history_stays() {
    let home = tempfile::tempdir().expect("there is room for a folder");
    let file = home.path().join("notes.md");
    fs::write(&file, "one\n").expect("there is room");
    let mut shared = Shared::start(home.path(), &file);
    assert_eq!(run(home.path(), &["cat", &shared.link]).stdout, b"one\n");
    let other = home.path().join("other.md");
    fs::write(&other, "one\ntwo\n").expect("there is room");
    let pushed = run(home.path(), &["push", &other.display().to_string(), &shared.link]);
    assert!(pushed.status.success(), "{pushed:?}");
    let deadline = Instant::now() + WAIT;
    while fs::read_to_string(&file).expect("it is a text") != "one\ntwo\n" {
        assert!(Instant::now() < deadline, "what others typed is in the file");
        thread::yield_now();
    }
    assert_eq!(shared.end(), Some(0));
    // Changed while it was not shared, and shared again: the same document.
    fs::write(&file, "one\ntwo\nthree\n").expect("there is room");
    let mut again = Shared::start(home.path(), &file);
    let id = |link: &str| link.rsplit('/').next().map(str::to_owned);
    assert_eq!(id(&again.link), id(&shared.link));
    let deadline = Instant::now() + WAIT;
    while run(home.path(), &["cat", &again.link]).stdout != b"one\ntwo\nthree\n" {
        assert!(Instant::now() < deadline, "what was saved is in the document");
    }
    assert_eq!(run(home.path(), &["cat", &format!("{}@1", again.link)]).stdout, b"one\n");
    assert_eq!(again.end(), Some(0));
}

#[test]
fn what_is_no_text_is_not_shared() {
    let server = Server::start();
    let home = server.home("shell");
    fs::write(home.join("bytes"), [0xff]).expect("there is room");
    let path = |name: &str| home.join(name).display().to_string();
    check(&run(&home, &["share", &path("bytes")]), 1, "is not UTF-8 text (byte 0)");
    check(&run(&home, &["share", &path("")]), 1, "is a directory");
    check(&run(&home, &["share", &path("none")]), 1, "there is no file");
}
