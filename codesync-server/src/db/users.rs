//! The table `users`: people with accounts, guests, and the machine's own user.

use std::convert::Infallible;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, undecodable, values};
use crate::db::sessions;
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::{SessionId, UserId};
use crate::logins::Login;
use crate::oplog::LogError;

/// Users on one page of the operator's list.
const PAGE_MAX: u32 = 500;

/// What kind of user somebody is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UserKind {
    /// Has an account.
    Person,
    /// Came through a link, without an account.
    Guest,
    /// Sits at the machine of a server without accounts.
    Local,
}

impl UserKind {
    /// How it is written in the database and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Guest => "guest",
            Self::Local => "local",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Person, Self::Guest, Self::Local].into_iter().find(|kind| kind.name() == name)
    }
}

/// Somebody who can take part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    pub id: UserId,
    pub kind: UserKind,
    pub login: Option<String>,
    /// What others see.
    pub name: String,
    /// Milliseconds since 1970, as all times here.
    pub created_at: i64,
    pub disabled_at: Option<i64>,
    /// When the person asked for the account to be deleted.
    pub deleted_at: Option<i64>,
}

/// A user, and the PHC string of his password.
#[derive(Clone, Debug)]
pub struct WithPassword {
    pub user: User,
    pub password: Option<String>,
}

pub(crate) const COLUMNS: &str = "users.id, users.kind, users.login, users.name, users.created_at, users.disabled_at, users.deleted_at";

#[derive(Debug, thiserror::Error)]
#[error("a kind of user that this version does not know")]
struct UnknownKind;

pub(crate) fn kind(row: &Row) -> Result<UserKind, sqlx::Error> {
    UserKind::from_name(row.get("kind")?).ok_or_else(|| undecodable(UnknownKind))
}

fn user(row: &Row) -> Result<User, sqlx::Error> {
    Ok(User {
        id: UserId::from_bytes(row.fixed("id")?),
        kind: kind(row)?,
        login: row.get("login")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        disabled_at: row.get("disabled_at")?,
        deleted_at: row.get("deleted_at")?,
    })
}

impl Database {
    /// The user of this id.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, LogError> {
        Ok(self.user_where("users.id = $1", values![id]).await?.map(|found| found.user))
    }

    /// The user of this id, to check his password.
    pub async fn user_with_password(&self, id: UserId) -> Result<Option<WithPassword>, LogError> {
        self.user_where("users.id = $1", values![id]).await
    }

    /// Whose login this is.
    pub async fn user_of_login(&self, login: &Login) -> Result<Option<WithPassword>, LogError> {
        self.user_where("users.login = $1", values![login.as_str()]).await
    }

    async fn user_where(
        &self,
        condition: &'static str,
        values: Vec<crate::db::engine::Value>,
    ) -> Result<Option<WithPassword>, LogError> {
        let sql = format!("select {COLUMNS}, users.password from users where {condition}");
        let found = async {
            let mut reading = self.reading().await?;
            let row = reading.connection().row(AssertSqlSafe(sql), values).await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(WithPassword { user: user(&row)?, password: row.get("password")? }))
        };
        self.bounded(found).await
    }

    /// People with accounts, by their logins, from after one on.
    pub async fn people(&self, after: &str) -> Result<Vec<User>, LogError> {
        let sql = format!(
            "select {COLUMNS} from users where users.kind = 'person' and users.login > $1 order by users.login limit {PAGE_MAX}"
        );
        let people = async {
            let mut reading = self.reading().await?;
            let rows = reading.connection().rows(AssertSqlSafe(sql), values![after]).await?;
            rows.iter().map(user).collect()
        };
        self.bounded(people).await
    }
}

/// The login belongs to somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the login is taken")]
pub struct LoginTaken;

/// Makes an account, unless the login is taken. Both are one transaction with a row in the audit log,
/// so that they take the same time.
pub(crate) struct AddPerson {
    pub(crate) id: UserId,
    pub(crate) login: Login,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for AddPerson {
    type Done = Result<(), LoginTaken>;
    type Refusal = Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Self::Done, Stop<Self::Refusal>> {
        let made = connection
            .execute(
                "insert into users (id, kind, login, name, password, created_at) values ($1, 'person', $2, $3, $4, $5) on conflict do nothing",
                values![
                    self.id,
                    self.login.as_str(),
                    self.name.as_str(),
                    self.password.as_str(),
                    now_ms(),
                ],
            )
            .await?;
        let (event, done) = match made {
            0 => (Event::new(Action::LoginTaken, &self.by), Err(LoginTaken)),
            _ => (Event::new(Action::Registered, &self.by).to(self.id), Ok(())),
        };
        audit::record(connection, event).await?;
        Ok(done)
    }
}

/// Makes a guest. The caller has the transaction.
pub(crate) async fn add_guest(
    connection: &mut Connection<'_>,
    id: UserId,
    name: &str,
) -> Result<(), sqlx::Error> {
    connection
        .execute(
            "insert into users (id, kind, name, created_at) values ($1, 'guest', $2, $3)",
            values![id, name, now_ms()],
        )
        .await?;
    Ok(())
}

/// Whether somebody has no account.
pub(crate) async fn is_guest(
    connection: &mut Connection<'_>,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let sql = "select 1 as one from users where id = $1 and kind = 'guest'";
    Ok(connection.row(sql, values![user]).await?.is_some())
}

/// Gives a user another name to be seen under.
pub(crate) struct Rename {
    pub(crate) user: UserId,
    pub(crate) name: String,
}

#[async_trait]
impl Write for Rename {
    type Done = ();
    type Refusal = Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let sql = "update users set name = $1 where id = $2";
        connection.execute(sql, values![self.name.as_str(), self.user]).await?;
        Ok(())
    }
}

/// Keeps a password under today's cost, if it is still the same one.
pub(crate) struct Rehash {
    pub(crate) user: UserId,
    pub(crate) before: String,
    pub(crate) after: String,
}

#[async_trait]
impl Write for Rehash {
    type Done = ();
    type Refusal = Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let sql = "update users set password = $1 where id = $2 and password = $3";
        let values = values![self.after.as_str(), self.user, self.before.as_str()];
        connection.execute(sql, values).await?;
        Ok(())
    }
}

/// Gives an account another password and ends all its sessions. Which ones ended.
pub(crate) struct SetPassword {
    pub(crate) user: UserId,
    pub(crate) password: String,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for SetPassword {
    type Done = Vec<SessionId>;
    type Refusal = Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<SessionId>, Stop<Self::Refusal>> {
        let sql = "update users set password = $1 where id = $2";
        connection.execute(sql, values![self.password.as_str(), self.user]).await?;
        let event = Event::new(Action::PasswordChanged, &self.by).to(self.user);
        audit::record(connection, event).await?;
        Ok(sessions::end_all(connection, self.user).await?)
    }
}

/// How an account is shut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shutting {
    /// By the operator.
    Disabled,
    /// By the person, who wants it deleted.
    Deleted,
}

/// Shuts an account and ends all its sessions. Which ones ended.
pub(crate) struct Shut {
    pub(crate) user: UserId,
    pub(crate) how: Shutting,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Shut {
    type Done = Vec<SessionId>;
    type Refusal = Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<SessionId>, Stop<Self::Refusal>> {
        let (sql, action) = match self.how {
            Shutting::Disabled => (
                "update users set disabled_at = coalesce(disabled_at, $1) where id = $2",
                Action::Disabled,
            ),
            Shutting::Deleted => (
                "update users set deleted_at = coalesce(deleted_at, $1) where id = $2",
                Action::DeletionAsked,
            ),
        };
        connection.execute(sql, values![now_ms(), self.user]).await?;
        rights_changed(connection, self.user).await?;
        audit::record(connection, Event::new(action, &self.by).to(self.user)).await?;
        Ok(sessions::end_all(connection, self.user).await?)
    }
}

/// Opens an account again that was shut in this way.
pub(crate) struct Reopen {
    pub(crate) user: UserId,
    pub(crate) how: Shutting,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Reopen {
    type Done = ();
    type Refusal = Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let (sql, action) = match self.how {
            Shutting::Disabled => {
                ("update users set disabled_at = null where id = $1", Action::Enabled)
            }
            Shutting::Deleted => {
                ("update users set deleted_at = null where id = $1", Action::DeletionTakenBack)
            }
        };
        connection.execute(sql, values![self.user]).await?;
        rights_changed(connection, self.user).await?;
        Ok(audit::record(connection, Event::new(action, &self.by).to(self.user)).await?)
    }
}

/// No edit of this user that was checked before is committed after.
async fn rights_changed(connection: &mut Connection<'_>, user: UserId) -> Result<(), sqlx::Error> {
    let sql = "update documents set access = access + 1 where id in (select document from members where user_id = $1)";
    connection.execute(sql, values![user]).await?;
    Ok(())
}
