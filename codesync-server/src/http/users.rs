//! One's own account and logins, and finding others to invite.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::db::sessions::{Ending, SessionRecord};
use crate::db::users::{User, UserKind};
use crate::http::Http;
use crate::http::caller::{Person, Visitor};
use crate::http::error::ApiError;
use crate::http::grant::Me;
use crate::http::json::{Asked, Body, SessionPath, rfc3339};
use crate::http::kind;
use crate::http::problem::{
    AccountDisabled, InvalidName, LoginsBusy, NoAccounts, WrongCredentials,
};
use crate::logins::Login;
use crate::names::visible_name;

/// Who asks.
#[utoipa::path(
    get, path = "/api/users/me", tag = "users", operation_id = "getMe",
    responses((status = 200, description = "The user.", body = Me))
)]
pub(crate) async fn me(State(http): State<Http>, caller: Caller) -> Result<Json<Me>, ApiError> {
    Ok(Json(own(&http, &caller).await?.into()))
}

async fn own(http: &Http, caller: &Caller) -> Result<User, ApiError> {
    http.database.user(caller.user).await?.ok_or(ApiError::SessionEnded)
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AccountChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeMe {
    #[schema(value_type = kind::Name)]
    name: String,
}

/// Changes the name that others see.
#[utoipa::path(
    patch, path = "/api/users/me", tag = "users", operation_id = "changeMe",
    responses((status = 200, description = "It is changed.", body = Me), InvalidName, NoAccounts)
)]
pub(crate) async fn change_me(
    State(http): State<Http>,
    caller: Caller,
    Body(asked): Body<ChangeMe>,
) -> Result<Json<Me>, ApiError> {
    let name = visible_name(&asked.name)?;
    http.accounts()?.rename(caller.user, name).await?;
    Ok(Json(own(&http, &caller).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AccountDeletion)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteMe {
    /// Once more; a guest has none.
    password: Option<String>,
}

/// Shuts the account at once. For seven days it can be restored.
#[utoipa::path(
    delete, path = "/api/users/me", tag = "users", operation_id = "deleteMe",
    responses(
        (status = 204, description = "The account is shut."),
        WrongCredentials, AccountDisabled, LoginsBusy, NoAccounts,
    )
)]
pub(crate) async fn delete_me(
    State(http): State<Http>,
    caller: Caller,
    visitor: Visitor,
    Body(asked): Body<DeleteMe>,
) -> Result<StatusCode, ApiError> {
    let accounts = http.accounts()?;
    let user = own(&http, &caller).await?;
    if user.kind == UserKind::Person {
        http.limits.log_in(&visitor.address, &caller.user.to_string()).await?;
    }
    accounts.delete(&user, asked.password, &visitor.visit()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A login as JSON shows it to its user.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    #[schema(value_type = kind::Id)]
    id: String,
    agent: String,
    address: String,
    #[schema(value_type = kind::Time)]
    created_at: String,
    #[schema(value_type = kind::Time)]
    used_at: String,
    #[schema(value_type = kind::Time)]
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    sessions: Vec<Session>,
}

/// Where one is logged in.
#[utoipa::path(
    get, path = "/api/users/me/sessions", tag = "users", operation_id = "listSessions",
    responses((status = 200, description = "All of them.", body = SessionList), NoAccounts)
)]
pub(crate) async fn sessions(
    State(http): State<Http>,
    caller: Caller,
) -> Result<Json<SessionList>, ApiError> {
    let sessions = http.accounts()?.sessions(caller.user).await?;
    let shown = |record: SessionRecord| Session {
        id: record.id.to_string(),
        agent: record.agent,
        address: record.address,
        created_at: rfc3339(record.created_at),
        used_at: rfc3339(record.used_at),
        expires_at: rfc3339(record.expires_at),
        current: Some(record.id) == caller.session,
    };
    Ok(Json(SessionList { sessions: sessions.into_iter().map(shown).collect() }))
}

/// Ends a login.
#[utoipa::path(
    delete, path = "/api/users/me/sessions/{session}", tag = "users", operation_id = "endSession",
    responses((status = 204, description = "It has ended."), NoAccounts)
)]
pub(crate) async fn end_session(
    State(http): State<Http>,
    caller: Caller,
    visitor: Visitor,
    SessionPath(session): SessionPath,
) -> Result<StatusCode, ApiError> {
    let ending = Ending::One(session);
    http.accounts()?.end_sessions(caller.user, ending, &visitor.visit()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all logins but the one that asks.
#[utoipa::path(
    delete, path = "/api/users/me/sessions", tag = "users", operation_id = "endOtherSessions",
    responses((status = 204, description = "They have ended."), NoAccounts)
)]
pub(crate) async fn end_other_sessions(
    State(http): State<Http>,
    caller: Caller,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    let accounts = http.accounts()?;
    let own = caller.session.ok_or(ApiError::NoAccounts)?;
    accounts.end_sessions(caller.user, Ending::Others(own), &visitor.visit()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// The login, in capitals or not.
    search: String,
}

/// Somebody as JSON shows him to others.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct Found {
    #[schema(value_type = kind::Id)]
    id: String,
    #[schema(required)]
    login: Option<String>,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UserList)]
pub(crate) struct FoundList {
    users: Vec<Found>,
}

/// Who has exactly this login: nobody can leaf through the others.
#[utoipa::path(
    get, path = "/api/users", tag = "users", operation_id = "findUsers",
    responses((status = 200, description = "The one, or nobody.", body = FoundList))
)]
pub(crate) async fn search(
    State(http): State<Http>,
    Person(caller): Person,
    Asked(asked): Asked<Search>,
) -> Result<Json<FoundList>, ApiError> {
    http.limits.look_up(&caller).await?;
    let found = match asked.search.parse::<Login>() {
        Ok(login) => http.database.user_of_login(&login).await?.map(|found| found.user),
        Err(_) => None,
    };
    let found = found.filter(|user| user.disabled_at.is_none() && user.deleted_at.is_none());
    let shown = |user: User| Found { id: user.id.to_string(), login: user.login, name: user.name };
    Ok(Json(FoundList { users: found.into_iter().map(shown).collect() }))
}
