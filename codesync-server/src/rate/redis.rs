//! The counters of all servers together, in Redis: one script, one round trip.
//!
//! The script does what [`crate::rate::gcra`] does, by Redis' own clock, and one after the
//! other: two servers never let the same request through twice. Keys that are charged together have
//! a part in braces in common, so that they lie on one node of a cluster.

use std::time::Duration;

use ::redis::Script;

use crate::rate::{Charge, GROWN_MAX, Standing, gcra};
use crate::redis::{Redis, RedisDown};

/// For each key: how much is used, and how long to wait, in microseconds.
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i, key in ipairs(KEYS) do
    local interval = tonumber(ARGV[3 * i - 2])
    local window = tonumber(ARGV[3 * i - 1])
    local grown_max = tonumber(ARGV[3 * i])
    local before = math.max(tonumber(redis.call('GET', key) or '0') - now, 0)
    local used = before + interval
    local wait = math.max(used - window, 0)
    if wait > 0 and grown_max > 0 then
        used = math.min(used, window + grown_max)
        wait = used + interval - window
    elseif wait > 0 then
        used = before
    end
    redis.call('SET', key, string.format('%.0f', now + used), 'PX', math.ceil(used / 1000))
    answers[2 * i - 1] = used
    answers[2 * i] = wait
end
return answers
";

/// Counters in Redis.
#[derive(Debug)]
pub struct RedisCounters {
    redis: Redis,
    script: Script,
}

impl RedisCounters {
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis, script: Script::new(SCRIPT) }
    }

    /// Counts a request under each of these keys.
    pub async fn charge(&self, charges: &[Charge]) -> Result<Vec<Standing>, RedisDown> {
        let mut script = self.script.prepare_invoke();
        for Charge { quota, key } in charges {
            script.key(self.redis.key(format_args!("rate:{key}:{}", quota.name)));
            let grown_max = if quota.grows { GROWN_MAX } else { Duration::ZERO };
            for time in [quota.interval(), quota.window, grown_max] {
                script.arg(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
            }
        }
        let answers: Vec<u64> = self.redis.invoke(&script).await?;
        let times: Vec<_> = answers.into_iter().map(Duration::from_micros).collect();
        let standing = |(charge, times): (&Charge, &[Duration])| {
            gcra::standing(&charge.quota, times[0], times[1])
        };
        Ok(charges.iter().zip(times.chunks_exact(2)).map(standing).collect())
    }
}
