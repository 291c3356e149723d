//! Comments on and off: with a word at the beginning of a line, or, in languages that have none,
//! with one at each end.

use codesync_core::{Bias, TextEdit};

use super::App;
use super::edits::{Landing, deletions};
use super::language::Comment;
use crate::editor::motion;

impl App {
    pub(super) fn toggle_comment(&mut self) {
        let Some(comment) = self.language.comment else {
            self.notify(&format!("{} has no comments", self.language_name()));
            return;
        };
        if !self.may_edit() {
            return;
        }
        let lines: Vec<usize> =
            self.touched_lines().into_iter().filter(|line| !self.is_blank(*line)).collect();
        let (open, close) = match comment {
            Comment::Line(open) => (open, ""),
            Comment::Block(open, close) => (open, close),
        };
        let edits = match lines.iter().all(|line| self.is_commented(*line, open, close)) {
            true => self.uncomment(&lines, open, close),
            false => self.comment(&lines, open, close),
        };
        self.edit(edits, Landing::Carried(Bias::Right));
    }

    fn is_blank(&self, line: usize) -> bool {
        motion::first_nonblank(&self.text, line) == self.text.line_range(line).end
    }

    fn is_commented(&self, line: usize, open: &str, close: &str) -> bool {
        let from = motion::first_nonblank(&self.text, line);
        let end = self.text.line_range(line).end;
        let mut chars = self.text.chars_from(from);
        let mut last = self.text.chars_from(end);
        let is_long_enough = end - from >= open.chars().count() + close.chars().count();
        is_long_enough
            && open.chars().all(|c| chars.next() == Some(c))
            && close.chars().rev().all(|c| last.prev() == Some(c))
    }

    fn uncomment(&self, lines: &[usize], open: &str, close: &str) -> Vec<TextEdit> {
        let mut ranges = Vec::new();
        for line in lines {
            let from = motion::first_nonblank(&self.text, *line);
            let end = self.text.line_range(*line).end;
            let after = from + open.chars().count();
            let before = end - close.chars().count();
            let space = usize::from(after < before && self.text.char_at(after) == Some(' '));
            ranges.push(from..after + space);
            if before < end {
                let is_apart =
                    before > after + space && self.text.chars_from(before).peek_prev() == Some(' ');
                ranges.push(before - usize::from(is_apart)..end);
            }
        }
        deletions(ranges)
    }

    fn comment(&self, lines: &[usize], open: &str, close: &str) -> Vec<TextEdit> {
        let depth =
            |line: &usize| motion::first_nonblank(&self.text, *line) - self.text.line_start(*line);
        let column = lines.iter().map(depth).min().unwrap_or_default();
        let mut edits = Vec::new();
        for line in lines {
            let at = self.text.line_start(*line) + column;
            edits.push(TextEdit { range: at..at, text: format!("{open} ") });
            if !close.is_empty() {
                let end = self.text.line_range(*line).end;
                edits.push(TextEdit { range: end..end, text: format!(" {close}") });
            }
        }
        edits
    }
}

#[cfg(test)]
mod tests {
    use crate::app::tests::stage::check_named;

    #[test]
    fn a_language_without_line_comments_has_them_at_both_ends() {
        check_named("x.html", "<p>a|</p>", "Ctrl-/", "<!-- <p>a|</p> -->");
        check_named("x.html", "<!-- <p>a|</p> -->", "Ctrl-/", "<p>a|</p>");
        check_named("x.css", "a|\n", "Ctrl-/ Ctrl-/", "a|\n");
        check_named("x.css", "/**|/", "Ctrl-/", "|");
    }
}
