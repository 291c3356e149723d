//! Documents that were deleted: in the trash for thirty days, and then gone.

use std::time::Duration;

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::access::AccessVersion;
use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, values};
use crate::db::members::{self, ShareError};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::UserId;
use crate::oplog::{Epoch, LogError};

/// How long a document can be taken out of the trash.
pub const TRASH_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Documents on one page of the trash.
pub const TRASH_PAGE_MAX: u32 = 200;

/// A document in the trash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trashed {
    pub id: DocumentId,
    pub name: String,
    pub bytes: u64,
    /// Milliseconds since 1970.
    pub trashed_at: i64,
}

impl Trashed {
    /// Milliseconds since 1970, from which on it may be gone.
    #[must_use]
    pub fn purged_at(&self) -> i64 {
        self.trashed_at + i64::try_from(TRASH_LIFE.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Database {
    /// The documents in the trash that this user owns, the latest deleted first.
    pub async fn trash(&self, owner: UserId, limit: u32) -> Result<Vec<Trashed>, LogError> {
        const SQL: &str = "select id, name, bytes, trashed_at from documents
            where trashed_at > 0
                and id in (select document from members where user_id = $1 and role = 'owner')
            order by trashed_at desc, id limit $2";
        let found = async {
            let mut reading = self.reading().await?;
            let values = values![owner, limit.min(TRASH_PAGE_MAX)];
            let rows = reading.connection().rows(SQL, values).await?;
            rows.iter().map(record).collect()
        };
        self.bounded(found).await
    }

    /// Documents whose time in the trash ended before this moment, and their epochs.
    pub(crate) async fn overdue(
        &self,
        trashed_before: i64,
        limit: u32,
    ) -> Result<Vec<(DocumentId, Epoch)>, LogError> {
        let sql =
            "select id, epoch from documents where trashed_at < $1 order by trashed_at limit $2";
        let found = async {
            let mut reading = self.reading().await?;
            let rows = reading.connection().rows(sql, values![trashed_before, limit]).await?;
            let pair = |row: &Row| {
                Ok((DocumentId::from_bytes(row.fixed("id")?), Epoch::new(row.small("epoch")?)))
            };
            rows.iter().map(pair).collect()
        };
        self.bounded(found).await
    }
}

fn record(row: &Row) -> Result<Trashed, sqlx::Error> {
    Ok(Trashed {
        id: DocumentId::from_bytes(row.fixed("id")?),
        name: row.get("name")?,
        bytes: row.number("bytes")?,
        trashed_at: row.get("trashed_at")?,
    })
}

/// Puts a document into the trash, where nobody may read or write it.
pub(crate) struct Trash {
    pub(crate) document: DocumentId,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Trash {
    type Done = AccessVersion;
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<AccessVersion, Stop<ShareError>> {
        let version = members::count_change_by_owner(connection, self.document, &self.by).await?;
        let sql = "update documents set trashed_at = $1 where id = $2";
        connection.execute(sql, values![now_ms(), self.document]).await?;
        let event = Event::new(Action::Trashed, &self.by).on(self.document);
        audit::record(connection, event).await?;
        Ok(version)
    }
}

/// Takes a document out of the trash, if it still lies there.
pub(crate) struct Restore {
    pub(crate) document: DocumentId,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Restore {
    type Done = AccessVersion;
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<AccessVersion, Stop<ShareError>> {
        let sql = "update documents set trashed_at = null where id = $1 and trashed_at > 0";
        let restored = connection.execute(sql, values![self.document]).await? > 0;
        let version = members::count_change_by_owner(connection, self.document, &self.by).await?;
        if restored {
            let event = Event::new(Action::Restored, &self.by).on(self.document);
            audit::record(connection, event).await?;
        }
        Ok(version)
    }
}

/// Gives a document up, if it is still in the trash since before that moment: from here on nobody
/// takes it out any more, and what lies outside the database can be deleted.
pub(crate) struct GiveUp {
    pub(crate) document: DocumentId,
    pub(crate) trashed_before: i64,
}

#[async_trait]
impl Write for GiveUp {
    /// Whether it is given up.
    type Done = bool;
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<bool, Stop<Self::Refusal>> {
        let sql = "update documents set trashed_at = 0 where id = $1 and trashed_at < $2";
        let given_up = connection.execute(sql, values![self.document, self.trashed_before]).await?;
        Ok(given_up > 0)
    }
}

/// Removes the row of a document that was given up.
pub(crate) struct Purge {
    pub(crate) document: DocumentId,
}

#[async_trait]
impl Write for Purge {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let sql = "delete from documents where id = $1 and trashed_at = 0";
        if connection.execute(sql, values![self.document]).await? > 0 {
            let operator = Actor::operator();
            let event = Event::new(Action::DocumentPurged, &operator).on(self.document);
            audit::record(connection, event).await?;
        }
        Ok(())
    }
}
