//! One more place of change, composed onto an operation where it lies.
//!
//! Composing walks over both operations and makes a third. A session of `n` keystrokes composed one
//! by one would be written `n` times; here a keystroke moves a few bytes within one operation.

use std::ops::Range;

use super::builder::{TOO_LONG, length};
use super::{Bias, Hunk, Operation, split_at_char};

impl Operation {
    /// This operation with room for `hunks` places of change.
    pub(crate) fn with_room_for(mut self, hunks: usize) -> Self {
        self.hunks.reserve(hunks.saturating_sub(self.hunks.len()));
        self
    }

    /// Makes this operation what it and then `next` are, to the bit what
    /// [`compose`](Operation::compose) gives.
    ///
    /// O(components) where `next` has one place of change, with a very small constant.
    ///
    /// # Panics
    ///
    /// If `next` is not made for texts of this operation's target length.
    pub(crate) fn amend(&mut self, next: &Operation, bias: Bias) {
        assert_eq!(next.base_len, self.target_len, "an amendment follows at once");
        if let [edit] = *next.hunks()
            && self.amend_place(edit, &next.inserted, bias)
        {
            return;
        }
        *self = self.woven(next, bias);
    }

    /// Adds a hunk that inserts `text` if it stands apart from the others or within what one of
    /// them inserts; false if it reaches from one to another, and nothing is changed then.
    ///
    /// The hunk lies within the target.
    pub(super) fn amend_place(&mut self, edit: Hunk, text: &str, bias: Bias) -> bool {
        let target_len = (self.target_len - edit.delete).checked_add(edit.chars).expect(TOO_LONG);
        let place = self.find(edit.retain, bias);
        let end = place.offset + edit.delete;
        match self.hunks.get(place.index) {
            Some(hunk) if end > hunk.retain => {
                let inserted = hunk.retain..hunk.retain + hunk.chars;
                if place.offset < inserted.start || end > inserted.end {
                    return false;
                }
                let chars = place.offset - inserted.start..end - inserted.start;
                self.amend_inserted(&place, chars, edit, text);
            }
            _ => self.amend_apart(&place, edit, text),
        }
        self.target_len = target_len;
        true
    }

    /// The hunk that the gap at `offset` of the target lies in or before.
    fn find(&self, mut offset: u32, bias: Bias) -> Place {
        let mut bytes = 0;
        for (index, hunk) in self.hunks.iter().enumerate() {
            let end = hunk.retain + hunk.chars;
            if offset < end || (offset == end && bias == Bias::Left) {
                return Place { index, offset, bytes };
            }
            offset -= end;
            bytes += hunk.bytes as usize;
        }
        Place { index: self.hunks.len(), offset, bytes }
    }

    /// Replaces `chars`, counted within what the hunk found inserts.
    fn amend_inserted(&mut self, place: &Place, chars: Range<u32>, edit: Hunk, text: &str) {
        let hunk = &mut self.hunks[place.index];
        let bytes = if hunk.chars == hunk.bytes {
            chars.start as usize..chars.end as usize
        } else {
            let inserted = &self.inserted[place.bytes..place.bytes + hunk.bytes as usize];
            let (before, from) = split_at_char(inserted, chars.start as usize);
            let (deleted, _) = split_at_char(from, chars.len());
            before.len()..before.len() + deleted.len()
        };
        hunk.chars = hunk.chars + edit.chars - edit.delete;
        hunk.bytes = hunk.bytes + edit.bytes - bytes.len() as u32;
        let bytes = place.bytes + bytes.start..place.bytes + bytes.end;
        self.replace_inserted(bytes, text);
        let hunk = self.hunks[place.index];
        if hunk.chars == 0 && (hunk.delete == 0 || hunk.retain == 0) {
            self.hunks.remove(place.index);
            if hunk.delete > 0 {
                self.place(place.index, hunk);
            } else if let Some(next) = self.hunks.get_mut(place.index) {
                next.retain += hunk.retain;
            }
        }
    }

    /// Changes what is kept before the hunk found, or behind the last one.
    fn amend_apart(&mut self, place: &Place, edit: Hunk, text: &str) {
        if let Some(next) = self.hunks.get_mut(place.index) {
            next.retain -= place.offset + edit.delete;
        }
        self.replace_inserted(place.bytes..place.bytes, text);
        self.place(place.index, Hunk { retain: place.offset, ..edit });
    }

    /// Puts a hunk where it belongs; it may be one with those that it touches.
    fn place(&mut self, index: usize, mut hunk: Hunk) {
        let mut at = index;
        if hunk.retain == 0 && index > 0 {
            self.hunks[index - 1].take_over(&mut hunk);
        }
        if hunk.is_empty() {
            at -= 1;
        } else {
            self.hunks.insert(index, hunk);
        }
        if let [hunk, next, ..] = &mut self.hunks[at..]
            && next.retain == 0
        {
            hunk.take_over(next);
            if next.is_empty() {
                self.hunks.remove(at + 1);
            }
        }
    }

    fn replace_inserted(&mut self, bytes: Range<usize>, text: &str) {
        // The buffer's length is checked, so that no hunk's byte count can overflow.
        length(self.inserted.len().checked_add(text.len()).expect(TOO_LONG));
        if bytes.is_empty() {
            self.inserted.insert_str(bytes.start, text);
        } else {
            self.inserted.replace_range(bytes, text);
        }
    }
}

/// Where a gap of the target lies among the hunks.
struct Place {
    index: usize,
    /// Chars from the end of the hunk before.
    offset: u32,
    /// Bytes that the hunks before insert.
    bytes: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_support as generate;

    proptest! {
        #[test]
        fn amending_is_composing(ops in (0..8_usize).prop_flat_map(|len| generate::operations_in_a_row(len, 6))) {
            for bias in [Bias::Left, Bias::Right] {
                let mut amended = ops[0].clone();
                for op in &ops[1..] {
                    let composed = amended.compose(op, bias).unwrap();
                    amended.amend(op, bias);
                    prop_assert_eq!(&amended, &composed);
                }
            }
        }
    }
}
