//! The embedded engine: one SQLite file, one writer, a few readers.
//!
//! [`Sqlite`] owns the file: it opens and checks it, brings its schema forward and closes it. Every
//! change goes to the one task in `writer`; reads have a pool of their own.

pub(crate) mod writer;

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::db::trouble::Trouble;
use crate::db::{OpenError, engine, schema};
use crate::oplog;
use writer::Writer;

/// Reading connections, each a thread of its own.
const READERS_MAX: u32 = 4;
/// Longest wait for a reading connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// Size up to which the whole file is checked at every start; that takes under a second.
const CHECKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Size of a page of a new file. An append changes one page of each document it is about, and all of
/// that page goes into the write-ahead log.
const PAGE_BYTES: u32 = 2_048;
/// Pages in the write-ahead log from which on it is folded into the file: a page that many appends
/// have changed is then written once.
const WAL_PAGES: &str = "8000";
/// Size the write-ahead log is cut back to after a checkpoint.
const WAL_BYTES_KEPT: &str = "67108864";

/// The embedded engine. A clone is another handle on the same file.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    path: Arc<Path>,
    pub(crate) reads: SqlitePool,
    pub(crate) writer: Writer,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteOptions {
    /// Most pages of 4 KiB the file may grow to; beyond it the disk counts as full.
    pub pages_max: Option<u32>,
}

impl Sqlite {
    /// Opens the file, making it if it is not there, checks it and brings its schema forward.
    pub(crate) async fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let mut writing = connecting(path).create_if_missing(true);
        if let Some(pages) = options.pages_max {
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let reading = writing.clone().create_if_missing(false).pragma("query_only", "on");

        let mut connection = writing.connect().await.map_err(|error| open_error(path, &error))?;
        check(path, &mut connection).await?;
        migrate(path, &mut connection).await?;
        schema::settle(&mut engine::Connection::Sqlite(&mut connection))
            .await
            .map_err(|error| open_error(path, &error))?;
        oplog::equip(&mut connection).await.map_err(|error| open_error(path, &error))?;
        let reads = readers(path, reading).await?;
        let path: Arc<Path> = path.into();
        let writer = Writer::spawn(path.clone(), writing, connection);
        Ok(Self { path, reads, writer })
    }

    /// Opens the file as it is, whoever works on it. Every change of it will be refused.
    pub(crate) async fn open_for_reading(path: &Path) -> Result<Self, OpenError> {
        let reading = connecting(path).create_if_missing(false).pragma("query_only", "on");
        let mut connection = reading.connect().await.map_err(|error| open_error(path, &error))?;
        let known = "select coalesce(max(version), 0) from _sqlx_migrations where success";
        let found: i64 = sqlx::query_scalar(known)
            .fetch_one(&mut connection)
            .await
            .map_err(|error| open_error(path, &error))?;
        let newest = schema::newest();
        match found.cmp(&newest) {
            Ordering::Less => {
                let place = path.display().to_string();
                return Err(OpenError::NotMigrated { place, found, newest });
            }
            Ordering::Greater => return Err(OpenError::Newer { path: path.to_owned() }),
            Ordering::Equal => {}
        }
        let reads = readers(path, reading.clone()).await?;
        let path: Arc<Path> = path.into();
        let writer = Writer::spawn(path.clone(), reading, connection);
        Ok(Self { path, reads, writer })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.to_path_buf()
    }

    /// Finishes what was begun, folds the write-ahead log into the file and closes it.
    pub(crate) async fn close(&self) {
        self.reads.close().await;
        self.writer.close().await;
    }
}

/// How every connection to the file is made.
fn connecting(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .page_size(PAGE_BYTES)
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        .disable_statement_logging()
}

async fn readers(path: &Path, reading: SqliteConnectOptions) -> Result<SqlitePool, OpenError> {
    SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(ACQUIRE_WAIT)
        .connect_with(reading)
        .await
        .map_err(|error| open_error(path, &error))
}

fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match Trouble::of(error) {
        Trouble::Full => OpenError::Full { path },
        Trouble::Damaged(detail) => OpenError::Damaged { path, detail },
        Trouble::Io(detail) | Trouble::Collision(detail) | Trouble::Other(detail) => {
            OpenError::Unusable { path, detail }
        }
    }
}

/// Reads through the file, unless it is so large that a start would take long.
async fn check(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let bytes = tokio::fs::metadata(path).await.map_or(0, |data| data.len());
    if bytes > CHECKED_BYTES_MAX {
        tracing::info!(path = %path.display(), bytes, "database too large to check at the start");
        return Ok(());
    }
    let answer: String = sqlx::query_scalar("pragma quick_check(1)")
        .fetch_one(connection)
        .await
        .map_err(|error| open_error(path, &error))?;
    if answer == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), detail: answer })
}

async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    match schema::for_sqlite().run(connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..)) => {
            Err(OpenError::Newer { path: path.to_owned() })
        }
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(open_error(path, &error))
        }
        Err(error) => Err(OpenError::Unusable { path: path.to_owned(), detail: error.to_string() }),
    }
}

/// Folds the write-ahead log into the file and closes the connection.
async fn finish(mut connection: SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    connection.close().await
}
