//! The operator's commands, on the database of a running server and of one that is down.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use super::passwords::query;
use crate::support::TestServer;
use crate::support::api::PASSWORD;

/// Runs a command of the binary, with this on its standard input.
fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_codesync-server"))
        .args(arguments)
        .env("CODESYNC_DATA", data)
        .env_remove("CODESYNC_DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn check(data: &Path, arguments: &[&str], input: &str, said: &str) {
    let output = run(data, arguments, input);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(said), "{said:?} is not in {text:?}");
}

#[track_caller]
fn check_fails(data: &Path, arguments: &[&str], input: &str, said: &str) {
    let output = run(data, arguments, input);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(text.contains(said), "{said:?} is not in {text:?}");
}

async fn start(data: &Path) -> TestServer {
    TestServer::start_in(data, |options| options.people = Some(Default::default())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_makes_and_shuts_accounts_while_the_server_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path();
    // The first one before there is a server.
    check(data, &["user", "add", "Ada", "--name", "Ada Lovelace"], PASSWORD, "ada can log in");
    let server = start(data).await;
    let ada = server.stranger().log_in("ada").await;
    let me = ada.get("/api/users/me").await;
    assert_eq!(me.expect(200).text_at("name"), "Ada Lovelace");

    check(data, &["user", "add", "bob"], &format!("{PASSWORD}\n"), "bob can log in");
    check_fails(data, &["user", "add", "bob"], PASSWORD, "taken");
    check_fails(data, &["user", "add", "eve"], "password123", "tried first");
    check_fails(data, &["user", "add", "e v e"], PASSWORD, "a login has");
    check_fails(data, &["user", "add", "eve", PASSWORD], "", "unexpected argument");
    check_fails(data, &["user", "disable", "nobody"], "", "nobody has the login");
    check(data, &["user", "list"], "", "ada\topen\tAda Lovelace\nbob\topen\tbob\n");

    let bob = server.stranger().log_in("bob").await;
    check(data, &["user", "disable", "bob"], "", "1 logins ended");
    let ended = async || bob.get("/api/users/me").await.status == 401;
    crate::support::eventually("the login ends", ended).await;
    let asked = json!({ "login": "bob", "password": PASSWORD });
    let stranger = server.stranger();
    stranger.post("/api/auth/login", asked.clone()).await.problem(403, "account_disabled");
    let wrong = json!({ "login": "bob", "password": "not the password" });
    stranger.post("/api/auth/login", wrong).await.problem(401, "wrong_credentials");
    check(data, &["user", "list"], "", "bob\tshut\t");
    check(data, &["user", "enable", "bob"], "", "bob can log in again");
    stranger.post("/api/auth/login", asked).await.expect(200);

    check(data, &["user", "passwd", "ada"], "another password", "ada has a new password");
    let ended = async || ada.get("/api/users/me").await.status == 401;
    crate::support::eventually("the login ends", ended).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_from_before_there_were_accounts_are_adopted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path();
    let server = TestServer::start_in(data, |_| {}).await;
    let id = server.create("made before", "text\n").await;
    let document = format!("/api/documents/{id}");
    server.stop().await;

    let server = start(data).await;
    let ada = server.person("ada").await;
    ada.get(&document).await.problem(404, "document_not_found");
    server.stranger().get(&document).await.problem(401, "login_required");
    check_fails(data, &["adopt", "nobody"], "", "nobody has the login");
    check(data, &["adopt", "ada"], "", "ada has got 1 documents");
    assert_eq!(ada.get(&document).await.expect(200).body["role"], json!("owner"));
    check(data, &["adopt", "ada"], "", "ada has got 0 documents");
    let members = "select users.login from members join users on users.id = members.user_id";
    assert_eq!(query(&server, members).await, ["ada"]);
    server.stop().await;
}

#[tokio::test]
async fn without_accounts_everything_belongs_to_whoever_sits_there() {
    let server = TestServer::start().await;
    let id = server.create("mine", "").await;
    let local = server.stranger();
    let document = format!("/api/documents/{id}");
    assert_eq!(local.get(&document).await.expect(200).body["role"], json!("owner"));
    let members = local.get(&format!("{document}/members")).await;
    assert_eq!(members.expect(200).body["members"][0]["kind"], json!("local"));
    local.delete(&document).await.expect(204);
    let trash = local.get("/api/documents/trash").await;
    assert_eq!(trash.expect(200).body["documents"][0]["id"], json!(id.to_string()));
    local.post(&format!("{document}/restore"), json!({})).await.expect(204);
    local.get(&document).await.expect(200);
    let link = json!({ "role": "viewer" });
    local.post(&format!("{document}/links"), link).await.problem(404, "no_accounts");
    server.stop().await;
}

#[test]
fn an_address_that_others_can_reach_wants_accounts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let serve = ["serve", "--port", "0", "--host", "0.0.0.0"];
    check_fails(folder.path(), &serve, "", "0.0.0.0 can be reached from other machines");
}
