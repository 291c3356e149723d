//! Rate limits: how often somebody may ask, counted for users first and for addresses second.
//!
//! A [`Quota`] says how many requests in which time. Each key (a user, an address, an account at an
//! address) has one number per quota, kept by [`gcra`]; [`local`] keeps the numbers of one process.
//! Many people may share an office's address, so whoever is logged in counts for himself alone.

pub mod gcra;
pub mod local;
#[cfg(feature = "cloud")]
pub mod redis;

use std::time::Duration;

use crate::rate::local::LocalCounters;

/// The longest that a growing delay grows: nobody is shut out for good by a stranger.
pub const GROWN_MAX: Duration = Duration::from_secs(15 * 60);
/// By how much login is stricter while servers cannot count together: as if there were three.
const ALONE_DIVISOR: u32 = 3;

/// So many requests in so much time, all of them at once if need be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quota {
    /// What clients see in `RateLimit-Policy`.
    pub name: &'static str,
    pub count: u32,
    pub window: Duration,
    /// Whether asking while it is used up makes the wait longer.
    pub grows: bool,
}

/// All quotas of a server with accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quotas {
    /// Requests of one user.
    pub user: Quota,
    /// Requests of one address by people who are not logged in.
    pub address: Quota,
    /// Attempts at one account from one address.
    pub login: Quota,
    /// Attempts at any account from one address.
    pub logins: Quota,
    /// Documents and links that one user makes; accounts that are made from one address.
    pub creations: Quota,
    /// Guests who come from one address: a whole class may sit behind it.
    pub guests: Quota,
    /// Logins that one user looks up.
    pub lookups: Quota,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

const fn quota(name: &'static str, count: u32, window: Duration) -> Quota {
    Quota { name, count, window, grows: false }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            user: quota("user", 600, MINUTE),
            address: quota("address", 300, MINUTE),
            login: Quota { grows: true, ..quota("login", 5, MINUTE) },
            logins: Quota { grows: true, ..quota("logins", 20, MINUTE) },
            creations: quota("creations", 60, HOUR),
            guests: quota("guests", 300, HOUR),
            lookups: quota("lookups", 30, MINUTE),
        }
    }
}

impl Quota {
    /// Time in which one request is earned back.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.window / self.count.max(1)
    }

    /// The quota of a process that counts for itself although there are others.
    #[must_use]
    pub fn alone(self) -> Self {
        let count = if self.grows { self.count.div_ceil(ALONE_DIVISOR) } else { self.count };
        Self { count, ..self }
    }
}

/// One request to be counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Charge {
    pub quota: Quota,
    /// Whom it is counted for. Keys that are charged together begin with the same `{…}`.
    pub key: String,
}

/// How a key stands after a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    pub quota: Quota,
    /// Requests that would be let through now.
    pub remaining: u32,
    /// Time until the quota is whole again.
    pub reset: Duration,
    /// How long to wait, if the request was refused.
    pub refused: Option<Duration>,
}

/// Counts requests. Shared by all who serve.
#[derive(Debug, Default)]
pub struct Limiter {
    local: LocalCounters,
    #[cfg(feature = "cloud")]
    shared: Option<redis::RedisCounters>,
}

impl Limiter {
    /// Counts within this process.
    #[must_use]
    pub fn local() -> Self {
        Self::default()
    }

    /// Counts together with all servers that use this Redis; while it is away, for itself, and
    /// logins more strictly.
    #[cfg(feature = "cloud")]
    #[must_use]
    pub fn shared(redis: crate::redis::Redis) -> Self {
        let shared = Some(redis::RedisCounters::new(redis));
        Self { local: LocalCounters::default(), shared }
    }

    /// Counts a request under each of these keys. Refused if one of them is used up.
    pub async fn charge(&self, charges: &[Charge]) -> Result<Vec<Standing>, Standing> {
        let standings = self.count(charges).await;
        match standings.iter().filter(|it| it.refused.is_some()).max_by_key(|it| it.refused) {
            Some(refused) => Err(*refused),
            None => Ok(standings),
        }
    }

    async fn count(&self, charges: &[Charge]) -> Vec<Standing> {
        #[cfg(feature = "cloud")]
        if let Some(shared) = &self.shared {
            match shared.charge(charges).await {
                Ok(standings) => return standings,
                Err(error) => tracing::debug!(%error, "requests are counted by this server alone"),
            }
            let alone = charges.iter().cloned();
            let alone = alone.map(|it| Charge { quota: it.quota.alone(), ..it });
            return self.local.charge(&alone.collect::<Vec<_>>());
        }
        self.local.charge(charges)
    }
}
