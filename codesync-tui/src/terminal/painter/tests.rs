//! What a real terminal shows after frames of which each says only what is new, against what it
//! shows when everything is said at once.

use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::screen::Screen;

const SIZE: (u16, u16) = (60, 4);
/// Glyphs of which this terminal makes two and three.
const THUMBS: &str = "👍\u{1f3fd}";
const FAMILY: &str = "👩\u{200d}👩\u{200d}👧";

/// A program's side of a terminal, and the terminal.
struct Wired {
    screen: Screen,
    painter: Painter,
    terminal: vt100::Parser,
}

/// A row: words with the number of their style.
type Row = Vec<(String, usize)>;

impl Wired {
    fn new() -> Self {
        let terminal = vt100::Parser::new(
            std::num::NonZeroU16::new(SIZE.1).expect("there are some"),
            std::num::NonZeroU16::new(SIZE.0).expect("there are some"),
            0,
        );
        Self { screen: Screen::default(), painter: Painter::default(), terminal }
    }

    /// Draws rows and sets the cursor; the bytes that took.
    fn draw(&mut self, rows: &[Row], cursor: Option<(u16, u16)>) -> Vec<u8> {
        if self.screen.begin(SIZE) {
            self.painter.clear(SIZE.0);
        }
        for (row, y) in rows.iter().zip(0..SIZE.1) {
            let cells = self.screen.row(y, None).expect("it is on the screen");
            let mut x = 0;
            for (word, n) in row {
                // This terminal shows it in six columns, and would go on in the next row.
                if [FAMILY, THUMBS].contains(&word.as_str()) && x + 6 > SIZE.0 {
                    continue;
                }
                x = cells.set_stringn(x, y, word, usize::from(SIZE.0 - x), style(*n)).0;
            }
        }
        let cursor = cursor.map(Position::from);
        let bytes = self.painter.frame(self.screen.end(), cursor);
        self.terminal.process(&bytes);
        bytes
    }

    /// Compares the terminal with one that was told all of it at once.
    fn agrees(&self, rows: &[Row], cursor: Option<(u16, u16)>) -> Result<(), TestCaseError> {
        let mut plain = Wired::new();
        plain.draw(rows, cursor);
        let (met, wanted) = (self.terminal.screen(), plain.terminal.screen());
        for y in 0..SIZE.1 {
            for x in 0..SIZE.0 {
                prop_assert_eq!(look(met.cell(y, x)), look(wanted.cell(y, x)), "at {}, {}", x, y);
            }
        }
        prop_assert_eq!(met.hide_cursor(), cursor.is_none());
        if let Some((x, y)) = cursor {
            prop_assert_eq!(met.cursor_position(), (y, x));
        }
        Ok(())
    }
}

fn style(n: usize) -> Style {
    match n % 6 {
        0 => Style::new(),
        1 => Style::new().fg(Color::Magenta),
        2 => Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD),
        3 => Style::new().add_modifier(Modifier::REVERSED),
        4 => Style::new().bg(Color::LightBlue).add_modifier(Modifier::UNDERLINED),
        _ => Style::new().fg(Color::Indexed(200)).bg(Color::Indexed(17)),
    }
}

/// All that a person sees of a cell.
fn look(cell: Option<&vt100::Cell>) -> impl PartialEq + std::fmt::Debug {
    cell.map(|cell| {
        let is_blank = cell.contents().trim().is_empty();
        let front = (!is_blank || cell.inverse()).then_some((cell.fgcolor(), cell.bold()));
        let shown = if is_blank { " " } else { cell.contents() }.to_owned();
        (shown, front, cell.bgcolor(), cell.inverse(), cell.underline())
    })
}

/// A line whose words have colours, with others above and below.
fn lines(line: &str, column: usize) -> Vec<Row> {
    let words = line.split_inclusive(' ').zip(0..).map(|(word, n)| (word.to_owned(), n)).collect();
    let bottom = format!(" x.rs ●saved 1 | Rust LF | {column} | F1 ");
    vec![vec![("above".into(), 0)], words, vec![], vec![(bottom, 3)]]
}

#[test]
fn a_key_at_the_end_of_a_line_costs_its_character_and_the_column_in_the_bottom_line() {
    let mut wired = Wired::new();
    wired.draw(&lines("x", 1), Some((1, 1)));
    let bytes = wired.draw(&lines("xy", 2), Some((2, 1)));
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[4;28H\x1b[7m2\x1b[2;2H\x1b[my");
    let bytes = wired.draw(&lines("xy", 2), Some((2, 1)));
    assert_eq!(bytes, b"", "it is shown");
    let bytes = wired.draw(&lines("xy", 2), Some((1, 1)));
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[2;2H");
}

#[test]
fn whatever_moved_the_cursor_does_no_lasting_harm() {
    let mut wired = Wired::new();
    wired.draw(&lines("x", 1), Some((1, 1)));
    wired.terminal.process(b"\x1b[3;30H");
    let after = lines("xy", 2);
    // A screen reader has no column in the bottom line.
    wired.draw(&[vec![], after[1].clone()], Some((2, 1)));
    wired.draw(&after, Some((2, 1)));
    wired.terminal.process(b"\x1b[3;30H");
    wired.draw(&after, Some((1, 1)));
    wired.draw(&after, Some((2, 1)));
    wired.agrees(&after, Some((2, 1))).expect("both show the same");
}

#[test]
fn a_key_at_the_beginning_of_a_coloured_line_costs_little() {
    let line = "let sum: u64 = value.iter().copied().sum::<u64>() + 12;";
    let mut wired = Wired::new();
    wired.draw(&lines(line, 0), Some((0, 1)));
    for (column, text) in [(1, "x"), (2, "xy"), (1, "x"), (0, "")] {
        let cursor = Some((column, 1));
        let after = lines(&format!("{text}{line}"), usize::from(column));
        let bytes = wired.draw(&after, cursor);
        assert!(bytes.len() < 56, "{:?}", String::from_utf8_lossy(&bytes));
        wired.agrees(&after, cursor).expect("both show the same");
    }
}

#[test]
fn the_rest_of_a_row_is_cleared_at_once() {
    let mut wired = Wired::new();
    wired.draw(&lines("let sum = one + two;", 0), Some((0, 1)));
    let after = lines("let ", 0);
    let bytes = wired.draw(&after, Some((0, 1)));
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[2;4H\x1b[K\x1b[1G");
    wired.agrees(&after, Some((0, 1))).expect("both show the same");
    // What a terminal may show wider than it is may lie there.
    wired.draw(&lines("x❤\u{fe0f} one + two", 0), None);
    let after = lines("x❤\u{fe0f}", 0);
    let bytes = wired.draw(&after, None);
    assert!(!String::from_utf8_lossy(&bytes).contains("\x1b[K"));
    wired.agrees(&after, None).expect("both show the same");
}

#[test]
fn a_few_cells_are_shown_again_rather_than_passed_over() {
    let mut wired = Wired::new();
    let row = |words: &[(&str, usize)]| -> Vec<Row> {
        vec![words.iter().map(|(word, n)| ((*word).to_owned(), *n)).collect()]
    };
    wired.draw(&row(&[("let", 0), (" one two three", 0)]), Some((18, 0)));
    let after = row(&[("let", 1), (" ane ywo three", 0)]);
    let bytes = wired.draw(&after, Some((9, 0)));
    let met = String::from_utf8_lossy(&bytes).into_owned();
    assert_eq!(met, "\x1b[1H\x1b[38;5;5mlet\x1b[m ane y");
    wired.agrees(&after, Some((9, 0))).expect("both show the same");
    // Nobody wants to hear them again.
    wired.painter.spare_ears();
    let bytes = wired.draw(&row(&[("let", 1), (" one two three", 0)]), Some((9, 0)));
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[1;5Ho\x1b[3Ct");
}

#[test]
fn characters_of_which_a_terminal_may_think_otherwise_are_not_moved() {
    let mut wired = Wired::new();
    wired.draw(&lines("let 日本 = one + two + three + four + five + six;", 0), None);
    let after = lines("xlet 日本 = one + two + three + four + five + six;", 1);
    let bytes = wired.draw(&after, None);
    assert!(!String::from_utf8_lossy(&bytes).contains("\x1b[@"));
    wired.agrees(&after, None).expect("both show the same");
}

#[test]
fn the_cursor_is_set_anew_after_characters_of_which_a_terminal_may_think_otherwise() {
    let mut wired = Wired::new();
    wired.draw(&lines("x", 1), Some((1, 1)));
    let bytes = wired.draw(&lines("x…", 1), Some((2, 1)));
    assert_eq!(String::from_utf8_lossy(&bytes), "\x1b[2;2H…\x1b[2;3H");
}

#[test]
fn what_some_terminals_show_beside_a_doubtful_glyph_is_blank_in_its_colours() {
    for glyph in ["❤\u{fe0f}", "ｶ\u{ff9e}"] {
        let row = |words: &[(&str, usize)]| -> Vec<Row> {
            vec![words.iter().map(|(word, n)| ((*word).to_owned(), *n)).collect()]
        };
        let mut wired = Wired::new();
        wired.draw(&row(&[("abcdef", 3)]), None);
        let bytes = wired.draw(&row(&[(glyph, 1), ("z", 1)]), None);
        let bytes = String::from_utf8_lossy(&bytes);
        // All that is under it, then the glyph itself.
        let (below, rest) = bytes.split_once(glyph).expect("it is drawn");
        assert!(below.starts_with("\x1b[1;2H\x1b[38;5;5m "), "{bytes:?}");
        assert!(rest.contains('z'), "{bytes:?}");
    }
}

#[test]
fn what_a_terminal_shows_of_a_glyph_that_it_does_not_join_is_drawn_over() {
    let mut wired = Wired::new();
    let row = |words: &[&str]| -> Vec<Row> {
        vec![words.iter().map(|word| ((*word).to_owned(), 0)).collect()]
    };
    wired.draw(&row(&["ab"]), None);
    wired.draw(&row(&["ab", FAMILY, "c"]), None);
    let shown = |wired: &Wired| {
        let line = wired.terminal.screen().rows(0, 20).next().expect("there are some");
        line.trim_end().to_owned()
    };
    assert_eq!(shown(&wired), "ab👩\u{200d}c");
    // One that changes covers one that does not, and that what is behind it.
    let styled = |n: usize| -> Vec<Row> {
        vec![vec![(THUMBS.to_owned(), n), (THUMBS.to_owned(), 0), ("hello".to_owned(), 0)]]
    };
    wired.draw(&styled(0), None);
    assert_eq!(shown(&wired), "👍👍hello");
    wired.draw(&styled(3), None);
    assert_eq!(shown(&wired), "👍👍hello");
}

fn word() -> impl Strategy<Value = (String, usize)> {
    let glyph = prop::sample::select(vec!["日", "é", "❤\u{fe0f}", FAMILY, THUMBS]);
    let word = prop_oneof![6 => "[a-c ]{1,9}", 5 => glyph.prop_map(str::to_owned)];
    (word, 0..6_usize)
}

fn cursor() -> impl Strategy<Value = Option<(u16, u16)>> {
    prop::option::weighted(0.9, (0..SIZE.0, 0..SIZE.1))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_terminal_shows_what_was_drawn(
        frames in prop::collection::vec(
            (0..SIZE.1, 0..12_usize, 0..3_usize, prop::option::of(word()), cursor()),
            1..20,
        ),
    ) {
        let mut rows: Vec<Row> = vec![Row::new(); usize::from(SIZE.1)];
        let mut wired = Wired::new();
        for (y, at, removed, inserted, cursor) in frames {
            let row = &mut rows[usize::from(y)];
            let at = at.min(row.len());
            row.splice(at..(at + removed).min(row.len()), inserted);
            wired.draw(&rows, cursor);
            wired.agrees(&rows, cursor)?;
        }
    }

    #[test]
    fn and_so_it_does_where_keys_follow_each_other_in_a_line(
        start in "[a-c é日]{0,70}",
        edits in prop::collection::vec((0..70_usize, 0..6_usize, "[a-c ]{0,9}|日|é"), 1..12),
    ) {
        let mut line: Vec<char> = start.chars().collect();
        let mut wired = Wired::new();
        wired.draw(&lines(&start, 0), None);
        for (at, deleted, inserted) in edits {
            let at = at.min(line.len());
            let end = (at + deleted).min(line.len());
            let after = at + inserted.chars().count();
            line.splice(at..end, inserted.chars());
            let text: String = line.iter().collect();
            let cursor = u16::try_from(after).ok().filter(|x| *x < SIZE.0).map(|x| (x, 1));
            wired.draw(&lines(&text, after), cursor);
            wired.agrees(&lines(&text, after), cursor)?;
        }
    }
}
