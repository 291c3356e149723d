//! The cells of the screen, and which rows of them a frame changes.
//!
//! Of forty rows a key changes two. Whoever draws a row says by a [`Key`] what it shows; a row that
//! shows it already is neither drawn nor compared with what the terminal has.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthChar;

/// All that a row's look depends on, byte by byte. Two equal keys are two equal rows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// Begins anew, in the room there is: a frame makes a key for each row.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds something on which the look depends.
    pub(crate) fn add(&mut self, what: impl Hash) {
        what.hash(self);
    }
}

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Nothing is summed up: the bytes themselves are compared.
    fn finish(&self) -> u64 {
        0
    }
}

/// What a row holds.
#[derive(Clone, Debug, Default)]
struct Row {
    /// What it shows, where that was said.
    key: Option<Key>,
    /// Whether this frame has said what it shows.
    is_claimed: bool,
    /// Whether this frame draws it, so that its cells may differ from the terminal's.
    is_drawn: bool,
}

/// The cells, and what the terminal has of them.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    cells: Buffer,
    shown: Buffer,
    rows: Vec<Row>,
    is_covered: bool,
    cursor: Option<Position>,
}

impl Screen {
    /// Begins a frame of so many columns and rows. Whether that is another size than before: then
    /// the terminal is taken for blank.
    pub(crate) fn begin(&mut self, (width, height): (u16, u16)) -> bool {
        let area = Rect { x: 0, y: 0, width, height };
        let is_resized = self.cells.area != area || self.rows.len() != usize::from(height);
        if is_resized {
            *self = Self {
                cells: Buffer::empty(area),
                shown: Buffer::empty(area),
                rows: vec![Row::default(); usize::from(height)],
                ..Self::default()
            };
        }
        self.is_covered = false;
        self.cursor = None;
        for row in &mut self.rows {
            (row.is_claimed, row.is_drawn) = (false, false);
        }
        is_resized
    }

    pub(crate) fn area(&self) -> Rect {
        self.cells.area
    }

    /// Draws the whole of this frame, since something lies over the rows.
    pub(crate) fn cover(&mut self) {
        self.is_covered = true;
        for y in 0..self.rows.len() {
            self.blank(y);
        }
    }

    /// All cells, for what is drawn over rows that this frame draws.
    pub(crate) fn cells(&mut self) -> &mut Buffer {
        &mut self.cells
    }

    /// Claims a row. `None` if it shows already what the key says; otherwise it is blank now.
    /// Without a key it is drawn in any case.
    pub(crate) fn row(&mut self, y: u16, key: Option<&Key>) -> Option<&mut Buffer> {
        let at = usize::from(y);
        let row = self.rows.get_mut(at)?;
        if !self.is_covered {
            row.is_claimed = true;
            if key.is_some() && row.key.as_ref() == key {
                return None;
            }
            self.blank(at);
            self.rows[at].key = key.cloned();
        }
        Some(&mut self.cells)
    }

    fn blank(&mut self, at: usize) {
        self.rows[at] = Row { key: None, is_claimed: true, is_drawn: true };
        let width = usize::from(self.cells.area.width);
        self.cells.content[at * width..(at + 1) * width].iter_mut().for_each(Cell::reset);
    }

    pub(crate) fn set_cursor(&mut self, position: Position) {
        self.cursor = Some(position);
    }

    /// Where the terminal's cursor is to stand.
    pub(crate) fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Ends the frame: rows that nobody claimed are blank. The rows of which the terminal has
    /// something else; each is to be [settled](Change::settle).
    pub(crate) fn end(&mut self) -> Vec<Change<'_>> {
        for y in 0..self.rows.len() {
            if !self.rows[y].is_claimed && self.rows[y].key != Some(Key::default()) {
                self.blank(y);
                self.rows[y].key = Some(Key::default());
            }
        }
        let width = usize::from(self.cells.area.width).max(1);
        let shown = self.shown.content.chunks_exact_mut(width);
        let wanted = self.cells.content.chunks_exact(width);
        let rows = (0_u16..).zip(&self.rows).zip(shown.zip(wanted));
        rows.filter(|((_, row), (shown, wanted))| row.is_drawn && shown != wanted)
            .map(|((y, _), (shown, wanted))| Change { y, shown, wanted })
            .collect()
    }
}

/// Stands for what is not known of a cell. What is not seen is drawn by its number, so no cell to be
/// drawn is equal to it.
const UNKNOWN: &str = "\u{200b}";
/// With these a character has more columns to some terminals than to others: it becomes a picture,
/// or has a halfwidth sound mark.
const DOUBTFUL: [char; 3] = [EMOJI_PRESENTATION, '\u{ff9e}', '\u{ff9f}'];
const EMOJI_PRESENTATION: char = '\u{fe0f}';

/// A row of which the terminal has something else than it should.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) y: u16,
    /// What the terminal has. Whoever has it moved or blanked moves this, too.
    pub(crate) shown: &'a mut [Cell],
    pub(crate) wanted: &'a [Cell],
}

impl Change<'_> {
    /// The cells that are to be drawn, with their columns. They count as shown from now on.
    pub(crate) fn settle(self) -> Vec<(u16, Cell)> {
        let Some(differing) = differing(self.shown, self.wanted) else { return Vec::new() };
        let column = |x: usize| u16::try_from(x).unwrap_or(u16::MAX);
        let (x, width) = (column(differing.start), column(differing.len()));
        let area = Rect { x, y: self.y, width, height: 1 };
        let of = |cells: &[Cell]| Buffer { area, content: cells[differing.clone()].to_vec() };
        let (mut before, after) = (of(self.shown), of(self.wanted));
        // What a wide glyph covers is blank once it is gone; terminals differ in the colours.
        let forget = |cells: &mut [Cell], covered: Range<usize>| {
            for cell in cells.iter_mut().take(covered.end).skip(covered.start) {
                cell.set_symbol(UNKNOWN);
            }
        };
        for x in 0..before.content.len() {
            let width = usize::from(before.content[x].cell_width());
            forget(&mut before.content, x + 1..x + width);
        }
        // What a glyph may cover on terminals that do not join its characters is drawn after it.
        for (x, cell) in after.content.iter().enumerate() {
            let joined = usize::from(cell.cell_width());
            let apart = width_apart(cell);
            if before.content[x] != *cell {
                forget(&mut before.content, x + joined..x + apart);
            }
        }
        let mut cells: Vec<(u16, Cell)> = Vec::new();
        for (x, _, cell) in before.diff(&after) {
            if cells.last().is_some_and(|(at, glyph)| x < at + glyph.cell_width()) {
                continue;
            }
            // What some terminals show beside it goes first: afterwards it would take half of it.
            if cell.symbol().contains(DOUBTFUL) {
                let mut blank = cell.clone();
                blank.set_symbol(" ").set_diff_option(CellDiffOption::None);
                cells.extend((x + 1..x + cell.cell_width()).map(|x| (x, blank.clone())));
            }
            cells.push((x, cell.clone()));
        }
        self.shown[differing].clone_from_slice(&after.content);
        cells
    }
}

/// Most columns of a glyph where its characters are shown one by one.
fn width_apart(cell: &Cell) -> usize {
    let width = |c: char| match c {
        EMOJI_PRESENTATION => 1,
        _ => c.width().unwrap_or(0),
    };
    match cell.symbol() {
        symbol if symbol.len() == 1 => 1,
        symbol => symbol.chars().map(width).sum(),
    }
}

/// The cells of a row from the first to the last that differ, with what wide glyphs at these cover
/// or covered besides.
fn differing(shown: &[Cell], wanted: &[Cell]) -> Option<Range<usize>> {
    let differs = |(shown, wanted): (&Cell, &Cell)| shown != wanted;
    let first = shown.iter().zip(wanted).position(differs)?;
    let last = shown.iter().zip(wanted).rposition(differs)?;
    let width = |at: usize| {
        let joined = usize::from(shown[at].cell_width().max(wanted[at].cell_width()));
        joined.max(width_apart(&wanted[at])).max(1)
    };
    let start = if first > 0 && width(first - 1) > 1 { first - 1 } else { first };
    // What a glyph may cover is drawn again, and if that is a glyph, what it may cover.
    let (mut at, mut end) = (start, last + 1);
    while at < end.min(wanted.len()) {
        end = end.max(at + width(at));
        at += 1;
    }
    Some(start..end.min(wanted.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::{Color, Style};

    use super::*;

    fn key(what: &str) -> Key {
        let mut key = Key::default();
        key.add(what);
        key
    }

    /// Ends the frame; the cells that it changed.
    fn settled(screen: &mut Screen) -> Vec<(u16, u16, Cell)> {
        let changes = screen.end().into_iter();
        let cells = changes.map(|change| (change.y, change.settle()));
        cells.flat_map(|(y, cells)| cells.into_iter().map(move |(x, cell)| (x, y, cell))).collect()
    }

    /// A frame that shows these rows. Which of them were drawn, and how many cells changed.
    fn frame(screen: &mut Screen, rows: &[&str]) -> (Vec<u16>, usize) {
        screen.begin((10, 4));
        let mut drawn = Vec::new();
        for (y, text) in (0_u16..).zip(rows) {
            if let Some(cells) = screen.row(y, Some(&key(text))) {
                cells.set_string(0, y, text, Style::new());
                drawn.push(y);
            }
        }
        (drawn, settled(screen).len())
    }

    #[test]
    fn a_row_that_shows_it_already_is_not_drawn() {
        let mut screen = Screen::default();
        assert_eq!(frame(&mut screen, &["one", "two", "日本"]), (vec![0, 1, 2], 3 + 3 + 2));
        assert_eq!(frame(&mut screen, &["one", "too", "日本"]), (vec![1], 1));
        assert_eq!(frame(&mut screen, &["one", "too"]), (vec![], 4), "the third is blank again");
        assert_eq!(frame(&mut screen, &["one", "too"]), (vec![], 0));
        assert_eq!(frame(&mut screen, &["one", "too", "日本"]), (vec![2], 2));
    }

    #[test]
    fn what_lay_over_rows_is_gone_with_the_next_frame() {
        let mut screen = Screen::default();
        frame(&mut screen, &["one", "two"]);
        screen.begin((10, 4));
        screen.cover();
        for (y, text) in [(0, "one"), (1, "two")] {
            let cells = screen.row(y, Some(&key(text))).expect("all is drawn");
            cells.set_string(0, y, text, Style::new());
        }
        screen.cells().set_string(0, 1, "list", Style::new());
        assert_eq!(settled(&mut screen).len(), 4);
        assert_eq!(frame(&mut screen, &["one", "two"]), (vec![0, 1], 4));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_told_of_a_row_is_what_differs_in_all_of_it(
            rows in prop::collection::vec(prop::collection::vec((0..7_usize, any::<bool>()), 0..8), 1..6),
        ) {
            let mut screen = Screen::default();
            for row in rows {
                screen.begin((10, 4));
                let cells = screen.row(2, None).expect("it is on the screen");
                let mut x = 0;
                for (glyph, is_tinted) in row {
                    let glyph = ["a", "b", " ", "日", "❤\u{fe0f}", "ﾞ", "ｶﾞ"][glyph];
                    let style = Style::new().bg(if is_tinted { Color::Red } else { Color::Reset });
                    x = cells.set_stringn(x, 2, glyph, usize::from(10 - x), style).0;
                }
                let before = screen.shown.clone();
                let told = settled(&mut screen);
                let all = before.diff(&screen.cells);
                for (x, y, cell) in &told {
                    let covers = |cells: &Buffer| (0..*x).any(|at| at + cells[(at, *y)].cell_width() > *x);
                    let is_covered = covers(&screen.cells);
                    prop_assert!(is_covered || &screen.cells[(*x, *y)] == cell);
                    let is_told = is_covered || covers(&before) || all.contains(&(*x, *y, cell));
                    prop_assert!(is_told, "{} is told", x);
                }
                for (x, y, cell) in &all {
                    let is_told = told.iter().any(|it| (it.0, it.1, it.2.symbol()) == (*x, *y, cell.symbol()));
                    prop_assert!(is_told, "{} is not told", x);
                }
                prop_assert_eq!(&screen.shown, &screen.cells);
            }
        }
    }

    #[test]
    fn another_size_begins_with_a_blank_terminal() {
        let mut screen = Screen::default();
        assert!(screen.begin((10, 4)));
        assert!(!screen.begin((10, 4)));
        assert!(screen.begin((9, 4)));
    }
}
