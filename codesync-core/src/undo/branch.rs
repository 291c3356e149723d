//! One direction of a stack: inverses, and what others did on top of each.

use std::collections::VecDeque;

use smallvec::SmallVec;

use super::{UNDO_BYTES_MAX, UNDO_ITEMS_MAX};
use crate::operation::{Bias, Component, Operation};
use crate::selection::{self, Selection};
use crate::transform::transform;

/// What can be undone, or what can be redone, oldest first.
///
/// The inverse of the last item, carried over the notes on it, is made for the text now. The
/// inverse of any other, carried over its notes, is made for the text to which the one above it
/// leads. The last item always changes something.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    items: VecDeque<Item>,
    /// Sum over the items of [`Item::heap_bytes`].
    heap_bytes: usize,
}

#[derive(Clone, Debug)]
struct Item {
    inverse: Operation,
    /// Where the person was in the text that the inverse leads to.
    selections: Vec<Selection>,
    /// What others did after the group and before the one above it.
    notes: Notes,
}

impl Item {
    fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.inverse.heap_bytes()
            + self.selections.capacity() * size_of::<Selection>()
            + self.notes.heap_bytes()
    }
}

const FOLLOWS_ONE_TEXT: &str = "the stack was told every change of its text, in order";

impl Branch {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts an inverse that is made for the text now on top.
    pub(super) fn push(&mut self, inverse: Operation, selections: Vec<Selection>) {
        let item = Item { inverse, selections, notes: Notes::default() };
        self.heap_bytes += item.heap_bytes();
        self.items.push_back(item);
        self.forget_oldest();
    }

    /// Takes the newest item: its inverse for the text now, and where the person was.
    pub(super) fn pop(&mut self) -> Option<(Operation, Vec<Selection>)> {
        self.settle();
        let item = self.items.pop_back()?;
        self.heap_bytes -= item.heap_bytes();
        self.drop_void();
        self.forget_oldest();
        Some((item.inverse, item.selections))
    }

    /// Notes the operation of another. Says how many items came to nothing by it.
    pub(super) fn remote(&mut self, operation: &Operation) -> usize {
        if self.is_empty() {
            return 0;
        }
        self.note(operation.clone());
        // Only a deletion can bring an item to nothing.
        let deletes = operation.components().any(|part| matches!(part, Component::Delete(_)));
        let dropped = if deletes { self.drop_void() } else { 0 };
        self.forget_oldest();
        dropped
    }

    /// Adds an edit of the text now, whose inverse this is, to the newest item. Says how many
    /// items came to nothing by it.
    pub(super) fn join(&mut self, inverse: &Operation) -> usize {
        self.settle();
        self.change_last(|item| {
            item.inverse = inverse.compose(&item.inverse, Bias::Left).expect(FOLLOWS_ONE_TEXT);
        });
        let dropped = self.drop_void();
        self.forget_oldest();
        dropped
    }

    /// Carries the last item over the notes on it and hands them down.
    fn settle(&mut self) {
        let mut handed_down = None;
        self.change_last(|item| {
            let Some(notes) = item.notes.take() else { return };
            let (inverse, below) = transform(&item.inverse, &notes).expect(FOLLOWS_ONE_TEXT);
            item.inverse = inverse;
            item.selections = selection::map(&item.selections, &below, Bias::Left);
            handed_down = Some(below);
        });
        let Some(notes) = handed_down else { return };
        let settled = self.items.pop_back().expect("the item that was settled");
        self.note(notes);
        self.items.push_back(settled);
    }

    /// Drops items from the top as long as they would change nothing, and says how many.
    ///
    /// Nothing others do can take away from an inverse that inserts, and to carry it would mean to
    /// copy its text; so only inverses that merely delete are looked at.
    fn drop_void(&mut self) -> usize {
        let mut dropped = 0;
        while self.items.back().is_some_and(|item| item.inverse.inserted_text().is_empty()) {
            self.settle();
            let Some(item) = self.items.pop_back_if(|item| item.inverse.is_identity()) else {
                break;
            };
            self.heap_bytes -= item.heap_bytes();
            dropped += 1;
        }
        dropped
    }

    fn note(&mut self, operation: Operation) {
        self.change_last(|item| item.notes.push(operation));
    }

    /// Changes the last item, if there is one, and keeps count of its size.
    fn change_last(&mut self, change: impl FnOnce(&mut Item)) {
        let Some(item) = self.items.back_mut() else { return };
        self.heap_bytes -= item.heap_bytes();
        change(item);
        self.heap_bytes += item.heap_bytes();
    }

    fn forget_oldest(&mut self) {
        while self.items.len() > UNDO_ITEMS_MAX
            || (self.items.len() > 1 && self.heap_bytes > UNDO_BYTES_MAX)
        {
            let item = self.items.pop_front().expect("more than one item");
            self.heap_bytes -= item.heap_bytes();
        }
    }
}

/// Operations of others in a row, partly composed.
///
/// Each part weighs more than twice what the next one weighs. So there are few, and what arrives
/// is composed with something of its own size: n keystrokes cost O(n log n) together and not n
/// passes over everything noted. Composing committed operations is exact in every bracketing.
#[derive(Clone, Debug, Default)]
struct Notes {
    parts: SmallVec<[Operation; 1]>,
}

impl Notes {
    fn push(&mut self, operation: Operation) {
        if operation.is_identity() {
            return;
        }
        self.parts.push(operation);
        while let [.., first, second] = self.parts.as_slice()
            && weight(first) <= 2 * weight(second)
        {
            let both = first.compose(second, Bias::Right).expect(FOLLOWS_ONE_TEXT);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(both);
        }
    }

    /// All of them as one; `None` if there are none.
    fn take(&mut self) -> Option<Operation> {
        let mut all = self.parts.pop()?;
        while let Some(first) = self.parts.pop() {
            all = first.compose(&all, Bias::Right).expect(FOLLOWS_ONE_TEXT);
        }
        Some(all)
    }

    fn heap_bytes(&self) -> usize {
        let parts = if self.parts.spilled() { self.parts.capacity() } else { 0 };
        parts * size_of::<Operation>() + self.parts.iter().map(Operation::heap_bytes).sum::<usize>()
    }
}

/// What it costs to compose with an operation: its components, and its text at a sixteenth, as
/// bytes are copied together and components are walked singly.
fn weight(operation: &Operation) -> usize {
    1 + operation.component_count() + operation.inserted_text().len() / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_few_and_mean_what_the_operations_mean() {
        let mut notes = Notes::default();
        let mut text = "x".repeat(2000);
        let base = text.clone();
        for i in 0..500 {
            let at = (i * 379) % text.len();
            let operation = Operation::replace(text.len(), at..at + usize::from(i % 3 == 0), "ab");
            text = operation.apply_to(&text).unwrap();
            notes.push(operation);
            assert!(notes.parts.len() <= 12, "{} parts", notes.parts.len());
        }
        assert_eq!(notes.take().unwrap().apply_to(&base).unwrap(), text);
        assert_eq!(notes.take(), None);
    }

    #[test]
    fn an_operation_of_another_is_noted_on_the_newest_item_only() {
        let mut branch = Branch::default();
        for len in 1..=UNDO_ITEMS_MAX {
            branch.push(Operation::replace(len, 0..1, ""), vec![]);
        }
        branch.remote(&Operation::replace(UNDO_ITEMS_MAX, 7..8, ""));
        branch.remote(&Operation::replace(UNDO_ITEMS_MAX - 1, 3..3, "x"));
        let noted = branch.items.iter().rev().take_while(|item| !item.notes.parts.is_empty());
        // The deletion was looked at closely, so the item below the newest may know of it.
        assert!(noted.count() <= 2);
        assert_eq!(branch.items.iter().filter(|item| !item.notes.parts.is_empty()).count(), 2);
    }

    #[test]
    fn the_count_of_bytes_follows_every_change() {
        let mut branch = Branch::default();
        let mut len = 0;
        for i in 0..200_usize {
            match i % 5 {
                0 | 1 => {
                    // The person replaced some text by 40 chars.
                    let deleted = "y".repeat(len.min(i));
                    len = len - deleted.len() + 40;
                    branch.push(Operation::replace(len, 0..40, &deleted), vec![]);
                }
                2 | 3 => {
                    branch.remote(&Operation::replace(len, i % len..i % len, "remote"));
                    len += 6;
                }
                _ => {
                    let (inverse, _) = branch.pop().unwrap();
                    assert_eq!(inverse.base_len(), len);
                    len = inverse.target_len();
                }
            }
            assert_eq!(branch.heap_bytes, branch.items.iter().map(Item::heap_bytes).sum::<usize>());
        }
    }
}
