//! Who is in a document and where: told ten times a second at most, and lost without harm.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use codesync_core::limits::PRESENCE_INTERVAL_MS_MIN;
use codesync_core::protocol::{ServerMessage, ServerPresence, codec};
use codesync_core::{Author, Channel, Operation, Peers, Revision, Selection};

const INTERVAL: Duration = Duration::from_millis(PRESENCE_INTERVAL_MS_MIN);
/// Bytes of messages that are put together.
const RUN_BYTES_MAX: usize = 64 * 1024;
/// Colours of the palette that clients draw with; beyond them, colours come again.
const COLORS: u8 = 16;

/// The table of everybody, and whose place is still to be told.
#[derive(Debug)]
pub(crate) struct Presence {
    channel: Channel,
    peers: Peers,
    colors: BTreeMap<Author, u8>,
    moved: BTreeSet<Author>,
    told_at: Option<Duration>,
}

impl Presence {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            channel,
            peers: Peers::new(),
            colors: BTreeMap::new(),
            moved: BTreeSet::new(),
            told_at: None,
        }
    }

    /// Lets somebody in; what the others are to be told.
    pub(crate) fn arrive(&mut self, author: Author, name: &str) -> Bytes {
        let color = match self.colors.get(&author) {
            Some(color) => *color,
            None => self.free_color(author),
        };
        self.colors.insert(author, color);
        self.peers.arrived(author, name, color);
        self.encode(ServerPresence::Arrived {
            channel: self.channel,
            author,
            name: name.into(),
            color,
        })
    }

    /// Lets somebody go; what the others are to be told.
    pub(crate) fn depart(&mut self, author: Author) -> Bytes {
        self.peers.departed(author);
        self.colors.remove(&author);
        self.moved.remove(&author);
        self.departed(author)
    }

    pub(crate) fn departed(&self, author: Author) -> Bytes {
        self.encode(ServerPresence::Departed { channel: self.channel, author })
    }

    /// Somebody's selections are these, in the text at head.
    pub(crate) fn select(&mut self, author: Author, head: Revision, selections: Vec<Selection>) {
        self.peers.moved(author, head, selections);
        self.moved.insert(author);
    }

    pub(crate) fn apply(&mut self, operation: &Operation, by: Author, revision: Revision) {
        self.peers.apply(operation, by, revision);
    }

    /// When news is to be told, if there is any.
    pub(crate) fn due(&self) -> Option<Duration> {
        if self.moved.is_empty() {
            return None;
        }
        Some(self.told_at.map_or(Duration::ZERO, |told_at| told_at + INTERVAL))
    }

    /// The news, if it is due: everybody who moved since the last.
    pub(crate) fn take(&mut self, now: Duration) -> Vec<Bytes> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.told_at = Some(now);
        let moved = std::mem::take(&mut self.moved);
        runs(moved.into_iter().filter_map(|author| self.place(author)))
    }

    /// Everything there is to know for somebody who comes in or has missed some of it.
    pub(crate) fn table(&self, without: Author) -> Vec<Bytes> {
        let others = self.peers.iter().filter(|(author, _)| *author != without);
        runs(others.flat_map(|(author, peer)| {
            let (channel, name) = (self.channel, peer.name.as_str().into());
            let arrived = ServerPresence::Arrived { channel, author, name, color: peer.color };
            [Some(self.encode(arrived)), self.place(author)].into_iter().flatten()
        }))
    }

    fn place(&self, author: Author) -> Option<Bytes> {
        let peer = self.peers.get(author)?;
        if peer.selections.is_empty() {
            return None;
        }
        Some(self.encode(ServerPresence::Moved {
            channel: self.channel,
            author,
            revision: peer.revision,
            selections: peer.selections.clone(),
        }))
    }

    fn encode(&self, message: ServerPresence<'_>) -> Bytes {
        Bytes::from(codec::encode_server(&ServerMessage::Presence(message)))
    }

    /// The first colour that nobody has; when all are taken, some colour.
    /// The author's own colour, which stays the same from one visit to the next, or the first one
    /// after it that nobody here has.
    fn free_color(&self, author: Author) -> u8 {
        let taken: BTreeSet<u8> = self.colors.values().copied().collect();
        let own = (author.get().wrapping_sub(1) % u32::from(COLORS)) as u8;
        let mut from_own = (0..COLORS).map(|step| (own + step) % COLORS);
        from_own.find(|color| !taken.contains(color)).unwrap_or(own)
    }
}

/// Messages back to back, in pieces that fit into frames.
fn runs(messages: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let (mut runs, mut run) = (Vec::new(), Vec::new());
    for message in messages {
        if !run.is_empty() && run.len() + message.len() > RUN_BYTES_MAX {
            runs.push(Bytes::from(std::mem::take(&mut run)));
        }
        run.extend_from_slice(&message);
    }
    if !run.is_empty() {
        runs.push(Bytes::from(run));
    }
    runs
}
