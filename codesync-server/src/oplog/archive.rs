//! The log with its oldest part packed away: the same answers, from fewer bytes.
//!
//! ```text
//!   revision   1 ─────────── n   n+1 ─────────────────────── head
//!              segments          rows of `entries`
//!              in the store      in the database
//! ```
//!
//! [`ArchivedLog`] is the op log of a server. What lies well before the newest durable snapshot is
//! packed into [segments](super::segment), which go into the store of snapshots; reading goes on
//! from there where the rows end. Who asks does not notice, but for the time it takes.
//!
//! A run of rows becomes a segment in steps, of which each can be the last before the power goes:
//!
//! 1. read the rows, pack them, unpack them again and compare;
//! 2. put the segment into the store, get it back, and compare its hash;
//! 3. in one transaction, note the segment and delete exactly the rows that are in it.
//!
//! Before the third step the rows are there, and a segment in the store that nobody knows; after it
//! the segment is there, twice checked. In between there is nothing. Runs are cut by their length
//! alone, so that a segment that is packed again has the same name and takes its own place.

mod cache;
mod tables;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{DocumentId, Revision};

use crate::db::Database;
use crate::oplog::segment::{self, SegmentError};
use crate::oplog::{
    Append, AppendError, ClientRecord, Epoch, Head, LogError, OpLog, Page, ReadLimit, Recorded,
    Registration,
};
use crate::snapshots::{SegmentKey, SnapshotError, SnapshotStore};
use cache::Cache;
use tables::MoveRun;

/// Newest entries before a snapshot that stay rows: clients that come back still need them.
pub const WINDOW: u64 = 4096;
/// Entries of one segment.
pub const RUN_ENTRIES: usize = 2048;
/// Bytes of operations after which a segment ends even if it has fewer entries.
pub const RUN_BYTES: usize = 1024 * 1024;
/// Segments packed after one snapshot; the next snapshot goes on.
const RUNS_MAX: usize = 16;

/// The op log of a database and the segments beside it. A clone is the same log.
#[derive(Clone)]
pub struct ArchivedLog {
    database: Database,
    store: Arc<dyn SnapshotStore>,
    cache: Arc<Cache>,
}

/// A run of entries was not packed away; the rows are where they were.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the store does not take a segment: {0}")]
    Store(#[from] SnapshotError),
    #[error("the log cannot be packed: {0}")]
    Segment(#[from] SegmentError),
    #[error("the segment of revisions {first} to {last} does not hold what was packed")]
    Altered { first: Revision, last: Revision },
    #[error("the work was cut short: {0}")]
    Cancelled(String),
}

/// Entries that follow each other, with their times, and how far the log goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordedPage {
    pub entries: Vec<Recorded>,
    pub head: Revision,
}

impl ArchivedLog {
    #[must_use]
    pub fn new(database: Database, store: Arc<dyn SnapshotStore>) -> Self {
        Self { database, store, cache: Arc::default() }
    }

    /// The entries after a revision with the times at which they were committed, as many as the
    /// limit allows.
    pub async fn recorded(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<RecordedPage, LogError> {
        let page = self.database.recorded(document, after, limit).await?;
        let first = page.entries.first().map(Recorded::revision);
        if page.head <= after || first == Some(after.next()) {
            return Ok(page);
        }
        let entries = self.archived(document, after, limit).await?;
        Ok(RecordedPage { entries, head: page.head })
    }

    /// Packs away what lies well before a durable snapshot. How many segments were made.
    pub async fn archive(
        &self,
        document: DocumentId,
        epoch: Epoch,
        snapshot: Revision,
    ) -> Result<usize, ArchiveError> {
        let until = Revision::new(snapshot.get().saturating_sub(WINDOW));
        let mut after = self.database.archived_until(document, epoch).await?;
        for made in 0..RUNS_MAX {
            let Some(run) = self.next_run(document, after, until).await? else { return Ok(made) };
            after = self.seal(document, epoch, run).await?;
        }
        Ok(RUNS_MAX)
    }

    /// The entries of the next segment, if there are as many as it must have.
    async fn next_run(
        &self,
        document: DocumentId,
        after: Revision,
        until: Revision,
    ) -> Result<Option<Vec<Recorded>>, LogError> {
        if until <= after {
            return Ok(None);
        }
        let limit = ReadLimit { entries_max: RUN_ENTRIES + 1, bytes_max: RUN_BYTES };
        let mut run = self.database.recorded(document, after, limit).await?.entries;
        // Cut short by its bytes, the run has an entry behind it that it did not take.
        let is_full = run.len() > RUN_ENTRIES || run.last().is_some_and(|it| it.revision() < until);
        run.truncate(RUN_ENTRIES);
        let is_old = run.last().is_some_and(|last| last.revision() <= until);
        Ok((is_full && is_old).then_some(run))
    }

    /// Makes a segment of a run. The revision up to which the log is packed away now.
    async fn seal(
        &self,
        document: DocumentId,
        epoch: Epoch,
        run: Vec<Recorded>,
    ) -> Result<Revision, ArchiveError> {
        let (run, content) = blocking(move || {
            let packed = segment::encode(&run)?;
            Ok((run, Bytes::from(packed)))
        })
        .await?;
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Err(SegmentError::Count { count: 0 }.into());
        };
        let (range, count) = ((first.revision(), last.revision()), run.len());
        let key = SegmentKey::of(document, epoch, range, &content);
        let bytes = content.len();
        self.store.put(&key, content).await?;
        // What counts is what will be read.
        let kept = self.store.get(&key).await?;
        blocking(move || match segment::decode(&kept)? == run {
            true => Ok(()),
            false => Err(ArchiveError::Altered { first: range.0, last: range.1 }),
        })
        .await?;
        self.database.move_run(MoveRun { key, count, bytes }).await?;
        tracing::debug!(doc = %document, first = %range.0, last = %range.1, bytes, "packed away");
        Ok(range.1)
    }

    /// The entries after a revision out of the segment that has the first of them.
    async fn archived(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Vec<Recorded>, LogError> {
        let Some(key) = self.database.segment_with(document, after.next()).await? else {
            // Neither here nor there: whoever asked sees that something is missing.
            return Ok(Vec::new());
        };
        let skipped = after.next().since(key.first).unwrap_or(0);
        let entries = self.segment(&key).await?;
        let mut bytes = 0;
        let taken = entries
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
            .take(limit.entries_max.max(1))
            .enumerate()
            .take_while(|(index, it)| {
                bytes += it.entry.operation.len();
                *index == 0 || bytes <= limit.bytes_max
            });
        Ok(taken.map(|(_, it)| it.clone()).collect())
    }

    async fn segment(&self, key: &SegmentKey) -> Result<Arc<Vec<Recorded>>, LogError> {
        if let Some(entries) = self.cache.get(key) {
            return Ok(entries);
        }
        let unreadable = |detail: String| {
            tracing::error!(segment = %key, detail, "a part of the log cannot be read");
            LogError::Unavailable(detail)
        };
        let content = self.store.get(key).await.map_err(|error| unreadable(error.to_string()))?;
        let entries = blocking(move || Ok(segment::decode(&content)?)).await;
        let entries = entries.map_err(|error| unreadable(error.to_string()))?;
        let range =
            (entries.first().map(Recorded::revision), entries.last().map(Recorded::revision));
        if range != (Some(key.first), Some(key.last)) {
            return Err(unreadable(format!("{key} holds other revisions")));
        }
        let entries = Arc::new(entries);
        self.cache.put(key.clone(), entries.clone());
        Ok(entries)
    }
}

#[async_trait]
impl OpLog for ArchivedLog {
    async fn register(&self, registration: Registration) -> Result<ClientRecord, LogError> {
        self.database.register(registration).await
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        self.database.append(append).await
    }

    async fn read(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError> {
        let page = self.database.read(document, after, limit).await?;
        let first = page.entries.first().map(|entry| entry.revision);
        if page.head <= after || first == Some(after.next()) {
            return Ok(page);
        }
        let entries = self.archived(document, after, limit).await?;
        Ok(Page { entries: entries.into_iter().map(|it| it.entry).collect(), head: page.head })
    }

    async fn ready(&self) -> Result<(), LogError> {
        self.database.ready().await
    }

    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError> {
        self.database.heads(documents).await
    }

    async fn compact(
        &self,
        document: DocumentId,
        epoch: Epoch,
        snapshot: Revision,
    ) -> Result<(), LogError> {
        match self.archive(document, epoch, snapshot).await {
            Ok(_) => Ok(()),
            Err(ArchiveError::Log(error)) => Err(error),
            Err(error) => Err(LogError::Unavailable(error.to_string())),
        }
    }
}

/// Packs and unpacks where waiting harms nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ArchiveError::Cancelled(error.to_string()))?
}
