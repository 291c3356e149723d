//! The way back: a file into an empty server, entirely or not at all.
//!
//! Rows and objects go in within one transaction, which is committed when the end of the file was
//! seen. Objects of a restore that failed stay behind and harm nobody: nothing names them.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;
use tokio::sync::mpsc;

use super::archive::{self, Member, ReadError};
use super::rows::{LineError, Table};
use super::{Summary, take_time};
use crate::db::Database;
use crate::db::engine::Connection;
use crate::db::write::{Stop, Write, WriteError};
use crate::oplog::Epoch;
use crate::snapshots::{Key, SegmentKey, SnapshotError, SnapshotKey, SnapshotStore};

/// Parts of the file that may wait to be put back.
const MEMBERS_WAITING: usize = 4;

/// Nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(
        "there are documents or accounts here already; restore into an empty database, or choose another with --data or CODESYNC_DATABASE_URL"
    )]
    NotEmpty,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("{0} is no name of an object")]
    Name(String),
    #[error("the backup speaks of {expected}, and has {met}")]
    Count { expected: Summary, met: Summary },
    #[error(transparent)]
    Object(#[from] SnapshotError),
    #[error("cannot write the database: {0}")]
    Database(String),
}

/// Puts back everything from a file.
pub async fn restore(
    database: &Database,
    snapshots: Arc<dyn SnapshotStore>,
    from: impl io::Read + Send + 'static,
) -> Result<Summary, RestoreError> {
    let (sender, parts) = mpsc::channel(MEMBERS_WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        let part =
            |member| sender.blocking_send(Part::Member(member)).map_err(|_| ReadError::GivenUp);
        let end = archive::read(from, part)?;
        sender.blocking_send(Part::End(end)).map_err(|_| ReadError::GivenUp)
    });
    let written = database.write_once(Restore { parts, snapshots }).await;
    let read = reading.await.map_err(|error| ReadError::File(io::Error::other(error)))?;
    match (written, read) {
        (Ok(summary), _) => Ok(summary),
        // Nothing more came because of this.
        (Err(WriteError::Refused(RestoreError::Read(ReadError::Incomplete))), Err(error)) => {
            Err(error.into())
        }
        (Err(WriteError::Refused(refusal)), _) => Err(refusal),
        (Err(WriteError::Full), _) => Err(RestoreError::Database("there is no room".to_owned())),
        (
            Err(
                WriteError::Damaged(text)
                | WriteError::Unavailable(text)
                | WriteError::Unknown(text),
            ),
            _,
        ) => Err(RestoreError::Database(text)),
    }
}

enum Part {
    Member(Member),
    /// The file was read to its end, and this is what should be in it.
    End(Summary),
}

struct Restore {
    parts: mpsc::Receiver<Part>,
    snapshots: Arc<dyn SnapshotStore>,
}

#[async_trait]
impl Write for Restore {
    type Done = Summary;
    type Refusal = RestoreError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Summary, Stop<RestoreError>> {
        take_time(connection).await?;
        if !is_empty(connection).await? {
            return Err(Stop::Refused(RestoreError::NotEmpty));
        }
        // The machine's own user comes from the file.
        connection.execute("delete from users", Vec::new()).await?;
        let mut met = Summary::default();
        while let Some(part) = self.parts.recv().await {
            match part {
                Part::Member(Member::Rows { table, lines }) => {
                    let table = Table::named(&table).map_err(refused)?;
                    let count = table.insert(connection, &lines).await?.map_err(refused)?;
                    *met.rows.entry(table.name.to_owned()).or_default() += count;
                }
                Part::Member(Member::Object { key, content }) => {
                    put(self.snapshots.as_ref(), &key, content).await.map_err(refused)?;
                    met.objects += 1;
                }
                Part::End(expected) if expected == met => return Ok(met),
                Part::End(expected) => return Err(refused(RestoreError::Count { expected, met })),
            }
        }
        Err(refused(ReadError::Incomplete))
    }
}

fn refused(error: impl Into<RestoreError>) -> Stop<RestoreError> {
    Stop::Refused(error.into())
}

async fn is_empty(connection: &mut Connection<'_>) -> Result<bool, sqlx::Error> {
    let questions =
        ["select 1 from documents limit 1", "select 1 from users where kind <> 'local' limit 1"];
    for question in questions {
        if connection.row(question, Vec::new()).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps an object of either kind under its name.
async fn put(store: &dyn SnapshotStore, name: &str, content: Bytes) -> Result<(), RestoreError> {
    match (key_of::<SnapshotKey>(name), key_of::<SegmentKey>(name)) {
        (Some(key), _) if key.matches(&content) => Ok(store.put(&key, content).await?),
        (_, Some(key)) if key.matches(&content) => Ok(store.put(&key, content).await?),
        _ => Err(RestoreError::Name(name.to_owned())),
    }
}

/// The key with this whole name: `docs/{id}/{epoch}/…`.
fn key_of<K: Key>(name: &str) -> Option<K> {
    let (folder, file) = name.rsplit_once('/')?;
    let mut parts = folder.strip_prefix("docs/")?.split('/');
    let document: DocumentId = parts.next()?.parse().ok()?;
    let epoch = Epoch::new(parts.next()?.parse().ok()?);
    if K::folder(document, epoch) == folder { K::parse(document, epoch, file) } else { None }
}
