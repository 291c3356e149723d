//! A text as the rows that a screen shows: one for each line, or several where lines are wrapped.

use std::ops::Range;

use codesync_core::Text;

use super::layout::{self, Spot};
use super::motion;
use super::ruler::Rulers;

/// A row: a line, and which of its rows. Ordered as on the screen.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct RowPlace {
    pub(crate) line: usize,
    pub(crate) row: usize,
}

/// Where a row lies in the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Extent {
    pub(crate) place: RowPlace,
    /// Where it begins, or a spot from which the column that is seen first is counted.
    pub(crate) start: Spot,
    /// The offset at which it ends.
    pub(crate) end: usize,
    /// Whether its line goes on there.
    pub(crate) goes_on: bool,
}

/// The text from the first of some rows that follow each other to the end of the last.
pub(crate) fn offsets(rows: &[Extent]) -> Range<usize> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return 0..0 };
    first.start.offset..last.end
}

/// A text with what is known about its rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) text: &'a Text,
    pub(crate) rulers: &'a Rulers,
}

impl Rows<'_> {
    /// The row in which an offset lies, and the display column there.
    pub(crate) fn place_of(&self, offset: usize) -> (RowPlace, usize) {
        let line = self.text.line_of(offset);
        let end = self.text.line_range(line).end;
        let (n, spot) = self.rulers.at_offset(self.text, line, offset);
        let column = layout::column_from(self.text, spot, end, offset, self.rulers.tab());
        match self.rulers.wraps() {
            true => (RowPlace { line, row: n }, column - spot.column),
            false => (RowPlace { line, row: 0 }, column),
        }
    }

    /// The row in which an offset lies.
    pub(crate) fn row_at(&self, offset: usize) -> RowPlace {
        let line = self.text.line_of(offset);
        match self.rulers.wraps() {
            true => RowPlace { line, row: self.rulers.at_offset(self.text, line, offset).0 },
            false => RowPlace { line, row: 0 },
        }
    }

    /// So many rows from this one on, or as many as there are, and at least one, seen from column
    /// `left` on. Each line is looked up once.
    pub(crate) fn from(&self, top: RowPlace, count: usize, left: usize) -> Vec<Extent> {
        let mut extents = Vec::with_capacity(count);
        let (mut line, mut row) = (top.line, top.row);
        let mut start = self.text.line_start(line);
        while extents.len() < count {
            let next = (line + 1 < self.text.len_lines()).then(|| self.text.line_start(line + 1));
            let range = start..next.map_or(self.text.len(), |next| next - 1);
            let room = count - extents.len();
            self.add_rows(&mut extents, RowPlace { line, row }, range, room, left);
            let Some(next) = next else { break };
            (line, row, start) = (line + 1, 0, next);
        }
        extents
    }

    /// Adds at most `room` rows of a line that lies there.
    fn add_rows(
        &self,
        extents: &mut Vec<Extent>,
        place: RowPlace,
        range: Range<usize>,
        room: usize,
        left: usize,
    ) {
        let end = range.end;
        if !self.rulers.wraps() {
            let start = self.rulers.at_column(self.text, place.line, range, left);
            extents.push(Extent { place, start, end, goes_on: false });
            return;
        }
        let rows = place.row..place.row + room;
        let spots = self.rulers.run(self.text, place.line, range, rows);
        extents.extend(spots.iter().enumerate().take(room).map(|(n, start)| {
            let next = spots.get(n + 1);
            Extent {
                place: RowPlace { row: place.row + n, ..place },
                start: *start,
                end: next.map_or(end, |next| next.offset),
                goes_on: next.is_some(),
            }
        }));
    }

    /// The offset at a column of a row. Beyond its end it is the last place that is in this row.
    pub(crate) fn offset_at(&self, place: RowPlace, column: usize, nearest: bool) -> usize {
        let Extent { start, end, goes_on, .. } = self.from(place, 1, column)[0];
        let wanted = if self.rulers.wraps() { start.column + column } else { column };
        let tab = self.rulers.tab();
        let offset = layout::offset_at(self.text, start, end, wanted, tab, nearest);
        match goes_on && offset == end {
            true => motion::previous_glyph(self.text, offset),
            false => offset,
        }
    }

    /// So many rows up, at most to the first.
    pub(crate) fn up(&self, place: RowPlace, rows: usize) -> RowPlace {
        if !self.rulers.wraps() {
            return RowPlace { line: place.line.saturating_sub(rows), row: 0 };
        }
        let RowPlace { mut line, mut row } = place;
        let mut left = rows;
        while left > row {
            if line == 0 {
                return RowPlace::default();
            }
            left -= row + 1;
            line -= 1;
            row = self.rulers.count(self.text, line) - 1;
        }
        RowPlace { line, row: row - left }
    }

    /// So many rows down, at most to the last.
    pub(crate) fn down(&self, place: RowPlace, rows: usize) -> RowPlace {
        let last = self.text.len_lines() - 1;
        if !self.rulers.wraps() {
            return RowPlace { line: (place.line + rows).min(last), row: 0 };
        }
        let mut place = place;
        for _ in 0..rows {
            place = match self.next(place) {
                Some(next) => next,
                None => break,
            };
        }
        place
    }

    /// The row below, if there is one.
    pub(crate) fn next(&self, place: RowPlace) -> Option<RowPlace> {
        let RowPlace { line, row } = place;
        if self.rulers.wraps() && self.rulers.at(self.text, line, row).1.is_some() {
            return Some(RowPlace { line, row: row + 1 });
        }
        (line + 1 < self.text.len_lines()).then_some(RowPlace { line: line + 1, row: 0 })
    }

    /// The same row, or the nearest that there is.
    pub(crate) fn clamp(&self, place: RowPlace) -> RowPlace {
        let line = place.line.min(self.text.len_lines() - 1);
        if !self.rulers.wraps() {
            return RowPlace { line, row: 0 };
        }
        let start = self.rulers.at(self.text, line, place.row).0.offset;
        RowPlace { line, row: self.rulers.at_offset(self.text, line, start).0 }
    }

    pub(crate) fn last(&self) -> RowPlace {
        let line = self.text.len_lines() - 1;
        let row = if self.rulers.wraps() { self.rulers.count(self.text, line) - 1 } else { 0 };
        RowPlace { line, row }
    }

    /// The offset at which a row begins.
    pub(crate) fn start(&self, place: RowPlace) -> usize {
        match self.rulers.wraps() {
            true => self.rulers.at(self.text, place.line, place.row).0.offset,
            false => self.text.line_start(place.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wraps: bool, test: impl FnOnce(Rows<'_>)) {
        let text = Text::from("one two three\n\nabcdefghij");
        let mut rulers = Rulers::default();
        rulers.fit(wraps.then_some(8), 4);
        test(Rows { text: &text, rulers: &rulers });
    }

    fn at(line: usize, row: usize) -> RowPlace {
        RowPlace { line, row }
    }

    #[test]
    fn wrapped_rows_are_walked_one_by_one() {
        check(true, |rows| {
            assert_eq!(rows.last(), at(2, 1));
            assert_eq!(rows.up(at(2, 1), 2), at(1, 0));
            assert_eq!(rows.up(at(2, 1), 3), at(0, 1));
            assert_eq!(rows.up(at(2, 1), 9), at(0, 0));
            assert_eq!(rows.down(at(0, 0), 2), at(1, 0));
            assert_eq!(rows.down(at(0, 0), 9), at(2, 1));
            assert_eq!(rows.place_of(10), (at(0, 1), 2));
            assert_eq!(rows.start(at(0, 1)), 8);
        });
    }

    #[test]
    fn beyond_the_end_of_a_row_is_the_last_place_in_it() {
        check(true, |rows| {
            assert_eq!(rows.offset_at(at(0, 0), 99, false), 7);
            assert_eq!(rows.offset_at(at(0, 1), 99, false), 13);
            assert_eq!(rows.offset_at(at(0, 1), 2, false), 10);
        });
    }

    #[test]
    fn rows_that_follow_each_other_lie_one_behind_the_other() {
        check(true, |rows| {
            let shown = rows.from(at(0, 1), 9, 0);
            let met: Vec<_> =
                shown.iter().map(|it| (it.place, it.start.offset..it.end, it.goes_on)).collect();
            let expected = [
                (at(0, 1), 8..13, false),
                (at(1, 0), 14..14, false),
                (at(2, 0), 15..23, true),
                (at(2, 1), 23..25, false),
            ];
            assert_eq!(met, expected);
            assert_eq!(rows.from(at(0, 1), 3, 0), shown[..3]);
        });
        check(false, |rows| {
            let met: Vec<_> =
                rows.from(at(1, 0), 9, 0).iter().map(|it| it.start.offset..it.end).collect();
            assert_eq!(met, [14..14, 15..25]);
        });
    }

    #[test]
    fn without_wrapping_a_row_is_a_line() {
        check(false, |rows| {
            assert_eq!(rows.last(), at(2, 0));
            assert_eq!(rows.up(at(2, 0), 1), at(1, 0));
            assert_eq!(rows.place_of(10), (at(0, 0), 10));
            assert_eq!(rows.offset_at(at(0, 0), 99, false), 13);
        });
    }
}
