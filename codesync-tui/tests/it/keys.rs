//! Keys as terminals send them, and what they do on the screen.

use std::fs;

use crate::server::Server;
use crate::terminal::Terminal;

const ALT_1: &str = "\x1b1";
const ALT_A: &str = "\x1ba";
const ALT_B: &str = "\x1bb";
const ALT_DOWN: &str = "\x1b[1;3B";
const ALT_SHIFT_DOWN: &str = "\x1b[1;4B";
const ALT_Z: &str = "\x1bz";
const CTRL_D: &str = "\x04";
const CTRL_E: &str = "\x05";
const CTRL_F: &str = "\x06";
const CTRL_O: &str = "\x0f";
const CTRL_Q: &str = "\x11";
const CTRL_R: &str = "\x12";
const CTRL_SLASH: &str = "\x1f";
const CTRL_Z: &str = "\x1a";
const DOWN: &str = "\x1b[B";
const END: &str = "\x1b[F";
const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const F6: &str = "\x1b[17~";

fn quit(terminal: &mut Terminal) {
    terminal.send(CTRL_Q);
    assert_eq!(terminal.end(), 0, "{}", terminal.output());
}

#[test]
fn code_is_coloured_and_typing_keeps_its_colour() {
    let server = Server::start();
    let link = server.document("main.rs", "fn main() {} // note\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    let color = |screen: &vt100::Screen, column: u16| {
        screen.cell(0, column).map(vt100::Cell::fgcolor).unwrap_or_default()
    };
    ana.wait("a keyword in magenta", |screen| color(screen, 4) == vt100::Color::Idx(5));
    ana.wait("a comment in gray", |screen| color(screen, 4 + 13) == vt100::Color::Idx(8));
    ana.send(END);
    ana.send("!");
    ana.wait("what is typed in gray", |screen| {
        screen.contents().contains("note!") && color(screen, 4 + 20) == vt100::Color::Idx(8)
    });
    quit(&mut ana);
}

#[test]
fn several_carets_type_as_one() {
    let server = Server::start();
    let link = server.document("a.rs", "foo\nfoo bar\nfoo\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 foo");
    ana.send(CTRL_D);
    ana.send(CTRL_D);
    ana.send(CTRL_D);
    ana.shows("3 carets");
    ana.send("xy");
    ana.line_is(1, "  2 xy bar");
    ana.line_is(2, "  3 xy");
    ana.send(CTRL_Z);
    ana.line_is(0, "  1 foo");
    ana.line_is(2, "  3 foo");
    ana.send(ESCAPE);
    // The escape must have come to rest before a bracket makes a sequence of it.
    ana.wait("one caret", |screen| !screen.contents().contains("carets"));
    ana.send("\x1b[1;5H");
    ana.cursor_is(0, 4);
    ana.send(ALT_SHIFT_DOWN);
    ana.shows("2 carets");
    ana.send(CTRL_SLASH);
    ana.line_is(0, "  1 // foo");
    ana.line_is(1, "  2 // foo bar");
    ana.send(CTRL_SLASH);
    ana.line_is(1, "  2 foo bar");
    ana.send(ALT_DOWN);
    ana.line_is(0, "  1 foo");
    ana.line_is(2, "  3 foo bar");
    quit(&mut ana);
    assert_eq!(server.text(&link), "foo\nfoo\nfoo bar\n");
}

#[test]
fn what_is_found_by_an_expression_is_replaced_and_undone_at_once() {
    let server = Server::start();
    let link = server.document("a.txt", "a1 b2 c3\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 a1 b2 c3");
    ana.send(CTRL_F);
    ana.send(r"[bc]\d");
    ana.shows("1/2");
    ana.send(CTRL_R);
    ana.shows(r"replace: [bc]\d");
    ana.send(ENTER);
    ana.shows("with (Enter asks each");
    ana.send("<$0>");
    ana.send(ALT_A);
    ana.line_is(0, "  1 a1 <b2> <c3>");
    ana.shows("2 replaced");
    ana.send(CTRL_Z);
    ana.line_is(0, "  1 a1 b2 c3");
    quit(&mut ana);
}

#[test]
fn the_palette_runs_what_a_few_letters_name() {
    let server = Server::start();
    let link = server.document("a.txt", "one\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 one");
    ana.send(CTRL_E);
    ana.shows("commands");
    ana.send("duplic");
    ana.shows("Alt-D");
    ana.send(ENTER);
    ana.line_is(1, "  2 one");
    ana.send(CTRL_E);
    ana.send("chooselang");
    ana.shows("choose the language");
    ana.send(ENTER);
    ana.shows("languages");
    ana.send("python");
    ana.shows("Python");
    ana.send(ENTER);
    ana.shows("| python LF |");
    quit(&mut ana);
}

#[test]
fn long_lines_are_wrapped_on_demand() {
    let server = Server::start();
    let link = server.document("a.txt", &format!("{}\nnext\n", "word ".repeat(30)));
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(1, "  2 next");
    ana.send(ALT_Z);
    ana.line_is(2, "  2 next");
    ana.send(DOWN);
    ana.cursor_is(1, 4);
    ana.send("x");
    ana.wait("the second row", |screen| {
        screen.rows(0, 80).nth(1).is_some_and(|row| row.starts_with("    xword"))
    });
    ana.resize(12, 44);
    ana.line_is(5, "  2 next");
    quit(&mut ana);
}

#[test]
fn people_are_listed_visited_and_followed() {
    let server = Server::start();
    let text: String = (1..=60).map(|n| format!("line {n}\n")).collect();
    let link = server.document("a.txt", &text);
    let mut bo = Terminal::open(&server, "Bo", &[&link, "+50"]);
    bo.shows("50 line 50");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("▼Bo 50");
    ana.send(F6);
    ana.shows("B Bo");
    ana.shows("line 50");
    ana.send(ENTER);
    ana.shows("50 line 50");
    ana.shows("at Bo");
    ana.send(ALT_B);
    ana.line_is(0, "  1 line 1");
    ana.send(ALT_1);
    ana.shows("50 line 50");
    ana.send(ALT_1);
    ana.shows("following Bo");
    bo.send("\x1b[1;5H");
    ana.line_is(0, "  1 line 1");
    ana.send(DOWN);
    ana.shows("51 line 51");
    ana.wait("nobody followed", |screen| !screen.contents().contains("following"));
    quit(&mut bo);
    ana.shows("Bo left");
    quit(&mut ana);
}

#[test]
fn another_document_is_opened_from_within() {
    let server = Server::start();
    let link = server.document("one.txt", "first\n");
    let other = server.document("two.txt", "second\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 first");
    ana.send("x");
    ana.send(CTRL_O);
    ana.shows("two.txt");
    ana.send("two");
    ana.wait("one that fits", |screen| !screen.contents().contains("one.txt  "));
    ana.send(ENTER);
    ana.line_is(0, "  1 second");
    ana.shows("two.txt ●saved");
    ana.send("y");
    ana.line_is(0, "  1 ysecond");
    quit(&mut ana);
    assert_eq!(server.text(&link), "xfirst\n");
    assert_eq!(server.text(&other), "ysecond\n");
}

fn set(server: &Server, person: &str, name: &str, text: &str) {
    let folder = server.home(person).join(".config/codesync");
    fs::create_dir_all(&folder).expect("there is room");
    fs::write(folder.join(name), text).expect("there is room");
}

#[test]
fn the_keys_of_vim_are_a_setting() {
    let server = Server::start();
    let link = server.document("a.txt", "one two\nthree\n");
    set(&server, "Ana", "config.toml", "[editor]\npreset = 'vim'\nnumbers = false\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("NORMAL a.txt");
    ana.line_is(0, "one two");
    ana.send("dwjA!");
    ana.shows("INSERT");
    ana.send(ESCAPE);
    ana.shows("NORMAL");
    ana.line_is(0, "two");
    ana.line_is(1, "three!");
    ana.send("ggyyp:%s/o/0/g\r");
    ana.line_is(1, "tw0");
    ana.send("u");
    ana.line_is(1, "two");
    ana.send(":wq\r");
    assert_eq!(ana.end(), 0);
    assert_eq!(server.text(&link), "two\ntwo\nthree!\n");
    assert!(ana.output().contains("\x1b[2 q"), "a block stands on characters");
    assert!(ana.output().contains("\x1b[0 q"), "and the person's own shape comes back");
}

#[test]
fn keys_and_colours_are_settings_and_mistakes_in_them_are_said() {
    let server = Server::start();
    let link = server.document("a.rs", "fn x() {}\n");
    set(&server, "Ana", "config.toml", "[editor]\ntheme = 'mine'\n");
    set(&server, "Ana", "keys.toml", "'F2' = 'duplicate-line'\n'F4' = 'fly'\n");
    fs::create_dir_all(server.home("Ana").join(".config/codesync/themes")).expect("there is room");
    set(&server, "Ana", "themes/mine.toml", "keyword = 'red'\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.shows("there is no command \"fly\"");
    ana.wait("a keyword in red", |screen| {
        screen.cell(0, 4).is_some_and(|cell| cell.fgcolor() == vt100::Color::Idx(1))
    });
    ana.send("\x1bOQ");
    ana.line_is(1, "  2 fn x() {}");
    quit(&mut ana);
}

#[test]
fn a_screen_that_is_read_aloud_is_quiet() {
    let server = Server::start();
    let link = server.document("a.txt", "one\n");
    let mut ana = Terminal::open(&server, "Ana", &[&link, "--screen-reader"]);
    ana.line_is(0, "one");
    ana.shows("a.txt ●saved");
    ana.wait("no place", |screen| !screen.contents().contains("1:1"));
    quit(&mut ana);
}
