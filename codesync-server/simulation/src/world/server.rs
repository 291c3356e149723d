//! Servers: `DocumentState`s with a simulated actor and registry around them.

use std::collections::BTreeMap;
use std::time::Duration;

use codesync_core::document::Submission;
use codesync_core::protocol::{CloseCode, RejectCode};
use codesync_core::{Channel, ClientId, DocumentId, Revision};
use codesync_server::access::AccessVersion;
use codesync_server::bus::{Hint, Origin, Presence};
use codesync_server::document::state::{DocumentState, Opened};
use codesync_server::document::{Join, Output, SubscriberId};
use codesync_server::ws::session::Opening;

use super::wire::Item;
use super::{MS, Micros, SECOND, World, client_number, document_id, document_number, micros, say};
use crate::chance::Chance;
use crate::coverage::Met;
use crate::oracle::broken;

/// How often a server asks the log for the heads of its documents.
const POLL_INTERVAL: Micros = SECOND;
/// How long a document stays open with nobody in it.
const IDLE_MAX: Micros = 30 * SECOND;

/// One server process, which may be killed and started again.
pub(crate) struct Server {
    number: u64,
    pub(crate) is_up: bool,
    /// How often it was started.
    pub(crate) boot: u64,
    slots: BTreeMap<usize, Slot>,
    channels: u32,
    subscribers: u64,
    generations: u64,
    pub(crate) chance: Chance,
}

/// A document on a server.
enum Slot {
    Loading { generation: u64, waiting: Vec<(usize, Join)>, hints: Vec<Hint> },
    Open(Box<Open>),
}

struct Open {
    generation: u64,
    state: DocumentState,
    /// On which socket a subscriber is, and who he is.
    owners: BTreeMap<SubscriberId, (usize, ClientId)>,
    due: Option<Micros>,
    idle_since: Option<Micros>,
    is_closing: bool,
}

impl Server {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self {
            number,
            is_up: false,
            boot: 0,
            slots: BTreeMap::new(),
            channels: 0,
            subscribers: 0,
            generations: 0,
            chance: Chance::of(seed, &[5, number]),
        }
    }

    /// Each start is another origin.
    fn origin(&self) -> Origin {
        Origin::new(self.number << 32 | self.boot)
    }

    pub(crate) fn due(&self) -> impl Iterator<Item = (usize, Micros)> {
        self.slots.iter().filter_map(|(document, slot)| match slot {
            Slot::Open(open) => Some((*document, open.due?)),
            Slot::Loading { .. } => None,
        })
    }

    /// The documents that are open, for checks.
    pub(crate) fn states(&self) -> impl Iterator<Item = (usize, &DocumentState)> {
        self.slots.iter().filter_map(|(document, slot)| match slot {
            Slot::Open(open) => Some((*document, &open.state)),
            Slot::Loading { .. } => None,
        })
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.slots.values().any(|slot| matches!(slot, Slot::Loading { .. }))
    }

    /// A number for somebody who wants something of a document that is open here.
    pub(super) fn next_subscriber(&mut self, document: usize) -> Option<SubscriberId> {
        let is_open = self.open(document).is_some_and(|open| !open.is_closing);
        is_open.then(|| {
            self.subscribers += 1;
            SubscriberId::new(self.subscribers)
        })
    }

    fn open(&mut self, document: usize) -> Option<&mut Open> {
        match self.slots.get_mut(&document) {
            Some(Slot::Open(open)) => Some(open),
            Some(Slot::Loading { .. }) | None => None,
        }
    }
}

impl World {
    pub(super) fn start_server(&mut self, number: usize) {
        let server = &mut self.servers[number];
        if server.is_up {
            return;
        }
        server.is_up = true;
        server.boot += 1;
        let boot = server.boot;
        let first = server.chance.below(POLL_INTERVAL);
        self.after(first, move |world| world.poll_heads(number, boot));
    }

    /// The process ends: what it had in memory is gone.
    pub(super) fn kill_server(&mut self, number: usize) {
        let server = &mut self.servers[number];
        if server.is_up {
            server.is_up = false;
            server.slots.clear();
            self.coverage.met(Met::ServerKilled);
            self.break_sockets(number);
        }
    }

    /// One question a second for all open documents, as the registry asks it.
    fn poll_heads(&mut self, number: usize, boot: u64) {
        let server = &self.servers[number];
        if !server.is_up || server.boot != boot {
            return;
        }
        self.after(POLL_INTERVAL, move |world| world.poll_heads(number, boot));
        let documents: Vec<_> = self.servers[number].states().map(|(it, _)| it).collect();
        let delay = self.log_delay(number);
        self.after(delay, move |world| {
            let server = &world.servers[number];
            if !server.is_up || server.boot != boot || world.store.is_down(world.now) {
                return;
            }
            let ids: Vec<_> = documents.iter().map(|it| document_id(*it)).collect();
            for head in world.store.log.heads_now(&ids) {
                let document = document_number(head.document);
                world.with_document(number, document, |state, _| {
                    state.handle_access_version(head.access);
                    if head.revision > state.head() {
                        state.handle_head(head.revision);
                    }
                });
            }
        });
        for document in 0..self.truths.len() {
            self.unload(number, document, IDLE_MAX);
        }
    }

    /// A session wants a document opened for a join: first it is asked whether it may be.
    pub(super) fn open_at_server(&mut self, socket: usize, id: DocumentId, opening: Opening) {
        let document = document_number(id);
        let (number, _, _) = self.ends_of(socket);
        let (there, back) = (self.log_delay(number), self.log_delay(number));
        self.after(there, move |world| {
            let rights = world.store.rights(world.now, document, opening.user);
            world.after(back, move |world| {
                if world.is_gone(socket) {
                    return;
                }
                match rights {
                    Ok((access, rights)) => {
                        world.admit(socket, document, opening.with(access, rights, socket as u64));
                    }
                    Err(code) => world.refuse(socket, opening.request, code),
                }
            });
        });
    }

    fn refuse(&mut self, socket: usize, request: u32, code: RejectCode) {
        self.session(socket).handle_refused(request, code);
        self.drain_session(socket);
    }

    fn admit(&mut self, socket: usize, document: usize, join: Join) {
        let (number, boot, _) = self.ends_of(socket);
        let server = &mut self.servers[number];
        match server.slots.get_mut(&document) {
            Some(Slot::Open(open)) if !open.is_closing => self.join(socket, document, join),
            Some(Slot::Loading { waiting, .. }) => waiting.push((socket, join)),
            Some(Slot::Open(_)) | None => {
                server.generations += 1;
                let generation = server.generations;
                let waiting = vec![(socket, join)];
                let slot = Slot::Loading { generation, waiting, hints: Vec::new() };
                server.slots.insert(document, slot);
                let delay = self.log_delay(number);
                self.after(delay, move |world| world.load(number, boot, document, generation));
            }
        }
    }

    /// The log and the snapshots are read.
    fn load(&mut self, number: usize, boot: u64, document: usize, generation: u64) {
        let server = &mut self.servers[number];
        if server.boot != boot {
            return;
        }
        let Some(Slot::Loading { generation: current, .. }) = server.slots.get(&document) else {
            return;
        };
        if *current != generation {
            return;
        }
        let Some(Slot::Loading { waiting, hints, .. }) = server.slots.remove(&document) else {
            return;
        };
        let loaded = match self.store.is_down(self.now) {
            true => Err("the log is down".to_owned()),
            false => self.store.load(document_id(document)),
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                if !self.store.is_down(self.now) {
                    let error = format!("document {document} cannot be loaded: {error}");
                    self.check(Err(broken("I10 snapshot", error)));
                }
                for (socket, join) in waiting {
                    if !self.is_gone(socket) {
                        self.refuse(socket, join.request, RejectCode::DocumentUnavailable);
                    }
                }
                return;
            }
        };
        let head = loaded.document.head();
        if loaded.snapshot > Revision::ZERO {
            self.coverage.met(Met::LoadFromSnapshot);
        }
        say!(self, "server {number} loads document {document} at {head}");
        let check = self.truths[document].kept(head, &loaded.document.text().to_string());
        self.check(check);
        let server = &mut self.servers[number];
        // Not the same on both servers, and never used twice in a process.
        server.channels += 1;
        let channel = Channel::new(server.channels * 2 + server.number as u32);
        let state = DocumentState::new(Opened {
            id: document_id(document),
            epoch: loaded.epoch,
            access: loaded.access,
            name: format!("document {document}"),
            document: loaded.document,
            snapshot: loaded.snapshot,
            channel,
            origin: server.origin(),
            seed: server.chance.next(),
            unix_start: Duration::ZERO,
            subscribers_max: 500,
        });
        let owners = BTreeMap::new();
        let open =
            Open { generation, state, owners, due: None, idle_since: None, is_closing: false };
        server.slots.insert(document, Slot::Open(Box::new(open)));
        self.with_document(number, document, |state, now| {
            state.handle_hints_lost();
            for hint in hints {
                hear(state, now, &hint);
            }
        });
        for (socket, join) in waiting {
            if !self.is_gone(socket) {
                self.join(socket, document, join);
            }
        }
    }

    fn join(&mut self, socket: usize, document: usize, join: Join) {
        let (number, _, _) = self.ends_of(socket);
        let server = &mut self.servers[number];
        server.subscribers += 1;
        let subscriber = SubscriberId::new(server.subscribers);
        let Some(open) = server.open(document) else { return };
        let channel = open.state.channel();
        open.owners.insert(subscriber, (socket, join.client));
        if !self.session(socket).handle_opened(channel, subscriber) {
            return;
        }
        self.sockets[socket].documents.insert(subscriber, document);
        if join.at.is_some_and(|at| self.truths[document].has_commit_of(join.client, at)) {
            self.coverage.met(Met::AckInCatchUp);
        }
        // Leave first what was joined before.
        self.drain_session(socket);
        self.with_document(number, document, |state, _| {
            state.handle_join(subscriber, join);
        });
    }

    pub(super) fn leave(&mut self, number: usize, document: usize, subscriber: SubscriberId) {
        if let Some(open) = self.servers[number].open(document) {
            open.owners.remove(&subscriber);
        }
        self.with_document(number, document, |state, now| state.handle_leave(now, subscriber));
    }

    pub(super) fn submit(
        &mut self,
        socket: usize,
        subscriber: SubscriberId,
        submission: Submission,
    ) {
        let (number, _, _) = self.ends_of(socket);
        let Some(document) = self.sockets[socket].documents.get(&subscriber).copied() else {
            return;
        };
        let Some(open) = self.servers[number].open(document) else { return };
        let Some((_, client)) = open.owners.get(&subscriber).copied() else { return };
        if submission.operation.len() > 60_000 {
            self.coverage.met(Met::LargeSubmission);
        }
        let check = self.truths[document].submitted(client, &submission, &mut self.coverage);
        self.check(check);
        self.with_document(number, document, |state, now| {
            state.handle_submit(now, subscriber, submission);
        });
    }

    /// Does something with an open document, and then what it asks for.
    pub(super) fn with_document(
        &mut self,
        number: usize,
        document: usize,
        act: impl FnOnce(&mut DocumentState, Duration),
    ) {
        let now = self.now();
        let Some(open) = self.servers[number].open(document) else { return };
        act(&mut open.state, now);
        let mut failed = None;
        while let Some(output) =
            self.servers[number].open(document).and_then(|open| open.state.poll_output())
        {
            if let Output::Failed { code } = output {
                failed = Some(code);
            } else {
                self.perform(number, document, output);
            }
        }
        if let Some(code) = failed {
            let detail = format!("server {number} cannot go on with document {document}: {code}");
            self.check(Err(broken("I7 equal", detail)));
            self.servers[number].slots.remove(&document);
            return;
        }
        let now = self.now;
        let Some(open) = self.servers[number].open(document) else { return };
        open.due = open.state.poll_timeout().map(micros);
        if !open.state.is_idle() {
            open.idle_since = None;
        } else if open.idle_since.is_none() {
            open.idle_since = Some(now);
        }
        if open.is_closing && !open.state.is_busy() {
            self.servers[number].slots.remove(&document);
        }
    }

    fn perform(&mut self, number: usize, document: usize, output: Output) {
        let Some(open) = self.servers[number].open(document) else { return };
        let generation = open.generation;
        let owner = |subscriber| open.owners.get(&subscriber).copied();
        match output {
            Output::Deliver { subscriber, messages } => {
                if let Some((socket, client)) = owner(subscriber) {
                    let check =
                        self.truths[document].delivered(client, &messages, &mut self.coverage);
                    self.check(check);
                    self.check_reader(document, client, &messages);
                    self.put(socket, Item::Messages(messages));
                }
            }
            Output::AwaitRoom { subscriber } => {
                self.coverage.met(Met::OutOfCredit);
                if let Some((socket, _)) = owner(subscriber) {
                    self.await_room(socket, document, subscriber);
                }
            }
            Output::Detach { subscriber } => {
                if let Some((socket, _)) = owner(subscriber) {
                    self.put(socket, Item::Detached(subscriber));
                }
            }
            Output::Trespassed { subscriber } => {
                if let Some((socket, _)) = owner(subscriber) {
                    self.put(socket, Item::Trespassed);
                }
            }
            Output::Mismatched { revision, .. } => {
                let detail =
                    format!("somebody's text of document {document} at {revision} differed");
                self.check(Err(broken("I7 equal", detail)));
            }
            Output::Close { subscriber, code } => {
                if let Some((socket, _)) = owner(subscriber) {
                    if code == CloseCode::TooSlow {
                        self.coverage.met(Met::TooSlow);
                    }
                    self.put(socket, Item::Close(code));
                }
            }
            Output::Publish(entries) => {
                let hint = Hint::Committed { origin: self.servers[number].origin(), entries };
                self.publish(number, document, &hint);
            }
            Output::Wish => {
                let hint = Hint::Wish(self.servers[number].origin());
                self.publish(number, document, &hint);
            }
            Output::Presence(presence) => {
                let hint = Hint::Presence { origin: self.servers[number].origin(), presence };
                self.publish(number, document, &hint);
            }
            Output::Edited { edit, answer } => self.written_whole(number, edit, answer),
            Output::Failed { .. } => unreachable!("seen to by the caller"),
            Output::Register { .. }
            | Output::ReadAccess { .. }
            | Output::Append(_)
            | Output::ReadLog { .. }
            | Output::ReadOlder { .. }
            | Output::Snapshot { .. } => self.begin(number, document, generation, output),
        }
    }

    /// Whoever is given something may read it, as far as the server can know.
    fn check_reader(&mut self, document: usize, client: ClientId, messages: &[u8]) {
        // A look at the heads, perhaps a question that began too early, and one that did not.
        let known_after = SECOND + 6 * (2 * self.rates.log_ms * MS);
        let (now, well_since) = (self.now(), Duration::from_micros(self.store.unwell_until()));
        let check = self.truths[document].permissions.given(
            client_number(client),
            messages,
            now,
            Duration::from_micros(known_after),
            well_since,
        );
        self.check(check);
    }

    /// The answer to some work, if whoever asked is still there.
    pub(super) fn answer(
        &mut self,
        (number, boot, document, generation): (usize, u64, usize, u64),
        act: impl FnOnce(&mut DocumentState, Duration),
    ) {
        let server = &mut self.servers[number];
        let waits = server.is_up
            && server.boot == boot
            && server.open(document).is_some_and(|open| open.generation == generation);
        if waits {
            self.with_document(number, document, act);
        }
    }

    /// Tells the other servers, as far as the bus goes: some of it is lost, late, twice.
    fn publish(&mut self, from: usize, document: usize, hint: &Hint) {
        let rates = self.rates;
        // A wish comes back to whoever has it; of the rest everybody knows his own.
        let comes_back = matches!(hint, Hint::Wish(_));
        for number in (0..self.servers.len()).filter(|number| comes_back || *number != from) {
            let chance = &mut self.servers[from].chance;
            if chance.per_mille(rates.hints_lost) {
                continue;
            }
            let times = if chance.per_mille(rates.hints_doubled) { 2 } else { 1 };
            for _ in 0..times {
                let late = self.servers[from].chance.below(rates.hints_late_ms * MS + MS);
                let hint = hint.clone();
                self.after(late, move |world| world.hear(number, document, hint));
            }
        }
    }

    fn hear(&mut self, number: usize, document: usize, hint: Hint) {
        if let Some(Slot::Loading { hints, .. }) = self.servers[number].slots.get_mut(&document) {
            return hints.push(hint);
        }
        if matches!(&hint, Hint::Presence { presence: Presence::Here(_), .. }) {
            self.coverage.met(Met::PeopleElsewhere);
        }
        self.with_document(number, document, |state, now| hear(state, now, &hint));
    }

    pub(super) fn hear_access(&mut self, number: usize, document: usize, version: AccessVersion) {
        if let Some(Slot::Loading { hints, .. }) = self.servers[number].slots.get_mut(&document) {
            return hints.push(Hint::Access(version));
        }
        self.with_document(number, document, |state, _| state.handle_access_version(version));
    }

    /// Closes a document that nobody has had open for a while, after a last snapshot.
    pub(super) fn unload(&mut self, number: usize, document: usize, after: Micros) {
        let now = self.now;
        let Some(open) = self.servers[number].open(document) else { return };
        let idle = open.state.is_idle() && open.idle_since.is_some_and(|at| at + after <= now);
        if idle && !open.is_closing {
            open.is_closing = true;
            self.with_document(number, document, |state, _| state.snapshot_now());
        }
    }

    pub(super) fn log_delay(&mut self, number: usize) -> Micros {
        let usual = self.rates.log_ms * MS;
        let slow = self.store.slow_by(self.now);
        let chance = &mut self.servers[number].chance;
        usual / 2 + chance.below(usual + 1) + chance.below(slow + 1)
    }
}

fn hear(state: &mut DocumentState, now: Duration, hint: &Hint) {
    match hint {
        Hint::Committed { origin, entries } => state.handle_hint(now, *origin, entries),
        Hint::Wish(origin) => state.handle_wish(now, *origin),
        Hint::Head(revision) => state.handle_head(*revision),
        Hint::Presence { origin, presence } => state.handle_presence(now, *origin, presence),
        Hint::Access(version) => state.handle_access_version(*version),
    }
}
