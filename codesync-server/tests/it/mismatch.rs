//! Copies that differ: the client says so on its socket, and the operator can count it.

use codesync_core::client::{ConflictReason, Event, State};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, RejectCode, ServerDocument, ServerMessage,
};
use codesync_core::{ClientId, DocumentId, Revision, TextHash};
use codesync_server::metrics::{Now, metrics};
use tokio::sync::Mutex;

use crate::support::TestServer;
use crate::support::editor::Editor;
use crate::support::raw::Raw;

/// The count is the process's: where tests share one, these take turns.
static TURN: Mutex<()> = Mutex::const_new(());

const BOB: ClientId = ClientId::from_bytes([0xb; 16]);

/// What an operator sees.
fn mismatches() -> u64 {
    let text = metrics().text(Now::default());
    let mut lines = text.lines();
    let number = lines.find_map(|line| line.strip_prefix("codesync_hash_mismatches_total "));
    number.expect("the number is there").parse().expect("a number")
}

impl Raw {
    /// Joins as a client does whose text differed, and answers whether that was granted.
    async fn differs(&mut self, document: DocumentId) -> Result<(), RejectCode> {
        let (at, text) = (Some(Revision::ZERO), true);
        let join = ClientDocument::Join { request: 8, client: BOB, document, at, text };
        self.say(&ClientMessage::Document(join)).await;
        self.until("an answer to the join", |message| match message {
            ServerMessage::Document(ServerDocument::Joined { request: 8, .. }) => Some(Ok(())),
            ServerMessage::Document(ServerDocument::Refused { code, .. }) => Some(Err(*code)),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn a_client_whose_text_differs_is_counted_and_goes_on_with_the_servers() {
    let _turn = TURN.lock().await;
    let before = mismatches();
    let server = TestServer::start().await;
    let id = server.create("watched", "abc").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.append("d").await;
    ada.until_saved().await;
    // All sockets know a document by the same channel.
    let channel = Raw::greeted(server.address).await.join(BOB, id).await.channel;
    assert_eq!(mismatches(), before);

    let (revision, hash) = (ada.replica().revision(), TextHash::of("something else"));
    let lie = ServerDocument::Checkpoint { channel, revision, hash };
    ada.hear(&ServerMessage::Document(lie)).await;
    ada.until("the other text", |ada| ada.replica().status().state == State::Synchronized).await;
    let is_mismatch =
        |event: &Event| matches!(event, Event::Conflict { reason: ConflictReason::Mismatch, .. });
    assert!(ada.events.iter().any(is_mismatch), "{:?}", ada.events);
    assert_eq!((ada.text().as_str(), mismatches()), ("abcd", before + 1));
    ada.append(" and on").await;
    ada.until_saved().await;
    assert_eq!(server.content(id).await, "abcd and on");
    server.stop().await;
}

#[tokio::test]
async fn only_those_who_may_read_a_document_are_heard_and_none_of_them_is_loud() {
    let _turn = TURN.lock().await;
    let before = mismatches();
    let server = TestServer::with_accounts().await;
    let (ada, eve) = (server.person("ada").await, server.person("eve").await);
    let path = ada.create("watched").await;
    let id = path.rsplit_once('/').expect("a path").1.parse().expect("an id");

    let mut stranger = Raw::of(&eve).await;
    assert_eq!(stranger.differs(id).await, Err(RejectCode::DocumentNotFound));
    assert_eq!(mismatches(), before);

    let mut member = Raw::of(&ada).await;
    for _ in 0..20 {
        assert_eq!(member.differs(id).await, Ok(()));
    }
    assert_eq!(mismatches(), before + 1);
    server.stop().await;
}
