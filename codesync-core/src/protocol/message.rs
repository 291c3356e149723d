//! The messages. Their order within an enum is their number on the wire and never changes; a new
//! one goes to the end, and a retired one leaves a gap behind.
//!
//! Text and bytes are borrowed from the frame where a message was decoded, so that reading a frame
//! copies nothing.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::RejectCode;
use crate::ids::{Author, Channel, ClientId, DocumentId, Revision, Seq};
use crate::selection::Selection;
use crate::text::TextHash;

/// Anything a client says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ClientMessage<'a> {
    /// About the connection itself.
    #[serde(borrow)]
    Session(ClientSession<'a>),
    /// An edit, to be committed.
    Submit {
        /// Where.
        channel: Channel,
        /// The client's how-manieth submission. Sent again it has the same number, the same
        /// `since` and the same bytes.
        seq: Seq,
        /// Revision that the operation is made for, counted from the one at which the client's
        /// previous submission was committed (from zero if there is none).
        since: u64,
        /// [`Operation::encode`](crate::Operation::encode).
        #[serde(borrow, with = "super::codec::bytes")]
        operation: Cow<'a, [u8]>,
    },
    /// Joining and leaving documents.
    Document(ClientDocument),
    /// Where this person is.
    Presence(ClientPresence),
}

/// What a client says about the connection itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ClientSession<'a> {
    /// The first message of every connection.
    Hello {
        /// Newest version that the client speaks.
        version: u16,
        /// Name of the person, as others shall see it.
        #[serde(borrow)]
        name: Cow<'a, str>,
        /// Proof of who it is, where the server asks for one.
        #[serde(borrow)]
        token: Option<Cow<'a, str>>,
    },
    /// Asks for a [`Pong`](ServerSession::Pong) with the same number.
    Ping {
        /// Any number.
        nonce: u64,
    },
    /// Another proof of who it is, before the one that counts so far ends. It must show the same
    /// person. Answered by [`Renewed`](ServerSession::Renewed).
    Renew {
        /// As in [`Hello`](Self::Hello).
        #[serde(borrow)]
        token: Cow<'a, str>,
    },
}

/// What a client says about its part in a document.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ClientDocument {
    /// Wants to take part in a document.
    Join {
        /// Number that the answer repeats.
        request: u32,
        /// Who joins; the same as ever for this copy of the document.
        client: ClientId,
        /// What.
        document: DocumentId,
        /// The revision of the client's confirmed text, if it has one: it wants what came after.
        at: Option<Revision>,
        /// Whether it wants the whole text at head: with `at` absent, to begin afresh. With both, the
        /// client says that the text it had at `at` turned out to differ from the server's; it is
        /// sent the text and nothing else, and the server makes that known to whoever runs it.
        text: bool,
    },
    /// Takes no further part. What was sent on this channel before still arrives.
    Leave {
        /// Where.
        channel: Channel,
    },
}

/// Where a person is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ClientPresence {
    /// All selections of this person now.
    Select {
        /// Where.
        channel: Channel,
        /// Revision whose text the offsets are counted in.
        revision: Revision,
        /// At most [`SELECTIONS_MAX`](crate::limits::SELECTIONS_MAX).
        #[serde(with = "super::codec::selections")]
        selections: Vec<Selection>,
    },
}

/// Anything a server says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ServerMessage<'a> {
    /// About the connection itself.
    #[serde(borrow)]
    Session(ServerSession<'a>),
    /// Somebody else's edit was committed.
    Applied {
        /// Where.
        channel: Channel,
        /// The revision it led to: one more than the last.
        revision: Revision,
        /// Whose.
        author: Author,
        /// The operation in its committed form.
        #[serde(borrow, with = "super::codec::bytes")]
        operation: Cow<'a, [u8]>,
    },
    /// The client's own edit was committed, and is safe.
    Acked {
        /// Where.
        channel: Channel,
        /// Which submission.
        seq: Seq,
        /// The revision it led to: one more than the last.
        revision: Revision,
    },
    /// About a document as a whole.
    #[serde(borrow)]
    Document(ServerDocument<'a>),
    /// Where others are.
    #[serde(borrow)]
    Presence(ServerPresence<'a>),
}

/// What a server says about the connection itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ServerSession<'a> {
    /// Answer to [`Hello`](ClientSession::Hello).
    Welcome {
        /// Version spoken from here on: the newest that both sides know.
        version: u16,
        /// Name and version of the server's program.
        #[serde(borrow)]
        server_name: Cow<'a, str>,
        /// Longest frame it takes, in bytes.
        frame_bytes_max: u32,
        /// Longest encoded operation it takes, in bytes.
        operation_bytes_max: u32,
        /// Most components of an operation it takes.
        components_max: u32,
        /// Most documents it lets one socket join.
        documents_max: u32,
        /// Messages a second that it takes in the long run, and twice as many at once; zero for
        /// any number.
        messages_per_second: u32,
        /// Milliseconds from now after which the token of the hello counts no longer and the
        /// connection is closed, unless a [`Renew`](ClientSession::Renew) comes before; `None` if
        /// that never happens.
        token_life_ms: Option<u64>,
    },
    /// Answer to [`Ping`](ClientSession::Ping).
    Pong {
        /// The number that was asked with.
        nonce: u64,
    },
    /// Please hang up and come back after this time; nothing is lost.
    Reconnect {
        /// Milliseconds to wait; differs between clients so that they come back spread out.
        after_ms: u32,
    },
    /// The connection as a whole is refused; the server closes it after this message.
    Fault {
        /// Why.
        code: RejectCode,
        /// The same for people.
        #[serde(borrow)]
        message: Cow<'a, str>,
    },
    /// Answer to [`Renew`](ClientSession::Renew): the new token counts.
    Renewed {
        /// As in [`Welcome`](Self::Welcome), of the new token.
        token_life_ms: Option<u64>,
    },
}

/// What a server says about a document as a whole.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ServerDocument<'a> {
    /// The client takes part. What it asked for follows: text, or what it missed.
    Joined {
        /// Number of the request.
        request: u32,
        /// Short number of the document on this socket.
        channel: Channel,
        /// Short number of this client in the document.
        author: Author,
        /// The newest revision.
        head: Revision,
        /// Number of the client's last committed submission; zero if none was.
        last_seq: Seq,
        /// The revision that submission led to; zero if there is none.
        last_revision: Revision,
        /// The document's name.
        #[serde(borrow)]
        name: Cow<'a, str>,
        /// Whether this client may write.
        writable: bool,
        /// Longest text the document may have, in bytes of UTF-8.
        document_bytes_max: u64,
        /// Length in bytes of the text at `head`, if it follows as [`TextPart`](Self::TextPart)s.
        text_bytes: Option<u64>,
    },
    /// A piece of the text at the head of the join. Pieces end between two characters.
    TextPart {
        /// Where.
        channel: Channel,
        /// UTF-8, at most [`TEXT_PART_BYTES_MAX`](crate::limits::TEXT_PART_BYTES_MAX) bytes.
        #[serde(borrow, with = "super::codec::bytes")]
        bytes: Cow<'a, [u8]>,
    },
    /// Everything others committed after `from` up to `to`, as one operation.
    ///
    /// Never spans a commit of the client itself, which arrives as
    /// [`Acked`](ServerMessage::Acked) in its place.
    CaughtUp {
        /// Where.
        channel: Channel,
        /// The last revision the client had.
        from: Revision,
        /// The revision it leads to.
        to: Revision,
        /// The composed operation.
        #[serde(borrow, with = "super::codec::bytes")]
        operation: Cow<'a, [u8]>,
    },
    /// The fingerprint of the text at a revision, for comparison.
    Checkpoint {
        /// Where.
        channel: Channel,
        /// At which revision.
        revision: Revision,
        /// The text's hash there.
        hash: TextHash,
    },
    /// A submission was not committed.
    Rejected {
        /// Where.
        channel: Channel,
        /// Which submission.
        seq: Seq,
        /// Why.
        code: RejectCode,
        /// The same for people.
        #[serde(borrow)]
        message: Cow<'a, str>,
        /// If it may be sent again as it is: after how many milliseconds.
        retry_ms: Option<u32>,
    },
    /// A join was not granted.
    Refused {
        /// Number of the request.
        request: u32,
        /// Why.
        code: RejectCode,
        /// The same for people.
        #[serde(borrow)]
        message: Cow<'a, str>,
    },
    /// The document has another name now.
    Renamed {
        /// Where.
        channel: Channel,
        /// The name.
        #[serde(borrow)]
        name: Cow<'a, str>,
    },
    /// The client takes no part any longer; the channel is closed.
    Ended {
        /// Where.
        channel: Channel,
        /// Why.
        code: RejectCode,
        /// The same for people.
        #[serde(borrow)]
        message: Cow<'a, str>,
    },
    /// What the client may do has changed. A submission that is on its way may still be committed,
    /// if it reached the log before the change.
    Role {
        /// Where.
        channel: Channel,
        /// Whether this client may write now.
        writable: bool,
    },
}

/// Where others are. Lossy: any of these may be missing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum ServerPresence<'a> {
    /// Somebody is here.
    Arrived {
        /// Where.
        channel: Channel,
        /// Who.
        author: Author,
        /// The person's name.
        #[serde(borrow)]
        name: Cow<'a, str>,
        /// Index of the person's colour.
        color: u8,
    },
    /// Somebody's selections are these now.
    Moved {
        /// Where.
        channel: Channel,
        /// Whose.
        author: Author,
        /// Revision whose text the offsets are counted in.
        revision: Revision,
        /// At most [`SELECTIONS_MAX`](crate::limits::SELECTIONS_MAX).
        #[serde(with = "super::codec::selections")]
        selections: Vec<Selection>,
    },
    /// Somebody is gone.
    Departed {
        /// Where.
        channel: Channel,
        /// Who.
        author: Author,
    },
}
