//! Who asks, and what he may do with the document in the path.
//!
//! A handler says what it needs by what it takes: a [`Caller`], a [`Person`] (no guest), or one of
//! [`Viewing`], [`Editing`] and [`Owning`], each of which holds a [`Member`]. Whoever may not see a
//! document is told what somebody is told who made up its id.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use codesync_core::DocumentId;

use crate::access::{Rights, Role};
use crate::accounts::Visit;
use crate::auth::Caller;
use crate::db::audit::Actor;
use crate::db::users::UserKind;
use crate::http::Http;
use crate::http::error::ApiError;
use crate::http::json::DocumentPath;
use crate::http::peer::ClientAddress;

impl FromRequestParts<Http> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        Ok(http.auth.authenticate(bearer(parts)?).await?)
    }
}

/// `None` where nothing was shown to a server with accounts; what was shown must be right.
impl OptionalFromRequestParts<Http> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Option<Self>, ApiError> {
        if bearer(parts)?.is_none() && !http.auth.is_open() {
            return Ok(None);
        }
        <Self as FromRequestParts<Http>>::from_request_parts(parts, http).await.map(Some)
    }
}

/// The token of an `Authorization` header (RFC 6750, section 2.1).
pub(crate) fn bearer(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = match value.to_str().ok().and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        _ => None,
    };
    match (token, values.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(ApiError::InvalidToken),
    }
}

/// Somebody with an account, or the machine's own user.
pub(crate) struct Person(pub(crate) Caller);

impl FromRequestParts<Http> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        let caller = <Caller as FromRequestParts<Http>>::from_request_parts(parts, http).await?;
        match caller.kind {
            UserKind::Person | UserKind::Local => Ok(Self(caller)),
            UserKind::Guest => Err(ApiError::GuestsCannot),
        }
    }
}

/// Somebody, and what he may do with one document.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) document: DocumentId,
    pub(crate) caller: Caller,
    pub(crate) rights: Rights,
}

/// May read it.
pub(crate) struct Viewing(pub(crate) Member);
/// May write, too.
pub(crate) struct Editing(pub(crate) Member);
/// May share and delete it, too.
pub(crate) struct Owning(pub(crate) Member);

macro_rules! member {
    ($name:ident, $role:expr) => {
        impl FromRequestParts<Http> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
                member(parts, http, $role).await.map(Self)
            }
        }
    };
}

member!(Viewing, Role::Viewer);
member!(Editing, Role::Editor);
member!(Owning, Role::Owner);

async fn member(parts: &mut Parts, http: &Http, least: Role) -> Result<Member, ApiError> {
    let caller = <Caller as FromRequestParts<Http>>::from_request_parts(parts, http).await?;
    let DocumentPath(document) = DocumentPath::from_request_parts(parts, http).await?;
    let rights = http.rights.find(document, caller.user).await?;
    let rights = rights.ok_or(ApiError::DocumentNotFound)?;
    if rights.role < least {
        return Err(ApiError::RoleTooLow { least, role: rights.role });
    }
    Ok(Member { document, caller, rights })
}

/// Where a request came from, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) address: ClientAddress,
    agent: String,
}

impl Visitor {
    pub(crate) fn visit(&self) -> Visit {
        Visit { agent: self.agent.clone(), address: self.address.to_string() }
    }

    pub(crate) fn actor(&self, caller: &Caller) -> Actor {
        Actor { user: Some(caller.user), address: self.address.to_string() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Limits and the audit log depend on it: without it nothing is served.
        let address = parts.extensions.get().copied().ok_or_else(|| ApiError::Internal {
            cause: "a request without the address of its peer".to_owned(),
        })?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let agent = agent.unwrap_or_default().chars().filter(|char| !char.is_control()).collect();
        Ok(Self { address, agent })
    }
}
