//! The answer to whoever has proved who he is: an access token, and a refresh token where it is safe
//! from the page's scripts.
//!
//! A program gets the refresh token in the body and keeps it in a file. A browser asks for a cookie
//! instead: no script can read it, no other site can have it sent, and nothing but `/api/auth` looks
//! at it. Its `__Host-` name, which keeps other servers of the domain from setting it, wants the path
//! `/` (RFC 6265bis, section 4.1.3.2); without encryption, on the machine itself, it has neither.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Grant;
use crate::db::users::{User, UserKind};
use crate::http::error::ApiError;
use crate::http::guard::Site;
use crate::http::kind;
use crate::tokens::access::ACCESS_LIFE;
use crate::tokens::refresh::IDLE_MAX;

pub(crate) const SECURE_NAME: &str = "__Host-codesync-refresh";
const PLAIN_NAME: &str = "codesync-refresh";

/// A user as JSON shows him to himself.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct Me {
    #[schema(value_type = kind::Id)]
    id: String,
    kind: KindName,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    login: Option<String>,
    name: String,
}

impl From<User> for Me {
    fn from(user: User) -> Self {
        let (id, kind) = (user.id.to_string(), user.kind.into());
        Self { id, kind, login: user.login, name: user.name }
    }
}

/// What a user is, as JSON names it.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = UserKind)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KindName {
    Person,
    Guest,
    Local,
}

impl From<UserKind> for KindName {
    fn from(kind: UserKind) -> Self {
        match kind {
            UserKind::Person => Self::Person,
            UserKind::Guest => Self::Guest,
            UserKind::Local => Self::Local,
        }
    }
}

/// What a login gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    access_token: String,
    /// `Bearer`.
    #[schema(value_type = String)]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Not there if a cookie was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[schema(value_type = kind::Id)]
    session: String,
    user: Me,
}

/// Where the refresh token goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Delivery {
    Body,
    Cookie { is_secure: bool },
}

impl Delivery {
    pub(crate) fn asked(cookie: bool, site: Site) -> Self {
        if cookie { Self::Cookie { is_secure: site.is_encrypted } } else { Self::Body }
    }
}

/// What goes with the tokens into an answer.
pub(crate) fn tokens(grant: Grant, delivery: Delivery) -> Result<(HeaderMap, Tokens), ApiError> {
    let refresh = grant.refresh_token.expose();
    let mut headers = HeaderMap::new();
    let refresh_token = match delivery {
        Delivery::Body => Some(refresh),
        Delivery::Cookie { is_secure } => {
            headers.insert(header::SET_COOKIE, cookie(&refresh, IDLE_MAX.as_secs(), is_secure)?);
            None
        }
    };
    let tokens = Tokens {
        access_token: grant.access_token,
        token_type: "Bearer",
        expires_in: ACCESS_LIFE.as_secs(),
        refresh_token,
        session: grant.session.to_string(),
        user: grant.user.into(),
    };
    Ok((headers, tokens))
}

pub(crate) fn answer(grant: Grant, delivery: Delivery) -> Result<Response, ApiError> {
    let (headers, tokens) = tokens(grant, delivery)?;
    Ok((headers, Json(tokens)).into_response())
}

/// The answer to whoever has logged out: if he has a cookie, it goes.
pub(crate) fn gone(delivery: Delivery) -> Result<Response, ApiError> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Delivery::Cookie { is_secure } = delivery {
        response.headers_mut().insert(header::SET_COOKIE, cookie("", 0, is_secure)?);
    }
    Ok(response)
}

fn cookie(value: &str, seconds: u64, is_secure: bool) -> Result<HeaderValue, ApiError> {
    let (name, place) =
        if is_secure { (SECURE_NAME, "Path=/; Secure") } else { (PLAIN_NAME, "Path=/api/auth") };
    let text = format!("{name}={value}; {place}; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    let mut value = HeaderValue::try_from(text)
        .map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The refresh token in a request's cookie, and where it was told to be kept.
pub(crate) struct RefreshCookie(pub(crate) Option<(String, Delivery)>);

impl<S: Send + Sync> FromRequestParts<S> for RefreshCookie {
    type Rejection = ApiError;

    /// A cookie comes along whoever makes the browser ask: it counts only if one of our own pages
    /// did, for which the browser vouches.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(Site { is_encrypted: is_secure, is_own_page }) = parts.extensions.get().copied()
        else {
            return Ok(Self(None));
        };
        let name = if is_secure { SECURE_NAME } else { PLAIN_NAME };
        let found = parts
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(found, _)| *found == name);
        match found {
            Some(_) if !is_own_page => Err(ApiError::WrongOrigin),
            Some((_, token)) => Ok(Self(Some((token.to_owned(), Delivery::Cookie { is_secure })))),
            None => Ok(Self(None)),
        }
    }
}
