//! A server in a hundred lines, for the examples: one document, in memory, whoever asks may write.
//!
//! It moves no bytes itself. A real one does what is marked with *durable* before it tells anybody.

use std::collections::BTreeMap;

use codesync_core::document::{AuthorRecord, CatchUp, Document, Prepared, Submission};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, DecodeError, RejectCode,
    ServerDocument, ServerMessage, ServerSession, VERSION, codec,
};
use codesync_core::{Author, Channel, ClientId, Entry, Revision, Text, limits};

/// There is one document, so one channel does.
const CHANNEL: Channel = Channel::new(1);

/// A frame, and the number of the socket it goes to.
pub(crate) type Addressed = (usize, Vec<u8>);

pub(crate) struct TinyServer {
    document: Document,
    authors: BTreeMap<ClientId, Author>,
    joined: BTreeMap<usize, Author>,
    out: Vec<Addressed>,
}

impl TinyServer {
    pub(crate) fn new(text: &str) -> Self {
        let document = Document::new(Revision::ZERO, Text::from(text));
        Self { document, authors: BTreeMap::new(), joined: BTreeMap::new(), out: Vec::new() }
    }

    pub(crate) fn text(&self) -> String {
        self.document.text().to_string()
    }

    /// A socket is gone.
    pub(crate) fn gone(&mut self, socket: usize) {
        self.joined.remove(&socket);
    }

    /// A frame came from a socket; the answer is what is to be sent, to whom.
    pub(crate) fn receive(
        &mut self,
        from: usize,
        frame: &[u8],
    ) -> Result<Vec<Addressed>, DecodeError> {
        for message in codec::decode_client(frame)? {
            match message? {
                ClientMessage::Session(ClientSession::Hello { .. }) => self.welcome(from),
                ClientMessage::Session(ClientSession::Ping { nonce }) => {
                    self.say(from, &ServerMessage::Session(ServerSession::Pong { nonce }));
                }
                ClientMessage::Submit { seq, since, operation, .. } => {
                    let operation = operation.into_owned();
                    self.submit(from, &Submission { seq, since, operation });
                }
                ClientMessage::Document(ClientDocument::Join {
                    request, client, at, text, ..
                }) => {
                    self.join(from, request, client, at.filter(|_| !text));
                }
                ClientMessage::Document(ClientDocument::Leave { .. }) => self.gone(from),
                // It asks nobody who he is.
                ClientMessage::Session(ClientSession::Renew { .. })
                | ClientMessage::Presence(ClientPresence::Select { .. }) => {}
            }
        }
        Ok(std::mem::take(&mut self.out))
    }

    fn say(&mut self, to: usize, message: &ServerMessage<'_>) {
        self.out.push((to, codec::encode_server(message)));
    }

    fn welcome(&mut self, to: usize) {
        self.say(
            to,
            &ServerMessage::Session(ServerSession::Welcome {
                version: VERSION,
                server_name: "tiny".into(),
                frame_bytes_max: limits::FRAME_BYTES_MAX as u32,
                operation_bytes_max: limits::OPERATION_BYTES_MAX as u32,
                components_max: limits::OPERATION_COMPONENTS_MAX as u32,
                documents_max: 1,
                messages_per_second: 0,
                token_life_ms: None,
            }),
        );
    }

    fn submit(&mut self, from: usize, submission: &Submission) {
        let (channel, seq) = (CHANNEL, submission.seq);
        let Some(&author) = self.joined.get(&from) else { return };
        match self.document.prepare(author, submission) {
            Ok(Prepared::Entry(entry)) => self.commit(from, entry),
            Ok(Prepared::Duplicate { revision }) => {
                self.say(from, &ServerMessage::Acked { channel, seq, revision });
            }
            Err(error) => {
                let (code, message) = (error.code(), error.to_string().into());
                let rejected =
                    ServerDocument::Rejected { channel, seq, code, message, retry_ms: None };
                self.say(from, &ServerMessage::Document(rejected));
            }
        }
    }

    fn commit(&mut self, from: usize, entry: Entry) {
        let Entry { revision, author, seq, .. } = entry;
        let operation = entry.operation.encode();
        // *durable*: append the entry to the log here, and go on when it is on disk.
        self.document.commit(entry).expect("it was prepared for this very head");
        for to in self.joined.keys().copied().collect::<Vec<_>>() {
            let (channel, operation) = (CHANNEL, operation.as_slice().into());
            self.say(
                to,
                &match to == from {
                    true => ServerMessage::Acked { channel, seq, revision },
                    false => ServerMessage::Applied { channel, revision, author, operation },
                },
            );
        }
    }

    fn join(&mut self, to: usize, request: u32, client: ClientId, at: Option<Revision>) {
        let channel = CHANNEL;
        let next = Author::new(self.authors.len() as u32 + 1);
        let author = *self.authors.entry(client).or_insert(next);
        self.document.register(author, AuthorRecord::new(client));
        let record = *self.document.author(author).expect("registered just now");
        let missed = match at {
            None => Vec::new(),
            Some(at) => match self.document.catch_up(at, author) {
                Ok(steps) => steps,
                Err(error) => {
                    let (code, message) = (RejectCode::RevisionAhead, error.to_string().into());
                    let refused = ServerDocument::Refused { request, code, message };
                    return self.say(to, &ServerMessage::Document(refused));
                }
            },
        };
        let text = self.text();
        let joined = ServerDocument::Joined {
            request,
            channel,
            author,
            head: self.document.head(),
            last_seq: record.last_seq,
            last_revision: record.last_revision,
            name: "a tiny document".into(),
            writable: true,
            document_bytes_max: self.document.document_bytes_max(),
            text_bytes: at.is_none().then_some(text.len() as u64),
        };
        self.say(to, &ServerMessage::Document(joined));
        if at.is_none() {
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (part, after) =
                    rest.split_at(rest.floor_char_boundary(limits::TEXT_PART_BYTES_MAX));
                let part = ServerDocument::TextPart { channel, bytes: part.as_bytes().into() };
                self.say(to, &ServerMessage::Document(part));
                rest = after;
            }
        }
        for step in missed {
            let message = match step {
                CatchUp::Own { seq, revision } => ServerMessage::Acked { channel, seq, revision },
                CatchUp::Range { from, to, operation } => {
                    let operation = operation.encode().into();
                    ServerMessage::Document(ServerDocument::CaughtUp {
                        channel,
                        from,
                        to,
                        operation,
                    })
                }
            };
            self.say(to, &message);
        }
        let checkpoint = self.document.checkpoint();
        let (revision, hash) = (checkpoint.revision, checkpoint.hash);
        let checkpoint = ServerDocument::Checkpoint { channel, revision, hash };
        self.say(to, &ServerMessage::Document(checkpoint));
        self.joined.insert(to, author);
    }
}
