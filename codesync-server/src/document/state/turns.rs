//! Servers that write into one document at once take turns, instead of racing for each revision.
//!
//! A server that hears others write here tells the bus of its *wish* before it appends. The bus
//! brings all words to all servers in one order, a server's own words included, and so all see the
//! same queue: whoever stands first has his turn, until his entries are heard.
//!
//! ```text
//!   the bus:  wish of B · wish of C · B committed · wish of B · C committed · B committed
//!   the turn:           └─ B's                    └─ C's                    └─ B's
//! ```
//!
//! A turn costs a way over the bus, and what arrives meanwhile goes into the same batch. It is soft:
//! nothing is promised, what the bus loses or reorders costs a *slot* of waiting or a lost race, as
//! without turns, and the log still decides. A server that hears nobody never asks and never waits,
//! and nobody waits for longer than [`PATIENCE_SLOTS`], whatever the others do.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::bus::Origin;

/// Appends that fit into a slot, the time that a turn has: the news of one also takes its time.
const SLOT_APPENDS: u32 = 8;
const SLOT_MIN: Duration = Duration::from_millis(25);
const SLOT_MAX: Duration = Duration::from_millis(500);
/// What an append is thought to take before there was one.
const APPEND_USUAL: Duration = Duration::from_millis(3);
/// How much of the time that appends take the newest one says.
const NEWEST_SHARE: u32 = 8;
/// How long a server is reckoned with after it was heard.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// How long anybody waits for his turn at most.
const PATIENCE_SLOTS: u32 = 8;
/// Places in the queue; whoever has none still appends, out of turn.
const PLACES_MAX: usize = 64;

/// Whose turn it is, as far as it can be heard.
#[derive(Debug)]
pub(super) struct Turns {
    own: Origin,
    /// When each of the others was heard last.
    others: BTreeMap<Origin, Duration>,
    /// Those whose wishes were heard and whose entries were not, as the bus has them.
    queue: VecDeque<Origin>,
    /// Since when the first in the queue has been that.
    first_since: Duration,
    /// When our wish was told, if it has not come back yet.
    asked: Option<Duration>,
    /// Since when there is something to append, if its turn has not come.
    waiting_since: Option<Duration>,
    /// What appends take, smoothed.
    append: Duration,
}

/// Whether an append may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    Ours,
    /// Not before a wish for it was told and has come back, or this moment has.
    Wish(Duration),
    /// Not before the news of others, or this moment.
    Others(Duration),
}

impl Turns {
    pub(super) fn new(own: Origin) -> Self {
        Self {
            own,
            others: BTreeMap::new(),
            queue: VecDeque::new(),
            first_since: Duration::ZERO,
            asked: None,
            waiting_since: None,
            append: APPEND_USUAL,
        }
    }

    /// A server was heard to have committed, and its turn is over.
    pub(super) fn handle_committed(&mut self, now: Duration, origin: Origin) {
        self.leave(now, origin);
        self.hear(now, origin);
    }

    /// A server, perhaps we ourselves, has something to append, and takes its place in the queue.
    pub(super) fn handle_wish(&mut self, now: Duration, origin: Origin) {
        if origin == self.own && self.asked.take().is_none() {
            // It took so long that we did without.
            return;
        }
        self.hear(now, origin);
        self.leave(now, origin);
        if self.queue.len() < PLACES_MAX {
            if self.queue.is_empty() {
                self.first_since = now;
            }
            self.queue.push_back(origin);
        }
    }

    /// An append of ours took so long, whatever came of it, and our turn is over.
    pub(super) fn handle_append(&mut self, now: Duration, took: Duration) {
        self.append = (self.append * (NEWEST_SHARE - 1) + took) / NEWEST_SHARE;
        self.give_up(now);
    }

    /// There is nothing that our turn would be for.
    pub(super) fn give_up(&mut self, now: Duration) {
        self.leave(now, self.own);
        self.asked = None;
        self.waiting_since = None;
    }

    /// We lost a race: somebody writes here, heard or not. Our wish for a turn is told to him.
    pub(super) fn handle_lost(&mut self, now: Duration) {
        self.asked = Some(now);
    }

    /// Whether what waits to be appended may go.
    pub(super) fn turn(&mut self, now: Duration) -> Turn {
        self.others.retain(|_, heard| now.saturating_sub(*heard) <= SILENCE_MAX);
        if self.others.is_empty() {
            self.queue.clear();
            self.give_up(now);
            return Turn::Ours;
        }
        let patience = *self.waiting_since.get_or_insert(now) + self.slot() * PATIENCE_SLOTS;
        if patience <= now {
            return Turn::Ours;
        }
        self.pass_over_silent(now);
        if self.queue.front() == Some(&self.own) {
            return Turn::Ours;
        }
        if self.queue.contains(&self.own) {
            return Turn::Others(patience.min(self.first_since + self.slot()));
        }
        let Some(asked) = self.asked else {
            self.asked = Some(now);
            return Turn::Wish(patience.min(now + self.slot()));
        };
        if asked + self.slot() <= now {
            // The bus is deaf: nobody can be asked before somebody is heard again.
            self.others.clear();
            return self.turn(now);
        }
        Turn::Others(patience.min(asked + self.slot()))
    }

    fn hear(&mut self, now: Duration, origin: Origin) {
        let known = self.others.contains_key(&origin);
        if origin != self.own && (known || self.others.len() < PLACES_MAX) {
            self.others.insert(origin, now);
        }
    }

    fn leave(&mut self, now: Duration, origin: Origin) {
        if self.queue.front() == Some(&origin) {
            self.first_since = now;
        }
        self.queue.retain(|place| *place != origin);
    }

    /// Whoever lets his slot pass loses his place.
    fn pass_over_silent(&mut self, now: Duration) {
        while let Some(first) = self.queue.front().copied()
            && first != self.own
            && self.first_since + self.slot() <= now
        {
            self.leave(now, first);
        }
    }

    fn slot(&self) -> Duration {
        (self.append * SLOT_APPENDS).clamp(SLOT_MIN, SLOT_MAX)
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

    #[test]
    fn who_hears_nobody_never_asks() {
        let mut turns = Turns::new(A);
        assert_eq!(turns.turn(ms(1)), Turn::Ours);
        turns.handle_append(ms(4), ms(3));
        assert_eq!(turns.turn(ms(4)), Turn::Ours);
    }

    #[test]
    fn turns_go_in_the_order_in_which_the_bus_has_the_wishes() {
        for own in [A, B, C] {
            let mut turns = Turns::new(own);
            for other in [A, B, C].into_iter().filter(|other| *other != own) {
                turns.handle_committed(ms(1), other);
            }
            assert_eq!(turns.turn(ms(2)), Turn::Wish(ms(2) + SLOT_MIN));
            let order = [B, C, A];
            for wish in order {
                turns.handle_wish(ms(3), wish);
            }
            for (index, whose) in (0..).zip(order) {
                let now = ms(4 + index);
                if whose == own {
                    assert_eq!(turns.turn(now), Turn::Ours, "{own:?}");
                    turns.handle_append(now, ms(1));
                    break;
                }
                assert!(matches!(turns.turn(now), Turn::Others(_)), "{own:?} before {whose:?}");
                turns.handle_committed(now, whose);
            }
        }
    }

    #[test]
    fn who_has_had_his_turn_is_behind_those_who_wait() {
        let mut turns = Turns::new(A);
        turns.handle_wish(ms(1), B);
        turns.handle_wish(ms(1), C);
        turns.handle_committed(ms(2), B);
        assert!(matches!(turns.turn(ms(2)), Turn::Wish(_)));
        turns.handle_wish(ms(3), A);
        turns.handle_wish(ms(3), B);
        assert!(matches!(turns.turn(ms(3)), Turn::Others(_)));
        turns.handle_committed(ms(4), C);
        assert_eq!(turns.turn(ms(4)), Turn::Ours);
    }

    #[test]
    fn a_turn_that_nobody_uses_passes() {
        let mut turns = Turns::new(A);
        turns.handle_wish(ms(1), B);
        turns.turn(ms(1));
        turns.handle_wish(ms(2), A);
        assert_eq!(turns.turn(ms(3)), Turn::Others(ms(1) + SLOT_MIN));
        assert_eq!(turns.turn(ms(1) + SLOT_MIN), Turn::Ours);
    }

    #[test]
    fn a_lost_race_is_a_wish() {
        let mut turns = Turns::new(A);
        turns.handle_committed(ms(1), B);
        turns.handle_lost(ms(2));
        assert_eq!(turns.turn(ms(2)), Turn::Others(ms(2) + SLOT_MIN));
        turns.handle_wish(ms(3), A);
        assert_eq!(turns.turn(ms(3)), Turn::Ours);
    }

    #[test]
    fn a_bus_that_brings_nothing_back_is_waited_for_once() {
        let mut turns = Turns::new(A);
        turns.handle_committed(ms(1), B);
        assert_eq!(turns.turn(ms(2)), Turn::Wish(ms(2) + SLOT_MIN));
        let later = ms(2) + SLOT_MIN;
        assert_eq!(turns.turn(later), Turn::Ours);
        turns.handle_append(later, ms(1));
        assert_eq!(turns.turn(later), Turn::Ours);
        // What comes back after all is for a turn that was had.
        turns.handle_committed(later, B);
        turns.handle_wish(later, A);
        assert!(matches!(turns.turn(later), Turn::Wish(_)));
    }

    #[test]
    fn who_is_silent_is_not_asked_any_more() {
        let mut turns = Turns::new(A);
        turns.handle_wish(ms(0), B);
        assert_eq!(turns.turn(SILENCE_MAX + ms(1)), Turn::Ours);
        assert!(turns.others.is_empty() && turns.queue.is_empty());
    }

    #[test]
    fn others_who_wish_without_end_are_not_waited_for_for_ever() {
        let mut turns = Turns::new(A);
        let mut now = ms(0);
        turns.handle_wish(now, B);
        turns.turn(now);
        // Our wish comes back, and each time it is passed by.
        while turns.turn(now) != Turn::Ours {
            now += ms(1);
            turns.queue.retain(|place| *place != A);
            turns.asked = None;
            turns.handle_wish(now, B);
            assert!(now <= SLOT_MIN * PATIENCE_SLOTS, "still waiting");
        }
        assert_eq!(now, SLOT_MIN * PATIENCE_SLOTS);
    }

    #[test]
    fn a_slow_log_makes_slots_longer_up_to_a_bound() {
        let mut turns = Turns::new(A);
        (0..100).for_each(|_| turns.handle_append(ms(0), ms(20)));
        assert!(turns.slot() > ms(150) && turns.slot() <= ms(160), "{:?}", turns.slot());
        (0..100).for_each(|_| turns.handle_append(ms(0), ms(5000)));
        assert_eq!(turns.slot(), SLOT_MAX);
    }

    #[test]
    fn the_queue_has_a_bound() {
        let mut turns = Turns::new(Origin::new(0));
        for number in 1..=PLACES_MAX as u64 + 1 {
            turns.handle_wish(ms(1), Origin::new(number));
        }
        assert_eq!((turns.others.len(), turns.queue.len()), (PLACES_MAX, PLACES_MAX));
    }
}
