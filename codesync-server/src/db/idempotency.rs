//! What became of requests that named a key, so that the same one is carried out once.
//!
//! A request claims its key before it is carried out and settles it with its answer. A claim that
//! was not settled within [`UNDERWAY_MAX`] was left by a server that is no more; the next request
//! with the key takes it over.

use std::time::Duration;

use async_trait::async_trait;

use crate::db::before;
use crate::db::engine::{Connection, values};
use crate::db::write::{Stop, Write};
use crate::ids::UserId;

/// How long an answer is kept.
const ANSWERS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request may be under way before its claim means nothing.
const UNDERWAY_MAX: Duration = Duration::from_secs(60);

/// A key of one user, and the request it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) user: UserId,
    pub(crate) key: String,
    /// SHA-256 of everything that tells the request from others.
    pub(crate) request_hash: [u8; 32],
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

/// An answer as it was given the first time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    /// JSON, or nothing.
    pub(crate) body: Option<String>,
    pub(crate) location: Option<String>,
}

/// What a claim met.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Claimed {
    /// Nobody came with the key before: the request is to be carried out.
    Fresh,
    Answered(KeptAnswer),
    /// The same request is being carried out at this moment.
    Underway,
    /// The key stands for another request.
    Another,
}

#[async_trait]
impl Write for Claim {
    type Done = Claimed;
    type Refusal = std::convert::Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Claimed, Stop<Self::Refusal>> {
        let (user, key) = (self.user, self.key.as_str());
        let hash = self.request_hash.as_slice();
        const EXPIRED: &str = "delete from idempotency
            where user_id = $1 and key = $2 and (created_at <= $3 or (status = 0 and created_at <= $4))";
        let (answered, underway) = (expired_by(self.now), before(self.now, UNDERWAY_MAX));
        connection.execute(EXPIRED, values![user, key, answered, underway]).await?;
        const CLAIM: &str = "insert into idempotency (user_id, key, request_hash, created_at)
            values ($1, $2, $3, $4) on conflict do nothing";
        if connection.execute(CLAIM, values![user, key, hash, self.now]).await? == 1 {
            return Ok(Claimed::Fresh);
        }
        const FIND: &str = "select request_hash, status, body, location from idempotency
            where user_id = $1 and key = $2";
        let Some(row) = connection.row(FIND, values![user, key]).await? else {
            // It was given up in this very moment; whoever comes again finds the key free.
            return Ok(Claimed::Underway);
        };
        if row.fixed::<32>("request_hash")? != self.request_hash {
            return Ok(Claimed::Another);
        }
        match row.small("status")? {
            0 => Ok(Claimed::Underway),
            status => Ok(Claimed::Answered(KeptAnswer {
                status: u16::try_from(status).unwrap_or(500),
                body: row.get("body")?,
                location: row.get("location")?,
            })),
        }
    }
}

/// The end of a request that had claimed its key.
pub(crate) struct Settle {
    pub(crate) claim: Claim,
    /// None: it was not carried out, and may be tried again.
    pub(crate) answer: Option<KeptAnswer>,
}

#[async_trait]
impl Write for Settle {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let Claim { user, key, now, .. } = &self.claim;
        // Only the claim that was made: it may have been taken over since.
        match &self.answer {
            Some(KeptAnswer { status, body, location }) => {
                const SETTLE: &str = "update idempotency set status = $1, body = $2, location = $3
                    where user_id = $4 and key = $5 and status = 0 and created_at = $6";
                let (body, location) = (body.as_deref(), location.as_deref());
                let values = values![u32::from(*status), body, location, *user, key.as_str(), *now];
                connection.execute(SETTLE, values).await?;
            }
            None => {
                const GIVE_UP: &str = "delete from idempotency
                    where user_id = $1 and key = $2 and status = 0 and created_at = $3";
                connection.execute(GIVE_UP, values![*user, key.as_str(), *now]).await?;
            }
        }
        Ok(())
    }
}

/// Answers from this moment or before are no longer given.
pub(crate) fn expired_by(now: i64) -> i64 {
    before(now, ANSWERS_KEPT)
}
