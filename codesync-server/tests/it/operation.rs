//! What operators stand on: the admin port, roles, going down, request ids, the binary's commands.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use codesync_core::protocol::{ServerMessage, ServerSession};
use codesync_server::config::flags::Flags;
use codesync_server::config::reach::Reach;
use codesync_server::config::source::Environment;
use codesync_server::config::{Config, Role};
use codesync_server::server::{self, Tuning};
use reqwest::StatusCode;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::editor::Editor;
use crate::support::process::ServerProcess;
use crate::support::raw::Raw;
use crate::support::{PATIENCE, create, eventually};

/// A server with an admin port.
struct Operated {
    address: SocketAddr,
    admin: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Operated {
    async fn start(choose: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().to_str().expect("UTF-8");
        let flags = Flags::of([("data", data), ("port", "0"), ("admin-port", "0")]);
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let mut config = Config::read(&flags, &Environment::new([], &nothing)).expect("sound");
        choose(&mut config);
        let server = server::bind(config, Tuning::default()).await.expect("it starts");
        let (address, admin) = (server.address(), server.admin_address().expect("an admin port"));
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.run(stop.clone()));
        Self { address, admin, stop, task, _folder: folder }
    }

    async fn status(&self, address: SocketAddr, path: &str) -> StatusCode {
        reqwest::get(format!("http://{address}{path}")).await.expect("an answer").status()
    }

    async fn metrics(&self) -> String {
        let answer = reqwest::get(format!("http://{}/metrics", self.admin)).await;
        answer.expect("an answer").text().await.expect("text")
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").expect("no panic");
    }
}

/// The number under a name, labels included.
fn number(metrics: &str, name: &str) -> f64 {
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{name} is not in {metrics}")).parse().expect("a number")
}

#[tokio::test]
async fn what_people_do_shows_in_the_numbers() {
    let server = Operated::start(|_| {}).await;
    let id = create(server.address, "counted", "text\n").await;
    let mut editor = Editor::open(server.address, id, "Ada", 1).await;
    editor.append("more").await;
    editor.until_saved().await;
    let metrics = server.metrics().await;
    for (name, least) in [
        ("codesync_sockets", 1.0),
        ("codesync_documents_open", 1.0),
        ("codesync_edits_committed_total", 1.0),
        ("codesync_append_seconds_count", 1.0),
        ("codesync_append_batch_edits_sum", 1.0),
        ("codesync_acknowledgement_seconds_count", 1.0),
        ("codesync_document_load_seconds_count", 1.0),
        ("codesync_joins_total", 1.0),
        (
            "codesync_http_requests_total{method=\"POST\",route=\"/api/documents\",status=\"201\"}",
            1.0,
        ),
    ] {
        assert!(number(&metrics, name) >= least, "{name}: {metrics}");
    }
    assert_eq!(number(&metrics, "codesync_append_conflicts_total"), 0.0);
    assert_eq!(number(&metrics, "codesync_rejects_total{code=\"read_only\"}"), 0.0);
    #[cfg(target_os = "linux")]
    assert!(number(&metrics, "process_resident_memory_bytes") > 1e6);
    server.stop().await;
}

#[tokio::test]
async fn the_manual_explains_every_number() {
    let manual = include_str!("../../../docs/operations.md");
    let server = Operated::start(|_| {}).await;
    // Families show themselves with their first value.
    server.status(server.address, "/api/health").await;
    let metrics = server.metrics().await;
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names: Vec<_> = names.filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(manual.contains(&format!("`{name}`")), "{name} is not in docs/operations.md");
    }
    server.stop().await;
}

#[tokio::test]
async fn numbers_and_documents_have_a_port_each() {
    let server = Operated::start(|_| {}).await;
    assert_eq!(server.status(server.admin, "/livez").await, 200);
    assert_eq!(server.status(server.admin, "/readyz").await, 200);
    assert_eq!(server.status(server.admin, "/api/documents").await, 404);
    assert_eq!(server.status(server.admin, "/socket").await, 404);
    for path in ["/metrics", "/livez", "/readyz"] {
        assert_eq!(server.status(server.address, path).await, 404, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn each_role_serves_what_is_its_own() {
    let api = Operated::start(|config| config.role = Role::Api).await;
    assert_eq!(api.status(api.address, "/api/documents").await, 200);
    assert_eq!(api.status(api.address, "/socket/health").await, 404);
    let websocket = Operated::start(|config| config.role = Role::WebSocket).await;
    assert_eq!(websocket.status(websocket.address, "/socket/health").await, 200);
    assert_eq!(websocket.status(websocket.address, "/api/documents").await, 404);
    assert_eq!(websocket.status(websocket.address, "/").await, 404);
    Raw::greeted(websocket.address).await;
    api.stop().await;
    websocket.stop().await;
}

#[tokio::test]
async fn readiness_turns_red_before_anybody_is_asked_to_leave() {
    let server = Operated::start(|config| {
        config.drain.notice = Duration::from_secs(2);
        config.drain.max = Duration::from_secs(20);
    })
    .await;
    let mut raw = Raw::greeted(server.address).await;
    let began = std::time::Instant::now();
    server.stop.cancel();
    eventually("readiness is red", || async {
        server.status(server.admin, "/readyz").await == 503
    })
    .await;
    assert_eq!(server.status(server.address, "/api/ready").await, 503);
    assert_eq!(server.status(server.address, "/api/health").await, 200);
    assert_eq!(server.status(server.admin, "/livez").await, 200);
    // Whoever comes in this time is still served.
    Raw::greeted(server.address).await;
    raw.until("reconnect", |message| {
        matches!(message, ServerMessage::Session(ServerSession::Reconnect { .. })).then_some(())
    })
    .await;
    assert!(began.elapsed() >= Duration::from_secs(2), "asked after {:?}", began.elapsed());
    server.stop().await;
}

#[tokio::test]
async fn a_request_is_found_again_by_its_id() {
    let listed = vec!["127.0.0.1".parse::<IpAddr>().expect("an address").into()];
    let believing = Operated::start(|config| config.reach.proxies = listed).await;
    let doubting = Operated::start(|config| config.reach = Reach::MACHINE).await;
    let ask = async |server: &Operated, id: &str| {
        let url = format!("http://{}/api/health", server.address);
        let request = reqwest::Client::new().get(url).header("request-id", id);
        let answer = request.send().await.expect("an answer");
        answer.headers()["request-id"].to_str().expect("text").to_owned()
    };
    assert_eq!(ask(&believing, "1-67891233-abcdef").await, "1-67891233-abcdef");
    assert_ne!(ask(&believing, "a b").await, "a b");
    let (first, second) = (ask(&doubting, "mine").await, ask(&doubting, "mine").await);
    assert!(first != "mine" && first != second, "{first} {second}");
    believing.stop().await;
    doubting.stop().await;
}

/// Runs the binary to its end with nothing else in its environment. Its exit code and what it said.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codesync-server"));
    command.env_clear().envs(variables.iter().copied()).args(arguments);
    let output = command.output().expect("the binary runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("UTF-8"))
}

#[test]
fn check_config_says_all_that_is_wrong_and_no_secret() {
    let variables = [
        ("HOME", "/tmp"),
        ("CODESYNC_PORT", "http"),
        ("CODESYNC_DATABSE_URL", "x"),
        ("CODESYNC_REDIS_URL", "canary"),
        ("CODESYNC_JWT_SECRET", "canary"),
    ];
    let (code, said) = run(&["check-config", "--role", "both"], &variables);
    assert_eq!(code, Some(1), "{said}");
    for part in ["5 settings", "--role", "CODESYNC_PORT", "did you mean CODESYNC_DATABASE_URL"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!said.contains("canary"), "{said}");
    let (code, said) = run(&["check-config"], &[("HOME", "/tmp")]);
    assert_eq!((code, said.trim()), (Some(0), "the settings are sound"));
    let (code, said) = run(&["serve", "--port", "http"], &[("HOME", "/tmp")]);
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn healthcheck_tells_a_server_that_answers_from_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = ServerProcess::start(folder.path());
    let port = server.address.port().to_string();
    let home = [("HOME", "/tmp"), ("CODESYNC_PORT", port.as_str())];
    let healthy = run(&["healthcheck"], &home);
    assert_eq!(healthy, (Some(0), String::new()));
    tokio::task::spawn_blocking(move || server.terminate()).await.expect("it ends");
    let (code, said) = run(&["healthcheck"], &home);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).ip().to_string()), "{said}");
}
