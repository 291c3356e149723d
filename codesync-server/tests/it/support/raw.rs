//! A socket without manners: it sends what it is told to, and shows what came back.

use std::net::SocketAddr;

use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientSession, RejectCode, SUBPROTOCOL, ServerDocument,
    ServerMessage, ServerSession, VERSION, codec,
};
use codesync_core::{Author, Channel, ClientId, DocumentId, Revision, Seq};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};

use super::PATIENCE;
use super::api::Someone;

pub(crate) struct Raw {
    pub(crate) socket: WebSocketStream<TcpStream>,
    frames: Vec<Vec<u8>>,
}

/// What is remembered of an answered join.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) channel: Channel,
    pub(crate) author: Author,
    pub(crate) head: Revision,
    pub(crate) last_seq: Seq,
    pub(crate) writable: bool,
}

/// Opens a socket as the client library does.
pub(crate) async fn connect(
    address: SocketAddr,
) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
    connect_with(address, "/socket", &[]).await
}

/// Opens a socket under a path of one's own, with more headers.
pub(crate) async fn connect_with(
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value)?);
    }
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let stream = TcpStream::connect(address).await.map_err(tungstenite::Error::Io)?;
    stream.set_nodelay(true).map_err(tungstenite::Error::Io)?;
    let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    Ok(socket)
}

impl Raw {
    /// A socket that has said nothing yet.
    pub(crate) async fn silent(address: SocketAddr) -> Self {
        Self::over(connect(address).await.expect("connected"))
    }

    pub(crate) fn over(socket: WebSocketStream<TcpStream>) -> Self {
        Self { socket, frames: Vec::new() }
    }

    /// A socket that has said hello and was welcomed.
    pub(crate) async fn greeted(address: SocketAddr) -> Self {
        Self::greeted_as(address, "raw", None).await
    }

    /// A socket on which somebody was welcomed who is logged in.
    pub(crate) async fn of(someone: &Someone) -> Self {
        Self::greeted_as(someone.address, "raw", someone.access.as_deref()).await
    }

    /// A socket that has said hello under this name, showing a token, and was welcomed.
    pub(crate) async fn greeted_as(address: SocketAddr, name: &str, token: Option<&str>) -> Self {
        let mut raw = Self::silent(address).await;
        raw.hello(name, token).await;
        raw.until("welcome", |message| {
            matches!(message, ServerMessage::Session(ServerSession::Welcome { .. })).then_some(())
        })
        .await;
        raw
    }

    pub(crate) async fn hello(&mut self, name: &str, token: Option<&str>) {
        let (name, token) = (name.into(), token.map(Into::into));
        let hello = ClientSession::Hello { version: VERSION, name, token };
        self.say(&ClientMessage::Session(hello)).await;
    }

    /// Whether the hello is answered by a welcome and not by the end.
    pub(crate) async fn is_welcome(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.socket.next()).await.expect("an answer") {
                Some(Ok(Message::Binary(frame))) => {
                    let mut messages = codec::decode_server(&frame).expect("a frame");
                    let first = messages.next().expect("a message").expect("it is read");
                    return matches!(first, ServerMessage::Session(ServerSession::Welcome { .. }));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: Vec<u8>) {
        // The server may have closed already; what it said is looked at later.
        let _ = self.socket.send(Message::Binary(frame.into())).await;
    }

    pub(crate) async fn say(&mut self, message: &ClientMessage<'_>) {
        self.send(codec::encode_client(message)).await;
    }

    pub(crate) async fn join(&mut self, client: ClientId, document: DocumentId) -> Seat {
        self.try_join(client, document).await.expect("it may join")
    }

    /// Joins, or says with which code and words that was refused.
    pub(crate) async fn try_join(
        &mut self,
        client: ClientId,
        document: DocumentId,
    ) -> Result<Seat, (RejectCode, String)> {
        let join = ClientDocument::Join { request: 7, client, document, at: None, text: true };
        self.say(&ClientMessage::Document(join)).await;
        self.until("an answer to the join", |message| match message {
            ServerMessage::Document(ServerDocument::Joined {
                channel,
                author,
                head,
                last_seq,
                writable,
                ..
            }) => Some(Ok(Seat {
                channel: *channel,
                author: *author,
                head: *head,
                last_seq: *last_seq,
                writable: *writable,
            })),
            ServerMessage::Document(ServerDocument::Refused { code, message, .. }) => {
                Some(Err((*code, message.to_string())))
            }
            _ => None,
        })
        .await
    }

    pub(crate) async fn submit(
        &mut self,
        channel: Channel,
        seq: u64,
        since: u64,
        operation: Vec<u8>,
    ) {
        let (seq, operation) = (Seq::new(seq), operation.into());
        self.say(&ClientMessage::Submit { channel, seq, since, operation }).await;
    }

    /// The code with which submission `seq` is rejected.
    pub(crate) async fn rejection(&mut self, expected: u64) -> RejectCode {
        self.until("rejected", |message| match message {
            ServerMessage::Document(ServerDocument::Rejected { seq, code, .. }) => {
                (seq.get() == expected).then_some(*code)
            }
            ServerMessage::Acked { seq, .. } => panic!("{seq} was committed"),
            _ => None,
        })
        .await
    }

    pub(crate) async fn ack(&mut self, expected: u64) -> Revision {
        self.until("acked", |message| match message {
            ServerMessage::Acked { seq, revision, .. } => {
                (seq.get() == expected).then_some(*revision)
            }
            ServerMessage::Document(ServerDocument::Rejected { seq, code, .. }) => {
                panic!("{seq} was rejected: {code}")
            }
            _ => None,
        })
        .await
    }

    /// Reads messages until one gives an answer.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&ServerMessage<'_>) -> Option<T>,
    ) -> T {
        // Whatever else comes: a server sends pings for ever.
        let deadline = Instant::now() + PATIENCE;
        loop {
            while !self.frames.is_empty() {
                let frame = self.frames.remove(0);
                let mut messages = codec::decode_server(&frame).expect("a frame");
                let mut rest = Vec::new();
                let mut picked = None;
                for message in &mut messages {
                    let message = message.expect("a message");
                    match &picked {
                        None => picked = pick(&message),
                        Some(_) => codec::append_server(&mut rest, &message),
                    }
                }
                if !rest.is_empty() {
                    self.frames.insert(0, rest);
                }
                if let Some(picked) = picked {
                    return picked;
                }
            }
            match timeout_at(deadline, self.socket.next()).await {
                Ok(Some(Ok(Message::Binary(frame)))) => self.frames.push(frame.to_vec()),
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                other => panic!("waited for {what}, met {other:?}"),
            }
        }
    }

    /// Reads on until the server closes. The close code, and the code of its last fault.
    pub(crate) async fn closed(&mut self) -> (u16, Option<RejectCode>) {
        let mut fault = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.socket.next()).await.expect("the server closes") {
                Some(Ok(Message::Binary(frame))) => {
                    for message in codec::decode_server(&frame).expect("a frame") {
                        if let ServerMessage::Session(ServerSession::Fault { code, .. }) =
                            message.expect("a message")
                        {
                            fault = Some(code);
                        }
                    }
                }
                Some(Ok(Message::Close(Some(close)))) => return (close.code.into(), fault),
                Some(Ok(Message::Close(None))) => return (1005, fault),
                Some(Ok(_)) => {}
                // Cut off without a word.
                Some(Err(_)) | None => return (1006, fault),
            }
        }
    }
}
