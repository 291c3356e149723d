//! Too much, too fast, too slow, too full: each has its written answer.

use std::path::Path;

use codesync_core::protocol::{
    ClientMessage, ClientSession, CloseCode, RejectCode, ServerDocument, ServerMessage,
    ServerSession,
};
use codesync_core::{ClientId, DocumentId, Operation};
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, OpenError, SqliteOptions};

use crate::support::editor::Editor;
use crate::support::raw::Raw;
use crate::support::{TestServer, eventually};

const ADA: ClientId = ClientId::from_bytes([1; 16]);

#[tokio::test]
async fn edits_beyond_the_rate_are_rejected_with_a_time_to_come_again() {
    let server = TestServer::start().await;
    let id = server.create("target", "").await;
    let mut raw = Raw::greeted(server.address).await;
    let seat = raw.join(ADA, id).await;
    let mut limited = None;
    for seq in 1..=100_u64 {
        // The base of each is the commit of the one before.
        let length = seq as usize - 1;
        let operation = Operation::replace(length, length..length, "x").encode();
        raw.submit(seat.channel, seq, 0, operation).await;
        let answer = raw
            .until("an answer", |message| match message {
                ServerMessage::Acked { .. } => Some(None),
                ServerMessage::Document(ServerDocument::Rejected { code, retry_ms, .. }) => {
                    Some(Some((*code, *retry_ms)))
                }
                _ => None,
            })
            .await;
        if let Some(answer) = answer {
            limited = Some((seq, answer));
            break;
        }
    }
    let (seq, (code, retry_ms)) = limited.expect("the burst has an end");
    assert!(seq > 50, "a burst goes through, met {seq}");
    assert_eq!(code, RejectCode::RateLimited);
    assert!(retry_ms.is_some_and(|ms| ms <= 1000), "{retry_ms:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_flood_of_messages_closes_the_connection() {
    let server = TestServer::start().await;
    let mut raw = Raw::greeted(server.address).await;
    for nonce in 0..2000 {
        raw.say(&ClientMessage::Session(ClientSession::Ping { nonce })).await;
    }
    let code = CloseCode::TooManyMessages.number();
    assert_eq!(raw.closed().await, (code, Some(RejectCode::TooManyMessages)));
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_read_falls_behind_and_is_caught_up_when_he_does() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("target", "").await;
    let mut slow = Editor::open(server.address, id, "slow", 1).await;
    let mut fast = Editor::open(server.address, id, "fast", 2).await;
    // Far more than credit, write buffer and the kernel's buffers hold together.
    let (long, short) = ("x".repeat(60_000), "y");
    for _ in 0..200 {
        fast.edit(0..0, &long).await;
        fast.until_saved().await;
        fast.edit(0..long.len(), short).await;
        fast.until_saved().await;
    }
    let text = fast.text();
    assert_eq!(text, short.repeat(200));
    slow.until_text(&text).await;
    server.stop().await;
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let small = |options: &mut codesync_server::embedded::Options| {
        options.database = SqliteOptions { pages_max: Some(60) };
    };
    let server = TestServer::start_in(folder.path(), small).await;
    let id = server.create("target", "").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut saved = String::new();
    // Text that does not compress into fewer pages: until no more is taken.
    let full = loop {
        let part = format!("{:06}", saved.len()).repeat(500);
        ada.append(&part).await;
        let rejected = ada.replica().revision();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while !ada.is_saved() && std::time::Instant::now() < deadline {
            ada.run_for(std::time::Duration::from_millis(20)).await;
        }
        if !ada.is_saved() {
            assert_eq!(ada.replica().revision(), rejected, "nothing is acknowledged");
            break saved.clone() + &part;
        }
        saved += &part;
        assert!(saved.len() < 1024 * 1024, "the disk is never full");
    };
    let ready = || async {
        reqwest::get(server.url("/api/ready")).await.expect("an answer").status().as_u16()
    };
    assert_eq!(ready().await, 503);
    assert_eq!(server.content(id).await, saved, "what is acknowledged is served");
    let body = serde_json::json!({ "name": "new", "text": "x".repeat(100_000) });
    let create = reqwest::Client::new().post(server.url("/api/documents")).json(&body);
    assert_eq!(create.send().await.expect("an answer").status(), 507);
    server.begin_stop();
    ada.until("the goodbye", |ada| !ada.connection.is_online()).await;
    server.stop().await;

    // There is room again: the same edit goes through by itself.
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    ada.redirect(server.address);
    ada.until_text(&full).await;
    server.stop().await;
}

#[tokio::test]
async fn a_database_goes_on_by_itself_when_there_is_room_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("log.sqlite3");
    let database = open(&path, Some(70)).await.expect("opened");
    let document = |number: u8| NewDocument {
        id: DocumentId::from_bytes([number; 16]),
        owner: codesync_server::ids::UserId::LOCAL,
        name: "n".repeat(200),
        language: None,
        line_ending: codesync_core::LineEnding::Lf,
        entries: codesync_server::document::import::entries(&"x".repeat(30_000)),
        bytes: 30_000,
    };
    let mut made = 0;
    while database.create(document(made)).await.is_ok() {
        made += 1;
        assert!(made < 100, "the disk is never full");
    }
    assert!(database.trouble().await.is_none_or(|text| text.contains("log.sqlite3")));
    let room = open(&path, None).await.expect("another connection");
    room.create(document(100)).await.expect("there is room for others");
    room.close().await;
    // What fits is taken although something larger was refused.
    let small = NewDocument { entries: Vec::new(), bytes: 0, ..document(101) };
    eventually("a small document fits", || async {
        database.create(small.clone()).await.is_ok() || database.find(small.id).await.is_ok()
    })
    .await;
    assert_eq!(database.trouble().await, None);
    database.close().await;
}

async fn open(path: &Path, pages_max: Option<u32>) -> Result<Database, OpenError> {
    Database::open_file(path, SqliteOptions { pages_max }).await
}

#[tokio::test]
async fn going_down_asks_everybody_to_come_back_and_closes_with_its_code() {
    let server = TestServer::start().await;
    let id = server.create("target", "").await;
    let mut sockets = Vec::new();
    for number in 1..=5 {
        let mut raw = Raw::greeted(server.address).await;
        raw.join(ClientId::from_bytes([number; 16]), id).await;
        sockets.push(raw);
    }
    server.begin_stop();
    let mut waits = Vec::new();
    for raw in &mut sockets {
        waits.push(
            raw.until("reconnect", |message| match message {
                ServerMessage::Session(ServerSession::Reconnect { after_ms }) => Some(*after_ms),
                _ => None,
            })
            .await,
        );
    }
    // Paced: no two at the same moment.
    waits.sort_unstable();
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    for mut raw in sockets {
        assert_eq!(raw.closed().await.0, CloseCode::GoingAway.number());
    }
    server.stop().await;
}
