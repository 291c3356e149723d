//! The embedded database: one SQLite file, one writer, a few readers.
//!
//! [`Sqlite`] owns the file: it opens and checks it, brings its schema forward and closes it. Every
//! change goes through `Sqlite::write`, to the one task in `writer`; reads have a pool of their
//! own. What is written lives with the tables' owners: the log in `oplog::sqlite`, the list of
//! documents in [`documents`].

pub mod documents;
pub mod memory;
pub(crate) mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteError, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::oplog::LogError;
use writer::{Write, WriteError, Writer};

/// Reading connections, each a thread of its own.
const READERS_MAX: u32 = 4;
/// Longest wait for a reading connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// Size up to which the whole file is checked at every start; that takes under a second.
const CHECKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Size the write-ahead log is cut back to after a checkpoint.
const WAL_BYTES_KEPT: &str = "67108864";

/// The embedded database. A clone is another handle on the same file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: Arc<Path>,
    reads: SqlitePool,
    writer: Writer,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteOptions {
    /// Most pages of 4 KiB the file may grow to; beyond it the disk counts as full.
    pub pages_max: Option<u32>,
}

/// The database cannot be used. Each sentence names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database {} is damaged: {detail}; keep a copy of the file, then restore it from a backup or with: sqlite3 {} .recover",
        path.display(), path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error(
        "the database {} was written by a newer version of this program; install that version, or name another directory with --data",
        path.display()
    )]
    Newer { path: PathBuf },
    #[error("there is no room on the disk to open the database {}; make room and start again", path.display())]
    Full { path: PathBuf },
    #[error("cannot open the database {}: {detail}; check that the file and its folder can be written", path.display())]
    Unusable { path: PathBuf, detail: String },
}

/// What an error of SQLite means to the one who has to act on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// There was no room; nothing was written.
    Full,
    /// The file is not what SQLite wrote.
    Damaged(String),
    /// The disk answered with an error.
    Io(String),
    Other(String),
}

impl Trouble {
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        // Primary result codes of SQLite, https://sqlite.org/rescode.html.
        const IOERR: i32 = 10;
        const CORRUPT: i32 = 11;
        const FULL: i32 = 13;
        const NOTADB: i32 = 26;
        let text = error.to_string();
        if let sqlx::Error::Io(_) = error {
            return Self::Io(text);
        }
        let code = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<SqliteError>())
            .and_then(|error| sqlx::error::DatabaseError::code(error)?.parse::<i32>().ok());
        match code.map(|code| code & 0xff) {
            Some(FULL) => Self::Full,
            Some(CORRUPT | NOTADB) => Self::Damaged(text),
            Some(IOERR) => Self::Io(text),
            _ => Self::Other(text),
        }
    }
}

impl Sqlite {
    /// Opens the file, making it if it is not there, checks it and brings its schema forward.
    pub async fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let mut writing = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("journal_size_limit", WAL_BYTES_KEPT)
            .disable_statement_logging();
        if let Some(pages) = options.pages_max {
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let reading = writing.clone().create_if_missing(false).pragma("query_only", "on");

        let mut connection = writing.connect().await.map_err(|error| open_error(path, &error))?;
        check(path, &mut connection).await?;
        migrate(path, &mut connection).await?;
        let reads = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(reading)
            .await
            .map_err(|error| open_error(path, &error))?;
        let path: Arc<Path> = path.into();
        let writer = Writer::spawn(path.clone(), writing, connection);
        Ok(Self { path, reads, writer })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn reads(&self) -> &SqlitePool {
        &self.reads
    }

    /// Runs a change in the next transaction. `Ok` means that it is on disk.
    pub(crate) async fn write<W: Write>(&self, work: W) -> Result<W::Done, WriteError<W::Refusal>> {
        self.writer.write(work).await
    }

    /// What a failed read means to whoever asked for the log or the list.
    pub(crate) fn log_error(&self, error: &sqlx::Error) -> LogError {
        match Trouble::of(error) {
            Trouble::Full => LogError::Full,
            Trouble::Damaged(detail) => self.damaged(detail),
            Trouble::Io(text) | Trouble::Other(text) => LogError::Unavailable(text),
        }
    }

    /// What a failed change means to whoever asked for it.
    pub(crate) fn refusal(&self, error: WriteError<LogError>) -> LogError {
        match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Full => LogError::Full,
            WriteError::Damaged(detail) => self.damaged(detail),
            WriteError::Unavailable(text) | WriteError::Unknown(text) => {
                LogError::Unavailable(text)
            }
        }
    }

    pub(crate) fn damaged(&self, detail: String) -> LogError {
        LogError::Damaged { path: self.path.to_path_buf(), detail }
    }

    /// Why nothing can be written at the moment, if that is so. Tries again when it was so.
    pub async fn trouble(&self) -> Option<String> {
        self.writer.trouble().await
    }

    /// Finishes what was begun, folds the write-ahead log into the file and closes it.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writer.close().await;
    }
}

/// Milliseconds since 1970, for the columns that remember when.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match Trouble::of(error) {
        Trouble::Full => OpenError::Full { path },
        Trouble::Damaged(detail) => OpenError::Damaged { path, detail },
        Trouble::Io(detail) | Trouble::Other(detail) => OpenError::Unusable { path, detail },
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
    match sqlx::migrate!("./migrations").run(connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..)) => {
            Err(OpenError::Newer { path: path.to_owned() })
        }
        Err(MigrateError::Execute(error)) => Err(open_error(path, &error)),
        Err(error) => Err(OpenError::Unusable { path: path.to_owned(), detail: error.to_string() }),
    }
}

/// Folds the write-ahead log into the file and closes the connection.
async fn finish(mut connection: SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    connection.close().await
}
