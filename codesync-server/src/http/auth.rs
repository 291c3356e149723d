//! Registering, logging in and out, over REST.

use axum::Json;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::auth::Caller;
use crate::http::Http;
use crate::http::caller::Visitor;
use crate::http::error::ApiError;
use crate::http::grant::{self, Delivery, RefreshCookie};
use crate::http::guard::Site;
use crate::http::json::Body;
use crate::logins::Login;
use crate::names::visible_name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    login: String,
    password: String,
    /// What others see; the login, if nothing is said.
    name: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Registered {
    login: String,
}

/// Answers the same whether the login was free or taken: log in to see.
pub(crate) async fn register(
    State(http): State<Http>,
    visitor: Visitor,
    Body(asked): Body<Register>,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    let login: Login = asked.login.parse()?;
    let name = visible_name(asked.name.as_deref().unwrap_or(login.as_str()))?;
    http.limits.register(&visitor.address).await?;
    accounts.register(login.clone(), name, asked.password, &visitor.visit()).await?;
    let registered = Registered { login: login.to_string() };
    Ok((StatusCode::ACCEPTED, Json(registered)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    login: String,
    password: String,
    /// Whether the refresh token shall come as a cookie instead.
    #[serde(default)]
    cookie: bool,
}

pub(crate) async fn log_in(
    State(http): State<Http>,
    Extension(site): Extension<Site>,
    visitor: Visitor,
    Body(asked): Body<LogIn>,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    http.limits.log_in(&visitor.address, &asked.login).await?;
    let grant = accounts.log_in(&asked.login, asked.password, &visitor.visit()).await?;
    grant::answer(grant, Delivery::asked(asked.cookie, site))
}

/// Takes the deletion of an account back.
pub(crate) async fn restore(
    State(http): State<Http>,
    Extension(site): Extension<Site>,
    visitor: Visitor,
    Body(asked): Body<LogIn>,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    http.limits.log_in(&visitor.address, &asked.login).await?;
    let grant = accounts.restore(&asked.login, asked.password, &visitor.visit()).await?;
    grant::answer(grant, Delivery::asked(asked.cookie, site))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    /// Not there where a cookie has it.
    refresh_token: Option<String>,
}

impl Refresh {
    /// The token, from the body or else from the cookie.
    fn token(self, RefreshCookie(cookie): RefreshCookie) -> Option<(String, Delivery)> {
        self.refresh_token.map(|token| (token, Delivery::Body)).or(cookie)
    }
}

/// A browser has it all in its cookie and need send no body.
impl<S: Send + Sync> FromRequest<S> for Refresh {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(Self::default());
        }
        let Body(said): Body<Self> = Body::from_request(request, state).await?;
        Ok(said)
    }
}

pub(crate) async fn refresh(
    State(http): State<Http>,
    cookie: RefreshCookie,
    visitor: Visitor,
    asked: Refresh,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    let (token, delivery) = asked.token(cookie).ok_or(ApiError::LoginRequired)?;
    grant::answer(accounts.refresh(&token, &visitor.visit()).await?, delivery)
}

/// Ends the login that an access token, a refresh token or a cookie shows, whether or not it has
/// ended before.
pub(crate) async fn log_out(
    State(http): State<Http>,
    caller: Option<Caller>,
    cookie: RefreshCookie,
    visitor: Visitor,
    asked: Refresh,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    let delivery = cookie.0.as_ref().map_or(Delivery::Body, |(_, delivery)| *delivery);
    let session = caller.and_then(|caller| Some((caller.user, caller.session?)));
    match (session, asked.token(cookie)) {
        (Some((user, session)), _) => accounts.log_out(user, session, &visitor.visit()).await?,
        (None, Some((token, _))) => accounts.log_out_by_token(&token, &visitor.visit()).await?,
        (None, None) => return Err(ApiError::LoginRequired),
    }
    grant::gone(delivery)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    current: String,
    new: String,
    #[serde(default)]
    cookie: bool,
}

/// Ends every login of the account, this one too, and gives a new one.
pub(crate) async fn change_password(
    State(http): State<Http>,
    caller: Caller,
    Extension(site): Extension<Site>,
    visitor: Visitor,
    Body(asked): Body<ChangePassword>,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    http.limits.log_in(&visitor.address, &caller.user.to_string()).await?;
    let visit = visitor.visit();
    let grant = accounts.change_password(caller.user, asked.current, asked.new, &visit).await?;
    grant::answer(grant, Delivery::asked(asked.cookie, site))
}
