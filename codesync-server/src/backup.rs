//! Everything that a server keeps, in one file: written while people type, restored into an empty
//! server on either engine.
//!
//! ```text
//!   one state of the database ──▶ rows ──┐
//!                                        ├──▶ gzip(tar) ──▶ rows, objects ──▶ one transaction
//!   the objects that it names ──────────┘
//! ```
//!
//! [`archive`] is the file, `rows` what a table looks like in it; `restore` is the way back. The
//! format knows neither engine: a row is a line of JSON. Every part is hashed, and the last part
//! hashes all of them, so that a file that lost its end is not taken for a whole one.

pub mod archive;
pub mod restore;
mod rows;

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use codesync_core::{DocumentId, Revision};
use tokio::sync::mpsc;

use crate::db::Database;
use crate::db::engine::{Connection, Row};
use crate::oplog::Epoch;
use crate::snapshots::{Key, SegmentKey, SnapshotError, SnapshotKey, SnapshotStore, hex};
use archive::{ArchiveWriter, Member};
use rows::TABLES;

/// Parts of the file that may wait to be compressed.
const MEMBERS_WAITING: usize = 4;

/// What went into a file, or came out of one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// How many rows of each table that has any.
    pub rows: BTreeMap<String, u64>,
    pub objects: u64,
}

impl Summary {
    /// How many rows of one table.
    #[must_use]
    pub fn count(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or(0)
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (documents, entries) = (self.count("documents"), self.count("entries"));
        let all: u64 = self.rows.values().sum();
        write!(
            f,
            "{documents} documents with {entries} edits, {all} rows in all, {} objects",
            self.objects
        )
    }
}

/// A backup cannot be made. What was written of it is worth nothing.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("cannot read the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(
        "cannot read an object that the database names: {0}; if its document was deleted meanwhile, try again"
    )]
    Object(#[from] SnapshotError),
    #[error("cannot write the file: {0}")]
    File(#[from] io::Error),
}

/// A document as the state that is being kept knows it.
struct Kept {
    document: DocumentId,
    epoch: Epoch,
    head: Revision,
}

/// What the rows of one state name beside them.
#[derive(Default)]
struct Named {
    documents: Vec<Kept>,
    segments: Vec<SegmentKey>,
}

impl Named {
    fn note(&mut self, table: &str, rows: &[Row]) -> Result<(), sqlx::Error> {
        for row in rows {
            match table {
                "documents" => self.documents.push(kept(row)?),
                "segments" => self.segments.push(segment(row)?),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Writes everything. `out` is whole once this has answered, and durable if the caller makes it so.
pub async fn write<W: io::Write + Send + 'static>(
    database: &Database,
    snapshots: &dyn SnapshotStore,
    out: W,
) -> Result<(Summary, W), BackupError> {
    let (members, mut waiting) = mpsc::channel::<Member>(MEMBERS_WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        let mut archive = ArchiveWriter::new(out)?;
        while let Some(member) = waiting.blocking_recv() {
            archive.append(&member)?;
        }
        Ok::<_, io::Error>(archive)
    });
    let read = read(database, snapshots, &members).await;
    drop(members);
    let archive = writing.await.map_err(io::Error::other)?;
    // A file that cannot be written is why nothing more was read.
    let archive = archive?;
    let summary = read?;
    let end = summary.clone();
    let finished = tokio::task::spawn_blocking(move || archive.finish(&end));
    Ok((summary, finished.await.map_err(io::Error::other)??))
}

async fn read(
    database: &Database,
    snapshots: &dyn SnapshotStore,
    members: &mpsc::Sender<Member>,
) -> Result<Summary, BackupError> {
    let mut summary = Summary::default();
    let mut named = Named::default();
    let mut state = database.reading_one_state().await?;
    let mut connection = state.connection();
    take_time(&mut connection).await?;
    for table in &TABLES {
        let columns = table.columns(&mut connection).await?;
        let mut after = None;
        loop {
            let page = table.page(&mut connection, &columns, after.as_deref()).await?;
            named.note(table.name, &page.rows)?;
            let Some(last) = page.last_key(table)? else { break };
            *summary.rows.entry(table.name.to_owned()).or_default() += page.rows.len() as u64;
            send(members, Member::rows(table.name, page.lines()?)).await?;
            after = Some(last);
        }
    }
    drop(state);
    for key in named.segments {
        // The rows that are in it are nowhere else.
        let content = snapshots.get(&key).await?;
        send(members, Member::object(&key, content)).await?;
        summary.objects += 1;
    }
    for document in named.documents {
        summary.objects += snapshot(snapshots, &document, members).await?;
    }
    Ok(summary)
}

/// A transaction that lasts as long as it takes. SQLite has no such limits.
pub(crate) async fn take_time(connection: &mut Connection<'_>) -> Result<(), sqlx::Error> {
    if let Connection::Postgres(_) = connection {
        connection.execute("set local statement_timeout = 0", Vec::new()).await?;
        let idle = "set local idle_in_transaction_session_timeout = 0";
        connection.execute(idle, Vec::new()).await?;
    }
    Ok(())
}

fn kept(row: &Row) -> Result<Kept, sqlx::Error> {
    Ok(Kept {
        document: DocumentId::from_bytes(row.fixed("id")?),
        epoch: Epoch::new(row.small("epoch")?),
        head: Revision::new(row.number("head")?),
    })
}

fn segment(row: &Row) -> Result<SegmentKey, sqlx::Error> {
    let document = DocumentId::from_bytes(row.fixed("document")?);
    let epoch = Epoch::new(row.small("epoch")?);
    let (first, last) = (row.number("first_revision")?, row.number("last_revision")?);
    let name = format!("{first}-{last}-{}", hex(&row.fixed::<32>("hash")?));
    let key = SegmentKey::parse(document, epoch, &name);
    key.ok_or_else(|| sqlx::Error::Decode(format!("{name} is no segment").into()))
}

/// The newest snapshot that the kept state knows, so that a restored document loads fast. One that
/// is missing or damaged costs time, not text.
async fn snapshot(
    snapshots: &dyn SnapshotStore,
    kept: &Kept,
    members: &mpsc::Sender<Member>,
) -> Result<u64, BackupError> {
    let keys: Vec<SnapshotKey> = snapshots.list(kept.document, kept.epoch).await?;
    for key in keys.into_iter().filter(|key| key.revision <= kept.head) {
        match snapshots.get(&key).await {
            Ok(content) => {
                send(members, Member::object(&key, content)).await?;
                return Ok(1);
            }
            Err(error) => tracing::warn!(doc = %kept.document, %error, "snapshot left out"),
        }
    }
    Ok(0)
}

async fn send(members: &mpsc::Sender<Member>, member: Member) -> Result<(), BackupError> {
    let gone = |_| io::Error::other("the writer of the file has ended");
    Ok(members.send(member).await.map_err(gone)?)
}

impl Member {
    fn rows(table: &str, lines: Vec<u8>) -> Self {
        Self::Rows { table: table.to_owned(), lines: Bytes::from(lines) }
    }

    fn object<K: Key>(key: &K, content: Bytes) -> Self {
        Self::Object { key: key.to_string(), content }
    }
}
