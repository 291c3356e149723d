//! Links: random, hashed, expiring, revocable; a read link leads to no write.

use serde_json::json;

use super::passwords::query;
use super::tokens::change;
use crate::support::TestServer;
use crate::support::api::{Answer, Someone};

async fn redeem(who: &Someone, secret: &str, name: Option<&str>) -> Answer {
    let mut asked = json!({ "secret": secret });
    if let Some(name) = name {
        asked["name"] = json!(name);
    }
    who.post("/api/links/redeem", asked).await
}

async fn role(who: &Someone, document: &str) -> String {
    who.get(document).await.expect(200).text_at("role")
}

#[tokio::test]
async fn a_secret_is_long_random_and_shown_once() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let made = ada.post(&format!("{document}/links"), json!({ "role": "viewer" })).await;
    let secret = made.expect(201).text_at("secret");
    assert_eq!(secret.len(), 43, "256 bits in base64");
    let id = document.rsplit_once('/').expect("an id").1;
    assert_eq!(made.text_at("path"), format!("/d/{id}#{secret}"));
    assert_eq!(made.header("cache-control"), "no-store");
    let (_, other) = ada.link(&document, json!({ "role": "viewer" })).await;
    assert_ne!(secret, other);
    let list = ada.get(&format!("{document}/links")).await;
    assert_eq!(list.expect(200).body["links"].as_array().expect("a list").len(), 2);
    assert!(!list.text.contains(&secret) && !list.text.contains("secret"), "{}", list.text);
    for name in ["codesync.sqlite3", "codesync.sqlite3-wal"] {
        let database = std::fs::read(server.data().join(name)).expect("a file");
        assert!(!database.windows(43).any(|window| window == secret.as_bytes()));
    }
    assert_eq!(query(&server, "select hex(secret_hash) from links").await[0].len(), 64);
    server.stop().await;
}

#[tokio::test]
async fn a_secret_in_an_address_opens_nothing() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let (_, secret) = ada.link(&document, json!({ "role": "editor", "guests": true })).await;
    let page = document.replace("/api/documents/", "/d/");
    for who in [&bob, &server.stranger()] {
        let redeem = format!("/api/links/redeem?secret={secret}&name=Eve");
        who.post(&redeem, json!({})).await.problem(422, "invalid_body");
        for path in [format!("{document}?secret={secret}"), format!("{document}/{secret}")] {
            let answer = who.get(&path).await;
            assert!([401, 404].contains(&answer.status), "{path}: {}", answer.text);
        }
        let shown = who.get(&format!("{page}?secret={secret}")).await;
        assert_eq!(shown.header("set-cookie"), "");
        assert!(!shown.text.contains(&secret), "{}", shown.text);
    }
    let members = ada.get(&format!("{document}/members")).await;
    assert_eq!(members.expect(200).body["members"].as_array().expect("a list").len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_read_link_leads_to_no_write() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let (_, secret) = ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
    let came = redeem(&bob, &secret, None).await;
    assert_eq!(came.expect(200).text_at("role"), "viewer");
    let stranger = server.stranger();
    let guest = stranger.holding(redeem(&stranger, &secret, Some("Grace")).await.expect(201));
    for who in [&bob, &guest] {
        assert_eq!(role(who, &document).await, "viewer");
        who.patch(&document, json!({ "name": "mine!" })).await.problem(403, "role_too_low");
        let links = format!("{document}/links");
        who.get(&links).await.problem(403, "role_too_low");
        let editor = json!({ "role": "editor" });
        who.post(&links, editor.clone()).await.problem(403, "role_too_low");
        let own = format!("{document}/members/{}", who.user);
        who.patch(&own, editor).await.problem(403, "role_too_low");
        who.delete(&document).await.problem(403, "role_too_low");
    }
    // What the append path will be told at commit.
    let table = "select role from members where role <> 'owner'";
    assert_eq!(query(&server, table).await, ["viewer", "viewer"]);
    server.stop().await;
}

#[tokio::test]
async fn nobody_loses_a_better_role_by_taking_up_a_link() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let (viewers, viewer) = ada.link(&document, json!({ "role": "viewer" })).await;
    let (editors, editor) = ada.link(&document, json!({ "role": "editor" })).await;
    assert_eq!(redeem(&ada, &editor, None).await.expect(200).text_at("role"), "owner");
    assert_eq!(role(&ada, &document).await, "owner");

    assert_eq!(redeem(&bob, &viewer, None).await.expect(200).text_at("role"), "viewer");
    assert_eq!(redeem(&bob, &editor, None).await.expect(200).text_at("role"), "editor");
    assert_eq!(redeem(&bob, &viewer, None).await.expect(200).text_at("role"), "editor");
    // He is an editor through the second link, and goes with it.
    ada.delete(&format!("{document}/links/{viewers}")).await.expect(204);
    assert_eq!(role(&bob, &document).await, "editor");
    ada.delete(&format!("{document}/links/{editors}")).await.expect(204);
    bob.get(&document).await.problem(404, "document_not_found");
    server.stop().await;
}

#[tokio::test]
async fn whoever_was_invited_before_keeps_his_place_when_a_link_ends() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "viewer").await;
    let (link, secret) = ada.link(&document, json!({ "role": "editor" })).await;
    redeem(&bob, &secret, None).await.expect(200);
    assert_eq!(role(&bob, &document).await, "editor");
    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    assert_eq!(role(&bob, &document).await, "viewer");

    let (_, secret) = ada.link(&document, json!({ "role": "editor", "expires_in": 3600 })).await;
    redeem(&bob, &secret, None).await.expect(200);
    assert_eq!(role(&bob, &document).await, "editor");
    change(&server, "update links set expires_at = 1").await;
    assert_eq!(role(&bob, &document).await, "viewer");
    server.stop().await;
}

#[tokio::test]
async fn whoever_came_through_a_link_can_be_made_a_member_in_his_own_right() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let (link, secret) = ada.link(&document, json!({ "role": "viewer" })).await;
    redeem(&bob, &secret, None).await.expect(200);
    ada.invite(&document, &bob, "viewer").await;
    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    assert_eq!(role(&bob, &document).await, "viewer");
    server.stop().await;
}

#[tokio::test]
async fn an_ended_link_lets_nobody_in_and_nobody_stay() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let eve = server.person("eve").await;
    let document = ada.create("mine").await;
    let (link, revoked) = ada.link(&document, json!({ "role": "editor", "guests": true })).await;
    let (_, expired) = ada.link(&document, json!({ "role": "editor", "expires_in": 60 })).await;
    redeem(&bob, &revoked, None).await.expect(200);
    redeem(&eve, &expired, None).await.expect(200);
    let stranger = server.stranger();
    let guest = stranger.holding(redeem(&stranger, &revoked, Some("Grace")).await.expect(201));

    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    ada.delete(&format!("{document}/links/{link}")).await.problem(404, "link_not_found");
    change(&server, "update links set expires_at = 1 where expires_at is not null").await;
    for who in [&bob, &eve, &guest] {
        who.get(&document).await.problem(404, "document_not_found");
        let list = who.get("/api/documents").await;
        assert_eq!(list.expect(200).body["documents"], json!([]));
    }
    for secret in [revoked.as_str(), &expired, "", "x", &revoked[1..]] {
        redeem(&bob, secret, None).await.problem(404, "link_not_found");
        redeem(&stranger, secret, Some("Grace")).await.problem(404, "link_not_found");
    }
    let list = ada.get(&format!("{document}/links")).await;
    assert_eq!(list.expect(200).body["links"], json!([]));
    assert_eq!(query(&server, "select name from users where kind = 'guest'").await, ["Grace"]);
    server.stop().await;
}

#[tokio::test]
async fn guests_come_only_where_the_owner_lets_them() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let (_, closed) = ada.link(&document, json!({ "role": "viewer" })).await;
    let (_, open) = ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
    let stranger = server.stranger();
    redeem(&stranger, &closed, Some("Grace")).await.problem(403, "guests_not_allowed");
    redeem(&stranger, &open, None).await.problem(401, "login_required");
    redeem(&stranger, &open, Some("")).await.problem(422, "invalid_name");
    redeem(&stranger, &open, Some("a\u{1b}[2Jb")).await.problem(422, "invalid_name");
    assert_eq!(query(&server, "select name from users where kind = 'guest'").await, [""; 0]);
    let guest = stranger.holding(redeem(&stranger, &open, Some("Grace")).await.expect(201));
    guest.get(&document).await.expect(200);
    // Not even one who is a guest elsewhere.
    redeem(&guest, &closed, None).await.problem(403, "guests_not_allowed");
    redeem(&guest, &open, None).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_link_says_what_it_is_and_is_bounded() {
    let server = TestServer::with_people(|people| people.quotas.creations.count = 1000).await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let links = format!("{document}/links");
    let asked = json!({ "role": "editor", "label": " for the class ", "expires_in": 86400 });
    let made = ada.post(&links, asked).await;
    assert_eq!(made.expect(201).text_at("label"), "for the class");
    assert_ne!(made.text_at("expires_at"), "");
    for wrong in [
        json!({ "role": "viewer", "expires_in": 0 }),
        json!({ "role": "viewer", "expires_in": -5 }),
        json!({ "role": "viewer", "expires_in": u64::MAX }),
    ] {
        ada.post(&links, wrong).await.problem(422, "invalid_body");
    }
    let label = json!({ "role": "viewer", "label": "n".repeat(65) });
    ada.post(&links, label).await.problem(422, "invalid_name");
    for _ in 1..100 {
        ada.link(&document, json!({ "role": "viewer" })).await;
    }
    ada.post(&links, json!({ "role": "viewer" })).await.problem(409, "too_many_links");
    server.stop().await;
}

#[tokio::test]
async fn a_link_to_a_document_in_the_trash_leads_nowhere() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let (_, secret) = ada.link(&document, json!({ "role": "viewer" })).await;
    ada.delete(&document).await.expect(204);
    redeem(&bob, &secret, None).await.problem(404, "link_not_found");
    ada.post(&format!("{document}/restore"), json!({})).await.expect(204);
    redeem(&bob, &secret, None).await.expect(200);
    server.stop().await;
}
