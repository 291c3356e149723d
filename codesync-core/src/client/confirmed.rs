//! The confirmed text: what the server committed, as far as this client has heard.
//!
//! It is kept as a text at some earlier revision (a clone, which is free) and the operations since.
//! So a keystroke costs one push, and the text is put together only when somebody asks for it.

use std::collections::VecDeque;

use crate::ids::Revision;
use crate::operation::{Bias, Operation};
use crate::selection::{self, Selection};
use crate::text::{Text, TextHash};

/// Most operations that are kept beside the text. A server sends a fingerprint every
/// [`CHECKPOINT_REVISIONS`](crate::limits::CHECKPOINT_REVISIONS), at which they are put together;
/// this bounds what a server costs that never does.
const OPERATIONS_MAX: usize = 1_024;

/// Most heap bytes of them, for the same reason.
const OPERATIONS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The confirmed text at a revision, and every operation committed since.
#[derive(Clone, Debug)]
pub(super) struct Confirmed {
    text: Text,
    revision: Revision,
    /// Each with the revision it leads to.
    since: VecDeque<(Revision, Operation)>,
    /// Heap bytes of the operations since.
    bytes: usize,
}

impl Confirmed {
    pub(super) fn new(revision: Revision, text: Text) -> Self {
        Self { text, revision, since: VecDeque::new(), bytes: 0 }
    }

    /// Adds the committed operation that leads to `revision`.
    pub(super) fn push(&mut self, revision: Revision, operation: Operation) {
        self.bytes += operation.heap_bytes();
        self.since.push_back((revision, operation));
        if self.since.len() > OPERATIONS_MAX || self.bytes > OPERATIONS_BYTES_MAX {
            self.advance(self.since[self.since.len() / 2].0);
        }
    }

    /// The newest confirmed text. O(operations since · log n).
    pub(super) fn text(&self) -> Text {
        let mut text = self.text.clone();
        for (_, operation) in &self.since {
            text.apply(operation).expect("confirmed operations follow each other");
        }
        text
    }

    /// The hash of the text at `revision`, which is kept from there on; `None` if that revision is
    /// not at hand, because it was passed over in one step.
    pub(super) fn hash_at(&mut self, revision: Revision) -> Option<TextHash> {
        self.advance(revision);
        (self.revision == revision).then(|| self.text.hash())
    }

    /// Takes over a text that is known to be that of the newest revision.
    pub(super) fn replace(&mut self, revision: Revision, text: Text) {
        *self = Self::new(revision, text);
    }

    /// Selections counted in the text at `from`, as of the newest; `None` if `from` is too old.
    pub(super) fn carry(&self, selections: &[Selection], from: Revision) -> Option<Vec<Selection>> {
        let at_hand = from == self.revision || self.since.iter().any(|(to, _)| *to == from);
        at_hand.then(|| {
            let later = self.since.iter().filter(|(to, _)| *to > from);
            later.fold(selections.to_vec(), |selections, (_, operation)| {
                selection::map(&selections, operation, Bias::Left)
            })
        })
    }

    /// Puts together what led to `revision` and before.
    fn advance(&mut self, revision: Revision) {
        while let Some((to, operation)) = self.since.pop_front_if(|(to, _)| *to <= revision) {
            self.text.apply(&operation).expect("confirmed operations follow each other");
            self.bytes -= operation.heap_bytes();
            self.revision = to;
        }
    }
}
