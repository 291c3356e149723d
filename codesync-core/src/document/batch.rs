//! Several submissions prepared onto each other, to be appended to the log at once.

use std::collections::BTreeMap;

use super::prepare::{self, Turn};
use super::way::Way;
use super::{AuthorRecord, Document, Entry, Prepared, Submission, SubmitError};
use crate::history::History;
use crate::ids::{Author, Revision};
use crate::limits::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, CATCH_UP_BYTES_MAX};
use crate::operation::Operation;

/// Submissions prepared in order, each as if those before it were committed already.
///
/// Law: the entries are those that preparing and committing one at a time would give.
///
/// Nothing is committed: append [`into_entries`](Batch::into_entries) to the log and then
/// [`commit`](Document::commit) each, or drop the batch and prepare again if another server won
/// the revision.
#[derive(Debug)]
pub struct Batch<'a> {
    document: &'a Document,
    /// The entries of this batch as history, starting at the document's head.
    staged: History,
    /// Authors who have an entry in this batch, as they stand after it.
    records: BTreeMap<Author, AuthorRecord>,
    entries: Vec<Entry>,
    bytes: usize,
    /// At most this long is the text after the batch, in bytes.
    text_bytes_bound: u64,
}

/// Why a submission was not taken into a batch.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PushError {
    /// [`BATCH_ENTRIES_MAX`] or [`BATCH_BYTES_MAX`] is reached; it belongs into the next batch.
    #[error("the batch is full")]
    Full,
    /// It cannot be committed at all.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl<'a> Batch<'a> {
    /// An empty batch on top of the document's head.
    #[must_use]
    pub fn new(document: &'a Document) -> Self {
        Self {
            document,
            staged: History::new(document.head(), document.text.len()),
            records: BTreeMap::new(),
            entries: Vec::new(),
            bytes: 0,
            text_bytes_bound: document.text.len_bytes() as u64,
        }
    }

    /// Prepares a submission on top of what the batch holds.
    ///
    /// A [`Prepared::Entry`] was added to the batch. The revision of a [`Prepared::Duplicate`] may
    /// lie in this very batch; acknowledge it after the batch is in the log.
    ///
    /// # Errors
    ///
    /// [`PushError`]; the batch is unchanged then.
    pub fn push(&mut self, author: Author, submission: &Submission) -> Result<Prepared, PushError> {
        self.push_over(None, author, submission)
    }

    /// As [`push`](Batch::push), for a base before the document's window; see
    /// [`Document::prepare_from`].
    ///
    /// # Errors
    ///
    /// [`PushError`]; the batch is unchanged then.
    pub fn push_from(
        &mut self,
        older: &History,
        author: Author,
        submission: &Submission,
    ) -> Result<Prepared, PushError> {
        self.push_over(Some(older), author, submission)
    }

    /// The entries to append, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries to append, in order; what is borrowed from the document is released.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    fn push_over(
        &mut self,
        older: Option<&History>,
        author: Author,
        submission: &Submission,
    ) -> Result<Prepared, PushError> {
        let record = *self
            .records
            .get(&author)
            .or_else(|| self.document.author(author))
            .ok_or(SubmitError::UnknownAuthor { author })?;
        let base = match prepare::turn(&record, submission)? {
            Turn::Next { base } => base,
            Turn::Again { revision } => return Ok(Prepared::Duplicate { revision }),
        };
        if self.entries.len() == BATCH_ENTRIES_MAX {
            return Err(PushError::Full);
        }
        let operation = self.carry(older, base, &submission.operation)?;
        let bytes = operation.encoded_len();
        if bytes > CATCH_UP_BYTES_MAX {
            // Carried over very many places it fell into more pieces than a frame can hold.
            return Err(
                SubmitError::OperationTooLarge { bytes, bytes_max: CATCH_UP_BYTES_MAX }.into()
            );
        }
        if !self.entries.is_empty() && self.bytes + bytes > BATCH_BYTES_MAX {
            return Err(PushError::Full);
        }
        let text_bytes_bound = self.check_size(&operation)?;

        let revision = self.staged.head().next();
        let entry = Entry { revision, author, seq: submission.seq, operation };
        self.staged
            .push(entry.operation.clone())
            .expect("an operation carried to the head is made for the text there");
        let after = AuthorRecord { last_seq: entry.seq, last_revision: revision, ..record };
        self.records.insert(author, after);
        self.entries.push(entry.clone());
        self.bytes += bytes;
        self.text_bytes_bound = text_bytes_bound;
        Ok(Prepared::Entry(entry))
    }

    /// Reads the operation over its base and carries it over what came after, up to the batch's
    /// end: over `older` entries, the document's window, and the batch itself, as far as needed.
    fn carry(
        &self,
        older: Option<&History>,
        base: Revision,
        bytes: &[u8],
    ) -> Result<Operation, SubmitError> {
        let window = &self.document.history;
        let head = self.staged.head();
        if base > head {
            return Err(SubmitError::FutureBase { base, head });
        }
        let way = Way::new(base, older, window, Some(&self.staged))?;
        let operation = prepare::read(bytes, way.base_len(), self.document.document_bytes_max)?;
        way.carry(operation)
    }

    /// The text's length after `operation`, or more, in bytes; an error if it is really too long.
    ///
    /// What is deleted is only counted when the sum of all that was ever inserted does not fit.
    fn check_size(&self, operation: &Operation) -> Result<u64, SubmitError> {
        let bytes_max = self.document.document_bytes_max;
        let bound = self.text_bytes_bound + operation.inserted_text().len() as u64;
        if bound <= bytes_max || operation.inserted_text().is_empty() {
            return Ok(bound);
        }
        let mut text = self.document.text.clone();
        let fits = "entries of a batch follow each other";
        for entry in &self.entries {
            text.apply(&entry.operation).expect(fits);
        }
        let before = text.len_bytes();
        text.apply(operation).expect(fits);
        let bytes = text.len_bytes() as u64;
        if bytes > bytes_max && text.len_bytes() > before {
            return Err(SubmitError::DocumentTooLarge { bytes, bytes_max });
        }
        Ok(bytes)
    }
}
