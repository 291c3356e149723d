//! Documents and files: push, pull, rm, mv, and what a person is told when it cannot be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::commands::check;
use crate::server::Server;
use crate::terminal::Terminal;
use crate::town::Town;

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).expect("it is a text")
}

#[track_caller]
fn works(output: &std::process::Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_pulled_file_is_pushed_back_and_merges_with_what_others_did_meanwhile() {
    let server = Server::start();
    server.document("a.txt", "one\ntwo\nthree\n");
    let file = server.home("files").join("a.txt");
    let path = file.display().to_string();
    works(&server.run_command(&["pull", "a.txt", &path], ""));
    assert_eq!(text_of(&file), "one\ntwo\nthree\n");
    works(&server.run_command(&["push", "-", "a.txt"], "one\ntwo\nTHREE\n"));
    fs::write(&file, "ONE\ntwo\nthree\n").expect("there is room");
    let pushed = server.run_command(&["push", &path, "a.txt"], "");
    works(&pushed);
    assert_eq!(server.text("a.txt"), "ONE\ntwo\nTHREE\n");
    let said = String::from_utf8_lossy(&pushed.stderr);
    assert!(said.contains("others typed meanwhile"), "{said}");
    assert!(pushed.stdout.is_empty(), "{pushed:?}");
}

#[test]
fn a_push_is_json_for_programs_and_refused_when_the_document_moved() {
    let server = Server::start();
    server.document("a.txt", "one\n");
    let pushed = server.run_command(&["push", "-", "a.txt", "--unchanged", "1", "--json"], "two\n");
    let shown: Value = serde_json::from_slice(&pushed.stdout).expect("JSON");
    assert_eq!((&shown["base"], &shown["revision"]), (&1.into(), &2.into()));
    let late = server.run_command(&["push", "-", "a.txt", "--unchanged", "1"], "three\n");
    check(&late, 6, "kept: nothing was written");
    assert_eq!(server.text("a.txt"), "two\n");
    let merged = server.run_command(&["push", "-", "a.txt", "--base", "1"], "one\nand\n");
    works(&merged);
    assert_eq!(server.text("a.txt"), "two\nand\n");
}

#[test]
fn a_pull_does_not_overwrite_what_only_the_file_has() {
    let server = Server::start();
    server.document("a.txt", "theirs\n");
    let file = server.home("files").join("a.txt");
    fs::write(&file, "mine\n").expect("there is room");
    let path = file.display().to_string();
    let refused = server.run_command(&["pull", "a.txt", &path], "");
    check(&refused, 6, "holds what the document lacks\nkept: the file is as it was\nhelp: ");
    assert_eq!(text_of(&file), "mine\n");
    works(&server.run_command(&["pull", "-y", "a.txt", &path], ""));
    assert_eq!(text_of(&file), "theirs\n");
    // What came from the document and was not touched since holds nothing of one's own.
    works(&server.run_command(&["push", "-", "a.txt"], "newer\n"));
    works(&server.run_command(&["pull", "a.txt", &path], ""));
    assert_eq!(text_of(&file), "newer\n");
}

#[test]
fn a_pull_goes_to_a_file_of_the_documents_name_or_to_standard_output() {
    let town = Town::start();
    town.register("ada");
    town.document("ada", "src/main.rs", "fn main() {}\n");
    town.says("ada", &["pull", "src/main.rs"], "");
    assert_eq!(text_of(&town.home("ada").join("main.rs")), "fn main() {}\n");
    assert_eq!(town.says("ada", &["pull", "src/main.rs", "-"], ""), "fn main() {}\n");
    town.document("ada", "..", "up\n");
    check(&town.run("ada", &["pull", ".."], ""), 2, "error: .. is no name for a file");
}

#[test]
fn a_pull_keeps_mode_and_line_endings() {
    let server = Server::start();
    server.document("a.sh", "one\r\ntwo\r\n");
    let file = server.home("files").join("a.sh");
    fs::write(&file, "").expect("there is room");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o754)).expect("it is ours");
    works(&server.run_command(&["pull", "a.sh", &file.display().to_string()], ""));
    assert_eq!(text_of(&file), "one\r\ntwo\r\n");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o754);
}

#[test]
fn files_that_cannot_be_used_are_each_told_in_a_sentence() {
    let server = Server::start();
    server.document("a.txt", "text\n");
    let folder = server.home("files");
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(folder.join("bytes"), [0x66, 0xff]).expect("there is room");
    fs::write(folder.join("locked"), "mine\n").expect("there is room");
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(folder.join("locked"), read_only).expect("it is ours");
    let run = |arguments: &[&str]| server.run_command(arguments, "");
    check(&run(&["push", &path("bytes"), "a.txt"]), 1, "is not UTF-8 text (byte 1)\nhelp: ");
    check(&run(&["push", &path(""), "a.txt"]), 1, "is a directory");
    check(&run(&["push", &path("none"), "a.txt"]), 1, "error: there is no file ");
    check(&run(&["pull", "a.txt", &path("")]), 1, "is a directory");
    check(
        &run(&["pull", "a.txt", "-y", &path("locked")]),
        1,
        "is read-only\nkept: it is as it was",
    );
    check(&run(&["pull", "a.txt", &path("none/a.txt")]), 1, "there is no folder ");
    check(&run(&["pull", "b.txt", &path("b.txt")]), 3, "help: did you mean a.txt?");
    assert!(!folder.join("b.txt").exists());
    assert_eq!(text_of(&folder.join("locked")), "mine\n");
}

#[test]
fn without_the_server_files_and_work_are_kept() {
    let mut server = Server::start();
    let link = server.document("a.txt", "text\n");
    let file = server.home("files").join("a.txt");
    let path = file.display().to_string();
    works(&server.run_command(&["pull", &link, &path], ""));
    server.kill();
    let pushed = server.run_command(&["push", &path, &link], "");
    check(&pushed, 5, &format!("kept: {path} is as it was"));
    check(&server.run_command(&["pull", &link, &path], ""), 5, "is as it was\nhelp: is the server");
    check(&server.run_command(&["rm", "-y", &link], ""), 5, "cannot be reached");
    // What was fetched once is still there to be read.
    let shown = server.run_command(&["cat", &link], "");
    assert_eq!(shown.stdout, b"text\n");
    assert!(String::from_utf8_lossy(&shown.stderr).contains("note: "), "{shown:?}");
}

#[test]
fn a_document_is_renamed_thrown_away_and_taken_out_of_the_trash() {
    let server = Server::start();
    let link = server.document("a.txt", "text\n");
    let id = link.rsplit('/').next().expect("it ends in an id");
    works(&server.run_command(&["mv", "a.txt", "b.txt"], ""));
    let moved = server.run_command(&["mv", "b.txt", "c.txt", "--json"], "");
    let shown: Value = serde_json::from_slice(&moved.stdout).expect("JSON");
    assert_eq!((&shown["id"], &shown["name"]), (&id.into(), &"c.txt".into()));
    check(&server.run_command(&["rm", "c.txt"], ""), 2, "help: -y answers yes");
    let gone = server.run_command(&["rm", "-y", "c.txt"], "");
    works(&gone);
    let said = String::from_utf8_lossy(&gone.stderr);
    assert!(said.contains(&format!("codesync rm --undo {id} brings it back")), "{said}");
    check(&server.run_command(&["cat", "c.txt"], ""), 3, "no document is called c.txt");
    check(&server.run_command(&["rm", "--undo", "d.txt"], ""), 3, "help: did you mean c.txt?");
    let back = server.run_command(&["rm", "--undo", "c.txt"], "");
    assert_eq!(String::from_utf8_lossy(&back.stdout).trim(), link);
    assert_eq!(server.text("c.txt"), "text\n");
}

#[test]
fn a_person_at_a_terminal_is_asked_before_a_document_is_thrown_away() {
    let server = Server::start();
    server.document("a.txt", "text\n");
    let home = server.home("shell");
    let mut ana = Terminal::run("xterm-256color", &server.url, &home, &["rm", "a.txt"]);
    ana.shows("Put a.txt into the trash? [y/N]");
    ana.send("\n");
    assert_eq!(ana.end(), 130);
    assert_eq!(server.text("a.txt"), "text\n");
    let mut ana = Terminal::run("xterm-256color", &server.url, &home, &["rm", "a.txt"]);
    ana.shows("[y/N]");
    ana.send("y\n");
    assert_eq!(ana.end(), 0);
    check(&server.run_command(&["cat", "a.txt"], ""), 3, "no document is called a.txt");
}

#[test]
fn a_file_is_opened_as_a_document_of_its_own_and_holds_what_was_typed() {
    let server = Server::start();
    let file = server.home("Ana").join("notes.md");
    fs::write(&file, "old\r\n").expect("there is room");
    let mut ana = Terminal::open(&server, "Ana", &["./notes.md"]);
    ana.shows("Create private document notes.md from this file? [Y/n]");
    ana.send("\n");
    ana.line_is(0, "  1 old");
    ana.send("new ");
    ana.line_is(0, "  1 new old");
    ana.send("\x11");
    assert_eq!(ana.end(), 0, "{}", ana.output());
    assert_eq!(text_of(&file), "new old\r\n");
    // The second time it is the same document, and the file's own changes go first.
    fs::write(&file, "very new old\r\n").expect("there is room");
    let mut ana = Terminal::open(&server, "Ana", &["./notes.md"]);
    ana.line_is(0, "  1 very new old");
    ana.send("\x11");
    assert_eq!(ana.end(), 0, "{}", ana.output());
    let listed = server.run_command(&["ls", "--json"], "");
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(server.text("notes.md"), "very new old\r\n");
}

#[test]
fn what_cannot_be_opened_is_told_before_anything_is_asked() {
    let server = Server::start();
    let home = server.home("Ana");
    fs::write(home.join("bytes"), [0xff]).expect("there is room");
    fs::write(home.join("plain.txt"), "text\n").expect("there is room");
    let open = |arguments: &[&str]| {
        let mut ana = Terminal::open(&server, "Ana", arguments);
        let code = ana.end();
        (code, ana.output())
    };
    for (path, sentence) in
        [("./bytes", "is not UTF-8 text"), ("./", "is a directory"), ("./none", "there is no file")]
    {
        let (code, output) = open(&[path]);
        assert!(code == 1 && output.contains(sentence), "{code} {output}");
    }
    let (code, output) = open(&["--no-input", "./plain.txt"]);
    assert!(code == 2 && output.contains("nobody to ask: Create private document"), "{output}");
    let (code, output) = open(&["nothing.txt"]);
    assert!(code == 3 && output.contains("no document is called nothing.txt"), "{output}");
}

#[test]
fn a_document_that_is_only_looked_at_stays_as_it_is() {
    let server = Server::start();
    let link = server.document("a.txt", "text\n");
    let mut ana = Terminal::open(&server, "Ana", &["--read-only", &link]);
    ana.shows("read-only");
    ana.send("typed");
    ana.shows("this document is read-only for you");
    ana.line_is(0, "  1 text");
    ana.send("\x11");
    assert_eq!(ana.end(), 0);
    assert_eq!(server.text("a.txt"), "text\n");
}

#[test]
fn without_a_name_one_chooses_among_the_documents() {
    let mut server = Server::start();
    server.document("other.txt", "not this\n");
    server.document("notes.txt", "this one\n");
    let home = server.home("Ana");
    let open = |server: &Server, arguments: &[&str]| {
        Terminal::run("xterm-256color", &server.url, &home, &[&["open"], arguments].concat())
    };
    let mut ana = open(&server, &[]);
    ana.wait("both, the newest first", |screen| {
        let rows: Vec<String> = screen.rows(0, 80).collect();
        rows[2].contains("notes.txt") && rows[3].contains("other.txt")
    });
    ana.send("oth\x7f\x7f\x7fnts");
    ana.wait("one that fits", |screen| !screen.contents().contains("other.txt"));
    ana.send("\r");
    ana.line_is(0, "  1 this one");
    ana.shows("notes.txt ●saved");
    ana.send("\x11");
    assert_eq!(ana.end(), 0);

    // Whoever wants none of them is let go, and the terminal is as it was.
    for key in ["\x1b", "\x03", "\x11"] {
        let mut ana = open(&server, &[]);
        ana.shows("documents");
        ana.send(key);
        assert_eq!(ana.end(), 130, "{}", ana.output());
        ana.wait("the shell's screen", |screen| !Terminal::is_in_editor(screen));
    }
    let mut asked = open(&server, &["--no-input"]);
    assert_eq!(asked.end(), 2);
    assert!(asked.output().contains("help: name a document"), "{}", asked.output());

    // Without the server there are those of this machine.
    server.kill();
    let mut ana = open(&server, &[]);
    ana.shows("on this machine");
    ana.send("\r");
    ana.line_is(0, "  1 this one");
    ana.shows("○offline");
    ana.send("\x11");
    ana.end();
}
