//! Committed operations, packed: what a keystroke adds to the one before it is one byte.
//!
//! ```text
//!   typed "let x"        one stretch at 40, bytes l e t ␣ x      5 entries
//!   five times erased    one stretch at 44, no bytes             5 entries
//!   anything else        a stretch of its own, encoded           1 entry
//! ```
//!
//! A stretch knows the length of the text before it, so that of any revision is told by a search.

use std::ops::Range;

use crate::operation::{Bias, Hunk, Operation, OperationLimits};

/// Operations one after the other, each made for the text that the one before leaves.
#[derive(Debug, Default)]
pub(super) struct Entries {
    stretches: Vec<Stretch>,
    bytes: Vec<u8>,
    /// Number of entries, those included that are forgotten but share a stretch with one that is not.
    end: u32,
    /// Number of the first entry that is not forgotten.
    start: u32,
}

/// Entries of one kind that continue each other.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Its kind in the low bits, and above them where its bytes begin: so a stretch takes sixteen
    /// bytes, not twenty.
    kind_and_bytes: u32,
    /// Number of its first entry.
    first: u32,
    /// Length in chars of the text before it.
    base_len: u32,
    /// Offset in chars at which its first entry changes the text.
    at: u32,
}

/// Bits of `kind_and_bytes` that are the kind.
const KIND_BITS: u32 = 2;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Each entry inserts one ASCII char, behind the one before.
    Typed,
    /// Each entry deletes the char before the last one deleted.
    Erased,
    /// One entry, in its own encoding.
    Encoded,
}

const WINDOW: &str = "a window of history is far smaller than 1 GiB";

impl Entries {
    pub(super) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Bytes that the entries take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.stretches)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.stretches.capacity() * size_of::<Stretch>()
    }

    /// Adds an operation that is made for the text behind the last one.
    pub(super) fn push(&mut self, operation: &Operation) {
        let (kind, at) = match *operation.hunks() {
            [Hunk { retain, chars: 1, bytes: 1, delete: 0 }] => (Kind::Typed, retain),
            [Hunk { retain, chars: 0, bytes: 0, delete: 1 }] => (Kind::Erased, retain),
            _ => (Kind::Encoded, 0),
        };
        let continued = self.stretches.last().is_some_and(|last| {
            let count = self.end - last.first;
            last.kind() == kind
                && match kind {
                    Kind::Typed => last.at + count == at,
                    Kind::Erased => last.at.checked_sub(count) == Some(at),
                    Kind::Encoded => false,
                }
        });
        if !continued {
            let bytes = u32::try_from(self.bytes.len()).ok();
            let bytes = bytes.filter(|bytes| bytes >> (u32::BITS - KIND_BITS) == 0).expect(WINDOW);
            self.stretches.push(Stretch {
                kind_and_bytes: (bytes << KIND_BITS) | kind as u32,
                first: self.end,
                // Lengths of operations stay below 2³².
                base_len: operation.base_len() as u32,
                at,
            });
        }
        match kind {
            Kind::Typed => self.bytes.extend_from_slice(operation.inserted_text().as_bytes()),
            Kind::Erased => {}
            Kind::Encoded => operation.encode_into(&mut self.bytes),
        }
        self.end = self.end.checked_add(1).expect(WINDOW);
    }

    /// Forgets the first `n`.
    pub(super) fn forget(&mut self, n: usize) {
        self.start += n as u32;
        let gone = self.stretches.partition_point(|stretch| stretch.first <= self.start);
        // The last of these may go on behind the start.
        let gone = if self.start == self.end { gone } else { gone.saturating_sub(1) };
        self.stretches.drain(..gone);
        let (entries, bytes) = self
            .stretches
            .first()
            .map_or((self.end, self.bytes.len()), |first| (first.first, first.bytes()));
        self.bytes.drain(..bytes);
        self.start -= entries;
        self.end -= entries;
        for stretch in &mut self.stretches {
            stretch.first -= entries;
            stretch.kind_and_bytes -= (bytes as u32) << KIND_BITS;
        }
    }

    /// Length in chars of the text before entry `index`, if there is such an entry. O(log n).
    pub(super) fn len_before(&self, index: usize) -> Option<usize> {
        let number = self.number(index)?;
        let stretch = &self.stretches[self.stretch_of(number)];
        Some(stretch.base_len_of(number) as usize)
    }

    /// The operations of a range, one after the other.
    pub(super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = Operation> {
        range.flat_map(|index| self.composed(index..index + 1))
    }

    /// The operations of a range, those that continue each other composed to one: the same, to the
    /// bit, as composing them one by one.
    pub(super) fn composed(&self, range: Range<usize>) -> impl Iterator<Item = Operation> {
        let (mut from, to) = (self.start + range.start as u32, self.start + range.end as u32);
        let mut at = if from < to { self.stretch_of(from) } else { 0 };
        std::iter::from_fn(move || {
            if from >= to {
                return None;
            }
            let until = self.stretches.get(at + 1).map_or(self.end, |next| next.first).min(to);
            let operation = self.operation(at, from..until);
            (at, from) = (at + 1, until);
            Some(operation)
        })
    }

    /// Number of stretches that a range touches. O(log n).
    pub(super) fn stretches(&self, range: Range<usize>) -> usize {
        if range.is_empty() {
            return 0;
        }
        let (first, last) = (self.start + range.start as u32, self.start + range.end as u32 - 1);
        self.stretch_of(last) - self.stretch_of(first) + 1
    }

    /// The operations of a range that is not empty as one, composed from left to right.
    ///
    /// O(stretches² + bytes), for ranges of few stretches.
    pub(super) fn amended(&self, range: Range<usize>, bias: Bias) -> Operation {
        let room = self.stretches(range.clone());
        let mut stretches = self.composed(range);
        let first = stretches.next().expect("the range is not empty");
        stretches.fold(first.with_room_for(room), |mut before, after| {
            before.amend(&after, bias);
            before
        })
    }

    /// Entries of one stretch, by their numbers, as one operation.
    fn operation(&self, stretch: usize, numbers: Range<u32>) -> Operation {
        const CLAIM: &str = "it was an operation when it was packed";
        let next = self.stretches.get(stretch + 1);
        let bytes_end = next.map_or(self.bytes.len(), Stretch::bytes);
        let stretch = &self.stretches[stretch];
        let base_len = stretch.base_len_of(numbers.start) as usize;
        let before = (numbers.start - stretch.first) as usize;
        let (at, bytes) = (stretch.at as usize, stretch.bytes());
        match stretch.kind() {
            Kind::Typed => {
                let at = at + before;
                let bytes = &self.bytes[bytes + before..bytes + before + numbers.len()];
                let text = std::str::from_utf8(bytes).expect(CLAIM);
                Operation::replace(base_len, at..at, text)
            }
            Kind::Erased => {
                let end = at - before + 1;
                Operation::replace(base_len, end - numbers.len()..end, "")
            }
            Kind::Encoded => {
                let bytes = &self.bytes[bytes..bytes_end];
                Operation::decode(bytes, base_len, &OperationLimits::REPRESENTABLE).expect(CLAIM)
            }
        }
    }

    fn number(&self, index: usize) -> Option<u32> {
        (index < self.len()).then(|| self.start + index as u32)
    }

    /// Index of the stretch of an entry that there is.
    fn stretch_of(&self, number: u32) -> usize {
        self.stretches.partition_point(|stretch| stretch.first <= number) - 1
    }
}

impl Stretch {
    fn kind(&self) -> Kind {
        match self.kind_and_bytes & ((1 << KIND_BITS) - 1) {
            0 => Kind::Typed,
            1 => Kind::Erased,
            _ => Kind::Encoded,
        }
    }

    /// Where its bytes begin.
    fn bytes(&self) -> usize {
        (self.kind_and_bytes >> KIND_BITS) as usize
    }

    /// Length in chars of the text before one of its entries.
    fn base_len_of(&self, number: u32) -> u32 {
        let before = number - self.first;
        match self.kind() {
            Kind::Typed => self.base_len + before,
            Kind::Erased => self.base_len - before,
            Kind::Encoded => self.base_len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut len = 10;
        let edits = [(3, 0, "a"), (4, 0, "b"), (5, 0, "č"), (6, 0, "c"), (6, 1, ""), (5, 1, "")];
        let more = [(4, 1, ""), (0, 0, "x"), (1, 4, "wörd"), (0, 1, ""), (2, 0, "y"), (3, 0, "z")];
        for (at, delete, insert) in edits.into_iter().chain(more) {
            let operation = Operation::replace(len, at..at + delete, insert);
            len = operation.target_len();
            operations.push(operation);
        }
        operations
    }

    #[test]
    fn what_is_packed_is_given_back_whatever_was_forgotten() {
        let operations = session();
        for forgotten in 0..=operations.len() {
            let mut entries = Entries::default();
            operations.iter().for_each(|operation| entries.push(operation));
            entries.forget(forgotten / 2);
            entries.forget(forgotten - forgotten / 2);
            let expected = &operations[forgotten..];
            assert!(entries.range(0..expected.len()).eq(expected.iter().cloned()));
            for (index, operation) in expected.iter().enumerate() {
                assert_eq!(entries.len_before(index), Some(operation.base_len()));
            }
            assert_eq!(entries.len_before(expected.len()), None);
            entries.push(&Operation::identity(7));
            assert!(entries.range(expected.len()..entries.len()).eq([Operation::identity(7)]));
        }
    }

    #[test]
    fn a_typed_or_erased_char_takes_a_byte_at_most() {
        let mut entries = Entries::default();
        for i in 0..100 {
            entries.push(&Operation::replace(i, i..i, "x"));
        }
        for i in 0..50 {
            entries.push(&Operation::replace(100 - i, 99 - i..100 - i, ""));
        }
        assert_eq!(entries.bytes(), 100 + 2 * size_of::<Stretch>());
        let composed: Vec<_> = entries.composed(90..110).collect();
        let (typed, erased) =
            (Operation::replace(90, 90..90, "xxxxxxxxxx"), Operation::replace(100, 90..100, ""));
        assert_eq!(composed, [typed, erased]);
    }
}
