//! Open documents: a state machine that decides, and a thin shell of tasks around it.
//!
//! ```text
//!   sockets ──▶ DocumentHandle ──▶ actor ──▶ DocumentState ──▶ poll_output
//!                 (cheap clone)    (one task)  (no IO at all)      │
//!   sockets ◀── outbox ◀── actor ◀───────────────────────────── Deliver
//!                                  actor ──▶ log, snapshots, bus
//! ```
//!
//! The order of an edit is sacred: *transform → append to the log (durable) → commit in memory →
//! acknowledge → fan out*. All of it happens in [`state`], which knows no clock, socket, task or
//! file, so that a simulation drives exactly the code that serves people. [`actor`] performs what
//! the state asks for; [`registry`] opens each document once.

pub mod actor;
pub mod handle;
pub mod import;
pub mod load;
pub mod outbox;
pub mod registry;
pub mod state;

mod keeper;
mod presence;
mod recent;

use bytes::Bytes;
use codesync_core::protocol::{CloseCode, RejectCode};
use codesync_core::{ClientId, Operation, Revision, Text};

use crate::access::{AccessVersion, Rights};
use crate::bus;
use crate::ids::UserId;
use crate::oplog::{Append, Entry, Registration};

/// One joined socket's part in one document, or one edit of somebody who has not joined; never used
/// twice in a process.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SubscriberId(u64);

impl SubscriberId {
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }
}

/// A client's wish to take part.
#[derive(Clone, Debug)]
pub struct Join {
    /// Number that the answer repeats.
    pub request: u32,
    /// Number of the socket that it came by, counted up as they come to this server.
    pub socket: u64,
    pub client: ClientId,
    /// Whose client it is.
    pub user: UserId,
    /// What he may do, at this state of the document's permissions.
    pub access: AccessVersion,
    pub rights: Rights,
    /// The person's name, as others shall see it.
    pub person: String,
    /// The revision of the client's confirmed text, if it has one.
    pub at: Option<Revision>,
    /// Whether it wants the text.
    pub text: bool,
}

/// An edit of somebody who has not joined: a program that hands in a whole text, or a version that
/// is put back.
///
/// It is committed as a whole or not at all, however large it is, and once: a client id is never
/// used for two edits, so that one that is handed in again is recognised by it.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Made up for this edit alone.
    pub client: ClientId,
    pub user: UserId,
    /// What he may do, at this state of the document's permissions.
    pub access: AccessVersion,
    pub rights: Rights,
    /// The person's name, as others shall see it.
    pub person: String,
    /// The revision that the operation is made for.
    pub base: Revision,
    pub operation: Operation,
    /// Whether it shall be refused when the document has moved on from `base`.
    pub exact: bool,
}

/// An edit was not committed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EditRefusal {
    /// The document has moved on from the base, and the edit was to be exact.
    #[error("the document is at revision {head}")]
    Moved { head: Revision },
    #[error("{message}")]
    Rejected { code: RejectCode, message: String },
}

/// Work that a [`state::DocumentState`] asks its driver to do.
#[derive(Debug)]
pub enum Output {
    /// Read or make a client's dedupe row; answer with `handle_registered`.
    Register { subscriber: SubscriberId, registration: Registration },
    /// Append; answer with `handle_appended`. At most one is under way.
    Append(Append),
    /// Read what these may do; answer with `handle_access`. At most one is under way.
    ReadAccess { users: Vec<UserId> },
    /// Read the log from here on; answer with `handle_log`. At most one is under way.
    ReadLog { after: Revision },
    /// Read entries from before the window; answer with `handle_older`.
    ReadOlder { subscriber: SubscriberId, from: Revision, to: Revision },
    /// Tell other servers, as far as it goes.
    Publish(Vec<Entry>),
    /// Tell all servers, this one too, that it has something to commit, as far as it goes.
    Wish,
    /// Tell other servers who is here, as far as it goes.
    Presence(bus::Presence),
    /// Give a subscriber these messages, after all that it was given before.
    Deliver { subscriber: SubscriberId, messages: Bytes },
    /// Answer with `handle_room` once the subscriber has taken everything.
    AwaitRoom { subscriber: SubscriberId },
    /// The subscriber takes no further part.
    Detach { subscriber: SubscriberId },
    /// The subscriber handed in an edit although he could know that he may not write.
    Trespassed { subscriber: SubscriberId },
    /// A client says that its text at a revision differed from ours. Of many who say so at once, one
    /// is named.
    Mismatched { user: UserId, revision: Revision },
    /// Tell whoever handed in an edit what became of it: the revision it led to.
    Edited { edit: SubscriberId, answer: Result<Revision, EditRefusal> },
    /// Close the whole socket of a subscriber.
    Close { subscriber: SubscriberId, code: CloseCode },
    /// Keep a snapshot; answer with `handle_snapshot`. At most one is under way.
    Snapshot { revision: Revision, text: Text },
    /// The document cannot go on; load it anew when somebody asks for it.
    Failed { code: RejectCode },
}
