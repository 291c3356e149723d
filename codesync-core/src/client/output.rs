//! What a connection asks of its driver, and what it tells the user interface.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::backoff::SplitMix64;
use super::pace::Pace;
use crate::ids::DocumentId;
use crate::protocol::{ClientMessage, RejectCode, codec};
use crate::text::{Encoding, Text, TextEdit};

/// Work for the driver, to be done in the order in which it comes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Open a socket and answer with [`handle_connected`](super::Connection::handle_connected), or
    /// with [`handle_disconnected`](super::Connection::handle_disconnected) if that fails.
    Connect,
    /// Close the socket, or give up opening one. No answer: what else the old socket has to say is
    /// to be dropped.
    Disconnect,
    /// Append to the document's journal. Must be durable before any later `Send` leaves.
    Save {
        /// Whose journal.
        document: DocumentId,
        /// One or more framed records.
        record: Vec<u8>,
    },
    /// Replace the document's journal by this, at once or not at all. Must be durable before any
    /// later `Send` leaves.
    Compact {
        /// Whose journal.
        document: DocumentId,
        /// The whole new journal.
        records: Vec<u8>,
    },
    /// Send this frame.
    Send(Vec<u8>),
    /// Tell the user interface.
    Event(Event),
}

/// What the user interface may want to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The text is there. Comes again when it was replaced as a whole, after a conflict.
    Opened {
        /// Which document.
        document: DocumentId,
        /// All of it, as of this event: the [`Event::Changed`] that follow are about this text,
        /// while the replica may have them already.
        text: Text,
    },
    /// The text changed, but not by [`edit`](super::Connection::edit).
    Changed {
        /// Which document.
        document: DocumentId,
        /// What changed, about the text before, in the encoding chosen by
        /// [`set_event_encoding`](super::Connection::set_event_encoding).
        edits: Vec<TextEdit>,
        /// Who changed it.
        cause: Cause,
    },
    /// [`Replica::status`](super::Replica::status) is another.
    Status {
        /// Which document.
        document: DocumentId,
    },
    /// Somebody came, moved or went; see [`Replica::peers`](super::Replica::peers). Carets that
    /// merely moved along with the text are not announced.
    Peers {
        /// Which document.
        document: DocumentId,
    },
    /// The document has another name.
    Renamed {
        /// Which document.
        document: DocumentId,
        /// Its name now.
        name: String,
    },
    /// This copy cannot be brought together with the server's. Its text is handed over here, to be
    /// kept under another name; the server's text follows with [`Event::Opened`] unless the
    /// document has ended for us.
    Conflict {
        /// Which document.
        document: DocumentId,
        /// The text as the user saw it, with everything that was not acknowledged.
        text: String,
        /// What happened.
        reason: ConflictReason,
    },
    /// The server does not let us take part, and asking again would not help.
    Refused {
        /// Which document.
        document: DocumentId,
        /// Why.
        code: RejectCode,
        /// The same for people, in the server's words.
        message: String,
    },
    /// The server is reached.
    Online,
    /// The server is not reached. Editing goes on.
    Offline {
        /// When the next attempt comes; `None` if the server turned us away and only
        /// [`reconnect`](super::Connection::reconnect) or another token makes another.
        retry_in: Option<Duration>,
    },
    /// The token ends before long: another one is wanted by
    /// [`set_token`](super::Connection::set_token).
    TokenExpiring {
        /// How long the present one still counts.
        left: Duration,
    },
    /// The server wants to know, perhaps again, who the person is. Editing goes on, and nothing is
    /// sent until there is another token ([`set_token`](super::Connection::set_token)).
    LoginNeeded {
        /// Why.
        code: RejectCode,
        /// The same for people, in the server's words.
        message: String,
    },
}

/// Who changed a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// Somebody else.
    Remote,
    /// The user's own undo.
    Undo,
    /// The user's own redo.
    Redo,
}

/// Why a copy cannot be brought together with the server's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConflictReason {
    /// The texts differ although all operations were exchanged.
    Mismatch,
    /// An operation of the server does not fit the text here.
    Unfitting,
    /// The server does not know what it acknowledged before; it was restored from a backup.
    ServerBehind,
    /// The server knows submissions of this client that this copy has not made: two copies of one
    /// journal are in use.
    JournalReused,
    /// The server will never take the edits made here.
    Rejected(RejectCode),
    /// The document has ended for us while edits were waiting.
    Ended(RejectCode),
}

impl ConflictReason {
    /// Whether somebody has made a mistake: the server, this client, or the wire between them.
    pub(super) fn is_difference(self) -> bool {
        match self {
            Self::Mismatch | Self::Unfitting => true,
            Self::ServerBehind | Self::JournalReused | Self::Rejected(_) | Self::Ended(_) => false,
        }
    }
}

impl fmt::Display for ConflictReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch => f.write_str("this copy and the server's turned out to differ"),
            Self::Unfitting => f.write_str("the server sent an edit that does not fit this copy"),
            Self::ServerBehind => f.write_str("the server has an older state than this copy"),
            Self::JournalReused => {
                f.write_str("another copy of this client's work was sent before")
            }
            Self::Rejected(code) | Self::Ended(code) => f.write_str(code.sentence()),
        }
    }
}

/// What every part of a connection writes to and draws from.
#[derive(Debug)]
pub(super) struct Context {
    queue: VecDeque<Output>,
    pub(super) event_encoding: Encoding,
    pub(super) chance: SplitMix64,
    pub(super) pace: Pace,
    pub(super) submit_interval: Duration,
    /// Room for an operation's bytes on their way into a message or a record.
    pub(super) scratch: Vec<u8>,
}

impl Context {
    pub(super) fn new(seed: u64, submit_interval: Duration) -> Self {
        Self {
            queue: VecDeque::new(),
            event_encoding: Encoding::default(),
            chance: SplitMix64::new(seed),
            pace: Pace::default(),
            submit_interval,
            scratch: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    pub(super) fn send(&mut self, message: &ClientMessage<'_>) {
        self.push(Output::Send(codec::encode_client(message)));
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// Frames that are not sent yet are worth nothing on another socket.
    pub(super) fn forget_frames(&mut self) {
        self.queue.retain(|output| !matches!(output, Output::Send(_)));
    }
}
