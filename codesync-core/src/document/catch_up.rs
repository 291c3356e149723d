//! What a client missed, in as few operations as fit into frames.

use super::Document;
use crate::bugs::{self, Bug};
use crate::history::{History, OutOfHistory};
use crate::ids::{Author, Revision, Seq};
use crate::limits::CATCH_UP_BYTES_MAX;
use crate::operation::Operation;

/// One step of a catch-up; the steps follow each other without a gap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CatchUp {
    /// What others committed, as one operation of at most [`CATCH_UP_BYTES_MAX`] encoded bytes.
    Range {
        /// The revision it starts from.
        from: Revision,
        /// The revision it leads to.
        to: Revision,
        /// The composed operation.
        operation: Operation,
    },
    /// The client's own commit, to be acknowledged in its place.
    Own {
        /// Which submission.
        seq: Seq,
        /// The revision it led to.
        revision: Revision,
    },
}

/// Why a client cannot be caught up from where it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CatchUpError {
    /// The client is ahead of the document, which must have come from an older backup.
    #[error("revision {from} is ahead of the document at {head}")]
    FutureRevision {
        /// Where the client is.
        from: Revision,
        /// The newest revision.
        head: Revision,
    },
    /// The client is behind the window; load older entries, or send the text.
    #[error("revision {from} lies before the kept history, which starts at {start}")]
    TooOld {
        /// Where the client is.
        from: Revision,
        /// Oldest revision at hand.
        start: Revision,
    },
}

impl Document {
    /// The steps that lead a client of `author` from revision `from` to head; none if it is there.
    ///
    /// The author's own last commit is a step of its own, because to him it is an acknowledgement
    /// and not news. (A client has one submission in flight, so it misses at most one.) About
    /// O((k + n) · log n) for `n` revisions with `k` components altogether.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`]
    pub fn catch_up(&self, from: Revision, author: Author) -> Result<Vec<CatchUp>, CatchUpError> {
        self.catch_up_over(None, from, author)
    }

    /// As [`catch_up`](Document::catch_up), for a client from before the window: `older` holds the
    /// entries from `from` or before up to [`window_start`](Document::window_start) or after.
    ///
    /// # Errors
    ///
    /// [`CatchUpError`]
    pub fn catch_up_from(
        &self,
        older: &History,
        from: Revision,
        author: Author,
    ) -> Result<Vec<CatchUp>, CatchUpError> {
        self.catch_up_over(Some(older), from, author)
    }

    fn catch_up_over(
        &self,
        older: Option<&History>,
        from: Revision,
        author: Author,
    ) -> Result<Vec<CatchUp>, CatchUpError> {
        let (window, head) = (&self.history, self.head());
        if from > head {
            return Err(CatchUpError::FutureRevision { from, head });
        }
        let own = self
            .author(author)
            .map(|record| (record.last_seq, record.last_revision))
            .filter(|&(_, revision)| from < revision && revision <= head)
            .filter(|_| !bugs::active(Bug::OwnEntryAppliedInCatchUp));

        let mut steps = Vec::new();
        let mut at = from;
        if let Some((seq, revision)) = own {
            let before = Revision::new(revision.get() - 1);
            ranges(older, window, at, before, &mut steps)?;
            steps.push(CatchUp::Own { seq, revision });
            at = revision;
        }
        ranges(older, window, at, head, &mut steps)?;
        Ok(steps)
    }
}

/// Steps from `from` to `to`, out of `older` as far as the window does not reach back.
fn ranges(
    older: Option<&History>,
    window: &History,
    from: Revision,
    to: Revision,
    steps: &mut Vec<CatchUp>,
) -> Result<(), CatchUpError> {
    let start = window.start();
    let too_old = |_: OutOfHistory| CatchUpError::TooOld { from, start };
    let mut at = from;
    if let Some(older) = older.filter(|_| at < start) {
        let seam = to.min(older.head());
        halve(older, at, seam, steps).map_err(too_old)?;
        at = seam;
    }
    halve(window, at, to, steps).map_err(too_old)
}

/// One step if it fits into a frame, else two halves. A single entry always fits: preparing
/// refuses what would not.
fn halve(
    history: &History,
    from: Revision,
    to: Revision,
    steps: &mut Vec<CatchUp>,
) -> Result<(), OutOfHistory> {
    if from == to {
        return Ok(());
    }
    let operation = history.compose(from, to)?;
    let revisions = to.get() - from.get();
    if operation.encoded_len() > CATCH_UP_BYTES_MAX && revisions > 1 {
        let middle = Revision::new(from.get() + revisions / 2);
        halve(history, from, middle, steps)?;
        return halve(history, middle, to, steps);
    }
    steps.push(CatchUp::Range { from, to, operation });
    Ok(())
}
