//! What client and server say to each other: messages, codes, and their bytes.
//!
//! A *frame* is one binary WebSocket message, or one unit of any other transport that keeps them
//! whole and in order, and
//! holds one or more messages back to back, each in the [postcard] encoding. There is no length
//! prefix: a message says itself where it ends. The subprotocol is named [`SUBPROTOCOL`]; the first
//! message of a client is [`Hello`](ClientSession::Hello).
//!
//! ```text
//!   client                                  server
//!     │ Hello, Join(document, at r) ───────▶ │
//!     │ ◀─────────────────────────── Welcome │
//!     │ ◀── Joined(channel, head, last_seq)  │
//!     │ ◀── CaughtUp(r → head), Checkpoint   │
//!     │ Submit(seq, since, operation) ─────▶ │  transform, log, commit
//!     │ ◀──────────── Acked(seq, revision)   │ ── Applied(revision, …) ──▶ everybody else
//! ```
//!
//! In one channel a client receives every revision exactly once and in order: as `Applied`, as
//! `Acked` for its own, or inside a `CaughtUp`. Operations travel as bytes, because only the
//! receiver knows the length of the text they apply to ([`Operation::decode`]).
//!
//! [`codec`] is the only module that touches bytes. Golden vectors of every message lie in
//! `codesync-core/tests/golden`, for tests in any language.
//!
//! [postcard]: https://postcard.jamesmunns.com/wire-format
//! [`Operation::decode`]: crate::Operation::decode

pub mod codec;
mod message;
mod reject;

pub use codec::DecodeError;
pub use message::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, ServerDocument, ServerMessage,
    ServerPresence, ServerSession,
};
pub use reject::{CloseCode, RejectCode};

/// Name under which client and server agree on this protocol when a WebSocket is opened.
pub const SUBPROTOCOL: &str = "codesync.v1";

/// Version that this library speaks, as it stands in `Hello` and `Welcome`.
pub const VERSION: u16 = 1;

/// Oldest version that a server of this library still speaks.
pub const VERSION_MIN: u16 = 1;
