//! Commands without an editor: what they print, and their exit codes.

use std::process::Output;

use crate::server::Server;

#[track_caller]
pub(crate) fn check(output: &Output, code: i32, error: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(error), "{said}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
}

#[test]
fn a_new_document_is_a_link_and_nothing_else_on_standard_output() {
    let server = Server::start();
    let output = server.run_command(&["new", "a.rs"], "");
    let link = String::from_utf8(output.stdout).expect("a link");
    assert!(link.starts_with(&format!("{}/d/", server.url)), "{link}");
    assert_eq!(link.lines().count(), 1);
    let piped = server.run_command(&["new"], "piped\n");
    let link = String::from_utf8(piped.stdout).expect("a link");
    assert_eq!(server.text(link.trim()), "piped\n");
}

#[test]
fn a_document_keeps_the_line_endings_of_its_file() {
    let server = Server::start();
    let file = server.home("files").join("dos.txt");
    std::fs::write(&file, "one\r\ntwo\r\n").expect("there is room");
    let path = file.display().to_string();
    let output = server.run_command(&["new", &path], "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(server.text("dos.txt"), "one\r\ntwo\r\n");
}

#[test]
fn a_document_is_found_by_id_link_and_name() {
    let server = Server::start();
    let link = server.document("src/main.rs", "text");
    let id = link.rsplit('/').next().expect("it ends in an id");
    for called in [link.as_str(), id, "src/main.rs"] {
        assert_eq!(server.text(called), "text");
    }
    let listed = server.run_command(&["ls"], "");
    let line = String::from_utf8(listed.stdout).expect("a list");
    assert!(line.starts_with("src/main.rs\t1\t") && line.trim().ends_with(id), "{line}");
    let json = server.run_command(&["ls", "--json"], "");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json[0]["id"], id);
}

#[test]
fn a_near_miss_is_answered_with_the_name_that_was_meant() {
    let server = Server::start();
    server.document("main.rs", "");
    check(&server.run_command(&["cat", "mian.rs"], ""), 3, "help: did you mean main.rs?");
    check(&server.run_command(&["cat", "zebra"], ""), 3, "error: no document is called zebra");
    let nowhere = "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11";
    check(&server.run_command(&["cat", nowhere], ""), 3, "error: no such document");
}

#[test]
fn a_name_that_two_documents_have_is_not_guessed() {
    let server = Server::start();
    let first = server.document("a.txt", "");
    server.document("a.txt", "");
    let id = first.rsplit('/').next().expect("it ends in an id");
    check(&server.run_command(&["cat", "a.txt"], ""), 2, id);
}

#[test]
fn wrong_use_is_told_with_its_own_exit_code() {
    let server = Server::start();
    check(&server.run_command(&["frobnicate"], ""), 2, "frobnicate");
    check(&server.run_command(&["--server", "http://example.com", "ls"], ""), 2, "https");
    check(&server.run_command(&["cat", "http://localhost:1/x"], ""), 2, "help: a link looks like");
    let bytes = server.home("files").join("bytes.bin");
    std::fs::write(&bytes, [0x66, 0xff]).expect("there is room");
    let path = bytes.display().to_string();
    check(&server.run_command(&["new", "x", &path], ""), 1, "is not UTF-8 text (byte 1)");
}

#[test]
fn without_a_server_the_cache_answers_and_says_so() {
    let mut server = Server::start();
    let link = server.document("a.txt", "cached text");
    // Opening it once leaves a copy here.
    let mut ana = crate::terminal::Terminal::open(&server, "shell", &[&link]);
    ana.line_is(0, "  1 cached text");
    ana.send("\x11");
    assert_eq!(ana.end(), 0);
    server.kill();
    let output = server.run_command(&["cat", "a.txt"], "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cached text");
    assert!(String::from_utf8_lossy(&output.stderr).contains("note: "), "{output:?}");
    check(&server.run_command(&["cat", "b.txt"], ""), 5, "help: is the server running?");
    check(&server.run_command(&["new", "b.txt"], ""), 5, "cannot be reached");
}

#[test]
fn without_a_server_a_list_has_the_columns_it_always_has() {
    let mut server = Server::start();
    let link = server.document("a.txt", "");
    let mut ana = crate::terminal::Terminal::open(&server, "shell", &[&link]);
    ana.shows("●saved");
    ana.send("\x11");
    assert_eq!(ana.end(), 0);
    server.kill();
    let id = link.rsplit('/').next().expect("it ends in an id");
    let listed = server.run_command(&["ls"], "");
    assert_eq!(String::from_utf8_lossy(&listed.stdout), format!("a.txt\t\t\t{id}\n"));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let server = Server::start();
    server.document("a.txt", "text");
    for arguments in [&["ls"][..], &["ls", "--json"], &["cat", "a.txt"], &["new", "b.txt"]] {
        let (reader, writer) = std::io::pipe().expect("the system has a pipe");
        drop(reader);
        let output = server
            .command(&server.home("shell"))
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn asked_for_nothing_it_explains_itself() {
    let server = Server::start();
    check(&server.run_command(&[], ""), 2, "List the documents");
    let help = server.run_command(&["open", "--help"], "");
    let help = String::from_utf8(help.stdout).expect("words");
    assert!(
        help.contains("Usage: codesync open [OPTIONS] [DOC|LINK|FILE] [+LINE[:COL]]\n"),
        "{help}"
    );
}

#[test]
fn without_a_server_a_copy_that_others_hold_is_named_as_the_reason() {
    let mut server = Server::start();
    let link = server.document("a.txt", "text");
    let first = crate::terminal::Terminal::open(&server, "Ana", &[&link]);
    first.shows("●saved");
    let second = crate::terminal::Terminal::open(&server, "Ana", &[&link]);
    second.shows("●saved");
    server.kill();
    let mut third = crate::terminal::Terminal::open(&server, "Ana", &[&link]);
    assert_eq!(third.end(), 5);
    let output = third.output().replace("\r\n", " ");
    assert!(output.contains("every copy on this machine is open in another terminal"), "{output}");
}

#[test]
fn an_editor_without_a_terminal_is_refused_with_a_sentence() {
    let server = Server::start();
    let link = server.document("a.txt", "");
    check(&server.run_command(&["open", &link], ""), 2, "error: this is no terminal");
}

#[test]
fn a_port_that_is_taken_is_named_with_the_remedy() {
    let server = Server::start();
    let port = server.url.rsplit(':').next().expect("it has a port");
    let data = server.home("other").display().to_string();
    let output = server.run_command(&["serve", "--port", port, "--data", &data], "");
    check(&output, 1, &format!("port {port} is in use"));
}

#[test]
fn a_terminal_that_cannot_place_a_cursor_is_refused_with_a_sentence() {
    let server = Server::start();
    let link = server.document("a.txt", "");
    let mut ana = crate::terminal::Terminal::open_as("dumb", &server, "Ana", &[&link]);
    assert_eq!(ana.end(), 2);
    let output = ana.output();
    assert!(output.contains("error: the terminal calls itself \"dumb\""), "{output}");
    assert!(!output.contains('\u{1b}'), "{output:?}");
}
