//! Reading a text once from left to right, so many chars at a time.

use ropey::str_utils::{byte_to_char_idx, char_to_byte_idx};

use super::Chunks;

/// A text from some gap on. What was read is not looked for again.
pub(super) struct Reader<'a> {
    chunks: Chunks<'a>,
    /// What is left of the piece reached.
    chunk: &'a str,
    /// Chars in it.
    chars: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(chunks: Chunks<'a>) -> Self {
        Self { chunks, chunk: "", chars: 0 }
    }

    /// Reads `chars` chars, or all that are left, and hands them on in pieces.
    pub(super) fn read(&mut self, mut chars: usize, mut each: impl FnMut(&'a str)) {
        while chars >= self.chars {
            if !self.chunk.is_empty() {
                each(self.chunk);
            }
            chars -= self.chars;
            let Some(chunk) = self.chunks.next() else {
                (self.chunk, self.chars) = ("", 0);
                return;
            };
            (self.chunk, self.chars) = (chunk, byte_to_char_idx(chunk, chunk.len()));
        }
        if chars > 0 {
            let ascii = self.chars == self.chunk.len();
            let at = if ascii { chars } else { char_to_byte_idx(self.chunk, chars) };
            let (now, rest) = self.chunk.split_at(at);
            each(now);
            (self.chunk, self.chars) = (rest, self.chars - chars);
        }
    }
}
