//! What is removed when its time has come: accounts after a week of grace, and rows that no longer
//! mean anything.

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::db::Database;
use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, values};
use crate::db::idempotency;
use crate::db::members;
use crate::db::write::{Stop, Write};
use crate::ids::UserId;
use crate::oplog::LogError;

/// Documents of one account that are provided for in one transaction.
const DOCUMENTS_MAX: u32 = 200;

impl Database {
    /// Accounts whose deletion was asked for before this moment.
    pub(crate) async fn departed(
        &self,
        deleted_before: i64,
        limit: u32,
    ) -> Result<Vec<UserId>, LogError> {
        let sql = "select id from users where deleted_at < $1 order by deleted_at limit $2";
        let found = async {
            let mut reading = self.reading().await?;
            let rows = reading.connection().rows(sql, values![deleted_before, limit]).await?;
            rows.iter().map(|row| row.fixed("id").map(UserId::from_bytes)).collect()
        };
        self.bounded(found).await
    }
}

/// Deletes an account for good: its name, login, password and sessions, its memberships, and who its
/// edits were made by. The edits themselves are part of what others wrote, and stay.
///
/// A document that nobody else owns goes to the editor who has been there for longest; if there is
/// none, it goes with the account.
pub(crate) struct PurgeUser {
    pub(crate) user: UserId,
    pub(crate) deleted_before: i64,
}

#[async_trait]
impl Write for PurgeUser {
    /// Whether the account is gone. If not, it has more documents than fit in a transaction.
    type Done = bool;
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<bool, Stop<Self::Refusal>> {
        let sql = "select 1 as one from users where id = $1 and deleted_at < $2";
        if connection.row(sql, values![self.user, self.deleted_before]).await?.is_none() {
            return Ok(true);
        }
        let documents = only_owned(connection, self.user).await?;
        for document in &documents {
            provide_for(connection, *document).await?;
        }
        if documents.len() >= DOCUMENTS_MAX as usize {
            return Ok(false);
        }
        let sql = "update clients set user_id = $1, person = null where user_id = $2";
        connection.execute(sql, values![UserId::ERASED, self.user]).await?;
        let sql = "update documents set created_by = $1 where created_by = $2";
        connection.execute(sql, values![UserId::ERASED, self.user]).await?;
        let sql = "delete from idempotency where user_id = $1";
        connection.execute(sql, values![self.user]).await?;
        connection.execute("delete from users where id = $1", values![self.user]).await?;
        let operator = Actor::operator();
        let event = Event::new(Action::Purged, &operator).to(self.user);
        audit::record(connection, event).await?;
        Ok(true)
    }
}

/// Documents that nobody owns but this user. After each was provided for, it is no longer one.
async fn only_owned(
    connection: &mut Connection<'_>,
    user: UserId,
) -> Result<Vec<DocumentId>, sqlx::Error> {
    const SQL: &str = "select own.document from members own
        join documents on documents.id = own.document
        where own.user_id = $1 and own.role = 'owner'
            and (documents.trashed_at is null or documents.trashed_at > 0)
            and not exists (select 1 from members other where other.document = own.document and other.role = 'owner' and other.user_id <> $1)
        order by own.document limit $2";
    let rows = connection.rows(SQL, values![user, DOCUMENTS_MAX]).await?;
    rows.iter().map(|row: &Row| row.fixed("document").map(DocumentId::from_bytes)).collect()
}

/// Finds a document another owner, or else puts it where the trash is emptied next.
async fn provide_for(
    connection: &mut Connection<'_>,
    document: DocumentId,
) -> Result<(), sqlx::Error> {
    let sql = "update documents set access = access + 1 where id = $1";
    connection.execute(sql, values![document]).await?;
    const HEIR: &str = "select users.id from members join users on users.id = members.user_id
        where members.document = $1 and members.role = 'editor' and members.link is null
            and users.kind = 'person' and users.deleted_at is null
        order by members.created_at, users.id limit 1";
    match connection.row(HEIR, values![document]).await? {
        Some(row) => {
            let heir = UserId::from_bytes(row.fixed("id")?);
            let sql = "update members set role = 'owner' where document = $1 and user_id = $2";
            connection.execute(sql, values![document, heir]).await?;
            let operator = Actor::operator();
            let event = Event::new(Action::MemberChanged, &operator).on(document).to(heir);
            audit::record(connection, event.saying("owner")).await
        }
        None => {
            let sql = "update documents set trashed_at = 0 where id = $1";
            connection.execute(sql, values![document]).await?;
            Ok(())
        }
    }
}

/// Removes sessions that ended long ago, members whose link has run out, guests whom nothing holds
/// any more, and answers that were kept long enough.
pub(crate) struct Sweep {
    pub(crate) now: i64,
    /// Sessions that ended before are forgotten.
    pub(crate) sessions_before: i64,
    /// The moment before which sessions that nobody used have ended.
    pub(crate) idle_before: i64,
}

#[async_trait]
impl Write for Sweep {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let sql = "delete from sessions where ended_at < $1 or expires_at < $1 or used_at < $2";
        let idle_since = self.idle_before - (self.now - self.sessions_before);
        connection.execute(sql, values![self.sessions_before, idle_since]).await?;
        let expired = "select id from links where expires_at < $1";
        members::end_of_links(connection, expired, self.now.into()).await?;
        const GUESTS: &str = "delete from users where kind = 'guest'
            and not exists (select 1 from members where members.user_id = users.id)
            and not exists (select 1 from sessions where sessions.user_id = users.id and sessions.ended_at is null and sessions.expires_at > $1 and sessions.used_at > $2)";
        connection.execute(GUESTS, values![self.now, self.idle_before]).await?;
        let sql = "delete from idempotency where created_at <= $1";
        connection.execute(sql, values![idempotency::expired_by(self.now)]).await?;
        Ok(())
    }
}

/// Gives everything of the machine's own user to an account. How many documents it was.
pub(crate) struct Adopt {
    pub(crate) user: UserId,
}

#[async_trait]
impl Write for Adopt {
    type Done = u64;
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<u64, Stop<Self::Refusal>> {
        const LOCAL: UserId = UserId::LOCAL;
        const OF_LOCAL: &str = "update documents set access = access + 1 where id in (select document from members where user_id = $1)";
        let count = connection.execute(OF_LOCAL, values![LOCAL]).await?;
        // Where the account was a member already, it becomes an owner if the machine's user was.
        const RAISE: &str = "update members set role = 'owner', link = null, own_role = null where user_id = $1 and document in (select document from members where user_id = $2 and role = 'owner')";
        connection.execute(RAISE, values![self.user, LOCAL]).await?;
        const DOUBLE: &str = "delete from members where user_id = $2 and document in (select document from members where user_id = $1)";
        connection.execute(DOUBLE, values![self.user, LOCAL]).await?;
        let sql = "update members set user_id = $1 where user_id = $2";
        connection.execute(sql, values![self.user, LOCAL]).await?;
        // His editors go on under the ids that they have.
        for sql in [
            "update clients set user_id = $1 where user_id = $2",
            "update documents set created_by = $1 where created_by = $2",
        ] {
            connection.execute(sql, values![self.user, LOCAL]).await?;
        }
        let operator = Actor::operator();
        let event = Event::new(Action::Adopted, &operator).to(self.user);
        audit::record(connection, event.saying(format!("{count} documents"))).await?;
        Ok(count)
    }
}
