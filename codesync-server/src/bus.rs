//! The bus: hints between the servers that share one database.
//!
//! Whatever it says is also in the log or the database, or is presence, which may be lost; whatever
//! it loses, doubles or reorders is repaired from there. It must not be trusted with anything else.
//! Everybody who listens hears everything but his own entries and presence, which he knows: to be
//! woken for them would cost more than all the rest of it. [`in_process`] serves one process,
//! [`redis`] several; one conformance suite runs on both.

pub mod in_process;
#[cfg(feature = "cloud")]
pub mod redis;

mod listeners;

use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use codesync_core::{Author, DocumentId, Revision, Selection};
use serde::{Deserialize, Serialize};

use crate::access::AccessVersion;
use crate::ids::{SessionId, UserId};
use crate::oplog::Entry;

/// Names one run of a server on the bus, so that it need not listen to itself: a random number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
pub struct Origin(u64);

impl Origin {
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Something about one document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hint {
    /// Entries that a server committed, in order and without a gap between them.
    Committed { origin: Origin, entries: Vec<Entry> },
    /// A server would like to commit.
    Wish(Origin),
    /// The log is at least here.
    Head(Revision),
    /// Who is in the document at a server.
    Presence { origin: Origin, presence: Presence },
    /// The permissions of the document are at least at this version.
    Access(AccessVersion),
}

impl Hint {
    /// Whether this server said it, and knows it.
    fn is_known_to(&self, server: Origin) -> bool {
        match self {
            Self::Committed { origin, .. } | Self::Presence { origin, .. } => *origin == server,
            // In the queue of wishes, the own one has a place among the others.
            Self::Wish(_) | Self::Head(_) | Self::Access(_) => false,
        }
    }
}

/// What one server says of the people in a document who are connected to it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub enum Presence {
    /// These arrived, or moved.
    Here(Vec<Person>),
    /// Everybody who is there, repeated as a sign of life. Whoever is not named has gone.
    Everyone(Vec<Author>),
    /// Asks the other servers who is there.
    Who,
}

/// Somebody who has a document open, and where he is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Person {
    pub author: Author,
    pub name: String,
    pub color: u8,
    /// In the text at `revision`; empty as long as it is not known.
    pub selections: Vec<Selection>,
    pub revision: Revision,
}

/// Something that concerns the sockets of all servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notice {
    /// Logins of a user have ended.
    SessionsEnded { user: UserId, sessions: Sessions },
}

/// Which logins of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sessions {
    All,
    These(Vec<SessionId>),
}

/// What a listener hears.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard<T> {
    News(Arc<T>),
    /// Something was lost; the log and the database know what.
    Lost,
}

/// Carries hints and notices between servers.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Tells all who listen to the document, as far as it goes. Never waits.
    fn publish(&self, document: DocumentId, hint: Hint);

    /// Listens to a document from now on. What the listener itself committed, or said of who is
    /// there, is no news to it.
    async fn subscribe(
        &self,
        document: DocumentId,
        listener: Origin,
    ) -> Box<dyn Subscription<Hint>>;

    /// Tells all servers, as far as it goes. Never waits.
    fn announce(&self, notice: Notice);

    /// Listens to notices from now on.
    async fn notices(&self) -> Box<dyn Subscription<Notice>>;

    /// Whether other servers can be heard at the moment; if not, the log is looked at more often.
    fn is_connected(&self) -> bool;
}

/// What is said about one document, or to all servers, until this is dropped.
pub trait Subscription<T>: Send + 'static {
    /// The next one; if there is none yet, the task is woken when there is.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Heard<T>>;
}

impl<T: 'static> dyn Subscription<T> {
    /// Waits for the next one. May be dropped while waiting without losing anything.
    pub async fn next(&mut self) -> Heard<T> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }
}
