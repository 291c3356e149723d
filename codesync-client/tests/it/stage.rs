//! A server of its own for every test, and the means to wait for what should come.

use std::path::Path;
use std::time::Duration;

use codesync_client::core::client::State;
use codesync_client::core::{DocumentId, Encoding, TextEdit};
use codesync_client::{NewDocument, Outbox, Rest, ServerUrl, Session, SessionConfig};
use codesync_server::embedded::{Options, bind};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for something that must come. Far more than it takes.
const WAIT: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Server {
    pub(crate) url: ServerUrl,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    /// Starts a server that keeps its documents in this folder, on a free port or a given one.
    pub(crate) async fn start(data: &Path, port: u16) -> Self {
        let mut options = Options::new(data);
        options.port = port;
        let server = bind(options).await.expect("the server starts");
        let port = server.address().port();
        let url = format!("http://127.0.0.1:{port}").parse().expect("an address");
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run(stop.clone()));
        Self { url, stop, running }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.expect("the server goes down in order");
    }

    pub(crate) fn rest(&self) -> Rest {
        Rest::new(self.url.clone())
    }

    pub(crate) async fn document(&self, text: &str) -> DocumentId {
        let document =
            NewDocument { name: "test.txt".into(), text: Some(text.into()), language: None };
        self.rest().create(&document).await.expect("it is created").id
    }

    pub(crate) async fn text(&self, document: DocumentId) -> String {
        self.rest().content(document).await.expect("it is there").text
    }
}

/// A folder that is gone after the test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// A session without anything open.
pub(crate) fn session(server: &ServerUrl, name: &str, outbox: Option<&Path>) -> Session {
    Session::start(SessionConfig {
        server: server.clone(),
        name: name.into(),
        tokens: None,
        outbox: outbox.map(Outbox::at),
    })
}

/// A session with a document whose text is there.
pub(crate) async fn open(
    server: &ServerUrl,
    name: &str,
    outbox: Option<&Path>,
    document: DocumentId,
) -> Session {
    let mut session = session(server, name, outbox);
    session.open(document).expect("it is not open yet");
    until(&mut session, "the text", |s| state(s, document) != State::Loading).await;
    session
}

/// Pumps a session until something is true of it.
pub(crate) async fn until(session: &mut Session, what: &str, is_true: impl Fn(&Session) -> bool) {
    let waiting = async {
        while !is_true(session) {
            session.next().await;
        }
    };
    tokio::time::timeout(WAIT, waiting).await.unwrap_or_else(|_| panic!("waited for {what}"));
}

pub(crate) fn state(session: &Session, document: DocumentId) -> State {
    session.document(document).expect("it is open").status().state
}

pub(crate) fn text(session: &Session, document: DocumentId) -> String {
    session.document(document).expect("it is open").text().to_string()
}

pub(crate) fn insert(session: &mut Session, document: DocumentId, at: usize, text: &str) {
    let edit = TextEdit { range: at..at, text: text.into() };
    session.edit(document, &[edit], Encoding::Scalar).expect("it may be edited");
}

/// Waits until everything typed here is on the server.
pub(crate) async fn saved(session: &mut Session, document: DocumentId) {
    until(session, "everything to be saved", |s| state(s, document) == State::Synchronized).await;
}
