//! What a document was, over HTTP, while people edit it.

mod content;
mod past;
mod versions;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::editor::Editor;
use codesync_core::DocumentId;

/// A document, and whoever asks about it.
struct Asker<'a> {
    server: &'a TestServer,
    document: DocumentId,
}

impl<'a> Asker<'a> {
    fn of(server: &'a TestServer, document: DocumentId) -> Self {
        Self { server, document }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.server.url(&format!("/api/documents/{}{path}", self.document));
        Client::new().request(method, url)
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.expect("an answer")
    }

    fn put(&self, path: &str, text: &str) -> RequestBuilder {
        let request = self.request(Method::PUT, path);
        request.header("content-type", "text/plain").body(text.to_owned())
    }

    /// A successful answer.
    #[track_caller]
    fn json(&self, path: &str) -> impl Future<Output = Value> {
        let (answer, path) = (self.request(Method::GET, path).send(), path.to_owned());
        async move {
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            answer.json().await.expect("JSON")
        }
    }
}

/// Checks the status and the stable code of a refusal.
async fn refused(response: Response, status: u16, code: &str) -> Value {
    let met = response.status().as_u16();
    let problem: Value = response.json().await.expect("JSON");
    assert_eq!((met, problem["code"].as_str()), (status, Some(code)), "{problem}");
    problem
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_revision_can_be_read() {
    let server = TestServer::start().await;
    let id = server.create("notes", "one\r\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut texts = vec![String::new(), "one\r\n".to_owned()];
    for word in ["two\n", "three\n", "four\n"] {
        ada.append(word).await;
        ada.until_saved().await;
        texts.push(ada.text().replace('\n', "\r\n"));
    }
    for (revision, text) in texts.iter().enumerate() {
        let response = asker.get(&format!("/content?revision={revision}")).await;
        assert_eq!(header(&response, "etag"), format!("\"{revision}\""));
        assert_eq!(response.text().await.expect("text"), *text);
    }
    let known = asker.request(Method::GET, "/content?revision=2").header("if-none-match", "\"2\"");
    assert_eq!(known.send().await.expect("an answer").status(), StatusCode::NOT_MODIFIED);
    refused(asker.get("/content?revision=6").await, 404, "revision_not_found").await;
    refused(asker.get("/content?revision=-1").await, 400, "invalid_query").await;
    refused(asker.get("/content?at=1").await, 400, "invalid_query").await;
    server.stop().await;
}

#[tokio::test]
async fn the_timeline_groups_what_one_did_and_pages_are_one_list() {
    let server = TestServer::start().await;
    let id = server.create("notes", "imported\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut bob = Editor::open(server.address, id, "Bob", 2).await;
    for word in ["a", "bc"] {
        ada.append(word).await;
        ada.until_saved().await;
    }
    bob.until_text("imported\nabc").await;
    bob.edit(0..9, "").await;
    bob.until_saved().await;
    ada.until_text("abc").await;
    ada.append("d").await;
    ada.until_saved().await;

    let short = |group: &Value| {
        let name = group["person"]["name"].as_str().unwrap_or("nobody").to_owned();
        let number = |field: &str| group[field].as_u64().expect("a number");
        let counts = (number("inserted_chars"), number("deleted_chars"));
        (name, number("first_revision"), number("last_revision"), counts)
    };
    let whole = asker.json("/history").await;
    let groups: Vec<_> = whole["groups"].as_array().expect("a list").iter().map(short).collect();
    let expected = [
        ("Ada".to_owned(), 5, 5, (1, 0)),
        ("Bob".to_owned(), 4, 4, (0, 9)),
        ("Ada".to_owned(), 2, 3, (3, 0)),
        ("nobody".to_owned(), 1, 1, (9, 0)),
    ];
    assert_eq!(groups, expected);
    assert_eq!((&whole["next"], &whole["goes_on"]), (&Value::Null, &json!(false)));
    let kinds: Vec<_> = whole["groups"].as_array().expect("a list").iter().collect();
    assert_eq!(kinds[0]["person"]["kind"], "local");
    assert_eq!(kinds[3]["person"]["kind"], "local", "whoever made the document");

    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = asker.json(&format!("/history?limit=1{cursor}")).await;
        paged.extend(page["groups"].as_array().expect("a list").iter().map(short));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, expected);
    refused(asker.get("/history?limit=0").await, 400, "invalid_query").await;
    refused(asker.get("/history?cursor=x").await, 400, "invalid_cursor").await;
    server.stop().await;
}

#[tokio::test]
async fn a_long_timeline_goes_on_where_a_page_has_read_enough() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("notes", "").await;
    let asker = Asker::of(&server, id);
    // Each text takes several entries; all of them are one person's work in one go.
    for n in 0..12 {
        let text = format!("{n}\n").repeat(1_000_000);
        let response = asker.put("/content", &text).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
    }
    let (mut revisions, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = asker.json(&format!("/history?limit=200{cursor}")).await;
        for group in page["groups"].as_array().expect("a list") {
            let number = |field: &str| group[field].as_u64().expect("a number");
            revisions.extend((number("first_revision")..=number("last_revision")).rev());
        }
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(page["goes_on"], true);
        cursor = format!("&cursor={next}");
    }
    let head = revisions[0];
    assert!(pages > 1, "{pages} pages for {head} revisions");
    assert_eq!(revisions, (1..=head).rev().collect::<Vec<_>>());
    server.stop().await;
}

#[tokio::test]
async fn a_revision_says_what_it_changed() {
    let server = TestServer::start().await;
    let id = server.create("notes", "one\ntwö\nthree\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.edit(4..7, "2").await;
    ada.until_saved().await;
    let shown = asker.json("/history/2").await;
    assert_eq!(shown["person"]["name"], "Ada");
    let edit = json!({ "offset": 4, "line": 2, "deleted": "twö", "inserted": "2" });
    assert_eq!(shown["edits"], json!([edit]));
    assert_eq!((&shown["inserted_chars"], &shown["deleted_chars"]), (&json!(1), &json!(3)));
    refused(asker.get("/history/0").await, 404, "revision_not_found").await;
    refused(asker.get("/history/3").await, 404, "revision_not_found").await;
    refused(asker.get("/history/x").await, 400, "invalid_revision").await;
    refused(asker.get("/history/02").await, 400, "invalid_revision").await;
    server.stop().await;
}

#[tokio::test]
async fn two_revisions_are_compared_line_by_line() {
    let server = TestServer::start().await;
    let id = server.create("a file.rs", "one\ntwo\nthree\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    ada.edit(4..8, "2\n2½\n").await;
    ada.until_saved().await;
    let shown = asker.json("/diff?from=1&to=2").await;
    let hunk = json!({ "from_line": 2, "to_line": 2, "removed": ["two"], "added": ["2", "2½"] });
    assert_eq!(shown, json!({ "from": 1, "to": 2, "hunks": [hunk] }));
    assert_eq!(asker.json("/diff?from=2").await["hunks"], json!([]));
    let back = &asker.json("/diff?from=2&to=1").await["hunks"][0];
    assert_eq!((&back["removed"], &back["added"]), (&json!(["2", "2½"]), &json!(["two"])));

    let response = asker.get("/diff?from=1&format=unified").await;
    assert_eq!(header(&response, "content-type"), "text/x-diff; charset=utf-8");
    let unified = response.text().await.expect("text");
    let head = "--- a file.rs\trevision 1\n+++ a file.rs\trevision 2\n";
    assert_eq!(unified, format!("{head}@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2½\n three\n"));
    refused(asker.get("/diff").await, 400, "invalid_query").await;
    refused(asker.get("/diff?from=1&to=3").await, 404, "revision_not_found").await;
    refused(asker.get("/diff?from=1&format=html").await, 400, "invalid_query").await;
    server.stop().await;
}

#[tokio::test]
async fn each_line_has_its_last_writer_at_every_revision() {
    let server = TestServer::start().await;
    let id = server.create("notes", "one\ntwo\nthree\n").await;
    let asker = Asker::of(&server, id);
    let mut ada = Editor::open(server.address, id, "Ada", 1).await;
    let mut bob = Editor::open(server.address, id, "Bob", 2).await;
    ada.edit(4..7, "2").await;
    bob.until_text("one\n2\nthree\n").await;
    bob.append("four\nfive\n").await;
    bob.until_saved().await;
    let runs = async |path: &str| {
        let blame = asker.json(path).await;
        let run = |run: &Value| {
            let name = run["person"]["name"].as_str().unwrap_or("nobody").to_owned();
            let number = |field: &str| run[field].as_u64().expect("a number");
            (number("line"), number("lines"), number("revision"), name)
        };
        blame["runs"].as_array().expect("a list").iter().map(run).collect::<Vec<_>>()
    };
    let (nobody, ada, bob) = ("nobody".to_owned(), "Ada".to_owned(), "Bob".to_owned());
    let imported = |line| (line, 1, 1, nobody.clone());
    assert_eq!(runs("/blame?revision=0").await, []);
    assert_eq!(runs("/blame?revision=1").await, [(1, 3, 1, nobody.clone())]);
    let after_ada = [imported(1), (2, 1, 2, ada.clone()), imported(3)];
    assert_eq!(runs("/blame?revision=2").await, after_ada);
    let now = [imported(1), (2, 1, 2, ada), imported(3), (4, 2, 3, bob)];
    assert_eq!(runs("/blame").await, now);
    refused(asker.get("/blame?revision=4").await, 404, "revision_not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn the_past_of_an_unknown_document_is_not_found() {
    let server = TestServer::start().await;
    let unknown = "00000000-0000-4000-8000-000000000000".parse().expect("an id");
    let asker = Asker::of(&server, unknown);
    let paths = ["/content?revision=1", "/history", "/history/1", "/diff?from=1", "/blame"];
    for path in paths.into_iter().chain(["/versions"]) {
        refused(asker.get(path).await, 404, "document_not_found").await;
    }
    let put = asker.put("/content", "text").send().await.expect("an answer");
    refused(put, 404, "document_not_found").await;
    refused(asker.post("/history/1/restore", Value::Null).await, 404, "document_not_found").await;
    let named = asker.post("/versions", json!({ "name": "v" })).await;
    refused(named, 404, "document_not_found").await;
    server.stop().await;
}
