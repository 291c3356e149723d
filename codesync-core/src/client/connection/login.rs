//! Who the person is, where a server asks for it: the token that is shown, and another one in time.

use std::borrow::Cow;
use std::time::Duration;

use super::Connection;
use super::socket::Socket;
use crate::AccessToken;
use crate::client::output::{Event, Output};
use crate::limits::{TOKEN_LIFE_MS_MAX, TOKEN_MARGIN_MS_MAX};
use crate::protocol::{ClientMessage, ClientSession, RejectCode};

/// The token to show, and what became of the one that was shown last.
#[derive(Debug, Default)]
pub(super) struct Login {
    token: Option<AccessToken>,
    /// What the server was shown last, on this socket or on one before.
    shown: Option<AccessToken>,
    /// When what was shown ends, and when another one is to be asked for.
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
struct End {
    at: Duration,
    /// `None` once it was asked for.
    ask_at: Option<Duration>,
}

impl Login {
    pub(super) fn new(token: Option<AccessToken>) -> Self {
        Self { token, ..Self::default() }
    }

    /// The token for a hello.
    pub(super) fn show(&mut self) -> Option<&AccessToken> {
        self.shown.clone_from(&self.token);
        self.end = None;
        self.token.as_ref()
    }

    /// The server took what it was shown, for so long.
    pub(super) fn lives(&mut self, life_ms: Option<u64>, now: Duration) {
        self.end = life_ms.map(|life_ms| {
            let life_ms = life_ms.min(TOKEN_LIFE_MS_MAX);
            let margin_ms = TOKEN_MARGIN_MS_MAX.min(life_ms / 5);
            let at = now + Duration::from_millis(life_ms);
            End { at, ask_at: Some(at - Duration::from_millis(margin_ms)) }
        });
    }

    /// When [`Connection::ask_for_token`] has something to do.
    pub(super) fn due(&self) -> Option<Duration> {
        self.end?.ask_at
    }

    /// There is no socket any longer on which anything ends.
    pub(super) fn lost_socket(&mut self) {
        self.end = None;
    }

    /// Whether there is a token that the server has not seen.
    fn has_another(&self) -> bool {
        self.token.is_some() && self.token != self.shown
    }
}

impl Connection {
    /// Uses another token from now on. On an open socket the server is shown it at once; if a login
    /// was needed, and this is not the token that the server refused, another socket is asked for.
    pub fn set_token(&mut self, now: Duration, token: Option<AccessToken>) {
        self.login.token = token;
        match self.socket {
            Socket::Online { .. } => self.renew(),
            Socket::LoginNeeded if self.login.has_another() => {
                // At once, unless the server refuses one after the other.
                let wait = self.backoff.wait_unless_first(now, &mut self.context.chance);
                self.socket = Socket::Waiting { until: now + wait };
                self.handle_timeout(now);
            }
            Socket::LoginNeeded
            | Socket::Idle
            | Socket::Connecting { .. }
            | Socket::Greeting { .. }
            | Socket::Waiting { .. }
            | Socket::TurnedAway => {}
        }
    }

    /// Shows the server the newest token, if it has not seen it. Nothing that is on its way waits
    /// for this: the old one counts until its end.
    pub(super) fn renew(&mut self) {
        if !self.login.has_another() {
            return;
        }
        self.login.shown.clone_from(&self.login.token);
        let Some(token) = &self.login.shown else { return };
        let token = Cow::Borrowed(token.expose());
        self.context.send(&ClientMessage::Session(ClientSession::Renew { token }));
    }

    /// Asks the driver for another token, if it is time.
    pub(super) fn ask_for_token(&mut self, now: Duration) {
        let Some(end) = &mut self.login.end else { return };
        if end.ask_at.is_some_and(|at| at <= now) {
            end.ask_at = None;
            let left = end.at.saturating_sub(now);
            self.context.event(Event::TokenExpiring { left });
        }
    }

    /// No token can be had: the person has to log in first. Connecting is given up until there is
    /// one ([`set_token`](Connection::set_token)); a socket that is open stays so as long as the
    /// server bears with it.
    pub fn handle_login_needed(&mut self, now: Duration, message: &str) {
        match self.socket {
            Socket::Connecting { .. } | Socket::Waiting { .. } => {
                self.lose_socket(now, Socket::LoginNeeded);
            }
            Socket::Idle
            | Socket::Greeting { .. }
            | Socket::Online { .. }
            | Socket::LoginNeeded
            | Socket::TurnedAway => {}
        }
        let (code, message) = (RejectCode::NotAuthenticated, message.to_owned());
        self.context.event(Event::LoginNeeded { code, message });
    }

    /// The server does not know who this is, or knows and lets him in no longer. Documents stay as
    /// they are, and editing goes on.
    pub(super) fn asked_to_log_in(&mut self, code: RejectCode, message: &str, now: Duration) {
        if self.login.has_another() {
            // That came too late for this socket and is in time for the next.
            return self.give_up_socket(now);
        }
        self.context.push(Output::Disconnect);
        self.lose_socket(now, Socket::LoginNeeded);
        self.context.event(Event::LoginNeeded { code, message: message.to_owned() });
    }
}
