//! The client's protocol machine over many documents.

mod edit;
mod login;
mod socket;

use std::collections::{BTreeMap, btree_map};
use std::time::Duration;

use self::login::Login;
use self::socket::Socket;
use super::backoff::Backoff;
use super::journal::Replayed;
use super::output::{Context, Output};
use super::replica::Replica;
use super::seat::Seat;
use crate::AccessToken;
use crate::ids::{Channel, ClientId, DocumentId};
use crate::protocol::DecodeError;
use crate::selection::Selection;
use crate::text::Encoding;

pub use edit::EditError;

/// What a connection is told once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConnectionConfig {
    /// Name of the person, as others shall see it; cut to
    /// [`NAME_BYTES_MAX`](crate::limits::NAME_BYTES_MAX).
    pub name: String,
    /// A random number: the chance in reconnecting comes from it, and as whom a copy goes on after a
    /// conflict.
    pub seed: u64,
    /// Proof of who the person is, where the server asks for one.
    pub token: Option<AccessToken>,
    /// Least time from one submission of a document to the next. What is typed meanwhile goes
    /// together, a first key at once; the parts of an edit that is too large for one submission do not
    /// wait for it. While nobody else is known to have the document open it is
    /// [`SUBMIT_ALONE_FACTOR`](crate::limits::SUBMIT_ALONE_FACTOR) times as long. Zero: as soon as the
    /// one before is acknowledged.
    ///
    /// Editors want [`SUBMIT_INTERVAL_MS`](crate::limits::SUBMIT_INTERVAL_MS).
    pub submit_interval: Duration,
}

/// A document to be opened of which there is no journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OpenDocument {
    /// Which.
    pub document: DocumentId,
    /// 16 fresh random bytes: as whom the server shall know this copy.
    pub client: ClientId,
}

/// A journal that belongs to another document than the one to be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected the journal of document {expected}, met that of {met}")]
pub struct WrongDocument {
    /// The document to be opened.
    pub expected: DocumentId,
    /// The document of the journal.
    pub met: DocumentId,
}

/// Why a frame was not taken. The socket is given up then and another one opened after a while.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The bytes are not a frame.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The server speaks a version that this library does not know.
    #[error("the server speaks version {met}, this library {known}")]
    Version {
        /// The server's.
        met: u16,
        /// The newest that is known.
        known: u16,
    },
    /// A revision or submission number is impossible.
    #[error("the server named an impossible revision or submission number")]
    Numbers,
    /// The text that was asked for is not to follow.
    #[error("the server does not send the text that was asked for")]
    TextMissing,
    /// More text than announced, or than any document may have.
    #[error("the server sends a text of at least {bytes} bytes, more than announced or allowed")]
    TextTooLong {
        /// Its length in bytes, at least.
        bytes: u64,
    },
    /// The text is not UTF-8.
    #[error("the server sent text that is not UTF-8")]
    TextNotUtf8,
}

/// A client's connection to one server: many documents, one socket at a time, none at times.
///
/// See the [module](super) for how a driver runs it. Times are durations since a moment that the
/// driver chose, never going back.
///
/// ```
/// use std::time::Duration;
/// use codesync_core::client::{Connection, ConnectionConfig, OpenDocument, Output};
/// use codesync_core::{ClientId, DocumentId};
///
/// let mut connection = Connection::new(ConnectionConfig { name: "Ana".into(), ..Default::default() });
/// let document = DocumentId::from_bytes([1; 16]);
/// connection.open(Duration::ZERO, OpenDocument { document, client: ClientId::from_bytes([2; 16]) });
///
/// assert_eq!(connection.poll_output(), Some(Output::Connect));
/// connection.handle_connected(Duration::from_millis(20));
/// let outputs: Vec<_> = std::iter::from_fn(|| connection.poll_output()).collect();
/// assert!(matches!(outputs.last(), Some(Output::Send(_))), "hello, and a join: {outputs:?}");
/// ```
#[derive(Debug)]
pub struct Connection {
    name: String,
    login: Login,
    socket: Socket,
    backoff: Backoff,
    seats: BTreeMap<DocumentId, Seat>,
    /// Where each channel's news go. May name a document that has left: its seat knows.
    channels: BTreeMap<Channel, DocumentId>,
    /// Joins of documents that were closed before the answer came.
    abandoned: BTreeMap<u32, DocumentId>,
    /// Number of the last join.
    requests: u32,
    context: Context,
}

impl Connection {
    /// A connection without documents. It asks for a socket when the first one is opened.
    #[must_use]
    pub fn new(config: ConnectionConfig) -> Self {
        let ConnectionConfig { name, seed, token, submit_interval } = config;
        Self {
            name,
            login: Login::new(token),
            socket: Socket::Idle,
            backoff: Backoff::default(),
            seats: BTreeMap::new(),
            channels: BTreeMap::new(),
            abandoned: BTreeMap::new(),
            requests: 0,
            context: Context::new(seed, submit_interval),
        }
    }

    /// Opens a document of which there is no journal. Its text comes with
    /// [`Event::Opened`](super::Event::Opened). Has no effect if it is open already.
    pub fn open(&mut self, now: Duration, open: OpenDocument) {
        let OpenDocument { document, client } = open;
        self.seats.entry(document).or_insert_with(|| Seat::new(document, client, now));
        self.begin(now);
    }

    /// Opens a document as its journal has it: with its text and all that was not sent. It can be
    /// read and edited at once. Has no effect if it is open already.
    ///
    /// Before anything is appended to the journal, cut it off at
    /// [`valid_bytes`](Replayed::valid_bytes).
    ///
    /// # Errors
    ///
    /// [`WrongDocument`] if the journal is another document's; nothing is opened then.
    pub fn open_restored(
        &mut self,
        now: Duration,
        document: DocumentId,
        journal: Replayed,
    ) -> Result<(), WrongDocument> {
        let met = journal.replica.document();
        if met != document {
            return Err(WrongDocument { expected: document, met });
        }
        if let btree_map::Entry::Vacant(seat) = self.seats.entry(document) {
            let text = journal.replica.text().clone();
            seat.insert(Seat::restored(journal, now));
            self.context.event(super::Event::Opened { document, text });
        }
        self.begin(now);
        Ok(())
    }

    /// Closes a document. What is not sent stays in its journal.
    pub fn close(&mut self, now: Duration, document: DocumentId) {
        let Some(mut seat) = self.seats.remove(&document) else { return };
        seat.hurry();
        seat.save(&mut self.context);
        seat.submit(now, &mut self.context);
        seat.leave(&mut self.context);
        if let Some(request) = seat.request() {
            self.abandoned.insert(request, document);
        }
        self.settle(now);
    }

    /// Says where the user is in a document, in chars of its text; offsets past the end are taken
    /// for the end, and of very many selections the first
    /// [`SELECTIONS_MAX`](crate::limits::SELECTIONS_MAX) count.
    ///
    /// Others are told at most ten times a second, and only what they do not know: that the caret
    /// follows what the user types goes without saying. Has no effect if the document is not open.
    pub fn set_selections(
        &mut self,
        now: Duration,
        document: DocumentId,
        selections: Vec<Selection>,
    ) {
        if let Some(seat) = self.seats.get_mut(&document) {
            seat.replica.set_selections(selections);
            seat.settle(now, &mut self.context);
        }
    }

    /// Sends now what waits for more to be typed (see [`ConnectionConfig::submit_interval`]): before
    /// the process ends, say.
    pub fn send_now(&mut self, now: Duration) {
        self.seats.values_mut().for_each(Seat::hurry);
        self.settle(now);
    }

    /// Chooses the encoding of the edits in [`Event::Changed`](super::Event::Changed) and of those
    /// that undo and redo answer with; [`Encoding::Scalar`] at first.
    pub fn set_event_encoding(&mut self, encoding: Encoding) {
        self.context.event_encoding = encoding;
    }

    /// A document, if it is open.
    #[must_use]
    pub fn document(&self, document: DocumentId) -> Option<&Replica> {
        self.seats.get(&document).map(|seat| &seat.replica)
    }

    /// All open documents, in the order of their identifiers.
    pub fn documents(&self) -> impl Iterator<Item = &Replica> {
        self.seats.values().map(|seat| &seat.replica)
    }

    /// The next piece of work for the driver. Drain it after every other call.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.context.pop()
    }

    /// Lets every document bring out what follows from what happened, and joins those that should.
    fn settle(&mut self, now: Duration) {
        for seat in self.seats.values_mut() {
            seat.settle(now, &mut self.context);
        }
        self.join_due(now);
    }
}
