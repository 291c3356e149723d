//! Sessions that were looked up a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::db::sessions::LiveSession;
use crate::ids::SessionId;

/// How long an answer is remembered; so long may an ended login still be let in elsewhere.
pub const SEEN_MAX: Duration = Duration::from_secs(1);
/// Answers that are remembered at once.
const SESSIONS_MAX: usize = 16_384;

/// What the database said of sessions, for a second.
#[derive(Debug, Default)]
pub struct SeenSessions {
    seen: Mutex<HashMap<SessionId, Seen>>,
}

#[derive(Debug)]
struct Seen {
    until: Instant,
    /// None if the session lets nobody in.
    session: Option<Arc<LiveSession>>,
}

impl SeenSessions {
    /// The answer of a moment ago, if there is one.
    #[must_use]
    pub fn get(&self, session: SessionId) -> Option<Option<Arc<LiveSession>>> {
        let seen = self.seen();
        let seen = seen.get(&session)?;
        (Instant::now() < seen.until).then(|| seen.session.clone())
    }

    pub fn put(&self, id: SessionId, session: Option<Arc<LiveSession>>) {
        let (mut seen, now) = (self.seen(), Instant::now());
        if seen.len() >= SESSIONS_MAX {
            seen.retain(|_, seen| now < seen.until);
        }
        // So many within a second are looked up each time.
        if seen.len() < SESSIONS_MAX {
            seen.insert(id, Seen { until: now + SEEN_MAX, session });
        }
    }

    pub fn forget(&self, session: SessionId) {
        self.seen().remove(&session);
    }

    /// These sessions have ended, whatever was heard of them before.
    pub fn end(&self, sessions: &[SessionId]) {
        let (mut seen, until) = (self.seen(), Instant::now() + SEEN_MAX);
        for session in sessions {
            if let Some(seen) = seen.get_mut(session) {
                *seen = Seen { until, session: None };
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<SessionId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::users::UserKind;
    use crate::ids::UserId;

    const ID: SessionId = SessionId::from_bytes([1; 16]);

    fn live() -> Option<Arc<LiveSession>> {
        Some(Arc::new(LiveSession {
            user: UserId::LOCAL,
            kind: UserKind::Person,
            name: "Ada".to_owned(),
            generation: 0,
            confirmed: true,
        }))
    }

    #[test]
    fn an_answer_is_remembered_until_the_session_ends() {
        let seen = SeenSessions::default();
        assert_eq!(seen.get(ID), None);
        seen.put(ID, live());
        assert_eq!(seen.get(ID), Some(live()));
        seen.end(&[ID]);
        assert_eq!(seen.get(ID), Some(None));
        seen.forget(ID);
        assert_eq!(seen.get(ID), None);
    }

    #[test]
    fn an_answer_is_forgotten_after_a_second() {
        let seen = SeenSessions::default();
        seen.put(ID, live());
        seen.seen().get_mut(&ID).expect("there").until -= SEEN_MAX;
        assert_eq!(seen.get(ID), None);
    }

    #[test]
    fn a_flood_of_sessions_takes_no_more_room_than_there_is() {
        let seen = SeenSessions::default();
        for number in 0..SESSIONS_MAX as u128 + 10 {
            seen.put(SessionId::from_bytes(number.to_be_bytes()), live());
        }
        assert_eq!(seen.seen().len(), SESSIONS_MAX);
    }
}
