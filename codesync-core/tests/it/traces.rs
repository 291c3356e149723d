//! Recorded sessions through the library.

use std::collections::VecDeque;
use std::time::Duration;

use codesync_core::client::{Connection, ConnectionConfig, OpenDocument, Output, Replica};
use codesync_core::document::{AuthorRecord, Document, Prepared, Submission};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientSession, ServerDocument, ServerMessage, ServerSession,
    VERSION, codec,
};
use codesync_core::test_support::traces;
use codesync_core::{
    Author, Bias, Channel, ClientId, DocumentId, Encoding, History, Operation, Revision, Text,
    TextEdit,
};

#[test]
fn every_recorded_session_ends_in_its_text() {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut text = Text::from(trace.start_content.as_str());
        for patch in trace.patches() {
            let op = Operation::replace(text.len(), patch.0..patch.0 + patch.1, &patch.2);
            text.apply(&op).unwrap();
        }
        assert_eq!(text.to_string(), trace.end_content, "{name}");
    }
}

#[test]
fn a_recorded_session_composed_is_the_session() {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut history = History::new(Revision::ZERO, 0);
        for patch in trace.patches() {
            let len = history.head_len();
            history.push(Operation::replace(len, patch.0..patch.0 + patch.1, &patch.2)).unwrap();
        }
        let whole = history.compose(Revision::ZERO, history.head()).unwrap();
        assert_eq!(whole.apply_to("").unwrap(), trace.end_content, "{name}");
        let at = Revision::new(history.head().get() / 3);
        let before = history.compose(Revision::ZERO, at).unwrap();
        let after = history.compose(at, history.head()).unwrap();
        assert_eq!(before.compose(&after, Bias::Right), Ok(whole), "{name}");
    }
}

#[test]
fn every_recorded_session_reaches_a_second_person_through_the_authority() {
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let mut table = Table::new(&trace.start_content);
        for (number, patch) in trace.patches().enumerate() {
            let edit = TextEdit { range: patch.0..patch.0 + patch.1, text: patch.2.clone() };
            let (now, typist) = (table.now, &mut table.people[TYPIST]);
            typist.edit(now, DOCUMENT, &[edit], Encoding::Scalar).unwrap();
            // Some are sent one by one, some wait for the one before and are composed.
            if number % 8 < 5 {
                table.carry();
            }
        }
        table.carry();
        assert!(table.document.head().get() > trace.patches().count() as u64 / 2, "{name}");
        assert_eq!(table.replica(TYPIST).status().unsaved_edits, 0, "{name}");
        assert_eq!(table.replica(TYPIST).text(), &trace.end_content.as_str(), "{name}");
        assert_eq!(table.replica(READER).text(), &trace.end_content.as_str(), "{name}");
        assert_eq!(table.document.text(), &trace.end_content.as_str(), "{name}");
    }
}

const DOCUMENT: DocumentId = DocumentId::from_bytes(*b"a recorded text!");
const CHANNEL: Channel = Channel::new(1);
const TYPIST: usize = 0;
const READER: usize = 1;

/// Two people and the authority, on a network that takes no time and loses nothing.
struct Table {
    document: Document,
    people: [Connection; 2],
    now: Duration,
}

impl Table {
    fn new(text: &str) -> Self {
        let mut document = Document::new(Revision::ZERO, Text::from(text));
        let now = Duration::ZERO;
        let people = [TYPIST, READER].map(|person| {
            let client = ClientId::from_bytes([person as u8; 16]);
            document.register(author(person), AuthorRecord::new(client));
            let mut connection = Connection::new(ConnectionConfig::default());
            connection.open(now, OpenDocument { document: DOCUMENT, client });
            connection.handle_connected(now);
            connection
        });
        let mut table = Self { document, people, now };
        table.carry();
        table
    }

    fn replica(&self, person: usize) -> &Replica {
        self.people[person].document(DOCUMENT).unwrap()
    }

    /// Lets everything arrive that is on its way, and what follows from it.
    fn carry(&mut self) {
        let mut frames = VecDeque::new();
        loop {
            for (person, connection) in self.people.iter_mut().enumerate() {
                while let Some(output) = connection.poll_output() {
                    if let Output::Send(frame) = output {
                        frames.push_back((person, frame));
                    }
                }
            }
            let Some((person, frame)) = frames.pop_front() else { return };
            for message in codec::decode_client(&frame).unwrap() {
                self.answer(person, message.unwrap());
            }
        }
    }

    fn tell(&mut self, person: usize, message: &ServerMessage<'_>) {
        let frame = codec::encode_server(message);
        self.people[person].handle_frame(self.now, &frame).unwrap();
    }

    fn answer(&mut self, person: usize, message: ClientMessage<'_>) {
        match message {
            ClientMessage::Session(ClientSession::Hello { .. }) => {
                let welcome = ServerSession::Welcome {
                    version: VERSION,
                    server_name: "a table".into(),
                    frame_bytes_max: 0,
                    operation_bytes_max: 0,
                    components_max: 0,
                    documents_max: 0,
                    messages_per_second: 0,
                    token_life_ms: None,
                };
                self.tell(person, &ServerMessage::Session(welcome));
            }
            ClientMessage::Document(ClientDocument::Join { request, .. }) => {
                let text = self.document.text().to_string();
                let joined = ServerDocument::Joined {
                    request,
                    channel: CHANNEL,
                    author: author(person),
                    head: self.document.head(),
                    last_seq: codesync_core::Seq::ZERO,
                    last_revision: Revision::ZERO,
                    name: "a recorded text".into(),
                    writable: true,
                    document_bytes_max: self.document.document_bytes_max(),
                    text_bytes: Some(text.len() as u64),
                };
                self.tell(person, &ServerMessage::Document(joined));
                if !text.is_empty() {
                    let bytes = text.as_bytes().into();
                    let part = ServerDocument::TextPart { channel: CHANNEL, bytes };
                    self.tell(person, &ServerMessage::Document(part));
                }
            }
            ClientMessage::Submit { seq, since, operation, .. } => {
                let operation = operation.into_owned();
                let submission = Submission { seq, since, operation };
                self.commit(person, &submission);
            }
            ClientMessage::Session(ClientSession::Ping { .. } | ClientSession::Renew { .. })
            | ClientMessage::Document(ClientDocument::Leave { .. })
            | ClientMessage::Presence(_) => {}
        }
    }

    fn commit(&mut self, person: usize, submission: &Submission) {
        let prepared = self.document.prepare(author(person), submission).unwrap();
        let Prepared::Entry(entry) = prepared else { panic!("nothing is sent twice here") };
        let (revision, seq, operation) = (entry.revision, entry.seq, entry.operation.encode());
        self.document.commit(entry).unwrap();
        self.tell(person, &ServerMessage::Acked { channel: CHANNEL, seq, revision });
        let (author, operation) = (author(person), operation.into());
        let applied = ServerMessage::Applied { channel: CHANNEL, revision, author, operation };
        self.tell([READER, TYPIST][person], &applied);
        if self.document.checkpoint_due().is_some() {
            let (revision, hash) = (revision, self.document.text().hash());
            let checkpoint = ServerDocument::Checkpoint { channel: CHANNEL, revision, hash };
            self.tell(READER, &ServerMessage::Document(checkpoint));
        }
    }
}

fn author(person: usize) -> Author {
    Author::new(person as u32 + 1)
}
