//! What a journal says: the state at its beginning, and each thing that happened after.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, DocumentId, Revision, Seq};
use crate::operation::{Operation, OperationLimits};
use crate::protocol::codec::bytes;

/// Number of the format, to be raised when a record changes its meaning or there is a new one.
/// Format 1 had no `Extended`.
pub(super) const FORMAT: u8 = 2;

/// One record. The order of the variants is their number on disk and never changes.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::client) enum Record<'a> {
    /// Everything, at the beginning.
    #[serde(borrow)]
    Base(Base<'a>),
    /// An own edit of the local text, be it typed, undone or redone.
    Edited {
        #[serde(borrow, with = "bytes")]
        operation: Cow<'a, [u8]>,
    },
    /// The outstanding operation was committed and led to `revision`. What was typed meanwhile
    /// became outstanding at this moment.
    Acked { revision: Revision },
    /// An operation of others, or several composed, that leads to `revision`.
    Applied {
        revision: Revision,
        #[serde(borrow, with = "bytes")]
        operation: Cow<'a, [u8]>,
    },
    /// The document's name is another.
    Renamed {
        #[serde(borrow)]
        name: Cow<'a, str>,
    },
    /// The user may write, or may not.
    Role { writable: bool },
    /// An own edit that went with the outstanding operation, which had not been sent.
    Extended {
        #[serde(borrow, with = "bytes")]
        operation: Cow<'a, [u8]>,
    },
}

/// The whole state of a replica, but for who else is there and what can be undone.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::client) struct Base<'a> {
    pub(in crate::client) format: u8,
    pub(in crate::client) document: DocumentId,
    pub(in crate::client) client: ClientId,
    #[serde(borrow)]
    pub(in crate::client) name: Cow<'a, str>,
    pub(in crate::client) writable: bool,
    pub(in crate::client) document_bytes_max: u64,
    pub(in crate::client) revision: Revision,
    pub(in crate::client) last_seq: Seq,
    pub(in crate::client) last_revision: Revision,
    /// The confirmed text at `revision`.
    #[serde(borrow)]
    pub(in crate::client) text: Cow<'a, str>,
    #[serde(borrow)]
    pub(in crate::client) outstanding: Option<BaseOutstanding<'a>>,
    #[serde(borrow)]
    pub(in crate::client) buffer: Option<BaseBuffer<'a>>,
}

/// The submission in flight: what is sent, and what it means now.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::client) struct BaseOutstanding<'a> {
    pub(in crate::client) seq: Seq,
    pub(in crate::client) since: u64,
    pub(in crate::client) sent_base_len: u64,
    #[serde(borrow, with = "bytes")]
    pub(in crate::client) sent: Cow<'a, [u8]>,
    #[serde(borrow, with = "bytes")]
    pub(in crate::client) operation: Cow<'a, [u8]>,
    pub(in crate::client) edits: u64,
}

/// What was typed after it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::client) struct BaseBuffer<'a> {
    #[serde(borrow, with = "bytes")]
    pub(in crate::client) operation: Cow<'a, [u8]>,
    pub(in crate::client) edits: u64,
}

impl Base<'_> {
    pub(in crate::client) const FORMAT: u8 = FORMAT;
}

impl<'a> Record<'a> {
    pub(super) fn encode_into(&self, payload: &mut Vec<u8>) {
        *payload = postcard::to_extend(self, std::mem::take(payload))
            .expect("writing to memory cannot fail and every sequence knows its length");
    }

    /// Reads a record from all of `payload`.
    pub(super) fn decode(payload: &'a [u8]) -> Result<Self, postcard::Error> {
        match postcard::take_from_bytes(payload)? {
            (record, []) => Ok(record),
            _ => Err(postcard::Error::DeserializeBadEncoding),
        }
    }
}

/// Reads an operation that this program wrote itself.
pub(in crate::client) fn operation(
    bytes: &[u8],
    base_len: usize,
) -> Result<Operation, &'static str> {
    Operation::decode(bytes, base_len, &OperationLimits::REPRESENTABLE)
        .map_err(|_| "its operation does not fit the text")
}
