//! Starting where it cannot work: a sentence that names the path or port, and the way out.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use codesync_core::protocol::{ClientMessage, ClientSession, VERSION};
use codesync_server::db::{Database, OpenError, SqliteOptions};
use codesync_server::embedded::{BindError, Options, bind};
use codesync_server::server::StartError;

use crate::support::editor::Editor;
use crate::support::process::{ServerProcess, fails, logged};
use crate::support::raw::Raw;
use crate::support::{TestServer, content, create};

/// What the binary says when it cannot start.
#[track_caller]
fn check_fails(data: &Path, more: &[&str], said: &[&str]) {
    let (status, output) = fails(data, more);
    assert_eq!(status.code(), Some(1), "{output}");
    for part in said {
        assert!(output.contains(part), "{part:?} is not in: {output}");
    }
}

#[test]
fn an_occupied_port_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    check_fails(folder.path(), &["--port", &port], &[&port, "in use", "--port"]);
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        check_fails(folder.path(), &["--port", "0", "--host", host], &[host, "127.0.0.1"]);
    }
}

#[test]
fn a_data_directory_that_is_none_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("UTF-8");
    check_fails(file.path(), &["--port", "0"], &[path, "--data"]);
}

#[test]
fn a_log_filter_that_is_none_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    check_fails(folder.path(), &["--port", "0", "--log", "a=b=c"], &["a=b=c", "info"]);
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_kept_out() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = TestServer::start_in(folder.path(), |_| {}).await;
    let second = bind(Options { port: 0, ..Options::new(folder.path()) }).await;
    let error = second.err().expect("refused");
    assert!(matches!(error, BindError::Start(StartError::DataDir(_))), "{error}");
    let path = folder.path().to_str().expect("UTF-8");
    assert!(error.to_string().contains(path), "{error}");
    first.stop().await;
    bind(Options { port: 0, ..Options::new(folder.path()) }).await.expect("free again");
    server.stop().await;
}

#[tokio::test]
async fn a_damaged_database_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("codesync.sqlite3");
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    let id = server.create("kept", &"text\n".repeat(50_000)).await;
    assert_eq!(content(server.address, id).await.len(), 250_000);
    server.stop().await;

    let sound = fs::read(&path).expect("the file");
    let no_database = b"this was a database once".repeat(400);
    let mut overwritten = sound.clone();
    let middle = overwritten.len() / 2;
    overwritten[middle..middle + 8192].fill(0x5a);
    let torn = sound[..sound.len() / 2].to_vec();
    for damaged in [no_database, overwritten, torn] {
        fs::write(&path, damaged).expect("written");
        let error =
            Database::open_file(&path, SqliteOptions::default()).await.expect_err("damaged");
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        let text = path.to_str().expect("UTF-8");
        check_fails(folder.path(), &["--port", "0"], &[text, "damaged", "backup"]);
    }
    fs::write(&path, sound).expect("written");
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    assert_eq!(content(server.address, id).await.len(), 250_000);
    server.stop().await;
}

#[tokio::test]
async fn a_database_from_the_future_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("log.sqlite3");
    let open = || Database::open_file(&path, SqliteOptions::default());
    open().await.expect("opened").close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .expect("written");
    sqlx::Connection::close(connection).await.expect("closed");
    let error = open().await.expect_err("refused");
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

#[tokio::test]
async fn a_terminated_server_ends_well_and_keeps_everything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = ServerProcess::start(folder.path());
    let id = create(server.address, "kept", "text\n").await;
    let status = tokio::task::spawn_blocking(move || server.terminate()).await.expect("ended");
    assert!(status.success(), "{status}");
    assert!(!folder.path().join("codesync.sqlite3-wal").exists(), "the log was folded in");
    let server = ServerProcess::start(folder.path());
    assert_eq!(content(server.address, id).await, "text\n");
}

#[tokio::test]
async fn no_text_of_a_document_and_no_secret_is_ever_logged() {
    for format in ["pretty", "json"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = logged(folder.path(), format, |address| async move {
            let id = create(address, "secret name", "canary-in-the-import\n").await;
            let mut editor = Editor::open(address, id, "Ada", 1).await;
            editor.append("canary-in-an-edit").await;
            editor.until_saved().await;
            assert!(content(address, id).await.contains("canary"));
            show_secrets(address, &id.to_string()).await;
        })
        .await;
        assert!(log.contains("document created"), "{log}");
        assert!(!log.contains("canary"), "{log}");
        let hidden = |char: char| char.is_control() && char != '\n';
        assert!(!log.contains(hidden), "{log:?}");
    }
}

/// Sends secrets and odd characters everywhere where some are taken, and where none are.
async fn show_secrets(address: SocketAddr, id: &str) {
    let client = reqwest::Client::new();
    let document = format!("http://{address}/api/documents/{id}");
    let asked = [
        client.get(format!("http://{address}/api/documents?cursor=canary&search=canary")),
        client.get(format!("{document}?token=canary")).bearer_auth("canary-in-a-header"),
        client.get(&document).header("cookie", "session=canary-in-a-cookie"),
        client.get(&document).header("request-id", "canary-\u{9b}31m"),
        client.patch(&document).header("content-type", "application/json").body("{\"canary\u{1b}"),
        client.patch(&document).json(&serde_json::json!({ "canary\nfield": "canary" })),
        client.post(format!("http://{address}/api/nowhere")).body("canary-in-a-body"),
    ];
    for request in asked {
        request.send().await.expect("an answer");
    }
    let mut raw = Raw::silent(address).await;
    raw.say(&ClientMessage::Session(ClientSession::Hello {
        version: VERSION,
        name: "canary-name".into(),
        token: Some("canary-in-the-hello".into()),
    }))
    .await;
    raw.send(b"\xffcanary-in-a-frame".to_vec()).await;
    raw.closed().await;
}
