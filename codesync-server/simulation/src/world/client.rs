//! Clients: the core's `Connection` with a simulated driver, disk and user interface.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use codesync_core::client::{Connection, ConnectionConfig, Event, OpenDocument, Output, journal};
use codesync_core::limits::SUBMIT_INTERVAL_MS;
use codesync_core::{ClientId, Encoding, Operation, Text, TextEdit};

use super::disk::{Disk, Journal, Next, Work, Write};
use super::{MS, Micros, World, document_id, document_number, micros, say};
use crate::chance::Chance;
use crate::coverage::Met;
use crate::oracle::tags::{Intent, tags_in};
use crate::oracle::{broken, hold};

/// One person's program, which may be killed and started again.
pub(crate) struct Client {
    number: usize,
    pub(crate) connection: Option<Connection>,
    /// How often it was started.
    pub(crate) life: u64,
    pub(crate) due: Option<Micros>,
    pub(crate) disk: Disk,
    /// What the person has open, whether the program runs or not.
    pub(crate) wanted: BTreeSet<usize>,
    /// As whom servers know its copy of each document; after a conflict it is another one, from the
    /// moment on at which the events of that conflict were seen to.
    pub(crate) known_as: BTreeMap<usize, ClientId>,
    /// What a user interface shows that only follows the events.
    pub(crate) shown: BTreeMap<usize, Text>,
    /// Where the person was last, in each document.
    pub(crate) carets: Vec<usize>,
    pub(crate) online: bool,
    pub(crate) stalled_until: Micros,
    /// Number of the newest attempt to connect, and whether its news are wanted.
    pub(crate) attempt: u64,
    pub(crate) is_wanted: bool,
    /// The open socket.
    pub(crate) socket: Option<usize>,
    /// Tokens made until then let nobody in any more.
    pub(crate) logged_out_at: Option<Micros>,
    pub(crate) chance: Chance,
}

impl Client {
    pub(crate) fn new(seed: u64, number: usize, documents: usize) -> Self {
        Self {
            number,
            connection: None,
            life: 0,
            due: None,
            disk: Disk::default(),
            wanted: BTreeSet::new(),
            known_as: BTreeMap::new(),
            shown: BTreeMap::new(),
            carets: vec![0; documents],
            online: true,
            stalled_until: 0,
            attempt: 0,
            is_wanted: false,
            socket: None,
            logged_out_at: None,
            chance: Chance::of(seed, &[2, number as u64]),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.connection.is_some()
    }

    /// In what this client counts: some are browsers.
    pub(crate) fn encoding(&self) -> Encoding {
        [Encoding::Scalar, Encoding::Utf16][self.number % 2]
    }
}

impl World {
    pub(super) fn start_client(&mut self, number: usize) {
        let client = &mut self.clients[number];
        if client.is_running() {
            return;
        }
        client.life += 1;
        let token = self.fresh_token(number);
        let client = &mut self.clients[number];
        let mut connection = Connection::new(ConnectionConfig {
            name: format!("client {number}"),
            seed: client.chance.next(),
            token,
            // One life in two, that of an editor.
            submit_interval: Duration::from_millis(client.life % 2 * SUBMIT_INTERVAL_MS),
        });
        connection.set_event_encoding(client.encoding());
        client.connection = Some(connection);
        for document in client.wanted.clone() {
            self.open(number, document);
        }
    }

    /// The process ends, whatever it was doing.
    pub(super) fn kill_client(&mut self, number: usize, luck: u64) {
        let client = &mut self.clients[number];
        if !client.is_running() {
            return;
        }
        self.coverage.met(Met::ClientKilled);
        let mut chance = Chance::of(self.seed, &[3, luck, client.life]);
        client.disk.crash(&mut chance);
        client.connection = None;
        client.due = None;
        client.shown.clear();
        client.is_wanted = false;
        for (document, intents) in self.intents.iter_mut().enumerate() {
            let kept = client.disk.journals.get(&document).map_or(0, |journal| journal.edits);
            if intents.count(number) > kept {
                self.coverage.met(Met::EditLost);
            }
            intents.crashed(number, kept);
        }
        if let Some(socket) = client.socket.take() {
            self.close_at_client(socket);
        }
    }

    /// Opens a document as its journal has it, or afresh.
    pub(super) fn open(&mut self, number: usize, document: usize) {
        let client = &mut self.clients[number];
        client.wanted.insert(document);
        let is_open = client
            .connection
            .as_ref()
            .is_none_or(|connection| connection.document(document_id(document)).is_some());
        if is_open {
            return;
        }
        if !client.disk.is_idle() {
            // What was left a moment ago is still being written.
            let life = client.life;
            self.after(5 * MS, move |world| {
                let client = &world.clients[number];
                if client.life == life && client.wanted.contains(&document) {
                    world.open(number, document);
                }
            });
            return;
        }
        let chance = &mut client.chance;
        let journal = client.disk.journals.entry(document).or_insert_with(|| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&chance.next().to_le_bytes());
            bytes[8] = number as u8;
            Journal { client: ClientId::from_bytes(bytes), bytes: Vec::new(), edits: 0 }
        });
        let fresh = OpenDocument { document: document_id(document), client: journal.client };
        let replayed = journal::replay(&journal.bytes);
        match &replayed {
            Ok(replayed) => {
                journal.bytes.truncate(replayed.valid_bytes);
                if replayed.torn_bytes > 0 {
                    self.coverage.met(Met::TornJournal);
                }
                if replayed.replica.status().unsaved_edits > 0 {
                    self.coverage.met(Met::UnsentRestored);
                }
            }
            Err(journal::ReplayError::Empty) => journal.bytes.clear(),
            Err(error) => {
                let error = broken("I16 kept", format!("journal of client {number}: {error}"));
                return self.check(Err(error));
            }
        }
        let restored = replayed.is_ok();
        say!(self, "client {number} opens document {document}, restored: {restored}");
        let mut wrong = None;
        self.with_client(number, |connection, now| match replayed {
            Ok(replayed) => wrong = connection.open_restored(now, fresh.document, replayed).err(),
            Err(_) => connection.open(now, fresh),
        });
        if let Some(wrong) = wrong {
            self.check(Err(broken("I16 kept", wrong)));
        }
    }

    pub(super) fn close(&mut self, number: usize, document: usize) {
        self.clients[number].wanted.remove(&document);
        self.clients[number].shown.remove(&document);
        self.with_client(number, |connection, now| connection.close(now, document_id(document)));
    }

    /// Makes an edit, in the client's encoding. Ranges are in chars.
    pub(super) fn edit(&mut self, number: usize, document: usize, edits: &[TextEdit]) {
        let encoding = self.clients[number].encoding();
        let Some(text) = self.text_of(number, document) else { return };
        let Some(edits) = converted(&text, edits, encoding) else { return };
        let mut result = Ok(());
        let Some(connection) = &mut self.clients[number].connection else { return };
        let now = Duration::from_micros(self.now);
        result = result.and(connection.edit(now, document_id(document), &edits, encoding));
        if let Err(error) = result {
            say!(self, "client {number} cannot edit: {error}");
            return;
        }
        let intent = intent_of(&text, &edits, encoding);
        if let Some(shown) = self.clients[number].shown.get_mut(&document) {
            follow(shown, &edits, encoding);
        }
        self.intents[document].edited(number, intent);
        self.drain_client(number);
    }

    /// Undo or redo.
    pub(super) fn step_back(&mut self, number: usize, document: usize, redo: bool) {
        let now = self.now();
        let encoding = self.clients[number].encoding();
        let Some(text) = self.text_of(number, document) else { return };
        let Some(connection) = &mut self.clients[number].connection else { return };
        let edits = match redo {
            false => connection.undo(now, document_id(document)),
            true => connection.redo(now, document_id(document)),
        };
        if let Some(edits) = edits {
            self.coverage.met(Met::SteppedBack);
            let intent = intent_of(&text, &edits, encoding);
            say!(self, "client {number} steps back: {intent:?}");
            let check = self.intents[document].stepped_back(number, intent);
            self.check(check);
        }
        self.drain_client(number);
    }

    /// What a client has of a document.
    pub(super) fn text_of(&self, number: usize, document: usize) -> Option<Text> {
        let replica = self.clients[number].connection.as_ref()?.document(document_id(document))?;
        replica.is_editable().then(|| replica.text().clone())
    }

    /// Does something with a client's connection, and then what it asks for.
    pub(super) fn with_client(
        &mut self,
        number: usize,
        act: impl FnOnce(&mut Connection, Duration),
    ) {
        let now = self.now();
        let Some(connection) = &mut self.clients[number].connection else { return };
        act(connection, now);
        self.drain_client(number);
    }

    fn drain_client(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let mut events = Vec::new();
        while let Some(output) = client.connection.as_mut().and_then(Connection::poll_output) {
            let intents = &self.intents;
            let write = |document, bytes| {
                let document = document_number(document);
                Write { document, bytes, edits: intents[document].count(number) }
            };
            match output {
                Output::Connect => {
                    client.attempt += 1;
                    client.is_wanted = true;
                    client.disk.push(Work::Connect { attempt: client.attempt });
                }
                Output::Disconnect => {
                    client.is_wanted = false;
                    client.disk.push(Work::Disconnect);
                }
                Output::Send(frame) => client.disk.push(Work::Send(frame)),
                Output::Save { document, record } => {
                    client.disk.push(Work::Save(write(document, record)));
                }
                Output::Compact { document, records } => {
                    let journal = client.disk.journals.get(&document_number(document));
                    if journal.is_some_and(|journal| !journal.bytes.is_empty()) {
                        self.coverage.met(Met::JournalRewritten);
                    }
                    client.disk.push(Work::Replace(write(document, records)));
                }
                Output::Event(event) => events.push(event),
            }
        }
        client.due = client.connection.as_ref().and_then(Connection::poll_timeout).map(micros);
        for event in events {
            self.show(number, event);
        }
        let client = &mut self.clients[number];
        let replicas = client.connection.iter().flat_map(Connection::documents);
        client.known_as.extend(replicas.map(|it| (document_number(it.document()), it.client())));
        self.run_disk(number);
    }

    /// What a user interface does with an event.
    fn show(&mut self, number: usize, event: Event) {
        let client = &mut self.clients[number];
        match event {
            Event::Opened { document, text } => {
                client.shown.insert(document_number(document), text);
            }
            Event::Changed { document, edits, .. } => {
                let encoding = client.encoding();
                if let Some(shown) = client.shown.get_mut(&document_number(document))
                    && !follow(shown, &edits, encoding)
                {
                    self.check(Err(broken("events", format!("client {number} is told {edits:?}"))));
                }
            }
            Event::Conflict { document, text, reason } => {
                self.set_aside(number, document_number(document), &text, reason);
            }
            Event::Refused { document, code, .. } => {
                self.refused(number, document_number(document), code);
            }
            Event::LoginNeeded { code, .. } => self.login_needed(number, code),
            Event::TokenExpiring { left } => self.token_expires(number, left),
            Event::Status { .. }
            | Event::Peers { .. }
            | Event::Renamed { .. }
            | Event::Online
            | Event::Offline { .. } => {}
        }
    }

    /// Lets the disk, and what waits behind it, go on.
    fn run_disk(&mut self, number: usize) {
        loop {
            let client = &mut self.clients[number];
            match client.disk.next() {
                Next::Nothing => return,
                Next::Write => {
                    let usual = self.rates.fsync_ms * MS;
                    let slow = std::mem::take(&mut client.disk.slow_ms) * MS;
                    let takes = usual / 2 + client.chance.below(usual + 1) + slow;
                    let life = client.life;
                    self.after(takes, move |world| {
                        if world.clients[number].life == life && world.clients[number].is_running()
                        {
                            world.clients[number].disk.written();
                            world.run_disk(number);
                        }
                    });
                    return;
                }
                Next::Do(Work::Connect { attempt }) => self.connect(number, attempt),
                Next::Do(Work::Disconnect) => {
                    if let Some(socket) = client.socket.take() {
                        self.close_at_client(socket);
                    }
                }
                Next::Do(Work::Send(frame)) => {
                    if let Some(socket) = client.socket {
                        self.send_up(socket, frame);
                    }
                }
                Next::Do(Work::Save(_) | Work::Replace(_)) => unreachable!("these are written"),
            }
        }
    }

    /// The text shown by following events is the one that the replica has.
    pub(super) fn check_shown(&self, number: usize, document: usize) -> crate::oracle::Check {
        let client = &self.clients[number];
        let replica = client.connection.as_ref().and_then(|it| it.document(document_id(document)));
        if let (Some(replica), Some(shown)) = (replica, client.shown.get(&document)) {
            hold!("events", shown == replica.text(), "client {number} shows another text");
        }
        Ok(())
    }
}

/// Makes the edits in a text. Whether they fit it.
fn follow(text: &mut Text, edits: &[TextEdit], encoding: Encoding) -> bool {
    let operation = Operation::from_edits(text, edits, encoding);
    operation.is_ok_and(|operation| text.apply(&operation).is_ok())
}

/// Edits counted in chars, counted otherwise.
fn converted(text: &Text, edits: &[TextEdit], encoding: Encoding) -> Option<Vec<TextEdit>> {
    let offset = |at| text.offset_to(encoding, at).ok();
    let convert = |edit: &TextEdit| {
        let range = offset(edit.range.start)?..offset(edit.range.end)?;
        Some(TextEdit { range, text: edit.text.clone() })
    };
    edits.iter().map(convert).collect()
}

fn intent_of(before: &Text, edits: &[TextEdit], encoding: Encoding) -> Intent {
    let mut intent = Intent::default();
    let offset = |at| before.offset_from(encoding, at).expect("the edits were made in this text");
    for edit in edits {
        let range = offset(edit.range.start)..offset(edit.range.end);
        intent.deleted.extend(tags_in(&before.slice(range)));
        intent.inserted.extend(tags_in(&edit.text));
    }
    intent
}
