//! Hands that are idle, with the clock going as fast as nothing happens: heads and bodies that
//! never end, and connections that nobody uses, are cut.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use codesync_server::config::reach::Reach;
use codesync_server::http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A server that does nothing but wait for a body.
struct Patient {
    socket: TcpStream,
    host: String,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    began: Instant,
}

impl Patient {
    async fn start() -> Self {
        async fn swallow(body: Bytes) -> String {
            body.len().to_string()
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().route("/api/swallow", post(swallow));
        let router = http::protect(routes, Arc::new(Reach::MACHINE));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(http::serve::serve(listener, router, stop.clone()));
        let socket = TcpStream::connect(address).await.expect("connected");
        Self { socket, host: address.to_string(), stop, serving, began: Instant::now() }
    }

    async fn say(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.expect("written");
    }

    /// Everything that is still said, until the server hangs up.
    async fn rest(mut self) -> (String, Duration) {
        let mut said = Vec::new();
        // Cut off without a word is an end, too.
        let _ = self.socket.read_to_end(&mut said).await;
        let after = self.began.elapsed();
        self.stop.cancel();
        self.serving.await.expect("no panic");
        (String::from_utf8_lossy(&said).into_owned(), after)
    }
}

#[track_caller]
fn check(after: Duration, seconds: u64) {
    let expected = Duration::from_secs(seconds);
    let late = expected + Duration::from_secs(5);
    assert!((expected..late).contains(&after), "cut after {after:?}, not {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_has_ten_seconds() {
    let mut patient = Patient::start().await;
    let head = format!("POST /api/swallow HTTP/1.1\r\nhost: {}\r\nx-more: ", patient.host);
    patient.say(&head).await;
    let (_, after) = patient.rest().await;
    check(after, 10);
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_at_all_has_ten_seconds() {
    let (said, after) = Patient::start().await.rest().await;
    assert_eq!(said, "");
    check(after, 10);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_kept_for_ten_seconds() {
    let mut patient = Patient::start().await;
    let request = format!(
        "POST /api/swallow HTTP/1.1\r\nhost: {}\r\ncontent-length: 2\r\n\r\nab",
        patient.host
    );
    patient.say(&request).await;
    let (said, after) = patient.rest().await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("\r\n\r\n2"), "{said}");
    check(after, 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_thirty_seconds() {
    let mut patient = Patient::start().await;
    let begun = format!(
        "POST /api/swallow HTTP/1.1\r\nhost: {}\r\ncontent-length: 99\r\n\r\nab",
        patient.host
    );
    patient.say(&begun).await;
    let (said, after) = patient.rest().await;
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("\"timeout\""), "{said}");
    assert!(after >= Duration::from_secs(30) && after < Duration::from_secs(45), "{after:?}");
}
