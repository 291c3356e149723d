//! Texts that programs write, among people who type.

use codesync_core::client::Event;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::{Asker, header, refused};
use crate::support::TestServer;
use crate::support::editor::Editor;

/// The revision that a text led to.
async fn written(response: Response) -> u64 {
    let status = response.status();
    let answer: Value = response.json().await.expect("JSON");
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["revision"].as_u64().expect("a revision")
}

#[tokio::test]
async fn a_written_text_reaches_those_who_edit_as_one_small_edit() {
    let server = TestServer::start().await;
    let lines: String = (0..1000).map(|n| format!("line {n}\n")).collect();
    let id = server.create("file", &lines).await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let changed = lines.replace("line 500\n", "line five hundred\n");
    let put = Asker::of(&server, id).put("/content", &changed).send().await.expect("an answer");
    assert_eq!(written(put).await, 2);
    ada.until_text(&changed).await;
    assert_eq!(ada.replica().revision().get(), 2);
    assert_eq!(ada.replica().peers().count(), 0, "nobody came in for it");
    assert!(!ada.events.iter().any(|event| matches!(event, Event::Conflict { .. })));
    let shown = Asker::of(&server, id).json("/history/2").await;
    assert_eq!(
        (&shown["edits"][0]["deleted"], shown["edits"].as_array().map(Vec::len)),
        (&"500".into(), Some(1))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_text_made_from_an_older_revision_merges_with_what_was_typed_since() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\ntwo\nthree\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.append("typed\n").await;
    ada.until_saved().await;
    let put = asker.put("/content?base=1", "ONE\r\ntwo\r\nthree\r\n").send().await;
    assert_eq!(written(put.expect("an answer")).await, 3);
    ada.until_text("ONE\ntwo\nthree\ntyped\n").await;
    refused(
        asker.put("/content?base=9", "x").send().await.expect("an answer"),
        404,
        "revision_not_found",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn if_match_lets_a_text_in_only_where_it_was_made() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let put = async |tag: &'static str, text: &str| {
        asker.put("/content", text).header("if-match", tag).send().await.expect("an answer")
    };
    assert_eq!(written(put("\"1\"", "one\ntwo\n").await).await, 2);
    let problem = refused(put("\"1\"", "one\n2\n").await, 412, "precondition_failed").await;
    assert!(problem["detail"].as_str().expect("text").contains("base="), "{problem}");
    refused(put("\"9\"", "one\n2\n").await, 412, "precondition_failed").await;
    refused(put("W/\"2\"", "x").await, 400, "invalid_query").await;
    assert_eq!(written(put("*", "one\n2\n").await).await, 3);
    assert_eq!(written(put("\"3\"", "one\n2\n").await).await, 3, "nothing to do is done");
    refused(put("\"2\"", "one\n2\n").await, 412, "precondition_failed").await;
    let two = asker.put("/content?base=2", "x").header("if-match", "\"3\"").send().await;
    refused(two.expect("an answer"), 400, "invalid_query").await;
    assert_eq!(server.content(id).await, "one\n2\n");
    server.stop().await;
}

#[tokio::test]
async fn a_request_with_a_key_is_carried_out_once() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let put = async |key: &'static str, text: &str| {
        let request = asker.put("/content", text).header("idempotency-key", key);
        request.send().await.expect("an answer")
    };
    assert_eq!(written(put("k-1", "two\n").await).await, 2);
    ada.until_text("two\n").await;
    ada.append("typed\n").await;
    ada.until_saved().await;
    let again = put("k-1", "two\n").await;
    assert_eq!(header(&again, "idempotent-replayed"), "true");
    assert_eq!(written(again).await, 2, "the answer that was lost");
    assert_eq!(server.content(id).await, "two\ntyped\n", "what was typed since stays");
    refused(put("k-1", "other\n").await, 422, "idempotency_key_taken").await;
    let conditional = asker.put("/content", "two\n").header("idempotency-key", "k-1");
    let conditional = conditional.header("if-match", "\"3\"").send().await.expect("an answer");
    refused(conditional, 422, "idempotency_key_taken").await;
    assert_eq!(server.content(id).await, "two\ntyped\n", "another request is not carried out");
    refused(put("two words", "x").await, 400, "invalid_idempotency_key").await;
    server.stop().await;
}

#[tokio::test]
async fn a_large_text_is_written_whole_and_joined_whole() {
    let server = TestServer::start().await;
    let id = server.create("file", "small\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let large: String = (0..200_000).map(|n| format!("line {n} 🎉\n")).collect();
    let head = written(asker.put("/content", &large).send().await.expect("an answer")).await;
    assert!(head > 10, "{head}");
    ada.until_text(&large).await;
    let bob = Editor::open(server.address, id, "Bob", 2).await;
    assert_eq!(bob.text(), large);
    let small = asker.put("/content", "small again\n").send().await.expect("an answer");
    assert_eq!(written(small).await, head + 1);
    ada.until_text("small again\n").await;
    server.stop().await;
}

#[tokio::test]
async fn everybody_who_writes_at_once_is_heard() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("file", &"-\n".repeat(40)).await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let base = "-\n".repeat(40);
    let writers = (0..10).map(|n| {
        let mut lines: Vec<_> = base.lines().map(str::to_owned).collect();
        lines[n * 4] = format!("program {n}");
        let text = lines.join("\n") + "\n";
        let request = Asker::of(&server, id).put("/content?base=1", &text);
        tokio::spawn(async move { request.send().await.expect("an answer").status() })
    });
    let writers: Vec<_> = writers.collect();
    for n in 0..20 {
        ada.append(&format!("typed {n}\n")).await;
        ada.until_saved().await;
    }
    for writer in writers {
        assert_eq!(writer.await.expect("no panic"), StatusCode::OK);
    }
    let text = server.content(id).await;
    ada.until_text(&text).await;
    for n in 0..10 {
        assert_eq!(text.matches(&format!("program {n}\n")).count(), 1, "{text}");
        assert_eq!(text.matches(&format!("typed {n}\n")).count(), 1, "{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_text_is_refused() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let put = async |kind: &'static str, body: &[u8]| {
        let request = asker.request(reqwest::Method::PUT, "/content").header("content-type", kind);
        request.body(body.to_vec()).send().await.expect("an answer")
    };
    refused(put("application/json", b"{}").await, 415, "unsupported_media_type").await;
    refused(put("text/plain; charset=latin1", b"x").await, 415, "unsupported_media_type").await;
    refused(put("text/plain", b"\xff\xfe").await, 400, "invalid_text").await;
    refused(put("text/plain", &vec![b'x'; 10 * 1024 * 1024 + 1]).await, 413, "text_too_large")
        .await;
    refused(put("text/plain", &vec![b'x'; 30 * 1024 * 1024]).await, 413, "body_too_large").await;
    assert_eq!(put("Text/Plain; Charset=\"UTF-8\"", b"two\n").await.status(), StatusCode::OK);
    refused(
        asker.put("/content?bass=1", "x").send().await.expect("an answer"),
        400,
        "invalid_query",
    )
    .await;
    assert_eq!(server.content(id).await, "two\n");
    server.stop().await;
}

#[tokio::test]
async fn whoever_writes_without_an_account_may_say_his_name() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let put = asker.put("/content?person=Ada%20L.", "two\n").send().await.expect("an answer");
    assert_eq!(written(put).await, 2);
    assert_eq!(asker.json("/history/2").await["person"]["name"], "Ada L.");
    let bent = asker.put("/content?person=%1b%5b2J", "x").send().await.expect("an answer");
    refused(bent, 422, "invalid_name").await;
    server.stop().await;
}

#[tokio::test]
async fn a_text_that_is_known_is_not_sent_again() {
    let server = TestServer::start().await;
    let id = server.create("file", "one\n").await;
    let asker = Asker::of(&server, id);
    let get = async |known: &'static str| {
        let request = asker.request(reqwest::Method::GET, "/content");
        request.header("if-none-match", known).send().await.expect("an answer")
    };
    // The second as a proxy asks that compressed the answer.
    for known in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
        let answer = get(known).await;
        assert_eq!((answer.status(), header(&answer, "etag")), (StatusCode::NOT_MODIFIED, "\"1\""));
    }
    assert_eq!(get("\"0\"").await.status(), StatusCode::OK);
    refused(get("1").await, 400, "invalid_query").await;
    server.stop().await;
}
