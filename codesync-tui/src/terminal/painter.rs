//! Writes frames in few bytes.
//!
//! Within a frame the painter knows where the terminal's cursor stands and in which colours the next
//! character is shown, and says neither once more. No frame relies on where an earlier one left the
//! cursor, and each ends with the usual colours, so a message that is written across the screen
//! spoils what it covers and not what follows. (The terminal's own memory for a place, `ESC 7`, would
//! be shorter, but some have one for both screens, and would come back from the editor at the wrong
//! one.)

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
/// Cells that are shown once more where the cursor is to be moved over them: an order takes as many
/// bytes, at least.
const PASSED_MAX: u16 = 3;
/// Cells at the end of a row to be blanked, from which on it is cleared.
const CLEARED_MIN: usize = 4;

/// Writes what differs between frames.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    columns: u16,
    out: Vec<u8>,
    pen: Pen,
    place: Option<Place>,
    /// Whether a program may read aloud what is written.
    is_read_aloud: bool,
    /// Where the last frame left the cursor, or that it hid it.
    cursor: Option<Option<Position>>,
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
    /// Begins with a terminal of so many columns, which the next frame blanks first.
    pub(crate) fn clear(&mut self, columns: u16) {
        let is_read_aloud = self.is_read_aloud;
        *self = Self { columns, is_read_aloud, ..Self::default() };
        self.out.extend_from_slice(b"\x1b[m\x1b[2J");
    }

    /// From now on no character is written that the terminal shows already, though that be shorter: it
    /// would be read aloud.
    pub(crate) fn spare_ears(&mut self) {
        self.is_read_aloud = true;
    }

    /// The bytes that show these changes, and then the cursor; none if that is what the terminal
    /// shows.
    pub(crate) fn frame(
        &mut self,
        mut changes: Vec<Change<'_>>,
        cursor: Option<Position>,
    ) -> Vec<u8> {
        if changes.is_empty() && self.out.is_empty() && self.cursor == Some(cursor) {
            return Vec::new();
        }
        self.place = None;
        let was_shown = self.cursor.replace(cursor).map(|cursor| cursor.is_some());
        if cursor.is_none() && was_shown != Some(false) {
            self.out.extend_from_slice(b"\x1b[?25l");
        }
        let is_typing = changes.len() <= SHIFTING_ROWS_MAX;
        // The row of the cursor last: what is typed mostly ends where the cursor belongs.
        changes.sort_by_key(|change| cursor.is_some_and(|cursor| change.y == cursor.y));
        let mut row: &[Cell] = &[];
        for change in changes {
            let y = change.y;
            row = change.wanted;
            if is_typing && let Some((x, shift)) = Shift::between(change.shown, row) {
                self.shift(y, x, shift);
                shift.apply(&mut change.shown[x..]);
            } else if let Some(x) = blank_from(change.shown, row) {
                self.clear_rest(y, x);
                change.shown[x..].iter_mut().for_each(Cell::reset);
            }
            for (x, cell) in change.settle() {
                self.draw(Position { x, y }, &cell, row);
            }
        }
        self.take(Pen::default());
        if let Some(cursor) = cursor {
            self.pass(cursor, Pen::default(), row);
            self.go(cursor);
            if was_shown != Some(true) {
                self.out.extend_from_slice(b"\x1b[?25h");
            }
        }
        std::mem::take(&mut self.out)
    }

    /// Moves the cursor, if it does not certainly stand there.
    fn go(&mut self, to: Position) {
        let place = self.place.filter(|place| place.is_sure);
        if place.is_some_and(|place| place.at == to) {
            return;
        }
        let from = place.filter(|place| place.at.y == to.y);
        match from.map(|place| to.x.checked_sub(place.at.x)) {
            Some(Some(1)) => self.order(format_args!("C")),
            Some(Some(columns)) => self.order(format_args!("{columns}C")),
            Some(None) => self.order(format_args!("{}G", to.x + 1)),
            None if to.x == 0 => self.order(format_args!("{}H", to.y + 1)),
            None => self.order(format_args!("{};{}H", to.y + 1, to.x + 1)),
        }
        self.place = Some(Place { at: to, is_sure: true });
    }

    /// Moves the cursor to the right by showing once more what is on the way, in this pen or that of
    /// what follows, if that is shorter than an order to move.
    fn pass(&mut self, to: Position, next: Pen, row: &[Cell]) {
        let Some(Place { at, is_sure: true }) = self.place else { return };
        if self.is_read_aloud
            || at.y != to.y
            || !(1..=PASSED_MAX).contains(&to.x.saturating_sub(at.x))
        {
            return;
        }
        let Some(passed) = row.get(usize::from(at.x)..usize::from(to.x)) else { return };
        let is_of = |pen: &Pen| passed.iter().all(|cell| is_plain(cell) && Pen::of(cell) == *pen);
        if let Some(pen) = [self.pen, next].into_iter().find(is_of) {
            self.take(pen);
            passed.iter().for_each(|cell| self.out.extend_from_slice(cell.symbol().as_bytes()));
            self.place = Some(Place { at: to, is_sure: true });
        }
    }

    fn order(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = write!(self.out, "\x1b[{words}");
    }

    fn take(&mut self, pen: Pen) {
        self.pen.change(pen, &mut self.out);
        self.pen = pen;
    }

    /// Draws a cell of a row.
    fn draw(&mut self, at: Position, cell: &Cell, row: &[Cell]) {
        self.pass(at, Pen::of(cell), row);
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

    /// Has the terminal blank the rest of a row.
    fn clear_rest(&mut self, y: u16, x: usize) {
        self.take(Pen::default());
        self.go(Position { x: u16::try_from(x).unwrap_or(self.columns), y });
        self.order(format_args!("K"));
    }
}

/// From which column on a row is to be blank, if clearing the rest is shorter than drawing it.
fn blank_from(shown: &[Cell], wanted: &[Cell]) -> Option<usize> {
    let x = wanted.iter().rposition(|cell| *cell != Cell::EMPTY).map_or(0, |last| last + 1);
    let cleared = shown.get(x..)?.iter().filter(|cell| **cell != Cell::EMPTY).count();
    let is_worth_it = cleared >= CLEARED_MIN && shown.iter().chain(wanted).all(is_plain);
    is_worth_it.then_some(x)
}

/// Whether a terminal cannot think otherwise of a cell than we do.
fn is_plain(cell: &Cell) -> bool {
    cell.symbol().len() == 1
}

#[cfg(test)]
mod tests;
