//! Deleting one's account: a week to think again, then it is gone.

use std::time::Duration;

use crate::accounts::{AccountError, Accounts, Grant, Visit};
use crate::db::users::{Reopen, Shut, Shutting, User, UserKind};
use crate::ids::UserId;

/// How long a deleted account can be taken back.
pub const DELETION_GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Accounts {
    /// Shuts an account at once and has it deleted in a week. A guest has no password to prove
    /// himself with, and nothing but his name.
    pub async fn delete(
        &self,
        user: &User,
        password: Option<String>,
        visit: &Visit,
    ) -> Result<(), AccountError> {
        if user.kind != UserKind::Guest {
            self.prove_again(user.id, password.unwrap_or_default(), visit).await?;
        }
        let (how, by) = (Shutting::Deleted, visit.actor(Some(user.id)));
        let ended = self.certainly(Shut { user: user.id, how, by }).await?;
        self.ended(user.id, ended).await;
        Ok(())
    }

    /// Takes the deletion of an account back, and logs in.
    pub async fn restore(
        &self,
        login: &str,
        password: String,
        visit: &Visit,
    ) -> Result<Grant, AccountError> {
        let mut user = self.prove_login(login, password, visit).await?;
        if user.deleted_at.take().is_some() {
            let (how, by) = (Shutting::Deleted, visit.actor(Some(user.id)));
            self.certainly(Reopen { user: user.id, how, by }).await?;
        }
        self.begin(user, visit).await
    }

    /// The user who asks, as he is now.
    pub async fn find(&self, user: UserId) -> Result<User, AccountError> {
        self.database.user(user).await?.ok_or(AccountError::SessionEnded)
    }
}
