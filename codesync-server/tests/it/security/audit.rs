//! The audit log: who did what to accounts and permissions, and no secret in it or in any log.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;

use super::passwords::query;
use super::tokens::change;
use crate::support::TestServer;
use crate::support::api::{PASSWORD, Someone};
use crate::support::process::logged_with;

#[tokio::test]
async fn what_happens_to_accounts_and_permissions_is_written_down() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let wrong = json!({ "login": "ada", "password": "not the password" });
    server.stranger().post("/api/auth/login", wrong).await.expect(401);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "viewer").await;
    let path = format!("{document}/members/{}", bob.user);
    ada.patch(&path, json!({ "role": "editor" })).await.expect(200);
    ada.delete(&path).await.expect(204);
    let (link, secret) = ada.link(&document, json!({ "role": "viewer" })).await;
    bob.post("/api/links/redeem", json!({ "secret": secret })).await.expect(200);
    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    ada.delete(&document).await.expect(204);
    ada.post(&format!("{document}/restore"), json!({})).await.expect(204);
    bob.post("/api/auth/logout", json!({})).await.expect(204);
    let change = json!({ "current": PASSWORD, "new": "another password" });
    ada.post("/api/auth/password", change).await.expect(200);

    let actions = query(&server, "select action from audit order by at, rowid").await;
    assert_eq!(
        actions,
        [
            "user.registered",
            "login.succeeded",
            "user.registered",
            "login.succeeded",
            "login.failed",
            "member.added",
            "member.changed",
            "member.removed",
            "link.made",
            "link.redeemed",
            "link.revoked",
            "document.trashed",
            "document.restored",
            "sessions.ended",
            "password.changed",
            "login.succeeded",
        ]
    );
    let addresses = "select distinct address from audit";
    assert_eq!(query(&server, addresses).await, ["127.0.0.1"]);
    let whole = "select hex(id) || coalesce(detail, '') || action from audit";
    for secret in [PASSWORD, "another password", &secret, &ada.refresh, "text"] {
        assert!(!query(&server, whole).await.concat().contains(secret));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_text_that_is_taken_out_replaced_or_put_back_is_written_down() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let content = format!("{document}/content");
    ada.invite(&document, &bob, "viewer").await;
    // Told once within the hour, whatever revision it is.
    for path in [content.clone(), content.clone(), format!("{content}?revision=0")] {
        bob.get(&path).await.expect(200);
    }
    let known = ada.with("if-none-match", "\"1\"");
    known.get(&content).await.expect(304);
    ada.get(&content).await.expect(200);
    let write =
        async |who: &Someone| who.send_raw(Method::PUT, &content, "text/plain", "canary\n").await;
    write(&bob).await.problem(403, "role_too_low");
    write(&ada).await.expect(200);
    let put_back = format!("{document}/history/1/restore");
    bob.post(&put_back, json!({})).await.problem(403, "role_too_low");
    ada.post(&put_back, json!({})).await.expect(200);
    let named = ada.post(&format!("{document}/versions"), json!({ "name": "v" })).await;
    let version = named.expect(201).text_at("id");
    ada.post(&format!("{document}/versions/{version}/restore"), json!({})).await.expect(200);
    ada.delete(&document).await.expect(204);
    bob.get(&content).await.problem(404, "document_not_found");

    let rows = "select action || ': ' || detail || ', ' || login || ' at ' || address from audit join users on users.id = user_id where audit.document is not null and action not like 'member.%' order by at, audit.rowid";
    assert_eq!(
        query(&server, rows).await,
        [
            "content.exported: revision 1, bob at 127.0.0.1",
            "content.exported: revision 1, ada at 127.0.0.1",
            "content.replaced: revision 2, made from 1, ada at 127.0.0.1",
            "content.put_back: revision 3, as it was at 1, ada at 127.0.0.1",
            "content.put_back: revision 3, as it was at 3, ada at 127.0.0.1",
            "document.trashed: , ada at 127.0.0.1",
        ]
    );
    let whole = "select detail || action from audit";
    assert!(!query(&server, whole).await.concat().contains("canary"));
    let documents = "select distinct hex(document) from audit where action like 'content.%'";
    let (_, id) = document.rsplit_once('/').expect("an id");
    assert_eq!(query(&server, documents).await, [id.replace('-', "").to_uppercase()]);
    server.stop().await;
}

#[tokio::test]
async fn a_text_that_cannot_be_written_down_as_taken_out_stays_in() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let content = format!("{}/content", ada.create("mine").await);
    change(&server, "alter table audit rename to gone").await;
    let answer = ada.get(&content).await;
    answer.problem(503, "unavailable");
    assert!(!answer.text.contains("audit"), "{}", answer.text);
    change(&server, "alter table gone rename to audit").await;
    ada.get(&content).await.expect(200);
    let exports = query(&server, "select action from audit where action like '%exported'").await;
    assert_eq!(exports.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_change_that_was_refused_is_not_written_down() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let own = format!("{document}/members/{}", ada.user);
    ada.delete(&own).await.problem(409, "last_owner");
    let rows = query(&server, "select action from audit where action like 'member.%'").await;
    assert_eq!(rows, [""; 0]);
    server.stop().await;
}

#[tokio::test]
async fn no_password_token_or_secret_is_ever_logged() {
    for format in ["pretty", "json"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secrets = Arc::new(Mutex::new(vec![
            "canary password".to_owned(),
            "another canary".to_owned(),
            "wrong canary".to_owned(),
        ]));
        let kept = secrets.clone();
        let log = logged_with(folder.path(), format, &["--accounts", "on"], |address| async move {
            let keep = |secret: &str| kept.lock().expect("no panic").push(secret.to_owned());
            let stranger = Someone::stranger(address);
            let asked = json!({ "login": "ada", "password": "canary password" });
            stranger.post("/api/auth/register", asked.clone()).await.expect(202);
            let wrong = json!({ "login": "ada", "password": "wrong canary" });
            stranger.post("/api/auth/login", wrong).await.expect(401);
            let ada = stranger.holding(stranger.post("/api/auth/login", asked).await.expect(200));
            keep(&ada.refresh);
            keep(ada.access.as_deref().expect("a token"));
            let token = json!({ "refresh_token": ada.refresh });
            let ada = stranger.holding(stranger.post("/api/auth/refresh", token).await.expect(200));
            keep(&ada.refresh);
            let document = ada.create("mine").await;
            let (_, secret) =
                ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
            keep(&secret);
            let guest = json!({ "secret": secret, "name": "Grace", "cookie": true });
            let came = stranger.post("/api/links/redeem", guest).await;
            let cookie = came.expect(201).header("set-cookie").to_owned();
            let token = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
            keep(&token);
            let own = stranger.with("cookie", &format!("codesync-refresh={token}"));
            let own = own.with("sec-fetch-site", "same-origin");
            own.post("/api/auth/refresh", json!({})).await.expect(200);
            let change = json!({ "current": "canary password", "new": "another canary" });
            ada.post("/api/auth/password", change).await.expect(200);
        })
        .await;
        assert!(log.contains("registered"), "{log}");
        for secret in secrets.lock().expect("no panic").iter() {
            // Of a refresh token the second half is secret, of an access token the third part.
            let secret = secret.rsplit('.').next().expect("a part");
            assert!(!log.contains(secret), "{secret} was logged");
        }
    }
}
