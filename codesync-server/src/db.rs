//! The database: SQLite in a file for one server, Postgres for many.
//!
//! [`Database`] is one or the other. A change is a `Write` and runs in a transaction of either
//! engine; reads take a `Reading`. What is written lives with the tables' owners: the log in
//! `oplog::database`, the list of documents in [`documents`].
//!
//! | room | what lives there |
//! |---|---|
//! | `engine` | one SQL text for both: connection, values, rows |
//! | `write` | a change, and how it may end |
//! | `schema` | one set of migrations for both |
//! | `sqlite`, `postgres` | opening, writing and closing each of them |
//! | `trouble` | what their errors mean |

pub mod audit;
pub mod documents;
pub(crate) mod engine;
pub(crate) mod housekeeping;
pub(crate) mod idempotency;
pub mod links;
pub mod members;
pub mod memory;
pub(crate) mod postgres;
pub(crate) mod schema;
pub mod sessions;
pub(crate) mod sqlite;
pub mod trash;
pub(crate) mod trouble;
pub mod users;
pub mod versions;
pub(crate) mod write;
pub mod writers;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sqlx::pool::PoolConnection;

use crate::oplog::LogError;
use engine::Connection;
pub use postgres::PostgresOptions;
use sqlite::Sqlite;
pub use sqlite::SqliteOptions;
use trouble::Trouble;
use write::{Write, WriteError, Written};

/// A database of either kind. A clone is another handle on the same one.
#[derive(Clone, Debug)]
pub struct Database {
    pub(crate) engine: Engine,
}

#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(postgres::Postgres),
}

/// The database cannot be used. Each sentence names it and the way out.
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
    #[error(
        "the database's address does not fit: {detail}; it looks like postgres://user:password@host:5432/codesync"
    )]
    Url { detail: String },
    #[error(
        "cannot use the database {place}: {detail}; check that it runs, its address and the password"
    )]
    Unreachable { place: String, detail: String },
    #[error(
        "the database {place} is at version {found} of the schema and this program needs {newest}; run: codesync-server migrate"
    )]
    NotMigrated { place: String, found: i64, newest: i64 },
    #[error("cannot bring the schema of the database {place} forward: {detail}")]
    Migration { place: String, detail: String },
}

impl Database {
    /// Opens a file, making it if it is not there, checks it and brings its schema forward.
    pub async fn open_file(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        Ok(Self { engine: Engine::Sqlite(Sqlite::open(path, options).await?) })
    }

    /// Opens a file to read it alone, while a server may be working on it.
    pub async fn open_for_reading(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { engine: Engine::Sqlite(Sqlite::open_for_reading(path).await?) })
    }

    /// Connects to Postgres.
    pub async fn connect(options: PostgresOptions) -> Result<Self, OpenError> {
        Ok(Self { engine: Engine::Postgres(postgres::Postgres::connect(options).await?) })
    }

    /// Brings the schema of a Postgres database forward. A file needs no such call.
    pub async fn migrate(options: &PostgresOptions) -> Result<(), OpenError> {
        postgres::Postgres::migrate(options).await
    }

    /// A connection to read with.
    pub(crate) async fn reading(&self) -> Result<Reading, sqlx::Error> {
        Ok(match &self.engine {
            Engine::Sqlite(sqlite) => Reading::Sqlite(sqlite.reads.acquire().await?),
            Engine::Postgres(postgres) => Reading::Postgres(postgres.pool.acquire().await?),
        })
    }

    /// A connection that sees one state of the database, however often it asks.
    pub(crate) async fn reading_one_state(&self) -> Result<Reading, sqlx::Error> {
        const BEGIN: &str = "begin isolation level repeatable read, read only";
        Ok(match &self.engine {
            Engine::Sqlite(sqlite) => Reading::SqliteState(sqlite.reads.begin().await?),
            Engine::Postgres(postgres) => {
                Reading::PostgresState(postgres.pool.begin_with(BEGIN).await?)
            }
        })
    }

    /// Runs a change in a transaction. `Ok` means that it is durable.
    pub(crate) async fn write<W: Write>(&self, work: W) -> Written<W> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.write(work).await,
            Engine::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// Runs a change that takes as long as it takes, and cannot be run twice.
    pub(crate) async fn write_once<W: Write>(&self, work: W) -> Written<W> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.write(work).await,
            Engine::Postgres(postgres) => postgres.write_once(work).await,
        }
    }

    /// Ends work that reads when the database hangs. A file does not.
    pub(crate) async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, LogError> {
        let answer = match &self.engine {
            Engine::Sqlite(_) => work.await,
            Engine::Postgres(_) => {
                let answer = tokio::time::timeout(postgres::ANSWER_MAX, work).await;
                answer.unwrap_or_else(|elapsed| Err(sqlx::Error::Io(elapsed.into())))
            }
        };
        answer.map_err(|error| self.log_error(&error))
    }

    /// What a failed read means to whoever asked for the log or the list.
    pub(crate) fn log_error(&self, error: &sqlx::Error) -> LogError {
        match Trouble::of(error) {
            Trouble::Full => LogError::Full,
            Trouble::Damaged(detail) => self.damaged(detail),
            Trouble::Io(text) | Trouble::Collision(text) | Trouble::Other(text) => {
                LogError::Unavailable(text)
            }
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
        match &self.engine {
            Engine::Sqlite(sqlite) => LogError::Damaged { path: sqlite.path(), detail },
            Engine::Postgres(_) => LogError::Unavailable(detail),
        }
    }

    /// How busy it is.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match &self.engine {
            Engine::Sqlite(Sqlite { reads, writer, .. }) => {
                Usage::of(reads.size(), reads.num_idle(), writer.waiting())
            }
            Engine::Postgres(postgres::Postgres { pool, appender }) => {
                Usage::of(pool.size(), pool.num_idle(), appender.waiting())
            }
        }
    }

    /// Why nothing can be written at the moment, if that is so. Tries again when it was so.
    pub async fn trouble(&self) -> Option<String> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.trouble().await,
            Engine::Postgres(postgres) => postgres.trouble().await,
        }
    }

    /// Finishes what was begun and closes the database.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }
}

/// How busy a database is, as far as this process can see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Connections of the pool, and those of them that nobody uses.
    pub connections: usize,
    pub idle: usize,
    /// Changes that wait: with SQLite all of them, with Postgres the appends.
    pub waiting: usize,
}

impl Usage {
    fn of(connections: u32, idle: usize, waiting: usize) -> Self {
        Self { connections: usize::try_from(connections).unwrap_or(usize::MAX), idle, waiting }
    }
}

/// A connection taken from a pool, given back when it is dropped.
#[derive(Debug)]
pub(crate) enum Reading {
    Sqlite(PoolConnection<sqlx::Sqlite>),
    Postgres(PoolConnection<sqlx::Postgres>),
    SqliteState(sqlx::Transaction<'static, sqlx::Sqlite>),
    PostgresState(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Reading {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
            Self::SqliteState(transaction) => Connection::Sqlite(transaction),
            Self::PostgresState(transaction) => Connection::Postgres(transaction),
        }
    }
}

/// Milliseconds since 1970, for the columns that remember when.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// So long before a moment, both in milliseconds since 1970.
pub(crate) fn before(now: i64, time: Duration) -> i64 {
    now - i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
