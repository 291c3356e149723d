//! The op log in SQLite: the tables `clients` and `entries`, and the head in `documents`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{Author, ClientId, DocumentId, Revision, Seq};
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite as Dialect};

use crate::db::writer::{Stop, Write, WriteError};
use crate::db::{Sqlite, now_ms};
use crate::oplog::{
    AUTHORS_MAX, Append, AppendError, ClientRecord, Entry, Epoch, Head, LogError, OpLog, Page,
    ReadLimit,
};

/// Documents asked for in one statement of [`OpLog::heads`].
const HEADS_MAX: usize = 512;
/// Rows in one insert; SQLite allows 32 766 parameters a statement.
const ROWS_MAX: usize = 256;

#[async_trait]
impl OpLog for Sqlite {
    async fn register(
        &self,
        document: DocumentId,
        client: ClientId,
    ) -> Result<ClientRecord, LogError> {
        let mut reading = self.reads().acquire().await.map_err(|error| self.log_error(&error))?;
        let known = find_client(&mut reading, document, client).await;
        if let Some(record) = known.map_err(|error| self.log_error(&error))? {
            return Ok(record);
        }
        drop(reading);
        self.write(Register { document, client }).await.map_err(|error| self.refusal(error))
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        self.write(append).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Full => AppendError::Full,
            WriteError::Unknown(text) => AppendError::Unknown(text),
            WriteError::Damaged(detail) => AppendError::Log(self.damaged(detail)),
            WriteError::Unavailable(text) => AppendError::Log(LogError::Unavailable(text)),
        })
    }

    async fn read(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError> {
        let read = async {
            let mut transaction = self.reads().begin().await?;
            let page = read_page(&mut transaction, document, after, limit).await?;
            transaction.commit().await?;
            Ok(page)
        };
        read.await.map_err(|error| self.log_error(&error))?.ok_or(LogError::NotFound)
    }

    async fn ready(&self) -> Result<(), LogError> {
        match self.trouble().await {
            None => Ok(()),
            Some(trouble) => Err(LogError::Unavailable(trouble)),
        }
    }

    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError> {
        let mut heads = Vec::with_capacity(documents.len());
        for documents in documents.chunks(HEADS_MAX) {
            let mut query =
                QueryBuilder::<Dialect>::new("select id, epoch, head from documents where id in (");
            let mut ids = query.separated(", ");
            for document in documents {
                ids.push_bind(document.to_bytes().to_vec());
            }
            query.push(")");
            let rows = query.build().fetch_all(self.reads()).await;
            for row in rows.map_err(|error| self.log_error(&error))? {
                heads.push(head(&row).map_err(|error| self.log_error(&error))?);
            }
        }
        Ok(heads)
    }
}

struct Register {
    document: DocumentId,
    client: ClientId,
}

#[async_trait]
impl Write for Register {
    type Done = ClientRecord;
    type Refusal = LogError;

    async fn run(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<ClientRecord, Stop<LogError>> {
        let Self { document, client } = *self;
        if let Some(record) = find_client(connection, document, client).await? {
            return Ok(record);
        }
        let author: Option<u32> = sqlx::query_scalar(
            "update documents set authors = authors + 1 where id = ? and authors < ? returning authors",
        )
        .bind(document.to_bytes().to_vec())
        .bind(AUTHORS_MAX)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(author) = author else {
            return Err(Stop::Refused(match find_head(connection, document).await? {
                Some(_) => LogError::TooManyAuthors,
                None => LogError::NotFound,
            }));
        };
        sqlx::query("insert into clients (document, author, client) values (?, ?, ?)")
            .bind(document.to_bytes().to_vec())
            .bind(author)
            .bind(client.to_bytes().to_vec())
            .execute(&mut *connection)
            .await?;
        Ok(ClientRecord {
            author: Author::new(author),
            last_seq: Seq::ZERO,
            last_revision: Revision::ZERO,
        })
    }
}

#[async_trait]
impl Write for Append {
    type Done = ();
    type Refusal = AppendError;

    async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), Stop<AppendError>> {
        let Some(last) = self.entries.last() else { return Ok(()) };
        let now = now_ms();
        let moved = sqlx::query(
            "update documents set head = ?, bytes = ?, updated_at = max(updated_at, ?) where id = ? and epoch = ? and head = ?",
        )
        .bind(integer(last.revision.get()))
        .bind(integer(self.text_bytes))
        .bind(now)
        .bind(self.document.to_bytes().to_vec())
        .bind(self.epoch.get())
        .bind(integer(self.expected_head.get()))
        .execute(&mut *connection)
        .await?;
        if moved.rows_affected() == 0 {
            return Err(Stop::Refused(match find_head(connection, self.document).await? {
                None => AppendError::NotFound,
                Some(head) if head.epoch != self.epoch => AppendError::OldEpoch,
                Some(head) => AppendError::Conflict { head: head.revision },
            }));
        }
        self.advance_clients(connection).await?;
        for entries in self.entries.chunks(ROWS_MAX) {
            insert_entries(connection, self.document, entries, now).await?;
        }
        Ok(())
    }
}

impl Append {
    /// Moves the dedupe row of every author, each from exactly where the entries say it is.
    async fn advance_clients(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Stop<AppendError>> {
        let conflict = || Stop::Refused(AppendError::Conflict { head: self.expected_head });
        let mut authors: BTreeMap<Author, (Seq, &Entry)> = BTreeMap::new();
        for entry in &self.entries {
            match authors.get_mut(&entry.author) {
                None => {
                    authors.insert(entry.author, (entry.seq, entry));
                }
                Some((_, last)) if entry.seq == last.seq.next() => *last = entry,
                Some(_) => return Err(conflict()),
            }
        }
        for (author, (first, last)) in authors {
            let moved = sqlx::query(
                "update clients set last_seq = ?, last_revision = ? where document = ? and author = ? and last_seq = ? - 1",
            )
            .bind(integer(last.seq.get()))
            .bind(integer(last.revision.get()))
            .bind(self.document.to_bytes().to_vec())
            .bind(author.get())
            .bind(integer(first.get()))
            .execute(&mut *connection)
            .await?;
            if moved.rows_affected() == 0 {
                return Err(conflict());
            }
        }
        Ok(())
    }
}

/// Writes rows of the log. The caller has moved the head to the last of them.
pub(crate) async fn insert_entries(
    connection: &mut SqliteConnection,
    document: DocumentId,
    entries: &[Entry],
    now: i64,
) -> Result<(), sqlx::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Dialect>::new(
        "insert into entries (document, revision, author, seq, operation, base_length, committed_at) ",
    );
    insert.push_values(entries, |mut row, entry| {
        row.push_bind(document.to_bytes().to_vec())
            .push_bind(integer(entry.revision.get()))
            .push_bind(entry.author.get())
            .push_bind(integer(entry.seq.get()))
            .push_bind(entry.operation.to_vec())
            .push_bind(integer(entry.base_length as u64))
            .push_bind(now);
    });
    insert.build().execute(connection).await?;
    Ok(())
}

async fn find_client(
    connection: &mut SqliteConnection,
    document: DocumentId,
    client: ClientId,
) -> Result<Option<ClientRecord>, sqlx::Error> {
    let row = sqlx::query(
        "select author, last_seq, last_revision from clients where document = ? and client = ?",
    )
    .bind(document.to_bytes().to_vec())
    .bind(client.to_bytes().to_vec())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ClientRecord {
        author: Author::new(row.try_get("author")?),
        last_seq: Seq::new(number(&row, "last_seq")?),
        last_revision: Revision::new(number(&row, "last_revision")?),
    }))
}

async fn find_head(
    connection: &mut SqliteConnection,
    document: DocumentId,
) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query("select id, epoch, head from documents where id = ?")
        .bind(document.to_bytes().to_vec())
        .fetch_optional(connection)
        .await?
        .map(|row| head(&row))
        .transpose()
}

async fn read_page(
    connection: &mut SqliteConnection,
    document: DocumentId,
    after: Revision,
    limit: ReadLimit,
) -> Result<Option<Page>, sqlx::Error> {
    let Some(head) = find_head(connection, document).await? else { return Ok(None) };
    let mut page = Page { entries: Vec::new(), head: head.revision };
    let mut rows = sqlx::query(
        "select revision, author, seq, operation, base_length from entries where document = ? and revision > ? order by revision limit ?",
    )
    .bind(document.to_bytes().to_vec())
    .bind(integer(after.get()))
    .bind(i64::try_from(limit.entries_max.max(1)).unwrap_or(i64::MAX))
    .fetch(connection);
    let mut bytes = 0;
    while let Some(row) = rows.try_next().await? {
        let entry = entry(&row)?;
        bytes += entry.operation.len();
        if bytes > limit.bytes_max && !page.entries.is_empty() {
            break;
        }
        page.entries.push(entry);
    }
    Ok(Some(page))
}

fn entry(row: &SqliteRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        revision: Revision::new(number(row, "revision")?),
        author: Author::new(row.try_get("author")?),
        seq: Seq::new(number(row, "seq")?),
        operation: Bytes::from(row.try_get::<Vec<u8>, _>("operation")?),
        base_length: usize::try_from(number(row, "base_length")?).unwrap_or(usize::MAX),
    })
}

fn head(row: &SqliteRow) -> Result<Head, sqlx::Error> {
    Ok(Head {
        document: document_id(row, "id")?,
        epoch: Epoch::new(row.try_get("epoch")?),
        revision: Revision::new(number(row, "head")?),
    })
}

/// A document's id in a column that the schema keeps at 16 bytes.
pub(crate) fn document_id(row: &SqliteRow, column: &str) -> Result<DocumentId, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    let bytes = <[u8; 16]>::try_from(bytes.as_slice())
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(DocumentId::from_bytes(bytes))
}

/// A number in a column that the schema keeps at zero or above.
pub(crate) fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A number as SQLite stores it. No document reaches 2^63 revisions or bytes; should one number be
/// larger, the schema's checks and the head's comparison refuse it.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
