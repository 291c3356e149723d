//! Walking a text: characters in both directions, and the pieces it is stored in.

use std::fmt;
use std::iter::FusedIterator;

/// A gap between two characters of a [`Text`](crate::Text) that can move both ways.
///
/// `next` steps over the character after the gap, [`Chars::prev`] over the one before it; after
/// one, the other gives the same character again.
///
/// ```
/// use codesync_core::Text;
///
/// let text = Text::from("été");
/// let mut cursor = text.chars_from(1);
/// assert_eq!(cursor.prev(), Some('é'));
/// assert_eq!(cursor.prev(), None);
/// assert_eq!(cursor.by_ref().collect::<String>(), "été");
/// assert_eq!(cursor.offset(), 3);
/// ```
#[derive(Clone)]
pub struct Chars<'a> {
    rope: ropey::iter::Chars<'a>,
    offset: usize,
}

impl<'a> Chars<'a> {
    pub(super) fn new(rope: ropey::iter::Chars<'a>, offset: usize) -> Self {
        Self { rope, offset }
    }

    /// The offset of the gap, in `char`s from the beginning of the text.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Steps back over the character before the gap and returns it; `None` at the beginning.
    pub fn prev(&mut self) -> Option<char> {
        let char = self.rope.prev()?;
        self.offset -= 1;
        Some(char)
    }

    /// The character after the gap, without a step.
    #[must_use]
    pub fn peek(&self) -> Option<char> {
        self.clone().next()
    }

    /// The character before the gap, without a step.
    #[must_use]
    pub fn peek_prev(&self) -> Option<char> {
        self.clone().prev()
    }
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let char = self.rope.next()?;
        self.offset += 1;
        Some(char)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rope.size_hint()
    }
}

impl ExactSizeIterator for Chars<'_> {}
impl FusedIterator for Chars<'_> {}

impl fmt::Debug for Chars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chars").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// The pieces of a text in order, as they lie in memory: about a kilobyte each, none empty.
///
/// A piece ends between two characters, anywhere in a line or a grapheme.
#[derive(Clone)]
pub struct Chunks<'a> {
    rope: ropey::iter::Chunks<'a>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(rope: ropey::iter::Chunks<'a>) -> Self {
        Self { rope }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.rope.by_ref().find(|chunk| !chunk.is_empty())
    }
}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").finish_non_exhaustive()
    }
}
