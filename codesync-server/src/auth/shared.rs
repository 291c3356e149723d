//! Sessions that any of the servers looked up a moment ago, in Redis.
//!
//! An entry lives a few seconds. That a session has ended is written over whatever stands there and
//! stays until its last access token has expired; that one lives is written only where nothing
//! stands. So a server that read the database just before a logout cannot bring the session back.
//! Without Redis the database is asked.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::db::sessions::LiveSession;
use crate::db::users::UserKind;
use crate::ids::SessionId;
use crate::redis::Redis;
use crate::tokens::access::ACCESS_LIFE;

/// How long a live session is remembered, which is how long one that ended while Redis was away may
/// still be let in.
const LIVE_MAX: Duration = Duration::from_secs(4);
/// What stands for a session that has ended.
const ENDED: &str = "ended";

/// Sessions in Redis.
#[derive(Clone, Debug)]
pub struct SharedSessions {
    redis: Redis,
}

/// A live session as it is written.
#[derive(Deserialize, Serialize)]
struct Written {
    user: String,
    kind: String,
    name: String,
    generation: u64,
}

impl SharedSessions {
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// What was written of a session, if anything: that it lives, or that it has ended.
    pub async fn get(&self, id: SessionId) -> Option<Option<Arc<LiveSession>>> {
        let mut get = ::redis::cmd("GET");
        get.arg(self.key(id));
        let text: Option<String> = self.redis.query(&get).await.ok()?;
        let text = text?;
        if text == ENDED {
            return Some(None);
        }
        let written: Written = serde_json::from_str(&text).ok()?;
        Some(Some(Arc::new(LiveSession {
            user: written.user.parse().ok()?,
            kind: UserKind::from_name(&written.kind)?,
            name: written.name,
            generation: written.generation,
            confirmed: true,
        })))
    }

    /// Writes that a session lives. One whose latest tokens were never used is looked up until they
    /// are.
    pub async fn put(&self, id: SessionId, session: &LiveSession) {
        if !session.confirmed {
            return;
        }
        let written = Written {
            user: session.user.to_string(),
            kind: session.kind.name().to_owned(),
            name: session.name.clone(),
            generation: session.generation,
        };
        let Ok(text) = serde_json::to_string(&written) else { return };
        let mut set = ::redis::cmd("SET");
        set.arg(self.key(id)).arg(text).arg("NX").arg("PX").arg(milliseconds(LIVE_MAX));
        if let Err(error) = self.redis.query::<::redis::Value>(&set).await {
            tracing::debug!(%error, "a session is not remembered");
        }
    }

    /// Writes that these sessions have ended.
    pub async fn end(&self, sessions: &[SessionId]) {
        if sessions.is_empty() {
            return;
        }
        let mut commands = ::redis::Pipeline::with_capacity(sessions.len());
        for id in sessions {
            let life = milliseconds(ACCESS_LIFE + LIVE_MAX);
            commands.cmd("SET").arg(self.key(*id)).arg(ENDED).arg("PX").arg(life).ignore();
        }
        if let Err(error) = self.redis.pipeline::<()>(&commands).await {
            tracing::warn!(%error, "other servers learn later that a login has ended");
        }
    }

    fn key(&self, id: SessionId) -> String {
        self.redis.key(format_args!("session:{{{id}}}"))
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
