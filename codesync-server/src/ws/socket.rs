//! The shell around a session: one task that moves bytes between a socket and documents.
//!
//! Reading and writing go on side by side. The reading half owns the session; whatever is to be
//! written goes through the outbox, where the documents put their messages too.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use codesync_core::AccessToken;
use codesync_core::limits::FRAME_BYTES_MAX;
use codesync_core::protocol::{CloseCode, RejectCode};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream, StreamExt};
use futures_util::{FutureExt, SinkExt};
use tokio::time::{Instant, Sleep, timeout};
use tracing::Instrument;

use crate::auth::{AuthError, Caller};
use crate::document::SubscriberId;
use crate::document::handle::{Command, DocumentHandle, Waiting};
use crate::document::outbox::{Item, Outbox};
use crate::document::registry::{Admitted, OpenError};
use crate::ws::inbox::Inbox;
use crate::ws::session::{Opening, Output, Session};
use crate::ws::{Shared, Word};

/// Bytes that may wait to be written before reading pauses: who asks must also listen.
const UNWRITTEN_BYTES_MAX: usize = 1024 * 1024;
/// How long the last words may take to be written.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// Serves one socket until it is closed by either side.
///
/// A future has room for all that it is given and that it holds while it waits, and there is one of
/// these for each socket. So what is large is taken apart before, or handed on before it waits.
pub(super) fn serve(
    socket: WebSocket,
    number: u64,
    shared: Arc<Shared>,
    inbox: Inbox,
) -> impl Future<Output = ()> + Send {
    let (sink, stream) = socket.split();
    serve_halves(sink, stream, number, shared, inbox)
}

async fn serve_halves(
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    number: u64,
    shared: Arc<Shared>,
    inbox: Inbox,
) {
    let outbox = Outbox::default();
    let started = Instant::now();
    let mut reader = Reader {
        stream,
        number,
        session: Session::new(Duration::ZERO, shared.limits),
        shared,
        outbox: outbox.clone(),
        documents: Joined::default(),
        work: FuturesUnordered::new(),
        inbox: inbox.clone(),
        started,
    };
    let code = {
        let mut write = pin!(write(sink, outbox.clone(), inbox));
        tokio::select! {
            peer = reader.run() => match peer {
                Peer::Listens => Box::pin(timeout(LAST_WORDS_MAX, write)).await.ok().flatten(),
                Peer::Gone => None,
            },
            code = &mut write => code,
        }
    };
    outbox.close();
    for (subscriber, document) in std::mem::take(&mut reader.documents).0 {
        if let Some(waiting) = document.hand_over(Command::Leave { subscriber }) {
            waiting.await;
        }
    }
    if code.is_some() {
        // Hanging up on a peer that still talks could cost him our last words.
        let rest = async { while let Some(Ok(_)) = reader.stream.next().await {} };
        let _ = Box::pin(timeout(LAST_WORDS_MAX, rest)).await;
    }
    let code = code.map(CloseCode::number);
    tracing::debug!(socket = number, code, elapsed = ?started.elapsed(), "socket closed");
}

/// Work that has ended.
enum Done {
    Authenticated(Result<Caller, AuthError>),
    /// A document was opened for a join, or not.
    Opened {
        join: Opening,
        opened: Result<Admitted, OpenError>,
    },
}

/// What happens to the reading half.
enum Next {
    Done(Done),
    Received(Option<Result<Message, axum::Error>>),
    Word(Word),
    Alarm,
}

enum Peer {
    Listens,
    Gone,
}

/// The documents that the socket has joined; mostly one, and never so many that a search takes long.
#[derive(Default)]
struct Joined(Vec<(SubscriberId, DocumentHandle)>);

impl Joined {
    fn insert(&mut self, subscriber: SubscriberId, document: DocumentHandle) {
        self.0.reserve_exact(1);
        self.0.push((subscriber, document));
    }

    fn get(&self, subscriber: SubscriberId) -> Option<&DocumentHandle> {
        self.0.iter().find(|(joined, _)| *joined == subscriber).map(|(_, document)| document)
    }

    fn remove(&mut self, subscriber: SubscriberId) {
        self.0.retain(|(joined, _)| *joined != subscriber);
    }
}

struct Reader {
    stream: SplitStream<WebSocket>,
    number: u64,
    session: Session,
    shared: Arc<Shared>,
    outbox: Outbox,
    documents: Joined,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    inbox: Inbox,
    started: Instant,
}

impl Reader {
    /// Reads until the session is closed, or the peer has gone: then nothing is left to say.
    async fn run(&mut self) -> Peer {
        // Made once and not for each frame: to set an alarm takes a lock that all tasks share.
        let mut alarm = pin!(tokio::time::sleep_until(self.deadline()));
        while !self.session.is_closed() {
            let deadline = self.deadline();
            if deadline < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(deadline);
            }
            match poll_fn(|context| self.poll_next(context, alarm.as_mut())).await {
                // Joins are answered in the order in which their documents come.
                Next::Done(Done::Authenticated(answer)) => self.authenticated(answer),
                // Boxed: it happens seldom, and is most of what this future would have room for.
                Next::Done(Done::Opened { join, opened }) => {
                    Box::pin(self.opened(join, opened)).await;
                }
                Next::Received(message) => {
                    if !self.received(message) {
                        return Peer::Gone;
                    }
                }
                Next::Word(word) => self.heard(word),
                // One that rings too early does no harm, and is set anew then.
                Next::Alarm => self.session.handle_timeout(self.started.elapsed()),
            }
            self.perform().await;
        }
        Peer::Listens
    }

    /// A session that waits for nothing is closed.
    fn deadline(&self) -> Instant {
        self.session.poll_timeout().map_or(self.started, |due| self.started + due)
    }

    /// The next thing that happens. Frames come last, since there may be any number of them.
    fn poll_next(&mut self, context: &mut Context<'_>, alarm: Pin<&mut Sleep>) -> Poll<Next> {
        if let Poll::Ready(word) = self.inbox.poll_take(context) {
            return Poll::Ready(Next::Word(word));
        }
        if let Poll::Ready(Some(done)) = self.work.poll_next_unpin(context) {
            return Poll::Ready(Next::Done(done));
        }
        if alarm.poll(context).is_ready() {
            return Poll::Ready(Next::Alarm);
        }
        // Once the peer has taken most of what waits for it.
        ready!(self.outbox.poll_below(context, UNWRITTEN_BYTES_MAX));
        self.stream.poll_next_unpin(context).map(Next::Received)
    }

    fn heard(&mut self, word: Word) {
        match word {
            Word::Farewell { after } => {
                self.session.handle_farewell(self.started.elapsed(), after);
            }
            Word::LoginEnded => self.session.handle_login_ended(),
            Word::Detached(subscriber) => {
                self.documents.remove(subscriber);
                self.session.handle_detached(subscriber);
            }
            Word::Trespassed => self.session.handle_trespass(),
        }
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

    fn authenticated(&mut self, answer: Result<Caller, AuthError>) {
        if let Ok(caller) = &answer
            && !self.shared.recognise(self.number, caller)
        {
            return self.session.handle_crowded();
        }
        // A clock before 1970 is wrong, and lets every token live longer, not shorter.
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.session.handle_authenticated(self.started.elapsed(), unix, answer);
    }

    async fn opened(&mut self, join: Opening, opened: Result<Admitted, OpenError>) {
        let Admitted { document, access, rights } = match opened {
            Ok(admitted) => admitted,
            Err(error) => {
                let code = match error {
                    OpenError::NotFound => RejectCode::DocumentNotFound,
                    OpenError::Closing => RejectCode::ShuttingDown,
                    OpenError::Unavailable(_) => RejectCode::DocumentUnavailable,
                };
                return self.session.handle_refused(join.request, code);
            }
        };
        let subscriber = self.shared.registry.next_subscriber();
        let (channel, request) = (document.channel(), join.request);
        if !self.session.handle_opened(channel, subscriber) {
            return;
        }
        self.documents.insert(subscriber, document.clone());
        let outbox = self.outbox.clone();
        // Leave first what was joined before.
        self.perform().await;
        let join = join.with(access, rights, self.number);
        if !document.send(Command::Join { subscriber, join, outbox }).await {
            self.documents.remove(subscriber);
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
                Output::Authenticate { token } => {
                    let auth = self.shared.auth.clone();
                    self.work.push(Box::pin(async move {
                        let token = token.as_ref().map(AccessToken::expose);
                        Done::Authenticated(auth.authenticate(token).await)
                    }));
                }
                Output::Open { document, join } => {
                    let registry = self.shared.registry.clone();
                    let span = tracing::debug_span!("join", doc = %document);
                    let open = async move {
                        let opened = registry.open_for(document, join.user).await;
                        Done::Opened { join, opened }
                    };
                    self.work.push(Box::pin(open.instrument(span)));
                }
                Output::Submit { subscriber, submission } => {
                    let submit = Command::Submit { subscriber, submission };
                    if let Some(waiting) = self.tell(subscriber, submit) {
                        waiting.await;
                    }
                }
                Output::Select { subscriber, revision, selections } => {
                    let select = Command::Select { subscriber, revision, selections };
                    if let Some(waiting) = self.tell(subscriber, select) {
                        waiting.await;
                    }
                }
                Output::Leave { subscriber } => {
                    if let Some(waiting) = self.tell(subscriber, Command::Leave { subscriber }) {
                        waiting.await;
                    }
                    self.documents.remove(subscriber);
                }
            }
        }
    }

    /// A document whose task has gone has told the client so itself.
    fn tell(&self, subscriber: SubscriberId, command: Command) -> Option<Waiting> {
        self.documents.get(subscriber)?.hand_over(command)
    }
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
    inbox: Inbox,
) -> Option<CloseCode> {
    loop {
        let taken = outbox.take(FRAME_BYTES_MAX).await;
        let mut run = Vec::new();
        for item in taken.items {
            if let Item::Messages(messages) = item {
                run.push(messages);
                continue;
            }
            if let Some(frame) = frame_of(&mut run) {
                send(&mut sink, &outbox, frame).await?;
            }
            match item {
                Item::Messages(_) => {}
                Item::Ping => send(&mut sink, &outbox, Message::Ping(Bytes::new())).await?,
                Item::Detached(subscriber) => inbox.tell(Word::Detached(subscriber)),
                Item::Trespassed => inbox.tell(Word::Trespassed),
                Item::Close(code) => {
                    let reason = code.sentence().into();
                    let close = Message::Close(Some(CloseFrame { code: code.number(), reason }));
                    let _ = Box::pin(timeout(LAST_WORDS_MAX, sink.send(close))).await;
                    return Some(code);
                }
            }
        }
        if let Some(frame) = frame_of(&mut run) {
            send(&mut sink, &outbox, frame).await?;
        }
        for room in taken.rooms {
            if let Some(waiting) = room.grant() {
                waiting.await;
            }
        }
    }
}

/// Messages as one frame, if there are any.
fn frame_of(run: &mut Vec<Bytes>) -> Option<Message> {
    let frame = match run.len() {
        0 => return None,
        1 => run.pop().unwrap_or_default(),
        _ => {
            let mut frame = BytesMut::with_capacity(run.iter().map(Bytes::len).sum());
            run.drain(..).for_each(|messages| frame.extend_from_slice(&messages));
            frame.freeze()
        }
    };
    Some(Message::Binary(frame))
}

/// Sends one message; the one before has been sent. `None` if the peer has gone, or does not take it
/// and shall be closed.
fn send<'a>(
    sink: &'a mut SplitSink<WebSocket, Message>,
    outbox: &'a Outbox,
    message: Message,
) -> impl Future<Output = Option<()>> + use<'a> {
    let started = sink.start_send_unpin(message).is_ok();
    async move { if started { flush(sink, outbox).await } else { None } }
}

async fn flush(sink: &mut SplitSink<WebSocket, Message>, outbox: &Outbox) -> Option<()> {
    let mut sent = sink.flush();
    // As good as always it is taken at once.
    if let Some(sent) = (&mut sent).now_or_never() {
        return sent.ok();
    }
    let closing = async {
        outbox.closing().await;
        tokio::time::sleep(LAST_WORDS_MAX).await;
    };
    tokio::select! {
        sent = sent => sent.ok(),
        () = Box::pin(closing) => None,
    }
}
