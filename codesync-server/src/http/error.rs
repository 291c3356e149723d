//! What goes wrong in a request, and its only way to the caller: RFC 9457 problem bodies.
//!
//! [`ApiError`] alone knows status codes. Codes are stable; sentences may change. What only the
//! operator should know is logged here, once, and left out of the answer.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::protocol::SUBPROTOCOL;
use serde::Serialize;

use crate::document::registry::OpenError;
use crate::oplog::LogError;

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
    #[error("this server answers to localhost only")]
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
            Self::InvalidName(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_name"),
            Self::InvalidLanguage => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_language"),
            Self::InvalidQuery(_) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::InvalidCursor => (StatusCode::BAD_REQUEST, "invalid_cursor"),
            Self::PreconditionFailed { .. } => {
                (StatusCode::PRECONDITION_FAILED, "precondition_failed")
            }
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
        let comes_again = matches!(status, StatusCode::SERVICE_UNAVAILABLE)
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
