//! A sign of life while something takes long: not before a moment has passed, and only for people.

use std::future::Future;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::ProgressBar;

use super::Context;
use crate::sanitize;

/// Before so long, nobody wonders.
const PATIENCE_MS: u64 = 300;
/// Between two pictures of the sign.
const TICK_MS: u64 = 100;

impl Context {
    /// Waits for some work, and says for what if it takes a while.
    pub(crate) async fn wait<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(Duration::from_millis(PATIENCE_MS)) => {}
        }
        if self.is_quiet || !io::stderr().is_terminal() {
            return work.await;
        }
        let sign = ProgressBar::new_spinner().with_message(sanitize::one_line(what));
        sign.enable_steady_tick(Duration::from_millis(TICK_MS));
        let done = work.await;
        sign.finish_and_clear();
        done
    }
}
