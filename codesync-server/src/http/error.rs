//! What goes wrong in a request, and its only way to the caller: RFC 9457 problem bodies.
//!
//! [`ApiError`] alone knows status codes. Codes are stable; sentences may change. What only the
//! operator should know is logged here, once, and left out of the answer.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::protocol::{RejectCode, SUBPROTOCOL};
use serde::Serialize;

use crate::access::Role;
use crate::accounts::AccountError;
use crate::auth::AuthError;
use crate::db::members::ShareError;
use crate::db::versions::{NAMED_MAX, NameError as VersionError};
use crate::document::EditRefusal;
use crate::document::load::LoadError;
use crate::document::registry::OpenError;
use crate::http::rate::{seconds, tell};
use crate::logins::ParseLoginError;
use crate::names::NameError;
use crate::oplog::LogError;
use crate::password::PasswordError;
use crate::password::hashing::HashError;
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

/// The body of RFC 9457, section 3, with a stable `code` for programs.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
}

impl ApiError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::DocumentNotFound => (StatusCode::NOT_FOUND, "document_not_found"),
            Self::InvalidDocumentId => (StatusCode::BAD_REQUEST, "invalid_document_id"),
            Self::InvalidJson(_) => (StatusCode::BAD_REQUEST, "invalid_json"),
            Self::InvalidBody(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            }
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::TextTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "text_too_large"),
            Self::TextTooLargeMerged => (StatusCode::PAYLOAD_TOO_LARGE, "text_too_large"),
            Self::InvalidName(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_name"),
            Self::InvalidLanguage => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_language"),
            Self::InvalidQuery(_) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::InvalidCursor => (StatusCode::BAD_REQUEST, "invalid_cursor"),
            Self::PreconditionFailed { .. } => {
                (StatusCode::PRECONDITION_FAILED, "precondition_failed")
            }
            Self::LoginRequired => (StatusCode::UNAUTHORIZED, "login_required"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Self::SessionEnded => (StatusCode::UNAUTHORIZED, "session_ended"),
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong_credentials"),
            Self::AccountDisabled => (StatusCode::FORBIDDEN, "account_disabled"),
            Self::DeletionPending => (StatusCode::FORBIDDEN, "deletion_pending"),
            Self::RegistrationClosed => (StatusCode::FORBIDDEN, "registration_closed"),
            Self::NoAccounts => (StatusCode::NOT_FOUND, "no_accounts"),
            Self::GuestsCannot => (StatusCode::FORBIDDEN, "guests_cannot"),
            Self::InvalidLogin(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_login"),
            Self::InvalidPassword(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_password"),
            Self::NoSession => (StatusCode::NOT_FOUND, "session_not_found"),
            Self::RoleTooLow { .. } => (StatusCode::FORBIDDEN, "role_too_low"),
            Self::Share(error) => share_status_and_code(*error),
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::LoginsBusy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "logins_busy"),
            Self::NoRevision { .. } => (StatusCode::NOT_FOUND, "revision_not_found"),
            Self::InvalidRevision => (StatusCode::BAD_REQUEST, "invalid_revision"),
            Self::NoVersion => (StatusCode::NOT_FOUND, "version_not_found"),
            Self::InvalidVersionId => (StatusCode::BAD_REQUEST, "invalid_version_id"),
            Self::TooManyVersions { .. } => (StatusCode::CONFLICT, "too_many_versions"),
            Self::NotPlainText => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::InvalidText => (StatusCode::BAD_REQUEST, "invalid_text"),
            Self::InvalidIdempotencyKey => (StatusCode::BAD_REQUEST, "invalid_idempotency_key"),
            Self::RequestUnderway => (StatusCode::CONFLICT, "request_underway"),
            Self::IdempotencyKeyTaken => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_taken")
            }
            Self::Moved { .. } => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            Self::TooManyClients => (StatusCode::CONFLICT, "too_many_clients"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong_host"),
            Self::WrongOrigin => (StatusCode::FORBIDDEN, "wrong_origin"),
            Self::SocketExpected => (StatusCode::UPGRADE_REQUIRED, "socket_expected"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
            Self::TooManyConnections => (StatusCode::SERVICE_UNAVAILABLE, "too_many_connections"),
            Self::Full => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            Self::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
        }
    }
}

fn share_status_and_code(error: ShareError) -> (StatusCode, &'static str) {
    match error {
        ShareError::NoDocument => (StatusCode::NOT_FOUND, "document_not_found"),
        ShareError::NotOwner => (StatusCode::FORBIDDEN, "role_too_low"),
        ShareError::NoUser => (StatusCode::NOT_FOUND, "user_not_found"),
        ShareError::NoMember => (StatusCode::NOT_FOUND, "member_not_found"),
        ShareError::IsMember => (StatusCode::CONFLICT, "already_member"),
        ShareError::LastOwner => (StatusCode::CONFLICT, "last_owner"),
        ShareError::GuestOwner => (StatusCode::CONFLICT, "guest_owner"),
        ShareError::TooManyMembers => (StatusCode::CONFLICT, "too_many_members"),
        ShareError::TooManyLinks => (StatusCode::CONFLICT, "too_many_links"),
        ShareError::NoLink => (StatusCode::NOT_FOUND, "link_not_found"),
        ShareError::NoGuests => (StatusCode::FORBIDDEN, "guests_not_allowed"),
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
        let (status, code) = self.status_and_code();
        if let Self::Unavailable { cause } | Self::Internal { cause } = &self {
            tracing::error!(code, cause, "request failed");
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

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NotFound => Self::DocumentNotFound,
            LogError::Full => Self::Full,
            LogError::Damaged { .. } | LogError::Unavailable(_) => {
                Self::Unavailable { cause: error.to_string() }
            }
            LogError::TooManyAuthors | LogError::ClientTaken => {
                Self::Internal { cause: error.to_string() }
            }
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::LoginRequired,
            AuthError::Invalid => Self::InvalidToken,
            AuthError::Expired => Self::TokenExpired,
            AuthError::Ended => Self::SessionEnded,
            AuthError::Unavailable(cause) => Self::Unavailable { cause },
        }
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::RegistrationClosed => Self::RegistrationClosed,
            AccountError::Password(error) => Self::InvalidPassword(error),
            AccountError::WrongCredentials => Self::WrongCredentials,
            AccountError::Disabled => Self::AccountDisabled,
            AccountError::DeletionPending => Self::DeletionPending,
            AccountError::SessionEnded => Self::SessionEnded,
            AccountError::NoSession => Self::NoSession,
            AccountError::Hash(HashError::Busy { retry }) => Self::LoginsBusy { retry },
            AccountError::Hash(HashError::Failed(cause)) | AccountError::Token(cause) => {
                Self::Internal { cause }
            }
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::NotYet { revision, head } => {
                Self::NoRevision { revision: revision.get(), head: head.get() }
            }
            broken @ LoadError::Broken { .. } => Self::Unavailable { cause: broken.to_string() },
        }
    }
}

impl From<ShareError> for ApiError {
    fn from(error: ShareError) -> Self {
        Self::Share(error)
    }
}

impl From<NameError> for ApiError {
    fn from(NameError(why): NameError) -> Self {
        Self::InvalidName(why)
    }
}

impl From<VersionError> for ApiError {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::TooMany => Self::TooManyVersions { versions_max: NAMED_MAX },
            VersionError::Log(error) => error.into(),
        }
    }
}

impl From<EditRefusal> for ApiError {
    fn from(refusal: EditRefusal) -> Self {
        let (code, message) = match refusal {
            EditRefusal::Moved { head } => return Self::Moved { revision: head.get() },
            EditRefusal::Rejected { code, message } => (code, message),
        };
        match code {
            RejectCode::DocumentNotFound | RejectCode::DocumentDeleted => Self::DocumentNotFound,
            RejectCode::ReadOnly => Self::RoleTooLow { least: Role::Editor, role: Role::Viewer },
            RejectCode::TooManyPeople => Self::TooManyClients,
            RejectCode::DocumentTooLarge => Self::TextTooLargeMerged,
            RejectCode::Busy | RejectCode::DocumentUnavailable => {
                Self::Unavailable { cause: message }
            }
            code => Self::Internal { cause: format!("an edit was rejected: {code}, {message}") },
        }
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotFound => Self::DocumentNotFound,
            OpenError::Closing => Self::Draining,
            OpenError::Unavailable(cause) => Self::Unavailable { cause },
        }
    }
}

/// The answer of a handler that panicked: a mistake of ours, and the others go on.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = format!("a handler panicked: {}", text.unwrap_or_default());
    ApiError::Internal { cause }.into_response()
}
