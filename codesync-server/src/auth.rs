//! Who is asking: turns the proof that came with a request or a socket into a [`Caller`].
//!
//! A server without accounts lets in everybody who reaches it, as the machine's own user; it
//! therefore listens on loopback only.

use std::time::Duration;

use crate::ids::{SessionId, UserId};

/// Somebody whose proof was checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    pub user: UserId,
    /// The login that the proof belongs to; the machine's own user has none.
    pub session: Option<SessionId>,
    /// What others see. The machine's own user has none: who sits there says so himself.
    pub name: Option<String>,
    /// When the proof ends, since 1970.
    pub until: Option<Duration>,
}

impl Caller {
    /// Whoever sits at the machine.
    pub const LOCAL: Self = Self { user: UserId::LOCAL, session: None, name: None, until: None };
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

/// Checks proofs. A clone checks the same ones.
#[derive(Clone, Debug)]
pub struct Auth;

impl Auth {
    /// For a server without accounts.
    #[must_use]
    pub fn open() -> Self {
        Self
    }

    /// Who shows this access token, or shows none.
    pub async fn authenticate(&self, token: Option<&str>) -> Result<Caller, AuthError> {
        match token {
            None => Ok(Caller::LOCAL),
            Some(_) => Err(AuthError::Invalid),
        }
    }
}
