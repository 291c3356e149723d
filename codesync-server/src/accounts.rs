//! Accounts: registering, logging in and out, and everything else people do with their own.
//!
//! [`Accounts`] puts the pieces together: passwords are compared by [`Hasher`], tokens made by
//! [`Keys`], rows written by `db`, and whoever must hear of an ended login is told. It knows no HTTP.
//!
//! Nothing here tells strangers who has an account: an unknown login costs the same work and gets
//! the same answer as a wrong password, and registering a login that is taken looks like success,
//! until the first login shows whose it is.

mod deletion;
mod login;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::auth::Auth;
use crate::bus::{Bus, Notice, Sessions};
use crate::db::Database;
use crate::db::audit::Actor;
use crate::db::users::{AddPerson, Rename, User};
use crate::db::write::{Write, WriteError};
use crate::ids::{SessionId, UserId};
use crate::logins::Login;
use crate::oplog::LogError;
use crate::password::hashing::{HashError, Hasher};
use crate::password::{Password, PasswordError};
use crate::tokens::keys::Keys;
use crate::tokens::refresh::RefreshToken;

pub use deletion::DELETION_GRACE;

/// Whether strangers can make themselves an account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Registration {
    #[default]
    Open,
    /// The operator makes them.
    Closed,
}

/// Where and with what somebody logs in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visit {
    /// What the client says it is.
    pub agent: String,
    pub address: String,
}

impl Visit {
    fn actor(&self, user: Option<UserId>) -> Actor {
        Actor { user, address: self.address.clone() }
    }
}

/// What somebody gets who has proved who he is.
#[derive(Clone, Debug)]
pub struct Grant {
    pub user: User,
    pub session: SessionId,
    pub access_token: String,
    pub refresh_token: RefreshToken,
}

/// Something about an account did not come about.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("this server makes accounts only by its operator")]
    RegistrationClosed,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("the login or the password is wrong")]
    WrongCredentials,
    #[error("the account was shut by the operator")]
    Disabled,
    #[error("the account will be deleted; until then it can be restored")]
    DeletionPending,
    #[error("the login has ended; log in again")]
    SessionEnded,
    #[error("there is no such session")]
    NoSession,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] LogError),
    #[error("a token cannot be made: {0}")]
    Token(String),
}

/// The accounts of a server.
#[derive(Clone)]
pub struct Accounts {
    database: Database,
    keys: Keys,
    hasher: Hasher,
    auth: Auth,
    bus: Arc<dyn Bus>,
    registration: Registration,
}

/// Since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

impl Accounts {
    #[must_use]
    pub fn new(
        database: Database,
        keys: Keys,
        hasher: Hasher,
        auth: Auth,
        bus: Arc<dyn Bus>,
        registration: Registration,
    ) -> Self {
        Self { database, keys, hasher, auth, bus, registration }
    }

    /// How many passwords were hashed or compared, for the operator and for tests.
    #[must_use]
    pub fn password_computations(&self) -> u64 {
        self.hasher.computations()
    }

    /// Makes an account, unless the login is taken, which only its owner may learn.
    pub async fn register(
        &self,
        login: Login,
        name: String,
        password: String,
        visit: &Visit,
    ) -> Result<(), AccountError> {
        if self.registration == Registration::Closed {
            return Err(AccountError::RegistrationClosed);
        }
        let password = Password::chosen(password, login.as_str())?;
        let password = self.hasher.hash(password).await?;
        let id = self.random(UserId::random())?;
        let by = visit.actor(None);
        let person = AddPerson { id, login, name, password, by };
        match self.certainly(person).await? {
            Ok(()) => tracing::info!(user = %id, "registered"),
            Err(taken) => tracing::debug!(%taken, "not registered"),
        }
        Ok(())
    }

    /// Gives a user another name to be seen under.
    pub async fn rename(&self, user: UserId, name: String) -> Result<(), AccountError> {
        self.certainly(Rename { user, name }).await
    }

    /// Tells everybody that these logins let nobody in any more.
    async fn ended(&self, user: UserId, sessions: Vec<SessionId>) {
        if sessions.is_empty() {
            return;
        }
        self.auth.end(&sessions).await;
        let sessions = Sessions::These(sessions);
        self.bus.announce(Notice::SessionsEnded { user, sessions });
    }

    async fn change<W: Write>(&self, work: W) -> Result<Result<W::Done, W::Refusal>, LogError> {
        self.database.change(work).await
    }

    /// A change that never decides against itself.
    async fn certainly<W>(&self, work: W) -> Result<W::Done, AccountError>
    where
        W: Write<Refusal = std::convert::Infallible>,
    {
        match self.change(work).await? {
            Ok(done) => Ok(done),
            Err(never) => match never {},
        }
    }

    fn random<T>(&self, made: Result<T, getrandom::Error>) -> Result<T, AccountError> {
        made.map_err(|error| AccountError::Token(error.to_string()))
    }
}

impl Database {
    /// Makes a change. The outer error means that it could not be made, or that nobody knows.
    pub(crate) async fn change<W: Write>(
        &self,
        work: W,
    ) -> Result<Result<W::Done, W::Refusal>, LogError> {
        match self.write(work).await {
            Ok(done) => Ok(Ok(done)),
            Err(WriteError::Refused(refusal)) => Ok(Err(refusal)),
            Err(WriteError::Full) => Err(LogError::Full),
            Err(WriteError::Damaged(detail)) => Err(self.damaged(detail)),
            Err(WriteError::Unavailable(text) | WriteError::Unknown(text)) => {
                Err(LogError::Unavailable(text))
            }
        }
    }
}
