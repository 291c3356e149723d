//! Appending to SQLite: all statements of an append are one message to the connection's thread.
//!
//! One by one, each would go to that thread and back, which costs more than what it does there. So
//! each asks by `changes()` whether the one before it did its part, and the last answers for all.

use std::fmt::Write as _;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use crate::db::engine::{Connection, Value};
use crate::db::now_ms;
use crate::db::write::{Stop, Write};
use crate::oplog::database::{AuthorMove, find_head};
use crate::oplog::{Append, AppendError, Entry};

/// Rows in one insert; SQLite allows some 32 000 values a statement.
const ROWS_MAX: usize = 256;

#[async_trait]
impl Write for Append {
    type Done = ();
    type Refusal = AppendError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<AppendError>> {
        if self.entries.is_empty() {
            return Ok(());
        }
        if let Some(authors) = self.authors() {
            let (script, rows) = Script::of(self, &authors);
            let answer = connection.row(AssertSqlSafe(script.sql), script.values).await?;
            let written = answer.map(|row| row.number("written")).transpose()?;
            if written == Some(rows as u64) {
                return Ok(());
            }
        }
        // Whatever did not do its part, the head has not moved.
        let head = find_head(connection, self.document).await?;
        Err(Stop::Refused(self.why_refused(head)))
    }
}

/// Statements that run one after the other, with the values of all.
#[derive(Debug, Default)]
struct Script {
    sql: String,
    values: Vec<Value>,
}

impl Script {
    /// What appends, and how many rows its last statement writes if all goes well.
    ///
    /// Authors come first, so that the head moves only if each is where the entries say he is.
    fn of(append: &Append, authors: &[AuthorMove]) -> (Self, usize) {
        let mut script = Self::default();
        let document = script.value(append.document);
        let now = script.value(now_ms());
        for (n, author) in authors.iter().enumerate() {
            let seq = script.value(author.last_seq.get());
            let revision = script.value(author.last_revision.get());
            let number = script.value(author.author.get());
            let before = script.value(author.seq_before);
            let asked = if n == 0 { "" } else { " and changes() = 1" };
            let _ = write!(
                script.sql,
                "update clients set last_seq = ${seq}, last_revision = ${revision} where document = ${document} and author = ${number} and last_seq = ${before}{asked}; "
            );
        }
        let head = script.value(append.expected_head.get() + append.entries.len() as u64);
        let bytes = script.value(append.text_bytes);
        let epoch = script.value(append.epoch.get());
        let expected = script.value(append.expected_head.get());
        let access = script.value(append.access.get());
        let _ = write!(
            script.sql,
            "update documents set head = ${head}, bytes = ${bytes}, updated_at = max(updated_at, ${now}) where id = ${document} and epoch = ${epoch} and head = ${expected} and access = ${access} and changes() = 1; "
        );
        let mut before = 1;
        for entries in append.entries.chunks(ROWS_MAX) {
            script.insert(document, now, entries, before);
            before = entries.len();
        }
        script.sql.push_str("select changes() as written");
        (script, before)
    }

    fn insert(&mut self, document: usize, now: usize, entries: &[Entry], before: usize) {
        self.sql.push_str(
            "insert into entries (document, revision, author, seq, operation, base_length, committed_at) select * from (values ",
        );
        for (n, entry) in entries.iter().enumerate() {
            let revision = self.value(entry.revision.get());
            let author = self.value(entry.author.get());
            let seq = self.value(entry.seq.get());
            let operation = self.value(entry.operation.as_ref());
            let base_length = self.value(entry.base_length as u64);
            let comma = if n == 0 { "" } else { ", " };
            let _ = write!(
                self.sql,
                "{comma}(${document}, ${revision}, ${author}, ${seq}, ${operation}, ${base_length}, ${now})"
            );
        }
        let _ = write!(self.sql, ") where changes() = {before}; ");
    }

    /// Takes a value, and says its number.
    fn value(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }
}
