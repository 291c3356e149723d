//! A document's past from the command line.

use serde_json::Value;

use crate::commands::check;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::town::Town;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A document of three revisions by two people.
fn written() -> Town {
    let town = Town::start();
    town.register("ada");
    town.register("bo");
    town.document("ada", "a.txt", "one\n");
    town.says("ada", &["invite", "a.txt", "bo"], "");
    town.says("ada", &["push", "-", "a.txt"], "one\ntwo\n");
    town.says("bo", &["push", "-", "a.txt"], "one\ntwo\nthree\n");
    town
}

#[test]
fn the_log_says_who_changed_what_and_which_names_it_has() {
    let town = written();
    town.says("ada", &["tag", "a.txt", "draft", "2"], "");
    let log = town.says("ada", &["log", "a.txt"], "");
    let lines: Vec<Vec<&str>> = log.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert_eq!((lines[0][0], lines[0][4], lines[0][5]), ("3", "bo", "6"));
    assert_eq!((lines[1][0], lines[1][1], lines[1][4]), ("1", "2", "ada"));
    assert_eq!(lines[1][7], "draft");
    let shown = json(&town.says("ada", &["log", "a.txt", "--json", "-n", "1"], ""));
    assert_eq!(shown.as_array().map(Vec::len), Some(1));
    let newest = &shown[0];
    assert_eq!((&newest["last_revision"], &newest["person"]["name"]), (&3.into(), &"bo".into()));
    assert_eq!(newest["tags"], Value::Array(Vec::new()));
}

#[test]
fn a_difference_is_a_unified_diff_between_numbers_or_names() {
    let town = written();
    let latest = town.says("ada", &["diff", "a.txt"], "");
    assert!(latest.contains("\n+three\n") && !latest.contains("+two"), "{latest}");
    town.says("ada", &["tag", "a.txt", "first", "1"], "");
    let both = town.says("ada", &["diff", "a.txt", "first", "2"], "");
    assert!(both.contains("\n+two\n") && !both.contains("three"), "{both}");
    let shown = json(&town.says("ada", &["diff", "a.txt", "1", "3", "--json"], ""));
    assert_eq!((&shown["from"], &shown["to"]), (&1.into(), &3.into()));
    assert_eq!(shown["hunks"][0]["added"], json(r#"["two","three"]"#));
    check(&town.run("ada", &["diff", "a.txt", "frist"], ""), 1, "help: did you mean first?");
    check(&town.run("ada", &["diff", "a.txt", "9"], ""), 1, "help: codesync log shows");
}

#[test]
fn each_line_has_its_author() {
    let town = written();
    let blame = town.says("ada", &["blame", "a.txt"], "");
    let who: Vec<(String, String, String)> = blame
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            (fields[1].to_owned(), fields[3].to_owned(), fields[4].to_owned())
        })
        .collect();
    let line = |revision: &str, who: &str, text: &str| {
        (revision.to_owned(), who.to_owned(), text.to_owned())
    };
    let expected = [line("1", "ada", "one"), line("2", "ada", "two"), line("3", "bo", "three")];
    assert_eq!(who, expected);
    let shown = json(&town.says("ada", &["blame", "a.txt@2", "--json"], ""));
    assert_eq!(shown.as_array().map(Vec::len), Some(2));
    assert_eq!((&shown[1]["line"], &shown[1]["text"]), (&2.into(), &"two".into()));
}

#[test]
fn an_older_text_is_read_and_put_back_by_a_new_edit() {
    let town = written();
    town.says("ada", &["tag", "a.txt", "before bo", "2"], "");
    assert_eq!(town.says("ada", &["cat", "a.txt@2"], ""), "one\ntwo\n");
    assert_eq!(town.says("ada", &["cat", "a.txt@before bo"], ""), "one\ntwo\n");
    let shown = json(&town.says("ada", &["cat", "a.txt@1", "--json"], ""));
    assert_eq!((&shown["revision"], &shown["text"]), (&1.into(), &"one\n".into()));
    let restored = json(&town.says("ada", &["restore", "a.txt", "before bo", "--json"], ""));
    assert_eq!(restored["revision"], 4);
    assert_eq!(town.says("bo", &["cat", "a.txt"], ""), "one\ntwo\n");
    assert_eq!(town.says("bo", &["cat", "a.txt@3"], ""), "one\ntwo\nthree\n");
    check(&town.run("ada", &["cat", "a.txt@99"], ""), 1, "help: codesync log shows");
    check(&town.run("ada", &["restore", "a.txt", "befor bo"], ""), 1, "mean before bo?");
}

#[test]
fn a_name_with_an_at_sign_is_still_a_name() {
    let town = Town::start();
    town.register("ada");
    town.document("ada", "me@home.txt", "mine\n");
    assert_eq!(town.says("ada", &["cat", "me@home.txt"], ""), "mine\n");
    assert_eq!(town.says("ada", &["cat", "me@home.txt@1"], ""), "mine\n");
}

#[test]
fn without_the_server_the_history_is_what_it_last_was() {
    let mut server = Server::start();
    server.document("a.txt", "one\n");
    let run = |server: &Server, arguments: &[&str]| server.run_command(arguments, "");
    let before = run(&server, &["log", "a.txt"]);
    assert!(before.status.success(), "{before:?}");
    run(&server, &["ls"]);
    server.kill();
    let after = run(&server, &["log", "a.txt"]);
    assert_eq!(after.stdout, before.stdout);
    let said = String::from_utf8_lossy(&after.stderr);
    assert!(said.contains("this is the history as this machine last had it"), "{said}");
    let listed = run(&server, &["ls", "--json"]);
    assert_eq!(json(&String::from_utf8_lossy(&listed.stdout))[0]["name"], "a.txt");
    check(&run(&server, &["diff", "a.txt"]), 5, "cannot be reached");
    check(&run(&server, &["cat", "a.txt@1"]), 5, "cannot be reached");
}

#[test]
fn on_a_terminal_history_goes_through_the_pager_and_steers_nothing() {
    let server = Server::start();
    server.document("a.txt", "one\n");
    server.run_command(&["push", "-", "a.txt"], "one\n\u{1b}]0;owned\u{7}\n");
    let home = server.home("shell");
    let mut ana = Terminal::run("xterm-256color", &server.url, &home, &["diff", "a.txt", "1"]);
    ana.shows("+‹U+001B›]0;owned‹U+0007›");
    assert_eq!(ana.end(), 0);
    assert!(!ana.output().contains("\u{1b}]0;owned"), "{:?}", ana.output());
    let arguments = ["config", "set", "pager", "sed s/^/paged:/"];
    assert!(server.run_command(&arguments, "").status.success());
    let mut ana = Terminal::run("xterm-256color", &server.url, &home, &["log", "a.txt"]);
    ana.shows("paged:");
    assert_eq!(ana.end(), 0);
}
