//! Requests that make something, sent more than once under one `Idempotency-Key`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::security::passwords::query;
use crate::security::tokens::change;
use crate::support::TestServer;

const DOCUMENTS: &str = "/api/documents";

#[tokio::test]
async fn what_is_asked_for_twice_under_one_key_is_made_once() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await.with("idempotency-key", "k-1");
    let body = json!({ "name": "once", "text": "text\n" });
    let first = ada.post(DOCUMENTS, body.clone()).await;
    let again = ada.post(DOCUMENTS, body.clone()).await;
    assert_eq!(again.expect(201).body, first.expect(201).body);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(query(&server, "select name from documents").await, ["once"]);

    ada.post(DOCUMENTS, json!({ "name": "other" })).await.problem(422, "idempotency_key_taken");
    ada.with("idempotency-key", "k-2").post(DOCUMENTS, body).await.expect(201);
    assert_eq!(query(&server, "select name from documents").await, ["once", "once"]);
    server.stop().await;
}

#[tokio::test]
async fn requests_at_the_same_moment_are_carried_out_once() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await.with("idempotency-key", "k");
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.post(DOCUMENTS, json!({ "name": "once" })).await })
        })
        .collect();
    let mut made: Vec<Value> = Vec::new();
    for request in requests {
        let answer = request.await.expect("no panic");
        match answer.status {
            201 => made.push(answer.body),
            _ => {
                answer.problem(409, "request_underway");
                assert_eq!(answer.header("retry-after"), "2");
            }
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(query(&server, "select name from documents").await, ["once"]);
    server.stop().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_and_a_key_belongs_to_one_person() {
    let server = TestServer::with_accounts().await;
    let key = |person: crate::support::api::Someone| person.with("idempotency-key", "k");
    let (ada, bob) = (key(server.person("ada").await), key(server.person("bob").await));
    for _ in 0..2 {
        ada.post(DOCUMENTS, json!({ "name": "" })).await.problem(422, "invalid_name");
    }
    bob.post(DOCUMENTS, json!({ "name": "bob's" })).await.expect(201);
    server
        .stranger()
        .with("idempotency-key", "k")
        .post(DOCUMENTS, json!({ "name": "x" }))
        .await
        .problem(401, "login_required");
    for key in ["two words", ""] {
        let ada = ada.with("idempotency-key", key);
        let answer = ada.post(DOCUMENTS, json!({ "name": "x" })).await;
        answer.problem(400, "invalid_idempotency_key");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_key_stands_for_one_request_wherever_it_is_sent() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await.with("idempotency-key", "k");
    let document = ada.create("once").await;
    let content = format!("{document}/content");
    let put = async |text| ada.send_raw(Method::PUT, &content, "text/plain", text).await;
    put("two\n").await.problem(422, "idempotency_key_taken");
    let restore = format!("{document}/history/0/restore");
    ada.send(Method::POST, &restore, None).await.problem(422, "idempotency_key_taken");
    assert_eq!(ada.get(&content).await.expect(200).text, "text\n");

    let ada = ada.with("idempotency-key", "l");
    ada.send(Method::POST, &restore, None).await.expect(200);
    let put = async |text| ada.send_raw(Method::PUT, &content, "text/plain", text).await;
    put("two\n").await.problem(422, "idempotency_key_taken");
    assert_eq!(ada.get(&content).await.expect(200).text, "");
    server.stop().await;
}

#[tokio::test]
async fn an_edit_that_may_be_under_way_is_carried_out_at_once_and_counts_once() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let content = format!("{}/content", ada.create("once").await);
    let keyed = ada.with("idempotency-key", "k");
    let put = async |text| keyed.send_raw(Method::PUT, &content, "text/plain", text).await;
    let first = put("one\n").await;
    assert_eq!(first.expect(200).body, json!({ "revision": 2, "base": 1 }));
    ada.send_raw(Method::PUT, &content, "text/plain", "two\n").await.expect(200);
    // As a server leaves it that died before it kept the answer.
    change(&server, "update idempotency set status = 0, body = null").await;
    put("other\n").await.problem(422, "idempotency_key_taken");
    let again = put("one\n").await;
    assert_eq!(
        (&again.expect(200).body["revision"], again.headers.get("idempotent-replayed")),
        (&json!(2), None)
    );
    assert_eq!(ada.get(&content).await.expect(200).text, "two\n");
    server.stop().await;
}

#[tokio::test]
async fn what_only_reads_needs_no_key() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await.with("idempotency-key", "two words");
    ada.get(DOCUMENTS).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_claim_of_a_server_that_died_is_taken_over_after_a_minute() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await.with("idempotency-key", "k");
    let body = json!({ "name": "made" });
    ada.post(DOCUMENTS, body.clone()).await.expect(201);
    change(&server, "update idempotency set status = 0, body = null").await;
    ada.post(DOCUMENTS, body.clone()).await.problem(409, "request_underway");
    change(&server, "update idempotency set created_at = created_at - 60000").await;
    ada.post(DOCUMENTS, body.clone()).await.expect(201);
    // And an answer is given for a day.
    change(&server, "update idempotency set created_at = created_at - 86400000").await;
    ada.post(DOCUMENTS, json!({ "name": "next" })).await.expect(201);
    server.stop().await;
}
