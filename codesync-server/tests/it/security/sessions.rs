//! Logins: seen and ended by their users, and ended by whatever takes the trust away.

use serde_json::json;

use crate::support::TestServer;
use crate::support::api::{PASSWORD, Someone};

async fn is_in(who: &Someone) -> bool {
    let answer = who.get("/api/users/me").await;
    if answer.status == 200 {
        return true;
    }
    answer.problem(401, "session_ended");
    false
}

#[tokio::test]
async fn a_logout_ends_the_login_at_once() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let other = server.stranger().log_in("ada").await;
    assert!(is_in(&ada).await && is_in(&other).await);
    ada.post("/api/auth/logout", json!({})).await.expect(204);
    assert!(!is_in(&ada).await && is_in(&other).await);
    let token = json!({ "refresh_token": ada.refresh });
    server.stranger().post("/api/auth/refresh", token).await.problem(401, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn a_refresh_token_is_enough_to_log_out_once_and_more() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let token = json!({ "refresh_token": ada.refresh });
    for _ in 0..2 {
        server.stranger().post("/api/auth/logout", token.clone()).await.expect(204);
        assert!(!is_in(&ada).await);
    }
    let stranger = server.stranger();
    stranger.post("/api/auth/logout", json!({})).await.problem(401, "login_required");
    server.stop().await;
}

#[tokio::test]
async fn people_see_and_end_their_own_logins_and_no_others() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let laptop = server.stranger().with("user-agent", "laptop").log_in("ada").await;
    let eve = server.person("eve").await;
    let list = ada.get("/api/users/me/sessions").await;
    let sessions = list.expect(200).body["sessions"].as_array().expect("a list").clone();
    assert_eq!(sessions.len(), 2, "{}", list.text);
    let is_current = |session: &serde_json::Value| session["current"] == json!(true);
    let current: Vec<_> = sessions.iter().filter(|session| is_current(session)).collect();
    assert_eq!((current.len(), &current[0]["id"]), (1, &json!(ada.session)));
    assert!(sessions.iter().any(|session| session["agent"] == json!("laptop")), "{}", list.text);
    assert!(sessions.iter().all(|session| session["address"] == json!("127.0.0.1")));

    let path = format!("/api/users/me/sessions/{}", laptop.session);
    eve.delete(&path).await.problem(404, "session_not_found");
    eve.delete("/api/users/me/sessions/nonsense").await.problem(404, "session_not_found");
    assert!(is_in(&laptop).await);
    ada.delete(&path).await.expect(204);
    ada.delete(&path).await.problem(404, "session_not_found");
    assert!(!is_in(&laptop).await && is_in(&ada).await && is_in(&eve).await);
    server.stop().await;
}

#[tokio::test]
async fn all_other_logins_end_with_one_word() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let others = [server.stranger().log_in("ada").await, server.stranger().log_in("ada").await];
    let eve = server.person("eve").await;
    ada.delete("/api/users/me/sessions").await.expect(204);
    for other in &others {
        assert!(!is_in(other).await);
    }
    assert!(is_in(&ada).await && is_in(&eve).await);
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_every_login_and_begins_one() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let other = server.stranger().log_in("ada").await;
    let change = |current: &str, new: &str| {
        let asked = json!({ "current": current, "new": new });
        let ada = ada.clone();
        async move { ada.post("/api/auth/password", asked).await }
    };
    change("not the password", "another password").await.problem(401, "wrong_credentials");
    change(PASSWORD, "password123").await.problem(422, "invalid_password");
    assert!(is_in(&ada).await && is_in(&other).await);

    let answer = change(PASSWORD, "another password").await;
    let new = ada.holding(answer.expect(200));
    assert!(!is_in(&ada).await && !is_in(&other).await && is_in(&new).await);
    let old = json!({ "login": "ada", "password": PASSWORD });
    server.stranger().post("/api/auth/login", old).await.problem(401, "wrong_credentials");
    let new = json!({ "login": "ada", "password": "another password" });
    server.stranger().post("/api/auth/login", new).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_logins() {
    let server = TestServer::with_people(|people| {
        people.quotas.login.count = 1000;
        people.quotas.logins.count = 1000;
        people.cost =
            codesync_server::password::hashing::Cost { memory_kib: 8, passes: 1, lanes: 1 };
    })
    .await;
    let first = server.person("ada").await;
    for _ in 0..100 {
        server.stranger().log_in("ada").await;
    }
    assert!(!is_in(&first).await, "the oldest one went");
    let last = server.stranger().log_in("ada").await;
    let list = last.get("/api/users/me/sessions").await;
    assert_eq!(list.body["sessions"].as_array().expect("a list").len(), 100);
    server.stop().await;
}

#[tokio::test]
async fn a_name_is_changed_and_a_login_looked_up_exactly() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada.lovelace").await;
    let changed = ada.patch("/api/users/me", json!({ "name": " Ada Lovelace " })).await;
    assert_eq!(changed.expect(200).text_at("name"), "Ada Lovelace");
    ada.patch("/api/users/me", json!({ "name": "a\u{202e}b" })).await.problem(422, "invalid_name");
    let eve = server.person("eve").await;
    let search = async |login: &str| {
        let answer = eve.get(&format!("/api/users?search={login}")).await;
        answer.expect(200).body["users"].clone()
    };
    let found = json!([{ "id": ada.user, "login": "ada.lovelace", "name": "Ada Lovelace" }]);
    assert_eq!(search("Ada.Lovelace").await, found);
    for part in ["", "ada", "ada%25", "ada.lovelac_", "*", "'%20or%20''='"] {
        assert_eq!(search(part).await, json!([]), "{part}");
    }
    server.stop().await;
}
