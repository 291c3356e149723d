//! The text of a document, and every way of counting in it.
//!
//! [`Text`] is a rope: an edit in the middle of ten megabytes costs what an edit in an empty text
//! costs, and a clone shares everything with its original. Offsets count Unicode scalar values
//! (`char`s) and name the gap before the character of that index; the other two ways of counting,
//! UTF-8 bytes and UTF-16 code units, are converted here and nowhere else ([`Encoding`]).
//!
//! A line ends in `'\n'` and in nothing else. Carriage return, form feed, NEL, U+2028 and U+2029
//! are characters like any other, so every client numbers lines alike. Text from outside is brought
//! to this form by [`LineEnding::normalize`], and [`TextEdit`]s by
//! [`Operation::from_edits`](crate::Operation::from_edits).
//!
//! This folder alone knows which rope it is; no type of that library shows in a signature, so that
//! the representation can be exchanged. It knows nothing of revisions, clients or the wire.

mod apply;
mod buffered;
mod chars;
mod diff;
mod edit;
mod encoding;
mod hash;
mod line_ending;
mod reader;
mod typing;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use ropey::{Rope, RopeBuilder};

pub use self::apply::ApplyError;
pub use self::chars::{Chars, Chunks};
pub use self::diff::{LineChange, diff, diff_lines, diff_typed};
pub use self::edit::{EditError, TextEdit};
pub(crate) use self::edit::{Place, places};
pub use self::encoding::{Encoding, OffsetError, Position, PositionError};
pub use self::hash::TextHash;
pub use self::line_ending::LineEnding;

use self::buffered::Buffered;

/// The text of a document: a sequence of Unicode scalar values, cheap to edit and to clone.
///
/// Offsets and lengths are in `char`s and lines are counted from 0 unless a name says otherwise.
/// A text of `n` line feeds has `n + 1` lines; the empty text has one. Questions about a place
/// cost O(log n), a clone O(1).
///
/// ```
/// use codesync_core::{Operation, Text};
///
/// let mut text = Text::from("crème\nbrûlée");
/// assert_eq!((text.len(), text.len_bytes(), text.len_lines()), (12, 15, 2));
///
/// let before = text.clone();
/// text.apply(&Operation::replace(12, 6..12, "fraîche"))?;
/// assert_eq!(text.to_string(), "crème\nfraîche");
/// assert_eq!(before.line(1), "brûlée");
/// # Ok::<(), codesync_core::ApplyError>(())
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Text {
    rope: Buffered,
}

impl Text {
    /// The empty text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Length in `char`s. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.rope.len()
    }

    /// Whether there is no character at all. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in bytes of UTF-8. O(log n).
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Length in UTF-16 code units. O(1).
    #[must_use]
    pub fn len_utf16(&self) -> usize {
        self.rope.whole().len_utf16_cu()
    }

    /// Number of lines: one more than there are line feeds. O(1).
    #[must_use]
    pub fn len_lines(&self) -> usize {
        self.rope.whole().len_lines()
    }

    /// The text between two offsets, borrowed when it lies in one piece of the rope.
    ///
    /// O(log n + length); up to a line of code is usually borrowed. For long ranges prefer
    /// [`Text::chunks_in`], which never copies.
    ///
    /// # Panics
    ///
    /// If the range is inverted or ends beyond the text.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Cow<'_, str> {
        self.check_range(&range);
        self.rope.whole().slice(range).into()
    }

    /// The pieces of the whole text in order. They are not empty; their borders mean nothing.
    #[must_use]
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks::new(self.rope.whole().chunks())
    }

    /// The pieces of the text between two offsets, in order. O(log n) to begin.
    ///
    /// # Panics
    ///
    /// If the range is inverted or ends beyond the text.
    #[must_use]
    pub fn chunks_in(&self, range: Range<usize>) -> Chunks<'_> {
        self.check_range(&range);
        Chunks::new(self.rope.whole().slice(range).chunks())
    }

    /// The character after the gap `offset`, or `None` at the end of the text and beyond. O(log n).
    #[must_use]
    pub fn char_at(&self, offset: usize) -> Option<char> {
        self.rope.whole().get_char(offset)
    }

    /// A cursor in the gap `offset` that walks the characters in both directions.
    ///
    /// O(log n) to begin, O(1) a step.
    ///
    /// # Panics
    ///
    /// If `offset` lies beyond the text.
    #[must_use]
    pub fn chars_from(&self, offset: usize) -> Chars<'_> {
        self.check_offset(offset);
        Chars::new(self.rope.whole().chars_at(offset), offset)
    }

    /// The text of a line without its line feed, borrowed when it lies in one piece.
    ///
    /// # Panics
    ///
    /// If there is no such line.
    #[must_use]
    pub fn line(&self, line: usize) -> Cow<'_, str> {
        self.slice(self.line_range(line))
    }

    /// The offset at which a line begins. O(log n).
    ///
    /// # Panics
    ///
    /// If there is no such line.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        self.check_line(line);
        self.rope.whole().line_to_char(line)
    }

    /// The offsets between which a line lies, without its line feed. O(log n).
    ///
    /// # Panics
    ///
    /// If there is no such line.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_start(line);
        let last = line + 1 == self.len_lines();
        let end = if last { self.len() } else { self.rope.whole().line_to_char(line + 1) - 1 };
        start..end
    }

    /// The line in which an offset lies; the gap before a line feed is the end of its line.
    /// O(log n).
    ///
    /// # Panics
    ///
    /// If `offset` lies beyond the text.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.check_offset(offset);
        self.rope.whole().char_to_line(offset)
    }

    #[track_caller]
    fn check_offset(&self, offset: usize) {
        assert!(offset <= self.len(), "offset {offset} is beyond the text of {} chars", self.len());
    }

    #[track_caller]
    fn check_range(&self, range: &Range<usize>) {
        assert!(range.start <= range.end, "range {range:?} is inverted");
        self.check_offset(range.end);
    }

    #[track_caller]
    fn check_line(&self, line: usize) {
        assert!(line < self.len_lines(), "line {line} is beyond the {} lines", self.len_lines());
    }
}

impl From<&str> for Text {
    /// Copies `text` as it is: a carriage return stays one. O(n).
    fn from(text: &str) -> Self {
        Self { rope: Rope::from_str(text).into() }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> FromIterator<&'a str> for Text {
    fn from_iter<I: IntoIterator<Item = &'a str>>(parts: I) -> Self {
        let mut builder = TextBuilder::new();
        for part in parts {
            builder.push(part);
        }
        builder.finish()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.rope.whole() == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.rope.whole() == **other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chunks().try_for_each(|chunk| f.write_str(chunk))
    }
}

impl fmt::Debug for Text {
    /// Only the size: what people write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("len", &self.len())
            .field("len_lines", &self.len_lines())
            .finish_non_exhaustive()
    }
}

/// Builds a [`Text`] from parts that arrive one after another. O(n) altogether.
///
/// ```
/// use codesync_core::TextBuilder;
///
/// let mut builder = TextBuilder::new();
/// builder.push("fn main");
/// builder.push("() {}\n");
/// assert_eq!(builder.finish(), "fn main() {}\n");
/// ```
#[derive(Clone, Default)]
pub struct TextBuilder {
    rope: RopeBuilder,
    len_bytes: usize,
}

impl TextBuilder {
    /// A builder without any part.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part at the end.
    pub fn push(&mut self, part: &str) {
        self.len_bytes += part.len();
        self.rope.append(part);
    }

    /// Bytes of UTF-8 pushed so far, for whoever must keep a bound.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// The text of all parts.
    #[must_use]
    pub fn finish(self) -> Text {
        Text { rope: self.rope.finish().into() }
    }
}

impl fmt::Debug for TextBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextBuilder").field("len_bytes", &self.len_bytes).finish_non_exhaustive()
    }
}
