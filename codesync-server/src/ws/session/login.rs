//! Who is at the other end: the hello, the check of its token, and another token before its end.

use std::time::Duration;

use codesync_core::AccessToken;
use codesync_core::limits::{
    DOCUMENTS_PER_SOCKET_MAX, FRAME_BYTES_MAX, NAME_GRAPHEMES_MAX, OPERATION_BYTES_MAX,
    OPERATION_COMPONENTS_MAX,
};
use codesync_core::protocol::{
    CloseCode, RejectCode, ServerMessage, ServerSession, VERSION, VERSION_MIN,
};
use unicode_segmentation::UnicodeSegmentation;

use super::{AUTHENTICATION_MAX, Output, Session, Stage, wire};
use crate::auth::{AuthError, Caller};
use crate::ids::UserId;
use crate::names::is_hidden;

/// Frames that may come before it is known who sends them. An honest client sends one, with a
/// hello and its joins, and waits for the answers.
const FRAMES_KEPT_MAX: usize = 16;

/// Somebody who has said hello and whose token is being checked.
#[derive(Debug)]
pub(super) struct Guest {
    version: u16,
    /// What he calls himself.
    name: String,
    /// What came behind the hello, frame by frame.
    frames: Vec<Vec<u8>>,
    bytes: usize,
}

impl Guest {
    /// Keeps a frame for later. False if that would be too much.
    pub(super) fn keep(&mut self, frame: &[u8]) -> bool {
        let is_room =
            self.frames.len() < FRAMES_KEPT_MAX && self.bytes + frame.len() <= FRAME_BYTES_MAX;
        if is_room && !frame.is_empty() {
            self.bytes += frame.len();
            self.frames.push(frame.to_vec());
        }
        is_room
    }
}

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) user: UserId,
    /// What others see.
    pub(super) name: String,
}

/// Another token, on its way to take the place of the first.
#[derive(Debug)]
pub(super) enum Renewal {
    None,
    /// One is being checked, and perhaps a newer one came meanwhile.
    UnderWay {
        next: Option<AccessToken>,
    },
}

impl Session {
    pub(super) fn hello(
        &mut self,
        now: Duration,
        version: u16,
        name: &str,
        token: Option<AccessToken>,
    ) {
        if version < VERSION_MIN {
            let code = RejectCode::VersionUnsupported;
            return self.fault(code, code.sentence(), CloseCode::VersionUnsupported);
        }
        let name: String = name.trim().chars().filter(|char| !is_hidden(*char)).collect();
        if name.graphemes(true).count() > NAME_GRAPHEMES_MAX {
            let code = RejectCode::NameTooLong;
            return self.fault(code, code.sentence(), CloseCode::ProtocolError);
        }
        let guest = Guest { version: version.min(VERSION), name, frames: Vec::new(), bytes: 0 };
        self.stage = Stage::Greeting { guest, until: now + AUTHENTICATION_MAX };
        self.outputs.push_back(Output::Authenticate { token });
    }

    /// The answer to [`Output::Authenticate`]. `unix` is what time it is, since 1970.
    pub fn handle_authenticated(
        &mut self,
        now: Duration,
        unix: Duration,
        answer: Result<Caller, AuthError>,
    ) {
        match (std::mem::replace(&mut self.stage, Stage::Closed), answer) {
            (Stage::Greeting { guest, .. }, Ok(caller)) => self.welcome(now, unix, guest, caller),
            (stage @ (Stage::Open { .. } | Stage::Leaving { .. }), answer) => {
                self.stage = stage;
                self.renewed(now, unix, answer);
            }
            (stage, Err(error)) => {
                self.stage = stage;
                self.turn_away(&error);
            }
            (stage, Ok(_)) => self.stage = stage,
        }
    }

    /// The person is on too many connections already.
    pub fn handle_crowded(&mut self) {
        let code = RejectCode::TooManyConnections;
        self.fault(code, code.sentence(), CloseCode::TooManyConnections);
    }

    /// The login that the token belongs to has ended: a logout, another password, a closed account.
    pub fn handle_login_ended(&mut self) {
        let code = RejectCode::SessionEnded;
        self.fault(code, code.sentence(), CloseCode::SessionEnded);
    }

    fn welcome(&mut self, now: Duration, unix: Duration, guest: Guest, caller: Caller) {
        let name = caller.name.unwrap_or(guest.name);
        self.stage = Stage::Open { person: Person { user: caller.user, name } };
        self.heard_at = now;
        self.pinged_at = now;
        let token_life_ms = self.count_life(now, unix, caller.until);
        self.send(&ServerMessage::Session(ServerSession::Welcome {
            version: guest.version,
            server_name: concat!("codesync-server ", env!("CARGO_PKG_VERSION")).into(),
            frame_bytes_max: wire(FRAME_BYTES_MAX),
            operation_bytes_max: wire(OPERATION_BYTES_MAX),
            components_max: wire(OPERATION_COMPONENTS_MAX),
            documents_max: wire(DOCUMENTS_PER_SOCKET_MAX),
            messages_per_second: self.messages_per_second,
            token_life_ms,
        }));
        for frame in guest.frames {
            if self.is_closed() {
                return;
            }
            self.read(now, &frame);
        }
    }

    /// Sets the end of a token. Its life in milliseconds, if there is an end.
    fn count_life(
        &mut self,
        now: Duration,
        unix: Duration,
        until: Option<Duration>,
    ) -> Option<u64> {
        let life = until.map(|until| until.saturating_sub(unix));
        self.token_ends_at = life.map(|life| now.saturating_add(life));
        life.map(|life| u64::try_from(life.as_millis()).unwrap_or(u64::MAX))
    }

    /// Another token was handed in.
    pub(super) fn renew(&mut self, token: AccessToken) {
        match &mut self.renewal {
            Renewal::UnderWay { next } => *next = Some(token),
            Renewal::None => {
                self.renewal = Renewal::UnderWay { next: None };
                self.outputs.push_back(Output::Authenticate { token: Some(token) });
            }
        }
    }

    fn renewed(&mut self, now: Duration, unix: Duration, answer: Result<Caller, AuthError>) {
        let renewal = std::mem::replace(&mut self.renewal, Renewal::None);
        let user = match &self.stage {
            Stage::Open { person } | Stage::Leaving { person, .. } => person.user,
            Stage::AwaitingHello | Stage::Greeting { .. } | Stage::Closed => return,
        };
        match answer {
            Ok(caller) if caller.user == user => {
                let token_life_ms = self.count_life(now, unix, caller.until);
                self.send(&ServerMessage::Session(ServerSession::Renewed { token_life_ms }));
            }
            Ok(_) => {
                let code = RejectCode::NotAuthenticated;
                return self.fault(
                    code,
                    "the new token is another person's",
                    CloseCode::NotAuthenticated,
                );
            }
            // The one before counts to its end, and the client can come again with this one.
            Err(AuthError::Unavailable(_)) => {}
            Err(error) => return self.turn_away(&error),
        }
        if let Renewal::UnderWay { next: Some(token) } = renewal {
            self.renew(token);
        }
    }

    pub(super) fn token_ended(&mut self) {
        self.turn_away(&AuthError::Expired);
    }

    /// Nobody could say in time who this is.
    pub(super) fn greeted_in_vain(&mut self) {
        self.turn_away(&AuthError::Unavailable("no answer in time".to_owned()));
    }

    fn turn_away(&mut self, error: &AuthError) {
        match error {
            AuthError::Missing | AuthError::Invalid | AuthError::Expired => self.fault(
                RejectCode::NotAuthenticated,
                &error.to_string(),
                CloseCode::NotAuthenticated,
            ),
            AuthError::Ended => self.handle_login_ended(),
            AuthError::Unavailable(cause) => {
                tracing::warn!(%cause, "who connects cannot be checked");
                let code = RejectCode::InternalError;
                self.fault(code, code.sentence(), CloseCode::InternalError);
            }
        }
    }
}
