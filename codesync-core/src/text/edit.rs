//! Edits as editors speak of them: "replace this range by that text".

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Encoding, LineEnding, OffsetError, Text};
use crate::operation::{Component, Components, Operation, char_count};

/// One replacement in a text: the range goes, the new text stands in its place.
///
/// A list of edits is about one and the same text, the one *before* all of them: sorted, and not
/// overlapping. (The Language Server Protocol and Monaco speak this way.) The unit of the range
/// is an [`Encoding`] that is agreed on beside the list.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct TextEdit {
    /// What is replaced; empty for a pure insertion.
    pub range: Range<usize>,
    /// What stands there afterwards; empty for a pure deletion.
    pub text: String,
}

/// A list of edits that says nothing clear about a text.
///
/// `edit` is the index of the offending edit in the list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EditError {
    /// An end of a range names no gap of the text.
    #[error("edit {edit}: {reason}")]
    Offset {
        /// Which edit.
        edit: usize,
        /// What is wrong with the offset.
        reason: OffsetError,
    },

    /// A range ends before it starts.
    #[error("edit {edit} has the inverted range {start}..{end}")]
    Inverted {
        /// Which edit.
        edit: usize,
        /// Start of its range.
        start: usize,
        /// End of its range.
        end: usize,
    },

    /// A range starts before the end of the one before it.
    #[error("edit {edit} starts at {start}, before the end of the previous one at {previous_end}")]
    Overlapping {
        /// Which edit.
        edit: usize,
        /// Start of its range.
        start: usize,
        /// End of the range before.
        previous_end: usize,
    },

    /// The text would be longer than an operation can say.
    #[error("the edited text would have {len} chars, more than {max}")]
    TooLong {
        /// Length the text would have.
        len: usize,
        /// Longest length.
        max: usize,
    },
}

/// Longest text, in chars and in bytes, that operations are about.
const LEN_MAX: usize = u32::MAX as usize;

impl Operation {
    /// What the operation does, as edits of the text before it. Exactly one edit for each place
    /// it changes, whatever mixture of insertions and deletions stands there.
    ///
    /// O(components · log n + inserted).
    ///
    /// ```
    /// use codesync_core::{Encoding, Operation, Text, TextEdit};
    ///
    /// let before = Text::from("😀 hello");
    /// let edits = Operation::replace(7, 3..4, "a").edits(&before, Encoding::Utf16);
    /// assert_eq!(edits, [TextEdit { range: 4..5, text: "a".into() }]);
    /// ```
    ///
    /// # Panics
    ///
    /// If `before` is not of the length the operation is made for.
    #[must_use]
    pub fn edits(&self, before: &Text, encoding: Encoding) -> Vec<TextEdit> {
        assert_eq!(before.len(), self.base_len(), "edits are about the text before the operation");
        let mut inserted = self.inserted_text();
        places(self)
            .map(|place| {
                let start = before.encode(encoding, place.before.start);
                let end = match place.before.is_empty() {
                    true => start,
                    false => before.encode(encoding, place.before.end),
                };
                let (text, rest) = inserted.split_at(place.inserted_bytes);
                inserted = rest;
                TextEdit { range: start..end, text: text.to_owned() }
            })
            .collect()
    }

    /// The operation that makes all `edits` of the text `before`, ranges in `encoding`.
    ///
    /// Inserted text is brought to the document's line endings: CRLF and lone CR become LF. Two
    /// edits may touch; insertions at one place stay in the order of the list. As with
    /// [`Operation::replace`], new text stands in the gap before what it replaces.
    ///
    /// O(edits · log n + inserted). For edits made from an operation of normalised text,
    /// `from_edits(t, op.edits(t))` has the effect of `op`.
    ///
    /// # Errors
    ///
    /// If a range is inverted, ends beyond the text, cuts a character, or starts before the end
    /// of the one before it; or if the text would grow to 2³² chars.
    pub fn from_edits(
        before: &Text,
        edits: &[TextEdit],
        encoding: Encoding,
    ) -> Result<Operation, EditError> {
        let len_bytes =
            edits.iter().fold(before.len_bytes(), |n, edit| n.saturating_add(edit.text.len()));
        if len_bytes > LEN_MAX {
            // Too much even for bytes: only now are chars worth counting.
            let inserted: usize = edits.iter().map(|edit| edit.text.chars().count()).sum();
            return Err(EditError::TooLong { len: before.len() + inserted, max: LEN_MAX });
        }
        let mut operation = Operation::builder();
        let (mut offset, mut previous_end) = (0, 0);
        for (edit, TextEdit { range: Range { start, end }, text }) in edits.iter().enumerate() {
            let (start, end) = (*start, *end);
            if start > end {
                return Err(EditError::Inverted { edit, start, end });
            }
            if start < previous_end {
                return Err(EditError::Overlapping { edit, start, previous_end });
            }
            let from = |n| {
                before.offset_from(encoding, n).map_err(|reason| EditError::Offset { edit, reason })
            };
            let first = from(start)?;
            let last = if start == end { first } else { from(end)? };
            operation.push_retain(first - offset);
            operation.push_insert(&LineEnding::normalize(text));
            operation.push_delete(last - first);
            (offset, previous_end) = (last, end);
        }
        operation.push_retain(before.len() - offset);
        Ok(operation.finish())
    }
}

/// One place that an operation changes: all that lies between two retained characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// What is deleted, in offsets of the text before.
    pub(crate) before: Range<usize>,
    /// What is inserted, in offsets of the text after.
    pub(crate) after: Range<usize>,
    /// The size of what is inserted, in bytes.
    pub(crate) inserted_bytes: usize,
}

/// The places that `operation` changes, from left to right, one for each run of insertions and
/// deletions.
pub(crate) fn places(operation: &Operation) -> impl Iterator<Item = Place> + '_ {
    Places { components: operation.components(), before: 0, after: 0 }
}

struct Places<'a> {
    components: Components<'a>,
    before: usize,
    after: usize,
}

impl Iterator for Places<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let mut place: Option<Place> = None;
        loop {
            // A retain between two places is consumed with the place before it.
            match self.components.next() {
                Some(Component::Retain(chars)) => {
                    self.before += chars;
                    self.after += chars;
                    if place.is_some() {
                        return place;
                    }
                }
                None => return place,
                Some(Component::Insert(text)) => {
                    let place = place.get_or_insert_with(|| Place::new(self.before, self.after));
                    self.after += char_count(text);
                    place.after.end = self.after;
                    place.inserted_bytes += text.len();
                }
                Some(Component::Delete(chars)) => {
                    let place = place.get_or_insert_with(|| Place::new(self.before, self.after));
                    self.before += chars;
                    place.before.end = self.before;
                }
            }
        }
    }
}

impl Place {
    fn new(before: usize, after: usize) -> Self {
        Self { before: before..before, after: after..after, inserted_bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(range: Range<usize>, text: &str) -> TextEdit {
        TextEdit { range, text: text.into() }
    }

    /// Applies edits in UTF-16 to `before`.
    #[track_caller]
    fn check(before: &str, edits: &[TextEdit], after: &str) {
        let text = Text::from(before);
        let operation = Operation::from_edits(&text, edits, Encoding::Utf16).unwrap();
        assert_eq!(operation.apply_to(before).unwrap(), after);
    }

    #[track_caller]
    fn refused(before: &str, edits: &[TextEdit], expected: &str) {
        let text = Text::from(before);
        let error = Operation::from_edits(&text, edits, Encoding::Utf16).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn edits_are_about_the_text_before_all_of_them() {
        check("a😀b", &[edit(0..1, "one"), edit(1..3, ""), edit(3..4, "two")], "onetwo");
        check("ab", &[edit(1..1, "x"), edit(1..1, "y"), edit(1..2, "z")], "axyz");
        check("ab", &[], "ab");
    }

    #[test]
    fn inserted_text_has_line_feeds_only() {
        check("", &[edit(0..0, "a\r\nb\rc\n\r")], "a\nb\nc\n\n");
    }

    #[test]
    fn unclear_edits_are_refused_with_their_numbers() {
        refused(
            "ab",
            &[edit(0..1, ""), edit(1..3, "")],
            "edit 1: offset 3 is beyond the text of 2 UTF-16 code units",
        );
        refused(
            "😀",
            &[edit(1..2, "")],
            "edit 0: offset 1 in UTF-16 code units is inside the character at 0..2",
        );
        #[expect(clippy::reversed_empty_ranges)]
        refused("ab", &[edit(2..1, "")], "edit 0 has the inverted range 2..1");
        refused(
            "ab",
            &[edit(1..2, ""), edit(0..1, "")],
            "edit 1 starts at 0, before the end of the previous one at 2",
        );
    }

    #[test]
    fn one_place_is_one_edit() {
        let operation =
            Operation::builder().insert("x").delete(1).insert("y").retain(1).delete(1).finish();
        let edits = operation.edits(&Text::from("abc"), Encoding::Scalar);
        assert_eq!(edits, [edit(0..1, "xy"), edit(2..3, "")]);
    }
}
