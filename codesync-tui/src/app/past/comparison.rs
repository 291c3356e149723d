//! What differs between two texts, as a text of its own: lines that went begin with `-`, lines that
//! came with `+`, with some lines around them.

use std::fmt::Write as _;
use std::ops::Range;

use codesync_core::Text;
use codesync_core::text::diff_lines;

use crate::highlight::{Span, Token};

/// Lines that are shown before and after those that differ.
const AROUND: usize = 3;

/// A comparison, and which of its lines are which.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Compared {
    pub(crate) text: Text,
    pub(crate) spans: Vec<Span>,
}

/// Compares two texts. As bounded as [`diff_lines`], which may take seconds for ten megabytes: no
/// work for the thread that takes keys.
pub(crate) fn compare(before: &Text, after: &Text) -> Compared {
    let changes = diff_lines(&before.to_string(), &after.to_string());
    let mut sheet = Page::default();
    // How far the lines of the text before have been dealt with.
    let mut done = 0;
    let mut changes = changes.into_iter().peekable();
    while let Some(change) = changes.next() {
        let from = change.before.start.saturating_sub(AROUND);
        if from > done || done == 0 {
            let shift = change.before.start - from.max(done);
            sheet.heading(from.max(done), change.after.start.saturating_sub(shift));
        }
        sheet.lines(before, from.max(done)..change.before.start, ' ', None);
        sheet.lines(before, change.before.clone(), '-', Some(Token::Deleted));
        sheet.lines(after, change.after.clone(), '+', Some(Token::Inserted));
        let next = changes.peek().map_or(usize::MAX, |next| next.before.start);
        let end = (change.before.end + AROUND).min(next).min(last_line(before));
        done = end.max(change.before.end);
        sheet.lines(before, change.before.end..done, ' ', None);
    }
    if sheet.text.is_empty() {
        sheet.text.push_str("nothing differs from the text as it is now");
    }
    Compared { text: Text::from(sheet.text), spans: sheet.spans }
}

/// A text that ends in a line feed has as many lines as line feeds.
fn last_line(text: &Text) -> usize {
    let lines = text.len_lines();
    if text.line_range(lines - 1).is_empty() { lines - 1 } else { lines }
}

#[derive(Default)]
struct Page {
    text: String,
    chars: usize,
    spans: Vec<Span>,
}

impl Page {
    fn heading(&mut self, before: usize, after: usize) {
        let mut line = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(line, "line {}, now {}", before + 1, after + 1);
        self.push(&line, Some(Token::Heading));
    }

    fn lines(&mut self, text: &Text, lines: Range<usize>, sign: char, token: Option<Token>) {
        for line in lines {
            self.push(&format!("{sign}{}\n", text.line(line)), token);
        }
    }

    fn push(&mut self, line: &str, token: Option<Token>) {
        let start = self.chars;
        self.chars += line.chars().count();
        self.text.push_str(line);
        if let Some(token) = token {
            self.spans.push(Span { range: start..self.chars, token });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        assert_eq!(compare(&before.into(), &after.into()).text, expected);
    }

    #[test]
    fn lines_that_went_stand_before_those_that_came() {
        check("a\nb\nc\n", "a\nx\nc\n", "line 1, now 1\n a\n-b\n+x\n c\n");
        check("a\n", "a\nb", "line 1, now 1\n a\n+b\n");
        check("", "a\n", "line 1, now 1\n+a\n");
        check("a\n", "a\n", "nothing differs from the text as it is now");
    }

    #[test]
    fn places_that_are_far_apart_have_their_own_headings() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("2\n3\n", "3\n").replace("19\n", "19!\n");
        let expected =
            "line 1, now 1\n 1\n-2\n 3\n 4\n 5\nline 16, now 15\n 16\n 17\n 18\n-19\n+19!\n 20\n";
        check(&before, &after, expected);
    }

    #[test]
    fn places_that_are_near_share_what_is_between_them() {
        check("a\nb\nc\n", "x\nb\ny\n", "line 1, now 1\n-a\n+x\n b\n-c\n+y\n");
    }

    #[test]
    fn each_line_is_coloured_by_what_became_of_it() {
        let compared = compare(&"a\n".into(), &"é\n".into());
        let spans: Vec<_> = compared.spans.iter().map(|it| (it.range.clone(), it.token)).collect();
        assert_eq!(
            spans,
            [(0..14, Token::Heading), (14..17, Token::Deleted), (17..20, Token::Inserted)]
        );
    }
}
