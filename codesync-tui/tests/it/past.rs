//! The past within the editor: looked through, compared, put back; and who wrote a line.

use crate::server::Server;
use crate::terminal::Terminal;
use crate::town::Town;

const ALT_W: &str = "\x1bw";
const CTRL_Q: &str = "\x11";
const CTRL_Z: &str = "\x1a";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const F7: &str = "\x1b[18~";
const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";

fn open(town: &Town, person: &str, arguments: &[&str]) -> Terminal {
    let arguments = [&["open"], arguments].concat();
    Terminal::run("xterm-256color", &town.url, &town.home(person), &arguments)
}

fn quit(terminal: &mut Terminal) {
    terminal.send(CTRL_Q);
    assert_eq!(terminal.end(), 0, "{}", terminal.output());
}

/// A document of three revisions: two by ada and one by bo.
fn written() -> Town {
    let town = Town::start();
    town.register("ada");
    town.register("bo");
    town.document("ada", "a.txt", "one\n");
    town.says("ada", &["invite", "a.txt", "bo"], "");
    town.says("ada", &["push", "-", "a.txt"], "one\ntwo\n");
    town.says("bo", &["push", "-", "a.txt"], "one\ntwo\nthree\n");
    town.says("ada", &["tag", "a.txt", "draft", "2"], "");
    town
}

#[test]
fn the_past_is_looked_through_compared_and_put_back() {
    let town = written();
    let mut ada = open(&town, "ada", &["a.txt"]);
    ada.line_is(2, "  3 three");
    ada.send(F7);
    ada.shows("revision 3 of 3 | bo");
    ada.wait("who did what", |screen| {
        let rows: Vec<String> = screen.rows(0, 34).collect();
        rows[1].contains("bo") && rows[2].contains("ada") && rows[2].contains('★')
    });
    ada.shows("  3 three");
    ada.send(DOWN);
    ada.shows("revision 2 of 3 | ada");
    ada.shows("| draft");
    ada.wait("the text as it was", |screen| !screen.contents().contains("three"));
    ada.send(LEFT);
    ada.shows("revision 1 of 3 | ada");
    ada.wait("the text as it first was", |screen| !screen.contents().contains("two"));
    ada.send("d");
    ada.shows("compared with now");
    ada.shows("+two");
    ada.send("d");
    ada.wait("the text itself", |screen| !screen.contents().contains("+two"));

    // What others do meanwhile is there when one comes back.
    town.says("bo", &["push", "-", "a.txt"], "one\ntwo\nthree\nfour\n");
    ada.send(UP);
    ada.shows("revision 3 of 3");
    ada.send(ESCAPE);
    ada.line_is(3, "  4 four");

    ada.send(F7);
    ada.shows("revision 4 of 4");
    ada.send(DOWN);
    ada.shows("revision 2 of 4");
    ada.wait("the text as it was", |screen| !screen.contents().contains("three"));
    ada.send("r");
    ada.shows("make the text what it was at revision 2? (y/n)");
    ada.send("y");
    ada.shows("the text is what it was at revision 2; Ctrl-Z undoes it");
    ada.line_is(2, "  3");
    ada.shows("●saved 5");
    assert_eq!(town.says("bo", &["cat", "a.txt"], ""), "one\ntwo\n");
    ada.send(CTRL_Z);
    ada.line_is(3, "  4 four");
    quit(&mut ada);
    assert_eq!(town.says("bo", &["cat", "a.txt"], ""), "one\ntwo\nthree\nfour\n");
    assert_eq!(town.says("bo", &["cat", "a.txt@5"], ""), "one\ntwo\n", "nothing is rewritten");
}

#[test]
fn who_may_only_read_looks_and_puts_nothing_back() {
    let town = written();
    town.says("ada", &["invite", "a.txt", "bo", "--role", "viewer"], "");
    let mut bo = open(&town, "bo", &["a.txt"]);
    bo.shows("●read-only");
    bo.send(F7);
    bo.shows("revision 3 of 3");
    bo.shows("  3 three");
    bo.send("r");
    bo.shows("this document is read-only for you");
    bo.send(ESCAPE);
    bo.shows("●read-only");
    quit(&mut bo);
}

#[test]
fn a_line_has_its_writer() {
    let town = written();
    let mut ada = open(&town, "ada", &["a.txt", "+3"]);
    ada.line_is(2, "  3 three");
    ada.send(ALT_W);
    ada.shows("| by bo, 20");
    ada.shows("revision 3");
    ada.send(UP);
    ada.shows("| by you, 20");
    ada.send("x");
    ada.shows("| by you, just now");
    // What somebody else changes is asked about by itself.
    ada.shows("●saved 4");
    town.says("bo", &["push", "-", "a.txt"], "one\nxtwo too\nthree\n");
    ada.shows("| by bo, 20");
    ada.shows("revision 5");
    ada.send(ALT_W);
    ada.shows("who wrote a line is not told any more");
    quit(&mut ada);
}

#[test]
fn without_the_server_it_is_said_where_the_past_is() {
    let mut server = Server::start();
    let link = server.document("a.txt", "one\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("●saved");
    ana.send(F7);
    ana.shows("revision 1 of 1");
    server.kill();
    ana.send(ESCAPE);
    ana.shows("○offline");
    ana.send(F7);
    ana.shows("the past is with the server, which is not reached now");
    ana.send(ALT_W);
    ana.shows("who wrote it the server knows, which is not reached now");
    ana.send("x");
    ana.line_is(0, "  1 xone");
    ana.shows("1 waiting");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 5);
}

#[test]
fn who_changed_what_while_one_was_away_is_said() {
    let town = written();
    let mut ada = open(&town, "ada", &["a.txt"]);
    ada.line_is(2, "  3 three");
    ada.shows("●saved 3");
    quit(&mut ada);
    town.says("bo", &["push", "-", "a.txt"], "one\n2\nthree\n");
    town.says("bo", &["push", "-", "a.txt"], "one\n2\n3\n");
    let mut ada = open(&town, "ada", &["a.txt"]);
    ada.shows("while you were away: 2 edits by bo (Alt-R review)");
    ada.line_is(2, "  3 3");
    quit(&mut ada);
}
