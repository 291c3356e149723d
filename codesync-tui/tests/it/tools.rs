//! Settings, keys, completions, the manual, the doctor, and what every command understands.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::commands::check;
use crate::server::{PROGRAM, Server};
use crate::terminal::Terminal;
use crate::town::Town;

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let home = tempfile::tempdir().expect("there is room for a folder");
    let run = |arguments: &[&str], server: Option<&str>| {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("HOME", home.path()).args(arguments);
        if let Some(server) = server {
            command.env("CODESYNC_SERVER", server);
        }
        command.output().expect("it runs")
    };
    let get = |arguments: &[&str], server| {
        let output = run(&[arguments, &["config", "get", "server"]].concat(), server);
        String::from_utf8(output.stdout).expect("words").trim().to_owned()
    };
    assert_eq!(get(&[], None), "http://localhost:3000");
    let set = run(&["config", "set", "server", "http://localhost:1111"], None);
    assert!(set.status.success(), "{set:?}");
    assert_eq!(get(&[], None), "http://localhost:1111");
    let variable = Some("http://localhost:2222");
    assert_eq!(get(&[], variable), "http://localhost:2222");
    assert_eq!(get(&["--server", "http://localhost:3333"], variable), "http://localhost:3333");
    let shown = json(&run(&["config", "--json"], variable).stdout);
    assert_eq!(
        (&shown[0]["key"], &shown[0]["source"]),
        (&"server".into(), &"CODESYNC_SERVER".into())
    );
    let path = home.path().join(".config/codesync/config.toml");
    assert_eq!(run(&["config", "path"], None).stdout, format!("{}\n", path.display()).as_bytes());
    let written = fs::read_to_string(path).expect("it was written");
    assert_eq!(written, "server = \"http://localhost:1111\"\n");
}

#[test]
fn settings_that_are_wrong_are_told_with_their_place() {
    let home = tempfile::tempdir().expect("there is room for a folder");
    let file = home.path().join("mine.toml");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("HOME", home.path()).env("CODESYNC_CONFIG", &file);
        command.args(arguments).output().expect("it runs")
    };
    check(&run(&["config", "get", "sever"]), 2, "help: did you mean server?");
    check(&run(&["config", "set", "server", "http://example.com"]), 2, "https");
    fs::write(&file, "name = \n").expect("there is room");
    check(&run(&["ls"]), 2, "mine.toml");
    fs::write(&file, "server = \"ftp://x\"\n[editor]\ntheme = 1\n").expect("there is room");
    check(&run(&["ls"]), 2, &format!("(from {})", file.display()));
}

#[test]
fn the_keys_are_those_of_the_editor() {
    let server = Server::start();
    let listed = server.run_command(&["keys"], "");
    let listed = String::from_utf8(listed.stdout).expect("words");
    assert!(listed.contains("Ctrl-Q\tquit\n") && listed.contains("F3\tfind next\n"), "{listed}");
    let shown = json(&server.run_command(&["keys", "--json"], "").stdout);
    assert_eq!(shown.as_array().map(Vec::len), Some(listed.lines().count()));
    assert!(shown[0]["key"].is_string() && shown[0]["action"].is_string(), "{shown}");
}

#[test]
fn shells_complete_every_command() {
    let server = Server::start();
    for shell in ["bash", "zsh", "fish"] {
        let script = server.run_command(&["completions", shell], "");
        let script = String::from_utf8(script.stdout).expect("words");
        for command in ["open", "push", "restore", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    check(&server.run_command(&["completions", "cmd.exe"], ""), 2, "bash");
    // What the shell itself thinks of it, where there is one.
    let script = server.home("files").join("codesync.bash");
    fs::write(&script, server.run_command(&["completions", "bash"], "").stdout).expect("room");
    if let Ok(judged) = Command::new("bash").arg("-n").arg(&script).output() {
        assert!(judged.status.success(), "{judged:?}");
    }
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let server = Server::start();
    let whole = server.run_command(&["man"], "");
    let whole = String::from_utf8(whole.stdout).expect("words");
    assert!(whole.contains(".TH codesync 1") && whole.contains("Exit codes"), "{whole}");
    let page = server.run_command(&["man", "push"], "");
    let page = String::from_utf8(page.stdout).expect("words");
    assert!(page.contains("codesync-push") && page.contains("unchanged"), "{page}");
    check(&server.run_command(&["man", "psuh"], ""), 2, "help: did you mean push?");
    let folder = server.home("man");
    let written = server.run_command(&["man", "--dir", &folder.display().to_string()], "");
    assert!(written.status.success(), "{written:?}");
    for page in ["codesync.1", "codesync-open.1", "codesync-unlink.1"] {
        assert!(folder.join(page).exists(), "{page}");
    }
}

#[test]
fn grammars_come_with_licences_and_none_is_copyleft() {
    let server = Server::start();
    let printed = server.run_command(&["licences"], "");
    let printed = String::from_utf8(printed.stdout).expect("words");
    assert!(printed.contains("Permission is hereby granted, free of charge"), "{printed}");
    assert!(!printed.contains("GNU") && !printed.contains("Mozilla Public"), "{printed}");
}

#[test]
fn the_doctor_says_what_works_and_what_does_not() {
    let town = Town::start();
    let findings = json(&town.run("ada", &["doctor", "--json"], "").stdout);
    let of = |findings: &Value, what: &str| {
        let all = findings.as_array().expect("a list").clone();
        all.into_iter().find(|finding| finding["what"] == what).expect("it was looked at")
    };
    assert_eq!(of(&findings, "server")["state"], "good");
    assert_eq!(of(&findings, "login")["state"], "odd");
    town.register("ada");
    let healthy = town.run("ada", &["doctor"], "");
    assert_eq!(healthy.status.code(), Some(0), "{healthy:?}");
    assert!(String::from_utf8_lossy(&healthy.stdout).contains("good  login     ada\n"));
    let away = town.run("ada", &["--server", "http://localhost:1", "doctor", "--json"], "");
    assert_eq!(away.status.code(), Some(1));
    let bad = of(&json(&away.stdout), "server");
    assert_eq!(bad["state"], "bad");
    assert!(bad["help"].as_str().is_some_and(|help| help.contains("codesync serve")), "{bad}");
}

#[test]
fn quiet_says_nothing_and_verbose_says_where() {
    let server = Server::start();
    server.document("a.txt", "text\n");
    let quiet = server.run_command(&["mv", "-q", "a.txt", "b.txt"], "");
    assert!(quiet.status.success() && quiet.stderr.is_empty() && quiet.stdout.is_empty());
    let loud = server.run_command(&["cat", "-v", "b.txt"], "");
    let said = String::from_utf8_lossy(&loud.stderr);
    assert!(said.contains("(from CODESYNC_SERVER)\ndocument "), "{said}");
    assert_eq!(loud.stdout, b"text\n");
    check(&server.run_command(&["ls", "-q", "-v"], ""), 2, "cannot be used");
}

#[test]
fn no_colour_means_none_and_a_terminal_has_some() {
    let server = Server::start();
    server.document("a.txt", "one\n");
    server.run_command(&["push", "-", "a.txt"], "two\n");
    let home = server.home("shell");
    let diff = |arguments: &[&str]| {
        let all = [arguments, &["diff", "a.txt", "1"]].concat();
        let mut ana = Terminal::run("xterm-256color", &server.url, &home, &all);
        ana.shows("+two");
        assert_eq!(ana.end(), 0);
        ana.output()
    };
    assert!(diff(&[]).contains("\u{1b}[32m"), "lines that came are green");
    assert!(!diff(&["--no-color"]).contains("\u{1b}[32m"));
}

#[test]
fn a_server_that_answers_late_is_waited_for_with_a_sign_of_life() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("it has one").port());
    let home = tempfile::tempdir().expect("there is room for a folder");
    let mut ana = Terminal::run("xterm-256color", &url, home.path(), &["ls"]);
    let (mut socket, _) = listener.accept().expect("it asks");
    ana.shows("listing the documents");
    let mut request = [0; 4096];
    assert!(socket.read(&mut request).expect("it asks for something") > 0);
    let body = r#"{"documents":[],"next":null}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    socket.write_all(answer.as_bytes()).expect("it listens");
    assert_eq!(ana.end(), 0);
}

#[test]
fn where_nothing_can_be_kept_it_is_said() {
    let server = Server::start();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("CODESYNC_SERVER", &server.url).args(arguments);
        command.output().expect("it runs")
    };
    server.document("a.txt", "text\n");
    let doctor = run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("bad   disk") && doctor.status.code() == Some(1), "{said}");
    check(&run(&["sync", "a.txt", "/nowhere"]), 1, "there is no home folder");
}
