//! Keeping passwords: argon2id in PHC strings, computed by a few threads at a time.
//!
//! One computation takes 19 MiB and tens of milliseconds of a core, on purpose. [`Hasher`] therefore
//! lets as many run at once as there are cores, keeps a bounded number waiting, and refuses the
//! rest: a storm of logins must not take the memory and the cores from those who edit.
//!
//! Whoever has no account costs the same work as whoever has one: [`Hasher::verify`] compares with a
//! decoy then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::password::Password;

/// What one computation costs: OWASP's second choice for argon2id (Password Storage Cheat Sheet).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// Computations that may wait for each one that runs.
const WAITING_PER_THREAD: usize = 16;
/// What whoever came in vain is asked to wait: by then the queue has been worked off.
const BUSY_RETRY: Duration = Duration::from_secs(3);
const SALT_BYTES: usize = 16;

/// Hashes passwords. A clone shares the threads.
#[derive(Clone, Debug)]
pub struct Hasher {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    cost: Cost,
    running: Semaphore,
    /// Those that run and those that wait.
    taken: Semaphore,
    /// What a password is compared with where there is no account.
    decoy: String,
    computations: AtomicU64,
}

/// The answer to an offered password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    Wrong,
    Right {
        /// The password under today's cost, where the one that is kept was cheaper.
        rehashed: Option<String>,
    },
}

/// A password was neither kept nor compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HashError {
    #[error("too many logins at once; try again in {} s", retry.as_secs())]
    Busy { retry: Duration },
    #[error("the password cannot be hashed: {0}")]
    Failed(String),
}

impl Hasher {
    /// With as many threads as there are cores.
    pub fn new(cost: Cost) -> Result<Self, HashError> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_threads(cost, threads, threads * WAITING_PER_THREAD)
    }

    /// With this many computations at once, and this many that wait for them.
    pub fn with_threads(cost: Cost, threads: usize, waiting: usize) -> Result<Self, HashError> {
        let threads = threads.max(1);
        let decoy = hash(cost, &Password::offered("nobody's password".to_owned()))?;
        let shared = Shared {
            cost,
            running: Semaphore::new(threads),
            taken: Semaphore::new(threads + waiting),
            decoy,
            computations: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How many passwords were hashed or compared so far.
    #[must_use]
    pub fn computations(&self) -> u64 {
        self.shared.computations.load(Ordering::Relaxed)
    }

    /// The PHC string under which a password is kept.
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        let cost = self.shared.cost;
        self.compute(move || hash(cost, &password)).await
    }

    /// Compares a password with the one that is kept, or with a decoy where none is.
    pub async fn verify(
        &self,
        offered: Password,
        kept: Option<String>,
    ) -> Result<Verdict, HashError> {
        let is_known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.shared.decoy.clone());
        let cost = self.shared.cost;
        let compared = offered.clone();
        let outcome = self.compute(move || compare(&compared, &kept, cost)).await?;
        match outcome {
            Comparison::Equal { is_cheap } if is_known => {
                let rehashed = if is_cheap { Some(self.hash(offered).await?) } else { None };
                Ok(Verdict::Right { rehashed })
            }
            Comparison::Equal { .. } | Comparison::Different => Ok(Verdict::Wrong),
        }
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let shared = self.shared.clone();
        let Ok(_taken) = self.shared.taken.try_acquire() else {
            return Err(HashError::Busy { retry: BUSY_RETRY });
        };
        let _running = self.shared.running.acquire().await.map_err(failed)?;
        shared.computations.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}

enum Comparison {
    Different,
    Equal {
        /// Under a cost that is lower than today's.
        is_cheap: bool,
    },
}

fn hash(cost: Cost, password: &Password) -> Result<String, HashError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(failed)?;
    let hasher = argon2id(cost)?;
    let hash: PasswordHash =
        hasher.hash_password_with_salt(password.bytes(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

fn compare(offered: &Password, kept: &str, cost: Cost) -> Result<Comparison, HashError> {
    let kept = PasswordHash::new(kept).map_err(failed)?;
    // The cost comes from what is kept; the work is done for an overlong one too.
    let is_equal = argon2id(cost)?.verify_password(offered.bytes(), &kept).is_ok();
    if !is_equal || offered.is_overlong() {
        return Ok(Comparison::Different);
    }
    let kept = Params::try_from(&kept).map_err(failed)?;
    let is_cheap = kept.m_cost() < cost.memory_kib
        || kept.t_cost() < cost.passes
        || kept.p_cost() < cost.lanes;
    Ok(Comparison::Equal { is_cheap })
}

fn argon2id(cost: Cost) -> Result<Argon2<'static>, HashError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As little work as the algorithm allows.
    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    fn offered(text: &str) -> Password {
        Password::offered(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_with_19_mib_and_two_passes() {
        let hasher = Hasher::new(Cost::default()).expect("a hasher");
        let kept = hasher.hash(offered("staplehorse")).await.expect("hashed");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let again = hasher.hash(offered("staplehorse")).await.expect("hashed");
        assert_ne!(kept, again, "each has its own salt");
        let verdict = hasher.verify(offered("staplehorse"), Some(kept.clone())).await;
        assert_eq!(verdict, Ok(Verdict::Right { rehashed: None }));
        let verdict = hasher.verify(offered("Staplehorse"), Some(kept)).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn the_last_character_counts_too() {
        let hasher = Hasher::new(CHEAP).expect("a hasher");
        let long = "x".repeat(1023) + "y";
        let kept = hasher.hash(offered(&long)).await.expect("hashed");
        let other = "x".repeat(1023) + "z";
        assert_eq!(hasher.verify(offered(&other), Some(kept)).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_made_anew_at_the_next_login() {
        let cheap = Hasher::new(CHEAP).expect("a hasher");
        let kept = cheap.hash(offered("staplehorse")).await.expect("hashed");
        let dear = Hasher::new(Cost { passes: 2, ..CHEAP }).expect("a hasher");
        let verdict = dear.verify(offered("staplehorse"), Some(kept.clone())).await;
        let Ok(Verdict::Right { rehashed: Some(rehashed) }) = verdict else {
            panic!("not made anew: {verdict:?}")
        };
        assert!(rehashed.contains("t=2"), "{rehashed}");
        let verdict = dear.verify(offered("staplehorse"), Some(rehashed)).await;
        assert_eq!(verdict, Ok(Verdict::Right { rehashed: None }));
        // A dearer one stays as it is.
        let verdict = cheap.verify(offered("wrong"), Some(kept)).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn whoever_is_unknown_costs_the_same_work() {
        let hasher = Hasher::new(CHEAP).expect("a hasher");
        let kept = hasher.hash(offered("staplehorse")).await.expect("hashed");
        let before = hasher.computations();
        assert_eq!(hasher.verify(offered("guess"), Some(kept)).await, Ok(Verdict::Wrong));
        let known = hasher.computations() - before;
        assert_eq!(hasher.verify(offered("guess"), None).await, Ok(Verdict::Wrong));
        assert_eq!(hasher.computations() - before - known, known);
        // Not even who guesses the decoy gets in.
        let verdict = hasher.verify(offered("nobody's password"), None).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_threads() {
        const THREADS: u64 = 2;
        let hasher = Hasher::with_threads(CHEAP, 2, 100).expect("a hasher");
        let done = AtomicU64::new(0);
        let work = (0..20).map(|_| async {
            hasher.hash(offered("a password")).await.expect("hashed");
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            let begun = hasher.computations();
            assert!(begun <= done + THREADS, "{begun} were begun when {done} had ended");
        });
        futures_util::future::join_all(work).await;
        assert_eq!(hasher.computations(), 20);
    }

    #[tokio::test]
    async fn beyond_the_queue_everybody_is_asked_to_come_again() {
        let hasher = Hasher::with_threads(CHEAP, 1, 1).expect("a hasher");
        let running = hasher.shared.running.acquire().await.expect("open");
        let waiting = hasher.hash(offered("first"));
        let also_waiting = hasher.hash(offered("second"));
        tokio::pin!(waiting, also_waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(futures_util::poll!(&mut also_waiting).is_pending());
        let refused = hasher.hash(offered("third")).await;
        assert_eq!(refused, Err(HashError::Busy { retry: BUSY_RETRY }));
        drop(running);
        assert!(waiting.await.is_ok() && also_waiting.await.is_ok());
        assert!(hasher.hash(offered("third")).await.is_ok());
    }
}
