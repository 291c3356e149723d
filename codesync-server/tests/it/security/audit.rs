//! The audit log: who did what to accounts and permissions, and no secret in it or in any log.

use serde_json::json;

use super::passwords::query;
use crate::support::TestServer;
use crate::support::api::PASSWORD;

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
