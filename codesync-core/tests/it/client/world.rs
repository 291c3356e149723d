//! A small world for clients: one server built on `Document`, links that carry frames when told to,
//! a disk for each client, and a clock that only tests move.

mod server;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::client::{
    Connection, ConnectionConfig, Event, OpenDocument, Output, Replica, State, journal,
};
use codesync_core::protocol::{ClientMessage, ClientPresence, codec};
use codesync_core::{Channel, ClientId, DocumentId, Encoding, Revision, Selection, TextEdit};

pub(super) use server::Server;

pub(super) const DOCUMENT: DocumentId = DocumentId::from_bytes(*b"the one document");
pub(super) const CHANNEL: Channel = Channel::new(7);

/// A client with all that a driver gives it.
pub(super) struct Client {
    id: ClientId,
    submit_interval: Duration,
    pub(super) connection: Connection,
    /// The journal as a process that is killed now leaves it behind.
    pub(super) disk: Vec<u8>,
    /// The text as a user interface has it that applies what events tell it.
    pub(super) shown: String,
    pub(super) events: Vec<Event>,
    pub(super) conflicts: Vec<String>,
    wants_socket: bool,
    has_socket: bool,
    pub(super) up: VecDeque<Vec<u8>>,
    pub(super) down: VecDeque<Vec<u8>>,
}

pub(super) struct World {
    pub(super) now: Duration,
    pub(super) server: Server,
    pub(super) clients: Vec<Client>,
    /// Whether a socket can be had.
    pub(super) network: bool,
}

impl World {
    pub(super) fn new(text: &str, clients: usize) -> Self {
        Self::gathering(text, clients, Duration::ZERO)
    }

    /// A world in which each submission is so long after the one before.
    pub(super) fn gathering(text: &str, clients: usize, submit_interval: Duration) -> Self {
        let mut world = Self {
            now: Duration::from_secs(100),
            server: Server::new(text),
            clients: Vec::new(),
            network: true,
        };
        for i in 0..clients {
            let id = ClientId::from_bytes([i as u8 + 1; 16]);
            let mut client = Client {
                id,
                submit_interval,
                connection: connection(i, submit_interval),
                disk: Vec::new(),
                shown: String::new(),
                events: Vec::new(),
                conflicts: Vec::new(),
                wants_socket: false,
                has_socket: false,
                up: VecDeque::new(),
                down: VecDeque::new(),
            };
            client.connection.open(world.now, OpenDocument { document: DOCUMENT, client: id });
            world.clients.push(client);
            world.drain(i);
        }
        world.settle();
        world
    }

    pub(super) fn replica(&self, i: usize) -> &Replica {
        self.clients[i].connection.document(DOCUMENT).unwrap()
    }

    pub(super) fn text(&self, i: usize) -> String {
        self.replica(i).text().to_string()
    }

    /// Types `text` over the chars from `at` on; places past the end are taken for the end.
    pub(super) fn edit(&mut self, i: usize, at: usize, delete: usize, text: &str) {
        self.type_in(i, at, delete, text);
        self.drain(i);
    }

    /// As `edit`, but the process is killed when its driver has done `outputs` pieces of work.
    /// What it sent by then arrives.
    pub(super) fn edit_and_crash(&mut self, i: usize, at: usize, text: &str, outputs: usize) {
        self.type_in(i, at, 0, text);
        for _ in 0..outputs {
            let Some(output) = self.clients[i].connection.poll_output() else { break };
            self.clients[i].act(output);
        }
        while self.deliver_up(i) {}
        self.restart(i);
    }

    fn type_in(&mut self, i: usize, at: usize, delete: usize, text: &str) {
        let len = self.replica(i).text().len();
        let start = at.min(len);
        let edit = TextEdit { range: start..(start + delete).min(len), text: text.into() };
        let client = &mut self.clients[i];
        let edited = client.connection.edit(
            self.now,
            DOCUMENT,
            std::slice::from_ref(&edit),
            Encoding::Scalar,
        );
        if edited.is_ok() {
            client.shown = changed(&client.shown, &[edit]);
        }
    }

    pub(super) fn undo(&mut self, i: usize) {
        self.clients[i].connection.undo(self.now, DOCUMENT);
        self.drain(i);
    }

    pub(super) fn send_now(&mut self, i: usize) {
        self.clients[i].connection.send_now(self.now);
        self.drain(i);
    }

    pub(super) fn close(&mut self, i: usize) {
        self.clients[i].connection.close(self.now, DOCUMENT);
        self.drain(i);
    }

    pub(super) fn set_token(&mut self, i: usize, token: &str) {
        self.clients[i].connection.set_token(self.now, Some(token.into()));
        self.drain(i);
    }

    /// What client `i` may do is another; it is told so.
    pub(super) fn set_writable(&mut self, i: usize, writable: bool) {
        self.server.set_writable(i, writable);
        self.carry();
    }

    pub(super) fn select(&mut self, i: usize, caret: usize) {
        let selections = vec![Selection::caret(caret)];
        self.clients[i].connection.set_selections(self.now, DOCUMENT, selections);
        self.drain(i);
    }

    /// Lets the oldest frame from client `i` arrive, if there is one.
    pub(super) fn deliver_up(&mut self, i: usize) -> bool {
        let Some(frame) = self.clients[i].up.pop_front() else { return false };
        self.server.receive(i, &frame);
        self.carry();
        true
    }

    /// Lets the oldest frame to client `i` arrive, if there is one.
    pub(super) fn deliver_down(&mut self, i: usize) -> bool {
        let Some(frame) = self.clients[i].down.pop_front() else { return false };
        self.clients[i].connection.handle_frame(self.now, &frame).unwrap();
        self.drain(i);
        true
    }

    /// The socket of client `i` breaks, with all that is on its way.
    pub(super) fn cut(&mut self, i: usize) {
        self.server.leave(i);
        self.carry();
        let client = &mut self.clients[i];
        client.up.clear();
        client.down.clear();
        if std::mem::take(&mut client.has_socket) {
            client.connection.handle_disconnected(self.now);
        }
        self.drain(i);
    }

    /// The process of client `i` is killed and started again on what `disk` holds.
    pub(super) fn restart(&mut self, i: usize) {
        self.server.leave(i);
        self.carry();
        let client = &mut self.clients[i];
        client.up.clear();
        client.down.clear();
        (client.wants_socket, client.has_socket) = (false, false);
        client.connection = connection(i, client.submit_interval);
        if client.disk.is_empty() {
            let open = OpenDocument { document: DOCUMENT, client: client.id };
            client.connection.open(self.now, open);
        } else {
            let journal = journal::replay(&client.disk).unwrap();
            client.disk.truncate(journal.valid_bytes);
            client.connection.open_restored(self.now, DOCUMENT, journal).unwrap();
        }
        self.drain(i);
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        for i in 0..self.clients.len() {
            self.clients[i].connection.handle_timeout(self.now);
            self.drain(i);
        }
    }

    /// Lets everything arrive and all waits end, until nobody has anything more to say.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut moved = false;
            for i in 0..self.clients.len() {
                while self.deliver_up(i) || self.deliver_down(i) {
                    moved = true;
                }
            }
            if moved {
                continue;
            }
            // Pings come for ever; all else is over in far less than their interval.
            let next =
                self.clients.iter().filter_map(|client| client.connection.poll_timeout()).min();
            let soon = next.filter(|at| *at <= self.now + Duration::from_secs(16));
            match soon {
                Some(at) if self.is_busy() => self.pass(at.saturating_sub(self.now)),
                _ => return,
            }
        }
        panic!("the world does not come to rest");
    }

    /// As `settle`, with client `i` left alone.
    pub(super) fn settle_but(&mut self, i: usize) {
        for j in (0..self.clients.len()).filter(|j| *j != i) {
            while self.deliver_up(j) || self.deliver_down(j) {}
        }
    }

    /// Lets time pass until client `i` does something by itself.
    pub(super) fn wait(&mut self, i: usize) -> bool {
        let next = self.clients[i].connection.poll_timeout();
        next.inspect(|at| self.pass(at.saturating_sub(self.now))).is_some()
    }

    fn is_busy(&self) -> bool {
        let network = self.network;
        self.clients.iter().any(|client| {
            let replica = client.connection.document(DOCUMENT).unwrap();
            network
                && (replica.status().unsaved_edits > 0
                    || replica.status().state == State::Loading
                    || !client.has_socket
                    || replica.revision() < self.server.document.head())
        })
    }

    /// Does for client `i` what a driver does.
    fn drain(&mut self, i: usize) {
        loop {
            let client = &mut self.clients[i];
            while let Some(output) = client.connection.poll_output() {
                client.act(output);
            }
            if !std::mem::take(&mut client.wants_socket) {
                break;
            }
            self.server.leave(i);
            self.carry();
            let client = &mut self.clients[i];
            client.down.clear();
            client.has_socket = self.network;
            match self.network {
                true => client.connection.handle_connected(self.now),
                false => client.connection.handle_disconnected(self.now),
            }
        }
    }

    fn carry(&mut self) {
        for (to, frame) in std::mem::take(&mut self.server.outbox) {
            self.clients[to].down.push_back(frame);
        }
    }

    /// Everything that must hold when all is quiet.
    #[track_caller]
    pub(super) fn check(&self) {
        let expected = self.server.document.text().to_string();
        let head = self.server.document.head();
        for (i, client) in self.clients.iter().enumerate() {
            assert_eq!(self.text(i), expected, "the text of client {i}");
            assert_eq!(client.shown, expected, "what client {i} shows");
            let status = self.replica(i).status();
            assert_eq!((status.saved, status.unsaved_edits), (head, 0), "client {i}");
            let restored = journal::replay(&client.disk).unwrap();
            assert_eq!(restored.replica.text().to_string(), expected, "the journal of client {i}");
            assert_eq!(restored.replica.revision(), head, "the journal of client {i}");
        }
        let mut seqs = BTreeMap::new();
        for (entry, revision) in self.server.log.iter().zip(1..) {
            assert_eq!(entry.revision, Revision::new(revision), "revisions have no gap");
            let last = seqs.insert(entry.author, entry.seq.get()).unwrap_or(0);
            assert_eq!(entry.seq.get(), last + 1, "author {}'s submissions", entry.author);
        }
    }
}

fn connection(i: usize, submit_interval: Duration) -> Connection {
    let (name, seed) = (format!("c{i}"), i as u64);
    Connection::new(ConnectionConfig { name, seed, token: None, submit_interval })
}

impl Client {
    fn act(&mut self, output: Output) {
        match output {
            Output::Connect => self.wants_socket = true,
            Output::Disconnect => {
                (self.wants_socket, self.has_socket) = (false, false);
                self.up.clear();
                self.down.clear();
            }
            Output::Save { record, .. } => self.disk.extend(record),
            Output::Compact { records, .. } => self.disk = records,
            Output::Send(frame) => self.up.push_back(frame),
            Output::Event(event) => self.show(event),
        }
    }

    fn show(&mut self, event: Event) {
        match &event {
            Event::Changed { edits, .. } => self.shown = changed(&self.shown, edits),
            Event::Opened { text, .. } => self.shown = text.to_string(),
            Event::Conflict { text, .. } => self.conflicts.push(text.clone()),
            _ => {}
        }
        self.events.push(event);
    }
}

/// The submissions in a frame: number, base, bytes.
pub(super) fn submissions(frame: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let messages = codec::decode_client(frame).unwrap().map(Result::unwrap);
    messages
        .filter_map(|message| match message {
            ClientMessage::Submit { seq, since, operation, .. } => {
                Some((seq.get(), since, operation.into_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The selections in a frame.
pub(super) fn announcements(frame: &[u8]) -> Vec<Vec<Selection>> {
    let messages = codec::decode_client(frame).unwrap().map(Result::unwrap);
    messages
        .filter_map(|message| match message {
            ClientMessage::Presence(ClientPresence::Select { selections, .. }) => Some(selections),
            _ => None,
        })
        .collect()
}

/// A text after edits in chars, made on a plain string.
fn changed(text: &str, edits: &[TextEdit]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut changed, mut at) = (String::new(), 0);
    for edit in edits {
        changed.extend(&chars[at..edit.range.start]);
        changed.push_str(&edit.text);
        at = edit.range.end;
    }
    changed.extend(&chars[at..]);
    changed
}
