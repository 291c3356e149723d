//! The engine of many servers: one Postgres database that all of them use.
//!
//! It decides the order of edits and is the truth for everything else. Nothing here migrates it in
//! passing: `codesync-server migrate` does, with rights that a serving process need not have.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::db::engine::Connection;
use crate::db::trouble::Trouble;
use crate::db::write::{Stop, Write, WriteError, Written};
use crate::db::{OpenError, schema};
use crate::oplog::postgres::Appender;

/// Longest wait for a connection of the pool.
const ACQUIRE_WAIT: Duration = Duration::from_secs(5);
/// Longest time for one piece of work, its waiting included. A database that hangs is as good as
/// one that is gone.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What the database itself may take for a statement, for a lock, and how long it keeps a
/// transaction whose client has stopped talking.
const STATEMENT_LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "8s"),
    ("lock_timeout", "4s"),
    ("idle_in_transaction_session_timeout", "15s"),
];
/// Runs of a change that others were in the way of.
const ATTEMPTS_MAX: u32 = 5;

/// One database. A clone is another handle on the same pool.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    pub(crate) appender: Appender,
}

/// How a database is reached.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    connect: PgConnectOptions,
    /// Connections for everything but appending.
    pub connections_max: u32,
}

impl PostgresOptions {
    /// Reads `postgres://user:password@host:port/database?sslmode=…`.
    pub fn from_url(url: &str) -> Result<Self, OpenError> {
        let connect = PgConnectOptions::from_str(url)
            .map_err(|error| OpenError::Url { detail: error.to_string() })?;
        let connect = connect
            .application_name(concat!("codesync-server ", env!("CARGO_PKG_VERSION")))
            .options(STATEMENT_LIMITS)
            .disable_statement_logging();
        Ok(Self { connect, connections_max: 10 })
    }

    /// Which database, without the password.
    fn place(&self) -> String {
        let database = self.connect.get_database().unwrap_or_default();
        format!("{}:{}/{database}", self.connect.get_host(), self.connect.get_port())
    }
}

impl Postgres {
    /// Connects to a database whose schema is at least the one that this program knows.
    pub(crate) async fn connect(options: PostgresOptions) -> Result<Self, OpenError> {
        let pool = pool(&options, options.connections_max).await?;
        let newest = schema::for_postgres().iter().map(|it| it.version).max().unwrap_or(0);
        let known = "select coalesce(max(version), 0) from _sqlx_migrations where success";
        let found: Result<i64, _> = sqlx::query_scalar(known).fetch_one(&pool).await;
        // A database without that table was never migrated.
        let found = match found {
            Ok(found) => found,
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => 0,
            Err(error) => return Err(unreachable(&options, &error)),
        };
        if found < newest {
            return Err(OpenError::NotMigrated { place: options.place(), found, newest });
        }
        let appender = Appender::spawn(options.connect);
        Ok(Self { pool, appender })
    }

    /// Brings the schema forward. Several at once wait for each other.
    pub(crate) async fn migrate(options: &PostgresOptions) -> Result<(), OpenError> {
        let mut options = options.clone();
        // Building an index takes as long as it takes.
        options.connect = options.connect.options([("statement_timeout", "0")]);
        let pool = pool(&options, 1).await?;
        let migrated = async {
            schema::for_postgres().run(&pool).await?;
            let mut connection = pool.acquire().await?;
            schema::settle(&mut Connection::Postgres(&mut connection)).await?;
            Ok(())
        };
        let migrated = migrated.await;
        pool.close().await;
        migrated.map_err(|error: MigrateError| match error {
            MigrateError::Execute(error) => unreachable(&options, &error),
            error => OpenError::Migration { place: options.place(), detail: error.to_string() },
        })
    }

    /// Runs a change in a transaction of its own, again if others were in the way.
    pub(crate) async fn write<W: Write>(&self, mut work: W) -> Written<W> {
        let attempts = async {
            let mut attempt = 1;
            loop {
                match self.attempt(&mut work).await {
                    Err(Failure::Collision(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
                    Err(Failure::Collision(text)) => return Err(WriteError::Unavailable(text)),
                    Err(Failure::Final(error)) => return Err(error),
                    Ok(done) => return Ok(done),
                }
            }
        };
        tokio::time::timeout(ANSWER_MAX, attempts)
            .await
            .unwrap_or_else(|_| Err(WriteError::Unknown("the database does not answer".to_owned())))
    }

    /// Runs a change in a transaction of its own, once, however long it takes.
    pub(crate) async fn write_once<W: Write>(&self, mut work: W) -> Written<W> {
        self.attempt(&mut work).await.map_err(|failure| match failure {
            Failure::Collision(text) => WriteError::Unavailable(text),
            Failure::Final(error) => error,
        })
    }

    async fn attempt<W: Write>(&self, work: &mut W) -> Result<W::Done, Failure<W::Refusal>> {
        let mut transaction = self.pool.begin().await.map_err(|error| failure(&error))?;
        let done = match work.run(&mut Connection::Postgres(&mut transaction)).await {
            Ok(done) => done,
            Err(Stop::Refused(refusal)) => {
                // Dropping it rolls back; a failure here changes nothing.
                let _ = transaction.rollback().await;
                return Err(Failure::Final(WriteError::Refused(refusal)));
            }
            Err(Stop::Failed(error)) => return Err(failure(&error)),
        };
        match transaction.commit().await {
            Ok(()) => Ok(done),
            // The database says that it has not committed.
            Err(error @ sqlx::Error::Database(_)) => Err(failure(&error)),
            Err(error) => Err(Failure::Final(WriteError::Unknown(error.to_string()))),
        }
    }

    /// Why nothing can be written at the moment, if that is so.
    pub(crate) async fn trouble(&self) -> Option<String> {
        let question = sqlx::query_scalar("select pg_is_in_recovery()").fetch_one(&self.pool);
        match tokio::time::timeout(ACQUIRE_WAIT, question).await {
            Ok(Ok(false)) => None,
            Ok(Ok(true)) => Some("the database is a replica that takes no edits".to_owned()),
            Ok(Err(error)) => Some(format!("the database cannot be reached: {error}")),
            Err(_) => Some("the database does not answer".to_owned()),
        }
    }

    pub(crate) async fn close(&self) {
        self.appender.close().await;
        self.pool.close().await;
    }
}

enum Failure<R> {
    Collision(String),
    Final(WriteError<R>),
}

fn failure<R>(error: &sqlx::Error) -> Failure<R> {
    match Trouble::of(error) {
        Trouble::Collision(text) => Failure::Collision(text),
        Trouble::Full => Failure::Final(WriteError::Full),
        Trouble::Damaged(text) => Failure::Final(WriteError::Damaged(text)),
        Trouble::Io(text) | Trouble::Other(text) => Failure::Final(WriteError::Unavailable(text)),
    }
}

async fn pool(options: &PostgresOptions, connections_max: u32) -> Result<PgPool, OpenError> {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_WAIT)
        .connect_with(options.connect.clone())
        .await
        .map_err(|error| unreachable(options, &error))
}

fn unreachable(options: &PostgresOptions, error: &sqlx::Error) -> OpenError {
    OpenError::Unreachable { place: options.place(), detail: error.to_string() }
}
