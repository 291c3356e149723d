//! The op log: the ordered, durable list of each document's committed operations.
//!
//! [`OpLog`] is a wall between what decides (a document's state machine) and what remembers. Its
//! promise is small: an append at an expected head happens entirely or not at all, advances the
//! dedupe row of every author in it, and is on disk before it is reported. It knows revisions,
//! authors and bytes, and never looks into an operation.
//!
//! The real one is [`archive`]: rows in the database and, for what is old, [segments](segment)
//! beside it. Its rows stand in `database`, for SQLite and Postgres alike, with the way to append
//! at once of each in `sqlite` and `postgres`; [`memory`] is its twin for simulations. One conformance
//! suite runs on all three.

pub mod archive;
mod database;
pub mod memory;
pub(crate) mod postgres;
pub mod segment;
mod sqlite;

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{Author, ClientId, DocumentId, Revision, Seq};

use crate::access::AccessVersion;
use crate::ids::UserId;
pub(crate) use database::{insert_entries, places};
pub(crate) use sqlite::{append_together, equip};

/// How often the log of a document was started anew; an append under an old epoch writes nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Epoch(u32);

impl Epoch {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub const fn new(n: u32) -> Self {
        Self(n)
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One committed operation: it leads from `revision - 1` to `revision`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    pub revision: Revision,
    pub author: Author,
    pub seq: Seq,
    /// The operation as it was encoded for the wire.
    pub operation: Bytes,
    /// Length of the text that the operation is made for, in Unicode scalar values: with it an
    /// entry can be read by itself.
    pub base_length: usize,
}

/// An entry as the log keeps it, with the time at which it was committed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recorded {
    pub entry: Entry,
    /// Milliseconds since 1970.
    pub committed_at: i64,
}

impl Recorded {
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.entry.revision
    }
}

/// A run of entries for one document, to be appended as one.
#[derive(Clone, Debug)]
pub struct Append {
    pub document: DocumentId,
    pub epoch: Epoch,
    /// The state of the permissions that the authors were checked against; under any other it is an
    /// [`AppendError::AccessChanged`].
    pub access: AccessVersion,
    /// The revision before the first entry; anything else in the log is a [`AppendError::Conflict`].
    pub expected_head: Revision,
    /// Not empty, and numbered without a gap from `expected_head` on.
    pub entries: Vec<Entry>,
    /// Length of the text after the last entry, in UTF-8 bytes.
    pub text_bytes: u64,
}

/// A client that wants to take part in a document.
#[derive(Clone, Debug)]
pub struct Registration {
    pub document: DocumentId,
    pub client: ClientId,
    /// Whose it is; nobody else can ever submit under this client's id.
    pub user: UserId,
    /// The name under which he comes.
    pub person: String,
}

impl Registration {
    /// A client of whoever sits at the machine, under no name.
    #[must_use]
    pub const fn local(document: DocumentId, client: ClientId) -> Self {
        Self { document, client, user: UserId::LOCAL, person: String::new() }
    }
}

/// What the log knows of one client of one document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientRecord {
    pub author: Author,
    /// The last of its submissions that was committed, or zero.
    pub last_seq: Seq,
    /// The revision under which that one stands, or zero.
    pub last_revision: Revision,
}

/// Where the log of a document ends, and which permissions are in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    pub document: DocumentId,
    pub epoch: Epoch,
    pub revision: Revision,
    pub access: AccessVersion,
}

/// How much one [`OpLog::read`] may return. At least one entry comes, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimit {
    pub entries_max: usize,
    pub bytes_max: usize,
}

impl Default for ReadLimit {
    fn default() -> Self {
        Self { entries_max: 4096, bytes_max: 1024 * 1024 }
    }
}

/// Consecutive entries, and how far the log went when they were read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub head: Revision,
}

/// An append wrote nothing, or nobody knows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AppendError {
    #[error("the log is at {head}, not where the append expected it")]
    Conflict { head: Revision },
    #[error("the log of the document was started anew under another epoch")]
    OldEpoch,
    /// The authors' permissions are to be read again.
    #[error("the permissions of the document were changed, to version {}", version.get())]
    AccessChanged { version: AccessVersion },
    /// The outcome is resolved by reading the log from the expected head on.
    #[error("the outcome of the append is unknown: {0}")]
    Unknown(String),
    #[error("there is no room left to write")]
    Full,
    #[error("there is no such document")]
    NotFound,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The log cannot answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LogError {
    #[error("there is no such document")]
    NotFound,
    /// A client of this document asks for one more author number than there may be.
    #[error("the document has had {AUTHORS_MAX} clients, the most there may be")]
    TooManyAuthors,
    /// The client's id was registered by another user.
    #[error("the client id belongs to somebody else")]
    ClientTaken,
    #[error("there is no room left to write")]
    Full,
    #[error(
        "the database {} is damaged: {detail}; stop the server, keep a copy of the file, and restore it from a backup or with sqlite3's .recover",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("the log is not available: {0}")]
    Unavailable(String),
}

/// Author numbers one document may give out in its life. Each text that a program hands in takes
/// one, so that one every second lasts for thirty years.
pub const AUTHORS_MAX: u32 = 1_000_000_000;

/// The ordered lists of committed operations of all documents.
#[async_trait]
pub trait OpLog: Send + Sync + 'static {
    /// The dedupe row of a client, made with the next author number when the client is new.
    async fn register(&self, registration: Registration) -> Result<ClientRecord, LogError>;

    /// Appends all entries, or none. `Ok` means that they are durable.
    ///
    /// An entry whose `seq` does not follow its author's last one is a conflict too: whoever sent
    /// it has not seen all of the log.
    async fn append(&self, append: Append) -> Result<(), AppendError>;

    /// The entries after revision `after`, as many as the limit allows.
    async fn read(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError>;

    /// Whether an append could succeed at the moment.
    async fn ready(&self) -> Result<(), LogError>;

    /// Where the logs of these documents end; unknown documents are left out.
    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError>;

    /// A snapshot at this revision is durable: what lies well before it may be stored in a way that
    /// takes longer to read. Nothing is lost by it, whatever the answer.
    async fn compact(
        &self,
        _document: DocumentId,
        _epoch: Epoch,
        _snapshot: Revision,
    ) -> Result<(), LogError> {
        Ok(())
    }
}
