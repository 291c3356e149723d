//! What goes wrong in a request, and its only way to the caller: RFC 9457 problem bodies.
//!
//! [`ApiError`] alone turns a failure into an answer; sentences may change, codes may not.
//! What only the operator should know is logged here, once, and left out of the answer.

mod cause;

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::protocol::SUBPROTOCOL;

use crate::access::Role;
use crate::db::members::ShareError;
use crate::http::problem::{Code, Problem};
use crate::http::rate::{seconds, tell};
use crate::logins::ParseLoginError;
use crate::password::PasswordError;
use crate::rate::Standing;

/// Why a request was not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("there is nothing at this path")]
    NoRoute,
    #[error("this path does not know that method")]
    MethodNotAllowed,
    #[error("there is no such document")]
    DocumentNotFound,
    #[error("a document id looks like 0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11")]
    InvalidDocumentId,
    #[error("the body is not JSON: {0}")]
    InvalidJson(String),
    #[error("the body does not fit: {0}")]
    InvalidBody(String),
    #[error("the body must be sent as application/json")]
    UnsupportedMediaType,
    #[error("the body is longer than {bytes_max} bytes")]
    BodyTooLarge { bytes_max: usize },
    #[error("the text has {bytes} bytes, more than the {bytes_max} a document may have")]
    TextTooLarge { bytes: u64, bytes_max: u64 },
    #[error("the text would be longer than a document may be")]
    TextTooLargeMerged,
    #[error("the name {0}")]
    InvalidName(&'static str),
    #[error("a language is 1 to 64 of the characters a-z, 0-9, +, #, ., - and _")]
    InvalidLanguage,
    #[error("the query does not fit: {0}")]
    InvalidQuery(String),
    #[error("the cursor is not one that a list gave out")]
    InvalidCursor,
    #[error("the document is at revision {revision}, not at the one in If-Match")]
    PreconditionFailed { revision: u64 },
    #[error("log in first: this server has accounts")]
    LoginRequired,
    #[error("the token is not one of this server's")]
    InvalidToken,
    #[error("the token has expired; a new one comes with the refresh token")]
    TokenExpired,
    #[error("the login has ended; log in again")]
    SessionEnded,
    #[error("the login or the password is wrong")]
    WrongCredentials,
    #[error("the account was shut by the operator")]
    AccountDisabled,
    #[error("the account is to be deleted; POST /api/auth/restore takes that back")]
    DeletionPending,
    #[error("accounts are made by the operator of this server only")]
    RegistrationClosed,
    #[error("this server has no accounts")]
    NoAccounts,
    #[error("that takes an account; guests may only take part in what they were invited to")]
    GuestsCannot,
    #[error(transparent)]
    InvalidLogin(#[from] ParseLoginError),
    #[error(transparent)]
    InvalidPassword(PasswordError),
    #[error("there is no such session of yours")]
    NoSession,
    #[error("that takes the role of {}, and yours is {}", least.name(), role.name())]
    RoleTooLow { least: Role, role: Role },
    #[error(transparent)]
    Share(ShareError),
    #[error("{} requests a {} s are let through; try again in {} s", .0.quota.count, .0.quota.window.as_secs(), seconds(.0.refused.unwrap_or_default()))]
    TooManyRequests(Standing),
    #[error("too many logins at once; try again in {} s", seconds(*retry))]
    LoginsBusy { retry: Duration },
    #[error("there is no revision {revision}; the document is at {head}")]
    NoRevision { revision: u64, head: u64 },
    #[error("a revision is a number in digits, such as 42")]
    InvalidRevision,
    #[error("there is no such version")]
    NoVersion,
    #[error("a version id looks like 0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11")]
    InvalidVersionId,
    #[error("the document has {versions_max} named versions, the most there may be")]
    TooManyVersions { versions_max: u64 },
    #[error("the body must be sent as text/plain in UTF-8")]
    NotPlainText,
    #[error("the body is not UTF-8")]
    InvalidText,
    #[error("an Idempotency-Key is 1 to 255 visible characters of ASCII")]
    InvalidIdempotencyKey,
    #[error("the same request is being carried out; ask again in two seconds")]
    RequestUnderway,
    #[error("this Idempotency-Key was used for another request; take a new one")]
    IdempotencyKeyTaken,
    #[error(
        "the document is at revision {revision}; to merge a text that was made from an older one, name that with ?base= instead of If-Match"
    )]
    Moved { revision: u64 },
    #[error("the document has had as many clients as it may have")]
    TooManyClients,
    #[error("this server does not answer under that name")]
    WrongHost,
    #[error("requests from other web pages are not answered")]
    WrongOrigin,
    #[error("this path is a WebSocket of the subprotocol {SUBPROTOCOL}")]
    SocketExpected,
    #[error("the request took too long")]
    Timeout,
    #[error("the server is going down")]
    Draining,
    #[error("the server has as many connections as it takes")]
    TooManyConnections,
    #[error("there is no room left to write on the server's disk")]
    Full,
    #[error("the server cannot reach its documents at the moment")]
    Unavailable { cause: String },
    #[error("something went wrong inside the server")]
    Internal { cause: String },
}

impl ApiError {
    fn code(&self) -> Code {
        match self {
            Self::NoRoute => Code::NotFound,
            Self::MethodNotAllowed => Code::MethodNotAllowed,
            Self::DocumentNotFound => Code::DocumentNotFound,
            Self::InvalidDocumentId => Code::InvalidDocumentId,
            Self::InvalidJson(_) => Code::InvalidJson,
            Self::InvalidBody(_) => Code::InvalidBody,
            Self::UnsupportedMediaType | Self::NotPlainText => Code::UnsupportedMediaType,
            Self::BodyTooLarge { .. } => Code::BodyTooLarge,
            Self::TextTooLarge { .. } | Self::TextTooLargeMerged => Code::TextTooLarge,
            Self::InvalidName(_) => Code::InvalidName,
            Self::InvalidLanguage => Code::InvalidLanguage,
            Self::InvalidQuery(_) => Code::InvalidQuery,
            Self::InvalidCursor => Code::InvalidCursor,
            Self::PreconditionFailed { .. } | Self::Moved { .. } => Code::PreconditionFailed,
            Self::LoginRequired => Code::LoginRequired,
            Self::InvalidToken => Code::InvalidToken,
            Self::TokenExpired => Code::TokenExpired,
            Self::SessionEnded => Code::SessionEnded,
            Self::WrongCredentials => Code::WrongCredentials,
            Self::AccountDisabled => Code::AccountDisabled,
            Self::DeletionPending => Code::DeletionPending,
            Self::RegistrationClosed => Code::RegistrationClosed,
            Self::NoAccounts => Code::NoAccounts,
            Self::GuestsCannot => Code::GuestsCannot,
            Self::InvalidLogin(_) => Code::InvalidLogin,
            Self::InvalidPassword(_) => Code::InvalidPassword,
            Self::NoSession => Code::SessionNotFound,
            Self::RoleTooLow { .. } => Code::RoleTooLow,
            Self::Share(error) => share_code(*error),
            Self::TooManyRequests(_) => Code::TooManyRequests,
            Self::LoginsBusy { .. } => Code::LoginsBusy,
            Self::NoRevision { .. } => Code::RevisionNotFound,
            Self::InvalidRevision => Code::InvalidRevision,
            Self::NoVersion => Code::VersionNotFound,
            Self::InvalidVersionId => Code::InvalidVersionId,
            Self::TooManyVersions { .. } => Code::TooManyVersions,
            Self::InvalidText => Code::InvalidText,
            Self::InvalidIdempotencyKey => Code::InvalidIdempotencyKey,
            Self::RequestUnderway => Code::RequestUnderway,
            Self::IdempotencyKeyTaken => Code::IdempotencyKeyTaken,
            Self::TooManyClients => Code::TooManyClients,
            Self::WrongHost => Code::WrongHost,
            Self::WrongOrigin => Code::WrongOrigin,
            Self::SocketExpected => Code::SocketExpected,
            Self::Timeout => Code::Timeout,
            Self::Draining => Code::Draining,
            Self::TooManyConnections => Code::TooManyConnections,
            Self::Full => Code::DiskFull,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::Internal { .. } => Code::InternalError,
        }
    }
}

fn share_code(error: ShareError) -> Code {
    match error {
        ShareError::NoDocument => Code::DocumentNotFound,
        ShareError::NotOwner => Code::RoleTooLow,
        ShareError::NoUser => Code::UserNotFound,
        ShareError::NoMember => Code::MemberNotFound,
        ShareError::IsMember => Code::AlreadyMember,
        ShareError::LastOwner => Code::LastOwner,
        ShareError::GuestOwner => Code::GuestOwner,
        ShareError::TooManyMembers => Code::TooManyMembers,
        ShareError::TooManyLinks => Code::TooManyLinks,
        ShareError::NoLink => Code::LinkNotFound,
        ShareError::NoGuests => Code::GuestsNotAllowed,
    }
}

impl ApiError {
    /// Something that only a mistake of ours, or the system, can cause.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal { cause: cause.to_string() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.code();
        let status = code.status();
        if let Self::Unavailable { cause } | Self::Internal { cause } = &self {
            tracing::error!(code = code.name(), cause, "request failed");
        }
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.to_string(),
            code,
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        let problem_json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem_json);
        if matches!(self, Self::SocketExpected) {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooManyRequests(standing) = &self {
            tell(headers, standing);
            let wait = seconds(standing.refused.unwrap_or_default());
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        let comes_again = matches!(self, Self::RequestUnderway)
            || status == StatusCode::SERVICE_UNAVAILABLE
            || status == StatusCode::INSUFFICIENT_STORAGE;
        if comes_again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// The answer of a handler that panicked: a mistake of ours, and the others go on.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = format!("a handler panicked: {}", text.unwrap_or_default());
    ApiError::Internal { cause }.into_response()
}
