//! Who is in a document and where: told ten times a second at most, and lost without harm.
//!
//! The table holds the people of all servers. Those at this one are told to the others by
//! [`elsewhere`], which also knows who is there.

mod elsewhere;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use codesync_core::limits::PRESENCE_INTERVAL_MS_MIN;
use codesync_core::protocol::{ServerMessage, ServerPresence, codec};
use codesync_core::{Author, Channel, Operation, Peers, Revision, Selection};

use self::elsewhere::Elsewhere;
use crate::bus::{self, Origin, Person};

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
    /// Who is at this server.
    here: BTreeSet<Author>,
    elsewhere: Elsewhere,
    moved: BTreeSet<Author>,
    told_at: Option<Duration>,
}

impl Presence {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            channel,
            peers: Peers::new(),
            here: BTreeSet::new(),
            elsewhere: Elsewhere::default(),
            moved: BTreeSet::new(),
            told_at: None,
        }
    }

    /// Lets somebody in; what the others here are to be told.
    pub(crate) fn arrive(&mut self, author: Author, name: &str) -> Bytes {
        // From another server he brings his colour along.
        let color = self.peers.get(author).map(|peer| peer.color);
        let color = color.unwrap_or_else(|| self.free_color(author));
        self.here.insert(author);
        self.elsewhere.changed(author);
        self.peers.arrived(author, name, color);
        self.arrived(author, name, color)
    }

    /// Lets somebody go; what the others here are to be told, unless he is at another server.
    pub(crate) fn depart(&mut self, author: Author) -> Option<Bytes> {
        self.here.remove(&author);
        self.elsewhere.left(author);
        if self.elsewhere.has(author) {
            // Where he is there was not kept while he was here.
            self.elsewhere.ask();
            return None;
        }
        Some(self.forget(author))
    }

    fn forget(&mut self, author: Author) -> Bytes {
        self.peers.departed(author);
        self.moved.remove(&author);
        self.departed(author)
    }

    pub(crate) fn departed(&self, author: Author) -> Bytes {
        self.encode(ServerPresence::Departed { channel: self.channel, author })
    }

    /// The selections of somebody here are these, in the text at head.
    pub(crate) fn select(&mut self, author: Author, head: Revision, selections: Vec<Selection>) {
        self.moved_to(author, head, selections);
        self.elsewhere.changed(author);
    }

    /// Somebody's selections are these, in the text at a revision that is not behind the head.
    pub(crate) fn moved_to(
        &mut self,
        author: Author,
        revision: Revision,
        selections: Vec<Selection>,
    ) {
        self.peers.moved(author, revision, selections);
        self.moved.insert(author);
    }

    pub(crate) fn apply(&mut self, operation: &Operation, by: Author, revision: Revision) {
        self.peers.apply(operation, by, revision);
    }

    // Other servers.

    /// Other servers may have said something that was lost.
    pub(crate) fn missed(&mut self) {
        self.elsewhere.ask();
    }

    /// Another server asks who is here.
    pub(crate) fn answer(&mut self, now: Duration, origin: Origin) {
        self.elsewhere.answer(now, origin, &self.here);
    }

    /// Somebody is at another server; what the others here are to be told if it is new to them.
    /// Nothing that another server says changes what is known of somebody here.
    pub(crate) fn meet(&mut self, now: Duration, origin: Origin, person: &Person) -> Meeting {
        let author = person.author;
        if !self.elsewhere.here(now, origin, author) || self.here.contains(&author) {
            return Meeting::OfNoConcern;
        }
        let before = self.peers.get(author);
        if before.is_some_and(|it| it.name == person.name && it.color == person.color) {
            return Meeting::Known;
        }
        self.peers.arrived(author, &person.name, person.color);
        Meeting::New(self.arrived(author, &person.name, person.color))
    }

    /// All who are at another server; whom the people here are to be told they have gone.
    pub(crate) fn everyone(
        &mut self,
        now: Duration,
        origin: Origin,
        authors: &[Author],
    ) -> Vec<(Author, Bytes)> {
        let gone = self.elsewhere.everyone(now, origin, authors);
        self.forget_all(gone)
    }

    /// The people of servers that have been silent for too long.
    pub(crate) fn silent(&mut self, now: Duration) -> Vec<(Author, Bytes)> {
        let gone = self.elsewhere.silent(now);
        self.forget_all(gone)
    }

    fn forget_all(&mut self, gone: Vec<Author>) -> Vec<(Author, Bytes)> {
        let gone = gone.into_iter().filter(|author| !self.here.contains(author));
        let gone: Vec<_> = gone.collect();
        gone.into_iter().map(|author| (author, self.forget(author))).collect()
    }

    /// What the other servers are to be told, if it is time.
    pub(crate) fn said(&mut self, now: Duration) -> Vec<bus::Presence> {
        self.elsewhere.take(now, &self.here, &self.peers)
    }

    // What is to be told here.

    /// When something is to be told, here or there, or somebody is to be forgotten.
    pub(crate) fn due(&self) -> Option<Duration> {
        [self.news_due(), self.elsewhere.due(&self.here)].into_iter().flatten().min()
    }

    fn news_due(&self) -> Option<Duration> {
        if self.moved.is_empty() {
            return None;
        }
        Some(self.told_at.map_or(Duration::ZERO, |told_at| told_at + INTERVAL))
    }

    /// The news, if it is due: everybody who moved since the last.
    pub(crate) fn take(&mut self, now: Duration) -> Vec<Bytes> {
        if self.news_due().is_none_or(|due| due > now) {
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
            let arrived = self.arrived(author, &peer.name, peer.color);
            [Some(arrived), self.place(author)].into_iter().flatten()
        }))
    }

    fn arrived(&self, author: Author, name: &str, color: u8) -> Bytes {
        let (channel, name) = (self.channel, name.into());
        self.encode(ServerPresence::Arrived { channel, author, name, color })
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

    /// The author's own colour, which stays the same from one visit to the next and at all
    /// servers, or the first one after it that nobody known here has.
    fn free_color(&self, author: Author) -> u8 {
        let taken: BTreeSet<u8> = self.peers.iter().map(|(_, peer)| peer.color).collect();
        let own = (author.get().wrapping_sub(1) % u32::from(COLORS)) as u8;
        let mut from_own = (0..COLORS).map(|step| (own + step) % COLORS);
        from_own.find(|color| !taken.contains(color)).unwrap_or(own)
    }
}

/// What is new about somebody at another server.
#[derive(Debug)]
pub(crate) enum Meeting {
    /// He is here too, or there are too many.
    OfNoConcern,
    /// Nothing but perhaps his place.
    Known,
    /// Who he is, as the people here are to be told.
    New(Bytes),
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
