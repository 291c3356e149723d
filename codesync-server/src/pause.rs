//! Not asking again and again what gives no answer.
//!
//! Whoever waits in vain for another service says so here; then nobody asks it for a while, and
//! after that one of all who would like to finds out. Thus a service that hangs holds up one
//! caller at a time and not everybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whether a service may be asked.
#[derive(Debug)]
pub(crate) struct Pause {
    /// How long nobody asks; as long as an answer may take, or longer.
    length: Duration,
    started: Instant,
    /// Until when nobody asks, in milliseconds since the start; zero while answers come.
    until_ms: AtomicU64,
}

/// What an answer, or that there was none, has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Nothing,
    Gone,
    Back,
}

impl Pause {
    pub(crate) fn new(length: Duration) -> Self {
        Self { length, started: Instant::now(), until_ms: AtomicU64::new(0) }
    }

    /// Whether answers come, as far as is known.
    pub(crate) fn is_over(&self) -> bool {
        self.until_ms.load(Ordering::Relaxed) == 0
    }

    /// Whether to ask now. Whoever asks tells by [`answered`](Self::answered) what became of it.
    pub(crate) fn may_ask(&self) -> bool {
        let until_ms = self.until_ms.load(Ordering::Relaxed);
        if until_ms == 0 {
            return true;
        }
        let order = Ordering::Relaxed;
        until_ms <= self.ms(Duration::ZERO)
            && self.until_ms.compare_exchange(until_ms, self.ms(self.length), order, order).is_ok()
    }

    /// There was an answer, or none.
    pub(crate) fn answered(&self, answered: bool) -> Change {
        let until_ms = if answered { 0 } else { self.ms(self.length) };
        match (self.until_ms.swap(until_ms, Ordering::Relaxed), answered) {
            (0, false) => Change::Gone,
            (1.., true) => Change::Back,
            (0, true) | (1.., false) => Change::Nothing,
        }
    }

    /// A time from now in milliseconds since the start, never zero.
    fn ms(&self, from_now: Duration) -> u64 {
        let time = self.started.elapsed() + from_now;
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_all_finds_out_after_a_pause() {
        let short = Pause::new(Duration::from_millis(1));
        assert!(short.may_ask() && short.may_ask());
        assert_eq!(short.answered(false), Change::Gone);
        while !short.may_ask() {
            std::thread::yield_now();
        }
        assert_eq!(short.answered(false), Change::Nothing);
        assert!(!short.is_over());
        assert_eq!(short.answered(true), Change::Back);
        assert_eq!(short.answered(true), Change::Nothing);
        assert!(short.may_ask() && short.is_over());

        let long = Pause::new(Duration::from_secs(3600));
        assert_eq!(long.answered(false), Change::Gone);
        assert!(!long.may_ask());
    }
}
