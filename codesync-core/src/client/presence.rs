//! When the others are told where this person is.
//!
//! They know more than they are told: each of them moves an author's caret along with his
//! committed operation ([`Peers::apply`](crate::Peers::apply)). The announcer computes what they
//! believe by the same rule and speaks only when that is wrong, at most ten times a second.
//!
//! It speaks only while nothing is pending. An operation in flight will move the caret anyway, and
//! an announcement before it would be overtaken by it and show the caret jumping there and back;
//! the acknowledgement is at most a round trip away, and the time that keys are gathered.

use std::time::Duration;

use super::pending::Pending;
use super::replica::Replica;
use crate::limits::PRESENCE_INTERVAL_MS_MIN;
use crate::operation::{Bias, Operation};
use crate::selection::{self, Selection};

/// What the others believe about this person's selections, in the confirmed text.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    believed: Vec<Selection>,
    /// When the next announcement may leave.
    earliest: Duration,
}

impl Announcer {
    /// A join: the others know nothing yet.
    pub(super) fn reset(&mut self) {
        self.believed.clear();
    }

    /// The person's own operation was committed.
    pub(super) fn own(&mut self, committed: &Operation) {
        selection::follow_own_edit(&mut self.believed, committed);
    }

    /// An operation of others was committed.
    pub(super) fn others(&mut self, committed: &Operation) {
        if !self.believed.is_empty() {
            self.believed = selection::map(&self.believed, committed, Bias::Left);
        }
    }

    /// When an announcement is due, `None` if none is needed.
    pub(super) fn due(&self, replica: &Replica) -> Option<Duration> {
        let quiet = *replica.pending() == Pending::Synchronized;
        (quiet && replica.selections() != self.believed).then_some(self.earliest)
    }

    /// The selections to announce now, if an announcement is due.
    pub(super) fn take(&mut self, replica: &Replica, now: Duration) -> Option<Vec<Selection>> {
        self.due(replica).filter(|due| *due <= now)?;
        self.earliest = now + Duration::from_millis(PRESENCE_INTERVAL_MS_MIN);
        self.believed = replica.selections().to_vec();
        Some(self.believed.clone())
    }
}
