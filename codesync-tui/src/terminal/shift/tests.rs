//! What a real terminal shows after rows were moved, against what was to be drawn.

use std::cell::RefCell;
use std::num::NonZeroU16;
use std::rc::Rc;

use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::style::{Color, Style};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::*;

const COLUMNS: u16 = 60;
const ROWS: u16 = 4;

#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend whose size nobody has to be asked for.
struct Fixed(CrosstermBackend<Wire>);

impl Backend for Fixed {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = Change<'a>>>(&mut self, content: I) -> io::Result<()> {
        self.0.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.0.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(Size::new(COLUMNS, ROWS))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: Size::new(COLUMNS, ROWS), pixels: Size::new(0, 0) })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A program's side of a terminal, and the terminal.
struct Wired {
    terminal: Terminal<Shifting<Fixed, Wire>>,
    wire: Wire,
    screen: vt100::Parser,
}

impl Wired {
    fn new() -> Self {
        let wire = Wire::default();
        let backend = Shifting::new(Fixed(CrosstermBackend::new(wire.clone())), wire.clone());
        let area = Rect::new(0, 0, COLUMNS, ROWS);
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let terminal = Terminal::with_options(backend, options).expect("it needs no terminal");
        let cells = |count| NonZeroU16::new(count).expect("there are some");
        let screen = vt100::Parser::new(cells(ROWS), cells(COLUMNS), 0);
        Self { terminal, wire, screen }
    }

    /// Draws lines, each word in a colour of its own, and tells how many bytes that took.
    fn draw(&mut self, lines: &[String]) -> usize {
        self.terminal
            .draw(|frame| {
                for (line, y) in lines.iter().zip(0..ROWS) {
                    let mut x = 0;
                    for word in line.split_inclusive(' ') {
                        let color = Color::Indexed(u8::try_from(1 + word.len() % 7).unwrap_or(1));
                        let style = Style::new().fg(color);
                        let room = usize::from(COLUMNS - x);
                        x = frame.buffer_mut().set_stringn(x, y, word, room, style).0;
                    }
                }
            })
            .expect("it draws");
        let bytes = self.wire.0.take();
        self.screen.process(&bytes);
        bytes.len()
    }

    /// Compares the terminal with what was drawn, cell by cell.
    fn agrees(&self, lines: &[String]) -> Result<(), TestCaseError> {
        let mut plain = Wired::new();
        plain.draw(lines);
        for y in 0..ROWS {
            for x in 0..COLUMNS {
                let (met, wanted) =
                    (self.screen.screen().cell(y, x), plain.screen.screen().cell(y, x));
                let look = |cell: Option<&vt100::Cell>| {
                    cell.map(|cell| {
                        let contents = cell.contents().to_owned();
                        let is_blank = contents.trim().is_empty();
                        (if is_blank { " ".to_owned() } else { contents }, cell.fgcolor())
                    })
                };
                let (met, wanted) = (look(met), look(wanted));
                let is_blank = met.as_ref().is_some_and(|met| met.0 == " ");
                match is_blank {
                    true => prop_assert_eq!(met.map(|it| it.0), wanted.map(|it| it.0)),
                    false => prop_assert_eq!(met, wanted, "at {}, {}", x, y),
                }
            }
        }
        Ok(())
    }
}

fn lines(line: &str) -> Vec<String> {
    vec!["above".to_owned(), line.to_owned(), "below".to_owned()]
}

#[test]
fn a_key_at_the_beginning_of_a_coloured_line_costs_little() {
    let line = "let sum: u64 = value.iter().copied().sum::<u64>() + 12;";
    let mut wired = Wired::new();
    wired.draw(&lines(line));
    for (text, is_typed) in [("x", true), ("xy", true), ("x", false), ("", false)] {
        let after = lines(&format!("{text}{line}"));
        let bytes = wired.draw(&after);
        assert!(bytes < 90, "{bytes} bytes, typed: {is_typed}");
        wired.agrees(&after).expect("both show the same");
    }
}

#[test]
fn characters_of_which_a_terminal_may_think_otherwise_are_not_moved() {
    let mut wired = Wired::new();
    wired.draw(&lines("let 日本 = one + two + three + four + five + six;"));
    let after = lines("xlet 日本 = one + two + three + four + five + six;");
    wired.draw(&after);
    assert!(!wired.terminal.backend_mut().has_shifted());
    wired.agrees(&after).expect("both show the same");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..Default::default() })]

    #[test]
    fn the_terminal_shows_what_was_drawn(
        start in "[a-c é日]{0,70}",
        edits in prop::collection::vec((0..70_usize, 0..6_usize, "[a-c ]{0,9}|日|é"), 1..12),
    ) {
        let mut line: Vec<char> = start.chars().collect();
        let mut wired = Wired::new();
        wired.draw(&lines(&start));
        for (at, deleted, inserted) in edits {
            let at = at.min(line.len());
            let end = (at + deleted).min(line.len());
            line.splice(at..end, inserted.chars());
            let text: String = line.iter().collect();
            wired.draw(&lines(&text));
            wired.agrees(&lines(&text))?;
        }
    }
}
