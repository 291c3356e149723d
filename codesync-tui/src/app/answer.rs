//! One line that a person types in answer to a question, and its caret.

use unicode_segmentation::UnicodeSegmentation;

use super::{Command, Motion};
use crate::sanitize;

/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4_096;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Answer {
    text: String,
    /// Bytes of the answer before its caret.
    caret: usize,
    /// Whether typing replaces the whole answer, as it does for one that was filled in.
    is_fresh: bool,
}

impl Answer {
    /// An answer that is filled in; typing replaces it.
    pub(crate) fn filled(text: String) -> Self {
        Self { caret: text.len(), is_fresh: !text.is_empty(), text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The answer as it is shown, before and after its caret.
    pub(crate) fn shown(&self) -> (String, String) {
        let (before, after) = self.text.split_at(self.caret);
        (sanitize::one_line(before), sanitize::one_line(after))
    }

    /// Puts text at the caret. What would make the answer too long is left out.
    pub(crate) fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.is_fresh) {
            self.delete(0..self.text.len());
        }
        if self.text.len() + text.len() <= ANSWER_BYTES_MAX {
            self.text.insert_str(self.caret, text);
            self.caret += text.len();
        }
    }

    fn delete(&mut self, range: std::ops::Range<usize>) {
        self.caret = range.start;
        self.text.replace_range(range, "");
    }

    fn before(&self) -> usize {
        let left = &self.text[..self.caret];
        left.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let right = &self.text[self.caret..];
        self.caret + right.graphemes(true).next().map_or(0, str::len)
    }

    /// Takes an editing command; false if it is none.
    pub(crate) fn edit(&mut self, command: Command) -> bool {
        let was_fresh = std::mem::replace(&mut self.is_fresh, false);
        match command {
            Command::Type(c) => {
                self.is_fresh = was_fresh;
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            Command::Backspace if was_fresh => self.delete(0..self.text.len()),
            Command::Backspace => self.delete(self.before()..self.caret),
            Command::Delete => {
                let end = self.after();
                self.delete(self.caret..end);
            }
            Command::DeleteWordLeft => self.delete(0..self.caret),
            Command::Move { motion: Motion::Left, .. } => self.caret = self.before(),
            Command::Move { motion: Motion::Right, .. } => self.caret = self.after(),
            Command::Move { motion: Motion::LineStart, .. } => self.caret = 0,
            Command::Move { motion: Motion::LineEnd, .. } => self.caret = self.text.len(),
            _ => {
                self.is_fresh = was_fresh;
                return false;
            }
        }
        true
    }
}
