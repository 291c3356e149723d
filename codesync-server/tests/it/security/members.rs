//! Members: invited, changed, removed, and never without an owner.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::api::Someone;

async fn roles(who: &Someone, document: &str) -> Vec<(String, String)> {
    let list = who.get(&format!("{document}/members")).await;
    let members = list.expect(200).body["members"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    members.iter().map(|member| (text(&member["name"]), text(&member["role"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

#[tokio::test]
async fn whoever_makes_a_document_owns_it_and_invites_others() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    assert_eq!(roles(&ada, &document).await, pairs(&[("ada", "owner")]));
    ada.invite(&document, &bob, "editor").await;
    assert_eq!(roles(&bob, &document).await, pairs(&[("ada", "owner"), ("bob", "editor")]));
    assert_eq!(bob.get(&document).await.expect(200).body["role"], json!("editor"));
    let members = format!("{document}/members");
    let again = json!({ "login": "bob", "role": "viewer" });
    ada.post(&members, again).await.problem(409, "already_member");
    let nobody = json!({ "login": "nobody", "role": "viewer" });
    ada.post(&members, nobody).await.problem(404, "user_not_found");
    server.stop().await;
}

#[tokio::test]
async fn a_role_is_changed_at_once() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "viewer").await;
    let path = format!("{document}/members/{}", bob.user);
    let rename = json!({ "name": "renamed" });
    bob.patch(&document, rename.clone()).await.problem(403, "role_too_low");
    ada.patch(&path, json!({ "role": "owner" })).await.expect(200);
    bob.patch(&document, rename).await.expect(200);
    bob.patch(&path, json!({ "role": "viewer" })).await.expect(200);
    bob.patch(&path, json!({ "role": "owner" })).await.problem(403, "role_too_low");
    let stranger = "00000000-0000-4000-8000-000000000000";
    let path = format!("{document}/members/{stranger}");
    ada.patch(&path, json!({ "role": "viewer" })).await.problem(404, "member_not_found");
    ada.delete(&path).await.problem(404, "member_not_found");
    ada.delete(&format!("{document}/members/x")).await.problem(404, "member_not_found");
    server.stop().await;
}

#[tokio::test]
async fn the_last_owner_stays() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "editor").await;
    let own = format!("{document}/members/{}", ada.user);
    ada.delete(&own).await.problem(409, "last_owner");
    ada.patch(&own, json!({ "role": "viewer" })).await.problem(409, "last_owner");
    let path = format!("{document}/members/{}", bob.user);
    ada.patch(&path, json!({ "role": "owner" })).await.expect(200);
    ada.delete(&own).await.expect(204);
    ada.get(&document).await.problem(404, "document_not_found");
    bob.delete(&path).await.problem(409, "last_owner");
    server.stop().await;
}

#[tokio::test]
async fn two_owners_who_leave_at_once_do_not_both_go() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    for _ in 0..10 {
        let document = ada.create("ours").await;
        ada.invite(&document, &bob, "owner").await;
        let leave = |who: &Someone| {
            let (who, path) = (who.clone(), format!("{document}/members/{}", who.user));
            async move { who.delete(&path).await.status }
        };
        let mut left = [0, 0];
        (left[0], left[1]) = tokio::join!(leave(&ada), leave(&bob));
        left.sort_unstable();
        assert_eq!(left, [204, 409]);
    }
    server.stop().await;
}

#[tokio::test]
async fn members_leave_by_themselves_and_take_nobody_along() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let eve = server.person("eve").await;
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "editor").await;
    ada.invite(&document, &eve, "viewer").await;
    let of = |who: &Someone| format!("{document}/members/{}", who.user);
    eve.delete(&of(&bob)).await.problem(403, "role_too_low");
    bob.delete(&of(&eve)).await.problem(403, "role_too_low");
    bob.delete(&of(&ada)).await.problem(403, "role_too_low");
    eve.delete(&of(&eve)).await.expect(204);
    eve.get(&document).await.problem(404, "document_not_found");
    assert_eq!(roles(&ada, &document).await, pairs(&[("ada", "owner"), ("bob", "editor")]));
    server.stop().await;
}

#[tokio::test]
async fn logins_are_shown_to_owners_and_names_to_all() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    ada.invite(&document, &bob, "viewer").await;
    let logins = async |who: &Someone| {
        let list = who.get(&format!("{document}/members")).await;
        let members = list.expect(200).body["members"].as_array().expect("a list").clone();
        let login = |member: &Value| member["login"].as_str().map(str::to_owned);
        members.iter().map(login).collect::<Vec<_>>()
    };
    assert_eq!(logins(&ada).await, [Some("ada".to_owned()), Some("bob".to_owned())]);
    assert_eq!(logins(&bob).await, [None, Some("bob".to_owned())]);
    server.stop().await;
}

#[tokio::test]
async fn each_change_of_permissions_is_counted() {
    let server = TestServer::with_accounts().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let document = ada.create("mine").await;
    let access = async || {
        let rows = super::passwords::query(&server, "select cast(access as text) from documents");
        rows.await[0].parse::<u64>().expect("a number")
    };
    let mut before = access().await;
    let path = format!("{document}/members/{}", bob.user);
    let viewer = json!({ "role": "viewer" });
    let (link, secret) = ada.link(&document, viewer.clone()).await;
    let members = format!("{document}/members");
    let revoke = format!("{document}/links/{link}");
    let invite = json!({ "login": "bob", "role": "editor" });
    let secret = json!({ "secret": secret });
    let steps = [
        ("invite", &ada, Method::POST, members.as_str(), Some(invite)),
        ("change", &ada, Method::PATCH, &path, Some(viewer)),
        ("remove", &ada, Method::DELETE, &path, None),
        ("redeem", &bob, Method::POST, "/api/links/redeem", Some(secret)),
        ("revoke", &ada, Method::DELETE, &revoke, None),
        ("trash", &ada, Method::DELETE, &document, None),
    ];
    for (name, who, method, path, body) in steps {
        let answer = who.send(method, path, body).await;
        assert!(answer.status < 300, "{name}: {}", answer.text);
        let after = access().await;
        assert!(after > before, "{name}: {before} and then {after}");
        before = after;
    }
    server.stop().await;
}
