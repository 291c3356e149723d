//! Appending to SQLite: an append is one statement.
//!
//! Each statement goes to the connection's thread and back, which costs more than what it does
//! there, and one that stands alone needs no transaction around it. So the writing connection has a
//! view, [`APPENDING`], that entries are inserted into; what an insert does is its trigger's
//! business, compiled once. The trigger refuses an entry that does not fit, and with it the whole
//! statement.

use std::fmt::Write as _;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::db::engine::{Connection, Value};
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

create temp trigger append instead of insert on appending begin
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

#[async_trait]
impl Write for Append {
    type Done = ();
    type Refusal = AppendError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<AppendError>> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let (sql, values) = self.statement();
        match connection.execute(AssertSqlSafe(sql), values).await {
            Ok(_) => Ok(()),
            Err(error) if Trouble::is_raised(&error) => {
                let head = find_head(connection, self.document).await?;
                Err(Stop::Refused(self.why_refused(head)))
            }
            Err(error) => Err(Stop::Failed(error)),
        }
    }

    fn is_one_statement(&self) -> bool {
        true
    }
}

impl Append {
    /// What appends, with its values.
    fn statement(&self) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = vec![
            self.document.into(),
            self.epoch.get().into(),
            self.access.get().into(),
            self.text_bytes.into(),
            now_ms().into(),
        ];
        let mut sql = String::from("insert into appending values ");
        for (n, entry) in self.entries.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            let at = values.len();
            let (a, b, c, d, e) = (at + 1, at + 2, at + 3, at + 4, at + 5);
            let _ = write!(sql, "{comma}($1, $2, $3, $4, $5, ${a}, ${b}, ${c}, ${d}, ${e})");
            values.extend([
                Value::from(entry.revision.get()),
                entry.author.get().into(),
                entry.seq.get().into(),
                entry.operation.as_ref().into(),
                (entry.base_length as u64).into(),
            ]);
        }
        (sql, values)
    }
}
