//! What is committed of a script, for those who have to wait for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use codesync_core::Revision;
use tokio::sync::Notify;

pub(crate) struct Progress {
    committed: Mutex<Committed>,
    /// Whether the server is there, as far as anybody knows.
    is_served: AtomicBool,
    news: Notify,
}

struct Committed {
    /// For each transaction a revision that contains it, once there is one.
    at: Vec<Option<Revision>>,
    /// The same in the order in which it was heard of.
    heard: Vec<(usize, Revision)>,
}

impl Progress {
    pub(crate) fn new(transactions: usize) -> Self {
        let committed = Committed { at: vec![None; transactions], heard: Vec::new() };
        let (committed, is_served) = (Mutex::new(committed), AtomicBool::new(true));
        Self { committed, is_served, news: Notify::new() }
    }

    fn committed(&self) -> MutexGuard<'_, Committed> {
        self.committed.lock().expect("nobody panics with it")
    }

    /// A transaction is in the text at `revision`. Whether that is news.
    pub(crate) fn note(&self, transaction: usize, revision: Revision) -> bool {
        let committed = &mut *self.committed();
        let is_news = committed.at[transaction].is_none();
        if is_news {
            committed.at[transaction] = Some(revision);
            committed.heard.push((transaction, revision));
            self.news.notify_waiters();
        }
        is_news
    }

    pub(crate) fn is_committed(&self, transaction: usize) -> bool {
        self.committed().at[transaction].is_some()
    }

    /// Whether all of `transactions` are in the text at `revision`.
    pub(crate) fn are_in(&self, transactions: &[usize], revision: Revision) -> bool {
        let committed = self.committed();
        transactions.iter().all(|&number| committed.at[number].is_some_and(|at| at <= revision))
    }

    /// What was heard of, but for the first `count`.
    pub(crate) fn heard_since(&self, count: usize) -> Vec<(usize, Revision)> {
        self.committed().heard[count..].to_vec()
    }

    pub(crate) fn is_served(&self) -> bool {
        self.is_served.load(Ordering::Relaxed)
    }

    pub(crate) fn set_served(&self, is_served: bool) {
        self.is_served.store(is_served, Ordering::Relaxed);
        self.news.notify_waiters();
    }

    /// Waits until so many transactions are committed.
    pub(crate) async fn reaches(&self, count: usize) {
        loop {
            let news = self.news();
            if self.committed().heard.len() >= count {
                return;
            }
            news.await;
        }
    }

    /// Something that was not so when this was called.
    pub(crate) fn news(&self) -> impl Future<Output = ()> {
        self.news.notified()
    }
}
