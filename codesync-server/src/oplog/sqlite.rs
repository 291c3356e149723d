//! Appending to SQLite: what has gathered for many documents goes in one statement.
//!
//! Each statement goes to the connection's thread and back, which costs more than what it does
//! there, and one that stands alone needs no transaction around it. So the writing connection has a
//! view, [`APPENDING`], that entries are inserted into; what an insert does is its trigger's
//! business, compiled once. The trigger refuses an entry that does not fit, and with it the whole
//! statement: then each append is tried by itself.

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::db::engine::{Connection, Value, values};
use crate::db::now_ms;
use crate::db::trouble::Trouble;
use crate::db::write::{Stop, Write};
use crate::oplog::database::find_head;
use crate::oplog::{Append, AppendError};

/// Authors come first, so that the head moves only if each is where the entries say he is.
const APPENDING: &str = "
create temp view appending (
    document, epoch, access, bytes, committed_at, revision, author, seq, operation, base_length
) as select null, null, null, null, null, null, null, null, null, null;

create temp trigger append instead of insert on appending when new.document is not null begin
    update clients set last_seq = new.seq, last_revision = new.revision
    where document = new.document and author = new.author and last_seq = new.seq - 1;
    select raise(abort, 'the author is elsewhere') where changes() = 0;

    update documents set head = new.revision, bytes = new.bytes
    where id = new.document and epoch = new.epoch and access = new.access
        and head = new.revision - 1;
    select raise(abort, 'the head is elsewhere') where changes() = 0;

    -- To the second, because it moves the document in an index, which is one more page to write.
    update documents set updated_at = new.committed_at
    where id = new.document and updated_at <= new.committed_at - 1000;

    insert into entries (document, revision, author, seq, operation, base_length, committed_at)
    values (
        new.document, new.revision, new.author, new.seq, new.operation, new.base_length,
        new.committed_at
    );
end;";

/// Gives a writing connection what it appends with. Nothing of it is in the file.
pub(crate) async fn equip(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(APPENDING).execute(connection).await?;
    Ok(())
}

/// Entries in one statement, if they are of several appends.
const TOGETHER_MAX: usize = 512;

/// Appends all of these, or nothing. Whether it did; `false` as well if they are too many for one
/// statement.
pub(crate) async fn append_together(
    connection: &mut Connection<'_>,
    appends: &[&Append],
) -> Result<bool, sqlx::Error> {
    let entries: usize = appends.iter().map(|append| append.entries.len()).sum();
    if entries == 0 || appends.len() > 1 && entries > TOGETHER_MAX {
        return Ok(entries == 0);
    }
    let (sql, values) = statement(appends, entries.next_power_of_two());
    match connection.execute(AssertSqlSafe(sql), values).await {
        Ok(_) => Ok(true),
        Err(error) if Trouble::is_raised(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What appends, with its values. Rows without a document fill it up to so many: a statement is
/// compiled once for each number of them.
fn statement(appends: &[&Append], rows: usize) -> (String, Vec<Value>) {
    const COLUMNS: usize = 10;
    let now = now_ms();
    let mut values: Vec<Value> = Vec::with_capacity(rows * COLUMNS);
    for append in appends {
        for entry in &append.entries {
            values.extend(values![
                append.document,
                append.epoch.get(),
                append.access.get(),
                append.text_bytes,
                now,
                entry.revision.get(),
                entry.author.get(),
                entry.seq.get(),
                entry.operation.as_ref(),
                entry.base_length as u64,
            ]);
        }
    }
    values.resize_with(rows * COLUMNS, || Value::Number(None));
    let row = ["?"; COLUMNS].join(",");
    let rows = vec![format!("({row})"); rows].join(",");
    (format!("insert into appending values {rows}"), values)
}

#[async_trait]
impl Write for Append {
    type Done = ();
    type Refusal = AppendError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<AppendError>> {
        if append_together(connection, &[self]).await? {
            return Ok(());
        }
        let head = find_head(connection, self.document).await?;
        Err(Stop::Refused(self.why_refused(head)))
    }

    fn as_append(&self) -> Option<(&Append, ())> {
        Some((self, ()))
    }
}
