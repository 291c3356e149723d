//! Versions: named, kept, and put back.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Asker, header, refused};
use crate::support::TestServer;
use crate::support::editor::Editor;

#[tokio::test]
async fn a_version_is_named_found_and_forgotten() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.append("two\n").await;
    ada.until_saved().await;

    let made = asker.post("/versions", json!({ "name": " first draft " })).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = header(&made, "location").to_owned();
    let version: Value = made.json().await.expect("JSON");
    assert_eq!((&version["name"], &version["revision"]), (&json!("first draft"), &json!(2)));
    assert_eq!(version["created_by"]["kind"], "local");
    let path = location.split_once(&id.to_string()).expect("the document's").1.to_owned();
    assert_eq!(asker.json(&path).await, version);
    let older = asker.post("/versions", json!({ "name": "import", "revision": 1 })).await;
    assert_eq!(older.status(), StatusCode::CREATED);

    let listed = asker.json("/versions").await;
    let names: Vec<_> =
        listed["versions"].as_array().expect("a list").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["first draft", "import"]);
    let page = asker.json("/versions?limit=1").await;
    let next = page["next"].as_str().expect("another page");
    let page = asker.json(&format!("/versions?limit=1&cursor={next}")).await;
    assert_eq!((&page["versions"][0]["name"], &page["next"]), (&json!("import"), &Value::Null));

    let forget = || asker.request(Method::DELETE, &path).send();
    assert_eq!(forget().await.expect("an answer").status(), StatusCode::NO_CONTENT);
    refused(forget().await.expect("an answer"), 404, "version_not_found").await;
    refused(asker.get(&path).await, 404, "version_not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn a_version_is_put_back_by_a_new_edit_and_nothing_is_rewritten() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\ntwo\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let made = asker.post("/versions", json!({ "name": "v1" })).await;
    let version: Value = made.json().await.expect("JSON");
    ada.edit(0..8, "something else\n").await;
    ada.until_saved().await;

    let path = format!("/versions/{}/restore", version["id"].as_str().expect("an id"));
    let request = asker.request(Method::POST, &path).header("idempotency-key", "k");
    let again = request.try_clone().expect("no body");
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer, json!({ "revision": 3, "base": 2 }));
    ada.until_text("one\ntwo\n").await;
    ada.append("and on\n").await;
    ada.until_saved().await;
    let answer: Value = again.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["revision"], 3, "once is enough");
    assert_eq!(server.content(id).await, "one\ntwo\nand on\n");

    let past = asker.get("/content?revision=2").await.text().await.expect("text");
    assert_eq!(past, "something else\n");
    let back = asker.request(Method::POST, "/history/2/restore").send().await.expect("an answer");
    assert_eq!(back.status(), StatusCode::OK);
    ada.until_text("something else\n").await;
    let missing = asker.request(Method::POST, "/history/99/restore").send().await;
    refused(missing.expect("an answer"), 404, "revision_not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_a_version_is_refused() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let name = async |body: Value| asker.post("/versions", body).await;
    refused(name(json!({})).await, 422, "invalid_body").await;
    refused(name(json!({ "name": "" })).await, 422, "invalid_name").await;
    refused(name(json!({ "name": "n\u{202e}" })).await, 422, "invalid_name").await;
    refused(name(json!({ "name": "n", "revision": 2 })).await, 404, "revision_not_found").await;
    refused(name(json!({ "name": "n", "user": "me" })).await, 422, "invalid_body").await;
    refused(asker.get("/versions/x").await, 400, "invalid_version_id").await;
    refused(asker.get("/versions?limit=201").await, 400, "invalid_query").await;
    refused(asker.get("/versions?cursor=1").await, 400, "invalid_cursor").await;
    let of_another = server.create("other", "").await;
    let made = Asker::of(&server, of_another).post("/versions", json!({ "name": "v" })).await;
    let version: Value = made.json().await.expect("JSON");
    let path = format!("/versions/{}", version["id"].as_str().expect("an id"));
    refused(asker.get(&path).await, 404, "version_not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn a_document_that_was_closed_has_a_version_that_nobody_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    let id = server.create("file", "").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.append("work of a day\n").await;
    ada.until_saved().await;
    drop(ada);
    server.stop().await;

    let server = TestServer::start_in(folder.path(), |_| {}).await;
    let listed = Asker::of(&server, id).json("/versions").await;
    let versions = listed["versions"].as_array().expect("a list");
    assert_eq!(versions.len(), 1, "{listed}");
    assert_eq!((&versions[0]["revision"], &versions[0]["name"]), (&json!(1), &Value::Null));
    assert_eq!(versions[0]["created_by"], Value::Null);
    server.stop().await;
}
