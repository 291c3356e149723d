//! The authority: the one copy of a document that decides the order of edits.
//!
//! [`Document`] holds the text at head, a window of committed operations, and for each author what
//! was last committed of his. It is asked with `&self` and changed in one place:
//!
//! ```text
//!   Submission ──▶ prepare(&self) ──▶ Entry ──▶ the log (durable) ──▶ commit(&mut self) ──▶ tell
//! ```
//!
//! [`prepare`](Document::prepare) works out what *would* be appended: it recognises what was
//! committed before, checks bounds, and carries the operation over everything committed since the
//! client's base. [`commit`](Document::commit) is the only door through which the text changes,
//! for our own entries, for those another server appended, and for replaying the log.
//! [`Batch`] prepares several submissions onto each other, to be appended at once;
//! [`prepare_whole`](Document::prepare_whole) an edit of any size from somebody who says nothing else.
//!
//! This module must not know about sockets, storage or time.

mod author;
mod batch;
mod catch_up;
mod entry;
mod prepare;
mod way;
mod whole;

pub use author::AuthorRecord;
pub use batch::{Batch, PushError};
pub use catch_up::{CatchUp, CatchUpError};
pub use entry::{Entry, EntryDecodeError};
pub use prepare::{Prepared, Submission, SubmitError};
pub use whole::PreparedWhole;

use std::collections::BTreeMap;

use crate::bugs::{self, Bug};
use crate::history::History;
use crate::ids::{Author, Revision, Seq};
use crate::limits::{
    CHECKPOINT_REVISIONS, DOCUMENT_BYTES_CEILING, DOCUMENT_BYTES_MAX, HISTORY_BYTES_MAX,
    HISTORY_REVISIONS_MAX,
};
use crate::text::{Text, TextHash};

/// The authoritative copy of one document.
///
/// ```
/// use codesync_core::document::{AuthorRecord, Document, Prepared, Submission};
/// use codesync_core::{Author, ClientId, Operation, Revision, Seq, Text};
///
/// let ana = Author::new(1);
/// let mut document = Document::new(Revision::ZERO, Text::new());
/// document.register(ana, AuthorRecord::new(ClientId::from_bytes([7; 16])));
///
/// let typed = Submission { seq: Seq::new(1), since: 0, operation: Operation::replace(0, 0..0, "hi").encode() };
/// let Prepared::Entry(entry) = document.prepare(ana, &typed)? else { unreachable!("it is new") };
/// // … append `entry` to the log here, and only then:
/// document.commit(entry)?;
/// assert_eq!(document.text(), &"hi");
///
/// // The same submission again, because the acknowledgement was lost:
/// let revision = Revision::new(1);
/// assert_eq!(document.prepare(ana, &typed)?, Prepared::Duplicate { revision });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Document {
    text: Text,
    history: History,
    authors: BTreeMap<Author, AuthorRecord>,
    document_bytes_max: u64,
}

/// The fingerprint of a document at a revision.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// The revision.
    pub revision: Revision,
    /// Hash of the text at that revision.
    pub hash: TextHash,
}

/// Why an entry does not follow the document's head.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CommitError {
    /// The entry leads to another revision than the next one.
    #[error("expected the entry of revision {expected}, met that of {met}")]
    OutOfOrder {
        /// One more than the head.
        expected: Revision,
        /// The entry's revision.
        met: Revision,
    },
    /// The entry is made for a text of another length.
    #[error("expected an operation on {expected} chars at head, met one on {met}")]
    WrongLength {
        /// Length of the text at head, in chars.
        expected: usize,
        /// Base length of the operation, in chars.
        met: usize,
    },
    /// The entry is not the author's next submission.
    #[error("expected submission {expected} of author {author}, met {met}")]
    WrongSeq {
        /// Whose.
        author: Author,
        /// One more than the last.
        expected: Seq,
        /// The entry's.
        met: Seq,
    },
}

impl Document {
    /// The document as a snapshot has it: `text` at `head`, with an empty window behind it.
    ///
    /// Entries after `head` follow through [`commit`](Document::commit), authors through
    /// [`register`](Document::register).
    #[must_use]
    pub fn new(head: Revision, text: Text) -> Self {
        Self {
            history: History::new(head, text.len()),
            text,
            authors: BTreeMap::new(),
            document_bytes_max: DOCUMENT_BYTES_MAX,
        }
    }

    /// Lets the text grow to this many bytes of UTF-8 instead of [`DOCUMENT_BYTES_MAX`]; at most
    /// [`DOCUMENT_BYTES_CEILING`]. A text that is longer already can only shrink.
    #[must_use]
    pub fn with_document_bytes_max(mut self, document_bytes_max: u64) -> Self {
        self.document_bytes_max = document_bytes_max.min(DOCUMENT_BYTES_CEILING);
        self
    }

    /// The text at head. A clone of it is O(1) and stays as it is: snapshots are written from one.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The newest revision.
    #[must_use]
    pub fn head(&self) -> Revision {
        self.history.head()
    }

    /// The oldest revision that a submission or a catch-up can start from without the log.
    #[must_use]
    pub fn window_start(&self) -> Revision {
        self.history.start()
    }

    /// Longest text that the document may have, in bytes of UTF-8.
    #[must_use]
    pub fn document_bytes_max(&self) -> u64 {
        self.document_bytes_max
    }

    /// What is known of an author.
    #[must_use]
    pub fn author(&self, author: Author) -> Option<&AuthorRecord> {
        self.authors.get(&author)
    }

    /// Makes an author known, as the log's dedupe row has him, before his first submission.
    ///
    /// May be repeated: of two records the one with the later submission stands.
    pub fn register(&mut self, author: Author, mut record: AuthorRecord) {
        if bugs::active(Bug::DedupeForgottenOnReload) {
            (record.last_seq, record.last_revision) = (Seq::ZERO, Revision::ZERO);
        }
        let known = self.authors.entry(author).or_insert(record);
        if known.last_seq < record.last_seq {
            *known = record;
        }
        known.client = known.client.or(record.client);
    }

    /// Forgets an author who left, so that memory follows those who are here. He is
    /// [registered](Document::register) again from the log when he comes back.
    pub fn forget(&mut self, author: Author) {
        self.authors.remove(&author);
    }

    /// Takes over an entry that is in the log: the one door through which a document changes.
    ///
    /// O(log n) in the text for a keystroke. The window forgets its older half when it is full
    /// ([`HISTORY_REVISIONS_MAX`], [`HISTORY_BYTES_MAX`]).
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the entry is not the next one; the document is unchanged then. After an
    /// honest log this means that an entry is missing (read it first) or came twice (skip it).
    pub fn commit(&mut self, entry: Entry) -> Result<(), CommitError> {
        let Entry { revision, author, seq, operation } = entry;
        let expected = self.head().next();
        if revision != expected {
            return Err(CommitError::OutOfOrder { expected, met: revision });
        }
        let expected = self.text.len();
        if operation.base_len() != expected {
            return Err(CommitError::WrongLength { expected, met: operation.base_len() });
        }
        if let Some(record) = self.authors.get(&author) {
            let expected = record.last_seq.next();
            if seq != expected {
                return Err(CommitError::WrongSeq { author, expected, met: seq });
            }
        }
        self.text.apply(&operation).expect("the lengths were compared");
        self.history.push(operation).expect("the text at head has the length of history's head");
        let record = self.authors.entry(author).or_default();
        (record.last_seq, record.last_revision) = (seq, revision);
        self.bound_window();
        Ok(())
    }

    /// Forgets committed operations up to `revision`; the text and the head stay.
    ///
    /// Submissions and catch-ups from before then need the log
    /// ([`prepare_from`](Document::prepare_from), [`catch_up_from`](Document::catch_up_from)).
    pub fn evict_before(&mut self, revision: Revision) {
        self.history.evict_before(revision.min(self.head()));
    }

    /// Forgetting a half at a time keeps the cost per commit constant.
    fn bound_window(&mut self) {
        loop {
            let (start, head) = (self.history.start(), self.head());
            let revisions = head.get() - start.get();
            let full = revisions > HISTORY_REVISIONS_MAX as u64
                || self.history.entry_bytes() > HISTORY_BYTES_MAX;
            if !full || revisions <= 1 {
                return;
            }
            self.evict_before(Revision::new(start.get() + revisions.div_ceil(2)));
        }
    }

    /// The fingerprint of the text, if one is due at this very head: every
    /// [`CHECKPOINT_REVISIONS`] revisions. O(n) in the text when it is due.
    #[must_use]
    pub fn checkpoint_due(&self) -> Option<Checkpoint> {
        let due =
            self.head() > Revision::ZERO && self.head().get().is_multiple_of(CHECKPOINT_REVISIONS);
        due.then(|| self.checkpoint())
    }

    /// The fingerprint of the text at head: for a join, and where one is due. O(n) in the text.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { revision: self.head(), hash: self.text.hash() }
    }
}
