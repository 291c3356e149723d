//! The model server: `Document`, a log, and who is joined.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use codesync_core::document::{AuthorRecord, CatchUp, Document, Prepared, Submission};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, RejectCode, ServerDocument,
    ServerMessage, ServerPresence, ServerSession, VERSION, codec,
};
use codesync_core::{Author, ClientId, Entry, Revision, Text, TextHash};

use super::CHANNEL;

/// The server: the authority, its log, and who is joined on which socket.
pub(in crate::client) struct Server {
    pub(in crate::client) document: Document,
    pub(in crate::client) log: Vec<Entry>,
    authors: BTreeMap<ClientId, Author>,
    joined: BTreeMap<usize, Author>,
    pub(super) outbox: Vec<(usize, Vec<u8>)>,
    /// The next submissions are rejected with these.
    pub(in crate::client) rejects: VecDeque<(RejectCode, Option<u32>)>,
    /// Whether a checkpoint tells a wrong hash.
    pub(in crate::client) lies: bool,
    readers: BTreeSet<usize>,
    /// Clients of somebody else.
    pub(in crate::client) taken: BTreeSet<ClientId>,
    /// At which revisions clients said that their text differed.
    pub(in crate::client) differences: Vec<Revision>,
    /// What clients showed, each in the order in which it came.
    pub(in crate::client) tokens: Vec<Option<String>>,
    pub(in crate::client) token_life_ms: Option<u64>,
}

impl Server {
    pub(super) fn new(text: &str) -> Self {
        Self {
            document: Document::new(Revision::ZERO, Text::from(text)),
            log: Vec::new(),
            authors: BTreeMap::new(),
            joined: BTreeMap::new(),
            outbox: Vec::new(),
            rejects: VecDeque::new(),
            lies: false,
            readers: BTreeSet::new(),
            taken: BTreeSet::new(),
            differences: Vec::new(),
            tokens: Vec::new(),
            token_life_ms: None,
        }
    }

    fn send(&mut self, to: usize, message: &ServerMessage<'_>) {
        self.outbox.push((to, codec::encode_server(message)));
    }

    fn say(&mut self, to: usize, message: ServerDocument<'_>) {
        self.send(to, &ServerMessage::Document(message));
    }

    fn others(&self, but: usize) -> Vec<usize> {
        self.joined.keys().copied().filter(|socket| *socket != but).collect()
    }

    /// Appends an entry as some other server would, and tells everybody.
    pub(in crate::client) fn append(&mut self, entry: Entry, submitter: Option<usize>) {
        self.log.push(entry.clone());
        let (revision, author, seq) = (entry.revision, entry.author, entry.seq);
        let operation = entry.operation.encode();
        self.document.commit(entry).unwrap();
        for socket in self.joined.keys().copied().collect::<Vec<_>>() {
            let message = match submitter == Some(socket) {
                true => ServerMessage::Acked { channel: CHANNEL, seq, revision },
                false => {
                    let operation = operation.as_slice().into();
                    ServerMessage::Applied { channel: CHANNEL, revision, author, operation }
                }
            };
            self.send(socket, &message);
        }
        if self.document.checkpoint_due().is_some() {
            for socket in self.joined.keys().copied().collect::<Vec<_>>() {
                self.checkpoint(socket);
            }
        }
    }

    pub(in crate::client) fn checkpoint(&mut self, to: usize) {
        let mut checkpoint = self.document.checkpoint();
        if self.lies {
            checkpoint.hash = TextHash::new(!checkpoint.hash.get());
        }
        let (revision, hash) = (checkpoint.revision, checkpoint.hash);
        self.say(to, ServerDocument::Checkpoint { channel: CHANNEL, revision, hash });
    }

    /// What a client may do is another, and he is told so if he is there.
    pub(in crate::client) fn set_writable(&mut self, to: usize, writable: bool) {
        match writable {
            true => self.readers.remove(&to),
            false => self.readers.insert(to),
        };
        if self.joined.contains_key(&to) {
            self.say(to, ServerDocument::Role { channel: CHANNEL, writable });
        }
    }

    /// The server as a backup has it that was made after `entries` commits to `text`.
    pub(in crate::client) fn restore_backup(&mut self, text: &str, entries: usize) {
        self.document = Document::new(Revision::ZERO, Text::from(text));
        self.log.truncate(entries);
        for entry in self.log.clone() {
            self.document.commit(entry).unwrap();
        }
        self.joined.clear();
    }

    pub(super) fn leave(&mut self, socket: usize) {
        if let Some(author) = self.joined.remove(&socket) {
            for other in self.others(socket) {
                let departed = ServerPresence::Departed { channel: CHANNEL, author };
                self.send(other, &ServerMessage::Presence(departed));
            }
        }
    }

    pub(super) fn receive(&mut self, from: usize, frame: &[u8]) {
        let messages: Vec<_> =
            codec::decode_client(frame).unwrap().collect::<Result<_, _>>().unwrap();
        for message in messages {
            match message {
                ClientMessage::Session(ClientSession::Hello { token, .. }) => {
                    self.tokens.push(token.map(Into::into));
                    self.welcome(from);
                }
                ClientMessage::Session(ClientSession::Renew { token }) => {
                    self.tokens.push(Some(token.into()));
                    let token_life_ms = self.token_life_ms;
                    let renewed = ServerSession::Renewed { token_life_ms };
                    self.send(from, &ServerMessage::Session(renewed));
                }
                ClientMessage::Session(ClientSession::Ping { nonce }) => {
                    self.send(from, &ServerMessage::Session(ServerSession::Pong { nonce }));
                }
                ClientMessage::Submit { seq, since, operation, .. } => {
                    let operation = operation.into_owned();
                    self.submit(from, &Submission { seq, since, operation });
                }
                ClientMessage::Document(ClientDocument::Join {
                    request, client, at, text, ..
                }) => {
                    self.join(from, request, client, at, text);
                }
                ClientMessage::Document(ClientDocument::Leave { .. }) => self.leave(from),
                ClientMessage::Presence(ClientPresence::Select {
                    revision, selections, ..
                }) => {
                    let Some(&author) = self.joined.get(&from) else { continue };
                    let moved =
                        ServerPresence::Moved { channel: CHANNEL, author, revision, selections };
                    for other in self.others(from) {
                        self.send(other, &ServerMessage::Presence(moved.clone()));
                    }
                }
            }
        }
    }

    fn welcome(&mut self, to: usize) {
        let welcome = ServerSession::Welcome {
            version: VERSION,
            server_name: "a test".into(),
            frame_bytes_max: 1,
            operation_bytes_max: 1,
            components_max: 1,
            documents_max: 1,
            messages_per_second: 0,
            token_life_ms: self.token_life_ms,
        };
        self.send(to, &ServerMessage::Session(welcome));
    }

    fn submit(&mut self, from: usize, submission: &Submission) {
        let seq = submission.seq;
        let Some(&author) = self.joined.get(&from) else { return };
        let verdict = match self.rejects.pop_front() {
            Some(reject) => Err(reject),
            None if self.readers.contains(&from) => Err((RejectCode::ReadOnly, None)),
            None => self.document.prepare(author, submission).map_err(|e| (e.code(), None)),
        };
        match verdict {
            Ok(Prepared::Entry(entry)) => self.append(entry, Some(from)),
            Ok(Prepared::Duplicate { revision }) => {
                self.send(from, &ServerMessage::Acked { channel: CHANNEL, seq, revision });
            }
            Err((code, retry_ms)) => {
                let message = code.sentence().into();
                self.say(
                    from,
                    ServerDocument::Rejected { channel: CHANNEL, seq, code, message, retry_ms },
                );
            }
        }
    }

    fn join(
        &mut self,
        from: usize,
        request: u32,
        client: ClientId,
        at: Option<Revision>,
        text: bool,
    ) {
        if self.taken.contains(&client) {
            let code = RejectCode::ClientIdTaken;
            let message = code.sentence().into();
            return self.say(from, ServerDocument::Refused { request, code, message });
        }
        let next = Author::new(self.authors.len() as u32 + 1);
        let author = *self.authors.entry(client).or_insert(next);
        let head = self.document.head();
        if at.is_some_and(|at| at > head) {
            let code = RejectCode::RevisionAhead;
            let message = code.sentence().into();
            return self.say(from, ServerDocument::Refused { request, code, message });
        }
        self.differences.extend(at.filter(|_| text));
        self.document.register(author, AuthorRecord::new(client));
        let record = *self.document.author(author).unwrap();
        let whole = self.document.text().to_string();
        self.say(
            from,
            ServerDocument::Joined {
                request,
                channel: CHANNEL,
                author,
                head,
                last_seq: record.last_seq,
                last_revision: record.last_revision,
                name: "a document".into(),
                writable: !self.readers.contains(&from),
                document_bytes_max: self.document.document_bytes_max(),
                text_bytes: text.then_some(whole.len() as u64),
            },
        );
        if text {
            for part in whole.as_bytes().chunks(5).filter(|_| whole.is_ascii()) {
                self.say(from, ServerDocument::TextPart { channel: CHANNEL, bytes: part.into() });
            }
            if !whole.is_ascii() {
                let bytes = whole.as_bytes().into();
                self.say(from, ServerDocument::TextPart { channel: CHANNEL, bytes });
            }
        } else if let Some(at) = at {
            for step in self.document.catch_up(at, author).unwrap() {
                self.step(from, step);
            }
        }
        self.checkpoint(from);
        self.joined.insert(from, author);
        for other in self.others(from) {
            let arrived = |author: Author| ServerPresence::Arrived {
                channel: CHANNEL,
                author,
                name: format!("person {author}").into(),
                color: 0,
            };
            let there = self.joined[&other];
            self.send(other, &ServerMessage::Presence(arrived(author)));
            self.send(from, &ServerMessage::Presence(arrived(there)));
        }
    }

    fn step(&mut self, to: usize, step: CatchUp) {
        match step {
            CatchUp::Range { from, to: reached, operation } => {
                let operation = operation.encode().into();
                let caught_up =
                    ServerDocument::CaughtUp { channel: CHANNEL, from, to: reached, operation };
                self.say(to, caught_up);
            }
            CatchUp::Own { seq, revision } => {
                self.send(to, &ServerMessage::Acked { channel: CHANNEL, seq, revision });
            }
        }
    }
}
