//! Requests that are wrong: each is told what is wrong with it, by the right status and a stable
//! code, and nothing of the server's inside.

use std::io::Write as _;
use std::net::SocketAddr;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::TestServer;
use crate::support::api::{Answer, CHEAP, PASSWORD, Someone};

/// Nothing in an answer tells how the server is made, or where it lives.
#[track_caller]
fn check_silent(server: &TestServer, text: &str) {
    let data = server.data().to_str().expect("UTF-8");
    for inside in [data, ".rs", "src/", "sqlx", "sqlite", "serde", "panick", "select ", "root:"] {
        assert!(!text.contains(inside), "{inside} is told: {text}");
    }
}

/// Everything that takes a JSON object, `{d}` being a document's path, with one field it knows and
/// takes a text in.
fn routes() -> Vec<(Method, &'static str, &'static str)> {
    vec![
        (Method::POST, "/api/auth/register", "login"),
        (Method::POST, "/api/auth/login", "login"),
        (Method::POST, "/api/auth/restore", "login"),
        (Method::POST, "/api/auth/refresh", "refresh_token"),
        (Method::POST, "/api/auth/logout", "refresh_token"),
        (Method::POST, "/api/auth/password", "current"),
        (Method::PATCH, "/api/users/me", "name"),
        (Method::DELETE, "/api/users/me", "password"),
        (Method::POST, "/api/documents", "name"),
        (Method::PATCH, "{d}", "name"),
        (Method::POST, "{d}/members", "login"),
        (Method::PATCH, "{d}/members/{user}", "role"),
        (Method::POST, "{d}/links", "label"),
        (Method::POST, "{d}/versions", "name"),
        (Method::POST, "/api/links/redeem", "secret"),
    ]
}

async fn patient_server() -> TestServer {
    TestServer::with_people(|people| {
        people.cost = CHEAP;
        people.quotas.login.count = 100_000;
        people.quotas.logins.count = 100_000;
        people.quotas.user.count = 100_000;
        people.quotas.address.count = 100_000;
    })
    .await
}

#[tokio::test]
async fn a_body_that_is_not_what_a_route_takes_is_refused_everywhere() {
    let server = patient_server().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let deep = "[".repeat(100_000);
    for (method, path, field) in routes() {
        let path = path.replace("{d}", &document).replace("{user}", &ada.user);
        let send = async |kind: &str, body: String| {
            let answer = ada.send_raw(method.clone(), &path, kind, body).await;
            check_silent(&server, &answer.text);
            answer
        };
        let json_type = "application/json";
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            send(kind, "{}".to_owned()).await.problem(415, "unsupported_media_type");
        }
        for broken in ["", "{", "nul", "{'a':1}", "\u{feff}{}"] {
            send(json_type, broken.to_owned()).await.problem(400, "invalid_json");
        }
        let answer = send(json_type, deep.clone()).await;
        assert!([400, 413].contains(&answer.status), "{path}: {}", answer.text);
        let member = |value: &str| format!("{{\"{field}\":{value}}}");
        let twice = format!("{{\"{field}\":\"a\",\"{field}\":\"a\"}}");
        for wrong in [
            "[]".to_owned(),
            "[\"ada\",\"correct horse battery\"]".to_owned(),
            "null".to_owned(),
            "\"text\"".to_owned(),
            "{\"constructor\":1,\"__proto__\":{\"role\":\"owner\"}}".to_owned(),
            member("7"),
            member("{}"),
            member("[\"a\"]"),
            twice,
        ] {
            let answer = send(json_type, wrong.clone()).await;
            assert_eq!(answer.status, 422, "{method} {path} {wrong}: {}", answer.text);
            answer.problem(422, "invalid_body");
        }
    }
    let me = ada.get("/api/users/me").await;
    assert_eq!(me.expect(200).text_at("name"), "ada", "nothing of it was done");
    server.stop().await;
}

#[tokio::test]
async fn names_that_are_too_long_or_cannot_be_seen_are_refused_everywhere() {
    let server = patient_server().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let (_, secret) = ada.link(&document, json!({ "role": "viewer", "guests": true })).await;
    let stranger = server.stranger();
    let versions = format!("{document}/versions");
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(65);
    let bent = ["a\0b", "a\u{1b}]0;b\u{7}", "a\u{202e}b", "a\u{2066}b", "a\u{e0041}b", "\u{200b}"];
    let long = ["n".repeat(65), "n".repeat(10_000), family];
    for name in bent.into_iter().map(str::to_owned).chain(long).chain([String::new()]) {
        let guest = json!({ "secret": secret, "name": name });
        let registered = json!({ "login": "eve", "password": PASSWORD, "name": name });
        for answer in [
            ada.post("/api/documents", json!({ "name": name })).await,
            ada.patch(&document, json!({ "name": name })).await,
            ada.patch("/api/users/me", json!({ "name": name })).await,
            ada.post(&versions, json!({ "name": name })).await,
            stranger.post("/api/links/redeem", guest).await,
            stranger.post("/api/auth/register", registered).await,
        ] {
            answer.problem(422, "invalid_name");
            check_silent(&server, &answer.text);
        }
    }
    let login = json!({ "login": "x".repeat(65), "password": PASSWORD });
    stranger.post("/api/auth/register", login).await.problem(422, "invalid_login");
    server.stop().await;
}

/// Asks with a target that no client library would send, and reads the answer to its end.
async fn ask(server: &TestServer, who: &Someone, method: &str, target: &str) -> (u16, String) {
    let access = who.access.as_deref().unwrap_or_default();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {access}\r\nconnection: close\r\n\r\n",
        server.address
    );
    say(server.address, head.as_bytes()).await
}

async fn say(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.expect("connected");
    // A server that has heard enough hangs up while we still speak.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    status_and_rest(&answer)
}

fn status_and_rest(answer: &[u8]) -> (u16, String) {
    let answer = String::from_utf8_lossy(answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer: {answer:?}")), answer)
}

#[tokio::test]
async fn an_id_that_is_a_path_leads_nowhere() {
    let server = patient_server().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let id = document.rsplit_once('/').expect("an id").1;
    let odd = [
        "..".to_owned(),
        ".".to_owned(),
        "%2e%2e".to_owned(),
        "..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "%2fetc%2fpasswd".to_owned(),
        "..%5c..%5cwindows".to_owned(),
        "%00".to_owned(),
        format!("{id}%00"),
        format!("{id}%20"),
        format!("%2e%2e%2f{id}"),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        id.replace('-', ""),
        id[..35].to_owned(),
        // A digit that is none of ASCII's, and a letter that looks like one of them.
        format!("%EF%BC%90{}", &id[1..]),
        format!("%D0%B0{}", &id[1..]),
        "%ff%fe".to_owned(),
        "a".repeat(8000),
    ];
    for tail in ["", "/content", "/members", "/links", "/history", "/versions", "/blame"] {
        for id in &odd {
            let target = format!("/api/documents/{id}{tail}");
            let (status, answer) = ask(&server, &ada, "GET", &target).await;
            assert!([400, 404].contains(&status), "{target:.80}: {answer}");
            assert!(answer.contains("application/problem+json"), "{target:.80}: {answer}");
            check_silent(&server, &answer);
        }
    }
    for id in &odd {
        for (method, target) in [
            ("DELETE", format!("{document}/members/{id}")),
            ("DELETE", format!("{document}/links/{id}")),
            ("GET", format!("{document}/versions/{id}")),
            ("GET", format!("{document}/history/{id}")),
            ("DELETE", format!("/api/users/me/sessions/{id}")),
        ] {
            let (status, answer) = ask(&server, &ada, method, &target).await;
            assert!([400, 404].contains(&status), "{method} {target:.80}: {answer}");
            check_silent(&server, &answer);
        }
    }
    for target in [
        "/../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/../../Cargo.toml",
        "//etc/passwd",
        "/d/..%2f..%2fetc%2fpasswd/x",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let (status, answer) = ask(&server, &ada, "GET", target).await;
        assert_eq!(status, 404, "{target}: {answer}");
        check_silent(&server, &answer);
    }
    let (status, _) = ask(&server, &ada, "GET", "http://evil.example/api/documents").await;
    assert_eq!(status, 421);
    ada.get(&document).await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn what_the_server_makes_has_a_random_id_that_says_nothing() {
    let server = patient_server().await;
    let ada = server.person("ada").await;
    let document = ada.create("mine").await;
    let (link, _) = ada.link(&document, json!({ "role": "viewer" })).await;
    let version = ada.post(&format!("{document}/versions"), json!({ "name": "first" })).await;
    let id = document.rsplit_once('/').expect("an id").1;
    for id in [id, &link, &ada.user, &ada.session, &version.expect(201).text_at("id")] {
        let id: uuid::Uuid = id.parse().expect("a UUID");
        assert!([4, 7].contains(&id.get_version_num()), "{id}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let server = patient_server().await;
    server.person("ada").await;
    let asked = json!({ "login": "ada", "password": PASSWORD }).to_string();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(asked.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let sender = server.stranger().with("content-encoding", "gzip");
    let answer = sender.send_raw(Method::POST, "/api/auth/login", "application/json", packed).await;
    answer.problem(400, "invalid_json");
    server.stop().await;
}

#[tokio::test]
async fn a_body_without_an_end_is_refused_long_before_it() {
    let server = patient_server().await;
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        server.address
    );
    socket.write_all(head.as_bytes()).await.expect("written");
    let mut chunk = format!("{:x}\r\n", 16 * 1024).into_bytes();
    chunk.extend(vec![b' '; 16 * 1024]);
    chunk.extend(b"\r\n");
    let (mut reads, mut writes) = socket.split();
    let mut answer = vec![0; 4096];
    let mut sent = 0;
    let read = loop {
        tokio::select! {
            biased;
            read = reads.read(&mut answer) => break read.expect("an answer"),
            written = writes.write_all(&chunk) => {
                written.expect("written");
                sent += chunk.len();
            }
        }
        assert!(sent < 64 * 1024 * 1024, "it never has enough");
    };
    let (status, answer) = status_and_rest(&answer[..read]);
    assert_eq!(status, 413, "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = TestServer::start().await;
    let long = "x".repeat(128 * 1024);
    let head = format!("GET /api/health HTTP/1.1\r\nhost: {}\r\nx: {long}\r\n\r\n", server.address);
    let (status, answer) = say(server.address, head.as_bytes()).await;
    assert_eq!(status, 431, "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn two_readings_of_one_request_are_not_to_be_had() {
    let server = TestServer::start().await;
    for ambiguous in [
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        "content-length: 2\r\ntransfer-encoding: chunked, identity\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
        "content-length: -1\r\n\r\n{}",
    ] {
        let head = format!(
            "POST /api/documents HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nconnection: close\r\n{ambiguous}",
            server.address
        );
        let (status, answer) = say(server.address, head.as_bytes()).await;
        assert_eq!(status, 400, "{ambiguous:?}: {answer}");
    }
    let list: Answer = server.stranger().get("/api/documents").await;
    assert_eq!(list.expect(200).body["documents"], Value::Array(Vec::new()));
    server.stop().await;
}
