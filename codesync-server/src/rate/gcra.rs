//! The generic cell rate algorithm: one number for a key, no timer (ATM Forum TM 4.0, section 4.4.2;
//! the same as a leaky bucket).
//!
//! The number is the moment at which the quota would be whole again. A request moves it one interval
//! on, and is refused if it would come to lie more than a window ahead.
//!
//! ```text
//!        now                whole at         now + window
//!   ──────┼────────────────────┼───────────────────┼─────▶
//!         └ used: each request ┘└──── remaining ───┘
//!           one interval
//! ```

use std::time::Duration;

use crate::rate::{GROWN_MAX, Quota, Standing};

/// Counts one request at `now`. The new moment, and how the key stands.
#[must_use]
pub fn charge(quota: &Quota, whole_at: Duration, now: Duration) -> (Duration, Standing) {
    let interval = quota.interval();
    let before = whole_at.saturating_sub(now);
    let mut used = before + interval;
    let mut wait = used.saturating_sub(quota.window);
    if !wait.is_zero() && quota.grows {
        used = used.min(quota.window + GROWN_MAX);
        wait = used + interval - quota.window;
    } else if !wait.is_zero() {
        used = before;
    }
    (now + used, standing(quota, used, wait))
}

/// How a key stands that has used up so much of its quota, and has to wait so long if at all.
pub(crate) fn standing(quota: &Quota, used: Duration, wait: Duration) -> Standing {
    let left = quota.window.saturating_sub(used).as_nanos() / quota.interval().as_nanos().max(1);
    let refused = (!wait.is_zero()).then_some(wait);
    let remaining = if refused.is_some() { 0 } else { u32::try_from(left).unwrap_or(u32::MAX) };
    Standing { quota: *quota, remaining, reset: used, refused }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Quota =
        Quota { name: "five", count: 5, window: Duration::from_secs(60), grows: false };

    /// What comes of requests at these seconds: what remains, or how long to wait.
    #[track_caller]
    fn check(quota: Quota, requests: &[(u64, Result<u32, u64>)]) {
        let mut whole_at = Duration::ZERO;
        for (second, expected) in requests {
            let (moved, standing) = charge(&quota, whole_at, Duration::from_secs(*second));
            let outcome = match standing.refused {
                None => Ok(standing.remaining),
                Some(wait) => Err(wait.as_secs()),
            };
            assert_eq!(outcome, *expected, "at {second}: {standing:?}");
            whole_at = moved;
        }
    }

    #[test]
    fn a_window_of_requests_goes_through_at_once_and_then_one_an_interval() {
        let burst = [(100, Ok(4)), (100, Ok(3)), (100, Ok(2)), (100, Ok(1)), (100, Ok(0))];
        check(FIVE, &burst);
        let after = [(100, Err(12)), (111, Err(1)), (112, Ok(0)), (112, Err(12)), (172, Ok(4))];
        check(FIVE, &[&burst[..], &after].concat());
    }

    #[test]
    fn a_wait_that_is_kept_ends_it() {
        let mut requests = vec![(0, Ok(4)), (0, Ok(3)), (0, Ok(2)), (0, Ok(1)), (0, Ok(0))];
        requests.extend([(0, Err(12)), (12, Ok(0)), (12, Err(12)), (24, Ok(0))]);
        check(FIVE, &requests);
    }

    #[test]
    fn a_growing_delay_grows_with_each_attempt_and_not_for_ever() {
        let grows = Quota { grows: true, ..FIVE };
        let mut requests = vec![(0, Ok(4)), (0, Ok(3)), (0, Ok(2)), (0, Ok(1)), (0, Ok(0))];
        requests.extend([(0, Err(24)), (0, Err(36)), (0, Err(48)), (48, Ok(0))]);
        check(grows, &requests);
        requests.pop();
        requests.extend((0..200).map(|more| (0, Err((60 + 12 * more).min(912)))));
        check(grows, &requests);
    }

    #[test]
    fn a_clock_that_steps_back_lets_nobody_through_twice() {
        check(FIVE, &[(100, Ok(4)), (40, Err(24))]);
    }
}
