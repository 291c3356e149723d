//! Undo and redo of one's own edits among everybody else's.
//!
//! An [`UndoStack`] remembers, for each group of own edits, the operation that takes the group
//! back. What others do in the meantime changes the text under those inverses, so each has to be
//! carried over it. That happens lazily: an operation of another is only noted on top of the
//! newest item, and an item hands its notes down, carried across itself, when it is taken from the
//! stack:
//!
//! ```text
//!    text before the group ──remote'──▶ text that undo leads to
//!            ▲                                  ▲
//!         inverse                            inverse'
//!            │                                  │
//!    text after the group ───remote───▶ text now
//!
//!    (inverse', remote') = transform(inverse, remote)
//! ```
//!
//! `inverse'` is what undo applies, and `remote'` is noted on the item below. (CodeMirror keeps
//! its history this way; see `@codemirror/commands`, `history.ts`.) A keystroke of another costs
//! the same whether one edit can be undone or a thousand.
//!
//! The inverses are the newer side and own work, so they are composed with [`Bias::Left`][bias];
//! the notes are composed with [`Bias::Right`][bias] like all committed operations. So a group is
//! restored where its edits would be restored one by one, and where carrying it over each remote
//! operation singly would put it.
//!
//! The module knows no clock: the caller says how much time passed between two edits, and
//! [`joins`] is the rule by which typing becomes groups.
//!
//! [bias]: crate::operation::Bias

mod branch;
mod stroke;

use std::time::Duration;

use self::branch::Branch;
pub use self::stroke::{PASTE_BYTES_MIN, Stroke, TYPING_PAUSE_MS_MAX, joins};
use crate::operation::Operation;
use crate::selection::Selection;
use crate::text::Text;

/// Most groups that can be undone, and most that can be redone. Beyond it the oldest is forgotten.
pub const UNDO_ITEMS_MAX: usize = 1000;

/// Bytes of memory for what can be undone, and as many for what can be redone.
///
/// Beyond it the oldest groups are forgotten. The newest stays whatever its size, which the bound
/// on the document's size limits too: whoever deletes everything can have it back.
pub const UNDO_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Whether an edit begins a group or is undone together with the one before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Group {
    /// The edit can be undone by itself.
    New,
    /// The edit belongs to the group of the edit before. After an undo, a redo, or
    /// [`UndoStack::break_group`] there is none, and it begins a new one all the same.
    Join,
}

/// What one undo or redo does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UndoStep {
    /// The own edit to be made now. It is never an identity.
    pub operation: Operation,
    /// Where the person was before the edits that are taken back, as offsets of the text after
    /// `operation`.
    pub selections: Vec<Selection>,
}

/// The edits of one person in one document that can be undone and redone.
///
/// Law: undoing everything leaves what others wrote, without a character of one's own and with
/// every character that only oneself deleted. Undo and redo after each other change nothing.
///
/// The stack follows one text, the one the person sees. Every change of that text is told to it,
/// in order, in exactly one of three ways: [`UndoStack::record`] for an own edit,
/// [`UndoStack::remote`] for anything else, and nothing for the operation of an [`UndoStep`], which
/// the stack knows already.
///
/// ```
/// use codesync_core::{Group, Operation, Text, UndoStack};
///
/// let mut text = Text::from("let = 1;");
/// let mut stack = UndoStack::new();
///
/// let own = Operation::replace(text.len(), 4..4, "x ");
/// stack.record(&own, &text, Group::New, &[]);
/// text.apply(&own)?;
///
/// let remote = Operation::replace(text.len(), 0..3, "const");
/// stack.remote(&remote);
/// text.apply(&remote)?;
/// assert_eq!(text, "const x = 1;");
///
/// let step = stack.undo(&text, &[]).unwrap();
/// text.apply(&step.operation)?;
/// assert_eq!(text, "const = 1;");
/// # Ok::<(), codesync_core::ApplyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct UndoStack {
    undo: Branch,
    redo: Branch,
    /// What the last own edit was, as long as another may join it.
    open: Option<Stroke>,
}

impl UndoStack {
    /// A stack with nothing to undo.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers the own edit `operation` of the text `before`. What could be redone no longer can.
    ///
    /// `selections_before` is where the person was before the edit; a group keeps those of its
    /// first edit. An identity is no edit and leaves everything as it is.
    ///
    /// O(components · log n + deleted), and when the edit joins a group O(size of the group)
    /// besides.
    ///
    /// # Panics
    ///
    /// If `before` is not of the length the operation is made for.
    pub fn record(
        &mut self,
        operation: &Operation,
        before: &Text,
        group: Group,
        selections_before: &[Selection],
    ) {
        let inverse = operation.invert(before);
        if operation.is_identity() {
            return;
        }
        self.redo.clear();
        let stroke = Stroke::of(operation);
        match (group, self.open.take()) {
            (Group::Join, Some(previous)) if !self.undo.is_empty() => {
                let dropped = self.undo.join(&inverse);
                self.open = (dropped == 0).then(|| stroke.extending(&previous, operation));
            }
            (Group::Join | Group::New, _) => {
                self.undo.push(inverse, selections_before.to_vec());
                self.open = Some(stroke);
            }
        }
    }

    /// Notes a change of the text that is not the person's own edit.
    ///
    /// The group that is being typed stays open. Amortised O(size of `operation` · log of what
    /// is noted already), and O(components of the newest item) besides when it deletes something;
    /// the number of items does not matter.
    ///
    /// # Panics
    ///
    /// If the operation is not made for a text of the length the stack has followed to here.
    pub fn remote(&mut self, operation: &Operation) {
        self.redo.remote(operation);
        let dropped = self.undo.remote(operation);
        if dropped > 0 {
            self.open = None;
        }
        if let Some(stroke) = &mut self.open {
            stroke.map(operation);
        }
    }

    /// Takes back the newest group; `None` if there is nothing to take back.
    ///
    /// `text` is the text now and `selections` is where the person is, to return there on redo.
    /// The caller applies the operation of the step as an own edit and does not record it.
    /// O(size of the group and of what others did since).
    ///
    /// # Panics
    ///
    /// If `text` is not of the length the stack has followed to here.
    pub fn undo(&mut self, text: &Text, selections: &[Selection]) -> Option<UndoStep> {
        self.open = None;
        Self::step(&mut self.undo, &mut self.redo, text, selections)
    }

    /// Takes back the newest undo, as [`UndoStack::undo`] takes back an edit.
    ///
    /// # Panics
    ///
    /// As [`UndoStack::undo`].
    pub fn redo(&mut self, text: &Text, selections: &[Selection]) -> Option<UndoStep> {
        self.open = None;
        Self::step(&mut self.redo, &mut self.undo, text, selections)
    }

    fn step(
        source: &mut Branch,
        target: &mut Branch,
        text: &Text,
        selections: &[Selection],
    ) -> Option<UndoStep> {
        let (operation, selections_after) = source.pop()?;
        target.push(operation.invert(text), selections.to_vec());
        Some(UndoStep { operation, selections: selections_after })
    }

    /// Whether [`UndoStack::undo`] would do something. O(1).
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether [`UndoStack::redo`] would do something. O(1).
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Whether the own edit `operation` of the text now belongs to the group of the one before, if
    /// that was made `elapsed` ago. [`joins`] is the rule.
    #[must_use]
    pub fn group_of(&self, operation: &Operation, elapsed: Duration) -> Group {
        match &self.open {
            Some(previous) if joins(previous, &Stroke::of(operation), elapsed) => Group::Join,
            Some(_) | None => Group::New,
        }
    }

    /// Ends the group: the next edit begins a new one.
    pub fn break_group(&mut self) {
        self.open = None;
    }

    /// Forgets everything, as when the text was replaced by another.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A person at work: a text and the stack that follows it.
    struct Person {
        text: Text,
        stack: UndoStack,
    }

    impl Person {
        fn with(text: &str) -> Self {
            Self { text: Text::from(text), stack: UndoStack::new() }
        }

        fn edit(&mut self, range: std::ops::Range<usize>, text: &str, elapsed_ms: u64) {
            let operation = Operation::replace(self.text.len(), range.clone(), text);
            let group = self.stack.group_of(&operation, Duration::from_millis(elapsed_ms));
            let selections = [Selection::new(range.start, range.end)];
            self.stack.record(&operation, &self.text, group, &selections);
            self.text.apply(&operation).unwrap();
        }

        /// Types a word, a char each tenth of a second.
        fn type_word(&mut self, at: usize, word: &str) {
            for (i, char) in word.chars().enumerate() {
                self.edit(at + i..at + i, &char.to_string(), 100);
            }
        }

        fn remote(&mut self, range: std::ops::Range<usize>, text: &str) {
            let operation = Operation::replace(self.text.len(), range, text);
            self.stack.remote(&operation);
            self.text.apply(&operation).unwrap();
        }

        #[track_caller]
        fn undo(&mut self, after: &str) -> Vec<Selection> {
            let step = self.stack.undo(&self.text, &[]).expect("something to undo");
            self.text.apply(&step.operation).unwrap();
            assert_eq!(self.text.to_string(), after);
            step.selections
        }

        #[track_caller]
        fn redo(&mut self, after: &str) {
            let step = self.stack.redo(&self.text, &[]).expect("something to redo");
            self.text.apply(&step.operation).unwrap();
            assert_eq!(self.text.to_string(), after);
        }
    }

    #[test]
    fn a_typed_word_is_one_group() {
        let mut person = Person::with("");
        person.type_word(0, "hello");
        person.edit(5..5, " ", 700);
        person.type_word(6, "you");
        person.undo("hello");
        person.undo("");
        assert!(!person.stack.can_undo());
        person.redo("hello");
        person.redo("hello you");
        assert!(!person.stack.can_redo());
    }

    #[test]
    fn edits_of_others_do_not_cut_a_word() {
        let mut person = Person::with("ab");
        person.type_word(1, "he");
        person.remote(0..0, "remote ");
        person.type_word(10, "l");
        person.remote(11..11, "R");
        person.type_word(11, "lo");
        assert_eq!(person.text, "remote ahelloRb");
        person.undo("remote aRb");
        assert!(!person.stack.can_undo());
        person.redo("remote ahelloRb");
    }

    #[test]
    fn undo_returns_to_where_the_person_was() {
        let mut person = Person::with("one two");
        person.edit(4..7, "x", 0);
        person.type_word(5, "yz");
        person.remote(0..0, "> ");
        assert_eq!(person.undo("> one two"), [Selection::new(6, 9)]);
    }

    #[test]
    fn text_that_others_deleted_is_nothing_to_undo() {
        let mut person = Person::with("ab");
        person.edit(2..2, "c", 0);
        person.edit(0..0, "pasted", 0);
        person.remote(0..6, "");
        assert!(person.stack.can_undo());
        person.remote(0..3, "");
        assert!(!person.stack.can_undo());
        assert_eq!(person.stack.undo(&person.text, &[]), None);
    }

    #[test]
    fn typing_goes_on_in_a_new_group_when_others_deleted_the_old_one() {
        let mut person = Person::with("");
        person.edit(0..0, "kept, for now", 0);
        person.edit(13..13, "x", 5000);
        person.remote(13..14, "");
        person.edit(13..13, "y", 100);
        person.undo("kept, for now");
        person.undo("");
    }

    #[test]
    fn a_new_edit_ends_what_can_be_redone() {
        let mut person = Person::with("");
        person.edit(0..0, "a", 0);
        person.undo("");
        person.edit(0..0, "b", 0);
        assert!(!person.stack.can_redo());
        person.undo("");
        assert!(!person.stack.can_undo());
    }

    #[test]
    fn an_edit_that_changes_nothing_is_not_remembered() {
        let mut person = Person::with("ab");
        person.edit(0..1, "", 0);
        person.undo("ab");
        person.edit(1..1, "", 0);
        assert!(person.stack.can_redo() && !person.stack.can_undo());
    }

    #[test]
    fn a_group_that_comes_to_nothing_is_forgotten() {
        let mut person = Person::with("");
        let before = person.text.clone();
        person.edit(0..0, "a", 0);
        let back = Operation::replace(1, 0..1, "");
        person.stack.record(&back, &person.text, Group::Join, &[]);
        person.text = before;
        assert!(!person.stack.can_undo());
    }

    #[test]
    fn the_oldest_group_is_forgotten_beyond_the_bound() {
        let mut person = Person::with("");
        for _ in 0..=UNDO_ITEMS_MAX {
            person.edit(0..0, "x", 5000);
        }
        for left in (1..=UNDO_ITEMS_MAX).rev() {
            person.undo(&"x".repeat(left));
        }
        assert!(!person.stack.can_undo());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_group_always_stays() {
        let page = "x".repeat(UNDO_BYTES_MAX / 4);
        let mut person = Person::with("");
        for _ in 0..8 {
            person.edit(0..0, &page, 5000);
            person.edit(0..page.len(), "", 5000);
        }
        assert!(person.stack.undo.heap_bytes() <= UNDO_BYTES_MAX);

        let mut person = Person::with(&"x".repeat(UNDO_BYTES_MAX + 1));
        person.edit(0..1, "", 0);
        person.edit(0..UNDO_BYTES_MAX, "", 0);
        assert_eq!(person.stack.undo.len(), 1);
    }
}
