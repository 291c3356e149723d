//! The list of documents: their names and settings, never their text.
//!
//! [`Documents`] is what the REST handlers and the registry ask. The head, the size and the time of
//! the last edit are columns of the same row and are kept by the op log.

use async_trait::async_trait;
use codesync_core::{DocumentId, LineEnding, Revision};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite as Dialect};

use crate::db::writer::{Stop, Write};
use crate::db::{Sqlite, now_ms};
use crate::oplog::sqlite::{document_id, insert_entries, integer, number};
use crate::oplog::{Entry, LogError};

/// Documents on one page of a list.
pub const PAGE_MAX: u32 = 200;

/// What is known of a document without reading its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DocumentRecord {
    pub id: DocumentId,
    pub name: String,
    pub language: Option<String>,
    /// The ending that its lines had when it was imported, put back on export.
    pub line_ending: LineEnding,
    pub revision: Revision,
    /// Length of the text at `revision`, in UTF-8 bytes.
    pub bytes: u64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    pub updated_at: i64,
}

/// A document to be made. Its text, if any, is the work of nobody: entries of author zero.
#[derive(Clone, Debug)]
pub struct NewDocument {
    pub id: DocumentId,
    pub name: String,
    pub language: Option<String>,
    pub line_ending: LineEnding,
    pub entries: Vec<Entry>,
    pub bytes: u64,
}

/// What of a document's settings shall change; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DocumentChange {
    pub name: Option<String>,
    /// `Some(None)` takes the language away.
    pub language: Option<Option<String>>,
}

/// Which documents a list shows, the latest changed first.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// A part of the name, in any case.
    pub search: Option<String>,
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<ListPosition>,
}

/// The place of one document in the list: those after it are older.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ListPosition {
    pub updated_at: i64,
    pub id: DocumentId,
}

/// The list of documents of a server.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    async fn create(&self, document: NewDocument) -> Result<DocumentRecord, LogError>;
    async fn find(&self, id: DocumentId) -> Result<DocumentRecord, LogError>;
    async fn list(&self, listing: Listing) -> Result<Vec<DocumentRecord>, LogError>;
    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError>;
}

const COLUMNS: &str = "id, name, language, line_ending, head, bytes, created_at, updated_at";

#[async_trait]
impl Documents for Sqlite {
    async fn create(&self, document: NewDocument) -> Result<DocumentRecord, LogError> {
        self.write(document).await.map_err(|error| self.refusal(error))
    }

    async fn find(&self, id: DocumentId) -> Result<DocumentRecord, LogError> {
        let mut reading = self.reads().acquire().await.map_err(|error| self.log_error(&error))?;
        let found = find(&mut reading, id).await.map_err(|error| self.log_error(&error))?;
        found.ok_or(LogError::NotFound)
    }

    async fn list(&self, listing: Listing) -> Result<Vec<DocumentRecord>, LogError> {
        let mut query = QueryBuilder::<Dialect>::new("select ");
        query.push(COLUMNS).push(" from documents where true");
        if let Some(search) = &listing.search {
            query.push(" and instr(name_folded, ").push_bind(fold(search)).push(") > 0");
        }
        if let Some(after) = listing.after {
            query.push(" and (updated_at, id) < (").push_bind(after.updated_at).push(", ");
            query.push_bind(after.id.to_bytes().to_vec()).push(")");
        }
        query.push(" order by updated_at desc, id desc limit ");
        query.push_bind(listing.limit.min(PAGE_MAX + 1));
        let rows = query.build().fetch_all(self.reads()).await;
        let rows = rows.map_err(|error| self.log_error(&error))?;
        rows.iter().map(record).collect::<Result<_, _>>().map_err(|error| self.log_error(&error))
    }

    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError> {
        self.write(Change { id, change }).await.map_err(|error| self.refusal(error))
    }
}

#[async_trait]
impl Write for NewDocument {
    type Done = DocumentRecord;
    type Refusal = LogError;

    async fn run(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<DocumentRecord, Stop<LogError>> {
        let now = now_ms();
        let revision = self.entries.last().map_or(Revision::ZERO, |entry| entry.revision);
        sqlx::query(
            "insert into documents (id, head, name, name_folded, language, line_ending, bytes, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.id.to_bytes().to_vec())
        .bind(integer(revision.get()))
        .bind(&self.name)
        .bind(fold(&self.name))
        .bind(&self.language)
        .bind(line_ending_name(self.line_ending))
        .bind(integer(self.bytes))
        .bind(now)
        .bind(now)
        .execute(&mut *connection)
        .await?;
        insert_entries(connection, self.id, &self.entries, now).await?;
        find(connection, self.id).await?.ok_or(Stop::Refused(LogError::NotFound))
    }
}

struct Change {
    id: DocumentId,
    change: DocumentChange,
}

#[async_trait]
impl Write for Change {
    type Done = DocumentRecord;
    type Refusal = LogError;

    async fn run(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<DocumentRecord, Stop<LogError>> {
        let mut set = QueryBuilder::<Dialect>::new("update documents set id = id");
        if let Some(name) = &self.change.name {
            set.push(", name = ").push_bind(name).push(", name_folded = ").push_bind(fold(name));
        }
        if let Some(language) = &self.change.language {
            set.push(", language = ").push_bind(language);
        }
        set.push(" where id = ").push_bind(self.id.to_bytes().to_vec());
        set.build().execute(&mut *connection).await?;
        find(connection, self.id).await?.ok_or(Stop::Refused(LogError::NotFound))
    }
}

async fn find(
    connection: &mut SqliteConnection,
    id: DocumentId,
) -> Result<Option<DocumentRecord>, sqlx::Error> {
    let mut query = QueryBuilder::<Dialect>::new("select ");
    query.push(COLUMNS).push(" from documents where id = ").push_bind(id.to_bytes().to_vec());
    query.build().fetch_optional(connection).await?.as_ref().map(record).transpose()
}

fn record(row: &SqliteRow) -> Result<DocumentRecord, sqlx::Error> {
    Ok(DocumentRecord {
        id: document_id(row, "id")?,
        name: row.try_get("name")?,
        language: row.try_get("language")?,
        line_ending: match row.try_get::<&str, _>("line_ending")? {
            "crlf" => LineEnding::Crlf,
            _ => LineEnding::Lf,
        },
        revision: Revision::new(number(row, "head")?),
        bytes: number(row, "bytes")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// How a line ending is written in the database and in JSON.
#[must_use]
pub fn line_ending_name(line_ending: LineEnding) -> &'static str {
    match line_ending {
        LineEnding::Lf => "lf",
        LineEnding::Crlf => "crlf",
    }
}

/// A name as a search sees it: SQLite's own folding knows ASCII only.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}
