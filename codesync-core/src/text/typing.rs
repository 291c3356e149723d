//! What was typed last, at one place, before it goes into the rope.
//!
//! Changing a rope costs a way down and up the tree for each char. Typing stays at one place for a
//! word or a line, so [`Typing`] collects it there, and the rope is changed once.

use std::ops::Range;

use ropey::Rope;

/// Bytes of text from which the rope takes over: moving more within a string costs as much.
const BYTES_MAX: usize = 512;

/// One place where the text differs from the rope: a range of it is replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Typing {
    /// Offset in chars, the same in the rope and in the text.
    start: usize,
    /// Chars that the rope has from there on and the text has no more.
    deleted: usize,
    /// What the text has instead.
    inserted: String,
    /// Chars in it.
    chars: usize,
}

impl Typing {
    /// Whether the text is what the rope is.
    pub(super) fn is_empty(&self) -> bool {
        self.deleted == 0 && self.chars == 0
    }

    /// Length in chars of the text, given that of the rope.
    pub(super) fn len(&self, rope_len: usize) -> usize {
        rope_len + self.chars - self.deleted
    }

    /// Length in bytes of the text. O(log n).
    pub(super) fn len_bytes(&self, rope: &Rope) -> usize {
        let deleted = if self.deleted == 0 {
            0
        } else {
            let end = self.start + self.deleted;
            rope.char_to_byte(end) - rope.char_to_byte(self.start)
        };
        rope.len_bytes() + self.inserted.len() - deleted
    }

    /// Replaces a range of the text, offsets in chars, if it touches what was typed before and not
    /// too much comes together; `chars` is the number of chars in `text`.
    pub(super) fn replace(&mut self, range: &Range<usize>, text: &str, chars: usize) -> bool {
        if self.is_empty() {
            self.start = range.start;
        }
        let end = self.start + self.chars;
        let touches = range.start <= end && range.end >= self.start;
        if !touches || self.inserted.len() + text.len() > BYTES_MAX {
            return false;
        }
        // What is deleted left and right of what was typed is deleted from the rope.
        let left = self.start.saturating_sub(range.start);
        let right = range.end.saturating_sub(end);
        let from = range.start.saturating_sub(self.start);
        let to = range.end.min(end) - self.start;
        let bytes = self.byte_of(from)..self.byte_of(to);
        if bytes.end == self.inserted.len() {
            self.inserted.truncate(bytes.start);
            self.inserted.push_str(text);
        } else {
            self.inserted.replace_range(bytes, text);
        }
        self.chars = self.chars - (to - from) + chars;
        self.start -= left;
        self.deleted += left + right;
        true
    }

    fn byte_of(&self, offset: usize) -> usize {
        if self.chars == self.inserted.len() {
            return offset;
        }
        let mut places = self.inserted.char_indices().map(|(at, _)| at);
        places.nth(offset).unwrap_or(self.inserted.len())
    }

    /// Makes the rope what the text is.
    pub(super) fn write(&self, rope: &mut Rope) {
        replace(rope, self.start..self.start + self.deleted, &self.inserted);
    }

    /// Begins anew, when the rope is what the text is.
    pub(super) fn clear(&mut self) {
        self.inserted.clear();
        (self.deleted, self.chars) = (0, 0);
    }
}

/// Replaces a range of a rope, offsets in chars.
pub(super) fn replace(rope: &mut Rope, range: Range<usize>, text: &str) {
    if !range.is_empty() {
        rope.remove(range.clone());
    }
    if !text.is_empty() {
        rope.insert(range.start, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edits one after the other, those that are taken and those that go into the rope.
    #[track_caller]
    fn check(base: &str, edits: &[(Range<usize>, &str)], expected: &str) {
        let (mut rope, mut typing) = (Rope::from_str(base), Typing::default());
        for (range, text) in edits {
            let chars = text.chars().count();
            if !typing.replace(range, text, chars) {
                typing.write(&mut rope);
                typing.clear();
                assert!(typing.replace(range, text, chars), "what is empty touches everything");
            }
            let mut written = rope.clone();
            typing.write(&mut written);
            assert_eq!(typing.len(rope.len_chars()), written.len_chars());
            assert_eq!(typing.len_bytes(&rope), written.len_bytes());
        }
        typing.write(&mut rope);
        assert_eq!(rope, expected);
    }

    #[test]
    fn words_are_typed_and_taken_back() {
        check("ab", &[(1..1, "č"), (2..2, "d"), (2..3, ""), (1..2, ""), (1..1, "x")], "axb");
    }

    #[test]
    fn what_is_deleted_reaches_beyond_what_was_typed() {
        check("abčdef", &[(3..3, "X"), (1..6, "Y"), (1..2, "")], "af");
    }

    #[test]
    fn typing_in_the_middle_and_elsewhere_is_all_there() {
        check(
            "0123",
            &[(2..2, "ač"), (3..3, "b"), (0..0, "c"), (8..8, "d"), (1..1, "e")],
            "ce01abč23d",
        );
    }
}
