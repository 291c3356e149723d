//! A web server with its answers in a tin: for what the real one of these tests, which has no
//! accounts, does not answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use codesync_client::ServerUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    head: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(met, _)| met.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Gives its answers in their order, whatever is asked.
pub(crate) struct Canned {
    pub(crate) url: ServerUrl,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Canned {
    /// Each answer is a status and a body of JSON.
    pub(crate) async fn start(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (met, mut answers) = (requests.clone(), VecDeque::from(answers));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let Some(request) = read(&mut socket).await else { continue };
                met.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let (status, body) = answers.pop_front().unwrap_or((500, String::new()));
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                // Whoever hangs up first has seen enough.
                let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        let url = format!("http://127.0.0.1:{port}").parse().expect("an address");
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let path = head.split(' ').nth(1)?.to_owned();
        let request = Request { path, head: head.to_owned(), body: body.to_owned() };
        let length = request.header("content-length").map_or(Ok(0), str::parse).ok()?;
        if body.len() >= length {
            return Some(request);
        }
    }
}
