//! Logins that end while their sockets are open: heard from the bus, and found in the database once
//! a second, whatever the bus loses.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::bus::{Bus, Heard};

/// How often the database is asked which logins have ended.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until the sockets are gone.
pub(super) async fn run(shared: Weak<Shared>, bus: Arc<dyn Bus>, stop: CancellationToken) {
    let mut notices = bus.notices().await;
    let mut ticks = interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let heard = tokio::select! {
            heard = notices.next() => Some(heard),
            _ = ticks.tick() => None,
            () = stop.cancelled() => return,
        };
        let Some(shared) = shared.upgrade() else { return };
        match heard {
            Some(Heard::News(notice)) => shared.crowd().heed(&notice),
            Some(Heard::Lost) | None => look(&shared).await,
        }
    }
}

/// Tells all sockets whose logins have ended.
async fn look(shared: &Shared) {
    let sessions = shared.crowd().sessions();
    if sessions.is_empty() {
        return;
    }
    match shared.auth.ended_sessions(&sessions).await {
        Ok(ended) => shared.crowd().end_sessions(&ended),
        Err(error) => tracing::warn!(%error, "asking which logins have ended"),
    }
}
