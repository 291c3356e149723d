//! Not saying more than the server takes.

use std::time::Duration;

/// How fast this client may speak on one socket: what the server counts, counted here first, so
/// that an honest client waits with its next edit instead of having it rejected.
///
/// The generic cell rate algorithm (ITU-T I.371): one moment in time stands for the whole bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Time that each message takes up; zero if there is no bound.
    interval: Duration,
    /// Until when the messages so far take up the time, at the long-run rate.
    taken_until: Duration,
}

impl Pace {
    /// Messages that may be said at once. The server allows two seconds' worth; half of them is
    /// left for what the network bunches together on the way.
    const BURST_SECONDS: u32 = 1;

    /// A new socket, on which the server takes so many messages a second; zero for any number.
    pub(super) fn begin(&mut self, messages_per_second: u32) {
        self.interval = Duration::from_secs(1).checked_div(messages_per_second).unwrap_or_default();
        self.taken_until = Duration::ZERO;
    }

    /// A message is said.
    pub(super) fn spend(&mut self, now: Duration) {
        self.taken_until = self.taken_until.max(now) + self.interval;
    }

    /// When the next message may be said, if not now.
    pub(super) fn ready_at(&self, now: Duration) -> Option<Duration> {
        let at = self.taken_until.checked_sub(Duration::from_secs(Self::BURST_SECONDS.into()))?;
        (at > now).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_by(seconds: u64, pace: &mut Pace) -> u64 {
        let end = Duration::from_secs(seconds);
        let (mut now, mut said) = (Duration::ZERO, 0);
        while now < end {
            match pace.ready_at(now) {
                Some(at) => now = at,
                None => {
                    pace.spend(now);
                    said += 1;
                }
            }
        }
        said
    }

    #[test]
    fn a_burst_and_then_the_long_run_rate() {
        let mut pace = Pace::default();
        pace.begin(20);
        assert_eq!(said_by(10, &mut pace), 10 * 20 + 20);
    }

    #[test]
    fn a_person_who_types_is_never_held_up() {
        let mut pace = Pace::default();
        pace.begin(30);
        for key in 0..1_000 {
            let now = Duration::from_millis(key * 40);
            assert_eq!(pace.ready_at(now), None);
            pace.spend(now);
        }
    }

    #[test]
    fn without_a_bound_nothing_waits() {
        let mut pace = Pace::default();
        pace.begin(0);
        for _ in 0..1_000 {
            assert_eq!(pace.ready_at(Duration::ZERO), None);
            pace.spend(Duration::ZERO);
        }
    }
}
