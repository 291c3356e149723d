//! The op log in the database: the tables `clients` and `entries`, and the head in `documents`.
//!
//! Appends are statements of each engine's own, in [`sqlite`](super::sqlite) and
//! [`postgres`](super::postgres).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{Author, DocumentId, Revision, Seq};
use sqlx::AssertSqlSafe;

use crate::access::AccessVersion;
use crate::db::engine::{Connection, Row, Value, values};
use crate::db::write::{Stop, Write, WriteError};
use crate::db::{Database, Engine};
use crate::ids::UserId;
use crate::oplog::{
    AUTHORS_MAX, Append, AppendError, ClientRecord, Entry, Epoch, Head, LogError, OpLog, Page,
    ReadLimit, Registration,
};

/// Documents asked for in one statement of [`OpLog::heads`].
const HEADS_MAX: usize = 512;

#[async_trait]
impl OpLog for Database {
    async fn register(&self, registration: Registration) -> Result<ClientRecord, LogError> {
        let known = async {
            let mut reading = self.reading().await?;
            find_client(&mut reading.connection(), &registration).await
        };
        match self.bounded(known).await? {
            Some(known) if known.belongs_to_another(&registration) => Err(LogError::ClientTaken),
            Some(known) if known.is_as(&registration) => Ok(known.record),
            _ => self.write(registration).await.map_err(|error| self.refusal(error)),
        }
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        let written = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.write(append).await,
            Engine::Postgres(postgres) => return postgres.appender.append(append).await,
        };
        written.map_err(|error| match error {
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
        let page = async {
            let mut reading = self.reading_one_state().await?;
            read_page(&mut reading.connection(), document, after, limit).await
        };
        self.bounded(page).await?.ok_or(LogError::NotFound)
    }

    async fn ready(&self) -> Result<(), LogError> {
        match self.trouble().await {
            None => Ok(()),
            Some(trouble) => Err(LogError::Unavailable(trouble)),
        }
    }

    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError> {
        let heads = async {
            let mut reading = self.reading().await?;
            let mut heads = Vec::with_capacity(documents.len());
            for documents in documents.chunks(HEADS_MAX) {
                let places = places(documents.len());
                let sql =
                    format!("select id, epoch, head, access from documents where id in ({places})");
                let ids = documents.iter().copied().map(Value::from).collect();
                for row in reading.connection().rows(AssertSqlSafe(sql), ids).await? {
                    heads.push(head(&row)?);
                }
            }
            Ok(heads)
        };
        self.bounded(heads).await
    }
}

/// A client as its row has it.
struct Known {
    record: ClientRecord,
    /// Clients from before there were accounts belong to nobody yet.
    user: Option<UserId>,
    person: Option<String>,
}

impl Known {
    fn belongs_to_another(&self, registration: &Registration) -> bool {
        self.user.is_some_and(|user| user != registration.user)
    }

    fn is_as(&self, registration: &Registration) -> bool {
        self.user == Some(registration.user)
            && self.person.as_deref() == Some(registration.person.as_str())
    }
}

#[async_trait]
impl Write for Registration {
    type Done = ClientRecord;
    type Refusal = LogError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<ClientRecord, Stop<LogError>> {
        if let Some(known) = find_client(connection, self).await? {
            return self.take_over(connection, known).await;
        }
        let author = connection
            .row(
                "update documents set authors = authors + 1 where id = $1 and authors < $2 returning authors",
                values![self.document, AUTHORS_MAX],
            )
            .await?;
        let Some(author) = author else {
            return Err(Stop::Refused(match find_head(connection, self.document).await? {
                Some(_) => LogError::TooManyAuthors,
                None => LogError::NotFound,
            }));
        };
        let author = author.small("authors")?;
        let added = connection
            .execute(
                "insert into clients (document, author, client, user_id, person) values ($1, $2, $3, $4, $5) on conflict (document, client) do nothing",
                values![self.document, author, self.client, self.user, self.person.as_str()],
            )
            .await?;
        if added == 0 {
            // Another server was faster; the number drawn here stays unused.
            let known = find_client(connection, self).await?;
            let known = known.ok_or(Stop::Refused(LogError::NotFound))?;
            return self.take_over(connection, known).await;
        }
        Ok(ClientRecord {
            author: Author::new(author),
            last_seq: Seq::ZERO,
            last_revision: Revision::ZERO,
        })
    }
}

impl Registration {
    /// Notes under which name the client came this time, if it is his.
    async fn take_over(
        &self,
        connection: &mut Connection<'_>,
        known: Known,
    ) -> Result<ClientRecord, Stop<LogError>> {
        if known.belongs_to_another(self) {
            return Err(Stop::Refused(LogError::ClientTaken));
        }
        connection
            .execute(
                "update clients set user_id = $1, person = $2 where document = $3 and author = $4",
                values![self.user, self.person.as_str(), self.document, known.record.author.get()],
            )
            .await?;
        Ok(known.record)
    }
}

/// How one author's dedupe row moves in an append.
pub(super) struct AuthorMove {
    pub(super) author: Author,
    /// The seq from exactly which it moves.
    pub(super) seq_before: u64,
    pub(super) last_seq: Seq,
    pub(super) last_revision: Revision,
}

impl Append {
    /// How the dedupe row of every author moves; none if the entries leave a gap.
    pub(super) fn authors(&self) -> Option<Vec<AuthorMove>> {
        let mut authors: BTreeMap<Author, AuthorMove> = BTreeMap::new();
        for &Entry { author, seq, revision, .. } in &self.entries {
            match authors.get_mut(&author) {
                None => {
                    let seq_before = seq.get().checked_sub(1)?;
                    let moved =
                        AuthorMove { author, seq_before, last_seq: seq, last_revision: revision };
                    authors.insert(author, moved);
                }
                Some(moved) if seq == moved.last_seq.next() => {
                    moved.last_seq = seq;
                    moved.last_revision = revision;
                }
                Some(_) => return None,
            }
        }
        Some(authors.into_values().collect())
    }

    pub(super) fn conflict(&self) -> AppendError {
        AppendError::Conflict { head: self.expected_head }
    }

    /// Why the head did not move, from what it is now.
    pub(super) fn why_refused(&self, head: Option<Head>) -> AppendError {
        match head {
            None => AppendError::NotFound,
            Some(head) if head.epoch != self.epoch => AppendError::OldEpoch,
            Some(head) if head.revision != self.expected_head => {
                AppendError::Conflict { head: head.revision }
            }
            Some(head) if head.access != self.access => {
                AppendError::AccessChanged { version: head.access }
            }
            // The row moved on since it was asked: a race like any other.
            Some(_) => self.conflict(),
        }
    }
}

/// Writes rows of the log. The caller has moved the head to the last of them.
pub(crate) async fn insert_entries(
    connection: &mut Connection<'_>,
    document: DocumentId,
    entries: &[Entry],
    now: i64,
) -> Result<(), sqlx::Error> {
    const COLUMNS: usize = 7;
    if entries.is_empty() {
        return Ok(());
    }
    let mut sql = String::from(
        "insert into entries (document, revision, author, seq, operation, base_length, committed_at) values ",
    );
    let mut row_values = Vec::with_capacity(COLUMNS * entries.len());
    for (row, entry) in entries.iter().enumerate() {
        let comma = if row == 0 { "" } else { ", " };
        let n = row * COLUMNS;
        let (a, b, c, d, e, f, g) = (n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7);
        let _ = write!(sql, "{comma}(${a}, ${b}, ${c}, ${d}, ${e}, ${f}, ${g})");
        row_values.extend(values![
            document,
            entry.revision.get(),
            entry.author.get(),
            entry.seq.get(),
            entry.operation.as_ref(),
            entry.base_length as u64,
            now,
        ]);
    }
    connection.execute(AssertSqlSafe(sql), row_values).await?;
    Ok(())
}

/// `$1, $2, …` for so many values.
pub(crate) fn places(count: usize) -> String {
    let places: Vec<_> = (1..=count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

async fn find_client(
    connection: &mut Connection<'_>,
    registration: &Registration,
) -> Result<Option<Known>, sqlx::Error> {
    let row = connection
        .row(
            "select author, last_seq, last_revision, user_id, person from clients where document = $1 and client = $2",
            values![registration.document, registration.client],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Known {
        record: ClientRecord {
            author: Author::new(row.small("author")?),
            last_seq: Seq::new(row.number("last_seq")?),
            last_revision: Revision::new(row.number("last_revision")?),
        },
        user: row.fixed_if_any("user_id")?.map(UserId::from_bytes),
        person: row.get("person")?,
    }))
}

pub(super) async fn find_head(
    connection: &mut Connection<'_>,
    document: DocumentId,
) -> Result<Option<Head>, sqlx::Error> {
    connection
        .row("select id, epoch, head, access from documents where id = $1", values![document])
        .await?
        .map(|row| head(&row))
        .transpose()
}

async fn read_page(
    connection: &mut Connection<'_>,
    document: DocumentId,
    after: Revision,
    limit: ReadLimit,
) -> Result<Option<Page>, sqlx::Error> {
    let Some(head) = find_head(connection, document).await? else { return Ok(None) };
    let mut page = Page { entries: Vec::new(), head: head.revision };
    let mut bytes = 0;
    connection
        .each(
            "select revision, author, seq, operation, base_length from entries where document = $1 and revision > $2 order by revision limit $3",
            values![document, after.get(), limit.entries_max.max(1) as u64],
            |row| {
                let entry = entry(&row)?;
                bytes += entry.operation.len();
                if bytes > limit.bytes_max && !page.entries.is_empty() {
                    return Ok(ControlFlow::Break(()));
                }
                page.entries.push(entry);
                Ok(ControlFlow::Continue(()))
            },
        )
        .await?;
    Ok(Some(page))
}

pub(super) fn entry(row: &Row) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        revision: Revision::new(row.number("revision")?),
        author: Author::new(row.small("author")?),
        seq: Seq::new(row.number("seq")?),
        operation: Bytes::from(row.get::<Vec<u8>>("operation")?),
        base_length: usize::try_from(row.number("base_length")?).unwrap_or(usize::MAX),
    })
}

pub(super) fn head(row: &Row) -> Result<Head, sqlx::Error> {
    Ok(Head {
        document: DocumentId::from_bytes(row.fixed("id")?),
        epoch: Epoch::new(row.small("epoch")?),
        revision: Revision::new(row.number("head")?),
        access: AccessVersion::new(row.number("access")?),
    })
}
