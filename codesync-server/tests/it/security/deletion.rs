//! Deleting one's account: proved again, undone within a week, then nothing of the person stays.

use serde_json::{Value, json};

use super::passwords::query;
use super::tokens::change;
use super::trash::keep_house;
use crate::support::TestServer;
use crate::support::api::{PASSWORD, Someone};

async fn delete(who: &Someone, password: &str) -> crate::support::api::Answer {
    let asked = json!({ "password": password });
    who.send(reqwest::Method::DELETE, "/api/users/me", Some(asked)).await
}

async fn log_in(server: &TestServer, path: &str) -> crate::support::api::Answer {
    let asked = json!({ "login": "ada", "password": PASSWORD });
    server.stranger().post(path, asked).await
}

#[tokio::test]
async fn a_deletion_wants_the_password_once_more_and_ends_every_login() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let other = server.stranger().log_in("ada").await;
    delete(&ada, "not the password").await.problem(401, "wrong_credentials");
    let nothing = ada.send(reqwest::Method::DELETE, "/api/users/me", Some(json!({}))).await;
    nothing.problem(401, "wrong_credentials");
    other.get("/api/users/me").await.expect(200);
    delete(&ada, PASSWORD).await.expect(204);
    for who in [&ada, &other] {
        who.get("/api/users/me").await.problem(401, "session_ended");
    }
    log_in(&server, "/api/auth/login").await.problem(403, "deletion_pending");
    let wrong = json!({ "login": "ada", "password": "not the password" });
    let stranger = server.stranger();
    stranger.post("/api/auth/login", wrong.clone()).await.problem(401, "wrong_credentials");
    stranger.post("/api/auth/restore", wrong).await.problem(401, "wrong_credentials");
    server.stop().await;
}

#[tokio::test]
async fn a_deletion_is_undone_within_seven_days() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    delete(&ada, PASSWORD).await.expect(204);
    change(&server, "update users set deleted_at = deleted_at - 6 * 86400000").await;
    keep_house(&server).await;
    let answer = log_in(&server, "/api/auth/restore").await;
    let ada = server.stranger().holding(answer.expect(200));
    ada.get(&document).await.expect(200);
    server.stranger().log_in("ada").await;
    server.stop().await;
}

#[tokio::test]
async fn after_seven_days_nothing_of_the_person_is_left_but_the_text() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (own, shared) = (ada.create("ada's own").await, ada.create("ada's shared").await);
    ada.invite(&shared, &bob, "editor").await;
    // What an editor leaves in a document is his client's row.
    change(
        &server,
        "insert into clients (document, author, client, user_id, person) select documents.id, 1, randomblob(16), users.id, 'Ada Lovelace' from documents, users where documents.name = 'ada''s shared' and users.login = 'ada'",
    )
    .await;
    delete(&ada, PASSWORD).await.expect(204);
    let whole = "select hex(id) || at || hex(user_id) || action || hex(subject) || address || detail from audit order by rowid";
    let written = query(&server, whole).await;
    change(
        &server,
        "update users set deleted_at = deleted_at - 7 * 86400000 where deleted_at is not null",
    )
    .await;
    keep_house(&server).await;
    // What happened is still written down, word for word.
    assert_eq!(query(&server, whole).await[..written.len()], written);

    let logins = "select login from users where login is not null order by login";
    assert_eq!(query(&server, logins).await, ["bob"]);
    assert_eq!(query(&server, "select hex(user_id) from clients").await, ["FF".repeat(16)]);
    let person = "select coalesce(person, 'nobody') from clients";
    assert_eq!(query(&server, person).await, ["nobody"]);
    let left = "select agent from sessions where user_id not in (select id from users)";
    assert_eq!(query(&server, left).await, [""; 0]);
    // What others work on goes on, and belongs to one of them.
    assert_eq!(bob.get(&shared).await.expect(200).body["role"], json!("owner"));
    let text = bob.get(&format!("{shared}/content")).await;
    assert_eq!(text.expect(200).text, "text\n");
    bob.get(&own).await.problem(404, "document_not_found");
    assert_eq!(query(&server, "select name from documents").await, ["ada's shared"]);

    log_in(&server, "/api/auth/restore").await.problem(401, "wrong_credentials");
    // The login is free for somebody else, who gets nothing of hers.
    let new = server.person("ada").await;
    let list = new.get("/api/documents").await;
    assert_eq!(list.expect(200).body["documents"], Value::Array(Vec::new()));
    server.stop().await;
}

#[tokio::test]
async fn a_guest_goes_with_one_word() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let (_, secret) = ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
    let stranger = server.stranger();
    let asked = json!({ "secret": secret, "name": "Grace" });
    let guest = stranger.holding(stranger.post("/api/links/redeem", asked).await.expect(201));
    let nothing = Some(json!({}));
    guest.send(reqwest::Method::DELETE, "/api/users/me", nothing).await.expect(204);
    guest.get(&document).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn guests_whom_nothing_holds_any_more_are_forgotten() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let (link, secret) = ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
    let stranger = server.stranger();
    let asked = json!({ "secret": secret, "name": "Grace" });
    stranger.post("/api/links/redeem", asked).await.expect(201);
    let guests = "select name from users where kind = 'guest'";
    keep_house(&server).await;
    assert_eq!(query(&server, guests).await, ["Grace"]);
    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    keep_house(&server).await;
    assert_eq!(query(&server, guests).await, ["Grace"], "still logged in");
    change(&server, "update sessions set ended_at = 1 where user_id in (select id from users where kind = 'guest')").await;
    keep_house(&server).await;
    assert_eq!(query(&server, guests).await, [""; 0]);
    server.stop().await;
}
