//! The list of documents: their names and settings, never their text.
//!
//! [`Documents`] is what the REST handlers and the registry ask. The head, the size and the time of
//! the last edit are columns of the same row and are kept by the op log.

use async_trait::async_trait;
use codesync_core::{DocumentId, LineEnding, Revision};
use sqlx::AssertSqlSafe;

use crate::access::{AccessTable, AccessVersion, Rights};
use crate::db::engine::{Connection, Row, Value, values};
use crate::db::members::{Membership, membership};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::UserId;
use crate::oplog::{Entry, LogError, insert_entries, places};

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

/// A document as a list shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedDocument {
    pub record: DocumentRecord,
    /// None if nobody owns it whose account is not about to be deleted.
    pub owner: Option<Owner>,
}

/// Whose a document is said to be: of several owners whoever asks for the list, or else the first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owner {
    pub user: UserId,
    pub name: String,
}

/// A document to be made. Its text, if any, is the work of nobody: entries of author zero.
#[derive(Clone, Debug)]
pub struct NewDocument {
    pub id: DocumentId,
    pub owner: UserId,
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
#[derive(Clone, Debug)]
pub struct Listing {
    /// Whose list: those that he may see.
    pub user: UserId,
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
    async fn list(&self, listing: Listing) -> Result<Vec<ListedDocument>, LogError>;
    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError>;
    /// What these users may do, all of it at one moment. A document in the trash is nobody's.
    async fn access(&self, id: DocumentId, users: &[UserId]) -> Result<AccessTable, LogError>;
}

/// The documents of a page, each with its owner, who is looked up for no document but these. `$1` is
/// whoever asks.
const WITH_OWNERS: &str =
    "select page.*, users.id as owner, users.name as owner_name from page left join users on users.id = (
        select members.user_id from members
        join users as owners on owners.id = members.user_id
        where members.document = page.id and members.role = 'owner' and owners.deleted_at is null
        order by case members.user_id when $1 then 0 else 1 end, members.created_at, members.user_id
        limit 1
    )
    order by page.updated_at desc, page.id desc";

const COLUMNS: &str = "id, name, language, line_ending, head, bytes, created_at, updated_at";

#[async_trait]
impl Documents for Database {
    async fn create(&self, document: NewDocument) -> Result<DocumentRecord, LogError> {
        self.write(document).await.map_err(|error| self.refusal(error))
    }

    async fn find(&self, id: DocumentId) -> Result<DocumentRecord, LogError> {
        let found = async {
            let mut reading = self.reading().await?;
            find(&mut reading.connection(), id).await
        };
        self.bounded(found).await?.ok_or(LogError::NotFound)
    }

    async fn list(&self, listing: Listing) -> Result<Vec<ListedDocument>, LogError> {
        let records = async {
            let mut reading = self.reading().await?;
            let (sql, values) = listing.statement();
            let rows = reading.connection().rows(AssertSqlSafe(sql), values).await?;
            rows.iter().map(listed).collect()
        };
        self.bounded(records).await
    }

    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError> {
        self.write(Change { id, change }).await.map_err(|error| self.refusal(error))
    }

    async fn access(&self, id: DocumentId, users: &[UserId]) -> Result<AccessTable, LogError> {
        let table = async {
            let mut reading = self.reading_one_state().await?;
            access(&mut reading.connection(), id, users).await
        };
        self.bounded(table).await?.ok_or(LogError::NotFound)
    }
}

impl Listing {
    fn statement(&self) -> (String, Vec<Value>) {
        let mut sql = format!(
            "select {COLUMNS} from documents where trashed_at is null and id in (select members.document from members left join links on links.id = members.link where members.user_id = $1 and (links.expires_at is null or links.expires_at > $2 or members.own_role is not null))"
        );
        let mut values = values![self.user, now_ms()];
        if let Some(search) = &self.search {
            values.push(like(&fold(search)).into());
            sql += &format!(" and name_folded like ${} escape '\\'", values.len());
        }
        if let Some(after) = self.after {
            let (time, id) = (values.len() + 1, values.len() + 2);
            values.extend(values![after.updated_at, after.id]);
            sql += &format!(" and (updated_at, id) < (${time}, ${id})");
        }
        values.push(self.limit.min(PAGE_MAX + 1).into());
        sql += &format!(" order by updated_at desc, id desc limit ${}", values.len());
        (format!("with page as ({sql}) {WITH_OWNERS}"), values)
    }
}

/// A pattern that matches whatever contains the text.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

#[async_trait]
impl Write for NewDocument {
    type Done = DocumentRecord;
    type Refusal = LogError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<DocumentRecord, Stop<LogError>> {
        let now = now_ms();
        let revision = self.entries.last().map_or(Revision::ZERO, |entry| entry.revision);
        connection
            .execute(
                "insert into documents (id, head, name, name_folded, language, line_ending, bytes, created_by, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
                values![
                    self.id,
                    revision.get(),
                    self.name.as_str(),
                    fold(&self.name),
                    self.language.clone(),
                    line_ending_name(self.line_ending),
                    self.bytes,
                    self.owner,
                    now,
                ],
            )
            .await?;
        connection
            .execute(
                "insert into members (document, user_id, role, created_at) values ($1, $2, 'owner', $3)",
                values![self.id, self.owner, now],
            )
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
        connection: &mut Connection<'_>,
    ) -> Result<DocumentRecord, Stop<LogError>> {
        if let Some(name) = &self.change.name {
            connection
                .execute(
                    "update documents set name = $1, name_folded = $2 where id = $3",
                    values![name.as_str(), fold(name), self.id],
                )
                .await?;
        }
        if let Some(language) = &self.change.language {
            connection
                .execute(
                    "update documents set language = $1 where id = $2",
                    values![language.clone(), self.id],
                )
                .await?;
        }
        find(connection, self.id).await?.ok_or(Stop::Refused(LogError::NotFound))
    }
}

async fn find(
    connection: &mut Connection<'_>,
    id: DocumentId,
) -> Result<Option<DocumentRecord>, sqlx::Error> {
    let sql = format!("select {COLUMNS} from documents where id = $1 and trashed_at is null");
    let row = connection.row(AssertSqlSafe(sql), values![id]).await?;
    row.as_ref().map(record).transpose()
}

async fn access(
    connection: &mut Connection<'_>,
    id: DocumentId,
    users: &[UserId],
) -> Result<Option<AccessTable>, sqlx::Error> {
    let sql = "select access, trashed_at from documents where id = $1";
    let Some(document) = connection.row(sql, values![id]).await? else { return Ok(None) };
    let version = AccessVersion::new(document.number("access")?);
    let mut table = AccessTable { version, ..AccessTable::default() };
    if document.get::<Option<i64>>("trashed_at")?.is_some() || users.is_empty() {
        return Ok(Some(table));
    }
    let (document, now) = (users.len() + 1, users.len() + 2);
    let sql = format!(
        "select members.user_id, members.role, members.own_role, members.link, links.expires_at
        from members
        join users on users.id = members.user_id
        left join links on links.id = members.link
        where members.user_id in ({}) and members.document = ${document}
            and users.disabled_at is null and users.deleted_at is null
            and links.revoked_at is null
            and (links.expires_at is null or links.expires_at > ${now} or members.own_role is not null)",
        places(users.len()),
    );
    let mut values: Vec<Value> = users.iter().copied().map(Value::from).collect();
    let moment = now_ms();
    values.extend(values![id, moment]);
    for row in connection.rows(AssertSqlSafe(sql), values).await? {
        let Membership { role, until, .. } = membership(&row, moment)?;
        let rights = Rights { role, until };
        table.rights.insert(UserId::from_bytes(row.fixed("user_id")?), rights);
    }
    Ok(Some(table))
}

fn record(row: &Row) -> Result<DocumentRecord, sqlx::Error> {
    Ok(DocumentRecord {
        id: DocumentId::from_bytes(row.fixed("id")?),
        name: row.get("name")?,
        language: row.get("language")?,
        line_ending: match row.get::<&str>("line_ending")? {
            "crlf" => LineEnding::Crlf,
            _ => LineEnding::Lf,
        },
        revision: Revision::new(row.number("head")?),
        bytes: row.number("bytes")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn listed(row: &Row) -> Result<ListedDocument, sqlx::Error> {
    let user = row.fixed_if_any("owner")?.map(UserId::from_bytes);
    let owner = user.map(|user| Ok::<_, sqlx::Error>(Owner { user, name: row.get("owner_name")? }));
    Ok(ListedDocument { record: record(row)?, owner: owner.transpose()? })
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
