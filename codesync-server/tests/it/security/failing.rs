//! What fails, fails closed, and tells whoever asks no more than a number to report.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use codesync_core::ClientId;
use codesync_core::protocol::{CloseCode, RejectCode};
use codesync_server::config::reach::Reach;
use codesync_server::http::{self, error::ApiError};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tokens::change;
use crate::support::TestServer;
use crate::support::api::{Answer, PASSWORD, Someone};
use crate::support::raw::Raw;

/// A failure of the server's own, about which only its log says more.
#[track_caller]
fn check(answer: &Answer) {
    let Answer { status, text, .. } = answer;
    assert!([500, 503].contains(status), "{text}");
    let code = answer.body["code"].as_str().expect("a code");
    answer.problem(*status, code);
    assert!(["internal_error", "unavailable"].contains(&code), "{text}");
    assert_ne!(answer.header("request-id"), "", "{text}");
    for inside in ["sql", "table", "column", "sessions", "members", "10.0.0.7", "canary", ".rs"] {
        assert!(!text.contains(inside), "{inside} is told: {text}");
    }
}

#[tokio::test]
async fn while_nobody_can_say_who_asks_nobody_is_let_in() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let fresh = server.stranger().log_in("ada").await;
    change(&server, "alter table sessions rename to gone").await;
    check(&fresh.get(&document).await);
    check(&fresh.patch("/api/users/me", json!({ "name": "Eve" })).await);
    let asked = json!({ "login": "ada", "password": PASSWORD });
    check(&server.stranger().post("/api/auth/login", asked).await);
    let mut raw = Raw::silent(server.address).await;
    raw.hello("Ada", fresh.access.as_deref()).await;
    let code = CloseCode::InternalError.number();
    assert_eq!(raw.closed().await, (code, Some(RejectCode::InternalError)));
    change(&server, "alter table gone rename to sessions").await;
    fresh.get(&document).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn while_nobody_can_say_who_may_what_nobody_may() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    change(&server, "alter table members rename to gone").await;
    check(&ada.get(&document).await);
    check(&ada.get(&format!("{document}/content")).await);
    check(&ada.get("/api/documents").await);
    let mut raw = Raw::of(&ada).await;
    let id = document.rsplit_once('/').expect("an id").1.parse().expect("an id");
    let (code, words) = raw.try_join(ClientId::from_bytes([1; 16]), id).await.expect_err("refused");
    assert_eq!(code, RejectCode::DocumentUnavailable);
    assert!(!words.contains("members"), "{words}");
    server.stop().await;
}

#[tokio::test]
async fn a_mistake_of_the_servers_own_is_told_by_its_number_alone() {
    async fn panics() -> &'static str {
        panic!("canary at 10.0.0.7");
    }
    async fn fails() -> ApiError {
        ApiError::Unavailable { cause: "canary: no table sessions at 10.0.0.7".to_owned() }
    }
    let routes = Router::new().route("/api/panics", get(panics)).route("/api/fails", get(fails));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let router = http::protect(routes, Arc::new(Reach::MACHINE));
    let serving = tokio::spawn(http::serve::serve(listener, router, stop.clone()));
    let stranger = Someone::stranger(address);
    let first = stranger.get("/api/panics").await;
    first.problem(500, "internal_error");
    check(&first);
    let second = stranger.get("/api/fails").await;
    second.problem(503, "unavailable");
    check(&second);
    assert_ne!(first.header("request-id"), second.header("request-id"));
    stop.cancel();
    serving.await.expect("no panic");
}
