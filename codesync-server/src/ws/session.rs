//! The protocol of one connection, without IO: hello, joins, limits, and what each frame asks for.
//!
//! As everywhere, time comes in as `now` and work goes out through [`Session::poll_output`]. The
//! session knows which channels this connection has joined and nothing of what is in them. Bytes
//! from outside never panic here: each way to break the protocol has its code.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::document::Submission;
use codesync_core::limits::{
    DOCUMENTS_PER_SOCKET_MAX, FRAME_BYTES_MAX, NAME_GRAPHEMES_MAX, OPERATION_BYTES_MAX,
    OPERATION_COMPONENTS_MAX,
};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, CloseCode, DecodeError,
    RejectCode, ServerDocument, ServerMessage, ServerSession, VERSION, VERSION_MIN, codec,
};
use codesync_core::{Channel, DocumentId, Revision, Selection, Seq};
use unicode_segmentation::UnicodeSegmentation;

use crate::document::{Join, SubscriberId};
use crate::names::is_hidden;
use crate::ws::SocketLimits;
use crate::ws::bucket::Bucket;

/// How long a connection may be silent before its hello.
pub const HELLO_MAX: Duration = Duration::from_secs(5);
/// How long a connection may be silent after it.
pub const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How often the peer's socket is asked for a sign of life.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long a client has to leave after it was asked to come back later.
pub const FAREWELL_MAX: Duration = Duration::from_secs(2);
/// This many times over the limits it is no longer an eager client but an attack.
const ABUSE_FACTOR: u32 = 10;

/// Work for the socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    Send(Vec<u8>),
    /// A ping of the WebSocket itself, which browsers answer on their own.
    Ping,
    /// Open the document and answer with [`Session::handle_opened`].
    Open {
        document: DocumentId,
        join: Opening,
    },
    Submit {
        subscriber: SubscriberId,
        submission: Submission,
    },
    Select {
        subscriber: SubscriberId,
        revision: Revision,
        selections: Vec<Selection>,
    },
    Leave {
        subscriber: SubscriberId,
    },
    Close(CloseCode),
}

/// A join on its way, as it is handed to the document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    pub request: u32,
    pub client: codesync_core::ClientId,
    pub person: String,
    pub at: Option<Revision>,
    pub text: bool,
}

impl From<Opening> for Join {
    fn from(opening: Opening) -> Self {
        let Opening { request, client, person, at, text } = opening;
        let user = crate::ids::UserId::LOCAL;
        Self { request, client, user, person, at, text }
    }
}

/// One connection.
#[derive(Debug)]
pub struct Session {
    stage: Stage,
    channels: BTreeMap<Channel, SubscriberId>,
    /// Joins that wait for their document to be opened.
    opening: usize,
    /// What the client is told, so that it need not be refused.
    messages_per_second: u32,
    messages: Bucket,
    bytes: Bucket,
    abuse: Bucket,
    heard_at: Duration,
    pinged_at: Duration,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Stage {
    AwaitingHello,
    Open {
        person: String,
    },
    /// Asked to leave: closed then.
    Leaving {
        person: String,
        until: Duration,
    },
    Closed,
}

impl Session {
    /// A connection that was made at `now`.
    #[must_use]
    pub fn new(now: Duration, limits: SocketLimits) -> Self {
        let (rate, burst) = (limits.messages_per_second, limits.messages_burst);
        let abuse = |n: u32| n.saturating_mul(ABUSE_FACTOR);
        Self {
            stage: Stage::AwaitingHello,
            channels: BTreeMap::new(),
            opening: 0,
            messages_per_second: rate,
            messages: Bucket::new(rate, burst),
            bytes: Bucket::new(limits.bytes_per_second, limits.bytes_burst),
            abuse: Bucket::new(abuse(rate), abuse(burst)),
            heard_at: now,
            pinged_at: now,
            outputs: VecDeque::new(),
        }
    }

    /// Whether nothing more will come of this connection.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Everything that this connection has joined.
    pub fn subscribers(&self) -> impl Iterator<Item = SubscriberId> {
        self.channels.values().copied()
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match &self.stage {
            Stage::AwaitingHello => Some(self.heard_at + HELLO_MAX),
            Stage::Open { .. } => {
                Some((self.heard_at + SILENCE_MAX).min(self.pinged_at + PING_INTERVAL))
            }
            Stage::Leaving { until, .. } => Some(*until),
            Stage::Closed => None,
        }
    }

    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.stage {
            Stage::AwaitingHello if self.heard_at + HELLO_MAX <= now => {
                self.close(CloseCode::HelloTimeout);
            }
            Stage::Open { .. } if self.heard_at + SILENCE_MAX <= now => {
                self.close(CloseCode::Silent);
            }
            Stage::Open { .. } if self.pinged_at + PING_INTERVAL <= now => {
                self.pinged_at = now;
                self.outputs.push_back(Output::Ping);
            }
            Stage::Leaving { until, .. } if *until <= now => self.close(CloseCode::GoingAway),
            _ => {}
        }
    }

    /// A sign of life that is no frame: a WebSocket ping or pong.
    pub fn handle_alive(&mut self, now: Duration) {
        if !matches!(self.stage, Stage::AwaitingHello) {
            self.heard_at = now;
        }
    }

    /// The peer sent text, which this protocol does not know.
    pub fn handle_text(&mut self) {
        self.fault(RejectCode::MalformedFrame, "frames are binary", CloseCode::ProtocolError);
    }

    /// A frame was longer than the socket takes.
    pub fn handle_oversized(&mut self) {
        let message = format!("a frame has at most {FRAME_BYTES_MAX} bytes");
        self.fault(RejectCode::FrameTooLarge, &message, CloseCode::FrameTooLarge);
    }

    /// The server goes down: the client shall come back after this time.
    pub fn handle_farewell(&mut self, now: Duration, after: Duration) {
        let after_ms = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Open { person } => {
                self.stage = Stage::Leaving { person, until: now + FAREWELL_MAX };
                self.send(&ServerMessage::Session(ServerSession::Reconnect { after_ms }));
            }
            Stage::AwaitingHello => {
                self.stage = Stage::AwaitingHello;
                self.close(CloseCode::GoingAway);
            }
            leaving_or_closed => self.stage = leaving_or_closed,
        }
    }

    /// The answer to [`Output::Open`]: the document's channel, and our number in it. True if the
    /// join shall go on; false if the connection was closed meanwhile.
    pub fn handle_opened(&mut self, channel: Channel, subscriber: SubscriberId) -> bool {
        self.opening = self.opening.saturating_sub(1);
        if self.is_closed() {
            return false;
        }
        if let Some(before) = self.channels.insert(channel, subscriber) {
            // Joined twice on one connection: the later one counts.
            self.outputs.push_back(Output::Leave { subscriber: before });
        }
        true
    }

    /// The other answer to [`Output::Open`].
    pub fn handle_refused(&mut self, request: u32, code: RejectCode) {
        self.opening = self.opening.saturating_sub(1);
        self.refuse(request, code);
    }

    /// A document has ended our part in it, and has said so to the client.
    pub fn handle_detached(&mut self, subscriber: SubscriberId) {
        self.channels.retain(|_, joined| *joined != subscriber);
    }

    /// A frame from the peer.
    pub fn handle_frame(&mut self, now: Duration, frame: &[u8]) {
        if self.is_closed() {
            return;
        }
        self.handle_alive(now);
        let messages = match codec::decode_client(frame) {
            Ok(messages) => messages,
            Err(error) => return self.malformed(&error),
        };
        for message in messages {
            if self.is_closed() {
                return;
            }
            match message {
                Ok(message) => self.message(now, message),
                Err(error) => return self.malformed(&error),
            }
        }
    }

    fn message(&mut self, now: Duration, message: ClientMessage<'_>) {
        let hello = match &message {
            ClientMessage::Session(ClientSession::Hello { version, name, .. }) => {
                Some((*version, name.as_ref()))
            }
            _ => None,
        };
        match (&self.stage, hello) {
            (Stage::AwaitingHello, Some((version, name))) => self.hello(now, version, name),
            (Stage::AwaitingHello, None) => {
                let code = RejectCode::HelloExpected;
                self.fault(code, code.sentence(), CloseCode::ProtocolError);
            }
            (_, Some(_)) => {
                let code = RejectCode::MalformedFrame;
                self.fault(code, "a connection has one hello", CloseCode::ProtocolError);
            }
            (_, None) => self.request(now, message),
        }
    }

    fn hello(&mut self, now: Duration, version: u16, name: &str) {
        if version < VERSION_MIN {
            let code = RejectCode::VersionUnsupported;
            return self.fault(code, code.sentence(), CloseCode::VersionUnsupported);
        }
        let person: String = name.trim().chars().filter(|char| !is_hidden(*char)).collect();
        if person.graphemes(true).count() > NAME_GRAPHEMES_MAX {
            let code = RejectCode::NameTooLong;
            return self.fault(code, code.sentence(), CloseCode::ProtocolError);
        }
        self.stage = Stage::Open { person };
        self.heard_at = now;
        self.pinged_at = now;
        self.send(&ServerMessage::Session(ServerSession::Welcome {
            version: version.min(VERSION),
            server_name: concat!("codesync-server ", env!("CARGO_PKG_VERSION")).into(),
            frame_bytes_max: wire(FRAME_BYTES_MAX),
            operation_bytes_max: wire(OPERATION_BYTES_MAX),
            components_max: wire(OPERATION_COMPONENTS_MAX),
            documents_max: wire(DOCUMENTS_PER_SOCKET_MAX),
            messages_per_second: self.messages_per_second,
            token_life_ms: None,
        }));
    }

    fn request(&mut self, now: Duration, message: ClientMessage<'_>) {
        if self.abuse.take(now, 1).is_err() {
            let code = RejectCode::TooManyMessages;
            return self.fault(code, code.sentence(), CloseCode::TooManyMessages);
        }
        let bytes = match &message {
            ClientMessage::Submit { operation, .. } => wire(operation.len()),
            _ => 0,
        };
        let allowed = self.messages.take(now, 1).and_then(|()| self.bytes.take(now, bytes));
        match message {
            ClientMessage::Session(ClientSession::Hello { .. } | ClientSession::Renew { .. }) => {}
            ClientMessage::Session(ClientSession::Ping { nonce }) => {
                if allowed.is_ok() {
                    self.send(&ServerMessage::Session(ServerSession::Pong { nonce }));
                }
            }
            ClientMessage::Submit { channel, seq, since, operation } => {
                let Some(subscriber) = self.channels.get(&channel).copied() else {
                    return self.reject(channel, seq, RejectCode::UnknownChannel, None);
                };
                if let Err(wait) = allowed {
                    return self.reject(channel, seq, RejectCode::RateLimited, Some(wait));
                }
                let submission = Submission { seq, since, operation: operation.into_owned() };
                self.outputs.push_back(Output::Submit { subscriber, submission });
            }
            ClientMessage::Document(ClientDocument::Join {
                request,
                client,
                document,
                at,
                text,
            }) => {
                if allowed.is_err() {
                    return self.refuse(request, RejectCode::TooManyMessages);
                }
                if self.channels.len() + self.opening >= DOCUMENTS_PER_SOCKET_MAX {
                    return self.refuse(request, RejectCode::TooManyDocuments);
                }
                let person = match &self.stage {
                    Stage::Open { person } | Stage::Leaving { person, .. } => person.clone(),
                    Stage::AwaitingHello | Stage::Closed => return,
                };
                self.opening += 1;
                let join = Opening { request, client, person, at, text };
                self.outputs.push_back(Output::Open { document, join });
            }
            ClientMessage::Document(ClientDocument::Leave { channel }) => {
                if let Some(subscriber) = self.channels.remove(&channel) {
                    self.outputs.push_back(Output::Leave { subscriber });
                }
            }
            ClientMessage::Presence(ClientPresence::Select { channel, revision, selections }) => {
                // Presence is dropped without a word: on a channel just left, and over the limit.
                if let (Ok(()), Some(subscriber)) = (allowed, self.channels.get(&channel)) {
                    let subscriber = *subscriber;
                    self.outputs.push_back(Output::Select { subscriber, revision, selections });
                }
            }
        }
    }

    fn reject(&mut self, channel: Channel, seq: Seq, code: RejectCode, wait: Option<Duration>) {
        let retry_ms = wait.map(|wait| wire(wait.as_millis().try_into().unwrap_or(usize::MAX)) + 1);
        let message = code.sentence().into();
        let rejected = ServerDocument::Rejected { channel, seq, code, message, retry_ms };
        self.send(&ServerMessage::Document(rejected));
    }

    fn refuse(&mut self, request: u32, code: RejectCode) {
        let message = code.sentence().into();
        self.send(&ServerMessage::Document(ServerDocument::Refused { request, code, message }));
    }

    fn malformed(&mut self, error: &DecodeError) {
        match error {
            DecodeError::FrameTooLong { .. } => self.handle_oversized(),
            _ => {
                let message = error.to_string();
                self.fault(RejectCode::MalformedFrame, &message, CloseCode::ProtocolError);
            }
        }
    }

    fn fault(&mut self, code: RejectCode, message: &str, close: CloseCode) {
        if self.is_closed() {
            return;
        }
        let message = message.into();
        self.send(&ServerMessage::Session(ServerSession::Fault { code, message }));
        self.close(close);
    }

    fn close(&mut self, code: CloseCode) {
        if !self.is_closed() {
            self.stage = Stage::Closed;
            self.outputs.push_back(Output::Close(code));
        }
    }

    fn send(&mut self, message: &ServerMessage<'_>) {
        self.outputs.push_back(Output::Send(codec::encode_server(message)));
    }
}

/// A number as the protocol carries it.
fn wire(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX - 1)
}
