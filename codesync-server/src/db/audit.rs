//! The audit log: what happened to accounts and permissions, by whom, and from where.
//!
//! Rows are written in the transaction of what they tell about, and never changed. They hold ids,
//! never the text of a document, a password or a token.

use codesync_core::DocumentId;

use crate::db::engine::{Connection, values};
use crate::db::now_ms;
use crate::ids::{UserId, random_uuid};

/// Who does something, and from where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Actor {
    /// Nobody who is known yet, or the operator at his command line.
    pub user: Option<UserId>,
    /// An IP address, or nothing.
    pub address: String,
}

impl Actor {
    /// The operator, at the command line.
    #[must_use]
    pub fn operator() -> Self {
        Self { user: None, address: String::new() }
    }
}

/// What can happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    Registered,
    LoggedIn,
    LoginFailed,
    TokenReused,
    LoggedOut,
    PasswordChanged,
    Disabled,
    Enabled,
    DeletionAsked,
    DeletionTakenBack,
    Purged,
    MemberAdded,
    MemberChanged,
    MemberRemoved,
    LinkMade,
    LinkRevoked,
    LinkRedeemed,
    Trashed,
    Restored,
    DocumentPurged,
    Adopted,
}

impl Action {
    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "user.registered",
            Self::LoggedIn => "login.succeeded",
            Self::LoginFailed => "login.failed",
            Self::TokenReused => "token.reused",
            Self::LoggedOut => "sessions.ended",
            Self::PasswordChanged => "password.changed",
            Self::Disabled => "user.disabled",
            Self::Enabled => "user.enabled",
            Self::DeletionAsked => "user.deletion_asked",
            Self::DeletionTakenBack => "user.deletion_taken_back",
            Self::Purged => "user.purged",
            Self::MemberAdded => "member.added",
            Self::MemberChanged => "member.changed",
            Self::MemberRemoved => "member.removed",
            Self::LinkMade => "link.made",
            Self::LinkRevoked => "link.revoked",
            Self::LinkRedeemed => "link.redeemed",
            Self::Trashed => "document.trashed",
            Self::Restored => "document.restored",
            Self::DocumentPurged => "document.purged",
            Self::Adopted => "document.adopted",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) action: Action,
    pub(crate) by: &'a Actor,
    pub(crate) document: Option<DocumentId>,
    /// Whom it was done to.
    pub(crate) subject: Option<UserId>,
    pub(crate) detail: String,
}

impl<'a> Event<'a> {
    pub(crate) fn new(action: Action, by: &'a Actor) -> Self {
        Self { action, by, document: None, subject: None, detail: String::new() }
    }

    pub(crate) fn on(self, document: DocumentId) -> Self {
        Self { document: Some(document), ..self }
    }

    pub(crate) fn to(self, subject: UserId) -> Self {
        Self { subject: Some(subject), ..self }
    }

    pub(crate) fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// Writes it down.
pub(crate) async fn record(
    connection: &mut Connection<'_>,
    event: Event<'_>,
) -> Result<(), sqlx::Error> {
    let id = random_uuid().map_err(|error| sqlx::Error::Io(error.into()))?;
    connection
        .execute(
            "insert into audit (id, at, user_id, action, document, subject, address, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![
                id,
                now_ms(),
                event.by.user,
                event.action.name(),
                event.document,
                event.subject,
                event.by.address.as_str(),
                event.detail,
            ],
        )
        .await?;
    Ok(())
}
