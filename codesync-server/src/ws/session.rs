//! The protocol of one connection, without IO: hello, joins, limits, and what each frame asks for.
//!
//! As everywhere, time comes in as `now` and work goes out through [`Session::poll_output`]. The
//! session knows which channels this connection has joined and nothing of what is in them. Bytes
//! from outside never panic here: each way to break the protocol has its code.

mod login;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::document::Submission;
use codesync_core::limits::{DOCUMENTS_PER_SOCKET_MAX, FRAME_BYTES_MAX};
use codesync_core::protocol::{
    ClientDocument, ClientMessage, ClientPresence, ClientSession, CloseCode, DecodeError,
    RejectCode, ServerDocument, ServerMessage, ServerSession, codec,
};
use codesync_core::{AccessToken, Channel, DocumentId, Revision, Selection, Seq};

use self::login::{Guest, Person, Renewal};
use crate::access::{AccessVersion, Rights};
use crate::document::{Join, SubscriberId};
use crate::ids::UserId;
use crate::metrics::metrics;
use crate::ws::SocketLimits;
use crate::ws::bucket::Bucket;

/// How long a connection may be silent before its hello.
pub const HELLO_MAX: Duration = Duration::from_secs(5);
/// How long it may take to find out who somebody is.
pub const AUTHENTICATION_MAX: Duration = Duration::from_secs(10);
/// How long a connection may be silent after it.
pub const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How often the peer's socket is asked for a sign of life.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long a client has to leave after it was asked to come back later.
pub const FAREWELL_MAX: Duration = Duration::from_secs(2);
/// This many times over the limits it is no longer an eager client but an attack.
const ABUSE_FACTOR: u32 = 10;
/// Edits handed in without the right to, before the connection is closed.
const TRESPASSES_MAX: u32 = 3;

/// Work for the socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    Send(Vec<u8>),
    /// A ping of the WebSocket itself, which browsers answer on their own.
    Ping,
    /// Find out who shows this; answer with [`Session::handle_authenticated`]. At most one is
    /// under way.
    Authenticate {
        token: Option<AccessToken>,
    },
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
    pub user: UserId,
    pub person: String,
    pub at: Option<Revision>,
    pub text: bool,
}

impl Opening {
    /// The join of somebody who has these rights and came by this socket.
    #[must_use]
    pub fn with(self, access: AccessVersion, rights: Rights, socket: u64) -> Join {
        let Self { request, client, user, person, at, text } = self;
        Join { request, socket, client, user, access, rights, person, at, text }
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
    joins: Bucket,
    abuse: Bucket,
    trespasses: u32,
    /// When the token that was shown ends.
    token_ends_at: Option<Duration>,
    renewal: Renewal,
    heard_at: Duration,
    pinged_at: Duration,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Stage {
    AwaitingHello,
    /// Hello was said, and is being checked.
    Greeting {
        guest: Guest,
        until: Duration,
    },
    Open {
        person: Person,
    },
    /// Asked to leave: closed then.
    Leaving {
        person: Person,
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
            joins: Bucket::per_minute(limits.joins_per_minute, limits.joins_burst),
            abuse: Bucket::new(abuse(rate), abuse(burst)),
            trespasses: 0,
            token_ends_at: None,
            renewal: Renewal::None,
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
        let output = self.outputs.pop_front();
        if output.is_none() {
            // Most sockets are silent most of the time: no room is kept for what they may ask.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match &self.stage {
            Stage::AwaitingHello => Some(self.heard_at + HELLO_MAX),
            Stage::Greeting { until, .. } => Some(*until),
            Stage::Open { .. } => {
                let sign = (self.heard_at + SILENCE_MAX).min(self.pinged_at + PING_INTERVAL);
                Some(self.token_ends_at.map_or(sign, |end| end.min(sign)))
            }
            Stage::Leaving { until, .. } => Some(*until),
            Stage::Closed => None,
        }
    }

    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.stage {
            Stage::Open { .. } if self.token_ends_at.is_some_and(|end| end <= now) => {
                self.token_ended();
            }
            Stage::Greeting { until, .. } if *until <= now => self.greeted_in_vain(),
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
            unknown @ (Stage::AwaitingHello | Stage::Greeting { .. }) => {
                self.stage = unknown;
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

    /// A document refused an edit, because whoever sent it could know that he may not write.
    pub fn handle_trespass(&mut self) {
        self.trespasses += 1;
        if self.trespasses >= TRESPASSES_MAX {
            self.close(CloseCode::ProtocolError);
        }
    }

    /// A frame from the peer.
    pub fn handle_frame(&mut self, now: Duration, frame: &[u8]) {
        if self.is_closed() {
            return;
        }
        self.handle_alive(now);
        if let Stage::Greeting { guest, .. } = &mut self.stage {
            if guest.keep(frame) {
                return;
            }
            let code = RejectCode::TooManyMessages;
            return self.fault(code, code.sentence(), CloseCode::TooManyMessages);
        }
        self.read(now, frame);
    }

    fn read(&mut self, now: Duration, frame: &[u8]) {
        let mut messages = match codec::decode_client(frame) {
            Ok(messages) => messages,
            Err(error) => return self.malformed(&error),
        };
        while let Some(message) = messages.next() {
            match message {
                Ok(message) => self.message(now, message),
                Err(error) => return self.malformed(&error),
            }
            match &mut self.stage {
                Stage::Closed => return,
                // The rest of the frame waits until it is known who sent it.
                Stage::Greeting { guest, .. } => {
                    guest.keep(messages.rest());
                    return;
                }
                Stage::AwaitingHello | Stage::Open { .. } | Stage::Leaving { .. } => {}
            }
        }
    }

    fn message(&mut self, now: Duration, message: ClientMessage<'_>) {
        match (&self.stage, message) {
            (
                Stage::AwaitingHello,
                ClientMessage::Session(ClientSession::Hello { version, name, token }),
            ) => self.hello(now, version, &name, token.as_deref().map(AccessToken::from)),
            (Stage::AwaitingHello, _) => {
                let code = RejectCode::HelloExpected;
                self.fault(code, code.sentence(), CloseCode::ProtocolError);
            }
            (_, ClientMessage::Session(ClientSession::Hello { .. })) => {
                let code = RejectCode::MalformedFrame;
                self.fault(code, "a connection has one hello", CloseCode::ProtocolError);
            }
            (_, message) => self.request(now, message),
        }
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
            ClientMessage::Session(ClientSession::Hello { .. }) => {}
            ClientMessage::Session(ClientSession::Renew { token }) => {
                if allowed.is_ok() {
                    self.renew(AccessToken::from(token.as_ref()));
                }
            }
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
                if allowed.and_then(|()| self.joins.take(now, 1)).is_err() {
                    return self.refuse(request, RejectCode::TooManyMessages);
                }
                if self.channels.len() + self.opening >= DOCUMENTS_PER_SOCKET_MAX {
                    return self.refuse(request, RejectCode::TooManyDocuments);
                }
                let (user, person) = match &self.stage {
                    Stage::Open { person } | Stage::Leaving { person, .. } => {
                        (person.user, person.name.clone())
                    }
                    Stage::AwaitingHello | Stage::Greeting { .. } | Stage::Closed => return,
                };
                self.opening += 1;
                let join = Opening { request, client, user, person, at, text };
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
        metrics().rejected(code);
        let retry_ms = wait.map(|wait| wire(wait.as_millis().try_into().unwrap_or(usize::MAX)) + 1);
        let message = code.sentence().into();
        let rejected = ServerDocument::Rejected { channel, seq, code, message, retry_ms };
        self.send(&ServerMessage::Document(rejected));
    }

    fn refuse(&mut self, request: u32, code: RejectCode) {
        metrics().rejected(code);
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
        metrics().rejected(code);
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
