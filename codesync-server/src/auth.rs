//! Who is asking: turns the proof that came with a request or a socket into a [`Caller`].
//!
//! A server without accounts lets in everybody who reaches it, as the machine's own user; it
//! therefore listens on loopback only. With accounts, an access token shows who asks, and its
//! session tells whether that still holds. [`seen`] remembers the answer for a second; where there
//! is a Redis, `shared` remembers it for all servers. A login that ended lets nobody in more than
//! a second later, on every server, or five if Redis did not hear of it.

pub mod seen;
#[cfg(feature = "cloud")]
pub mod shared;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::now;
use crate::auth::seen::SeenSessions;
use crate::db::Database;
use crate::db::sessions::{Confirm, LiveSession};
use crate::db::users::UserKind;
use crate::ids::{SessionId, UserId};
use crate::oplog::LogError;
use crate::tokens::access::{Claimed, TokenError};
use crate::tokens::keys::Keys;

/// Somebody whose proof was checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    pub user: UserId,
    pub kind: UserKind,
    /// The login that the proof belongs to; the machine's own user has none.
    pub session: Option<SessionId>,
    /// What others see. The machine's own user has none: who sits there says so himself.
    pub name: Option<String>,
    /// When the proof ends, since 1970.
    pub until: Option<Duration>,
}

impl Caller {
    /// Whoever sits at the machine.
    pub const LOCAL: Self =
        Self { user: UserId::LOCAL, kind: UserKind::Local, session: None, name: None, until: None };
}

/// The proof does not show who is asking.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthError {
    #[error("log in first: this server has accounts")]
    Missing,
    #[error("the token is not one of this server's")]
    Invalid,
    #[error("the token has expired; a new one comes with the refresh token")]
    Expired,
    #[error("the login has ended; log in again")]
    Ended,
    #[error("who is asking cannot be checked at the moment: {0}")]
    Unavailable(String),
}

impl From<TokenError> for AuthError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Self::Invalid,
            TokenError::Expired => Self::Expired,
        }
    }
}

impl From<LogError> for AuthError {
    fn from(error: LogError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Checks proofs. A clone checks the same ones.
#[derive(Clone, Debug)]
pub struct Auth {
    /// None on a server without accounts.
    accounts: Option<Arc<Checked>>,
}

#[derive(Debug)]
struct Checked {
    keys: Keys,
    database: Database,
    seen: SeenSessions,
    #[cfg(feature = "cloud")]
    shared: Option<shared::SharedSessions>,
}

impl Auth {
    /// For a server without accounts.
    #[must_use]
    pub fn open() -> Self {
        Self { accounts: None }
    }

    /// For a server whose accounts are in this database.
    #[must_use]
    pub fn accounts(keys: Keys, database: Database) -> Self {
        let checked = Checked {
            keys,
            database,
            seen: SeenSessions::default(),
            #[cfg(feature = "cloud")]
            shared: None,
        };
        Self { accounts: Some(Arc::new(checked)) }
    }

    /// The same, remembering with all servers that use this Redis.
    #[cfg(feature = "cloud")]
    #[must_use]
    pub fn shared(keys: Keys, database: Database, redis: crate::redis::Redis) -> Self {
        let shared = Some(shared::SharedSessions::new(redis));
        let checked = Checked { keys, database, seen: SeenSessions::default(), shared };
        Self { accounts: Some(Arc::new(checked)) }
    }

    /// Whether everybody who reaches the server is let in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.accounts.is_none()
    }

    /// Who shows this access token, or shows none.
    pub async fn authenticate(&self, token: Option<&str>) -> Result<Caller, AuthError> {
        match (&self.accounts, token) {
            (None, None) => Ok(Caller::LOCAL),
            (None, Some(_)) => Err(AuthError::Invalid),
            (Some(_), None) => Err(AuthError::Missing),
            (Some(accounts), Some(token)) => accounts.authenticate(token).await,
        }
    }

    /// Whom a token was given to, to count his requests: whether it still lets him in is not asked.
    #[must_use]
    pub fn claimed(&self, token: Option<&str>) -> Option<UserId> {
        let accounts = self.accounts.as_ref()?;
        Some(accounts.keys.check(token?, now()).ok()?.user)
    }

    /// Which of these logins let nobody in any more: logged out, expired, or their user shut. One
    /// question to the database, for all open sockets at once.
    pub async fn ended_sessions(
        &self,
        sessions: &[SessionId],
    ) -> Result<Vec<SessionId>, AuthError> {
        let Some(accounts) = &self.accounts else { return Ok(Vec::new()) };
        let live = accounts.database.live_sessions(sessions).await?;
        let live: BTreeSet<_> = live.into_iter().collect();
        let ended = sessions.iter().filter(|session| !live.contains(session)).copied();
        let ended: Vec<_> = ended.collect();
        accounts.seen.end(&ended);
        Ok(ended)
    }

    /// Lets these logins in no more, here and, as far as it goes, on the other servers.
    pub(crate) async fn end(&self, sessions: &[SessionId]) {
        let Some(accounts) = &self.accounts else { return };
        accounts.seen.end(sessions);
        #[cfg(feature = "cloud")]
        if let Some(shared) = &accounts.shared {
            shared.end(sessions).await;
        }
    }
}

impl Checked {
    async fn authenticate(&self, token: &str) -> Result<Caller, AuthError> {
        let claimed = self.keys.check(token, now())?;
        let session = self.session(&claimed).await?;
        let session = session.filter(|session| session.user == claimed.user);
        let session = session.ok_or(AuthError::Ended)?;
        self.confirm(&claimed, &session).await;
        Ok(Caller {
            user: session.user,
            kind: session.kind,
            session: Some(claimed.session),
            name: Some(session.name.clone()),
            until: Some(claimed.until),
        })
    }

    /// What the session of a token says, as of a moment ago.
    async fn session(&self, claimed: &Claimed) -> Result<Option<Arc<LiveSession>>, LogError> {
        let id = claimed.session;
        // An answer from before the exchange that this token came with is too old.
        let is_recent = |seen: &Option<Arc<LiveSession>>| {
            seen.as_ref().is_none_or(|session| session.generation >= claimed.generation)
        };
        if let Some(seen) = self.seen.get(id).filter(is_recent) {
            return Ok(seen);
        }
        #[cfg(feature = "cloud")]
        if let Some(shared) = &self.shared
            && let Some(seen) = shared.get(id).await.filter(is_recent)
        {
            self.seen.put(id, seen.clone());
            return Ok(seen);
        }
        let found = self.database.live_session(id).await?.map(Arc::new);
        self.seen.put(id, found.clone());
        #[cfg(feature = "cloud")]
        if let (Some(shared), Some(session)) = (&self.shared, &found) {
            shared.put(id, session).await;
        }
        Ok(found)
    }

    /// A token of the latest exchange is in use, so its answer has arrived: the refresh token before
    /// it is good for nothing from now on.
    async fn confirm(&self, claimed: &Claimed, session: &LiveSession) {
        if session.confirmed || session.generation != claimed.generation {
            return;
        }
        let Claimed { session, generation, .. } = *claimed;
        match self.database.change(Confirm { session, generation }).await {
            Ok(Ok(())) => self.seen.forget(session),
            Ok(Err(never)) => match never {},
            Err(error) => tracing::warn!(%session, %error, "an exchange stays unconfirmed"),
        }
    }
}
