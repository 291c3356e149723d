//! The few REST calls that a run needs, over one plain connection each.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::DocumentId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ANSWER_MAX: Duration = Duration::from_secs(20);
/// More than the longest document.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Makes a document with this text.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn create(address: SocketAddr, name: &str, text: &str) -> Result<DocumentId> {
    let body = json!({ "name": name, "text": text }).to_string();
    let document: Value =
        serde_json::from_str(&ask(address, "POST", "/api/documents", &body).await?)?;
    let id = document["id"].as_str().context("the new document has no id")?;
    Ok(id.parse()?)
}

/// The text of a document as the server has it.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn content(address: SocketAddr, document: DocumentId) -> Result<String> {
    ask(address, "GET", &format!("/api/documents/{document}/content"), "").await
}

/// The text of a document as it was at a revision.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn content_at(
    address: SocketAddr,
    document: DocumentId,
    revision: u64,
) -> Result<String> {
    ask(address, "GET", &format!("/api/documents/{document}/content?revision={revision}"), "").await
}

/// How many operations a document has seen.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn revision(address: SocketAddr, document: DocumentId) -> Result<u64> {
    let answer = ask(address, "GET", &format!("/api/documents/{document}"), "").await?;
    let document: Value = serde_json::from_str(&answer)?;
    document["revision"].as_u64().context("the document has no revision")
}

/// How many sockets a server holds.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn sockets(address: SocketAddr) -> Result<u64> {
    let health: Value = serde_json::from_str(&ask(address, "GET", "/socket/health", "").await?)?;
    health["sockets"].as_u64().context("the server does not say how many sockets it has")
}

/// A number that a server tells at its admin port.
///
/// # Errors
///
/// If the server does not answer as it should.
pub async fn metric(admin: SocketAddr, name: &str) -> Result<f64> {
    let metrics = ask(admin, "GET", "/metrics", "").await?;
    let number = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    number.with_context(|| format!("the server does not tell {name}"))?.parse().context("a number")
}

async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Result<String> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer is cut off")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        ensure!(status.starts_with('2'), "answered with {status}: {body}");
        Ok(body.to_owned())
    };
    let asked = timeout(ANSWER_MAX, asked).await.context("no answer in time").flatten();
    asked.with_context(|| format!("{method} http://{address}{path}"))
}
