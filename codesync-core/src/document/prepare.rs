//! From a client's submission to the entry that would be appended.

use super::{AuthorRecord, Batch, Document, Entry, PushError};
use crate::bugs::{self, Bug};
use crate::history::History;
use crate::ids::{Author, Revision, Seq};
use crate::limits;
use crate::operation::{Operation, OperationDecodeError};
use crate::protocol::RejectCode;

/// An edit as a client hands it in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Submission {
    /// The client's how-manieth.
    pub seq: Seq,
    /// Revision it is made for, counted from that of the client's previous committed submission.
    pub since: u64,
    /// The encoded operation.
    pub operation: Vec<u8>,
}

/// What is to be done with a submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Prepared {
    /// Append this, then commit it.
    ///
    /// The operation may have no effect any more, when others deleted the same characters. It is
    /// an entry all the same: one rule for every acknowledgement is worth more than the few bytes.
    Entry(Entry),
    /// It was committed before, at this revision; acknowledge it once more.
    Duplicate {
        /// The revision it led to.
        revision: Revision,
    },
}

/// Why a submission cannot be committed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubmitError {
    /// The author was not registered.
    #[error("author {author} is not known")]
    UnknownAuthor {
        /// Who.
        author: Author,
    },
    /// Older than the last committed one.
    #[error("submission {seq} came after {last_seq} was committed")]
    StaleSeq {
        /// What came.
        seq: Seq,
        /// The author's last committed submission.
        last_seq: Seq,
    },
    /// One before it is missing.
    #[error("submission {seq} came while the last committed one is {last_seq}")]
    SeqGap {
        /// What came.
        seq: Seq,
        /// The author's last committed submission.
        last_seq: Seq,
    },
    /// The client edited a revision this document has not reached.
    #[error("base revision {base} is ahead of the document at {head}")]
    FutureBase {
        /// What the edit is made for; the largest number if that overflows.
        base: Revision,
        /// The newest revision.
        head: Revision,
    },
    /// The base lies before the window. With the older entries from the log,
    /// [`prepare_from`](Document::prepare_from) can still carry it.
    #[error("base revision {base} lies before the kept history, which starts at {start}")]
    BaseTooOld {
        /// What the edit is made for.
        base: Revision,
        /// Oldest revision at hand.
        start: Revision,
    },
    /// The operation is longer than one submission may be.
    #[error("an operation of {bytes} bytes is longer than {bytes_max}")]
    OperationTooLarge {
        /// Encoded length in bytes.
        bytes: usize,
        /// The bound in bytes.
        bytes_max: usize,
    },
    /// The operation is malformed or does not fit the text at its base.
    #[error("malformed operation")]
    Malformed(#[source] OperationDecodeError),
    /// It inserts `'\r'`, which no document holds.
    #[error("the operation inserts a carriage return")]
    CarriageReturn,
    /// The text would become longer than allowed.
    #[error("the text would have {bytes} bytes, more than {bytes_max}")]
    DocumentTooLarge {
        /// Length in bytes that the text would have.
        bytes: u64,
        /// The bound in bytes.
        bytes_max: u64,
    },
}

impl SubmitError {
    /// The code under which the client is told.
    #[must_use]
    pub fn code(&self) -> RejectCode {
        match self {
            Self::UnknownAuthor { .. } => RejectCode::UnknownChannel,
            Self::StaleSeq { .. } => RejectCode::StaleSeq,
            Self::SeqGap { .. } => RejectCode::SeqGap,
            Self::FutureBase { .. } => RejectCode::FutureBase,
            Self::BaseTooOld { .. } => RejectCode::BaseTooOld,
            Self::OperationTooLarge { .. } => RejectCode::OperationTooLarge,
            Self::Malformed(OperationDecodeError::TooManyComponents { .. }) => {
                RejectCode::TooManyComponents
            }
            Self::Malformed(OperationDecodeError::TargetTooLong { .. })
            | Self::DocumentTooLarge { .. } => RejectCode::DocumentTooLarge,
            Self::Malformed(_) => RejectCode::MalformedOperation,
            Self::CarriageReturn => RejectCode::CarriageReturn,
        }
    }
}

/// How a submission stands to what its author committed before.
pub(super) enum Turn {
    /// It is his next one, made for the text at `base`.
    Next { base: Revision },
    /// It is the last one, once more.
    Again { revision: Revision },
}

pub(super) fn turn(record: &AuthorRecord, submission: &Submission) -> Result<Turn, SubmitError> {
    let (seq, last_seq) = (submission.seq, record.last_seq);
    if !bugs::active(Bug::NoDedupe) {
        if seq == last_seq && seq > Seq::ZERO {
            return Ok(Turn::Again { revision: record.last_revision });
        }
        if seq <= last_seq {
            return Err(SubmitError::StaleSeq { seq, last_seq });
        }
        if seq.get() - last_seq.get() > 1 {
            return Err(SubmitError::SeqGap { seq, last_seq });
        }
    }
    let base = record.last_revision.checked_add(submission.since);
    Ok(Turn::Next { base: base.unwrap_or(Revision::new(u64::MAX)) })
}

/// Reads a submitted operation over a base of `base_len` chars and checks what needs no text.
pub(super) fn read(
    bytes: &[u8],
    base_len: usize,
    document_bytes_max: u64,
) -> Result<Operation, SubmitError> {
    let bytes_max = limits::OPERATION_BYTES_MAX;
    if bytes.len() > bytes_max {
        return Err(SubmitError::OperationTooLarge { bytes: bytes.len(), bytes_max });
    }
    let mut limits = limits::submission(document_bytes_max);
    // A text that is too long already may still be shortened; bytes are counted afterwards.
    limits.target_chars_max = limits.target_chars_max.max(base_len);
    let operation = Operation::decode(bytes, base_len, &limits).map_err(SubmitError::Malformed)?;
    if operation.inserted_text().contains('\r') {
        return Err(SubmitError::CarriageReturn);
    }
    Ok(operation)
}

impl Document {
    /// What would be appended for a submission. Nothing changes.
    ///
    /// Each (author, seq) is committed once: the author's last submission sent again is a
    /// [`Prepared::Duplicate`]. About O((k + log n) · log n) for `k` components and `n` revisions
    /// since the base.
    ///
    /// # Errors
    ///
    /// [`SubmitError`], with the numbers met.
    pub fn prepare(
        &self,
        author: Author,
        submission: &Submission,
    ) -> Result<Prepared, SubmitError> {
        one(Batch::new(self).push(author, submission))
    }

    /// As [`prepare`](Document::prepare), for a base before the window: `older` holds the entries
    /// from the base or before up to [`window_start`](Document::window_start) or after.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; [`BaseTooOld`](SubmitError::BaseTooOld) if `older` does not reach.
    pub fn prepare_from(
        &self,
        older: &History,
        author: Author,
        submission: &Submission,
    ) -> Result<Prepared, SubmitError> {
        one(Batch::new(self).push_from(older, author, submission))
    }
}

fn one(pushed: Result<Prepared, PushError>) -> Result<Prepared, SubmitError> {
    pushed.map_err(|error| match error {
        PushError::Submit(error) => error,
        PushError::Full => unreachable!("an empty batch has room for any one submission"),
    })
}
