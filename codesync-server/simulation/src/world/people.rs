//! Who people are and what they may do: permissions that change while edits are on their way,
//! tokens that end, logins that are ended.

use std::time::Duration;

use codesync_core::AccessToken;
use codesync_core::client::{ConflictReason, State};
use codesync_core::protocol::RejectCode;
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::auth::{AuthError, Caller};

use super::{MS, SECOND, World, document_id, say, user_of};
use crate::coverage::Met;
use crate::oracle::broken;

/// How long it takes people to log in again, or to see that they may come back.
const SLOWNESS_MS_MAX: u64 = 3000;

/// How long a token lives once no more goes wrong.
const CALM_TOKEN_MS: u64 = 60 * 60 * 1000;

impl World {
    /// An owner gives a person other rights in a document: 0 none, 1 to read, 2 to write; for so
    /// long, if `ms` is not zero.
    pub(super) fn permit(&mut self, document: usize, client: usize, role: u64, ms: u64) {
        if self.store.is_down(self.now) {
            return;
        }
        let until = i64::try_from(self.now / MS + ms).ok().filter(|_| ms > 0);
        let rights = match role % 3 {
            0 => None,
            1 => Some(Rights { role: Role::Viewer, until }),
            _ => Some(Rights { role: Role::Editor, until }),
        };
        let met = if rights.is_some() { Met::PermissionGiven } else { Met::PermissionTaken };
        self.coverage.met(met);
        let set = self.store.log.set_rights(document_id(document), user_of(client), rights);
        let version = set.expect("the document was created with the world");
        let now = self.now();
        self.truths[document].permissions.set(client, rights, now);
        for server in 0..self.servers.len() {
            self.hint_access(server, document, version);
        }
        if rights.is_some() {
            self.come_back(client, document);
        }
    }

    /// The bus says so, as far as it goes.
    fn hint_access(&mut self, server: usize, document: usize, version: AccessVersion) {
        let rates = self.rates;
        let chance = &mut self.servers[server].chance;
        if !chance.per_mille(rates.hints_lost) {
            let late = chance.below(rates.hints_late_ms * MS + MS);
            self.after(late, move |world| world.hear_access(server, document, version));
        }
    }

    /// Somebody whose document has ended for him sees after a while that he may open it again.
    fn come_back(&mut self, client: usize, document: usize) {
        let slowness = self.slowness(client);
        self.after(slowness, move |world| {
            let connection = world.clients[client].connection.as_ref();
            let replica = connection.and_then(|it| it.document(document_id(document)));
            let has_ended = replica.is_some_and(|it| it.status().state == State::Ended);
            let now = world.now();
            if has_ended && world.truths[document].permissions.may_read(client, now) {
                say!(world, "client {client} opens document {document} again");
                world.close(client, document);
                world.open(client, document);
            }
        });
    }

    fn slowness(&mut self, client: usize) -> u64 {
        match self.calm {
            true => MS,
            false => self.clients[client].chance.below(SLOWNESS_MS_MAX * MS),
        }
    }

    /// A client may not take part. It must be true.
    pub(super) fn refused(&mut self, client: usize, document: usize, code: RejectCode) {
        if !self.truths[document].permissions.explains(client, code) {
            let refused = format!("client {client} is refused: {code}");
            return self.check(Err(broken("I16 kept", refused)));
        }
        self.coverage.met(Met::AccessEnded);
        self.come_back(client, document);
    }

    /// A client keeps its text aside: only because it may not write it any longer, and then nothing
    /// may be missing in it.
    pub(super) fn set_aside(
        &mut self,
        client: usize,
        document: usize,
        copy: &str,
        reason: ConflictReason,
    ) {
        let permissions = &self.truths[document].permissions;
        let is_explained = match reason {
            ConflictReason::Rejected(code) | ConflictReason::Ended(code) => {
                permissions.explains(client, code)
            }
            ConflictReason::Mismatch
            | ConflictReason::Unfitting
            | ConflictReason::ServerBehind
            | ConflictReason::JournalReused => false,
        };
        if !is_explained {
            let conflict = format!("client {client} gets a conflict copy: {reason}");
            return self.check(Err(broken("I16 kept", conflict)));
        }
        self.coverage.met(Met::SetAside);
        let id = self.clients[client].known_as[&document];
        let truth = &self.truths[document];
        let check = self.intents[document].set_aside(client, id, copy, |tag| truth.count(tag));
        self.check(check);
    }

    /// What a person would be let in with, if he logged in now.
    pub(super) fn fresh_token(&self, client: usize) -> Option<AccessToken> {
        let token = format!("{client} {}", self.now / MS);
        (self.rates.token_ms > 0).then(|| AccessToken::from(token))
    }

    /// Who shows this token, as the database has it.
    pub(super) fn caller(
        &self,
        client: usize,
        token: Option<&AccessToken>,
    ) -> Result<Caller, AuthError> {
        let caller = Caller { user: user_of(client), ..Caller::LOCAL };
        if self.rates.token_ms == 0 {
            return Ok(caller);
        }
        if self.store.is_down(self.now) {
            return Err(AuthError::Unavailable("the log is down".to_owned()));
        }
        let token = token.ok_or(AuthError::Missing)?.expose();
        let (_, made_ms) = token.split_once(' ').ok_or(AuthError::Invalid)?;
        let made_ms: u64 = made_ms.parse().map_err(|_| AuthError::Invalid)?;
        if self.clients[client].logged_out_at.is_some_and(|at| made_ms * MS <= at) {
            return Err(AuthError::Ended);
        }
        // In the end everybody stays in: a token may live shorter than the ways are long.
        let life_ms = if self.calm { CALM_TOKEN_MS } else { self.rates.token_ms };
        let until = Duration::from_millis(made_ms + life_ms);
        if until <= self.now() {
            return Err(AuthError::Expired);
        }
        Ok(Caller { until: Some(until), ..caller })
    }

    /// A server finds out who is at the other end of a socket.
    pub(super) fn authenticate(&mut self, socket: usize, token: Option<AccessToken>) {
        let (server, _, client) = self.ends_of(socket);
        let (there, back) = (self.log_delay(server), self.log_delay(server));
        self.after(there, move |world| {
            let answer = world.caller(client, token.as_ref());
            world.after(back, move |world| {
                world.with_session(socket, |session, now| {
                    session.handle_authenticated(now, now, answer);
                });
            });
        });
    }

    /// A login is ended: the sockets that it opened are closed within a second.
    pub(super) fn end_login(&mut self, client: usize) {
        if self.rates.token_ms == 0 {
            return;
        }
        self.clients[client].logged_out_at = Some(self.now);
        let heard = self.clients[client].chance.below(SECOND);
        let sockets: Vec<_> = self.open_sockets().collect();
        for socket in sockets {
            if self.ends_of(socket).2 == client {
                self.after(heard, move |world| {
                    world.with_session(socket, |session, _| session.handle_login_ended());
                });
            }
        }
    }

    /// The token ends before long: most people's programs have another one in time.
    pub(super) fn token_expires(&mut self, client: usize, left: Duration) {
        self.coverage.met(Met::TokenExpired);
        let left = u64::try_from(left.as_micros()).unwrap_or(0);
        let delay = match self.calm {
            true => 0,
            false => self.clients[client].chance.below(left + left / 4 + 1),
        };
        self.log_in(client, delay);
    }

    pub(super) fn login_needed(&mut self, client: usize, code: RejectCode) {
        if self.rates.token_ms == 0 {
            let asked = format!("client {client} is asked who he is: {code}");
            return self.check(Err(broken("I16 kept", asked)));
        }
        self.coverage.met(Met::LoginNeeded);
        let delay = self.slowness(client);
        self.log_in(client, delay);
    }

    fn log_in(&mut self, client: usize, delay: u64) {
        let life = self.clients[client].life;
        // Not in the moment of the logout: a token says only in which millisecond it was made.
        self.after(delay + 2 * MS, move |world| {
            if world.clients[client].life == life {
                let token = world.fresh_token(client);
                world.with_client(client, |connection, now| connection.set_token(now, token));
            }
        });
    }
}
