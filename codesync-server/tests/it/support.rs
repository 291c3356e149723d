//! What the tests stand on: a server on a free port, people who edit, and sockets that misbehave.

pub(crate) mod api;
pub(crate) mod bucket;
pub(crate) mod described;
pub(crate) mod editor;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod raw;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codesync_core::DocumentId;
use codesync_server::embedded::{self, Options};
use codesync_server::ws::SocketLimits;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for something that should happen at once; only a failing test ever waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server in this process.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    data: PathBuf,
    folder: Option<tempfile::TempDir>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server for tests that send more than a person can type.
    pub(crate) async fn start_unlimited() -> Self {
        Self::start_with(|options| {
            options.sockets = SocketLimits {
                messages_per_second: 100_000,
                messages_burst: 100_000,
                bytes_per_second: u32::MAX,
                bytes_burst: u32::MAX,
                joins_per_minute: 100_000,
                joins_burst: 100_000,
                ..SocketLimits::default()
            };
        })
        .await
    }

    pub(crate) async fn start_with(choose: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Self::start_in(folder.path(), choose).await;
        server.folder = Some(folder);
        server
    }

    pub(crate) async fn start_in(data: &Path, choose: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options { port: 0, ..Options::new(data) };
        choose(&mut options);
        let server = embedded::bind(options).await.expect("the server starts");
        let (address, stop) = (server.address(), CancellationToken::new());
        let task = tokio::spawn(server.run(stop.clone()));
        Self { address, stop, task, data: data.to_owned(), folder: None }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The folder that it keeps everything in.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Begins to go down without waiting for the end.
    pub(crate) fn begin_stop(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").expect("no panic");
    }

    /// Makes a document with this text.
    pub(crate) async fn create(&self, name: &str, text: &str) -> DocumentId {
        create(self.address, name, text).await
    }

    /// The text as a download has it.
    pub(crate) async fn content(&self, id: DocumentId) -> String {
        content(self.address, id).await
    }
}

pub(crate) async fn create(address: SocketAddr, name: &str, text: &str) -> DocumentId {
    let body = serde_json::json!({ "name": name, "text": text });
    let request = reqwest::Client::new().post(format!("http://{address}/api/documents"));
    let response = request.json(&body).send().await.expect("an answer");
    assert_eq!(response.status(), 201);
    let document: serde_json::Value = response.json().await.expect("JSON");
    document["id"].as_str().expect("an id").parse().expect("a UUID")
}

pub(crate) async fn content(address: SocketAddr, id: DocumentId) -> String {
    let url = format!("http://{address}/api/documents/{id}/content");
    let response = reqwest::get(url).await.expect("an answer");
    assert_eq!(response.status(), 200);
    response.text().await.expect("text")
}

/// Waits for a condition by asking again and again; for what no event tells about.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let started = std::time::Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::task::yield_now().await;
    }
}

/// Chance for tests that print their seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        // Xorshift64* (Vigna 2016).
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n.max(1)
    }
}
