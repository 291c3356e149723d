//! Which part of the text is on the screen.

use codesync_core::{Bias, Operation, Text};

/// Lines that stay visible above and below the caret while it moves.
const MARGIN_ROWS: usize = 3;
/// Columns that stay visible beside the caret while it moves.
const MARGIN_COLUMNS: usize = 6;

/// The window onto the text: the first visible line and column, and the size in cells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct View {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl View {
    /// Moves as little as needed so that a place is on the screen with some room around it.
    pub(crate) fn show(&mut self, line: usize, column: usize) {
        let rows = self.rows.max(1);
        let margin = MARGIN_ROWS.min((rows - 1) / 2);
        if line < self.top + margin {
            self.top = line.saturating_sub(margin);
        } else if line + margin >= self.top + rows {
            self.top = line + margin + 1 - rows;
        }
        let columns = self.columns.max(1);
        let margin = MARGIN_COLUMNS.min((columns - 1) / 2);
        if column < self.left + margin {
            self.left = column.saturating_sub(margin);
        } else if column + margin >= self.left + columns {
            self.left = column + margin + 1 - columns;
        }
    }

    /// Puts a place that is not on the screen into its middle, as a jump does.
    pub(crate) fn show_centred(&mut self, line: usize, column: usize) {
        let is_visible = (self.top..self.top + self.rows).contains(&line);
        if !is_visible {
            self.top = line.saturating_sub(self.rows / 2);
        }
        self.show(line, column);
    }

    /// Scrolls by lines, as far as there is text to fill the screen.
    pub(crate) fn scroll(&mut self, lines: isize, text: &Text) {
        self.top = self.top.saturating_add_signed(lines);
        self.fill(text);
    }

    /// Scrolls back where the screen could show more of the text than it does.
    pub(crate) fn fill(&mut self, text: &Text) {
        self.top = self.top.min(text.len_lines().saturating_sub(self.rows.max(1)));
    }

    /// Stays on the lines it shows while others insert and delete above them.
    pub(crate) fn follow(&mut self, before: &Text, operation: &Operation, after: &Text) {
        let top = self.top.min(before.len_lines() - 1);
        let anchor = operation.map_offset(before.line_start(top), Bias::Left);
        self.top = after.line_of(anchor.min(after.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_a_place_scrolls_no_more_than_needed() {
        let mut view = View { top: 0, left: 0, rows: 10, columns: 40 };
        view.show(6, 0);
        assert_eq!(view.top, 0);
        view.show(7, 0);
        assert_eq!(view.top, 1);
        view.show(50, 100);
        assert_eq!((view.top, view.left), (44, 67));
        view.show(2, 3);
        assert_eq!((view.top, view.left), (0, 0));
    }

    #[test]
    fn the_screen_is_filled_as_far_as_there_is_text() {
        let text = Text::from("a\n".repeat(19).as_str());
        let mut view = View { top: 15, left: 0, rows: 12, columns: 10 };
        view.fill(&text);
        assert_eq!(view.top, 8);
        view.scroll(100, &text);
        assert_eq!(view.top, 8);
        view.fill(&Text::from("a"));
        assert_eq!(view.top, 0);
    }

    #[test]
    fn lines_inserted_above_push_the_window_along() {
        let before = Text::from("a\nb\nc\nd");
        let operation = Operation::replace(before.len(), 0..0, "x\ny\n");
        let mut after = before.clone();
        after.apply(&operation).expect("it fits");
        let mut view = View { top: 2, left: 0, rows: 2, columns: 10 };
        view.follow(&before, &operation, &after);
        assert_eq!(view.top, 4);
    }
}
