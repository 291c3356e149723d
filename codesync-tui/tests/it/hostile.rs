//! What others write, say and are called gives a terminal no orders: each sequence that reaches it is
//! one of ours, and its clipboard, title and bell are this person's own.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::server::{PROGRAM, Server, environment};
use crate::terminal::Terminal;

const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_Q: &str = "\x11";

/// Orders that others would like to give, each followed by a word that shows that it arrived.
const ORDERS: &[(&str, &str)] = &[
    ("\x1b]52;c;ZXZpbA==\x07", "clipboard"),
    ("\x1b]52;c;ZXZpbA==\x1b\\", "clipboard-st"),
    ("\u{9d}52;c;ZXZpbA==\u{9c}", "clipboard-c1"),
    ("\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\", "clipboard-tmux"),
    ("\x1b]0;evil\x07", "title"),
    ("\x1b]2;evil\x1b\\", "title-st"),
    ("\x1b]8;;http://127.0.0.1/\x07", "link"),
    ("\x07\x07", "bell"),
    ("\x1b[2J\x1b[H", "clear"),
    ("\u{9b}2J", "clear-c1"),
    ("\x1b[?1003h\x1b[?47l", "modes"),
    ("\x1b[6n\x1b[c", "report"),
    ("\x1bP+q544e\x1b\\", "capability"),
    ("\x1b_Gq\x1b\\", "graphics"),
    ("\x1bc", "reset"),
    ("\x0e\x0f\x08\x7f", "shift"),
    ("\u{202e}\u{2066}", "turned"),
    ("\u{200b}\u{e0041}", "unseen"),
];

/// All orders in one text, a line each.
fn evil_text() -> String {
    ORDERS.iter().map(|(order, word)| format!("{order}{word}\n")).collect()
}

/// What was sent to a terminal, as it reads it.
#[derive(Debug, Default)]
struct Orders {
    /// Control sequences: what stands between `ESC [` and the last byte, and that byte.
    control: Vec<(String, char)>,
    /// Commands to the system around the terminal: what stands between `ESC ]` and its end.
    system: Vec<String>,
}

impl Orders {
    /// Reads an output. Whatever is neither text nor one of the two kinds of sequence is a failure.
    #[track_caller]
    fn read(output: &str) -> Self {
        let mut orders = Self::default();
        let mut rest = output.chars();
        while let Some(c) = rest.next() {
            match c {
                '\x1b' => match rest.next() {
                    Some('[') => {
                        let mut words = String::new();
                        let end = loop {
                            match rest.next() {
                                Some(c @ '@'..='~') => break c,
                                Some(c) => words.push(c),
                                None => panic!("a sequence without an end: {words:?}"),
                            }
                        };
                        orders.control.push((words, end));
                    }
                    Some(']') => {
                        let words = rest.by_ref().take_while(|c| *c != '\x07').collect();
                        orders.system.push(words);
                    }
                    other => panic!("ESC {other:?} in {output:?}"),
                },
                '\r' | '\n' => {}
                c => assert!(!is_obeyed_or_unseen(c), "{c:?} in {output:?}"),
            }
        }
        orders
    }

    /// Only what draws and the modes of the editor.
    #[track_caller]
    fn check_control(&self) {
        const MODES: &[&str] = &["?7", "?25", "?1000", "?1002", "?1006", "?1049", "?2004", "?2026"];
        for (words, end) in &self.control {
            let is_ours = match end {
                'h' | 'l' => MODES.contains(&words.as_str()),
                'H' | 'C' | 'G' | '@' | 'P' | 'm' => {
                    words.chars().all(|c| c.is_ascii_digit() || c == ';')
                }
                'J' => words == "2",
                // Keys told apart, and back.
                'u' => words == ">1" || words.starts_with('<'),
                _ => false,
            };
            assert!(is_ours, "ESC [ {words:?} {end:?}");
        }
    }
}

fn is_obeyed_or_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn nothing_of_others_drives_clipboard_title_or_bell() {
    let server = Server::start();
    let text = evil_text();
    let link = server.document("a.txt", &text);
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.resize(60, 120);
    // All of it is seen, as text.
    for (_, word) in ORDERS {
        ana.shows(word);
    }
    // Somebody comes under such a name, and types and pastes such things.
    let name: String = ORDERS.iter().take(2).map(|(order, _)| *order).collect();
    let mut bo = Terminal::open(&server, &format!("Bo{name}"), &[&link]);
    // The server has taken out of the name what is not seen; what is left is shown as text.
    ana.shows("◉Bo]52;c;ZXZpbA==]52;c;Z");
    bo.shows("●saved");
    for (order, word) in ORDERS {
        bo.send(&format!("\x1b[200~{order}pasted-{word}\r\n\x1b[201~"));
    }
    for (_, word) in ORDERS {
        ana.shows(&format!("pasted-{word}"));
    }
    bo.send(CTRL_Q);
    assert_eq!(bo.end(), 0);
    ana.shows("left");
    let orders = Orders::read(&ana.output());
    orders.check_control();
    assert_eq!(orders.system, [""; 0]);

    // What she copies herself is on her clipboard, whole and encoded, and nothing beside it.
    ana.send(CTRL_A);
    ana.send(CTRL_C);
    ana.shows("copied");
    ana.send(CTRL_Q);
    assert_eq!(ana.end(), 0);
    let orders = Orders::read(&ana.output());
    orders.check_control();
    let [copied] = orders.system.as_slice() else { panic!("{:?}", orders.system) };
    let encoded = copied.strip_prefix("52;c;").expect("it is for the clipboard");
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    assert!(encoded.len() > text.len() && encoded.chars().all(is_base64), "{encoded}");
}

/// Everything that a command prints in a terminal.
fn printed(server: &Server, arguments: &[&str]) -> String {
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).expect("the system has a terminal");
    let mut command = CommandBuilder::new(PROGRAM);
    command.env_clear();
    for (name, value) in environment(&server.url, &server.home("shell")) {
        command.env(name, value);
    }
    command.args(arguments);
    let mut child = pty.slave.spawn_command(command).expect("the program starts");
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().expect("it can be read");
    let mut output = Vec::new();
    // On some systems the end of the other side is an error.
    let _ = reader.read_to_end(&mut output);
    assert!(child.wait().expect("it ends").success(), "{output:?}");
    String::from_utf8(output).expect("text")
}

#[test]
fn what_a_command_prints_in_a_terminal_gives_it_no_orders() {
    let server = Server::start();
    let link = server.document("a.txt", &evil_text());
    let output = printed(&server, &["cat", &link]);
    for (_, word) in ORDERS {
        assert!(output.contains(word), "{word} in {output}");
    }
    let orders = Orders::read(&output);
    assert!(orders.control.is_empty() && orders.system.is_empty(), "{orders:?}");
    // A program gets the text as it is.
    assert_eq!(server.text(&link), evil_text());
}
