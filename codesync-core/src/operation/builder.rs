//! The one way to put an operation together: left to right, in normal form from the start.

use compact_str::CompactString;

use super::{Hunk, Hunks, Leg, LengthMismatch, Operation, char_count};

/// Collects components from left to right and merges them into normal form.
///
/// The chaining methods suit a literal; the `push_` methods suit a loop.
///
/// # Panics
///
/// Every method panics if a length would not stay below 2³². What comes from a peer is checked
/// against [limits](crate::limits) that are far smaller before it gets here.
#[derive(Clone, Debug, Default)]
pub struct OperationBuilder {
    hunks: Hunks,
    inserted: CompactString,
    base_len: u32,
    target_len: u32,
}

pub(super) const TOO_LONG: &str = "the lengths of an operation stay below 2^32";

pub(super) fn length(n: usize) -> u32 {
    u32::try_from(n).expect(TOO_LONG)
}

impl OperationBuilder {
    /// Keeps `chars` chars of the base.
    #[must_use]
    pub fn retain(mut self, chars: usize) -> Self {
        self.push_retain(chars);
        self
    }

    /// Inserts `text` into the gap reached.
    #[must_use]
    pub fn insert(mut self, text: &str) -> Self {
        self.push_insert(text);
        self
    }

    /// Drops `chars` chars of the base.
    #[must_use]
    pub fn delete(mut self, chars: usize) -> Self {
        self.push_delete(chars);
        self
    }

    /// Keeps `chars` chars of the base.
    pub fn push_retain(&mut self, chars: usize) {
        self.retain_chars(length(chars));
    }

    /// Inserts `text` into the gap reached.
    pub fn push_insert(&mut self, text: &str) {
        self.insert_chars(text, length(char_count(text)));
    }

    /// Drops `chars` chars of the base.
    pub fn push_delete(&mut self, chars: usize) {
        self.delete_chars(length(chars));
    }

    /// The operation over a base of exactly the chars walked over so far.
    #[must_use]
    pub fn finish(self) -> Operation {
        Operation {
            hunks: self.hunks.finish(),
            inserted: self.inserted,
            base_len: self.base_len,
            target_len: self.target_len,
        }
    }

    /// The operation over a base of `base_len` chars; the rest of the base is kept.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if more than `base_len` chars were walked over.
    pub fn finish_at(mut self, base_len: usize) -> Result<Operation, LengthMismatch> {
        let walked = self.base_len as usize;
        let rest = base_len
            .checked_sub(walked)
            .ok_or(LengthMismatch { expected: walked, met: base_len })?;
        self.push_retain(rest);
        Ok(self.finish())
    }

    pub(super) fn base_len(&self) -> usize {
        self.base_len as usize
    }

    pub(super) fn target_len(&self) -> usize {
        self.target_len as usize
    }

    pub(crate) fn retain_chars(&mut self, n: u32) {
        self.base_len = self.base_len.checked_add(n).expect(TOO_LONG);
        self.target_len = self.target_len.checked_add(n).expect(TOO_LONG);
        self.hunks.retain(n);
    }

    /// `n` is the number of chars in `text`.
    pub(crate) fn insert_chars(&mut self, text: &str, n: u32) {
        // The buffer's length is checked too, so that no hunk's byte count can overflow.
        length(self.inserted.len().checked_add(text.len()).expect(TOO_LONG));
        self.target_len = self.target_len.checked_add(n).expect(TOO_LONG);
        self.inserted.push_str(text);
        self.hunks.push(Hunk::insertion(n, length(text.len())));
    }

    pub(crate) fn delete_chars(&mut self, n: u32) {
        self.base_len = self.base_len.checked_add(n).expect(TOO_LONG);
        self.hunks.push(Hunk::deletion(n));
    }
}
