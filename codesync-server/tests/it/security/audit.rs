//! The audit log: who did what to accounts and permissions, and no secret in it or in any log.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::passwords::query;
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
