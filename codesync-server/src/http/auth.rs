//! Registering, logging in and out, over REST.

use axum::Json;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::http::Http;
use crate::http::caller::Visitor;
use crate::http::describe::{Description, Input};
use crate::http::error::ApiError;
use crate::http::grant::{self, Delivery, RefreshCookie, Tokens};
use crate::http::guard::Site;
use crate::http::json::Body;
use crate::http::kind;
use crate::http::problem::{
    AccountDisabled, DeletionPending, InvalidLogin, InvalidName, InvalidPassword, LoginRequired,
    LoginsBusy, NoAccounts, RegistrationClosed, SessionEnded, WrongCredentials,
};
use crate::logins::Login;
use crate::names::visible_name;

#[derive(Deserialize, ToSchema)]
#[schema(as = Registration)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    #[schema(value_type = kind::Login)]
    login: String,
    #[schema(value_type = kind::NewPassword)]
    password: String,
    /// What others see; the login, if nothing is said.
    #[schema(value_type = Option<kind::Name>)]
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Registered {
    /// In the spelling that counts.
    login: String,
}

/// Makes an account.
///
/// Answers the same whether the login was free or taken: log in to see.
#[utoipa::path(
    post, path = "/api/auth/register", tag = "auth", operation_id = "register",
    responses(
        (status = 202, description = "Log in with it.", body = Registered),
        NoAccounts, RegistrationClosed, InvalidLogin, InvalidName, InvalidPassword, LoginsBusy,
    )
)]
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

#[derive(Deserialize, ToSchema)]
#[schema(as = Credentials)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    login: String,
    password: String,
    /// Whether the refresh token shall come as a cookie instead.
    #[serde(default)]
    cookie: bool,
}

/// Logs in.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "auth", operation_id = "logIn",
    responses(
        (status = 200, description = "Logged in.", body = Tokens,
            headers(("Set-Cookie", description = "The refresh token, if it was asked for as a cookie."))),
        NoAccounts, WrongCredentials, AccountDisabled, DeletionPending, LoginsBusy,
    )
)]
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
#[utoipa::path(
    post, path = "/api/auth/restore", tag = "auth", operation_id = "restoreAccount",
    responses(
        (status = 200, description = "The account is back, and logged in.", body = Tokens,
            headers(("Set-Cookie", description = "The refresh token, if it was asked for as a cookie."))),
        NoAccounts, WrongCredentials, AccountDisabled, LoginsBusy,
    )
)]
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

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = RefreshToken)]
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

impl Input for Refresh {
    fn describe(to: &mut Description<'_>) {
        Body::<Self>::describe(to);
        to.body_is_optional();
    }
}

/// New tokens for a refresh token, which comes in the body or in a cookie.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth", operation_id = "refreshTokens",
    responses(
        (status = 200, description = "New tokens. The old refresh token is used up.", body = Tokens,
            headers(("Set-Cookie", description = "The refresh token, if it was asked for as a cookie."))),
        NoAccounts, LoginRequired, SessionEnded,
    )
)]
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
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth", operation_id = "logOut",
    responses(
        (status = 204, description = "The login has ended.",
            headers(("Set-Cookie", description = "Takes the cookie away, if there was one."))),
        NoAccounts, LoginRequired, SessionEnded,
    )
)]
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

#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    current: String,
    #[schema(value_type = kind::NewPassword)]
    new: String,
    /// Whether the refresh token shall come as a cookie instead.
    #[serde(default)]
    cookie: bool,
}

/// Ends every login of the account, this one too, and gives a new one.
#[utoipa::path(
    post, path = "/api/auth/password", tag = "auth", operation_id = "changePassword",
    responses(
        (status = 200, description = "Logged in anew.", body = Tokens,
            headers(("Set-Cookie", description = "The refresh token, if it was asked for as a cookie."))),
        NoAccounts, WrongCredentials, AccountDisabled, InvalidPassword, LoginsBusy,
    )
)]
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
