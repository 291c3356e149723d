//! Editing in a real terminal, alone, with others, and without a server.

use rustix::process::Signal;

use crate::crowd::Crowd;
use crate::server::Server;
use crate::terminal::Terminal;

const CTRL_E: &str = "\x05";
const CTRL_F: &str = "\x06";
const CTRL_L: &str = "\x0c";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const CTRL_Z: &str = "\x1a";
const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const END: &str = "\x1b[F";
/// Blanks the screen, before all of it is drawn.
const BLANK: &str = "\x1b[2J";
const F1: &str = "\x1bOP";
const F3: &str = "\x1bOR";

#[test]
fn text_is_typed_undone_found_and_clicked() {
    let server = Server::start();
    let link = server.document("notes.txt", "one two\ntwo three\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 one two");
    ana.shows("notes.txt ●saved 1");

    ana.send(END);
    ana.send(" zwölf 日本");
    ana.line_is(0, "  1 one two zwölf 日本");
    ana.cursor_is(0, 4 + 18);
    ana.shows("●saved");
    ana.send(CTRL_Z);
    ana.line_is(0, "  1 one two");

    ana.send(CTRL_F);
    ana.send("two");
    ana.shows("find: two");
    ana.shows("2/2");
    ana.send(F3);
    ana.shows("1/2");
    ana.send(F3);
    ana.shows("2/2");
    ana.send(ENTER);
    ana.send("2");
    ana.line_is(1, "  2 2 three");

    // A click behind "one", and a word by a double click.
    ana.send("\x1b[<0;8;1M\x1b[<0;8;1m");
    ana.cursor_is(0, 7);
    ana.send("!");
    ana.line_is(0, "  1 one! two");
    ana.send("\x1b[<0;11;1M\x1b[<0;11;1m\x1b[<0;11;1M\x1b[<0;11;1m");
    ana.send("x");
    ana.line_is(0, "  1 one! x");

    ana.send("\x1b[200~a\r\nb\x1b[201~");
    ana.line_is(0, "  1 one! xa");
    ana.line_is(1, "  2 b");

    ana.send(F1);
    ana.shows("save point");
    ana.send(ESCAPE);
    ana.line_is(1, "  2 b");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
    assert_eq!(server.text(&link), "one! xa\nb\n2 three\n");
}

#[test]
fn two_people_see_each_other() {
    let server = Server::start();
    let link = server.document("main.rs", "fn main() {\n}\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link, "+1:12"]);
    ana.cursor_is(0, 4 + 11);
    let mut bo = Terminal::open(&server, "Bo", &["main.rs", "+3"]);
    bo.shows("◉Ana");
    ana.shows("Bo joined");

    ana.send("\rlet x = 1;");
    bo.line_is(1, "  2     let x = 1;");
    bo.send("// by Bo");
    ana.line_is(3, "  4 // by Bo");
    // Undo takes back only what one typed oneself.
    ana.send(CTRL_Z);
    bo.line_is(1, "  2 }");
    bo.line_is(2, "  3 // by Bo");

    bo.send(CTRL_Q);
    assert_eq!(bo.end(), 0);
    ana.shows("Bo left");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
}

#[test]
fn a_server_that_dies_is_waited_for_in_silence_and_nothing_is_lost() {
    let mut server = Server::start();
    let link = server.document("a.txt", "");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("●saved");
    ana.send("before ");
    ana.send(CTRL_S);
    ana.shows("saved, rev");
    server.kill();
    ana.shows("○offline");
    ana.send("during");
    ana.shows("6 waiting · kept on this disk");
    server.restart();
    ana.shows("●saved");
    assert_eq!(server.text(&link), "before during");

    // And once more, with a restart of the editor in between.
    server.kill();
    ana.shows("○offline");
    ana.send(" after");
    ana.shows("6 waiting");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 5, "{}", ana.output());
    assert!(ana.output().contains("kept: 6 edits"), "{}", ana.output());

    let mut again = Terminal::open(&server, "Ana", &["a.txt"]);
    again.line_is(0, "  1 before during after");
    again.shows("6 waiting · kept on this disk");
    again.send(END);
    again.send("!");
    again.shows("7 waiting");
    server.restart();
    again.shows("●saved");
    assert_eq!(server.text(&link), "before during after!");
    again.send(CTRL_Q);
    assert_eq!(again.end(), 0);
}

#[test]
fn an_editor_that_is_killed_has_lost_nothing_when_it_starts_again() {
    let mut server = Server::start();
    let link = server.document("a.txt", "");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("●saved");
    server.kill();
    ana.shows("○offline");
    ana.send("kept for later");
    ana.shows("14 waiting · kept on this disk");
    ana.signal(rustix::process::Signal::KILL);
    ana.end();

    let mut again = Terminal::open(&server, "Ana", &[&link]);
    again.line_is(0, "  1 kept for later");
    server.restart();
    again.shows("●saved");
    again.send(CTRL_Q);
    assert_eq!(again.end(), 0);
    assert_eq!(server.text(&link), "kept for later");
}

#[test]
fn an_editor_that_is_opened_while_others_type_has_each_edit_once() {
    let server = Server::start();
    let link = server.document("a.txt", "first\n");
    let crowd = Crowd::start(&link, 4, 400).expect("a link");
    for _ in 0..8 {
        let mut ana = Terminal::open(&server, "Ana", &[&link]);
        ana.shows("a.txt ●saved");
        ana.send(CTRL_Q);
        // With an edit twice the two copies of the text differ, which ends it.
        assert_eq!(ana.end(), 0);
    }
    assert!(crowd.end().expect("nobody was refused") > 0);
}

#[test]
fn the_screen_is_drawn_anew_when_asked_or_when_the_window_is_told_of_again() {
    let server = Server::start();
    let link = server.document("a.txt", "some words");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 some words");
    ana.shows("●saved");
    ana.has_printed("some", 1);
    ana.send(CTRL_L);
    ana.has_printed("some", 2);
    // As large as it was, but its rows may have moved meanwhile.
    ana.signal(Signal::WINCH);
    ana.has_printed("some", 3);
    // Whatever lies over the text.
    ana.send(CTRL_E);
    ana.shows("┌ commands ─");
    let blanked = ana.output().matches(BLANK).count();
    ana.send(CTRL_L);
    ana.has_printed(BLANK, blanked + 1);
    ana.shows("┌ commands ─");
}

#[test]
fn the_screen_follows_the_size_of_the_window() {
    let server = Server::start();
    let text: String = (1..=50).map(|n| format!("line {n}\n")).collect();
    let link = server.document("a.txt", &text);
    let mut ana = Terminal::open(&server, "Ana", &[&link, "+50"]);
    ana.shows("50 line 50");
    ana.resize(30, 100);
    ana.wait("the status line at the bottom", |screen| {
        screen.rows(0, 100).nth(29).is_some_and(|line| line.contains("a.txt ●saved"))
    });
    ana.resize(3, 15);
    ana.shows("needs 20×4");
    ana.resize(12, 80);
    ana.shows("50 line 50");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
}

#[test]
fn what_others_write_never_reaches_the_terminal_raw() {
    let server = Server::start();
    let evil = "\x1b]0;title\x07\u{9b}31m\u{202e}txt\u{200b}\x1b[2J";
    let link = server.document("a.txt", &format!("{evil}\nplain"));
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(1, "  2 plain");
    ana.shows("‹U+001B›]0;title‹U+0007›‹U+009B›31m‹U+202E›txt‹U+200B›");
    let bo = Terminal::open(&server, "B\x1b]0;x\x07o", &[&link]);
    bo.line_is(1, "  2 plain");
    ana.shows("]0;x");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
    let output = ana.output();
    for raw in ["\x1b]0;", "\x07", "\u{9b}", "\u{202e}", "\u{200b}", "\x1b[2J\x1b[2J"] {
        assert!(!output.contains(raw), "{raw:?} in {output:?}");
    }
}
