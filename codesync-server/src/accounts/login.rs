//! Logging in, staying logged in, logging out, and changing the password.

use crate::accounts::{AccountError, Accounts, Grant, Visit, now};
use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::Connection;
use crate::db::sessions::{EndSessions, Ending, Exchange, Exchanged, NewSession, SessionRecord};
use crate::db::users::{Rehash, SetPassword, User, WithPassword};
use crate::db::write::{Stop, Write};
use crate::ids::{SessionId, UserId};
use crate::logins::Login;
use crate::password::Password;
use crate::password::hashing::Verdict;
use crate::tokens::refresh::RefreshToken;

impl Accounts {
    /// Logs somebody in who knows his password.
    pub async fn log_in(
        &self,
        login: &str,
        password: String,
        visit: &Visit,
    ) -> Result<Grant, AccountError> {
        let user = self.prove_login(login, password, visit).await?;
        if user.deleted_at.is_some() {
            return Err(AccountError::DeletionPending);
        }
        self.begin(user, visit).await
    }

    /// The user whose login and password these are. An account that is shut stays so.
    pub(super) async fn prove_login(
        &self,
        login: &str,
        password: String,
        visit: &Visit,
    ) -> Result<User, AccountError> {
        // What cannot be a login is nobody's, and costs what every other does.
        let found = match login.parse::<Login>() {
            Ok(login) => self.database.user_of_login(&login).await?,
            Err(_) => None,
        };
        self.prove(found, password, visit).await
    }

    /// The same for somebody who is logged in, before he does what cannot be undone.
    pub(super) async fn prove_again(
        &self,
        user: UserId,
        password: String,
        visit: &Visit,
    ) -> Result<User, AccountError> {
        let found = self.database.user_with_password(user).await?;
        self.prove(found, password, visit).await
    }

    async fn prove(
        &self,
        found: Option<WithPassword>,
        password: String,
        visit: &Visit,
    ) -> Result<User, AccountError> {
        let kept = found.as_ref().and_then(|found| found.password.clone());
        let verdict = self.hasher.verify(Password::offered(password), kept.clone()).await?;
        let user = found.map(|found| found.user);
        match (user, kept, verdict) {
            (Some(user), Some(before), Verdict::Right { rehashed }) => {
                if user.disabled_at.is_some() {
                    return Err(AccountError::Disabled);
                }
                if let Some(after) = rehashed {
                    self.certainly(Rehash { user: user.id, before, after }).await?;
                }
                Ok(user)
            }
            (user, _, _) => {
                // Written down for both, so that both cost the same.
                let subject = user.map(|user| user.id);
                self.certainly(Failed { subject, by: visit.actor(None) }).await?;
                Err(AccountError::WrongCredentials)
            }
        }
    }

    pub(super) async fn begin(&self, user: User, visit: &Visit) -> Result<Grant, AccountError> {
        let session = self.new_session(user.id, visit)?;
        let refresh_token = session.first.clone();
        let ended = self.certainly(session).await?;
        self.ended(user.id, ended).await;
        self.grant(user, 0, refresh_token)
    }

    /// A login that is about to begin.
    pub(crate) fn new_session(
        &self,
        user: UserId,
        visit: &Visit,
    ) -> Result<NewSession, AccountError> {
        let session = self.random(SessionId::random())?;
        let first = self.keys.refresh_token(session, 0);
        let Visit { agent, address } = visit.clone();
        Ok(NewSession { user, first, agent, address })
    }

    pub(crate) fn grant(
        &self,
        user: User,
        generation: u64,
        refresh_token: RefreshToken,
    ) -> Result<Grant, AccountError> {
        let session = refresh_token.session();
        let access_token = self
            .keys
            .sign(user.id, session, generation, now())
            .map_err(|error| AccountError::Token(error.to_string()))?;
        Ok(Grant { user, session, access_token, refresh_token })
    }

    /// Exchanges a refresh token for the next pair.
    pub async fn refresh(&self, presented: &str, visit: &Visit) -> Result<Grant, AccountError> {
        let presented: RefreshToken = presented.parse().map_err(|_| AccountError::SessionEnded)?;
        let session = presented.session();
        let (keys, address) = (self.keys.clone(), visit.address.clone());
        match self.certainly(Exchange { keys, presented, address }).await? {
            Exchanged::Given { user, generation, next } => {
                let user = self.database.user(user).await?.ok_or(AccountError::SessionEnded)?;
                self.grant(user, generation, next)
            }
            Exchanged::Ended => Err(AccountError::SessionEnded),
            Exchanged::Reused { user } => {
                tracing::warn!(%user, %session, "a refresh token came twice; its session ends");
                self.ended(user, vec![session]).await;
                Err(AccountError::SessionEnded)
            }
        }
    }

    /// Ends the login that a refresh token belongs to. One that came before ends it, too: that is
    /// what its owner wants, or what befits a thief.
    pub async fn log_out_by_token(
        &self,
        presented: &str,
        visit: &Visit,
    ) -> Result<(), AccountError> {
        match self.refresh(presented, visit).await {
            Ok(grant) => self.log_out(grant.user.id, grant.session, visit).await,
            Err(AccountError::SessionEnded) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends one login. It may have ended before.
    pub async fn log_out(
        &self,
        user: UserId,
        session: SessionId,
        visit: &Visit,
    ) -> Result<(), AccountError> {
        let (which, by) = (Ending::One(session), visit.actor(Some(user)));
        let ended = self.certainly(EndSessions { user, which, by }).await?;
        self.ended(user, ended).await;
        Ok(())
    }

    /// The logins of a user that let him in.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<SessionRecord>, AccountError> {
        Ok(self.database.sessions(user).await?)
    }

    /// Ends one login of a user's own, or all but the one that asks.
    pub async fn end_sessions(
        &self,
        user: UserId,
        which: Ending,
        visit: &Visit,
    ) -> Result<(), AccountError> {
        let by = visit.actor(Some(user));
        let ended = self.certainly(EndSessions { user, which, by }).await?;
        if ended.is_empty() && matches!(which, Ending::One(_)) {
            return Err(AccountError::NoSession);
        }
        self.ended(user, ended).await;
        Ok(())
    }

    /// Changes the password, which ends every login, and logs in anew.
    pub async fn change_password(
        &self,
        user: UserId,
        current: String,
        new: String,
        visit: &Visit,
    ) -> Result<Grant, AccountError> {
        let user = self.prove_again(user, current, visit).await?;
        self.set_password(&user, new, visit.actor(Some(user.id))).await?;
        self.begin(user, visit).await
    }

    /// Gives an account another password, which ends every login.
    pub(super) async fn set_password(
        &self,
        user: &User,
        new: String,
        by: Actor,
    ) -> Result<(), AccountError> {
        let login = user.login.as_deref().unwrap_or_default();
        let password = self.hasher.hash(Password::chosen(new, login)?).await?;
        let ended = self.certainly(SetPassword { user: user.id, password, by }).await?;
        self.ended(user.id, ended).await;
        Ok(())
    }
}

/// Somebody did not know the password.
struct Failed {
    subject: Option<UserId>,
    by: Actor,
}

#[async_trait::async_trait]
impl Write for Failed {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let event = Event::new(Action::LoginFailed, &self.by);
        let event = match self.subject {
            Some(subject) => event.to(subject),
            None => event,
        };
        Ok(audit::record(connection, event).await?)
    }
}
