//! Golden vectors: every message and a dozen operations, with their bytes, in files that tests of
//! every language read.
//!
//! The bytes of a released version never change. To add a vector, add it here and run the tests
//! with `CODESYNC_GOLDEN=write`; then look at the difference.

use std::fs;
use std::path::PathBuf;

use codesync_core::protocol::codec::{decode_client, decode_server, encode_client, encode_server};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, RejectCode, ServerDocument,
    ServerMessage, ServerPresence, ServerSession,
};
use codesync_core::{
    Author, Channel, ClientId, Component, DocumentId, Entry, Operation, OperationLimits, Revision,
    Selection, Seq, TextHash,
};
use serde_json::{Value, json};

const CHANNEL: Channel = Channel::new(3);
const DOCUMENT: DocumentId = DocumentId::from_bytes([
    0x01, 0x91, 0xe5, 0xc4, 0x7c, 0x1a, 0x7c, 0xc3, 0x98, 0xe2, 0x3f, 0x8a, 0x61, 0xa4, 0x0e, 0x11,
]);

fn client_messages() -> Vec<(&'static str, ClientMessage<'static>)> {
    let client = ClientId::from_bytes(*b"0123456789abcdef");
    let join = |at, text| {
        let document = DOCUMENT;
        ClientMessage::Document(ClientDocument::Join { request: 1, client, document, at, text })
    };
    let hello = |name: &'static str, token: Option<&'static str>| {
        let token = token.map(Into::into);
        ClientMessage::Session(ClientSession::Hello { version: 1, name: name.into(), token })
    };
    let select = |selections| {
        let revision = Revision::new(300);
        ClientMessage::Presence(ClientPresence::Select { channel: CHANNEL, revision, selections })
    };
    vec![
        ("hello", hello("Ana", None)),
        ("hello with a token", hello("Žofie 🦊", Some("secret"))),
        ("ping", ClientMessage::Session(ClientSession::Ping { nonce: 20_000 })),
        ("renew", ClientMessage::Session(ClientSession::Renew { token: "another".into() })),
        (
            "submit one character",
            ClientMessage::Submit {
                channel: CHANNEL,
                seq: Seq::new(2_000_000),
                since: 1,
                operation: Operation::replace(600_000, 524_287..524_287, "x").encode().into(),
            },
        ),
        (
            "submit nothing",
            ClientMessage::Submit {
                channel: CHANNEL,
                seq: Seq::new(1),
                since: 0,
                operation: Vec::new().into(),
            },
        ),
        ("join afresh", join(None, true)),
        ("join to resume", join(Some(Revision::new(70_000)), false)),
        ("join after a mismatch", join(Some(Revision::new(70_000)), true)),
        ("leave", ClientMessage::Document(ClientDocument::Leave { channel: CHANNEL })),
        ("select nothing", select(Vec::new())),
        ("select", select(vec![Selection::caret(5), Selection::new(1_000, 20)])),
    ]
}

pub(super) fn server_messages() -> Vec<(&'static str, ServerMessage<'static>)> {
    let session = ServerMessage::Session;
    let document = ServerMessage::Document;
    let presence = ServerMessage::Presence;
    let channel = CHANNEL;
    let joined = |writable, text_bytes| ServerDocument::Joined {
        request: 1,
        channel,
        author: Author::new(2),
        head: Revision::new(70_000),
        last_seq: Seq::new(9),
        last_revision: Revision::new(300),
        name: "main.rs".into(),
        writable,
        document_bytes_max: 10 * 1024 * 1024,
        text_bytes,
    };
    let rejected = |code: RejectCode, retry_ms| ServerDocument::Rejected {
        channel,
        seq: Seq::new(10),
        code,
        message: code.sentence().into(),
        retry_ms,
    };
    let operation = || Operation::replace(10, 2..5, "é").encode().into();
    vec![
        (
            "welcome",
            session(ServerSession::Welcome {
                version: 1,
                server_name: "codesync-server 0.1.0".into(),
                frame_bytes_max: 262_144,
                operation_bytes_max: 65_536,
                components_max: 10_000,
                documents_max: 256,
                messages_per_second: 30,
                token_life_ms: None,
            }),
        ),
        (
            "welcome with the life of a token",
            session(ServerSession::Welcome {
                version: 1,
                server_name: "codesync-server 0.1.0".into(),
                frame_bytes_max: 262_144,
                operation_bytes_max: 65_536,
                components_max: 10_000,
                documents_max: 256,
                messages_per_second: 30,
                token_life_ms: Some(900_000),
            }),
        ),
        ("renewed", session(ServerSession::Renewed { token_life_ms: Some(900_000) })),
        ("pong", session(ServerSession::Pong { nonce: 20_000 })),
        ("reconnect", session(ServerSession::Reconnect { after_ms: 5_000 })),
        (
            "fault",
            session(ServerSession::Fault {
                code: RejectCode::VersionUnsupported,
                message: "this server speaks versions 1 to 2".into(),
            }),
        ),
        (
            "applied",
            ServerMessage::Applied {
                channel,
                revision: Revision::new(70_001),
                author: Author::new(200),
                operation: operation(),
            },
        ),
        (
            "acked",
            ServerMessage::Acked { channel, seq: Seq::new(10), revision: Revision::new(70_002) },
        ),
        ("joined afresh", document(joined(true, Some(12)))),
        ("joined read-only", document(joined(false, None))),
        (
            "text part",
            document(ServerDocument::TextPart { channel, bytes: "žluť\n".as_bytes().into() }),
        ),
        (
            "caught up",
            document(ServerDocument::CaughtUp {
                channel,
                from: Revision::new(100),
                to: Revision::new(70_000),
                operation: operation(),
            }),
        ),
        (
            "checkpoint",
            document(ServerDocument::Checkpoint {
                channel,
                revision: Revision::new(256),
                // Below 2⁵³, so that a reader of JSON has it exactly.
                hash: TextHash::new(0x001f_2e3d_4c5b_6a79),
            }),
        ),
        ("rejected for now", document(rejected(RejectCode::Busy, Some(500)))),
        ("rejected for good", document(rejected(RejectCode::CarriageReturn, None))),
        (
            "refused",
            document(ServerDocument::Refused {
                request: 1,
                code: RejectCode::DocumentNotFound,
                message: RejectCode::DocumentNotFound.sentence().into(),
            }),
        ),
        ("no longer writable", document(ServerDocument::Role { channel, writable: false })),
        ("writable again", document(ServerDocument::Role { channel, writable: true })),
        ("renamed", document(ServerDocument::Renamed { channel, name: "lib.rs".into() })),
        (
            "ended",
            document(ServerDocument::Ended {
                channel,
                code: RejectCode::AccessWithdrawn,
                message: RejectCode::AccessWithdrawn.sentence().into(),
            }),
        ),
        (
            "arrived",
            presence(ServerPresence::Arrived {
                channel,
                author: Author::new(2),
                name: "Žofie 🦊".into(),
                color: 7,
            }),
        ),
        (
            "moved",
            presence(ServerPresence::Moved {
                channel,
                author: Author::new(2),
                revision: Revision::new(70_000),
                selections: vec![Selection::new(7, 3)],
            }),
        ),
        ("departed", presence(ServerPresence::Departed { channel, author: Author::new(2) })),
    ]
}

fn operations() -> Vec<(&'static str, Operation)> {
    let build = |build: &dyn Fn() -> codesync_core::OperationBuilder, base_len| {
        build().finish_at(base_len).unwrap()
    };
    let op = Operation::builder;
    vec![
        ("nothing in an empty text", Operation::identity(0)),
        ("nothing in a long text", Operation::identity(1_000_000)),
        ("a character at the start", Operation::replace(5, 0..0, "x")),
        ("a character at the end", Operation::replace(5, 5..5, "x")),
        ("a character far in", Operation::replace(600_000, 524_287..524_287, "x")),
        ("two bytes for one character", Operation::replace(5, 2..2, "é")),
        ("an emoji of several scalar values", Operation::replace(5, 2..2, "👩‍💻")),
        ("a deletion", Operation::replace(5, 1..3, "")),
        ("everything deleted", Operation::replace(300, 0..300, "")),
        ("a replacement", Operation::replace(5, 1..3, "line\n")),
        ("an insertion behind a deletion", build(&|| op().retain(1).delete(2).insert("x"), 5)),
        (
            "several places",
            build(
                &|| op().insert("a").retain(10).delete(1).insert("b").retain(500).delete(99),
                700,
            ),
        ),
        ("a long insertion", Operation::replace(0, 0..0, &"0123456789".repeat(20))),
    ]
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Compares vectors with those in the file, or writes them if that was asked for.
#[track_caller]
pub(crate) fn compare(file: &str, vectors: Vec<Value>) -> Vec<Value> {
    if std::env::var_os("CODESYNC_GOLDEN").is_some_and(|value| value == "write") {
        let lines: Vec<_> = vectors.iter().map(Value::to_string).collect();
        fs::write(path(file), format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    }
    let written = read(file);
    for (met, expected) in vectors.iter().zip(&written) {
        assert_eq!(met, expected, "in {file}");
    }
    assert_eq!(vectors.len(), written.len(), "number of vectors in {file}");
    written
}

/// The vectors in a file, of which some come from earlier builds and cannot be made any more.
pub(crate) fn read(file: &str) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(path(file)).unwrap()).unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

pub(crate) fn bytes_of(vector: &Value) -> Vec<u8> {
    unhex(vector["hex"].as_str().unwrap())
}

#[test]
fn every_message_of_a_client_has_the_bytes_it_always_had() {
    let messages = client_messages();
    let vectors = messages.iter().map(|(name, message)| {
        json!({ "name": name, "hex": hex(&encode_client(message)), "message": message })
    });
    let written = compare("client.json", vectors.collect());
    for ((_, message), vector) in messages.iter().zip(&written) {
        let bytes = bytes_of(vector);
        let read: Vec<_> = decode_client(&bytes).unwrap().collect();
        assert_eq!(read, [Ok(message.clone())]);
    }
}

#[test]
fn every_message_of_a_server_has_the_bytes_it_always_had() {
    let messages = server_messages();
    let vectors = messages.iter().map(|(name, message)| {
        json!({ "name": name, "hex": hex(&encode_server(message)), "message": message })
    });
    let written = compare("server.json", vectors.collect());
    for ((_, message), vector) in messages.iter().zip(&written) {
        let bytes = bytes_of(vector);
        let read: Vec<_> = decode_server(&bytes).unwrap().collect();
        assert_eq!(read, [Ok(message.clone())]);
    }
}

#[test]
fn operations_have_the_bytes_they_always_had() {
    let operations = operations();
    let vectors = operations.iter().map(|(name, operation)| {
        let components = operation.components().map(|component| match component {
            Component::Retain(n) => json!({ "retain": n }),
            Component::Insert(text) => json!({ "insert": text }),
            Component::Delete(n) => json!({ "delete": n }),
        });
        json!({
            "name": name,
            "hex": hex(&operation.encode()),
            "base_len": operation.base_len(),
            "components": components.collect::<Vec<_>>(),
        })
    });
    let written = compare("operations.json", vectors.collect());
    for ((_, operation), vector) in operations.iter().zip(&written) {
        let base_len = vector["base_len"].as_u64().unwrap() as usize;
        let read = Operation::decode(&bytes_of(vector), base_len, &OperationLimits::REPRESENTABLE);
        assert_eq!(read.as_ref(), Ok(operation));
    }
}

#[test]
fn entries_of_the_log_have_the_bytes_they_always_had() {
    let entries: Vec<_> = operations()
        .into_iter()
        .zip(0..)
        .map(|((name, operation), n)| {
            let (revision, seq) = (Revision::new(1 + 50 * n), Seq::new(1 + 30 * n));
            let author = Author::new(1 + n as u32);
            (name, Entry { revision, author, seq, operation })
        })
        .collect();
    let vectors = entries.iter().map(|(name, entry)| {
        json!({
            "name": name,
            "hex": hex(&entry.encode()),
            "revision": entry.revision,
            "author": entry.author,
            "seq": entry.seq,
            "base_len": entry.operation.base_len(),
        })
    });
    let written = compare("entries.json", vectors.collect());
    for ((_, entry), vector) in entries.iter().zip(&written) {
        assert_eq!(Entry::decode(&bytes_of(vector)).as_ref(), Ok(entry));
    }
}

#[test]
fn the_vectors_name_every_kind_of_message() {
    // Both tables are written by hand; the numbers of the kinds are not.
    let kinds = |frames: Vec<Vec<u8>>, families: &[usize]| {
        let mut met: Vec<_> = frames
            .iter()
            .map(|frame| match families[frame[0] as usize] {
                0 => (frame[0], 0),
                _ => (frame[0], frame[1]),
            })
            .collect();
        met.sort_unstable();
        met.dedup();
        met.len()
    };
    let client = client_messages().iter().map(|(_, message)| encode_client(message)).collect();
    assert_eq!(kinds(client, &[3, 0, 2, 1]), 3 + 1 + 2 + 1);
    let server = server_messages().iter().map(|(_, message)| encode_server(message)).collect();
    assert_eq!(kinds(server, &[5, 0, 0, 9, 3]), 5 + 1 + 1 + 9 + 3);
}
