//! The REST interface: each answer, each refusal.

use codesync_server::http::page;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::editor::Editor;

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

fn post(server: &TestServer, body: &Value) -> RequestBuilder {
    Client::new().post(server.url("/api/documents")).json(body)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Expects a problem body with this status and code.
#[track_caller]
fn check_problem(response: Response, status: u16, code: &str) -> impl Future<Output = Value> {
    assert_eq!(response.status(), status);
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    let code = code.to_owned();
    async move {
        let problem: Value = response.json().await.expect("JSON");
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}

#[tokio::test]
async fn health_tells_that_the_server_lives_and_is_ready() {
    let server = TestServer::start().await;
    for path in ["/api/health", "/api/ready", "/socket/health"] {
        let response = send(Client::new().get(server.url(path))).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["status"], "ok");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_document_is_made_found_renamed_and_listed() {
    let server = TestServer::start().await;
    let body = json!({ "name": " Notes.md ", "text": "one\r\ntwo\r\n", "language": "markdown" });
    let response = send(post(&server, &body)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = header(&response, "location").to_owned();
    let made: Value = response.json().await.expect("JSON");
    assert_eq!(location, format!("/api/documents/{}", made["id"].as_str().expect("an id")));
    assert_eq!(made["name"], "Notes.md");
    assert_eq!((&made["line_ending"], &made["bytes"]), (&json!("crlf"), &json!(8)));
    assert_eq!((&made["revision"], &made["language"]), (&json!(1), &json!("markdown")));

    let response = send(Client::new().get(server.url(&location))).await;
    assert_eq!(header(&response, "etag"), "\"1\"");
    let mut found: Value = response.json().await.expect("JSON");
    assert_eq!(found["role"].take(), "owner");
    found.as_object_mut().expect("an object").remove("role");
    assert_eq!(found, made);

    let patch = Client::new().patch(server.url(&location));
    let response = send(patch.json(&json!({ "name": "Ideas", "language": null }))).await;
    let changed: Value = response.json().await.expect("JSON");
    assert_eq!((&changed["name"], &changed["language"]), (&json!("Ideas"), &Value::Null));

    let patch = Client::new().patch(server.url(&location));
    let response = send(patch.json(&json!({ "language": "rust" }))).await;
    let changed: Value = response.json().await.expect("JSON");
    assert_eq!((&changed["name"], &changed["language"]), (&json!("Ideas"), &json!("rust")));

    let response = send(Client::new().get(server.url("/api/documents?search=IDEA"))).await;
    let mut listed: Value = response.json().await.expect("JSON");
    let listed = listed["documents"][0].as_object_mut().expect("it is found");
    assert_eq!(listed.remove("owner").expect("it has one")["name"], "local");
    assert_eq!(json!(listed), changed);
    server.stop().await;
}

#[tokio::test]
async fn an_imported_text_comes_back_with_its_own_line_endings() {
    let server = TestServer::start().await;
    for text in ["", "plain\n", "dos\r\nfile\r\n", "€ 🎉\n", "no end"] {
        let id = server.create("file", text).await;
        assert_eq!(server.content(id).await, text);
    }
    let mixed = server.create("file", "a\r\nb\rc\nd\r\n").await;
    assert_eq!(server.content(mixed).await, "a\r\nb\r\nc\r\nd\r\n");

    let url = server.url(&format!("/api/documents/{mixed}/content"));
    let response = send(Client::new().get(&url)).await;
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(header(&response, "content-disposition"), "attachment");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    let tag = header(&response, "etag").to_owned();
    let response = send(Client::new().get(&url).header("if-none-match", tag)).await;
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    server.stop().await;
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let server = TestServer::start().await;
    for number in 0..7 {
        server.create(&format!("Übung {number}"), "").await;
    }
    server.create("other", "").await;
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/documents?search=%C3%BCbung&limit=3{cursor}");
        let page: Value =
            send(Client::new().get(server.url(&path))).await.json().await.expect("JSON");
        let documents = page["documents"].as_array().expect("a list");
        names.extend(documents.iter().map(|doc| doc["name"].as_str().expect("a name").to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    names.sort();
    let expected: Vec<_> = (0..7).map(|number| format!("Übung {number}")).collect();
    assert_eq!(names, expected);
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_with_a_stable_code() {
    let server = TestServer::start().await;
    let id = server.create("there", "").await;
    let get = |path: &str| send(Client::new().get(server.url(path)));
    check_problem(get("/api/nothing").await, 404, "not_found").await;
    check_problem(get("/nothing").await, 404, "not_found").await;
    check_problem(get("/../../etc/passwd").await, 404, "not_found").await;
    let unknown = "/api/documents/00000000-0000-4000-8000-000000000000";
    check_problem(get(unknown).await, 404, "document_not_found").await;
    check_problem(get(&format!("{unknown}/content")).await, 404, "document_not_found").await;
    for id in ["x", "..%2f..%2fetc%2fpasswd", "%00", "00000000000040008000000000000000", "%ff"] {
        let path = format!("/api/documents/{id}");
        check_problem(get(&path).await, 400, "invalid_document_id").await;
    }
    check_problem(get("/api/documents?limit=0").await, 400, "invalid_query").await;
    check_problem(get("/api/documents?limit=x").await, 400, "invalid_query").await;
    check_problem(get("/api/documents?order=name").await, 400, "invalid_query").await;
    check_problem(get("/api/documents?cursor=x").await, 400, "invalid_cursor").await;
    check_problem(get("/api/documents?search=a%00b").await, 400, "invalid_query").await;
    check_problem(get("/socket").await, 426, "socket_expected").await;

    let put = Client::new().put(server.url(&format!("/api/documents/{id}")));
    check_problem(send(put).await, 405, "method_not_allowed").await;
    let patch = Client::new().patch(server.url(&format!("/api/documents/{id}")));
    let patch = patch.header("if-match", "\"9\"").json(&json!({ "name": "new" }));
    check_problem(send(patch).await, 412, "precondition_failed").await;
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_with_a_stable_code() {
    let server = TestServer::start().await;
    let raw = |kind: &'static str, body: &str| {
        let request = Client::new().post(server.url("/api/documents"));
        send(request.header("content-type", kind).body(body.to_owned()))
    };
    let json_type = "application/json; charset=utf-8";
    check_problem(raw("text/plain", "{}").await, 415, "unsupported_media_type").await;
    check_problem(raw(json_type, "{\"name\":").await, 400, "invalid_json").await;
    check_problem(raw(json_type, "\u{fffd}").await, 400, "invalid_json").await;
    check_problem(raw(json_type, "{}").await, 422, "invalid_body").await;
    check_problem(raw(json_type, "{\"name\":7}").await, 422, "invalid_body").await;
    let owner = "{\"name\":\"n\",\"owner\":\"me\"}";
    let problem = check_problem(raw(json_type, owner).await, 422, "invalid_body").await;
    assert!(problem["detail"].as_str().expect("text").contains("owner"), "{problem}");

    let refused = async |body: Value, status, code| {
        check_problem(send(post(&server, &body)).await, status, code).await;
    };
    refused(json!({ "name": "" }), 422, "invalid_name").await;
    refused(json!({ "name": "\u{1b}[2J" }), 422, "invalid_name").await;
    refused(json!({ "name": "n".repeat(65) }), 422, "invalid_name").await;
    refused(json!({ "name": "n", "language": "<b>" }), 422, "invalid_language").await;
    server.stop().await;
}

#[tokio::test]
async fn a_text_may_have_ten_mebibytes_and_not_one_more() {
    const MAX: usize = 10 * 1024 * 1024;
    let server = TestServer::start().await;
    let text = "x".repeat(MAX - 1) + "\n";
    let id = server.create("full", &text).await;
    assert_eq!(server.content(id).await.len(), MAX);
    let response = send(post(&server, &json!({ "name": "n", "text": "x".repeat(MAX + 1) }))).await;
    check_problem(response, 413, "text_too_large").await;
    let response = send(post(&server, &json!({ "name": "n", "text": "x".repeat(3 * MAX) }))).await;
    check_problem(response, 413, "body_too_large").await;
    server.stop().await;
}

#[tokio::test]
async fn foreign_pages_and_bent_names_are_refused() {
    let server = TestServer::start().await;
    let port = server.address.port();
    let ask = |name: &'static str, value: String| {
        send(Client::new().get(server.url("/api/documents")).header(name, value))
    };
    check_problem(ask("host", format!("evil.example:{port}")).await, 421, "wrong_host").await;
    check_problem(ask("origin", "http://evil.example".into()).await, 403, "wrong_origin").await;
    let response = ask("origin", format!("http://127.0.0.1:{port}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let response = ask("host", format!("localhost:{port}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn the_page_is_served_with_a_strict_policy_and_its_assets_for_ever() {
    let server = TestServer::start().await;
    for path in ["/", "/d/00000000-0000-4000-8000-000000000000"] {
        let response = send(Client::new().get(server.url(path))).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        let policy = header(&response, "content-security-policy").to_owned();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("script-src 'self' 'unsafe"), "{policy}");
        assert_ne!(header(&response, "cache-control"), "");
        let page = response.text().await.expect("text");
        let Some(at) = page.find("/assets/") else { continue };
        let asset = &page[at..at + page[at..].find('"').expect("a quote")];
        let request = Client::new().get(server.url(asset)).header("accept-encoding", "gzip, br");
        let response = send(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{asset}");
        assert!(header(&response, "cache-control").contains("immutable"));
        assert_eq!(header(&response, "vary"), "accept-encoding");
    }
    let response = send(Client::new().request(Method::POST, server.url("/"))).await;
    check_problem(response, 405, "method_not_allowed").await;
    server.stop().await;
}

#[tokio::test]
async fn who_goes_to_a_wrong_address_is_told_in_the_way_that_suits_him() {
    let server = TestServer::start().await;
    let ask = |path: &str, accept: &str| {
        send(Client::new().get(server.url(path)).header("accept", accept))
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    if page::is_built() {
        let response = ask("/no/such/page", browser).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "cache-control"), "no-store");
        let index = send(Client::new().get(server.url("/"))).await.text().await.expect("text");
        assert_eq!(response.text().await.expect("text"), index);
    }
    for (path, accept) in [
        ("/no/such/page", "*/*"),
        ("/no/such/page", "application/json"),
        ("/api/no/such/route", browser),
        ("/socket/no/such/route", browser),
    ] {
        check_problem(ask(path, accept).await, 404, "not_found").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_new_name_reaches_those_who_have_the_document_open() {
    let server = TestServer::start().await;
    let id = server.create("before", "").await;
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let patch = Client::new().patch(server.url(&format!("/api/documents/{id}")));
    assert_eq!(send(patch.json(&json!({ "name": "after" }))).await.status(), StatusCode::OK);
    ada.until("the new name", |ada| ada.replica().name() == "after").await;
    server.stop().await;
}
