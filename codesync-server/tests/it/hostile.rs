//! Frames that no honest client sends: a stable code each time, never a panic.

use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, CloseCode, RejectCode,
    ServerDocument, ServerMessage, VERSION, codec,
};
use codesync_core::{Channel, ClientId, DocumentId, Operation, Revision, Selection};
use futures_util::SinkExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::editor::Editor;
use crate::support::raw::Raw;
use crate::support::{Dice, TestServer};

const ADA: ClientId = ClientId::from_bytes([1; 16]);
const BOB: ClientId = ClientId::from_bytes([2; 16]);

fn insert(base_len: usize, text: &str) -> Vec<u8> {
    Operation::replace(base_len, 0..0, text).encode()
}

/// The server still serves: somebody opens a document and edits it.
async fn check_alive(server: &TestServer) {
    let id = server.create("alive", "").await;
    let mut editor = Editor::open(server.address, id, "alive", 99).await;
    editor.append("yes").await;
    editor.until_saved().await;
}

#[tokio::test]
async fn random_bytes_close_the_connection_with_a_code() {
    let server = TestServer::start().await;
    let seed = 20_261_122;
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    for _ in 0..200 {
        let mut raw = Raw::greeted(server.address).await;
        let length = dice.below(300) as usize;
        let frame: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        let is_frame = codec::decode_client(&frame)
            .is_ok_and(|mut messages| messages.all(|message| message.is_ok()));
        raw.send(frame).await;
        if !is_frame {
            let closed = raw.closed().await;
            let code = CloseCode::ProtocolError.number();
            // Random bytes may begin with a message, such as a second hello.
            assert_eq!(closed, (code, Some(RejectCode::MalformedFrame)));
        }
    }
    check_alive(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn damaged_frames_never_harm_the_server() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("target", "some text to aim at").await;
    let seed = 77;
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    for round in 0..200_u64 {
        let mut raw = Raw::greeted(server.address).await;
        let mut client = [3; 16];
        client[..8].copy_from_slice(&round.to_le_bytes());
        let seat = raw.join(ClientId::from_bytes(client), id).await;
        let (channel, revision) = (seat.channel, seat.head);
        let operation = Operation::replace(19, 5..9, "word").encode();
        let mut frame = codec::encode_client(&ClientMessage::Submit {
            channel,
            seq: codesync_core::Seq::new(1),
            since: seat.head.get(),
            operation: operation.into(),
        });
        let selections = vec![Selection::new(usize::MAX, 3)];
        let select = ClientPresence::Select { channel, revision, selections };
        codec::append_client(&mut frame, &ClientMessage::Presence(select));
        for _ in 0..=dice.below(3) {
            let at = dice.below(frame.len() as u64) as usize;
            frame[at] = dice.below(256) as u8;
        }
        frame.truncate(1 + dice.below(frame.len() as u64 + 20) as usize);
        raw.send(frame).await;
    }
    check_alive(&server).await;
    let mut editor = Editor::open(server.address, id, "after", 98).await;
    editor.append("!").await;
    editor.until_saved().await;
    assert_eq!(server.content(id).await, editor.text());
    server.stop().await;
}

#[tokio::test]
async fn the_first_message_must_be_a_hello_of_a_known_version() {
    let server = TestServer::start().await;
    let mut raw = Raw::silent(server.address).await;
    raw.say(&ClientMessage::Session(ClientSession::Ping { nonce: 1 })).await;
    let code = CloseCode::ProtocolError.number();
    assert_eq!(raw.closed().await, (code, Some(RejectCode::HelloExpected)));

    let hello = |version, name: String| {
        ClientMessage::Session(ClientSession::Hello { version, name: name.into(), token: None })
    };
    let mut raw = Raw::silent(server.address).await;
    raw.say(&hello(0, String::new())).await;
    let code = CloseCode::VersionUnsupported.number();
    assert_eq!(raw.closed().await, (code, Some(RejectCode::VersionUnsupported)));

    let mut raw = Raw::silent(server.address).await;
    raw.say(&hello(VERSION, "n".repeat(65))).await;
    let code = CloseCode::ProtocolError.number();
    assert_eq!(raw.closed().await, (code, Some(RejectCode::NameTooLong)));

    let mut raw = Raw::greeted(server.address).await;
    raw.say(&hello(VERSION, "again".to_owned())).await;
    assert_eq!(raw.closed().await, (code, Some(RejectCode::MalformedFrame)));
    server.stop().await;
}

#[tokio::test]
async fn frames_that_are_text_empty_or_too_long_close_the_connection() {
    let server = TestServer::start().await;
    let protocol_error = CloseCode::ProtocolError.number();
    let mut raw = Raw::greeted(server.address).await;
    raw.socket.send(Message::Text("hello".into())).await.expect("sent");
    assert_eq!(raw.closed().await, (protocol_error, Some(RejectCode::MalformedFrame)));

    let mut raw = Raw::greeted(server.address).await;
    raw.send(Vec::new()).await;
    assert_eq!(raw.closed().await, (protocol_error, Some(RejectCode::MalformedFrame)));

    let mut raw = Raw::greeted(server.address).await;
    raw.send(vec![0; 256 * 1024 + 1]).await;
    let closed = raw.closed().await;
    let code = CloseCode::FrameTooLarge.number();
    assert_eq!(closed, (code, Some(RejectCode::FrameTooLarge)));
    check_alive(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn a_socket_of_another_subprotocol_or_origin_is_not_opened() {
    let server = TestServer::start().await;
    for (name, value) in [
        ("sec-websocket-protocol", "other.v1"),
        ("origin", "http://evil.example"),
        ("host", "evil.example"),
    ] {
        let mut request =
            format!("ws://{}/socket", server.address).into_client_request().expect("a request");
        let protocol = "codesync.v1".parse().expect("a header");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        request.headers_mut().insert(name, value.parse().expect("a header"));
        let stream = TcpStream::connect(server.address).await.expect("connected");
        let opened = tokio_tungstenite::client_async(request, stream).await;
        assert!(opened.is_err(), "{name}: {value}");
    }
    server.stop().await;
}

#[tokio::test]
async fn submissions_that_cannot_be_are_rejected_by_their_code() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("target", "abc").await;
    let mut raw = Raw::greeted(server.address).await;
    let seat = raw.join(ADA, id).await;
    assert_eq!(seat.head, Revision::new(1));

    let mut refused = async |seq, since, operation: Vec<u8>, code| {
        raw.submit(seat.channel, seq, since, operation).await;
        assert_eq!(raw.rejection(seq).await, code);
    };
    refused(0, 1, insert(3, "x"), RejectCode::StaleSeq).await;
    refused(2, 1, insert(3, "x"), RejectCode::SeqGap).await;
    refused(u64::MAX, 1, insert(3, "x"), RejectCode::SeqGap).await;
    refused(1, 2, insert(3, "x"), RejectCode::FutureBase).await;
    refused(1, u64::MAX, insert(3, "x"), RejectCode::FutureBase).await;
    refused(1, 1, insert(3, "x\r\n"), RejectCode::CarriageReturn).await;
    refused(1, 1, Operation::replace(9, 9..9, "x").encode(), RejectCode::MalformedOperation).await;
    refused(1, 1, vec![0xff; 40], RejectCode::MalformedOperation).await;
    // An insertion of half a surrogate pair, as some encoders would write it.
    refused(1, 1, vec![3 << 2 | 1, 0xed, 0xa0, 0x80], RejectCode::MalformedOperation).await;
    refused(1, 1, insert(3, &"x".repeat(64 * 1024)), RejectCode::OperationTooLarge).await;
    raw.submit(Channel::new(4_000_000), 1, 1, insert(3, "x")).await;
    assert_eq!(raw.rejection(1).await, RejectCode::UnknownChannel);

    raw.submit(seat.channel, 1, 1, insert(3, "x")).await;
    assert_eq!(raw.ack(1).await, Revision::new(2));
    // The same again is the same commit, whatever its bytes say now.
    raw.submit(seat.channel, 1, 0, insert(4, "y")).await;
    assert_eq!(raw.ack(1).await, Revision::new(2));
    assert_eq!(server.content(id).await, "xabc");
    server.stop().await;
}

#[tokio::test]
async fn joins_that_cannot_be_are_refused_by_their_code() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("target", "abc").await;
    let mut raw = Raw::greeted(server.address).await;
    let mut refusal = async |document, at| {
        let join = ClientDocument::Join { request: 9, client: ADA, document, at, text: false };
        raw.say(&ClientMessage::Document(join)).await;
        raw.until("refused", |message| match message {
            ServerMessage::Document(ServerDocument::Refused { request: 9, code, .. }) => {
                Some(*code)
            }
            _ => None,
        })
        .await
    };
    let unknown = DocumentId::from_bytes([9; 16]);
    assert_eq!(refusal(unknown, None).await, RejectCode::DocumentNotFound);
    assert_eq!(refusal(id, Some(Revision::new(2))).await, RejectCode::RevisionAhead);
    assert_eq!(refusal(id, Some(Revision::new(u64::MAX))).await, RejectCode::RevisionAhead);

    let mut raw = Raw::greeted(server.address).await;
    for request in 0..=256 {
        let document = server_document(&server, request).await;
        let join = ClientDocument::Join { request, client: ADA, document, at: None, text: false };
        raw.say(&ClientMessage::Document(join)).await;
    }
    let code = raw
        .until("refused", |message| match message {
            ServerMessage::Document(ServerDocument::Refused { request: 256, code, .. }) => {
                Some(*code)
            }
            ServerMessage::Document(ServerDocument::Refused { request, code, .. }) => {
                panic!("{request} was refused: {code}")
            }
            _ => None,
        })
        .await;
    assert_eq!(code, RejectCode::TooManyDocuments);
    server.stop().await;
}

async fn server_document(server: &TestServer, number: u32) -> DocumentId {
    server.create(&format!("document {number}"), "").await
}

#[tokio::test]
async fn a_second_socket_with_the_same_client_id_takes_the_place_of_the_first() {
    let server = TestServer::start().await;
    let id = server.create("target", "abc").await;
    let mut first = Raw::greeted(server.address).await;
    let seat = first.join(ADA, id).await;
    let mut second = Raw::greeted(server.address).await;
    second.join(ADA, id).await;
    let ended = |message: &ServerMessage<'_>| match message {
        ServerMessage::Document(ServerDocument::Ended { code, .. }) => Some(*code),
        _ => None,
    };
    assert_eq!(first.until("ended", ended).await, RejectCode::ClientIdTaken);
    first.submit(seat.channel, 1, 1, insert(3, "x")).await;
    assert_eq!(first.rejection(1).await, RejectCode::UnknownChannel);
    // Another client is not concerned, and cannot be edited as by its author number.
    let mut third = Raw::greeted(server.address).await;
    let seat = third.join(BOB, id).await;
    third.submit(seat.channel, 1, 1, insert(3, "x")).await;
    third.ack(1).await;
    assert_eq!(second.join(ADA, id).await.last_seq.get(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_left_channel_takes_nothing_more() {
    let server = TestServer::start().await;
    let id = server.create("target", "abc").await;
    let mut raw = Raw::greeted(server.address).await;
    let seat = raw.join(ADA, id).await;
    raw.say(&ClientMessage::Document(ClientDocument::Leave { channel: seat.channel })).await;
    raw.submit(seat.channel, 1, 1, insert(3, "x")).await;
    assert_eq!(raw.rejection(1).await, RejectCode::UnknownChannel);
    let seat = raw.join(ADA, id).await;
    raw.submit(seat.channel, 1, 1, insert(3, "x")).await;
    raw.ack(1).await;
    server.stop().await;
}
