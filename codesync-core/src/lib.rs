//! Text, operations, revisions, reconnecting and undo: every rule of a collaborative code editor,
//! and nothing else.
//!
//! The same code runs in the server, in the terminal editor, in the browser (as WASM) and in any
//! editor that links it. It knows no clock, no socket, no file, no task and no randomness: bytes,
//! the time and a seed are handed in, work comes out, and a test can play any network against it.
//!
//! # The four main types
//!
//! - [`Operation`]: a whole edit in *gap form*: what becomes of each char, and what is inserted in
//!   each gap between two. [`transform()`] carries one edit over another, [`Operation::compose`]
//!   makes two into one, [`Operation::invert`] takes one back.
//! - [`Text`]: a text as a rope, with offsets in chars, UTF-8, UTF-16 and lines.
//! - [`Document`]: the authority. It decides the order of edits and commits each once.
//! - [`client::Connection`] with a [`client::Replica`] for each document: the client's side, from
//!   the first join to the acknowledged keystroke, through lost sockets and crashes.
//!
//! ```text
//!      client                                       server
//!   ┌────────────┐   Submit(seq, operation)    ┌────────────┐   append   ┌─────┐
//!   │ Connection │ ──────────────────────────▶ │  Document  │ ─────────▶ │ log │
//!   │  Replica…  │ ◀────────────────────────── │            │            └─────┘
//!   └────────────┘     Acked, Applied          └────────────┘
//! ```
//!
//! # Two people at one place
//!
//! ```
//! use codesync_core::{Operation, Text, transform};
//!
//! let base = Text::from("fn main() {}");
//! let ana = Operation::replace(base.len(), 3..7, "start");   // renames the function
//! let bo = Operation::replace(base.len(), 9..9, " -> u8");   // gives it a result
//!
//! // The server had Bo's edit first; Ana's is carried over it, and Bo sees Ana's carried over his.
//! let (ana_later, bo_for_ana) = transform(&ana, &bo)?;
//! let (mut at_bo, mut at_ana) = (base.clone(), base);
//! at_bo.apply(&bo)?;
//! at_bo.apply(&ana_later)?;
//! at_ana.apply(&ana)?;
//! at_ana.apply(&bo_for_ana)?;
//! assert_eq!(at_bo.to_string(), "fn start() -> u8 {}");
//! assert_eq!(at_ana.to_string(), at_bo.to_string());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to read next
//!
//! Someone who embeds an editor reads [`client`] and the examples `two_replicas`,
//! `custom_transport` and `line_client`; someone who writes a client in another language reads
//! [`protocol`]; someone who wants to know why it converges reads [`transform`](mod@transform),
//! [`history`] and then `tests/it/laws.rs`.
//!
//! # Words
//!
//! Offsets count Unicode scalar values (`char`s), never bytes, unless a name says otherwise. An
//! *index* names an item, an *offset* the gap between two. A [`Revision`] counts committed
//! operations. A text holds `\n` only; a file's own line ending is kept beside it ([`LineEnding`]).
//!
//! # Features
//!
//! `test-support` offers generators, a naive model and recorded sessions to tests;
//! `seeded-bugs` lets tests switch on one mistake at a time ([`bugs`]). Neither is for a release.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bugs;
pub mod client;
pub mod document;
pub mod history;
pub mod ids;
pub mod limits;
pub mod operation;
pub mod protocol;
pub mod selection;
#[cfg(feature = "test-support")]
pub mod test_support;
pub mod text;
mod token;
pub mod transform;
pub mod undo;

pub use document::{Document, Entry};
pub use history::History;
pub use ids::{Author, Channel, ClientId, DocumentId, OpId, ParseIdError, Revision, Seq};
pub use operation::{
    Bias, Component, LengthMismatch, Operation, OperationBuilder, OperationDecodeError,
    OperationLimits,
};
pub use selection::{Peer, Peers, Selection};
pub use text::{
    ApplyError, Chars, Chunks, EditError, Encoding, LineEnding, OffsetError, Position,
    PositionError, Text, TextBuilder, TextEdit, TextHash,
};
pub use token::AccessToken;
pub use transform::{transform, transform_new};
pub use undo::{Group, UndoStack, UndoStep};
