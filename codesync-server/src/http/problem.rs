//! The body of every answer that is no success (RFC 9457), and all codes that it can have.
//!
//! A [`Code`] is stable: programs may depend on it, and none is ever used for something else. Each
//! has a type of its own name, too, with which a handler's description says that it may give it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Response, Schema, Type};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

/// The body of RFC 9457, section 3, with a stable `code` for programs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status and the code say what it is.
    #[schema(value_type = String, format = "uri-reference")]
    pub(crate) r#type: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    pub(crate) title: &'static str,
    /// The status once more.
    pub(crate) status: u16,
    /// A sentence for people. It may change.
    pub(crate) detail: String,
    pub(crate) code: Code,
}

macro_rules! codes {
    ($($name:ident $status:ident $code:literal $about:literal)*) => {
        /// What is wrong, for programs.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        pub(crate) enum Code {
            $(#[serde(rename = $code)] $name,)*
        }

        impl Code {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// How it is written.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// When it is given.
            pub(crate) const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }

        $(
            /// May be answered.
            #[allow(dead_code, reason = "what every route may answer is named by its code")]
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    may_answer(Code::$name)
                }
            }
        )*
    };
}

codes! {
    InvalidJson BAD_REQUEST "invalid_json" "The body is not JSON."
    InvalidQuery BAD_REQUEST "invalid_query" "A parameter of the query or a condition does not fit."
    InvalidCursor BAD_REQUEST "invalid_cursor" "The cursor is not one that a list gave out."
    InvalidDocumentId BAD_REQUEST "invalid_document_id" "The document's id is no UUID."
    InvalidVersionId BAD_REQUEST "invalid_version_id" "The version's id is no UUID."
    InvalidRevision BAD_REQUEST "invalid_revision" "The revision is no number in digits."
    InvalidText BAD_REQUEST "invalid_text" "The body is not UTF-8."
    InvalidIdempotencyKey BAD_REQUEST "invalid_idempotency_key" "The key is empty, too long, or holds what cannot be seen."
    LoginRequired UNAUTHORIZED "login_required" "Nothing was shown that says who asks."
    InvalidToken UNAUTHORIZED "invalid_token" "The token is not one of this server's."
    TokenExpired UNAUTHORIZED "token_expired" "The access token has expired: refresh it."
    SessionEnded UNAUTHORIZED "session_ended" "The login has ended: log in again."
    WrongCredentials UNAUTHORIZED "wrong_credentials" "The login or the password is wrong."
    AccountDisabled FORBIDDEN "account_disabled" "The operator has shut the account."
    DeletionPending FORBIDDEN "deletion_pending" "The account is to be deleted, and can be restored until then."
    RegistrationClosed FORBIDDEN "registration_closed" "Only the operator makes accounts here."
    GuestsCannot FORBIDDEN "guests_cannot" "That takes an account."
    GuestsNotAllowed FORBIDDEN "guests_not_allowed" "The link lets in nobody without an account."
    RoleTooLow FORBIDDEN "role_too_low" "That takes a higher role in the document."
    WrongOrigin FORBIDDEN "wrong_origin" "Another web page has the browser ask."
    NotFound NOT_FOUND "not_found" "There is nothing at this path."
    NoAccounts NOT_FOUND "no_accounts" "This server has no accounts."
    DocumentNotFound NOT_FOUND "document_not_found" "There is no such document for whoever asks."
    RevisionNotFound NOT_FOUND "revision_not_found" "The document has not come to this revision."
    VersionNotFound NOT_FOUND "version_not_found" "The document has no such version."
    SessionNotFound NOT_FOUND "session_not_found" "Whoever asks has no such login."
    UserNotFound NOT_FOUND "user_not_found" "Nobody has this login."
    MemberNotFound NOT_FOUND "member_not_found" "He is no member of the document."
    LinkNotFound NOT_FOUND "link_not_found" "There is no such link, or it has ended."
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "This path does not know that method."
    Timeout REQUEST_TIMEOUT "timeout" "The request took too long."
    AlreadyMember CONFLICT "already_member" "He is a member of the document already."
    LastOwner CONFLICT "last_owner" "The document would be left without an owner."
    GuestOwner CONFLICT "guest_owner" "A guest cannot own a document."
    TooManyMembers CONFLICT "too_many_members" "The document has as many members as it may have."
    TooManyLinks CONFLICT "too_many_links" "The document has as many links as it may have."
    TooManyVersions CONFLICT "too_many_versions" "The document has as many named versions as it may have."
    TooManyClients CONFLICT "too_many_clients" "The document has had as many clients as it may have."
    RequestUnderway CONFLICT "request_underway" "The same request is being carried out."
    PreconditionFailed PRECONDITION_FAILED "precondition_failed" "The document is not at the revision in If-Match."
    BodyTooLarge PAYLOAD_TOO_LARGE "body_too_large" "The body is longer than one may be."
    TextTooLarge PAYLOAD_TOO_LARGE "text_too_large" "The text would be longer than a document may be."
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "The body is not of the type that is wanted."
    WrongHost MISDIRECTED_REQUEST "wrong_host" "The server does not answer under that name."
    InvalidBody UNPROCESSABLE_ENTITY "invalid_body" "The body is JSON, but not as it is wanted."
    InvalidName UNPROCESSABLE_ENTITY "invalid_name" "The name is empty, too long, or holds what cannot be seen."
    InvalidLanguage UNPROCESSABLE_ENTITY "invalid_language" "The language is not written as one."
    InvalidLogin UNPROCESSABLE_ENTITY "invalid_login" "The login is not written as one."
    InvalidPassword UNPROCESSABLE_ENTITY "invalid_password" "The password is too short, too long, or one of the commonest."
    IdempotencyKeyTaken UNPROCESSABLE_ENTITY "idempotency_key_taken" "The key was used for another request."
    SocketExpected UPGRADE_REQUIRED "socket_expected" "The path is a WebSocket."
    TooManyRequests TOO_MANY_REQUESTS "too_many_requests" "Come again after the time in Retry-After."
    InternalError INTERNAL_SERVER_ERROR "internal_error" "A mistake of the server's."
    LoginsBusy SERVICE_UNAVAILABLE "logins_busy" "Too many log in at once."
    Draining SERVICE_UNAVAILABLE "draining" "The server is going down."
    TooManyConnections SERVICE_UNAVAILABLE "too_many_connections" "The server has as many connections as it takes."
    Unavailable SERVICE_UNAVAILABLE "unavailable" "The server cannot reach its documents at the moment."
    DiskFull INSUFFICIENT_STORAGE "disk_full" "There is no room left to write on the server's disk."
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|code| code.name());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProblemCode")
    }
}

impl Code {
    /// The code that is written so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// A code among the answers of an operation, until [`api`](crate::http::api) has put those of one
/// status together.
pub(crate) fn may_answer(code: Code) -> BTreeMap<String, RefOr<Response>> {
    BTreeMap::from([(code.name().to_owned(), Response::default().into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_one_way_and_stands_for_a_failure() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(*code));
            assert_eq!(serde_json::json!(code), code.name());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.name().bytes().all(|it| it.is_ascii_lowercase() || it == b'_'));
        }
    }
}
