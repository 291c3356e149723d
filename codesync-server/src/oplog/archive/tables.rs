//! The archive's side of the database: rows with their times, and the table `segments`.

use std::ops::ControlFlow;

use async_trait::async_trait;
use codesync_core::{DocumentId, Revision};

use super::RecordedPage;
use crate::db::engine::{Connection, Row, values};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::oplog::database::{entry, find_head};
use crate::oplog::{Epoch, LogError, ReadLimit, Recorded};
use crate::snapshots::{Key, SegmentKey};

/// A run of rows that is in the store now.
pub(super) struct MoveRun {
    pub(super) key: SegmentKey,
    /// Entries in it.
    pub(super) count: usize,
    /// Its size in the store.
    pub(super) bytes: usize,
}

impl Database {
    /// The rows after a revision.
    pub(super) async fn recorded(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<RecordedPage, LogError> {
        let page = async {
            let mut reading = self.reading_one_state().await?;
            read_recorded(&mut reading.connection(), document, after, limit).await
        };
        self.bounded(page).await?.ok_or(LogError::NotFound)
    }

    /// The last revision that is packed away, or zero.
    pub(super) async fn archived_until(
        &self,
        document: DocumentId,
        epoch: Epoch,
    ) -> Result<Revision, LogError> {
        let until = async {
            let mut reading = self.reading().await?;
            archived_until(&mut reading.connection(), document, epoch).await
        };
        self.bounded(until).await
    }

    /// The segment of the document's present epoch that holds this revision.
    pub(super) async fn segment_with(
        &self,
        document: DocumentId,
        revision: Revision,
    ) -> Result<Option<SegmentKey>, LogError> {
        let found = async {
            let mut reading = self.reading().await?;
            let row = reading
                .connection()
                .row(
                    "select segments.epoch, first_revision, last_revision, hash from segments join documents on documents.id = segments.document and documents.epoch = segments.epoch where document = $1 and first_revision <= $2 and last_revision >= $2 order by first_revision desc limit 1",
                    values![document, revision.get()],
                )
                .await?;
            row.map(|row| segment(document, &row)).transpose()
        };
        self.bounded(found).await
    }

    /// Notes a segment and deletes the rows that are in it.
    pub(super) async fn move_run(&self, run: MoveRun) -> Result<(), LogError> {
        self.write(run).await.map_err(|error| self.refusal(error))
    }
}

#[async_trait]
impl Write for MoveRun {
    type Done = ();
    type Refusal = LogError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<LogError>> {
        let SegmentKey { first, last, .. } = self.key;
        let (document, epoch) = (self.key.document(), self.key.epoch());
        let refused = |detail: &str| Stop::Refused(LogError::Unavailable(detail.to_owned()));
        let head = find_head(connection, document).await?;
        let head = head.ok_or(Stop::Refused(LogError::NotFound))?;
        if head.epoch != epoch || head.revision < last {
            return Err(refused("the log was started anew meanwhile"));
        }
        if archived_until(connection, document, epoch).await?.next() != first {
            return Err(refused("another server has packed these entries away"));
        }
        connection
            .execute(
                "insert into segments (document, epoch, first_revision, last_revision, hash, bytes, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
                values![
                    document,
                    epoch.get(),
                    first.get(),
                    last.get(),
                    self.key.hash(),
                    self.bytes as u64,
                    now_ms(),
                ],
            )
            .await?;
        let deleted = connection
            .execute(
                "delete from entries where document = $1 and revision >= $2 and revision <= $3",
                values![document, first.get(), last.get()],
            )
            .await?;
        if deleted != self.count as u64 {
            return Err(refused("the rows are not those that were packed"));
        }
        Ok(())
    }
}

async fn archived_until(
    connection: &mut Connection<'_>,
    document: DocumentId,
    epoch: Epoch,
) -> Result<Revision, sqlx::Error> {
    let row = connection
        .row(
            "select last_revision from segments where document = $1 and epoch = $2 order by first_revision desc limit 1",
            values![document, epoch.get()],
        )
        .await?;
    row.map_or(Ok(Revision::ZERO), |row| Ok(Revision::new(row.number("last_revision")?)))
}

async fn read_recorded(
    connection: &mut Connection<'_>,
    document: DocumentId,
    after: Revision,
    limit: ReadLimit,
) -> Result<Option<RecordedPage>, sqlx::Error> {
    let Some(head) = find_head(connection, document).await? else { return Ok(None) };
    let mut page = RecordedPage { entries: Vec::new(), head: head.revision };
    let mut bytes = 0;
    connection
        .each(
            "select revision, author, seq, operation, base_length, committed_at from entries where document = $1 and revision > $2 order by revision limit $3",
            values![document, after.get(), limit.entries_max.max(1) as u64],
            |row| {
                let recorded = Recorded { entry: entry(&row)?, committed_at: row.get("committed_at")? };
                bytes += recorded.entry.operation.len();
                if bytes > limit.bytes_max && !page.entries.is_empty() {
                    return Ok(ControlFlow::Break(()));
                }
                page.entries.push(recorded);
                Ok(ControlFlow::Continue(()))
            },
        )
        .await?;
    Ok(Some(page))
}

fn segment(document: DocumentId, row: &Row) -> Result<SegmentKey, sqlx::Error> {
    let range = (row.number("first_revision")?, row.number("last_revision")?);
    let range = (Revision::new(range.0), Revision::new(range.1));
    Ok(SegmentKey::of_hash(document, Epoch::new(row.small("epoch")?), range, row.fixed("hash")?))
}
