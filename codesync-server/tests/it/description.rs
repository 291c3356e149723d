//! The description of the REST interface, as a program and as a person gets it.

use codesync_server::http::api;
use serde_json::Value;

use crate::support::TestServer;

#[tokio::test]
async fn whoever_has_not_logged_in_may_read_the_description() {
    let server = TestServer::with_accounts().await;
    let answer = server.stranger().get("/api/openapi.json").await;
    assert_eq!(answer.expect(200).header("content-type"), "application/json");
    assert_eq!(answer.text, api::json());
    assert_eq!(answer.body["openapi"], "3.1.0");
    server.stop().await;
}

#[tokio::test]
async fn the_page_shows_every_operation_and_wants_nothing_from_elsewhere() {
    let server = TestServer::with_accounts().await;
    let stranger = server.stranger();
    let page = stranger.get("/api/docs").await;
    assert_eq!(page.expect(200).header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let description: Value = serde_json::from_str(&api::json()).expect("JSON");
    for item in description["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(page.text.contains(&format!("<article id=\"{name}\">")), "{name}");
        }
    }
    let style = page.text.split("rel=\"stylesheet\" href=\"").nth(1).expect("a style sheet");
    let style = style.split('"').next().expect("an address");
    let style = stranger.get(style).await;
    assert_eq!(style.expect(200).header("content-type"), "text/css; charset=utf-8");
    server.stop().await;
}
