//! The shell around a session: one task that moves bytes between a socket and documents.
//!
//! Reading and writing go on side by side. The reading half owns the session; whatever is to be
//! written goes through the outbox, where the documents put their messages too.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use codesync_core::limits::FRAME_BYTES_MAX;
use codesync_core::protocol::{CloseCode, RejectCode};
use futures_util::SinkExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::document::SubscriberId;
use crate::document::handle::{Command, DocumentHandle};
use crate::document::outbox::{Item, Outbox};
use crate::document::registry::{OpenError, Registry};
use crate::ws::session::{Opening, Output, Session};
use crate::ws::{Farewell, SocketLimits};

/// Bytes that may wait to be written before reading pauses: who asks must also listen.
const UNWRITTEN_BYTES_MAX: usize = 1024 * 1024;
/// How long the last words may take to be written.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);
/// Documents' ends that may wait for the reading half.
const DETACHED_MAX: usize = 64;

/// Serves one socket until it is closed by either side.
pub(super) async fn serve(
    socket: WebSocket,
    number: u64,
    registry: Registry,
    limits: SocketLimits,
    farewells: mpsc::Receiver<Farewell>,
) {
    let (sink, stream) = socket.split();
    let outbox = Outbox::default();
    let (detached, detachments) = mpsc::channel(DETACHED_MAX);
    let started = Instant::now();
    let mut reader = Reader {
        stream,
        session: Session::new(Duration::ZERO, limits),
        registry,
        outbox: outbox.clone(),
        documents: BTreeMap::new(),
        opening: FuturesUnordered::new(),
        farewells,
        detachments,
        started,
    };
    let code = {
        let read = reader.run();
        let write = write(sink, outbox.clone(), detached);
        tokio::pin!(write);
        tokio::select! {
            peer = read => match peer {
                Peer::Listens => timeout(LAST_WORDS_MAX, write).await.ok().flatten(),
                Peer::Gone => None,
            },
            code = &mut write => code,
        }
    };
    outbox.close();
    for (subscriber, document) in std::mem::take(&mut reader.documents) {
        document.send(Command::Leave { subscriber }).await;
    }
    if code.is_some() {
        // Hanging up on a peer that still talks could cost him our last words.
        let rest = async { while let Some(Ok(_)) = reader.stream.next().await {} };
        let _ = timeout(LAST_WORDS_MAX, rest).await;
    }
    let code = code.map(CloseCode::number);
    tracing::debug!(socket = number, code, elapsed = ?started.elapsed(), "socket closed");
}

/// A document was opened for a join, or not.
struct Opened {
    join: Opening,
    document: Result<DocumentHandle, OpenError>,
}

enum Peer {
    Listens,
    Gone,
}

struct Reader {
    stream: SplitStream<WebSocket>,
    session: Session,
    registry: Registry,
    outbox: Outbox,
    documents: BTreeMap<SubscriberId, DocumentHandle>,
    opening: FuturesUnordered<BoxFuture<'static, Opened>>,
    farewells: mpsc::Receiver<Farewell>,
    detachments: mpsc::Receiver<SubscriberId>,
    started: Instant,
}

impl Reader {
    /// Reads until the session is closed, or the peer has gone: then nothing is left to say.
    async fn run(&mut self) -> Peer {
        while !self.session.is_closed() {
            let due = self.session.poll_timeout().unwrap_or(Duration::MAX / 4);
            let deadline = self.started + due.min(Duration::from_secs(3600));
            let unwritten = self.outbox.clone();
            tokio::select! {
                // Joins are answered in the order in which their documents come.
                Some(opened) = self.opening.next(), if !self.opening.is_empty() => {
                    self.opened(opened).await;
                }
                message = next(&mut self.stream, &unwritten) => {
                    if !self.received(message) {
                        return Peer::Gone;
                    }
                }
                Some(subscriber) = self.detachments.recv() => {
                    self.documents.remove(&subscriber);
                    self.session.handle_detached(subscriber);
                }
                Some(farewell) = self.farewells.recv() => {
                    self.session.handle_farewell(self.started.elapsed(), farewell.after);
                }
                () = tokio::time::sleep_until(deadline) => {
                    self.session.handle_timeout(self.started.elapsed());
                }
            }
            self.perform().await;
        }
        Peer::Listens
    }

    /// Takes in what came. False if nothing more will come.
    fn received(&mut self, message: Option<Result<Message, axum::Error>>) -> bool {
        let now = self.started.elapsed();
        match message {
            Some(Ok(Message::Binary(frame))) => self.session.handle_frame(now, &frame),
            Some(Ok(Message::Text(_))) => self.session.handle_text(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.session.handle_alive(now),
            // The answer to a close is written by reading on, to the end that follows.
            Some(Ok(Message::Close(_))) => {}
            None => return false,
            Some(Err(error)) if is_oversized(&error) => self.session.handle_oversized(),
            Some(Err(error)) => {
                tracing::debug!(%error, "reading from a socket");
                return false;
            }
        }
        true
    }

    async fn opened(&mut self, Opened { join, document }: Opened) {
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                let code = match error {
                    OpenError::NotFound => RejectCode::DocumentNotFound,
                    OpenError::Closing => RejectCode::ShuttingDown,
                    OpenError::Unavailable(_) => RejectCode::DocumentUnavailable,
                };
                return self.session.handle_refused(join.request, code);
            }
        };
        let subscriber = self.registry.next_subscriber();
        let (channel, request) = (document.channel(), join.request);
        if !self.session.handle_opened(channel, subscriber) {
            return;
        }
        self.documents.insert(subscriber, document.clone());
        let outbox = self.outbox.clone();
        // Leave first what was joined before.
        self.perform().await;
        if !document.send(Command::Join { subscriber, join: join.into(), outbox }).await {
            self.documents.remove(&subscriber);
            self.session.handle_detached(subscriber);
            self.session.handle_refused(request, RejectCode::DocumentUnavailable);
        }
    }

    /// Does what the session asks for.
    async fn perform(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(message) => self.outbox.push(Item::Messages(message.into())),
                Output::Ping => self.outbox.push(Item::Ping),
                Output::Close(code) => self.outbox.push(Item::Close(code)),
                Output::Open { document, join } => {
                    let registry = self.registry.clone();
                    self.opening.push(Box::pin(async move {
                        let document = registry.open(document).await;
                        Opened { join, document }
                    }));
                }
                Output::Submit { subscriber, submission } => {
                    self.tell(subscriber, Command::Submit { subscriber, submission }).await;
                }
                Output::Select { subscriber, revision, selections } => {
                    let select = Command::Select { subscriber, revision, selections };
                    self.tell(subscriber, select).await;
                }
                Output::Leave { subscriber } => {
                    self.tell(subscriber, Command::Leave { subscriber }).await;
                    self.documents.remove(&subscriber);
                }
            }
        }
    }

    /// A document whose task has gone has told the client so itself.
    async fn tell(&mut self, subscriber: SubscriberId, command: Command) {
        if let Some(document) = self.documents.get(&subscriber).cloned() {
            document.send(command).await;
        }
    }
}

/// The next message, once the peer has taken most of what waits for it.
async fn next(
    stream: &mut SplitStream<WebSocket>,
    unwritten: &Outbox,
) -> Option<Result<Message, axum::Error>> {
    unwritten.below(UNWRITTEN_BYTES_MAX).await;
    stream.next().await
}

fn is_oversized(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    let error = source.and_then(|source| source.downcast_ref::<tungstenite::Error>());
    matches!(error, Some(tungstenite::Error::Capacity(_)))
}

/// Writes what waits, everything that fits into one frame at once. The code that it closed with.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    outbox: Outbox,
    detached: mpsc::Sender<SubscriberId>,
) -> Option<CloseCode> {
    loop {
        let taken = outbox.take(FRAME_BYTES_MAX).await;
        let mut run = Vec::new();
        for item in taken.items {
            if let Item::Messages(messages) = item {
                run.push(messages);
                continue;
            }
            send_run(&mut sink, &outbox, &mut run).await?;
            match item {
                Item::Messages(_) => {}
                Item::Ping => send(&mut sink, &outbox, Message::Ping(Bytes::new())).await?,
                Item::Detached(subscriber) => {
                    // The reading half is gone when nobody takes it.
                    let _ = detached.send(subscriber).await;
                }
                Item::Close(code) => {
                    let reason = code.sentence().into();
                    let close = Message::Close(Some(CloseFrame { code: code.number(), reason }));
                    let _ = timeout(LAST_WORDS_MAX, sink.send(close)).await;
                    return Some(code);
                }
            }
        }
        send_run(&mut sink, &outbox, &mut run).await?;
        for room in taken.rooms {
            room.grant().await;
        }
    }
}

/// Sends messages as one frame.
async fn send_run(
    sink: &mut SplitSink<WebSocket, Message>,
    outbox: &Outbox,
    run: &mut Vec<Bytes>,
) -> Option<()> {
    let frame = match run.len() {
        0 => return Some(()),
        1 => run.pop().unwrap_or_default(),
        _ => {
            let mut frame = BytesMut::with_capacity(run.iter().map(Bytes::len).sum());
            run.drain(..).for_each(|messages| frame.extend_from_slice(&messages));
            frame.freeze()
        }
    };
    send(sink, outbox, Message::Binary(frame)).await
}

/// Sends one message. `None` if the peer has gone, or does not take it and shall be closed.
async fn send(
    sink: &mut SplitSink<WebSocket, Message>,
    outbox: &Outbox,
    message: Message,
) -> Option<()> {
    tokio::select! {
        sent = sink.send(message) => sent.ok(),
        () = async {
            outbox.closing().await;
            tokio::time::sleep(LAST_WORDS_MAX).await;
        } => None,
    }
}
