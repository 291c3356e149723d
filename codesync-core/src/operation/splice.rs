//! Inserted text put together from stretches of two others.
//!
//! The stretches are mostly a few bytes long, and calling `memcpy` for each would cost more than
//! the copying. Short ones are therefore copied as [`WIDTH`] bytes of fixed length, of which the
//! next stretch overwrites what was too much.

use std::mem;

use compact_str::CompactString;

use super::Hunk;
use super::builder::{TOO_LONG, length};

/// Bytes that are copied at once.
const WIDTH: usize = 16;

/// Text that is taken from in order.
pub(super) struct Source<'a> {
    rest: &'a [u8],
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes() }
    }

    /// Leaves out what comes next.
    pub(super) fn skip(&mut self, bytes: u32) {
        self.rest = &self.rest[bytes as usize..];
    }

    /// Bytes of the next `chars` chars, which `hunk` inserts first.
    pub(super) fn bytes_of(&self, chars: u32, hunk: &Hunk) -> u32 {
        if hunk.chars == hunk.bytes {
            return chars;
        }
        let inserted = &self.rest[..hunk.bytes as usize];
        let begins = |byte: &u8| !(0x80..0xC0).contains(byte);
        let mut starts = (0..).zip(inserted).filter(|(_, byte)| begins(byte));
        starts.nth(chars as usize).map_or(hunk.bytes, |(at, _)| at)
    }
}

/// A text of at most `most` bytes that `weave` puts together.
#[inline]
pub(super) fn spliced(most: usize, weave: impl FnOnce(&mut Splice<'_>)) -> CompactString {
    const CLAIM: &str = "stretches begin and end between chars";
    // Checked here, so that no hunk's byte count can overflow.
    let mut bytes = vec![0; length(most) as usize + WIDTH];
    let mut splice = Splice { room: &mut bytes };
    weave(&mut splice);
    let left = splice.room.len();
    bytes.truncate(bytes.len() - left);
    if bytes.len() < bytes.capacity() / 2 {
        bytes.shrink_to_fit();
    }
    String::from_utf8(bytes).expect(CLAIM).into()
}

/// Text in the making, which is put into a room from its beginning.
pub(super) struct Splice<'a> {
    /// What is left of it.
    room: &'a mut [u8],
}

impl Splice<'_> {
    /// Goes on with the next `bytes` bytes of `source`.
    #[inline]
    pub(super) fn take(&mut self, source: &mut Source<'_>, bytes: u32) {
        let bytes = bytes as usize;
        match (source.rest.first_chunk::<WIDTH>(), self.room.first_chunk_mut::<WIDTH>()) {
            (Some(wide), Some(room)) if bytes <= WIDTH => *room = *wide,
            _ => self.copy(&source.rest[..bytes]),
        }
        source.rest = &source.rest[bytes..];
        self.room = &mut mem::take(&mut self.room)[bytes..];
    }

    #[cold]
    fn copy(&mut self, stretch: &[u8]) {
        self.room[..stretch.len()].copy_from_slice(stretch);
    }

    /// Goes on with all that is left of `source`.
    pub(super) fn take_rest(&mut self, mut source: Source<'_>) {
        let rest = u32::try_from(source.rest.len()).expect(TOO_LONG);
        self.take(&mut source, rest);
    }
}
