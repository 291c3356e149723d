//! The socket's life: connecting, greeting, reading, pinging, losing it.

use std::borrow::Cow;
use std::time::Duration;

use super::{Connection, FrameError};
use crate::client::output::{Event, Output};
use crate::client::replica::Standing;
use crate::client::seat::{Admission, Seat};
use crate::ids::{Channel, Revision};
use crate::limits::{
    ANSWER_MS_MAX, FRAME_BYTES_MAX, NAME_BYTES_MAX, PING_INTERVAL_MS, RETRY_MS_MAX, SILENCE_MS_MAX,
};
use crate::protocol::{
    ClientDocument, ClientMessage, ClientSession, RejectCode, ServerDocument, ServerMessage,
    ServerPresence, ServerSession, VERSION, VERSION_MIN, codec,
};

/// Room in a frame of joins for one more, in bytes.
const JOIN_BYTES_MAX: usize = 64;

/// Where the connection stands with its socket.
#[derive(Clone, Copy, Debug)]
pub(super) enum Socket {
    /// No document was opened yet.
    Idle,
    /// The driver was asked for a socket.
    Connecting { deadline: Duration },
    /// There is one, and hello was said.
    Greeting { deadline: Duration },
    /// The server answered.
    Online { heard_at: Duration, ping_at: Duration },
    /// There is none; another is asked for at this time.
    Waiting { until: Duration },
    /// The server wants to know who the person is: there is none until there is another token.
    LoginNeeded,
    /// The server turned us away, and asking again would not help.
    TurnedAway,
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

impl Connection {
    /// The socket asked for by [`Output::Connect`] is open.
    pub fn handle_connected(&mut self, now: Duration) {
        if !matches!(self.socket, Socket::Connecting { .. }) {
            return;
        }
        self.socket = Socket::Greeting { deadline: now + ms(ANSWER_MS_MAX) };
        let name = &self.name[..self.name.floor_char_boundary(NAME_BYTES_MAX)];
        let hello = ClientMessage::Session(ClientSession::Hello {
            version: VERSION,
            name: Cow::Borrowed(name),
            token: self.login.show().map(|token| Cow::Borrowed(token.expose())),
        });
        // The joins need not wait for the answer: they are read after it.
        let frame = codec::encode_client(&hello);
        self.join_into(frame, now);
    }

    /// The socket is gone, or could not be opened.
    pub fn handle_disconnected(&mut self, now: Duration) {
        match self.socket {
            Socket::Connecting { .. } | Socket::Greeting { .. } | Socket::Online { .. } => {
                self.lose_socket_for_a_while(now);
            }
            Socket::Idle | Socket::Waiting { .. } | Socket::LoginNeeded | Socket::TurnedAway => {}
        }
    }

    /// A frame arrived.
    ///
    /// # Errors
    ///
    /// [`FrameError`] if the server broke the protocol. The socket is given up then; what was
    /// read before the fault counts.
    pub fn handle_frame(&mut self, now: Duration, frame: &[u8]) -> Result<(), FrameError> {
        match &mut self.socket {
            Socket::Greeting { .. } => {}
            Socket::Online { heard_at, .. } => *heard_at = now,
            Socket::Idle | Socket::Connecting { .. } | Socket::Waiting { .. } => return Ok(()),
            Socket::LoginNeeded | Socket::TurnedAway => return Ok(()),
        }
        let read = self.read(now, frame);
        if read.is_err() {
            self.give_up_socket(now);
        }
        self.settle(now);
        read
    }

    /// Time has passed: at least to what [`poll_timeout`](Connection::poll_timeout) said. May be
    /// called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        match self.socket {
            Socket::Idle | Socket::LoginNeeded | Socket::TurnedAway => {}
            Socket::Waiting { until } => {
                if until <= now {
                    self.connect(now);
                }
            }
            Socket::Connecting { deadline } | Socket::Greeting { deadline } => {
                if deadline <= now {
                    self.give_up_socket(now);
                }
            }
            Socket::Online { heard_at, ping_at } => {
                if heard_at + ms(SILENCE_MS_MAX) <= now {
                    self.give_up_socket(now);
                } else if ping_at <= now {
                    self.socket = Socket::Online { heard_at, ping_at: now + ms(PING_INTERVAL_MS) };
                    let nonce = now.as_millis() as u64;
                    self.context.send(&ClientMessage::Session(ClientSession::Ping { nonce }));
                }
            }
        }
        if self.has_socket() {
            self.ask_for_token(now);
            let mut unanswered = false;
            for seat in self.seats.values_mut() {
                unanswered |= seat.handle_timeout(now, &mut self.context);
            }
            if unanswered {
                self.give_up_socket(now);
            }
        }
        self.settle(now);
    }

    /// When [`handle_timeout`](Connection::handle_timeout) is to be called; `None` if nothing
    /// happens by itself. Changes with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let socket = match self.socket {
            Socket::Idle | Socket::LoginNeeded | Socket::TurnedAway => return None,
            Socket::Waiting { until } => return Some(until),
            Socket::Connecting { deadline } => return Some(deadline),
            Socket::Greeting { deadline } => deadline,
            Socket::Online { heard_at, ping_at } => ping_at.min(heard_at + ms(SILENCE_MS_MAX)),
        };
        let seats = self.seats.values().filter_map(Seat::poll_timeout);
        seats.chain(self.login.due()).chain([socket]).min()
    }

    /// Tries to connect now instead of waiting: the network is back, say.
    pub fn reconnect(&mut self, now: Duration) {
        match self.socket {
            Socket::Waiting { .. } | Socket::LoginNeeded | Socket::TurnedAway => self.connect(now),
            Socket::Idle
            | Socket::Connecting { .. }
            | Socket::Greeting { .. }
            | Socket::Online { .. } => {}
        }
    }

    /// Whether the server is reached.
    #[must_use]
    pub fn is_online(&self) -> bool {
        matches!(self.socket, Socket::Online { .. })
    }

    /// Whether nothing is sent before there is another token.
    #[must_use]
    pub fn is_login_needed(&self) -> bool {
        matches!(self.socket, Socket::LoginNeeded)
    }

    /// Asks for a socket if there was no reason for one before, and joins what should be.
    pub(super) fn begin(&mut self, now: Duration) {
        if matches!(self.socket, Socket::Idle) {
            self.connect(now);
        }
        self.settle(now);
    }

    pub(super) fn connect(&mut self, now: Duration) {
        self.socket = Socket::Connecting { deadline: now + ms(ANSWER_MS_MAX) };
        self.context.push(Output::Connect);
    }

    fn has_socket(&self) -> bool {
        matches!(self.socket, Socket::Greeting { .. } | Socket::Online { .. })
    }

    /// Closes the socket ourselves and tries again after a while.
    pub(super) fn give_up_socket(&mut self, now: Duration) {
        self.context.push(Output::Disconnect);
        self.lose_socket_for_a_while(now);
    }

    fn lose_socket_for_a_while(&mut self, now: Duration) {
        let wait = self.backoff.wait(now, &mut self.context.chance);
        self.lose_socket(now, Socket::Waiting { until: now + wait });
    }

    /// There is no socket any longer, but what is said instead.
    pub(super) fn lose_socket(&mut self, now: Duration, instead: Socket) {
        let retry_in = match instead {
            Socket::Waiting { until } => Some(until - now),
            _ => None,
        };
        self.socket = instead;
        self.login.lost_socket();
        self.channels.clear();
        self.abandoned.clear();
        self.context.forget_frames();
        self.context.event(Event::Offline { retry_in });
        for seat in self.seats.values_mut() {
            seat.disconnected(now);
            seat.settle(now, &mut self.context);
        }
    }

    pub(super) fn join_due(&mut self, now: Duration) {
        if self.has_socket() {
            self.join_into(Vec::new(), now);
        }
    }

    /// Adds a join of each document that should be joined to `frame`, and sends it.
    fn join_into(&mut self, mut frame: Vec<u8>, now: Duration) {
        for seat in self.seats.values_mut().filter(|seat| seat.wants_to_join(now)) {
            if frame.len() > FRAME_BYTES_MAX - JOIN_BYTES_MAX {
                self.context.push(Output::Send(std::mem::take(&mut frame)));
            }
            self.requests = self.requests.wrapping_add(1);
            codec::append_client(&mut frame, &seat.join(self.requests, now));
        }
        if !frame.is_empty() {
            self.context.push(Output::Send(frame));
        }
    }

    fn read(&mut self, now: Duration, frame: &[u8]) -> Result<(), FrameError> {
        for message in codec::decode_server(frame)? {
            match message? {
                ServerMessage::Session(message) => self.handle_session(message, now)?,
                ServerMessage::Applied { channel, revision, author, operation } => {
                    let from = Revision::new(revision.get().saturating_sub(1));
                    self.with(channel, |seat, context| {
                        seat.applied(from, revision, Some(author), &operation, now, context);
                    });
                }
                ServerMessage::Acked { channel, seq, revision } => {
                    self.with(channel, |seat, context| seat.acked(seq, revision, now, context));
                }
                ServerMessage::Document(message) => self.handle_document(message, now)?,
                ServerMessage::Presence(news) => {
                    let channel = match news {
                        ServerPresence::Arrived { channel, .. }
                        | ServerPresence::Moved { channel, .. }
                        | ServerPresence::Departed { channel, .. } => channel,
                    };
                    self.with(channel, |seat, _| seat.presence(news));
                }
            }
            if !self.has_socket() {
                // A message before told us to hang up.
                return Ok(());
            }
        }
        Ok(())
    }

    fn handle_session(
        &mut self,
        message: ServerSession<'_>,
        now: Duration,
    ) -> Result<(), FrameError> {
        match message {
            ServerSession::Welcome { version, messages_per_second, token_life_ms, .. } => {
                if !(VERSION_MIN..=VERSION).contains(&version) {
                    return Err(FrameError::Version { met: version, known: VERSION });
                }
                if matches!(self.socket, Socket::Greeting { .. }) {
                    self.context.pace.begin(messages_per_second);
                    let ping_at = now + ms(PING_INTERVAL_MS);
                    self.socket = Socket::Online { heard_at: now, ping_at };
                    self.context.event(Event::Online);
                    self.login.lives(token_life_ms, now);
                    // One that came while the hello was under way.
                    self.renew();
                }
            }
            ServerSession::Pong { .. } => {}
            ServerSession::Reconnect { after_ms } => {
                self.context.push(Output::Disconnect);
                let wait = ms(u64::from(after_ms).min(RETRY_MS_MAX));
                self.lose_socket(now, Socket::Waiting { until: now + wait });
            }
            ServerSession::Renewed { token_life_ms } => self.login.lives(token_life_ms, now),
            ServerSession::Fault { code, message } => self.handle_fault(code, &message, now),
        }
        Ok(())
    }

    fn handle_fault(&mut self, code: RejectCode, message: &str, now: Duration) {
        if code.is_about_login() {
            return self.asked_to_log_in(code, message, now);
        }
        // A frame that it could not read will not come again; all else is final.
        let retry = code.is_retryable() || code == RejectCode::MalformedFrame;
        if retry {
            return self.give_up_socket(now);
        }
        self.context.push(Output::Disconnect);
        for &document in self.seats.keys() {
            let message = message.to_owned();
            self.context.event(Event::Refused { document, code, message });
        }
        self.lose_socket(now, Socket::TurnedAway);
    }

    fn handle_document(
        &mut self,
        message: ServerDocument<'_>,
        now: Duration,
    ) -> Result<(), FrameError> {
        match message {
            ServerDocument::Joined {
                request,
                channel,
                author,
                head,
                last_seq,
                last_revision,
                name,
                writable,
                document_bytes_max,
                text_bytes,
            } => {
                let standing = Standing { head, last_seq, last_revision };
                let admission = Admission {
                    channel,
                    author,
                    standing,
                    name: &name,
                    writable,
                    document_bytes_max,
                    text_bytes,
                };
                return self.handle_joined(request, &admission, now);
            }
            ServerDocument::TextPart { channel, bytes } => {
                return self
                    .with(channel, |seat, context| seat.text_part(&bytes, now, context))
                    .unwrap_or(Ok(()));
            }
            ServerDocument::CaughtUp { channel, from, to, operation } => {
                self.with(channel, |seat, context| {
                    seat.applied(from, to, None, &operation, now, context);
                });
            }
            ServerDocument::Checkpoint { channel, revision, hash } => {
                self.with(channel, |seat, context| seat.checkpoint(revision, hash, now, context));
            }
            ServerDocument::Rejected { channel, seq, code, retry_ms, .. } => {
                self.with(channel, |seat, context| {
                    seat.rejected(seq, code, retry_ms, now, context);
                });
            }
            ServerDocument::Refused { request, code, message } => {
                self.abandoned.remove(&request);
                let seat = self.seats.values_mut().find(|seat| seat.request() == Some(request));
                if let Some(seat) = seat {
                    seat.refused(code, &message, now, &mut self.context);
                }
            }
            ServerDocument::Renamed { channel, name } => {
                self.with(channel, |seat, context| seat.rename(&name, context));
            }
            ServerDocument::Ended { channel, code, message } => {
                self.with(channel, |seat, context| {
                    seat.turned_away(code, &message, now, context);
                });
            }
            ServerDocument::Role { channel, writable } => {
                self.with(channel, |seat, _| seat.set_writable(writable));
            }
        }
        Ok(())
    }

    fn handle_joined(
        &mut self,
        request: u32,
        admission: &Admission<'_>,
        now: Duration,
    ) -> Result<(), FrameError> {
        let channel = admission.channel;
        if let Some(document) = self.abandoned.remove(&request) {
            // Closed before the answer came. If it was opened again, that join takes its place.
            if !self.seats.contains_key(&document) {
                self.context.send(&ClientMessage::Document(ClientDocument::Leave { channel }));
            }
            return Ok(());
        }
        let seat = self.seats.iter_mut().find(|(_, seat)| seat.request() == Some(request));
        let Some((&document, seat)) = seat else { return Ok(()) };
        self.channels.insert(channel, document);
        seat.joined(admission, now, &mut self.context)
    }

    /// Does something with the document of a channel, if it is still joined there.
    fn with<R>(
        &mut self,
        channel: Channel,
        act: impl FnOnce(&mut Seat, &mut crate::client::output::Context) -> R,
    ) -> Option<R> {
        let seat = self.seats.get_mut(self.channels.get(&channel)?)?;
        (seat.channel() == Some(channel)).then(|| act(seat, &mut self.context))
    }
}
