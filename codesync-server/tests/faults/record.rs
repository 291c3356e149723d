//! What one person did and was told, in order.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use codesync_core::protocol::{ServerDocument, ServerMessage, codec};
use codesync_core::{Author, ClientId, Revision, Seq};

/// A char that only one edit of the whole run inserts.
pub(crate) type Tag = char;

/// Something that a server told a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Told {
    /// His own edit is committed.
    Acked { seq: Seq, revision: Revision },
    /// Somebody else's edit is committed.
    Applied { revision: Revision, author: Author, operation: Bytes },
    /// All that others committed between two revisions.
    Led { from: Revision, to: Revision, operation: Bytes },
    /// As whom he takes part, which is another one after a conflict, and what of his own was
    /// committed last.
    Joined { author: Author, head: Revision, last_seq: Seq, last_revision: Revision },
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) client: ClientId,
    pub(crate) typed: BTreeSet<Tag>,
    /// Tags of others that he deleted.
    pub(crate) deleted: BTreeSet<Tag>,
    pub(crate) told: Vec<Told>,
    /// His texts that could not be brought together with the document.
    pub(crate) set_aside: Vec<String>,
    /// What he saw of the faults.
    pub(crate) errors: Vec<String>,
    /// The longest time that he was without a server.
    pub(crate) away_max: Duration,
    /// His text at the end.
    pub(crate) end: String,
}

impl Record {
    pub(crate) fn new(number: u64, client: ClientId) -> Self {
        Self {
            number,
            client,
            typed: BTreeSet::new(),
            deleted: BTreeSet::new(),
            told: Vec::new(),
            set_aside: Vec::new(),
            errors: Vec::new(),
            away_max: Duration::ZERO,
            end: String::new(),
        }
    }

    /// Takes down what is in a frame.
    pub(crate) fn frame(&mut self, frame: &[u8]) {
        match codec::decode_server(frame) {
            Err(error) => self.errors.push(format!("a frame that is none: {error}")),
            Ok(messages) => {
                for message in messages {
                    match message {
                        Ok(message) => self.told.extend(told(message)),
                        Err(error) => self.errors.push(format!("a message that is none: {error}")),
                    }
                }
            }
        }
    }
}

fn told(message: ServerMessage<'_>) -> Option<Told> {
    let bytes = |operation: &[u8]| Bytes::copy_from_slice(operation);
    match message {
        ServerMessage::Acked { seq, revision, .. } => Some(Told::Acked { seq, revision }),
        ServerMessage::Applied { revision, author, operation, .. } => {
            Some(Told::Applied { revision, author, operation: bytes(&operation) })
        }
        ServerMessage::Document(ServerDocument::CaughtUp { from, to, operation, .. }) => {
            Some(Told::Led { from, to, operation: bytes(&operation) })
        }
        ServerMessage::Document(ServerDocument::Joined {
            author,
            head,
            last_seq,
            last_revision,
            ..
        }) => Some(Told::Joined { author, head, last_seq, last_revision }),
        ServerMessage::Document(_) | ServerMessage::Session(_) | ServerMessage::Presence(_) => None,
    }
}
