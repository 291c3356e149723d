//! Where people are: selections, and the table of everybody in a document.
//!
//! A [`Selection`] is two offsets of a text and follows the text through every operation.
//! [`Peers`] is the table that the server keeps of a document's clients and each client keeps of
//! the others; both feed it the same committed operations, so that after a typed character all of
//! them know where its author's caret stands without a message that says so.
//!
//! Presence is a courtesy: bounded, lossy, and never a reason to stop editing. This module does
//! not know how it travels or how it is drawn.

mod offset_map;
mod peers;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::operation::{Bias, Operation};
use crate::text::{Place, places};

use self::offset_map::OffsetMap;
pub use self::peers::{NAME_BYTES_MAX, PEERS_MAX, Peer, Peers};

/// Most selections that one client can have in one document.
pub const SELECTIONS_MAX: usize = 64;

/// A stretch of text that somebody has selected, or a caret where the two ends are one.
///
/// The anchor is where the selection began and the head is where its caret stands, before or after
/// the anchor. Both are gaps between characters, in `char`s.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// The end that stays when the selection is extended.
    pub anchor: usize,
    /// The end that moves: the caret.
    pub head: usize,
}

impl Selection {
    /// The selection from `anchor` to `head`.
    #[must_use]
    pub const fn new(anchor: usize, head: usize) -> Self {
        Self { anchor, head }
    }

    /// The empty selection at `offset`.
    #[must_use]
    pub const fn caret(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// The end nearer to the beginning of the text.
    #[must_use]
    pub fn start(self) -> usize {
        self.anchor.min(self.head)
    }

    /// The end farther from the beginning of the text.
    #[must_use]
    pub fn end(self) -> usize {
        self.anchor.max(self.head)
    }

    /// What is selected.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Whether nothing is selected.
    #[must_use]
    pub fn is_caret(self) -> bool {
        self.anchor == self.head
    }

    /// The selection with both ends within a text of `len` chars.
    #[must_use]
    pub fn clamp(self, len: usize) -> Self {
        Self::new(self.anchor.min(len), self.head.min(len))
    }

    /// The selection after `operation`. O(components).
    ///
    /// Of an insertion exactly at a caret, the caret ends up on the side that `bias` names:
    /// [`Bias::Left`] for what others typed, [`Bias::Right`] for one's own. A selection of more
    /// than a caret never grows at its borders: what is inserted there stays outside. If all that
    /// was selected is deleted a caret remains.
    ///
    /// Ends beyond the text that the operation is made for are taken for its end.
    ///
    /// ```
    /// use codesync_core::{Bias, Operation, Selection};
    ///
    /// let typed = Operation::replace(4, 2..2, "xy");
    /// assert_eq!(Selection::caret(2).map(&typed, Bias::Left), Selection::caret(2));
    /// assert_eq!(Selection::caret(2).map(&typed, Bias::Right), Selection::caret(4));
    /// assert_eq!(Selection::new(4, 2).map(&typed, Bias::Left), Selection::new(6, 4));
    /// ```
    #[must_use]
    pub fn map(self, operation: &Operation, bias: Bias) -> Self {
        self.map_over(&OffsetMap::new(operation), bias)
    }

    fn map_over(self, offsets: &OffsetMap, bias: Bias) -> Self {
        let Self { anchor, head } = self.clamp(offsets.base_len());
        if anchor == head {
            return Self::caret(offsets.map(head, bias));
        }
        let (first, last) = (anchor.min(head), anchor.max(head));
        let (start, end) = (offsets.map(first, Bias::Right), offsets.map(last, Bias::Left));
        if start >= end {
            // Nothing of it is left, and perhaps something stands in its place.
            return Self::caret(match bias {
                Bias::Left => offsets.map(first, bias),
                Bias::Right => offsets.map(last, bias),
            });
        }
        if anchor < head { Self::new(start, end) } else { Self::new(end, start) }
    }
}

/// The first [`SELECTIONS_MAX`] of `selections`, for what comes from outside.
#[must_use]
pub fn bounded(mut selections: Vec<Selection>) -> Vec<Selection> {
    selections.truncate(SELECTIONS_MAX);
    selections
}

/// Each of `selections` after `operation`, as [`Selection::map`] has it.
///
/// O(components + selections · log components).
#[must_use]
pub fn map(selections: &[Selection], operation: &Operation, bias: Bias) -> Vec<Selection> {
    let offsets = OffsetMap::new(operation);
    selections.iter().map(|selection| selection.map_over(&offsets, bias)).collect()
}

/// Where a person's selections most probably are after an edit of his own.
///
/// Somebody who changes one place and has at most one selection stands at the end of what he
/// changed. With several, each caret stands behind what was inserted at it, and each selection
/// that was replaced has become a caret behind what replaced it.
///
/// The server and the other clients assume this. The author's client asks the same function and
/// sends a presence message only where it is wrong. O(components + selections · log components).
#[must_use]
pub fn after_own_edit(selections: &[Selection], operation: &Operation) -> Vec<Selection> {
    if let (Some(place), [] | [_]) = (only_place(operation), selections) {
        return vec![Selection::caret(place.after.end)];
    }
    let changed: Vec<Place> = places(operation).collect();
    let offsets = OffsetMap::new(operation);
    let follow = |selection: &Selection| {
        let selected = selection.clamp(operation.base_len()).range();
        let nearest = changed.partition_point(|place| place.before.end < selected.end);
        match changed.get(nearest) {
            Some(place) if !selected.is_empty() && place.before.start <= selected.start => {
                Selection::caret(place.after.end)
            }
            _ => selection.map_over(&offsets, Bias::Right),
        }
    };
    selections.iter().map(follow).collect()
}

/// As [`after_own_edit`], in place: for one caret, without an allocation.
pub(crate) fn follow_own_edit(selections: &mut Vec<Selection>, operation: &Operation) {
    match (only_place(operation), selections.as_mut_slice()) {
        (Some(place), [selection]) => *selection = Selection::caret(place.after.end),
        _ => *selections = after_own_edit(selections, operation),
    }
}

/// The place that `operation` changes, if it is a single one.
fn only_place(operation: &Operation) -> Option<Place> {
    let mut places = places(operation);
    places.next().filter(|_| places.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `before` and `after` mark anchor and head as `[` and `]`, a caret as `|`; the operation
    /// replaces `range`, in chars without the marks, by `text`.
    #[track_caller]
    fn check(before: &str, range: Range<usize>, text: &str, bias: Bias, after: &str) {
        let (base, selection) = unmark(before);
        let operation = Operation::replace(base.chars().count(), range, text);
        let target = operation.apply_to(&base).unwrap();
        assert_eq!((target, selection.map(&operation, bias)), unmark(after));
    }

    fn unmark(marked: &str) -> (String, Selection) {
        let text: String = marked.chars().filter(|c| !"[]|".contains(*c)).collect();
        let at = |mark: char| {
            let before = marked.chars().take_while(|c| *c != mark);
            marked.contains(mark).then(|| before.filter(|c| !"[]|".contains(*c)).count())
        };
        let selection = match at('|') {
            Some(caret) => Selection::caret(caret),
            None => Selection::new(at('[').unwrap(), at(']').unwrap()),
        };
        (text, selection)
    }

    #[test]
    fn a_caret_stays_before_what_others_type_at_it() {
        check("ab|cd", 2..2, "xy", Bias::Left, "ab|xycd");
        check("ab|cd", 2..2, "xy", Bias::Right, "abxy|cd");
        check("ab|cd", 0..1, "xy", Bias::Left, "xyb|cd");
        check("ab|cd", 1..3, "x", Bias::Left, "ax|d");
    }

    #[test]
    fn a_selection_does_not_grow_at_its_borders() {
        check("a[bc]d", 1..1, "x", Bias::Left, "ax[bc]d");
        check("a[bc]d", 3..3, "x", Bias::Right, "a[bc]xd");
        check("a]bc[d", 2..2, "x", Bias::Left, "a]bxc[d");
    }

    #[test]
    fn a_deleted_selection_leaves_a_caret() {
        check("a[bc]d", 0..4, "", Bias::Left, "|");
        check("a[bc]d", 1..3, "x", Bias::Left, "a|xd");
        check("a[bc]d", 1..3, "x", Bias::Right, "ax|d");
    }

    #[test]
    fn a_selection_beyond_the_text_is_taken_for_its_end() {
        let typed = Operation::replace(2, 2..2, "x");
        assert_eq!(Selection::caret(usize::MAX).map(&typed, Bias::Right), Selection::caret(3));
    }

    #[test]
    fn an_author_stands_behind_what_he_changed() {
        let typed = Operation::replace(9, 5..7, "xyz");
        assert_eq!(after_own_edit(&[], &typed), [Selection::caret(8)]);
        assert_eq!(after_own_edit(&[Selection::caret(0)], &typed), [Selection::caret(8)]);
    }

    #[test]
    fn each_of_several_carets_stands_behind_its_own_insertion() {
        let typed = Operation::builder()
            .retain(1)
            .insert("x")
            .retain(3)
            .delete(2)
            .insert("x")
            .finish_at(9)
            .unwrap();
        let before = [Selection::caret(1), Selection::new(4, 6), Selection::caret(9)];
        let after = [Selection::caret(2), Selection::caret(6), Selection::caret(9)];
        assert_eq!(after_own_edit(&before, &typed), after);
    }
}
