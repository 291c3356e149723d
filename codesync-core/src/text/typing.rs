//! What was typed last, at two places, before it goes into the rope.
//!
//! Changing a rope costs a way down and up the tree for each char. One person stays at a place for a
//! word or a line, and two who take turns are at two, so [`Typing`] collects what is typed there, and
//! the rope is changed once for it.

use std::mem;
use std::ops::Range;

use ropey::Rope;

/// Bytes of text at a place from which the rope takes over: moving more within a string costs as
/// much.
const BYTES_MAX: usize = 512;

/// How a text differs from a rope: at one place, or at two that do not touch.
///
/// With two, the recorded sessions of three and two people change the rope 3 and 12 % as often as
/// with one, those of one person 67 to 90 %. Four would save another eighth to fifth of these, and
/// cost each key as much.
#[derive(Clone, Debug, Default)]
pub(super) struct Typing {
    /// Where the last edit was.
    here: Place,
    /// Where the one before was that was not made here.
    there: Place,
}

/// A range of the rope that is replaced; nothing by nothing, where there is no such place.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Offset in chars in the text.
    start: usize,
    /// Chars that the rope has there and the text has no more.
    deleted: usize,
    /// What the text has instead.
    inserted: String,
    /// Chars in it.
    chars: usize,
}

impl Typing {
    /// Whether the text is what the rope is.
    pub(super) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.there.is_empty()
    }

    /// Length in bytes of the text. O(log n).
    pub(super) fn len_bytes(&self, rope: &Rope) -> usize {
        let mut bytes = rope.len_bytes();
        for place in [&self.here, &self.there] {
            if place.deleted > 0 {
                let range = self.in_rope(place.range_deleted());
                bytes -= rope.char_to_byte(range.end) - rope.char_to_byte(range.start);
            }
            bytes += place.inserted.len();
        }
        bytes
    }

    /// Replaces a range of the text, offsets in chars; `chars` is the number of chars in `text`. What
    /// has no place here goes into the rope.
    pub(super) fn replace(
        &mut self,
        rope: &mut Rope,
        range: Range<usize>,
        text: &str,
        chars: usize,
    ) {
        if !self.here.takes(&range, text) || self.there.touches(&range) {
            self.turn(rope, &range, text);
        }
        if text.len() > BYTES_MAX {
            debug_assert!(self.is_empty());
            return replace(rope, range, text);
        }
        if self.there.start > range.end {
            self.there.start = self.there.start - range.len() + chars;
        }
        self.here.replace(&range, text, chars);
    }

    /// Makes `here` a place that takes this, and `there` one that it does not touch.
    #[cold]
    fn turn(&mut self, rope: &mut Rope, range: &Range<usize>, text: &str) {
        mem::swap(&mut self.here, &mut self.there);
        if self.here.takes(range, text) && !self.there.touches(range) {
            return;
        }
        if self.here.touches(range) || self.there.touches(range) || text.len() > BYTES_MAX {
            self.write(rope);
            self.clear();
        } else if !self.here.is_empty() {
            replace(rope, self.in_rope(self.here.range_deleted()), &self.here.inserted);
            self.here.clear();
        }
        self.here.start = range.start;
    }

    /// A range of the text at a place, without what was typed there, as the rope has it.
    fn in_rope(&self, range: Range<usize>) -> Range<usize> {
        let before = |place: &&Place| place.start < range.start;
        let before = [&self.here, &self.there].into_iter().filter(before);
        let start = before.fold(range.start, |at, place| at + place.deleted - place.chars);
        start..start + range.len()
    }

    /// Makes the rope what the text is.
    pub(super) fn write(&self, rope: &mut Rope) {
        let (mut first, mut second) = (&self.here, &self.there);
        if second.start < first.start {
            mem::swap(&mut first, &mut second);
        }
        // Where the first was written, the second lies in the rope where it lies in the text.
        for place in [first, second] {
            replace(rope, place.range_deleted(), &place.inserted);
        }
    }

    /// Begins anew, when the rope is what the text is.
    pub(super) fn clear(&mut self) {
        self.here.clear();
        self.there.clear();
    }
}

impl Place {
    fn is_empty(&self) -> bool {
        self.deleted == 0 && self.chars == 0
    }

    /// Offset in chars in the text of what follows.
    fn end(&self) -> usize {
        self.start + self.chars
    }

    /// What the rope has instead of what was typed, as if it stood in the text.
    fn range_deleted(&self) -> Range<usize> {
        self.start..self.start + self.deleted
    }

    fn touches(&self, range: &Range<usize>) -> bool {
        !self.is_empty() && range.start <= self.end() && range.end >= self.start
    }

    fn takes(&self, range: &Range<usize>, text: &str) -> bool {
        self.touches(range) && self.inserted.len() + text.len() <= BYTES_MAX
    }

    fn clear(&mut self) {
        self.inserted.clear();
        (self.deleted, self.chars) = (0, 0);
    }

    /// Replaces a range of the text that begins or ends at this place, or in it.
    fn replace(&mut self, range: &Range<usize>, text: &str, chars: usize) {
        // What is deleted left and right of what was typed is deleted from the rope.
        let left = self.start.saturating_sub(range.start);
        let right = range.end.saturating_sub(self.end());
        let from = range.start.saturating_sub(self.start);
        let to = range.end.min(self.end()) - self.start;
        let bytes = self.byte_of(from)..self.byte_of(to);
        // Each of the first is cheaper than the last, which makes no assumption.
        if bytes.end == self.inserted.len() {
            self.inserted.truncate(bytes.start);
            self.inserted.push_str(text);
        } else if bytes.is_empty() {
            self.inserted.insert_str(bytes.start, text);
        } else if text.is_empty() {
            drop(self.inserted.drain(bytes));
        } else {
            self.inserted.replace_range(bytes, text);
        }
        self.chars = self.chars - (to - from) + chars;
        self.start -= left;
        self.deleted += left + right;
    }

    fn byte_of(&self, offset: usize) -> usize {
        if self.chars == self.inserted.len() {
            return offset;
        }
        // Mostly near the end, behind the last char or before it.
        let mut places = self.inserted.char_indices();
        let place = match self.chars.checked_sub(offset + 1) {
            Some(behind) if behind < offset => places.nth_back(behind),
            Some(_) => places.nth(offset),
            None => None,
        };
        place.map_or(self.inserted.len(), |(byte, _)| byte)
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

    /// Edits one after the other; after each the rope with what was typed is the text.
    #[track_caller]
    fn check(base: &str, edits: &[(Range<usize>, &str)], expected: &str) {
        let (mut rope, mut typing) = (Rope::from_str(base), Typing::default());
        let mut text = rope.clone();
        for (range, inserted) in edits {
            typing.replace(&mut rope, range.clone(), inserted, inserted.chars().count());
            replace(&mut text, range.clone(), inserted);
            let mut written = rope.clone();
            typing.write(&mut written);
            assert_eq!(written, text, "after {range:?} {inserted:?}");
            assert_eq!(typing.len_bytes(&rope), text.len_bytes());
            let Typing { here, there } = &typing;
            assert!(!there.touches(&(here.start..here.end())), "{typing:?}");
        }
        assert_eq!(text, expected);
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

    #[test]
    fn two_people_who_take_turns_do_not_change_the_rope() {
        let base = "0123456789".repeat(10);
        let (mut rope, mut typing) = (Rope::from_str(&base), Typing::default());
        for round in 0..20 {
            typing.replace(&mut rope, 20 + round..20 + round, "č", 1);
            typing.replace(&mut rope, 60 + 2 * round..60 + 2 * round, "d", 1);
        }
        assert_eq!(rope, base);
        typing.replace(&mut rope, 0..0, "x", 1);
        assert_eq!(rope.len_chars(), base.len() + 20, "who was away the longest gave way");
    }

    #[test]
    fn whatever_is_replaced_the_text_is_what_it_should_be() {
        let texts = ["", "a", "ž", "日本", "\n", "long enough to be told apart"];
        let long = "x".repeat(BYTES_MAX + 1);
        let mut chance = 1u64;
        let mut below = |n: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (chance >> 33) as usize % n
        };
        for _ in 0..300 {
            let mut text = "0123456789é".repeat(4);
            let mut edits = Vec::new();
            for _ in 0..40 {
                let len = text.chars().count();
                let start = below(len + 1);
                let end = (start + below(4) * below(4)).min(len);
                let inserted = if below(40) == 0 { &long } else { texts[below(texts.len())] };
                let byte = |at| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
                text.replace_range(byte(start)..byte(end), inserted);
                edits.push((start..end, inserted));
            }
            check(&"0123456789é".repeat(4), &edits, &text);
        }
    }
}
