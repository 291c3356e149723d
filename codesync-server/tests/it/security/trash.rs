//! The trash: out of everybody's sight, back within thirty days, and then gone for good.

use codesync_server::db::{Database, SqliteOptions};
use codesync_server::housekeeping::Housekeeping;
use codesync_server::snapshots::files::FileSnapshots;
use codesync_server::snapshots::{Objects, SnapshotKey};
use serde_json::json;

use super::passwords::query;
use super::tokens::change;
use crate::support::TestServer;

/// One round of what a server does every hour.
pub(crate) async fn keep_house(server: &TestServer) {
    let path = server.data().join("codesync.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    let snapshots = FileSnapshots::new(server.data().join("snapshots"));
    let housekeeping = Housekeeping::new(database.clone(), std::sync::Arc::new(snapshots));
    housekeeping.work().await.expect("done");
    database.close().await;
}

#[tokio::test]
async fn a_deleted_document_is_seen_in_its_owners_trash_alone_and_comes_back() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "editor").await;
    ada.delete(&document).await.expect(204);
    for who in [&ada, &bob] {
        who.get(&document).await.problem(404, "document_not_found");
        who.get(&format!("{document}/content")).await.problem(404, "document_not_found");
    }
    let trash = ada.get("/api/documents/trash").await;
    assert_eq!(trash.expect(200).body["documents"][0]["name"], json!("mine"));
    let trash = bob.get("/api/documents/trash").await;
    assert_eq!(trash.expect(200).body["documents"], json!([]));
    let restore = format!("{document}/restore");
    bob.post(&restore, json!({})).await.problem(404, "document_not_found");
    ada.post(&restore, json!({})).await.expect(204);
    ada.post(&restore, json!({})).await.expect(204);
    bob.post(&restore, json!({})).await.problem(404, "document_not_found");
    bob.get(&document).await.expect(200);
    let restored = query(&server, "select action from audit where action = 'document.restored'");
    assert_eq!(restored.await.len(), 1, "what was done once is written down once");
    assert_eq!(ada.get("/api/documents/trash").await.body["documents"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_document_is_gone_after_thirty_days_with_all_that_belongs_to_it() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let (kept, gone) = (ada.create("kept").await, ada.create("gone").await);
    let snapshots = FileSnapshots::new(server.data().join("snapshots"));
    let id: codesync_core::DocumentId =
        gone.rsplit_once('/').expect("an id").1.parse().expect("one");
    let epoch = codesync_server::oplog::Epoch::FIRST;
    let revision = codesync_core::Revision::new(1);
    let key = SnapshotKey::of(id, epoch, revision, b"text\n");
    snapshots.put(&key, b"text\n"[..].into()).await.expect("kept");

    ada.delete(&gone).await.expect(204);
    ada.delete(&kept).await.expect(204);
    let older = "update documents set trashed_at = trashed_at - 30 * 86400000 where name = 'gone'";
    change(&server, older).await;
    change(
        &server,
        "update documents set trashed_at = trashed_at - 29 * 86400000 where name = 'kept'",
    )
    .await;
    keep_house(&server).await;
    assert_eq!(query(&server, "select name from documents").await, ["kept"]);
    for table in [
        "select hex(document) from members where document not in (select id from documents)",
        "select hex(document) from entries where document not in (select id from documents)",
    ] {
        assert_eq!(query(&server, table).await, [""; 0]);
    }
    let left: Vec<SnapshotKey> = snapshots.list(id, epoch).await.expect("a list");
    assert_eq!(left, []);
    ada.post(&format!("{gone}/restore"), json!({})).await.problem(404, "document_not_found");
    ada.post(&format!("{kept}/restore"), json!({})).await.expect(204);
    server.stop().await;
}

#[tokio::test]
async fn a_document_that_is_being_removed_is_not_taken_out_of_the_trash() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("going").await;
    ada.delete(&document).await.expect(204);
    // As housekeeping leaves it while it deletes what lies outside the database.
    change(&server, "update documents set trashed_at = 0").await;
    assert_eq!(ada.get("/api/documents/trash").await.body["documents"], json!([]));
    ada.post(&format!("{document}/restore"), json!({})).await.problem(404, "document_not_found");
    keep_house(&server).await;
    assert_eq!(query(&server, "select name from documents").await, [""; 0]);
    server.stop().await;
}
