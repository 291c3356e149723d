//! What an error of the database means to the one who has to act on it.

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// There was no room; nothing was written.
    Full,
    /// The file is not what SQLite wrote.
    Damaged(String),
    /// The disk or the network answered with an error.
    Io(String),
    /// Others were in the way; the same again may succeed.
    Collision(String),
    Other(String),
}

impl Trouble {
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        let text = error.to_string();
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Self::Io(text),
            sqlx::Error::Database(error) => {
                if let Some(error) = error.try_downcast_ref::<SqliteError>() {
                    Self::in_sqlite(error, text)
                } else if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
                    Self::in_postgres(error.code(), text)
                } else {
                    Self::Other(text)
                }
            }
            _ => Self::Other(text),
        }
    }

    /// Whether it is the `raise` of a trigger in SQLite.
    pub(crate) fn is_raised(error: &sqlx::Error) -> bool {
        // SQLITE_CONSTRAINT_TRIGGER, https://sqlite.org/rescode.html.
        const RAISED: &str = "1811";
        error.as_database_error().and_then(|error| error.code()).is_some_and(|it| it == RAISED)
    }

    fn in_sqlite(error: &SqliteError, text: String) -> Self {
        // Primary result codes of SQLite, https://sqlite.org/rescode.html.
        const IOERR: i32 = 10;
        const CORRUPT: i32 = 11;
        const FULL: i32 = 13;
        const NOTADB: i32 = 26;
        let code = sqlx::error::DatabaseError::code(error).and_then(|code| code.parse().ok());
        match code.map(|code: i32| code & 0xff) {
            Some(FULL) => Self::Full,
            Some(CORRUPT | NOTADB) => Self::Damaged(text),
            Some(IOERR) => Self::Io(text),
            _ => Self::Other(text),
        }
    }

    fn in_postgres(code: &str, text: String) -> Self {
        // Appendix A of Postgres' documentation.
        match code {
            "53100" => Self::Full,
            // Serialization failure, deadlock.
            "40001" | "40P01" => Self::Collision(text),
            // The server goes down, comes up, or is a replica after a failover.
            "57P01" | "57P02" | "57P03" | "25006" => Self::Io(text),
            _ => Self::Other(text),
        }
    }
}
