//! Which part of the text is on the screen.

use codesync_core::{Bias, Operation};

use crate::editor::rows::{Extent, RowPlace, Rows};

/// Rows that stay visible above and below the caret while it moves.
const MARGIN_ROWS: usize = 3;
/// Columns that stay visible beside the caret while it moves.
const MARGIN_COLUMNS: usize = 6;

/// The window onto the text: the first visible row and column, and the size in cells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct View {
    pub(crate) top: RowPlace,
    /// Always 0 where lines are wrapped.
    pub(crate) left: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl View {
    /// Scrolls by as few rows as needed so that an offset is on the screen with some room around it;
    /// to the side by half of the screen.
    pub(crate) fn show(&mut self, rows: Rows<'_>, offset: usize) {
        let (place, column) = rows.place_of(offset);
        let height = self.rows.max(1);
        let margin = self.margin_rows();
        self.top = self.top.clamp(rows.up(place, height - 1 - margin), rows.up(place, margin));
        if rows.rulers.wraps() {
            self.left = 0;
            return;
        }
        let columns = self.columns.max(1);
        let margin = MARGIN_COLUMNS.min((columns - 1) / 2);
        let is_left = column < self.left + margin;
        let is_right = column + margin >= self.left + columns;
        if is_left && column + margin < columns {
            self.left = 0;
        } else if is_left || is_right {
            // The whole screen is drawn anew: not again at the next key.
            self.left = column.saturating_sub(columns / 2);
        }
    }

    fn margin_rows(&self) -> usize {
        MARGIN_ROWS.min((self.rows.max(1) - 1) / 2)
    }

    /// Puts a place that is not on the screen into its middle, as a jump does.
    pub(crate) fn show_centred(&mut self, rows: Rows<'_>, offset: usize) {
        let (place, _) = rows.place_of(offset);
        if self.row_of(rows, place).is_none() {
            self.top = rows.up(place, self.rows / 2);
        }
        self.show(rows, offset);
    }

    /// How far below the top a row is, if it is on the screen.
    pub(crate) fn row_of(&self, rows: Rows<'_>, place: RowPlace) -> Option<usize> {
        if place < self.top {
            return None;
        }
        let mut at = self.top;
        for n in 0..self.rows {
            if at == place {
                return Some(n);
            }
            if place.line - at.line >= self.rows {
                return None;
            }
            at = rows.next(at)?;
        }
        None
    }

    /// The rows on the screen, from the top.
    pub(crate) fn visible(&self, rows: Rows<'_>) -> Vec<Extent> {
        rows.from(self.top, self.rows, self.left)
    }

    /// Scrolls by rows, as far as there is text to fill the screen.
    pub(crate) fn scroll(&mut self, by: isize, rows: Rows<'_>) {
        self.top = match by < 0 {
            true => rows.up(self.top, by.unsigned_abs()),
            false => rows.down(self.top, by.unsigned_abs()),
        };
        self.fill(rows);
    }

    /// Scrolls back where the screen could show more of the text than it does. Looks at no more rows
    /// than the screen has, however many a line has.
    pub(crate) fn fill(&mut self, rows: Rows<'_>) {
        self.top = rows.clamp(self.top);
        let height = self.rows.max(1);
        let mut place = self.top;
        for _ in 1..height {
            match rows.next(place) {
                Some(next) => place = next,
                None => {
                    self.top = rows.up(place, height - 1);
                    return;
                }
            }
        }
    }

    /// Keeps an offset that was in this row of the screen there, as far as there is text above it, and in
    /// sight, while others insert and delete. Who sees the beginning of the text sees what comes above
    /// his first lines.
    pub(crate) fn stay(&mut self, offset: usize, row: usize, rows: Rows<'_>) {
        let (place, column) = rows.place_of(offset);
        let is_at_start = self.top == RowPlace { line: 0, row: 0 };
        let row = if is_at_start { row.max(self.margin_rows()) } else { row };
        if !(self.left..self.left + self.columns).contains(&column) {
            self.show(rows, offset);
        }
        self.top = rows.up(place, row);
    }

    /// Stays on the text it shows while others insert and delete above it. `start` is where the
    /// top row began before.
    pub(crate) fn follow(&mut self, start: usize, operation: &Operation, rows: Rows<'_>) {
        let anchor = operation.map_offset(start, Bias::Left);
        self.top = rows.row_at(anchor.min(rows.text.len()));
    }
}

#[cfg(test)]
mod tests {
    use codesync_core::Text;

    use super::*;
    use crate::editor::ruler::Rulers;

    fn view(top: usize, rows: usize, columns: usize) -> View {
        View { top: RowPlace { line: top, row: 0 }, left: 0, rows, columns }
    }

    #[track_caller]
    fn with(text: &str, wrap: Option<usize>, test: impl FnOnce(Rows<'_>)) {
        let text = Text::from(text);
        let mut rulers = Rulers::default();
        rulers.fit(wrap, 4);
        test(Rows { text: &text, rulers: &rulers });
    }

    #[test]
    fn showing_a_place_scrolls_no_more_than_needed() {
        with(&format!("{}\n", "x".repeat(120)).repeat(60), None, |rows| {
            let mut view = view(0, 10, 40);
            let at = |line: usize, column: usize| rows.text.line_start(line) + column;
            view.show(rows, at(6, 0));
            assert_eq!(view.top.line, 0);
            view.show(rows, at(7, 0));
            assert_eq!(view.top.line, 1);
            view.show(rows, at(50, 100));
            assert_eq!((view.top.line, view.left), (44, 80));
            view.show(rows, at(2, 3));
            assert_eq!((view.top.line, view.left), (0, 0));
        });
    }

    #[test]
    fn the_screen_is_filled_as_far_as_there_is_text() {
        with(&"a\n".repeat(19), None, |rows| {
            let mut view = view(15, 12, 10);
            view.fill(rows);
            assert_eq!(view.top.line, 8);
            view.scroll(100, rows);
            assert_eq!(view.top.line, 8);
        });
    }

    #[test]
    fn wrapped_rows_are_scrolled_one_by_one() {
        with(&"one two three four\n".repeat(10), Some(8), |rows| {
            let mut view = view(0, 4, 9);
            view.scroll(4, rows);
            assert_eq!(view.top, RowPlace { line: 1, row: 1 });
            view.show(rows, rows.text.line_start(3));
            assert_eq!(view.top, RowPlace { line: 2, row: 1 });
            assert_eq!(view.row_of(rows, RowPlace { line: 3, row: 0 }), Some(2));
            assert_eq!(view.row_of(rows, RowPlace { line: 2, row: 0 }), None);
        });
    }

    #[test]
    fn a_row_is_kept_as_far_as_there_is_text_above_it() {
        with(&format!("{}\n", "x".repeat(120)).repeat(60), None, |rows| {
            let mut view = view(20, 10, 40);
            let at = |line: usize, column: usize| rows.text.line_start(line) + column;
            view.stay(at(27, 3), 1, rows);
            assert_eq!((view.top.line, view.left), (26, 0));
            // Nearer to the edge than keys would bring it, and out of sight to the side.
            view.stay(at(27, 100), 1, rows);
            assert_eq!((view.top.line, view.left), (26, 80));
            view.stay(at(0, 0), 5, rows);
            assert_eq!((view.top.line, view.left), (0, 0));
            // Five lines above the first one: three of them are seen.
            view.stay(at(5, 0), 0, rows);
            assert_eq!(view.top.line, 2);
            view.stay(at(9, 0), 0, rows);
            assert_eq!(view.top.line, 9);
        });
        with(&"one two three four\n".repeat(10), Some(8), |rows| {
            let mut view = view(0, 4, 9);
            view.stay(rows.text.line_start(3) + 9, 2, rows);
            assert_eq!(view.top, RowPlace { line: 2, row: 2 });
        });
    }

    #[test]
    fn lines_inserted_above_push_the_window_along() {
        with("x\ny\na\nb\nc\nd", None, |rows| {
            let operation = Operation::replace(rows.text.len() - 4, 0..0, "x\ny\n");
            let mut view = view(2, 2, 10);
            view.follow(4, &operation, rows);
            assert_eq!(view.top.line, 4);
        });
    }
}
