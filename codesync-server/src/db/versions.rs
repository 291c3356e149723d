//! Versions: states of a document that people may want back, named by them or kept by the server.
//!
//! A version is a revision with a name or without; its text is in the log, and mostly in a snapshot
//! too, which stays as long as the version does. Of those that the server keeps by itself, the older
//! ones are let go again: see `thinning`.

mod thinning;

use async_trait::async_trait;
use codesync_core::{DocumentId, Revision};

use crate::db::engine::{Connection, Row, values};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::{UserId, VersionId};
use crate::oplog::LogError;

/// Versions that people may have named in one document.
pub const NAMED_MAX: u64 = 1000;
/// Versions on one page of a list.
pub const PAGE_MAX: u32 = 200;

/// A version as it is listed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionRecord {
    pub id: VersionId,
    pub revision: Revision,
    /// A version without a name was kept by the server.
    pub name: Option<String>,
    /// Who named it, if he still has an account.
    pub created_by: Option<UserId>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// A version that somebody names.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub id: VersionId,
    pub document: DocumentId,
    pub revision: Revision,
    pub name: String,
    pub user: UserId,
}

/// A version was not named.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameError {
    #[error("the document has {NAMED_MAX} named versions, the most there may be")]
    TooMany,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The place of a version in the list: those after it are of older revisions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VersionPosition {
    pub revision: Revision,
    pub id: VersionId,
}

/// The versions of all documents.
#[async_trait]
pub trait Versions: Send + Sync + 'static {
    /// Gives a revision a name.
    async fn name(&self, version: NewVersion) -> Result<VersionRecord, NameError>;

    /// Keeps a revision without a name, unless it is kept so already, and lets go of those that are
    /// worth no more.
    async fn keep(
        &self,
        document: DocumentId,
        id: VersionId,
        revision: Revision,
    ) -> Result<(), LogError>;

    /// The versions after a position, those of the newest revisions first.
    async fn list(
        &self,
        document: DocumentId,
        after: Option<VersionPosition>,
        limit: u32,
    ) -> Result<Vec<VersionRecord>, LogError>;

    async fn find(
        &self,
        document: DocumentId,
        id: VersionId,
    ) -> Result<Option<VersionRecord>, LogError>;

    /// Forgets a version. False if there is none.
    async fn forget(&self, document: DocumentId, id: VersionId) -> Result<bool, LogError>;

    /// The revisions that have a version, whose snapshots stay.
    async fn revisions(&self, document: DocumentId) -> Result<Vec<Revision>, LogError>;
}

#[async_trait]
impl Versions for Database {
    async fn name(&self, version: NewVersion) -> Result<VersionRecord, NameError> {
        use crate::db::write::WriteError;
        self.write(version).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Full => LogError::Full.into(),
            WriteError::Damaged(detail) => self.damaged(detail).into(),
            WriteError::Unavailable(text) | WriteError::Unknown(text) => {
                LogError::Unavailable(text).into()
            }
        })
    }

    async fn keep(
        &self,
        document: DocumentId,
        id: VersionId,
        revision: Revision,
    ) -> Result<(), LogError> {
        let kept = self.write(Keep { document, id, revision }).await;
        kept.map_err(|error| self.refusal(error))
    }

    async fn list(
        &self,
        document: DocumentId,
        after: Option<VersionPosition>,
        limit: u32,
    ) -> Result<Vec<VersionRecord>, LogError> {
        let limit = limit.min(PAGE_MAX + 1);
        let records = async {
            let mut reading = self.reading().await?;
            let mut connection = reading.connection();
            let rows = match after {
                None => {
                    let sql = "select id, revision, name, created_by, created_at from versions where document = $1 order by revision desc, id desc limit $2";
                    connection.rows(sql, values![document, limit]).await?
                }
                Some(VersionPosition { revision, id }) => {
                    let sql = "select id, revision, name, created_by, created_at from versions where document = $1 and (revision, id) < ($2, $3) order by revision desc, id desc limit $4";
                    connection.rows(sql, values![document, revision.get(), id, limit]).await?
                }
            };
            rows.iter().map(record).collect()
        };
        self.bounded(records).await
    }

    async fn find(
        &self,
        document: DocumentId,
        id: VersionId,
    ) -> Result<Option<VersionRecord>, LogError> {
        let found = async {
            let mut reading = self.reading().await?;
            find(&mut reading.connection(), document, id).await
        };
        self.bounded(found).await
    }

    async fn forget(&self, document: DocumentId, id: VersionId) -> Result<bool, LogError> {
        self.write(Forget { document, id }).await.map_err(|error| self.refusal(error))
    }

    async fn revisions(&self, document: DocumentId) -> Result<Vec<Revision>, LogError> {
        let revisions = async {
            let mut reading = self.reading().await?;
            let sql = "select distinct revision from versions where document = $1";
            let rows = reading.connection().rows(sql, values![document]).await?;
            rows.iter().map(|row| Ok(Revision::new(row.number("revision")?))).collect()
        };
        self.bounded(revisions).await
    }
}

#[async_trait]
impl Write for NewVersion {
    type Done = VersionRecord;
    type Refusal = NameError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<VersionRecord, Stop<NameError>> {
        let sql = "select count(*) as named from versions where document = $1 and name is not null";
        let row = connection.row(sql, values![self.document]).await?;
        let named = row.map_or(Ok(0), |row| row.number("named"))?;
        if named >= NAMED_MAX {
            return Err(Stop::Refused(NameError::TooMany));
        }
        connection
            .execute(
                "insert into versions (id, document, revision, name, created_by, created_at) values ($1, $2, $3, $4, $5, $6)",
                values![
                    self.id,
                    self.document,
                    self.revision.get(),
                    self.name.as_str(),
                    self.user,
                    now_ms(),
                ],
            )
            .await?;
        let made = find(connection, self.document, self.id).await?;
        made.ok_or(Stop::Refused(NameError::Log(LogError::NotFound)))
    }
}

struct Keep {
    document: DocumentId,
    id: VersionId,
    revision: Revision,
}

#[async_trait]
impl Write for Keep {
    type Done = ();
    type Refusal = LogError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<LogError>> {
        let now = now_ms();
        connection
            .execute(
                "insert into versions (id, document, revision, created_at) values ($1, $2, $3, $4) on conflict (document, revision) where name is null do nothing",
                values![self.id, self.document, self.revision.get(), now],
            )
            .await?;
        let kept = connection
            .rows(
                "select id, created_at from versions where document = $1 and name is null",
                values![self.document],
            )
            .await?;
        let kept: Vec<_> = kept
            .iter()
            .map(|row| Ok((VersionId::from_bytes(row.fixed("id")?), row.get("created_at")?)))
            .collect::<Result<_, sqlx::Error>>()?;
        for id in thinning::superfluous(&kept, now) {
            connection
                .execute("delete from versions where id = $1 and name is null", values![id])
                .await?;
        }
        Ok(())
    }
}

struct Forget {
    document: DocumentId,
    id: VersionId,
}

#[async_trait]
impl Write for Forget {
    type Done = bool;
    type Refusal = LogError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<bool, Stop<LogError>> {
        let sql = "delete from versions where document = $1 and id = $2";
        Ok(connection.execute(sql, values![self.document, self.id]).await? > 0)
    }
}

async fn find(
    connection: &mut Connection<'_>,
    document: DocumentId,
    id: VersionId,
) -> Result<Option<VersionRecord>, sqlx::Error> {
    let sql = "select id, revision, name, created_by, created_at from versions where document = $1 and id = $2";
    connection.row(sql, values![document, id]).await?.as_ref().map(record).transpose()
}

fn record(row: &Row) -> Result<VersionRecord, sqlx::Error> {
    Ok(VersionRecord {
        id: VersionId::from_bytes(row.fixed("id")?),
        revision: Revision::new(row.number("revision")?),
        name: row.get("name")?,
        created_by: row.fixed_if_any("created_by")?.map(UserId::from_bytes),
        created_at: row.get("created_at")?,
    })
}
