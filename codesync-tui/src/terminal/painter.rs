//! Writes frames in the fewest bytes.
//!
//! The painter knows where the terminal's cursor stands and in which colours the next character
//! would be shown, and says neither once more. What a key changes far from the cursor, mostly the
//! column in the bottom line, is written while the terminal itself keeps the place (`ESC 7`, `ESC 8`).

mod pen;
mod shift;

use std::io::Write;

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Position;

use crate::screen::Change;
use pen::Pen;
use shift::Shift;

/// Rows that have changed beyond which nothing is moved: that is no typing.
const SHIFTING_ROWS_MAX: usize = 4;

/// Writes what differs between frames.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    columns: u16,
    out: Vec<u8>,
    pen: Pen,
    place: Option<Place>,
    /// Whether the cursor is shown, once that was said.
    has_cursor: Option<bool>,
}

/// Where the terminal's cursor stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Position,
    /// Whether every terminal is of that mind: of characters beyond ASCII some think that they are
    /// wider. Only what follows such a one directly may rely on it.
    is_sure: bool,
}

impl Painter {
    /// Begins with a blank terminal of so many columns, whatever it shows.
    pub(crate) fn clear(&mut self, columns: u16) {
        *self = Self { columns, ..Self::default() };
        self.out.extend_from_slice(b"\x1b[m\x1b[2J");
    }

    /// The bytes that show these changes, and then the cursor. None if there is nothing to say.
    pub(crate) fn frame(
        &mut self,
        mut changes: Vec<Change<'_>>,
        cursor: Option<Position>,
    ) -> Vec<u8> {
        let is_typing = changes.len() <= SHIFTING_ROWS_MAX;
        if cursor.is_none() {
            self.show_cursor(false);
        }
        // The row of the cursor first: what is typed mostly ends where the cursor belongs.
        changes.sort_by_key(|change| cursor.is_none_or(|cursor| change.y != cursor.y));
        let mut kept = None;
        for change in changes {
            if let Some(cursor) = cursor
                && kept.is_none()
                && self.is_worth_keeping(cursor, change.y)
            {
                self.go(cursor);
                self.out.extend_from_slice(b"\x1b7");
                kept = Some((self.place, self.pen));
            }
            if is_typing && let Some((x, shift)) = Shift::between(change.shown, change.wanted) {
                self.shift(change.y, x, shift);
                shift.apply(&mut change.shown[x..]);
            }
            let y = change.y;
            for (x, cell) in change.settle() {
                self.draw(Position { x, y }, &cell);
            }
        }
        if let Some(kept) = kept {
            self.out.extend_from_slice(b"\x1b8");
            (self.place, self.pen) = kept;
        }
        if let Some(cursor) = cursor {
            self.go(cursor);
            self.show_cursor(true);
        }
        std::mem::take(&mut self.out)
    }

    fn show_cursor(&mut self, is_shown: bool) {
        if self.has_cursor.replace(is_shown) != Some(is_shown) {
            self.out.extend_from_slice(if is_shown { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }

    /// Whether the cursor certainly stands there.
    fn stands(&self, there: Position) -> bool {
        self.place.is_some_and(|place| place.is_sure && place.at == there)
    }

    /// Whether the terminal had better keep the cursor's place while this row is drawn.
    fn is_worth_keeping(&self, cursor: Position, y: u16) -> bool {
        let is_in_row = self.place.is_some_and(|place| place.is_sure && place.at.y == cursor.y);
        self.stands(cursor) || is_in_row && y != cursor.y
    }

    /// Moves the cursor, if it does not certainly stand there.
    fn go(&mut self, to: Position) {
        if self.stands(to) {
            return;
        }
        let from = self.place.filter(|place| place.is_sure && place.at.y == to.y);
        match from.map(|place| to.x.checked_sub(place.at.x)) {
            Some(Some(1)) => self.order(format_args!("C")),
            Some(Some(columns)) => self.order(format_args!("{columns}C")),
            Some(None) => self.order(format_args!("{}G", to.x + 1)),
            None if to.x == 0 => self.order(format_args!("{}H", to.y + 1)),
            None => self.order(format_args!("{};{}H", to.y + 1, to.x + 1)),
        }
        self.place = Some(Place { at: to, is_sure: true });
    }

    fn order(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = write!(self.out, "\x1b[{words}");
    }

    fn take(&mut self, pen: Pen) {
        self.pen.change(pen, &mut self.out);
        self.pen = pen;
    }

    fn draw(&mut self, at: Position, cell: &Cell) {
        if self.place.is_none_or(|place| place.at != at) {
            self.go(at);
        }
        self.take(Pen::of(cell));
        self.out.extend_from_slice(cell.symbol().as_bytes());
        let next = Position { x: at.x + 1, y: at.y };
        // At the end of a row terminals differ in where the cursor stands.
        let is_known = cell.cell_width() == 1 && next.x < self.columns;
        let is_sure = cell.symbol().is_ascii() && self.place.is_some_and(|place| place.is_sure);
        self.place = is_known.then_some(Place { at: next, is_sure });
    }

    /// Has the terminal move the rest of a row.
    fn shift(&mut self, y: u16, x: usize, shift: Shift) {
        // Some terminals fill up with the colour of the pen.
        self.take(Pen::default());
        self.go(Position { x: u16::try_from(x).unwrap_or(self.columns), y });
        match shift {
            Shift::Right(1) => self.order(format_args!("@")),
            Shift::Right(cells) => self.order(format_args!("{cells}@")),
            Shift::Left(1) => self.order(format_args!("P")),
            Shift::Left(cells) => self.order(format_args!("{cells}P")),
        }
    }
}

#[cfg(test)]
mod tests;
