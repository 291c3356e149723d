//! One SQL text for two engines.
//!
//! SQLite and Postgres take the same statements, with `$1` for the first value, and store the same
//! few kinds of value: whole numbers of 64 bits, text, and bytes. A [`Connection`] sends a statement
//! to whichever it leads to and gives back [`Row`]s that are read the same way.
//!
//! What the engines do not share, a statement avoids: `instr` and `strpos`, `max` and `greatest` of
//! two values, arrays. Where speed needs one engine's own words, that engine has a file of its own.

use std::ops::ControlFlow;

use codesync_core::{ClientId, DocumentId};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Decode, Either, Executor as _, Row as _, SqlSafeStr, Type};

use crate::ids::{LinkId, SessionId, UserId, VersionId};

/// A way to one of the engines, within a transaction or without.
#[derive(Debug)]
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A value for a statement. Missing values have a kind too, which Postgres asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A row of an answer.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// The values of a statement, in the order of `$1`, `$2`, ….
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::engine::Value::from($value)),*] };
}
pub(crate) use values;

impl Connection<'_> {
    /// Runs one statement. How many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr + Send,
        values: Vec<Value>,
    ) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                // SQLite is done when it says so. The end of its answer, which `execute` waits for,
                // comes by itself, and would wake us once more.
                let mut answer = connection.fetch_many(sqlite(sql, values));
                while let Some(part) = answer.try_next().await? {
                    if let Either::Left(done) = part {
                        return Ok(done.rows_affected());
                    }
                }
                Ok(0)
            }
            Self::Postgres(connection) => {
                let done = postgres(sql, values).execute(&mut **connection).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// The first row of the answer, if there is one.
    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr + Send,
        values: Vec<Value>,
    ) -> Result<Option<Row>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(connection) => {
                sqlite(sql, values).fetch_optional(&mut **connection).await?.map(Row::Sqlite)
            }
            Self::Postgres(connection) => {
                postgres(sql, values).fetch_optional(&mut **connection).await?.map(Row::Postgres)
            }
        })
    }

    /// All rows of the answer; the statement bounds how many there may be.
    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let mut rows = Vec::new();
        self.each(sql, values, |row| {
            rows.push(row);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok(rows)
    }

    /// Row by row, until `take` has enough of them.
    pub(crate) async fn each(
        &mut self,
        sql: impl SqlSafeStr + Send,
        values: Vec<Value>,
        mut take: impl FnMut(Row) -> Result<ControlFlow<()>, sqlx::Error> + Send,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let mut rows = sqlite(sql, values).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await? {
                    if take(Row::Sqlite(row))?.is_break() {
                        break;
                    }
                }
            }
            Self::Postgres(connection) => {
                let mut rows = postgres(sql, values).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await? {
                    if take(Row::Postgres(row))?.is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Row {
    /// A column's value, as any type that both engines know: `i64`, text, bytes, or an `Option`.
    pub(crate) fn get<'r, T>(&'r self, column: &str) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// A number in a column that the schema keeps at zero or above.
    pub(crate) fn number(&self, column: &str) -> Result<u64, sqlx::Error> {
        u64::try_from(self.get::<i64>(column)?).map_err(undecodable)
    }

    /// A number that the schema, or whoever wrote it, keeps below 2^32.
    pub(crate) fn small(&self, column: &str) -> Result<u32, sqlx::Error> {
        u32::try_from(self.get::<i64>(column)?).map_err(undecodable)
    }

    /// Bytes that the schema keeps at a fixed length, such as an id or a hash.
    pub(crate) fn fixed<const N: usize>(&self, column: &str) -> Result<[u8; N], sqlx::Error> {
        <[u8; N]>::try_from(self.get::<&[u8]>(column)?).map_err(undecodable)
    }

    /// The same, where there may be none.
    pub(crate) fn fixed_if_any<const N: usize>(
        &self,
        column: &str,
    ) -> Result<Option<[u8; N]>, sqlx::Error> {
        let bytes = self.get::<Option<&[u8]>>(column)?;
        bytes.map(<[u8; N]>::try_from).transpose().map_err(undecodable)
    }
}

/// A column holds what the program never writes there.
pub(crate) fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn sqlite(sql: impl SqlSafeStr, values: Vec<Value>) -> Query<'static, Sqlite, SqliteArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

fn postgres(sql: impl SqlSafeStr, values: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(Some(number.into()))
    }
}

/// No document reaches 2^63 revisions or bytes; should one number be larger, the schema's checks
/// and the head's comparison refuse it.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Number(Some(is.into()))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

/// Ids are stored as their sixteen bytes.
macro_rules! ids {
    ($($id:ty),*) => { $(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Bytes(Some(id.to_bytes().to_vec()))
            }
        }

        impl From<Option<$id>> for Value {
            fn from(id: Option<$id>) -> Self {
                Self::Bytes(id.map(|id| id.to_bytes().to_vec()))
            }
        }
    )* };
}

ids!(DocumentId, ClientId, UserId, SessionId, LinkId, VersionId);
