//! What goes wrong elsewhere in the server, as an answer to whoever asked.

use codesync_core::protocol::RejectCode;

use crate::access::Role;
use crate::accounts::AccountError;
use crate::auth::AuthError;
use crate::db::members::ShareError;
use crate::db::versions::{NAMED_MAX, NameError as VersionError};
use crate::document::EditRefusal;
use crate::document::load::LoadError;
use crate::document::registry::OpenError;
use crate::http::error::ApiError;
use crate::names::NameError;
use crate::oplog::LogError;
use crate::password::hashing::HashError;

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
