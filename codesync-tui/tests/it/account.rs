//! Accounts from the command line: passwords, tokens, and the file that keeps a login.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use serde_json::Value;

use crate::commands::check;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::town::{PASSWORD, Town};

fn login(town: &Town, person: &str) -> Value {
    let bytes = std::fs::read(town.login_file(person)).expect("it is readable");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Makes the access token one that has to be renewed.
fn spend(town: &Town, person: &str) {
    let mut kept = login(town, person);
    kept["access_ends_at"] = 0.into();
    std::fs::write(town.login_file(person), kept.to_string()).expect("there is room");
}

#[test]
fn an_account_is_made_shown_and_logged_out() {
    let town = Town::start();
    let made =
        town.run("ada", &["register", "ada", "--name", "Ada L", "--password-stdin"], PASSWORD);
    assert!(made.status.success() && made.stdout.is_empty(), "{made:?}");
    assert!(String::from_utf8_lossy(&made.stderr).contains("as Ada L (ada)\n"), "{made:?}");
    assert_eq!(town.says("ada", &["whoami"], ""), "Ada L (ada)\n");
    let shown: Value =
        serde_json::from_str(&town.says("ada", &["whoami", "--json"], "")).expect("JSON");
    assert_eq!((&shown["login"], &shown["name"]), (&"ada".into(), &"Ada L".into()));
    assert_eq!((&shown["kind"], &shown["server"]), (&"person".into(), &town.url.clone().into()));
    town.says("ada", &["logout"], "");
    check(&town.run("ada", &["whoami"], ""), 4, "help: codesync login --server http://localhost");
    check(&town.run("ada", &["ls"], ""), 4, "error: login needed: ");
}

#[test]
fn a_login_is_kept_where_nobody_else_reads_it() {
    let town = Town::start();
    town.register("ada");
    let mode = std::fs::metadata(town.login_file("ada")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let folder = town.login_file("ada").parent().expect("a folder").to_owned();
    let mode = std::fs::metadata(folder).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_wrong_password_is_no_login_and_a_taken_name_no_account() {
    let town = Town::start();
    town.register("ada");
    let wrong = town.run("bo", &["login", "ada", "--password-stdin"], "not her password");
    check(&wrong, 4, "error: ");
    let taken = town.run("bo", &["register", "ada", "--password-stdin"], "another password");
    check(&taken, 1, "error: the login ada is taken");
    let short = town.run("bo", &["register", "bo", "--password-stdin"], "short");
    check(&short, 1, "error: ");
    check(&town.run("bo", &["whoami"], ""), 4, "login needed");
}

#[test]
fn several_processes_renew_one_login_and_none_of_them_loses_it() {
    let town = Town::start();
    town.register("ada");
    let before = login(&town, "ada");
    for _ in 0..2 {
        spend(&town, "ada");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(town.says("ada", &["whoami"], ""), "ada\n"));
            }
        });
    }
    let after = login(&town, "ada");
    assert_ne!(before["refresh_token"], after["refresh_token"], "it is used up by being used");
    assert_eq!(town.says("ada", &["whoami"], ""), "ada\n");
}

#[test]
fn a_refresh_token_from_standard_input_is_a_login() {
    let town = Town::start();
    town.register("ada");
    let token = login(&town, "ada")["refresh_token"].as_str().expect("a token").to_owned();
    town.says("robot", &["login", "--token-stdin"], &token);
    assert_eq!(town.says("robot", &["whoami"], ""), "ada\n");
    check(&town.run("bo", &["login", "--token-stdin"], "made.up"), 4, "error: ");
}

#[test]
fn another_password_ends_the_logins_elsewhere() {
    let town = Town::start();
    town.register("ada");
    town.says("phone", &["login", "ada", "--password-stdin"], PASSWORD);
    let wrong = town.run("ada", &["passwd", "--password-stdin"], "wrong one\nnext horse battery\n");
    check(&wrong, 4, "error: ");
    let both = format!("{PASSWORD}\nnext horse battery\n");
    town.says("ada", &["passwd", "--password-stdin"], &both);
    assert_eq!(town.says("ada", &["whoami"], ""), "ada\n");
    check(&town.run("phone", &["whoami"], ""), 4, "login needed");
    town.says("phone", &["login", "ada", "--password-stdin"], "next horse battery");
}

#[test]
fn a_token_in_the_environment_counts_and_goes_to_no_other_server() {
    let town = Town::start();
    town.register("ada");
    let token = login(&town, "ada")["access_token"].as_str().expect("a token").to_owned();
    let with_token = |arguments: &[&str], token: &str| {
        town.command("robot")
            .args(arguments)
            .env("CODESYNC_TOKEN", token)
            .output()
            .expect("it runs")
    };
    assert_eq!(with_token(&["whoami"], &token).stdout, b"ada\n");
    check(&with_token(&["whoami"], "no.such.token"), 4, "login needed");

    // Somebody sends a link to a server of his own.
    let trap = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = trap.local_addr().expect("it has one").port();
    let asked = thread::spawn(move || {
        let (mut socket, _) = trap.accept().expect("somebody comes");
        let heads = BufReader::new(socket.try_clone().expect("it can be read")).lines();
        let head: Vec<String> =
            heads.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        socket.write_all(answer).expect("it listens");
        head.join("\n").to_lowercase()
    });
    let link = format!("http://localhost:{port}/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11");
    check(&with_token(&["cat", &link], &token), 3, "no such document");
    let head = asked.join().expect("it was asked");
    assert!(head.starts_with("get /api/documents/") && !head.contains("authorization"), "{head}");
}

#[test]
fn without_somebody_to_ask_a_question_is_wrong_use() {
    let town = Town::start();
    check(&town.run("ada", &["login"], ""), 2, "error: there is nobody to ask: Login");
    check(
        &town.run("ada", &["login", "ada"], ""),
        2,
        "help: codesync login LOGIN --password-stdin",
    );
    check(&town.run("ada", &["login", "ada", "--password-stdin"], ""), 2, "does not hold one line");
    check(&town.run("ada", &["register", "--no-input"], ""), 2, "nobody to ask");
    check(
        &town.run("ada", &["login", "--token-stdin", "--password-stdin"], ""),
        2,
        "cannot be used",
    );
}

/// A login that has come to the question for the password, and how the line was before.
fn at_the_password(town: &Town) -> (Terminal, String) {
    let mut ana = Terminal::run("xterm-256color", &town.url, &town.home("ada"), &["login"]);
    ana.shows("Login: ");
    let settings = ana.line_settings();
    ana.send("ada\n");
    ana.shows("Password: ");
    assert_ne!(ana.line_settings(), settings, "what is typed would be shown");
    (ana, settings)
}

#[test]
fn a_password_that_is_typed_is_not_shown_and_the_terminal_is_as_it_was() {
    let town = Town::start();
    town.register("ada");
    town.says("ada", &["logout"], "");
    let (mut ana, settings) = at_the_password(&town);
    // A slip is taken back, as in any line.
    ana.send(&format!("{PASSWORD}é\u{7f}\r"));
    assert_eq!(ana.end(), 0);
    assert_eq!(ana.line_settings(), settings);
    assert!(ana.output().contains("logged in at"), "{}", ana.output());
    assert!(!ana.output().contains("horse"), "{}", ana.output());
    assert_eq!(town.says("ada", &["whoami"], ""), "ada\n");
}

#[test]
fn whoever_breaks_off_at_the_password_gets_his_terminal_back() {
    let town = Town::start();
    let (mut ana, settings) = at_the_password(&town);
    ana.send("secr\u{3}");
    assert_eq!(ana.end(), 130);
    assert_eq!(ana.line_settings(), settings);
    let (mut ana, settings) = at_the_password(&town);
    ana.signal(rustix::process::Signal::TERM);
    assert_eq!(ana.end(), 130);
    assert_eq!(ana.line_settings(), settings);
}

#[test]
fn where_there_are_no_accounts_everybody_is_the_machines_own_user() {
    let server = Server::start();
    let shown = server.run_command(&["whoami", "--json"], "");
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(shown["kind"], "local");
    let login = server.run_command(&["login", "ada", "--password-stdin"], PASSWORD);
    check(&login, 1, "error: ");
}
