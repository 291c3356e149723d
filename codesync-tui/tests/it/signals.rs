//! The terminal is given back as it was, whatever ends the editor.

use rustix::process::Signal;

use crate::server::Server;
use crate::terminal::Terminal;

fn ends_and_gives_back(end: impl Fn(&mut Terminal)) {
    let server = Server::start();
    let link = server.document("a.txt", "text");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 text");
    ana.wait("the modes", |screen| {
        screen.alternate_screen()
            && screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
            && screen.mouse_protocol_encoding() == vt100::MouseProtocolEncoding::Sgr
    });
    let during = ana.line_settings();
    ana.send("x");
    ana.shows("xtext");
    end(&mut ana);
    assert_eq!(ana.end(), 0, "{}", ana.output());
    assert_ne!(ana.line_settings(), during, "the line is no longer raw");
    let output = ana.output();
    for sequence in
        ["\x1b[?7h", "\x1b[?1006l", "\x1b[?1002l", "\x1b[?1000l", "\x1b[?2004l", "\x1b[?1049l"]
    {
        assert!(output.contains(sequence), "{sequence:?} in {output:?}");
    }
    assert!(output.rfind("\x1b[?7h") > output.rfind("\x1b[?7l"), "rows are wrapped again");
    assert!(output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l"), "the cursor is shown");
    assert!(!output.contains("\x1b[?1003h"), "not every motion is asked for");
    assert_eq!(server.text(&link), "xtext");
}

#[test]
fn quitting_gives_the_terminal_back() {
    ends_and_gives_back(|ana| ana.send("\x11"));
}

#[test]
fn a_wish_to_end_gives_the_terminal_back() {
    ends_and_gives_back(|ana| ana.signal(Signal::TERM));
}

#[test]
fn a_line_that_hangs_up_gives_the_terminal_back() {
    ends_and_gives_back(|ana| ana.signal(Signal::HUP));
}

#[test]
fn a_stop_gives_the_terminal_back_and_going_on_takes_it_again() {
    let server = Server::start();
    let link = server.document("a.txt", "text");
    let mut ana = Terminal::open(&server, "Ana", &[&link]);
    ana.line_is(0, "  1 text");
    ana.signal(Signal::TSTP);
    ana.wait("the terminal back", |screen| !Terminal::is_in_editor(screen));
    ana.is_stopped();
    ana.signal(Signal::CONT);
    ana.wait("the editor again", Terminal::is_in_editor);
    ana.line_is(0, "  1 text");
    ana.send("x");
    ana.line_is(0, "  1 xtext");
    ana.send("\x11");
    assert_eq!(ana.end(), 0);
}
