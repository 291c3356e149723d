//! A person who edits one document: the core's `Connection` on a real socket.
//!
//! The journal is kept in memory and is as durable as the test itself; it is the server that these
//! tests kill.

use std::net::SocketAddr;
use std::time::Duration;

use codesync_core::client::{Connection, ConnectionConfig, Event, OpenDocument, Output, Replica};
use codesync_core::protocol::{ServerMessage, codec};
use codesync_core::{ClientId, DocumentId, Encoding, Selection, TextEdit};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::{PATIENCE, raw};

pub(crate) struct Editor {
    pub(crate) connection: Connection,
    pub(crate) document: DocumentId,
    pub(crate) events: Vec<Event>,
    address: SocketAddr,
    socket: Option<WebSocketStream<TcpStream>>,
    started: Instant,
}

impl Editor {
    /// Opens a document, and waits for its text.
    pub(crate) async fn open(
        address: SocketAddr,
        document: DocumentId,
        name: &str,
        seed: u64,
    ) -> Self {
        let mut editor = Self::begin(address, document, name, seed);
        editor.until("the text", |_| false).await;
        editor
    }

    /// Opens a document without waiting.
    pub(crate) fn begin(address: SocketAddr, document: DocumentId, name: &str, seed: u64) -> Self {
        let config = ConnectionConfig { name: name.to_owned(), seed, ..Default::default() };
        let mut connection = Connection::new(config);
        let mut client = [0; 16];
        client[..8].copy_from_slice(&seed.to_le_bytes());
        let client = ClientId::from_bytes(client);
        connection.open(Duration::ZERO, OpenDocument { document, client });
        let (events, started) = (Vec::new(), Instant::now());
        Self { connection, document, events, address, socket: None, started }
    }

    /// Goes to another server from the next reconnect on.
    pub(crate) fn redirect(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// Cuts the connection without a word.
    pub(crate) fn cut(&mut self) {
        if self.socket.take().is_some() {
            self.connection.handle_disconnected(self.started.elapsed());
        }
    }

    /// Tries to connect at once instead of waiting as people do.
    pub(crate) fn reconnect(&mut self) {
        self.connection.reconnect(self.started.elapsed());
    }

    pub(crate) async fn select(&mut self, selections: Vec<Selection>) {
        let now = self.started.elapsed();
        self.connection.set_selections(now, self.document, selections);
        self.drain().await;
    }

    pub(crate) fn replica(&self) -> &Replica {
        self.connection.document(self.document).expect("it is open")
    }

    pub(crate) fn text(&self) -> String {
        self.replica().text().to_string()
    }

    pub(crate) fn is_saved(&self) -> bool {
        self.connection.is_online() && self.replica().status().unsaved_edits == 0
    }

    /// Replaces a range of the text, and sends what is to be sent.
    pub(crate) async fn edit(&mut self, range: std::ops::Range<usize>, text: &str) {
        let edit = TextEdit { range, text: text.to_owned() };
        let now = self.started.elapsed();
        self.connection
            .edit(now, self.document, &[edit], Encoding::Scalar)
            .expect("an edit that fits");
        self.drain().await;
    }

    pub(crate) async fn append(&mut self, text: &str) {
        let end = self.replica().text().len();
        self.edit(end..end, text).await;
    }

    /// Takes part until the condition holds, or until the text is there if it never does.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.drain().await;
            let opened = self.events.iter().any(|event| matches!(event, Event::Opened { .. }));
            if holds(self) || (what == "the text" && opened) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}: {:?}", self.events);
            self.step(deadline).await;
        }
    }

    pub(crate) async fn until_saved(&mut self) {
        self.until("saving", Self::is_saved).await;
    }

    pub(crate) async fn until_text(&mut self, text: &str) {
        self.until("a text", |editor| editor.is_saved() && editor.text() == text).await;
    }

    /// Takes a message for one of the server's.
    pub(crate) async fn hear(&mut self, message: &ServerMessage<'_>) {
        let frame = codec::encode_server(message);
        self.connection.handle_frame(self.started.elapsed(), &frame).expect("a frame");
        self.drain().await;
    }

    /// Takes part for a while.
    pub(crate) async fn run_for(&mut self, duration: Duration) {
        let deadline = Instant::now() + duration;
        while Instant::now() < deadline {
            self.drain().await;
            self.step(deadline).await;
        }
    }

    /// Waits for one thing to happen.
    async fn step(&mut self, deadline: Instant) {
        let due = self.connection.poll_timeout().map_or(deadline, |due| self.started + due);
        let frame = async {
            match &mut self.socket {
                Some(socket) => socket.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            frame = frame => {
                let now = self.started.elapsed();
                match frame {
                    Some(Ok(Message::Binary(frame))) => {
                        self.connection.handle_frame(now, &frame).expect("an honest server");
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        self.socket = None;
                        self.connection.handle_disconnected(now);
                    }
                    Some(Ok(_)) => {}
                }
            }
            () = tokio::time::sleep_until(due.min(deadline)) => {
                self.connection.handle_timeout(self.started.elapsed());
            }
        }
    }

    async fn drain(&mut self) {
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Connect => match raw::connect(self.address).await {
                    Ok(socket) => {
                        self.socket = Some(socket);
                        self.connection.handle_connected(self.started.elapsed());
                    }
                    Err(_) => self.connection.handle_disconnected(self.started.elapsed()),
                },
                Output::Disconnect => self.socket = None,
                Output::Save { .. } | Output::Compact { .. } => {}
                Output::Send(frame) => {
                    let Some(socket) = &mut self.socket else { continue };
                    if socket.send(Message::Binary(frame.into())).await.is_err() {
                        self.socket = None;
                        self.connection.handle_disconnected(self.started.elapsed());
                    }
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }
}
