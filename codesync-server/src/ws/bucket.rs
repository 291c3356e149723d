//! A token bucket: how often something may happen in the long run, and how often at once.

use std::time::Duration;

/// Fills with time, empties with use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Duration,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let (per_second, burst) = (f64::from(per_second), f64::from(burst));
        Self { per_second, burst, tokens: burst, filled_at: Duration::ZERO }
    }

    /// A full bucket for what happens seldom.
    pub(crate) fn per_minute(per_minute: u32, burst: u32) -> Self {
        let bucket = Self::new(per_minute, burst);
        Self { per_second: bucket.per_second / 60.0, ..bucket }
    }

    /// Takes tokens, or says how long it takes until there are enough.
    pub(crate) fn take(&mut self, now: Duration, tokens: u32) -> Result<(), Duration> {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        let missing = f64::from(tokens) - self.tokens;
        if missing <= 0.0 {
            self.tokens -= f64::from(tokens);
            return Ok(());
        }
        Err(Duration::from_secs_f64(missing / self.per_second.max(f64::MIN_POSITIVE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_goes_through_and_then_the_rate_holds() {
        let mut bucket = Bucket::new(10, 3);
        for _ in 0..3 {
            assert_eq!(bucket.take(ms(0), 1), Ok(()));
        }
        assert_eq!(bucket.take(ms(0), 1), Err(ms(100)));
        assert_eq!(bucket.take(ms(100), 1), Ok(()));
        assert!(bucket.take(ms(150), 1).is_err());
        for _ in 0..3 {
            assert_eq!(bucket.take(ms(60_000), 1), Ok(()));
        }
        assert!(bucket.take(ms(60_000), 1).is_err());
    }

    #[test]
    fn what_happens_seldom_is_counted_by_the_minute() {
        let mut bucket = Bucket::per_minute(30, 1);
        assert_eq!(bucket.take(ms(0), 1), Ok(()));
        assert_eq!(bucket.take(ms(0), 1), Err(ms(2000)));
        assert_eq!(bucket.take(ms(2000), 1), Ok(()));
    }

    #[test]
    fn a_clock_that_stands_still_fills_nothing() {
        let mut bucket = Bucket::new(1, 1);
        assert_eq!(bucket.take(ms(500), 1), Ok(()));
        assert!(bucket.take(ms(400), 1).is_err());
        assert!(bucket.take(ms(500), 1).is_err());
    }
}
