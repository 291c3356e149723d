//! A file and a document that are kept the same: any editor's way of saving, kills, and no server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::commands::check;
use crate::server::Server;

/// Longest wait for something that must come. Far more than it takes.
const WAIT: Duration = Duration::from_secs(60);

/// A `codesync sync` that runs, and what it says.
struct Syncing {
    process: Child,
    news: Receiver<Value>,
}

impl Syncing {
    /// One that has begun.
    fn start(server: &Server, document: &str, file: &Path) -> Self {
        let syncing = Self::begin(server, document, file);
        syncing.says("begun");
        syncing
    }

    fn begin(server: &Server, document: &str, file: &Path) -> Self {
        let mut command = server.command(&server.home("shell"));
        command.args(["sync", "--json", "--quiet", document]).arg(file);
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        let (tell, news) = channel();
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                // A test that has seen enough hears no more.
                let _ = tell.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        Self { process, news }
    }

    /// Waits until it says that this happened, and gives all of it.
    #[track_caller]
    fn says(&self, event: &str) -> Value {
        loop {
            let news = self.news.recv_timeout(WAIT).expect("it says something in time");
            if news["event"] == event {
                return news;
            }
        }
    }

    /// Dies as by a power failure.
    fn kill(&mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it ends");
    }

    /// Ends as by Ctrl-C, and gives its exit code.
    fn end(&mut self) -> Option<i32> {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, Signal::INT).expect("it is ours");
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + WAIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited for {what}");
        thread::yield_now();
    }
}

#[track_caller]
fn file_becomes(file: &Path, text: &str) {
    until(&format!("{text:?} in the file"), || fs::read_to_string(file).is_ok_and(|it| it == text));
}

#[track_caller]
fn document_becomes(server: &Server, document: &str, text: &str) {
    until(&format!("{text:?} in the document"), || server.text(document) == text);
}

fn pushed(server: &Server, document: &str, text: &str) {
    let output = server.run_command(&["push", "-", document], text);
    assert!(output.status.success(), "{output:?}");
}

fn stage(text: &str) -> (Server, PathBuf) {
    let server = Server::start();
    server.document("a.txt", text);
    let file = server.home("files").join("a.txt");
    (server, file)
}

#[test]
fn what_is_saved_is_sent_and_what_others_type_is_written() {
    let (server, file) = stage("one\ntwo\n");
    let mut sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "one\ntwo\n");
    fs::write(&file, "ONE\ntwo\n").expect("there is room");
    assert_eq!(sync.says("sent")["revision"], 2);
    document_becomes(&server, "a.txt", "ONE\ntwo\n");
    pushed(&server, "a.txt", "ONE\ntwo\nthree\n");
    assert_eq!(sync.says("written")["revision"], 3);
    file_becomes(&file, "ONE\ntwo\nthree\n");
    assert_eq!(sync.end(), Some(0));
}

#[test]
fn every_editors_way_of_saving_is_seen() {
    let (server, file) = stage("0\n");
    let sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "0\n");
    // Written in place, as nano and echo do.
    fs::write(&file, "1\n").expect("there is room");
    document_becomes(&server, "a.txt", "1\n");
    // Another file renamed over it, as many do.
    let other = file.with_extension("new");
    fs::write(&other, "2\n").expect("there is room");
    fs::rename(&other, &file).expect("it can be renamed");
    document_becomes(&server, "a.txt", "2\n");
    // Moved aside as a backup and written anew, as vim does.
    fs::rename(&file, file.with_extension("txt~")).expect("it can be renamed");
    fs::write(&file, "3\n").expect("there is room");
    document_becomes(&server, "a.txt", "3\n");
    // Of the same length as before.
    fs::write(&file, "4\n").expect("there is room");
    document_becomes(&server, "a.txt", "4\n");
    drop(sync);
}

#[test]
fn what_two_sides_did_while_nobody_looked_is_merged_once() {
    let (server, file) = stage("one\ntwo\nthree\n");
    let mut sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "one\ntwo\nthree\n");
    assert_eq!(sync.end(), Some(0));
    fs::write(&file, "ONE\ntwo\nthree\n").expect("there is room");
    pushed(&server, "a.txt", "one\ntwo\nTHREE\n");
    let output = server.run_command(&["sync", "--once", "a.txt", &file.display().to_string()], "");
    assert!(output.status.success(), "{output:?}");
    file_becomes(&file, "ONE\ntwo\nTHREE\n");
    assert_eq!(server.text("a.txt"), "ONE\ntwo\nTHREE\n");
}

#[test]
fn nothing_echoes() {
    let (server, file) = stage("one\n");
    let mut sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "one\n");
    // All at once, so that it is one change whenever it is looked at.
    let put = |text: &str| {
        let beside = file.with_extension("new");
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, &file)).expect("there is room");
    };
    put("two\n");
    assert_eq!(sync.says("sent")["revision"], 2);
    pushed(&server, "a.txt", "three\n");
    assert_eq!(sync.says("written")["revision"], 3);
    put("four\n");
    // The next thing that it does is of the next revision: nothing came between.
    let next = sync.news.recv_timeout(WAIT).expect("it says something in time");
    assert_eq!((&next["event"], &next["revision"]), (&"sent".into(), &4.into()));
    assert_eq!(sync.end(), Some(0));
}

#[test]
fn line_endings_and_mode_stay_those_of_the_file() {
    let (server, file) = stage("one\ntwo\n");
    fs::write(&file, "one\r\ntwo\r\n").expect("there is room");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).expect("it is ours");
    let sync = Syncing::start(&server, "a.txt", &file);
    pushed(&server, "a.txt", "one\ntwo\nthree\n");
    file_becomes(&file, "one\r\ntwo\r\nthree\r\n");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
    fs::write(&file, "one\r\ntwo\r\nthree\r\nfour\r\n").expect("there is room");
    document_becomes(&server, "a.txt", "one\ntwo\nthree\nfour\n");
    drop(sync);
}

#[test]
fn a_link_in_the_folder_stays_one() {
    let (server, file) = stage("one\n");
    let link = file.with_extension("link");
    fs::write(&file, "one\n").expect("there is room");
    std::os::unix::fs::symlink(&file, &link).expect("links can be made");
    let sync = Syncing::start(&server, "a.txt", &link);
    pushed(&server, "a.txt", "two\n");
    file_becomes(&file, "two\n");
    assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
    drop(sync);
}

#[test]
fn without_a_server_the_file_keeps_the_work_and_it_is_sent_on_return() {
    let (mut server, file) = stage("one\n");
    let mut sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "one\n");
    server.kill();
    sync.says("offline");
    fs::write(&file, "one\ntwo\n").expect("there is room");
    server.restart();
    sync.says("sent");
    document_becomes(&server, "a.txt", "one\ntwo\n");
    assert_eq!(sync.end(), Some(0));
}

#[test]
fn ended_without_a_server_it_says_where_the_work_is() {
    let (mut server, file) = stage("one\n");
    let link = server.document("b.txt", "one\n");
    let path = file.display().to_string();
    let first = server.run_command(&["sync", "--once", &link, &path], "");
    assert!(first.status.success(), "{first:?}");
    server.kill();
    fs::write(&file, "one\ntwo\n").expect("there is room");
    let away = server.run_command(&["sync", "--once", &link, &path], "");
    check(&away, 5, &format!("kept: what {path} has and the document lacks, in {path}"));
    server.restart();
    let back = server.run_command(&["sync", "--once", &link, &path], "");
    assert!(back.status.success(), "{back:?}");
    assert_eq!(server.text(&link), "one\ntwo\n");
    // What was announced twice was committed once.
    assert_eq!(server.run_command(&["cat", &format!("{link}@2")], "").stdout, b"one\ntwo\n");
    check(&server.run_command(&["cat", &format!("{link}@3")], ""), 1, "revision");
}

#[test]
fn killed_at_any_moment_it_goes_on_where_it_was() {
    let (server, file) = stage("begin\n");
    let mut expected = "begin\n".to_owned();
    let path = file.display().to_string();
    let linked = server.run_command(&["sync", "--once", "a.txt", &path], "");
    assert!(linked.status.success(), "{linked:?}");
    for round in 0..12 {
        let (ours, theirs) = (format!("file {round}\n"), format!("document {round}\n"));
        let mut text = fs::read_to_string(&file).expect("it is a text");
        text.push_str(&ours);
        fs::write(&file, &text).expect("there is room");
        let mut sync = Syncing::begin(&server, "a.txt", &file);
        // Others type at the beginning, while the file has grown at its end.
        let (revision, present) = head(&server);
        let arguments = ["push", "-", "a.txt", "--base", &revision];
        let output = server.run_command(&arguments, &format!("{theirs}{present}"));
        assert!(output.status.success(), "{output:?}");
        expected = format!("{theirs}{expected}{ours}");
        match round % 3 {
            0 => {}
            1 => drop(sync.says("sent")),
            _ => drop(sync.says("written")),
        }
        sync.kill();
    }
    let output = server.run_command(&["sync", "--once", "a.txt", &path], "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(lines(&server.text("a.txt")), lines(&expected), "each line exists once");
    assert_eq!(fs::read_to_string(&file).expect("it is a text"), server.text("a.txt"));
}

/// The lines in an order that does not depend on who was first.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The newest revision and its text.
fn head(server: &Server) -> (String, String) {
    let shown = server.run_command(&["cat", "--json", "a.txt"], "");
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    (shown["revision"].to_string(), shown["text"].as_str().expect("a text").to_owned())
}

#[test]
fn two_texts_that_were_never_the_same_are_not_mixed_unasked() {
    let (server, file) = stage("theirs\n");
    fs::write(&file, "mine\n").expect("there is room");
    let path = file.display().to_string();
    let refused = server.run_command(&["sync", "a.txt", &path], "");
    check(&refused, 6, "kept: both are as they were\nhelp: --keep file or --keep document");
    let run = |keep: &str| {
        let output = server.run_command(&["sync", "--once", "--keep", keep, "a.txt", &path], "");
        assert!(output.status.success(), "{output:?}");
    };
    run("document");
    assert_eq!(fs::read_to_string(&file).expect("it is a text"), "theirs\n");
    let other = server.document("b.txt", "theirs\n");
    fs::write(&file, "mine\n").expect("there is room");
    let output = server.run_command(&["sync", "--once", "--keep", "file", &other, &path], "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(server.text(&other), "mine\n");
}

#[test]
fn what_cannot_be_kept_the_same_is_told_in_a_sentence() {
    let (server, file) = stage("text\n");
    let folder = file.parent().expect("it is in a folder");
    fs::write(folder.join("bytes"), [0xff]).expect("there is room");
    fs::write(folder.join("locked"), "text\n").expect("there is room");
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(folder.join("locked"), read_only).expect("it is ours");
    let run = |name: &str| {
        server.run_command(&["sync", "a.txt", &folder.join(name).display().to_string()], "")
    };
    check(&run("bytes"), 1, "is not UTF-8 text (byte 0)");
    check(&run("locked"), 1, "is read-only");
    check(&run(""), 1, "is a directory");
    let sync = Syncing::start(&server, "a.txt", &file);
    file_becomes(&file, "text\n");
    check(&run("a.txt"), 1, "error: another codesync keeps ");
    drop(sync);
}

#[test]
fn a_text_that_is_none_for_a_while_is_waited_for() {
    let (server, file) = stage("one\n");
    let mut command = server.command(&server.home("shell"));
    command.args(["sync", "a.txt"]).arg(&file);
    let mut sync = Syncing::run(command);
    let said = BufReader::new(sync.process.stderr.take().expect("it is piped"));
    let mut said = said.lines().map_while(Result::ok);
    file_becomes(&file, "one\n");
    fs::write(&file, [0xff, 0xfe]).expect("there is room");
    assert!(said.any(|line| line.contains("is not UTF-8 text")), "it says so");
    assert_eq!(server.text("a.txt"), "one\n");
    fs::write(&file, "two\n").expect("there is room");
    document_becomes(&server, "a.txt", "two\n");
    assert_eq!(sync.end(), Some(0));
}
