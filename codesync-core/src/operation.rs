//! Operations: whole edits of a text, in gap form.
//!
//! An [`Operation`] walks once over a text of known length and says for each character whether it
//! stays or goes, and for each *gap* between two characters what is inserted there:
//!
//! ```text
//!   base      h e l l o           5 chars, 6 gaps
//!   parts     retain 1 · delete 1 · insert "a" · (retain 3)
//!   target    h a l l o
//! ```
//!
//! *Normal form*: equal neighbours are merged, empty parts are dropped, the retain that reaches to
//! the end is left out – and nothing else. `insert, delete` and `delete, insert` at one place put
//! the new text into different gaps and are different operations; other libraries order them one
//! way and thereby lose the gap, and with it the exactness of [composing history](crate::history).
//! An operation cannot be built otherwise: the builder merges and decoding checks.
//!
//! This module must not know about revisions, clients or ropes.

mod amend;
mod builder;
mod compose;
mod encoding;
mod hunks;
mod splice;
mod split;

use std::ops::Range;
use std::sync::LazyLock;
use std::{array, fmt};

use compact_str::CompactString;

pub use builder::OperationBuilder;
pub use compose::Bias;
pub use encoding::{OperationDecodeError, OperationLimits};
pub(crate) use hunks::{Ahead, Discard, Hunk, Hunks, Leg};

use builder::length;
use hunks::Kept;

use crate::text::Text;

/// One part of an operation, as seen from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Component<'a> {
    /// Keep this many chars of the base.
    Retain(usize),
    /// Put this text into the gap reached. Never empty.
    Insert(&'a str),
    /// Drop this many chars of the base.
    Delete(usize),
}

/// A whole edit: what becomes of each char of a base text, and what is inserted in each gap.
///
/// Lengths and offsets count Unicode scalar values (`char`s). A keystroke needs no heap: one
/// place of change and 24 bytes of inserted text lie in the value itself. All lengths stay below
/// 2³².
///
/// ```
/// use codesync_core::Operation;
///
/// let op = Operation::builder().retain(1).delete(1).insert("a").finish_at(5)?;
/// assert_eq!(op.apply_to("hello")?, "hallo");
/// # Ok::<(), codesync_core::LengthMismatch>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Operation {
    hunks: Kept,
    inserted: CompactString,
    base_len: u32,
    target_len: u32,
}

/// A text as an operation holds it. One of an ASCII char, as most are, is copied from here: the
/// processor waits for one that is made, since that is written by the byte and at once moved by the
/// word.
fn inserted(text: &str) -> CompactString {
    static TYPED: LazyLock<[CompactString; 128]> =
        LazyLock::new(|| array::from_fn(|byte| CompactString::from_iter([byte as u8 as char])));
    match text.as_bytes() {
        [byte] => TYPED[usize::from(*byte)].clone(),
        _ => text.into(),
    }
}

/// Two things that must be of one length are not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a text of {expected} chars, met one of {met}")]
pub struct LengthMismatch {
    /// Length in chars that the operation is made for.
    pub expected: usize,
    /// Length in chars that it met.
    pub met: usize,
}

impl LengthMismatch {
    pub(crate) fn check(expected: usize, met: usize) -> Result<(), Self> {
        if expected == met { Ok(()) } else { Err(Self { expected, met }) }
    }
}

impl Operation {
    /// The operation that changes nothing in a text of `len` chars.
    ///
    /// # Panics
    ///
    /// If `len` is not below 2³².
    #[must_use]
    pub fn identity(len: usize) -> Self {
        Operation::builder().retain(len).finish()
    }

    /// Starts an empty operation, to be extended from left to right.
    #[must_use]
    pub fn builder() -> OperationBuilder {
        OperationBuilder::default()
    }

    /// Replaces the chars of `range` by `text` in a text of `base_len` chars.
    ///
    /// The new text stands in the gap *before* the deleted chars, where a caret at the start of
    /// the selection stood.
    ///
    /// # Panics
    ///
    /// If the range is backward or ends past `base_len`.
    #[must_use]
    pub fn replace(base_len: usize, range: Range<usize>, text: &str) -> Self {
        assert!(range.start <= range.end, "range {range:?} runs backward");
        assert!(range.end <= base_len, "range {range:?} ends past {base_len} chars");
        let (base_len, chars) = (length(base_len), length(char_count(text)));
        // Within the base, whose length was just found to fit.
        let (retain, delete) = (range.start as u32, range.len() as u32);
        let hunk = Hunk { retain, chars, bytes: length(text.len()), delete };
        let target_len = (base_len - delete).checked_add(chars).expect(builder::TOO_LONG);
        let hunks = if chars | delete == 0 { Kept::new() } else { Kept::from_buf([hunk]) };
        Operation { hunks, inserted: inserted(text), base_len, target_len }
    }

    /// Length in chars of the texts it applies to.
    #[must_use]
    pub fn base_len(&self) -> usize {
        self.base_len as usize
    }

    /// Length in chars of the texts it produces.
    #[must_use]
    pub fn target_len(&self) -> usize {
        self.target_len as usize
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.hunks.is_empty()
    }

    /// Number of components, the implied last retain not counted. O(components).
    #[must_use]
    pub fn component_count(&self) -> usize {
        self.hunks.iter().map(|hunk| hunk.component_count()).sum()
    }

    /// All inserted text, left to right, without marks between the places.
    #[must_use]
    pub fn inserted_text(&self) -> &str {
        &self.inserted
    }

    /// Heap bytes that the operation holds, for bounds on memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let spilled = self.hunks.spilled();
        let hunks = if spilled { self.hunks.capacity() * size_of::<Hunk>() } else { 0 };
        let text = if self.inserted.is_heap_allocated() { self.inserted.capacity() } else { 0 };
        hunks + text
    }

    /// The components from left to right. A retain that reaches to the end is implied.
    #[must_use]
    pub fn components(&self) -> Components<'_> {
        let left = self.component_count();
        Components { next: Ahead::new(&self.hunks), inserted: &self.inserted, left }
    }

    /// The places of change, from left to right.
    pub(crate) fn hunks(&self) -> &[Hunk] {
        &self.hunks
    }

    /// This operation carried over `over`: its `hunks` then, of whose deleted chars `both` are
    /// deleted by the other too. What it inserts stays the same.
    ///
    /// # Panics
    ///
    /// If the length would not stay below 2³².
    pub(crate) fn carried(&self, hunks: Hunks, over: &Operation, both: u32) -> Operation {
        // What both keep of the base, and what each inserts.
        let target_len = u64::from(self.target_len) + u64::from(over.target_len) + u64::from(both)
            - u64::from(self.base_len);
        let target_len = u32::try_from(target_len).expect(builder::TOO_LONG);
        Operation {
            hunks: hunks.finish(),
            inserted: self.inserted.clone(),
            base_len: over.target_len,
            target_len,
        }
    }

    /// This operation of one hunk carried over `over`, which stands apart from it: it then keeps
    /// `retain` chars before the hunk.
    ///
    /// # Panics
    ///
    /// If the length would not stay below 2³².
    pub(crate) fn moved(&self, retain: u32, over: &Operation) -> Operation {
        let hunk = Hunk { retain, ..self.hunks[0] };
        let target_len = (over.target_len - hunk.delete).checked_add(hunk.chars);
        let target_len = target_len.expect(builder::TOO_LONG);
        Operation {
            hunks: Kept::from_buf([hunk]),
            inserted: self.inserted.clone(),
            base_len: over.target_len,
            target_len,
        }
    }

    /// The operation's effect on a plain string: for tests and small programs.
    ///
    /// O(n) in the text. Editors keep a [`Text`] and use [`Text::apply`].
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if the text is not of `base_len` chars.
    pub fn apply_to(&self, text: &str) -> Result<String, LengthMismatch> {
        LengthMismatch::check(self.base_len(), text.chars().count())?;
        let mut target = String::with_capacity(text.len() + self.inserted.len());
        let mut rest = text;
        for component in self.components() {
            match component {
                Component::Retain(n) => {
                    let (kept, after) = split_at_char(rest, n);
                    target.push_str(kept);
                    rest = after;
                }
                Component::Insert(text) => target.push_str(text),
                Component::Delete(n) => rest = split_at_char(rest, n).1,
            }
        }
        target.push_str(rest);
        Ok(target)
    }

    /// The operation that takes this one back.
    ///
    /// `base` is the text before this operation; the deleted parts are read from it.
    /// O(components · log n + deleted chars).
    ///
    /// Law: `apply(apply(t, op), invert(op, t)) == t`.
    ///
    /// # Panics
    ///
    /// If `base` is not of `base_len` chars.
    #[must_use]
    pub fn invert(&self, base: &Text) -> Operation {
        assert_eq!(base.len(), self.base_len(), "an operation is inverted against its own base");
        let mut inverse = Operation::builder();
        let mut offset = 0;
        for component in self.components() {
            match component {
                Component::Retain(n) => {
                    inverse.push_retain(n);
                    offset += n;
                }
                Component::Insert(text) => inverse.push_delete(char_count(text)),
                Component::Delete(n) => {
                    for chunk in base.chunks_in(offset..offset + n) {
                        inverse.push_insert(chunk);
                    }
                    offset += n;
                }
            }
        }
        inverse.push_retain(self.base_len() - offset);
        inverse.finish()
    }

    /// Where the gap at `offset` of the base lies in the target.
    ///
    /// An insertion into that very gap goes to the right of the result with [`Bias::Left`], to the
    /// left of it with [`Bias::Right`]. O(components).
    ///
    /// # Panics
    ///
    /// If `offset` is past `base_len`.
    #[must_use]
    pub fn map_offset(&self, offset: usize, bias: Bias) -> usize {
        assert!(offset <= self.base_len(), "offset {offset} is past {} chars", self.base_len);
        let (mut base, mut target) = (0, 0);
        for hunk in &self.hunks {
            let gap = base + hunk.retain as usize;
            if offset < gap {
                break;
            }
            target += hunk.retain as usize;
            if offset == gap && bias == Bias::Left {
                return target;
            }
            target += hunk.chars as usize;
            base = gap + hunk.delete as usize;
            if offset == gap || offset < base {
                return target;
            }
        }
        target + (offset - base)
    }

    /// Where the gap at `offset` of the target lay in the base.
    ///
    /// An offset inside inserted text belongs to the gap it was inserted in; where chars were
    /// deleted, the leftmost of the gaps they leave together is taken. O(components).
    ///
    /// # Panics
    ///
    /// If `offset` is past `target_len`.
    #[must_use]
    pub fn map_offset_back(&self, offset: usize) -> usize {
        assert!(offset <= self.target_len(), "offset {offset} is past {} chars", self.target_len);
        let (mut base, mut target) = (0, 0);
        for hunk in &self.hunks {
            let gap = target + hunk.retain as usize;
            if offset < gap {
                break;
            }
            base += hunk.retain as usize;
            target = gap + hunk.chars as usize;
            if offset <= target {
                return base;
            }
            base += hunk.delete as usize;
        }
        base + (offset - target)
    }
}

impl fmt::Debug for Operation {
    /// `Operation(5: =1 -1 +"a")`: base length, then the components.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({}:", self.base_len)?;
        for component in self.components() {
            match component {
                Component::Retain(n) => write!(f, " ={n}")?,
                Component::Insert(text) => write!(f, " +{text:?}")?,
                Component::Delete(n) => write!(f, " -{n}")?,
            }
        }
        f.write_str(")")
    }
}

/// Iterator over an operation's components; see [`Operation::components`].
#[derive(Clone, Debug)]
pub struct Components<'a> {
    next: Ahead<'a>,
    /// Inserted text from there to the end.
    inserted: &'a str,
    left: usize,
}

impl<'a> Iterator for Components<'a> {
    type Item = Component<'a>;

    fn next(&mut self) -> Option<Component<'a>> {
        self.left = self.left.checked_sub(1)?;
        let mut hunk = self.next.next();
        let component = if hunk.retain > 0 {
            Component::Retain(std::mem::take(&mut hunk.retain) as usize)
        } else if hunk.chars > 0 {
            let (text, rest) = self.inserted.split_at(hunk.bytes as usize);
            self.inserted = rest;
            hunk.chars = 0;
            Component::Insert(text)
        } else {
            Component::Delete(std::mem::take(&mut hunk.delete) as usize)
        };
        self.next.go_on(hunk);
        Some(component)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Components<'_> {}

/// Number of chars, at once for the usual case of one byte.
pub(crate) fn char_count(text: &str) -> usize {
    if text.len() <= 1 { text.len() } else { text.chars().count() }
}

/// Splits after `n` chars; at the end if there are fewer.
pub(crate) fn split_at_char(text: &str, n: usize) -> (&str, &str) {
    match text.char_indices().nth(n) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(base_len: usize, build: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Operation {
        build(Operation::builder()).finish_at(base_len).unwrap()
    }

    #[test]
    fn equal_neighbours_are_merged_and_empty_parts_dropped() {
        let op = op(5, |b| {
            b.retain(0).insert("").retain(1).retain(1).insert("a").insert("b").delete(1).delete(2)
        });
        assert_eq!(
            op.components().collect::<Vec<_>>(),
            [Component::Retain(2), Component::Insert("ab"), Component::Delete(3)]
        );
    }

    #[test]
    fn insert_then_delete_is_not_delete_then_insert() {
        assert_ne!(op(1, |b| b.insert("x").delete(1)), op(1, |b| b.delete(1).insert("x")));
    }

    #[test]
    fn a_retain_to_the_end_is_implied() {
        assert_eq!(op(5, |b| b.insert("x").retain(5)), op(5, |b| b.insert("x")));
        assert!(op(5, |b| b.retain(3)).is_identity());
    }

    #[test]
    fn a_keystroke_needs_no_heap() {
        let key = Operation::replace(100_000, 50_000..50_001, "é");
        assert_eq!(key.heap_bytes(), 0);
    }

    #[test]
    fn an_operation_refuses_a_text_of_another_length() {
        assert_eq!(
            Operation::identity(3).apply_to("four"),
            Err(LengthMismatch { expected: 3, met: 4 })
        );
    }

    #[test]
    fn offsets_move_with_the_text_around_them() {
        // "abcdef" → "aXYef"
        let op = op(6, |b| b.retain(1).insert("XY").delete(3));
        let left: Vec<_> = (0..=6).map(|offset| op.map_offset(offset, Bias::Left)).collect();
        let right: Vec<_> = (0..=6).map(|offset| op.map_offset(offset, Bias::Right)).collect();
        assert_eq!(left, [0, 1, 3, 3, 3, 4, 5]);
        assert_eq!(right, [0, 3, 3, 3, 3, 4, 5]);
        let back: Vec<_> = (0..=5).map(|offset| op.map_offset_back(offset)).collect();
        assert_eq!(back, [0, 1, 1, 1, 5, 6]);
    }

    #[test]
    fn an_insertion_after_deleted_chars_lies_in_the_gap_behind_them() {
        let op = op(2, |b| b.delete(2).insert("x"));
        assert_eq!(op.map_offset(0, Bias::Right), 0);
        assert_eq!(op.map_offset(2, Bias::Left), 0);
        assert_eq!(op.map_offset(2, Bias::Right), 1);
    }
}
