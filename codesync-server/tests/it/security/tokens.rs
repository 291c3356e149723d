//! Access and refresh tokens at the door. How they are read is tested beside the code.

use std::time::Duration;

use codesync_server::tokens::access::ACCESS_LIFE;
use codesync_server::tokens::keys::Keys;
use serde_json::json;

use super::passwords::query;
use crate::support::TestServer;
use crate::support::api::{PASSWORD, Someone};

pub(super) fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970")
}

/// The keys that a server made for itself.
pub(super) fn keys(server: &TestServer) -> Keys {
    let secret = std::fs::read(server.data().join("token.secret")).expect("a secret");
    Keys::new(&secret, None).expect("good enough")
}

#[tokio::test]
async fn without_a_token_nothing_is_shown() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let stranger = server.stranger();
    for path in [
        "/api/documents",
        "/api/documents/trash",
        &document,
        &format!("{document}/content"),
        &format!("{document}/members"),
        &format!("{document}/links"),
        "/api/users/me",
        "/api/users/me/sessions",
        "/api/users?search=ada",
    ] {
        let answer = stranger.get(path).await;
        answer.problem(401, "login_required");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn forged_and_expired_tokens_let_nobody_in() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let access = ada.access.clone().expect("a token");
    let ask = async |token: &str| ada.showing(token).get("/api/users/me").await;
    ask(&access).await.expect(200);
    // A refresh token is no access token.
    ask(&ada.refresh).await.problem(401, "invalid_token");
    let (message, signature) = access.rsplit_once('.').expect("three parts");
    ask(&format!("{message}.")).await.problem(401, "invalid_token");
    ask(&format!("{message}.{}", signature.to_lowercase())).await.problem(401, "invalid_token");
    ask("").await.problem(401, "invalid_token");
    let (user, session) = (ada.user.parse().expect("an id"), ada.session.parse().expect("an id"));
    let strange = Keys::new(b"Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o", None).expect("keys");
    let forged = strange.sign(user, session, 0, now()).expect("signed");
    ask(&forged).await.problem(401, "invalid_token");
    let sign = |at| keys(&server).sign(user, session, 0, at).expect("signed");
    ask(&sign(now() - ACCESS_LIFE)).await.problem(401, "token_expired");
    ask(&sign(now() + Duration::from_secs(120))).await.problem(401, "invalid_token");
    // Well signed, but for another's session, or for none.
    let eve = server.person("eve").await;
    let other = eve.user.parse().expect("an id");
    let token = keys(&server).sign(other, session, 0, now()).expect("signed");
    ask(&token).await.problem(401, "session_ended");
    let session = codesync_server::ids::SessionId::from_bytes([7; 16]);
    let token = keys(&server).sign(user, session, 0, now()).expect("signed");
    ask(&token).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_shown_in_one_place_only() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let access = ada.access.clone().expect("a token");
    let stranger = server.stranger();
    stranger.get(&format!("/api/users/me?access_token={access}")).await.expect(401);
    let cookie = format!("access_token={access}; codesync-access={access}");
    stranger.with("cookie", &cookie).get("/api/users/me").await.expect(401);
    for scheme in ["Basic", "Token"] {
        let shown = stranger.with("authorization", &format!("{scheme} {access}"));
        shown.get("/api/users/me").await.problem(401, "invalid_token");
    }
    let shown = stranger.with("authorization", &format!("bearer {access}"));
    shown.get("/api/users/me").await.expect(200);
    server.stop().await;
}

async fn refresh(who: &Someone, token: &str) -> crate::support::api::Answer {
    who.post("/api/auth/refresh", json!({ "refresh_token": token })).await
}

#[tokio::test]
async fn a_refresh_token_is_replaced_at_each_use() {
    let server = TestServer::with_accounts().await;
    let first = server.person("ada").await;
    let stranger = server.stranger();
    let second = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(second.session, first.session);
    second.get("/api/users/me").await.expect(200);
    let third = stranger.holding(refresh(&stranger, &second.refresh).await.expect(200));
    assert_ne!(third.refresh, second.refresh);
    server.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let server = TestServer::with_accounts().await;
    let first = server.person("ada").await;
    let stranger = server.stranger();
    let lost = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    let again = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    assert_eq!(again.refresh, lost.refresh);
    refresh(&stranger, &again.refresh).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_token_that_was_used_before_ends_the_session_for_everybody() {
    let server = TestServer::with_accounts().await;
    let first = server.person("ada").await;
    let stranger = server.stranger();
    let second = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    let third = stranger.holding(refresh(&stranger, &second.refresh).await.expect(200));
    third.get("/api/users/me").await.expect(200);
    refresh(&stranger, &first.refresh).await.problem(401, "session_ended");
    refresh(&stranger, &third.refresh).await.problem(401, "session_ended");
    third.get("/api/users/me").await.problem(401, "session_ended");
    let noted = query(&server, "select action from audit where action = 'token.reused'").await;
    assert_eq!(noted.len(), 1);
    // Her other logins go on.
    stranger.log_in("ada").await.get("/api/users/me").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_stolen_token_is_good_for_nothing_once_its_successor_is_in_use() {
    let server = TestServer::with_accounts().await;
    let first = server.person("ada").await;
    let stranger = server.stranger();
    let second = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    second.get("/api/users/me").await.expect(200);
    // Two windows that ask at once are still given the same answer.
    let window = stranger.holding(refresh(&stranger, &first.refresh).await.expect(200));
    assert_eq!(window.refresh, second.refresh);
    change(&server, "update sessions set used_at = used_at - 11000").await;
    refresh(&stranger, &first.refresh).await.problem(401, "session_ended");
    refresh(&stranger, &second.refresh).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn a_guessed_refresh_token_opens_nothing() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let stranger = server.stranger();
    let (_, secret) = ada.refresh.split_once('.').expect("two parts");
    for guess in ["", "x", secret, &format!("00000000-0000-4000-8000-000000000000.{secret}")] {
        refresh(&stranger, guess).await.problem(401, "session_ended");
    }
    refresh(&stranger, &ada.refresh).await.expect(200);
    stranger.post("/api/auth/refresh", json!({})).await.problem(401, "login_required");
    server.stop().await;
}

#[tokio::test]
async fn a_refresh_token_is_not_kept_as_it_is() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let (_, secret) = ada.refresh.split_once('.').expect("two parts");
    let kept = query(&server, "select hex(refresh_hash) from sessions").await;
    assert_eq!(kept.len(), 1);
    for name in ["codesync.sqlite3", "codesync.sqlite3-wal"] {
        let database = std::fs::read(server.data().join(name)).expect("a file");
        assert!(!database.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    server.stop().await;
}

/// Changes the server's database while it runs, as only time could.
pub(crate) async fn change(server: &TestServer, sql: &'static str) {
    let path = server.data().join("codesync.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
    sqlx::query(sql).execute(&mut connection).await.expect("changed");
    sqlx::Connection::close(connection).await.expect("closed");
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_without_use_and_ninety_days_with_it() {
    const DAY: &str = "86400000";
    assert_eq!(DAY, (24 * 60 * 60 * 1000).to_string());
    let server = TestServer::with_accounts().await;
    let stranger = server.stranger();
    let ada = server.person("ada").await;
    change(&server, "update sessions set used_at = used_at - 13 * 86400000").await;
    let ada = stranger.holding(refresh(&stranger, &ada.refresh).await.expect(200));
    change(&server, "update sessions set used_at = used_at - 14 * 86400000").await;
    refresh(&stranger, &ada.refresh).await.problem(401, "session_ended");

    let ada = stranger.log_in("ada").await;
    change(&server, "update sessions set expires_at = expires_at - 89 * 86400000").await;
    let ada = stranger.holding(refresh(&stranger, &ada.refresh).await.expect(200));
    change(&server, "update sessions set expires_at = expires_at - 86400000").await;
    refresh(&stranger, &ada.refresh).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_people_logged_in() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start =
        || TestServer::start_in(folder.path(), |options| options.people = Some(Default::default()));
    let server = start().await;
    let ada = server.person("ada").await;
    server.stop().await;
    let server = start().await;
    let ada = ada.at(&server);
    ada.get("/api/users/me").await.expect(200);
    refresh(&server.stranger(), &ada.refresh).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_accounts_takes_no_tokens() {
    let server = TestServer::start().await;
    let stranger = server.stranger();
    stranger.showing("anything").get("/api/documents").await.problem(401, "invalid_token");
    stranger.get("/api/users/me").await.expect(200);
    for path in ["register", "login", "refresh", "logout", "password", "restore"] {
        let asked = match path {
            "refresh" | "logout" => json!({}),
            "password" => json!({ "current": PASSWORD, "new": PASSWORD }),
            _ => json!({ "login": "ada", "password": PASSWORD }),
        };
        let answer = stranger.post(&format!("/api/auth/{path}"), asked).await;
        answer.problem(404, "no_accounts");
    }
    server.stop().await;
}
