//! Proofs of who somebody is: where access tokens come from, and how a login goes on.
//!
//! An access token counts for minutes. A [`TokenSource`] gives one out whenever a [`Session`] or a
//! [`Rest`] call needs it, and another one when that is spent. [`LoginTokens`] gets them from the
//! server with the refresh token of a login; [`FileTokens`] keeps that in a file which several
//! processes share; [`FixedToken`] has one, from the environment say.
//!
//! [`Session`]: crate::Session

mod file;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use codesync_core::AccessToken;
use tokio::sync::Mutex;

use crate::rest::{Grant, Rest, RestError};

pub use file::{FileTokens, LoginFile};

/// A token this near its end is not given out any more, in milliseconds.
const MARGIN_MS: u64 = 30_000;

/// Where access tokens come from.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync + 'static {
    /// A token for now. `spent` is one that the server refused, or that ends before long: another
    /// one is wanted.
    ///
    /// # Errors
    /// [`TokenError`]; the caller asks again later, or tells the person to log in.
    async fn token(&self, spent: Option<&AccessToken>) -> Result<AccessToken, TokenError>;
}

/// There is no token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// There will be none until the person has logged in.
    #[error("login needed: {reason}")]
    LoginNeeded {
        /// Why. May come from outside: make it harmless before showing it.
        reason: String,
    },
    /// There may be one later.
    #[error("no token at the moment: {reason}")]
    Unavailable {
        /// Why. May come from outside: make it harmless before showing it.
        reason: String,
    },
}

/// One token and no other.
#[derive(Clone, Debug)]
pub struct FixedToken(AccessToken);

impl FixedToken {
    /// Gives out this token until it is spent.
    #[must_use]
    pub fn new(token: AccessToken) -> Self {
        Self(token)
    }
}

#[async_trait]
impl TokenSource for FixedToken {
    async fn token(&self, spent: Option<&AccessToken>) -> Result<AccessToken, TokenError> {
        if spent == Some(&self.0) {
            let reason = "the token that was given does not count any longer".to_owned();
            return Err(TokenError::LoginNeeded { reason });
        }
        Ok(self.0.clone())
    }
}

/// With this a login gets its next access token, and a refresh token in its own place. Whoever
/// knows it is logged in: `Debug` leaves out what it is.
#[derive(Clone, Eq, PartialEq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// The token itself, to be kept in a safe place.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for RefreshToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// Called with each new refresh token, before the one in its place is of no use any longer: keep it
/// durably. What it answers with when that fails is told to whoever wants an access token.
pub type Keep = dyn Fn(&RefreshToken) -> Result<(), String> + Send + Sync;

/// The access tokens of one login. A clone is the same login.
///
/// Refresh tokens change with each use, and one that is used twice ends the login. So a login
/// belongs to one of these at a time.
#[derive(Clone)]
pub struct LoginTokens {
    shared: Arc<Shared>,
}

struct Shared {
    rest: Rest,
    keep: Box<Keep>,
    login: Mutex<Login>,
}

struct Login {
    access: Option<(AccessToken, Instant)>,
    refresh: RefreshToken,
}

impl LoginTokens {
    /// The login that this refresh token belongs to. `keep` stores those that take its place.
    #[must_use]
    pub fn new(
        rest: Rest,
        refresh: RefreshToken,
        keep: impl Fn(&RefreshToken) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let login = Mutex::new(Login { access: None, refresh });
        // What brings the tokens does not wait for one itself.
        let shared = Shared { rest: rest.without_tokens(), keep: Box::new(keep), login };
        Self { shared: Arc::new(shared) }
    }
}

impl fmt::Debug for LoginTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginTokens").field("server", self.shared.rest.server()).finish()
    }
}

#[async_trait]
impl TokenSource for LoginTokens {
    async fn token(&self, spent: Option<&AccessToken>) -> Result<AccessToken, TokenError> {
        let (shared, spent) = (self.shared.clone(), spent.cloned());
        // A refresh token is used up by the question: whoever loses patience must not break it off.
        let asked = tokio::spawn(async move { shared.token(spent.as_ref()).await });
        asked
            .await
            .unwrap_or_else(|error| Err(TokenError::Unavailable { reason: error.to_string() }))
    }
}

impl Shared {
    async fn token(&self, spent: Option<&AccessToken>) -> Result<AccessToken, TokenError> {
        let mut login = self.login.lock().await;
        let soon = Instant::now() + Duration::from_millis(MARGIN_MS);
        if let Some((token, ends_at)) = &login.access
            && spent != Some(token)
            && *ends_at > soon
        {
            return Ok(token.clone());
        }
        let grant = self.rest.refresh(&login.refresh).await.map_err(why)?;
        let Grant { access_token, expires_in, refresh_token, .. } = grant;
        login.access = Some((access_token.clone(), Instant::now() + expires_in));
        login.refresh = refresh_token;
        let kept = (self.keep)(&login.refresh);
        kept.map_err(|reason| TokenError::Unavailable { reason })?;
        Ok(access_token)
    }
}

/// Only a clear no means that the login is over: a server that fails may know it tomorrow.
fn why(error: RestError) -> TokenError {
    let reason = error.to_string();
    match error {
        RestError::LoginNeeded { reason } => TokenError::LoginNeeded { reason },
        RestError::Refused { status, .. } if status != 429 => TokenError::LoginNeeded { reason },
        RestError::NotFound => TokenError::LoginNeeded { reason },
        _ => TokenError::Unavailable { reason },
    }
}
