//! Servers that write into one document at once take turns, instead of racing for each revision.
//!
//! Each server that is heard to commit, or to have lost a race, has a place in a ring, ordered by
//! origin. After a commit the next in the ring may append at once, the one after it a *slot* later,
//! and so on; whoever committed comes last. A slot is a few times as long as an append takes, so
//! that whoever uses his turn is heard before the slot ends.
//!
//! ```text
//!   A commits ── B at once ── C a slot later ── A two slots later
//!       └─ heard: B commits ── C at once ── A a slot later ── B two slots later
//! ```
//!
//! Nothing is asked for and nothing promised: what is not heard costs a lost race, as without turns,
//! and the log still decides. A server that hears nobody never waits, and nobody waits for longer
//! than [`PATIENCE_SLOTS`], whatever the others do.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bus::Origin;

/// Appends that fit into a slot: the news of one also takes its time.
const SLOT_APPENDS: u32 = 4;
const SLOT_MIN: Duration = Duration::from_millis(4);
const SLOT_MAX: Duration = Duration::from_millis(250);
/// What an append is thought to take before there was one.
const APPEND_USUAL: Duration = Duration::from_millis(3);
/// How much of the time that appends take the newest one says.
const NEWEST_SHARE: u32 = 8;
/// How long a server has its place after it was heard.
const PLACE_SLOTS: u32 = 32;
/// How long anybody waits for his turn at most.
const PATIENCE_SLOTS: u32 = 16;
/// Places in the ring; whoever has none still appends, out of turn.
const PLACES_MAX: usize = 64;

/// Whose turn it is, as far as it can be heard.
#[derive(Debug)]
pub(super) struct Turns {
    own: Origin,
    /// When each of the others was heard last.
    others: BTreeMap<Origin, Duration>,
    /// Who committed last, and when that was heard.
    last: Option<(Origin, Duration)>,
    /// What appends take, smoothed.
    append: Duration,
    /// Since when there is something to append, if its turn has not come.
    waiting_since: Option<Duration>,
}

impl Turns {
    pub(super) fn new(own: Origin) -> Self {
        Self { own, others: BTreeMap::new(), last: None, append: APPEND_USUAL, waiting_since: None }
    }

    /// We committed the newest entries.
    pub(super) fn handle_own_commit(&mut self, now: Duration) {
        self.last = Some((self.own, now));
    }

    /// A server was heard to have committed the newest entries.
    pub(super) fn handle_committed(&mut self, now: Duration, origin: Origin) {
        self.last = Some((origin, now));
        self.handle_wish(now, origin);
    }

    /// A server has something to commit, and takes its place in the ring.
    pub(super) fn handle_wish(&mut self, now: Duration, origin: Origin) {
        if origin == self.own {
            return;
        }
        self.forget_silent(now);
        if self.others.len() < PLACES_MAX || self.others.contains_key(&origin) {
            self.others.insert(origin, now);
        }
    }

    /// An append of ours took so long, whatever came of it.
    pub(super) fn handle_append(&mut self, took: Duration) {
        self.append = (self.append * (NEWEST_SHARE - 1) + took) / NEWEST_SHARE;
    }

    /// Until when an append has to wait for its turn; `None` if it may go now.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.forget_silent(now);
        let due = self.due().filter(|due| *due > now);
        let Some(due) = due else {
            self.waiting_since = None;
            return None;
        };
        let since = *self.waiting_since.get_or_insert(now);
        let patience = since + self.slot() * PATIENCE_SLOTS;
        if patience <= now {
            self.waiting_since = None;
            return None;
        }
        Some(due.min(patience))
    }

    /// When our turn comes if nobody else uses his; `None` if nobody else is there.
    fn due(&self) -> Option<Duration> {
        let (last, at) = self.last.filter(|_| !self.others.is_empty())?;
        // Around the ring, from behind whoever committed to himself.
        let place = |origin: Origin| (origin <= last, origin);
        let before = self.others.keys().filter(|other| place(**other) < place(self.own)).count();
        Some(at + self.slot() * u32::try_from(before).unwrap_or(u32::MAX))
    }

    fn slot(&self) -> Duration {
        (self.append * SLOT_APPENDS).clamp(SLOT_MIN, SLOT_MAX)
    }

    fn forget_silent(&mut self, now: Duration) {
        let place = self.slot() * PLACE_SLOTS;
        self.others.retain(|_, at| now.saturating_sub(*at) <= place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin::new(1);
    const B: Origin = Origin::new(2);
    const C: Origin = Origin::new(3);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The turns of one whose appends take a millisecond, so that a slot is as short as may be.
    fn turns(own: Origin) -> Turns {
        Turns { append: ms(1), ..Turns::new(own) }
    }

    #[test]
    fn who_hears_nobody_never_waits() {
        let mut turns = turns(A);
        assert_eq!(turns.wait(ms(1)), None);
        turns.handle_committed(ms(1), A);
        assert_eq!(turns.wait(ms(1)), None);
    }

    #[test]
    fn each_has_its_turn_behind_whoever_committed() {
        let slot = SLOT_MIN;
        for (committer, waits) in [
            (A, [(B, 0), (C, 1), (A, 2)]),
            (B, [(C, 0), (A, 1), (B, 2)]),
            (C, [(A, 0), (B, 1), (C, 2)]),
        ] {
            for (own, slots) in waits {
                let mut turns = turns(own);
                for other in [A, B, C].into_iter().filter(|other| *other != own) {
                    turns.handle_committed(ms(99), other);
                }
                turns.handle_committed(ms(100), committer);
                let until = Some(ms(100) + slot * slots).filter(|until| *until > ms(100));
                assert_eq!(turns.wait(ms(100)), until, "{own:?} after {committer:?}");
            }
        }
    }

    #[test]
    fn who_wins_every_race_lets_those_have_their_turn_who_lose_them() {
        let mut turns = turns(A);
        turns.handle_own_commit(ms(100));
        assert_eq!(turns.wait(ms(100)), None);
        turns.handle_wish(ms(101), B);
        assert_eq!(turns.wait(ms(101)), Some(ms(100) + SLOT_MIN));
    }

    #[test]
    fn a_turn_that_nobody_uses_passes() {
        let mut turns = turns(A);
        turns.handle_committed(ms(99), B);
        turns.handle_committed(ms(100), A);
        let until = turns.wait(ms(100)).expect("it is somebody else's turn");
        assert_eq!(turns.wait(until), None);
    }

    #[test]
    fn who_is_silent_loses_its_place() {
        let mut turns = turns(A);
        turns.handle_committed(ms(0), B);
        let later = SLOT_MIN * PLACE_SLOTS + ms(1);
        turns.handle_committed(later, A);
        assert_eq!(turns.wait(later), None);
        assert!(turns.others.is_empty());
    }

    #[test]
    fn a_server_that_never_lets_others_have_their_turn_is_not_waited_for_for_ever() {
        let mut turns = turns(C);
        turns.handle_committed(ms(0), B);
        let mut now = ms(0);
        loop {
            // B is idle, and A, which knows nothing of turns, commits again and again.
            now += ms(1);
            turns.handle_committed(now, A);
            turns.others.insert(B, now);
            if turns.wait(now).is_none() {
                break;
            }
            assert!(now <= SLOT_MIN * PATIENCE_SLOTS + ms(2), "still waiting");
        }
        assert!(now >= SLOT_MIN * PATIENCE_SLOTS, "it does wait");
    }

    #[test]
    fn a_slow_log_makes_slots_longer_up_to_a_bound() {
        let mut turns = turns(A);
        (0..100).for_each(|_| turns.handle_append(ms(20)));
        assert!(turns.slot() > ms(70) && turns.slot() <= ms(80), "{:?}", turns.slot());
        (0..100).for_each(|_| turns.handle_append(ms(5000)));
        assert_eq!(turns.slot(), SLOT_MAX);
    }

    #[test]
    fn the_ring_has_a_bound() {
        let mut turns = turns(Origin::new(0));
        for number in 1..=PLACES_MAX as u64 + 1 {
            turns.handle_committed(ms(1), Origin::new(number));
        }
        assert_eq!(turns.others.len(), PLACES_MAX);
    }
}
