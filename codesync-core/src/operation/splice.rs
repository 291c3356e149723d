//! Inserted text put together from stretches of two others.
//!
//! The stretches are mostly a few bytes long, and calling `memcpy` for each would cost more than
//! the copying. Short ones are therefore copied as [`WIDTH`] bytes of fixed length, of which the
//! next stretch overwrites what was too much.

use compact_str::CompactString;

use super::Hunk;
use super::builder::{TOO_LONG, length};

/// Bytes that are copied at once.
const WIDTH: usize = 16;

/// Text that is taken from in order.
pub(super) struct Source<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Leaves out what comes next.
    pub(super) fn skip(&mut self, bytes: u32) {
        self.at += bytes as usize;
    }

    /// Bytes of the next `chars` chars, which `hunk` inserts first.
    pub(super) fn bytes_of(&self, chars: u32, hunk: &Hunk) -> u32 {
        if hunk.chars == hunk.bytes {
            return chars;
        }
        let inserted = &self.text[self.at..self.at + hunk.bytes as usize];
        let end = inserted.char_indices().nth(chars as usize);
        // No more than the hunk's own bytes.
        end.map_or(hunk.bytes, |(at, _)| at as u32)
    }
}

/// The text in the making.
pub(super) struct Splice {
    bytes: Vec<u8>,
    len: usize,
}

impl Splice {
    /// Room for `most` bytes.
    pub(super) fn with_room(most: usize) -> Self {
        // Checked here, so that no hunk's byte count can overflow.
        let room = length(most) as usize + WIDTH;
        Self { bytes: vec![0; room], len: 0 }
    }

    /// Goes on with the next `bytes` bytes of `source`.
    #[inline]
    pub(super) fn take(&mut self, source: &mut Source<'_>, bytes: u32) {
        let (from, to, bytes) = (source.at, self.len, bytes as usize);
        let text = source.text.as_bytes();
        match (text.get(from..from + WIDTH), self.bytes.get_mut(to..to + WIDTH)) {
            (Some(wide), Some(room)) if bytes <= WIDTH => room.copy_from_slice(wide),
            _ => self.bytes[to..to + bytes].copy_from_slice(&text[from..from + bytes]),
        }
        source.at += bytes;
        self.len += bytes;
    }

    /// Goes on with all that is left of `source`.
    pub(super) fn take_rest(&mut self, mut source: Source<'_>) {
        let rest = source.text.len() - source.at;
        self.take(&mut source, u32::try_from(rest).expect(TOO_LONG));
    }

    pub(super) fn finish(mut self) -> CompactString {
        const CLAIM: &str = "stretches begin and end between chars";
        self.bytes.truncate(self.len);
        if self.len < self.bytes.capacity() / 2 {
            self.bytes.shrink_to_fit();
        }
        String::from_utf8(self.bytes).expect(CLAIM).into()
    }
}
