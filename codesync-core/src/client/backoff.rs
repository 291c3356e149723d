//! How long to wait before trying again, and where the chance in it comes from.

use std::time::Duration;

use crate::limits::{BACKOFF_MS_MAX, BACKOFF_MS_MIN, STABLE_MS_MIN};

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014):
/// eight bytes of state, good enough to spread clients over time, and the same on every machine.
#[derive(Clone, Debug)]
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `max`, each as likely as any other but for one part in 2³².
    fn up_to(&mut self, max: u64) -> u64 {
        debug_assert!(max < 1 << 32);
        ((self.next() >> 32) * (max + 1)) >> 32
    }
}

/// Failures in a row, each waited out about twice as long as the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    /// When the last wait ends.
    retried_at: Duration,
}

impl Backoff {
    /// The wait after a failure at `now`: drawn evenly from nothing to a bound that doubles with
    /// each failure ("full jitter", <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
    ///
    /// What has stood for [`STABLE_MS_MIN`] before it failed starts over.
    pub(super) fn wait(&mut self, now: Duration, chance: &mut SplitMix64) -> Duration {
        if now.saturating_sub(self.retried_at) >= Duration::from_millis(STABLE_MS_MIN) {
            self.failures = 0;
        }
        let bound = BACKOFF_MS_MIN.saturating_mul(1 << self.failures.min(20)).min(BACKOFF_MS_MAX);
        self.failures += 1;
        let wait = Duration::from_millis(chance.up_to(bound));
        self.retried_at = now + wait;
        wait
    }

    /// As [`wait`](Backoff::wait), but the first failure after a stable time is not waited out.
    pub(super) fn wait_unless_first(&mut self, now: Duration, chance: &mut SplitMix64) -> Duration {
        let wait = self.wait(now, chance);
        if self.failures > 1 {
            return wait;
        }
        self.retried_at = now;
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        // First outputs for seed 1234567, as in the reference implementation.
        let mut chance = SplitMix64::new(1_234_567);
        assert_eq!(chance.next(), 6_457_827_717_110_365_317);
        assert_eq!(chance.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn waits_grow_to_their_bound_and_start_over_after_a_stable_time() {
        let mut chance = SplitMix64::new(1);
        let mut longest = Duration::ZERO;
        for _ in 0..200 {
            let (mut backoff, mut now) = (Backoff::default(), Duration::from_secs(60));
            let first = backoff.wait(now, &mut chance);
            assert!(first <= Duration::from_millis(BACKOFF_MS_MIN));
            for _ in 0..12 {
                now += Duration::from_millis(1);
                let wait = backoff.wait(now, &mut chance);
                longest = longest.max(wait);
                now += wait;
            }
            now += Duration::from_millis(STABLE_MS_MIN);
            assert!(backoff.wait(now, &mut chance) <= Duration::from_millis(BACKOFF_MS_MIN));
        }
        assert!(longest <= Duration::from_millis(BACKOFF_MS_MAX));
        assert!(longest > Duration::from_millis(BACKOFF_MS_MAX * 9 / 10));
    }
}
