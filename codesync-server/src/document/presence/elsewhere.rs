//! Who is in the document at other servers, and what those are told of the people at this one.
//!
//! A server says who arrived or moved, ten times a second at most, and repeats the list of all its
//! people as a sign of life. Each of these may be lost, doubled or late: whoever is missing in the
//! list has gone, whoever is new in it is asked after, and a server that is silent for
//! [`SILENCE_MAX`] is taken for dead.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use codesync_core::selection::PEERS_MAX;
use codesync_core::{Author, Peers};

use super::INTERVAL;
use crate::bus::{self, Origin, Person};

/// How often a server repeats who is there, if others are to hear it.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// The same while it knows of no other; only a loss that nobody noticed makes it wrong.
const HEARTBEAT_ALONE: Duration = Duration::from_secs(30);
/// A server that says nothing for so long has no people any more.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// Servers of which people are known. A server that was started anew is another.
const SERVERS_MAX: usize = 64;
/// People in one message: with the longest names and most selections, about 40 KiB.
const PEOPLE_AT_ONCE: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    servers: BTreeMap<Origin, Server>,
    /// Ours who arrived or moved and of whom nothing was said yet.
    unsaid: BTreeSet<Author>,
    /// Whether the list of ours is to be said before its time.
    list_is_due: bool,
    /// Whether the others are to be asked who is there.
    asks: bool,
    said_at: Option<Duration>,
    listed_at: Option<Duration>,
}

#[derive(Debug)]
struct Server {
    heard_at: Duration,
    authors: BTreeSet<Author>,
}

impl Elsewhere {
    /// Whether somebody is at another server, or still is there as far as that one knows.
    pub(crate) fn has(&self, author: Author) -> bool {
        self.servers.values().any(|server| server.authors.contains(&author))
    }

    /// One of ours arrived or moved.
    pub(crate) fn changed(&mut self, author: Author) {
        self.unsaid.insert(author);
    }

    /// One of ours has gone.
    pub(crate) fn left(&mut self, author: Author) {
        self.unsaid.remove(&author);
        self.list_is_due = true;
    }

    /// Something may have been missed.
    pub(crate) fn ask(&mut self) {
        self.asks = true;
    }

    /// Another server asks who is here.
    pub(crate) fn answer(&mut self, now: Duration, origin: Origin, here: &BTreeSet<Author>) {
        self.server(now, origin);
        self.unsaid.extend(here);
        self.list_is_due = true;
    }

    /// Somebody is at another server. False if there are too many to remember him.
    pub(crate) fn here(&mut self, now: Duration, origin: Origin, author: Author) -> bool {
        let Some(server) = self.server(now, origin) else { return false };
        if server.authors.len() < PEERS_MAX {
            server.authors.insert(author);
        }
        server.authors.contains(&author)
    }

    /// All who are at another server; who was there before and is nowhere else now.
    pub(crate) fn everyone(
        &mut self,
        now: Duration,
        origin: Origin,
        authors: &[Author],
    ) -> Vec<Author> {
        let Some(server) = self.server(now, origin) else { return Vec::new() };
        let authors: BTreeSet<_> = authors.iter().copied().take(PEERS_MAX).collect();
        let is_new = !authors.is_subset(&server.authors);
        let gone: Vec<_> = server.authors.difference(&authors).copied().collect();
        server.authors.retain(|author| authors.contains(author));
        self.asks |= is_new;
        self.nowhere(gone)
    }

    /// Forgets servers that were silent for too long; who was there and is nowhere else.
    pub(crate) fn silent(&mut self, now: Duration) -> Vec<Author> {
        let silent = |server: &Server| server.heard_at + SILENCE_MAX <= now;
        let dead = self.servers.extract_if(.., |_, server| silent(server));
        let gone: Vec<_> = dead.flat_map(|(_, server)| server.authors).collect();
        self.nowhere(gone)
    }

    fn nowhere(&self, authors: Vec<Author>) -> Vec<Author> {
        authors.into_iter().filter(|author| !self.has(*author)).collect()
    }

    fn server(&mut self, now: Duration, origin: Origin) -> Option<&mut Server> {
        if self.servers.len() >= SERVERS_MAX && !self.servers.contains_key(&origin) {
            return None;
        }
        let new = || Server { heard_at: now, authors: BTreeSet::new() };
        let server = self.servers.entry(origin).or_insert_with(new);
        server.heard_at = now;
        Some(server)
    }

    /// When there is something to say, or to take from silence.
    pub(crate) fn due(&self, here: &BTreeSet<Author>) -> Option<Duration> {
        let silence = self.servers.values().map(|server| server.heard_at + SILENCE_MAX).min();
        [silence, self.speech_due(here)].into_iter().flatten().min()
    }

    fn speech_due(&self, here: &BTreeSet<Author>) -> Option<Duration> {
        let is_news = self.asks || self.list_is_due || !self.unsaid.is_empty();
        let due = if is_news { Duration::ZERO } else { self.heartbeat_due(here)? };
        Some(self.said_at.map_or(due, |said_at| due.max(said_at + INTERVAL)))
    }

    fn heartbeat_due(&self, here: &BTreeSet<Author>) -> Option<Duration> {
        let interval = match (self.servers.is_empty(), here.is_empty()) {
            (true, true) => return None,
            (true, false) => HEARTBEAT_ALONE,
            (false, _) => HEARTBEAT,
        };
        Some(self.listed_at.map_or(Duration::ZERO, |listed_at| listed_at + interval))
    }

    /// What is to be said, if it is time.
    pub(crate) fn take(
        &mut self,
        now: Duration,
        here: &BTreeSet<Author>,
        peers: &Peers,
    ) -> Vec<bus::Presence> {
        if self.speech_due(here).is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.said_at = Some(now);
        let mut said = Vec::new();
        if std::mem::take(&mut self.asks) {
            said.push(bus::Presence::Who);
        }
        let unsaid = std::mem::take(&mut self.unsaid);
        let people: Vec<_> = unsaid.into_iter().filter_map(|it| person(peers, it)).collect();
        said.extend(people.chunks(PEOPLE_AT_ONCE).map(|it| bus::Presence::Here(it.to_vec())));
        if self.list_is_due || self.heartbeat_due(here).is_some_and(|due| due <= now) {
            // In a table that is full, some of ours are not listed; nobody shall ask after them.
            let listed = here.iter().copied().filter(|author| peers.get(*author).is_some());
            said.push(bus::Presence::Everyone(listed.collect()));
            (self.list_is_due, self.listed_at) = (false, Some(now));
        }
        said
    }
}

fn person(peers: &Peers, author: Author) -> Option<Person> {
    let peer = peers.get(author)?;
    Some(Person {
        author,
        name: peer.name.clone(),
        color: peer.color,
        selections: peer.selections.clone(),
        revision: peer.revision,
    })
}
