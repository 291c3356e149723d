//! Accounts over REST: registering, logging in and out, and the next tokens of a login.

use std::time::Duration;

use codesync_core::AccessToken;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{Rest, RestError};
use crate::login::RefreshToken;

/// An account to be made.
#[derive(Clone, Serialize)]
pub struct NewAccount {
    /// The name to log in with.
    pub login: String,
    /// The password. Sent to the server and kept nowhere.
    pub password: String,
    /// What others see; the login when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl std::fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount").field("login", &self.login).finish_non_exhaustive()
    }
}

/// What a login brings.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who has logged in.
    pub account: Account,
    /// For the next minutes.
    pub access_token: AccessToken,
    /// How long that counts.
    pub expires_in: Duration,
    /// For the time after.
    pub refresh_token: RefreshToken,
}

/// A person as the server shows him to himself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// Stays the same whatever he is called.
    pub id: String,
    /// `person`, `guest`, or `local` for the user of a server without accounts.
    #[serde(default)]
    pub kind: String,
    /// The name to log in with. Guests have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// What others see. Comes from the person: make it harmless before showing it.
    pub name: String,
}

/// The server's answer to whoever has proved who he is.
#[derive(Deserialize)]
pub(super) struct Answer {
    user: Account,
    access_token: String,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
}

impl From<Answer> for Grant {
    fn from(answer: Answer) -> Self {
        Self {
            account: answer.user,
            access_token: answer.access_token.into(),
            expires_in: Duration::from_secs(answer.expires_in),
            refresh_token: answer.refresh_token.into(),
        }
    }
}

impl Rest {
    /// Makes an account. Log in to see whether the login was still free: the answer does not tell.
    ///
    /// # Errors
    /// [`RestError::Refused`] when the login or the password will not do, or as for every call.
    pub async fn register(&self, account: &NewAccount) -> Result<(), RestError> {
        let request = self.request(Method::POST, "api/auth/register").json(account);
        self.send_as(request, None).await.map(drop)
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`RestError::LoginNeeded`] when login and password do not belong together, or as for every
    /// call.
    pub async fn log_in(&self, login: &str, password: &str) -> Result<Grant, RestError> {
        let proof = serde_json::json!({ "login": login, "password": password });
        self.granted("api/auth/login", &proof).await
    }

    /// The next tokens of a login. The refresh token is used up by this, whatever becomes of the
    /// answer.
    ///
    /// # Errors
    /// [`RestError::LoginNeeded`] when the login has ended, or as for every call.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<Grant, RestError> {
        let proof = serde_json::json!({ "refresh_token": token.expose() });
        self.granted("api/auth/refresh", &proof).await
    }

    /// Ends a login and closes what it has opened.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn log_out(&self, token: &RefreshToken) -> Result<(), RestError> {
        let proof = serde_json::json!({ "refresh_token": token.expose() });
        let request = self.request(Method::POST, "api/auth/logout").json(&proof);
        self.send_as(request, None).await.map(drop)
    }

    /// Changes the password. Every login of the account ends, and a new one is given.
    ///
    /// # Errors
    /// [`RestError::LoginNeeded`] when `current` is not the password, [`RestError::Refused`] when
    /// `new` will not do, or as for every call.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<Grant, RestError> {
        let change = serde_json::json!({ "current": current, "new": new });
        let request = self.request(Method::POST, "api/auth/password").json(&change);
        let token = match &self.tokens {
            Some(tokens) => {
                Some(tokens.token(None).await.map_err(|error| self.without_token(error))?)
            }
            None => None,
        };
        // Not asked again with another token: it is the password that may be wrong.
        let response = self.send_as(request, token.as_ref()).await?;
        let answer: Answer = self.read_json(response).await?;
        Ok(answer.into())
    }

    /// Who asks.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn me(&self) -> Result<Account, RestError> {
        self.json(self.request(Method::GET, "api/users/me")).await
    }

    async fn granted(&self, path: &str, proof: &serde_json::Value) -> Result<Grant, RestError> {
        let response = self.send_as(self.request(Method::POST, path).json(proof), None).await?;
        let answer: Answer = self.read_json(response).await?;
        Ok(answer.into())
    }
}
