//! The last committed entries as messages, encoded once and shared by all subscribers.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use codesync_core::document::Checkpoint;
use codesync_core::protocol::{ServerDocument, ServerMessage, codec};
use codesync_core::{Author, Channel, Revision, Seq};

/// Entries kept; a subscriber further behind is caught up by a composed operation.
const ENTRIES_MAX: usize = 1024;
/// Bytes of messages kept.
const BYTES_MAX: usize = 512 * 1024;
/// Bytes handed out at once, unless a single entry is longer.
const RUN_BYTES_MAX: usize = 128 * 1024;

/// A window of messages that ends at the document's head.
#[derive(Debug)]
pub(crate) struct Recent {
    channel: Channel,
    /// The revision before the first kept entry.
    start: Revision,
    entries: VecDeque<Encoded>,
    bytes: usize,
    /// The run joined last; most subscribers ask for the same one.
    joined: Option<Joined>,
}

#[derive(Debug)]
struct Encoded {
    author: Author,
    seq: Seq,
    applied: Bytes,
    /// Follows the entry, for everybody.
    checkpoint: Bytes,
}

/// A run of entries back to back.
#[derive(Clone, Debug)]
struct Joined {
    from: Revision,
    to: Revision,
    bytes: Bytes,
}

impl Recent {
    pub(crate) fn new(channel: Channel, head: Revision) -> Self {
        Self { channel, start: head, entries: VecDeque::new(), bytes: 0, joined: None }
    }

    fn head(&self) -> Revision {
        Revision::new(self.start.get() + self.entries.len() as u64)
    }

    /// Whether everything after `revision` is here.
    pub(crate) fn reaches_back_to(&self, revision: Revision) -> bool {
        self.start <= revision
    }

    /// Adds the entry that leads to the next revision.
    pub(crate) fn push(
        &mut self,
        author: Author,
        seq: Seq,
        operation: &[u8],
        checkpoint: Option<Checkpoint>,
    ) {
        let (channel, revision) = (self.channel, self.head().next());
        let operation = operation.into();
        let applied = ServerMessage::Applied { channel, revision, author, operation };
        let applied = Bytes::from(codec::encode_server(&applied));
        let checkpoint = checkpoint.map_or_else(Bytes::new, |it| encode_checkpoint(channel, it));
        self.bytes += applied.len();
        self.entries.push_back(Encoded { author, seq, applied, checkpoint });
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.applied.len();
            self.start = self.start.next();
        }
    }

    /// What `author` shall get after revision `from`: a run of messages that leads to the returned
    /// revision. His own entries are acknowledgements. `from` must not lie before the window.
    pub(crate) fn run(&mut self, from: Revision, author: Author) -> (Vec<Bytes>, Revision) {
        let joined = self.join(from);
        if joined.from == joined.to {
            return (Vec::new(), from);
        }
        let entries = self.entries.range(self.index(from)..self.index(joined.to));
        let mut messages = Vec::with_capacity(1);
        // `copied` to `at` are entries of others that go out in one piece.
        let (mut copied, mut at) = (0, 0);
        let mut revision = from;
        for entry in entries {
            revision = revision.next();
            let end = at + entry.applied.len();
            if entry.author == author {
                if copied < at {
                    messages.push(joined.bytes.slice(copied..at));
                }
                messages.push(encode_ack(self.channel, entry.seq, revision));
                copied = end;
            }
            at = end + entry.checkpoint.len();
        }
        if copied < at {
            messages.push(joined.bytes.slice(copied..at));
        }
        (messages, joined.to)
    }

    fn join(&mut self, from: Revision) -> Joined {
        let head = self.head();
        if let Some(joined) = &self.joined
            && joined.from == from
            && (joined.to == head || joined.bytes.len() >= RUN_BYTES_MAX)
        {
            return joined.clone();
        }
        let (mut bytes, mut to) = (BytesMut::new(), from);
        let single = self.index(from) + 1 == self.entries.len();
        for entry in self.entries.range(self.index(from)..) {
            if to > from && bytes.len() + entry.applied.len() > RUN_BYTES_MAX {
                break;
            }
            to = to.next();
            if single && entry.checkpoint.is_empty() {
                // The usual case, one entry for everybody: no copy at all.
                let joined = Joined { from, to, bytes: entry.applied.clone() };
                self.joined = Some(joined.clone());
                return joined;
            }
            bytes.extend_from_slice(&entry.applied);
            bytes.extend_from_slice(&entry.checkpoint);
        }
        let joined = Joined { from, to, bytes: bytes.freeze() };
        self.joined = Some(joined.clone());
        joined
    }

    fn index(&self, revision: Revision) -> usize {
        let index = revision.since(self.start).expect("the window reaches back to the revision");
        usize::try_from(index).unwrap_or(usize::MAX).min(self.entries.len())
    }
}

pub(crate) fn encode_ack(channel: Channel, seq: Seq, revision: Revision) -> Bytes {
    Bytes::from(codec::encode_server(&ServerMessage::Acked { channel, seq, revision }))
}

pub(crate) fn encode_checkpoint(channel: Channel, checkpoint: Checkpoint) -> Bytes {
    let Checkpoint { revision, hash } = checkpoint;
    let checkpoint = ServerDocument::Checkpoint { channel, revision, hash };
    Bytes::from(codec::encode_server(&ServerMessage::Document(checkpoint)))
}
