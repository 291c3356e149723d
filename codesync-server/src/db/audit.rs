//! The audit log: what happened to accounts, permissions and whole texts, by whom, and from where.
//!
//! Rows are written in the transaction of what they tell about, or, where that is no change of the
//! database, before its answer is given; they are never changed. They hold ids, never the text of a
//! document, a password or a token.

use std::convert::Infallible;

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::db::engine::{Connection, values};
use crate::db::now_ms;
use crate::db::write::{Stop, Write};
use crate::ids::{UserId, random_uuid};

/// Who does something, and from where.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
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
    /// Somebody wanted an account under a login that is somebody's.
    LoginTaken,
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
    /// A whole text was taken out.
    Exported,
    /// A whole text was written in place of another.
    Replaced,
    /// A text became what it had been.
    PutBack,
}

impl Action {
    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "user.registered",
            Self::LoginTaken => "user.login_taken",
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
            Self::Exported => "content.exported",
            Self::Replaced => "content.replaced",
            Self::PutBack => "content.put_back",
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

/// Writes down what is part of no other change.
pub(crate) struct Note {
    pub(crate) action: Action,
    pub(crate) by: Actor,
    pub(crate) document: DocumentId,
    pub(crate) detail: String,
}

#[async_trait]
impl Write for Note {
    type Done = ();
    type Refusal = Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Infallible>> {
        let event = Event::new(self.action, &self.by).on(self.document);
        Ok(record(connection, event.saying(self.detail.as_str())).await?)
    }
}
