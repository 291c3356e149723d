//! Text, operations, revisions, reconnecting and undo: every rule of a collaborative code editor,
//! and nothing else.

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
pub use transform::{transform, transform_new};
pub use undo::{Group, UndoStack, UndoStep};
