//! The counters of one process: a bounded map from keys to moments.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::rate::{Charge, Standing, gcra};

/// Keys that are remembered. Beyond it those are forgotten first that used up the least.
const KEYS_MAX: usize = 65_536;

/// Counters in memory.
#[derive(Debug)]
pub struct LocalCounters {
    begun: Instant,
    whole_at: Mutex<HashMap<(&'static str, String), Duration>>,
}

impl Default for LocalCounters {
    fn default() -> Self {
        Self { begun: Instant::now(), whole_at: Mutex::default() }
    }
}

impl LocalCounters {
    /// Counts a request under each of these keys.
    pub fn charge(&self, charges: &[Charge]) -> Vec<Standing> {
        let now = self.begun.elapsed();
        charges.iter().map(|charge| self.charge_one(charge, now)).collect()
    }

    fn charge_one(&self, charge: &Charge, now: Duration) -> Standing {
        let mut moments = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (charge.quota.name, charge.key.clone());
        let whole_at = moments.get(&key).copied().unwrap_or_default();
        let (moved, standing) = gcra::charge(&charge.quota, whole_at, now);
        if moments.len() >= KEYS_MAX && !moments.contains_key(&key) {
            make_room(&mut moments, now);
        }
        moments.insert(key, moved);
        standing
    }
}

/// Forgets who has his whole quota anyhow, and if that is not enough, the half that used the least.
fn make_room(moments: &mut HashMap<(&'static str, String), Duration>, now: Duration) {
    moments.retain(|_, whole_at| *whole_at > now);
    if moments.len() > KEYS_MAX / 2 {
        let mut all: Vec<_> = moments.values().copied().collect();
        let (_, median, _) = all.select_nth_unstable(moments.len() / 2);
        let median = *median;
        moments.retain(|_, whole_at| *whole_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Quotas;

    fn charge(key: &str) -> Charge {
        Charge { quota: Quotas::default().login, key: key.to_owned() }
    }

    #[test]
    fn keys_and_quotas_are_counted_apart() {
        let counters = LocalCounters::default();
        let other = Charge { quota: Quotas::default().logins, ..charge("a") };
        for remaining in [4, 3, 2] {
            let standings = counters.charge(&[charge("a"), other.clone()]);
            assert_eq!(standings[0].remaining, remaining);
            assert_eq!(standings[1].remaining, remaining + 15);
        }
        assert_eq!(counters.charge(&[charge("b")])[0].remaining, 4);
    }

    #[test]
    fn a_flood_of_keys_is_forgotten_before_those_that_are_used_up() {
        let counters = LocalCounters::default();
        while counters.charge(&[charge("used up")])[0].refused.is_none() {}
        for number in 0..KEYS_MAX + 10 {
            counters.charge(&[charge(&number.to_string())]);
        }
        assert!(counters.whole_at.lock().expect("no panic").len() <= KEYS_MAX);
        assert!(counters.charge(&[charge("used up")])[0].refused.is_some());
    }
}
