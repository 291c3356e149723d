//! The work of a quiet hour: what was deleted and not asked back for is removed for good.
//!
//! Accounts go a week after they were deleted, documents thirty days after they went into the trash.
//! Several servers may do it at once: each step finds out whether it is still to be done.

use std::sync::Arc;
use std::time::Duration;

use codesync_core::DocumentId;
use tokio_util::sync::CancellationToken;

use crate::accounts::DELETION_GRACE;
use crate::db::housekeeping::{PurgeUser, Sweep};
use crate::db::trash::{GiveUp, Purge, TRASH_LIFE};
use crate::db::{Database, before, now_ms};
use crate::oplog::{Epoch, LogError};
use crate::snapshots::{Key, Objects, SegmentKey, SnapshotError, SnapshotKey, SnapshotStore};
use crate::tokens::refresh::IDLE_MAX;

/// From the end of one round to the next.
const PAUSE: Duration = Duration::from_secs(60 * 60);
/// How long sessions that have ended are kept.
const SESSIONS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Things of one kind that are removed between two questions for more.
const BATCH_MAX: u32 = 100;

/// Removes what its time has come for.
#[derive(Clone)]
pub struct Housekeeping {
    database: Database,
    snapshots: Arc<dyn SnapshotStore>,
}

/// Something could not be removed, and will be later.
#[derive(Debug, thiserror::Error)]
pub enum HousekeepingError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Snapshots(#[from] SnapshotError),
}

impl Housekeeping {
    #[must_use]
    pub fn new(database: Database, snapshots: Arc<dyn SnapshotStore>) -> Self {
        Self { database, snapshots }
    }

    /// Works every hour, until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.work().await {
                tracing::warn!(%error, "something stays until the next hour");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// One round of it.
    pub async fn work(&self) -> Result<(), HousekeepingError> {
        let now = now_ms();
        self.purge_users(before(now, DELETION_GRACE)).await?;
        self.purge_documents(before(now, TRASH_LIFE)).await?;
        let sessions_before = before(now, SESSIONS_KEPT);
        let sweep = Sweep { now, sessions_before, idle_before: before(now, IDLE_MAX) };
        match self.database.change(sweep).await? {
            Ok(()) => Ok(()),
            Err(never) => match never {},
        }
    }

    async fn purge_users(&self, deleted_before: i64) -> Result<(), HousekeepingError> {
        loop {
            let departed = self.database.departed(deleted_before, BATCH_MAX).await?;
            if departed.is_empty() {
                return Ok(());
            }
            for user in departed {
                let is_gone = match self.database.change(PurgeUser { user, deleted_before }).await?
                {
                    Ok(is_gone) => is_gone,
                    Err(never) => match never {},
                };
                if is_gone {
                    tracing::info!(%user, "account removed");
                }
            }
        }
    }

    async fn purge_documents(&self, trashed_before: i64) -> Result<(), HousekeepingError> {
        loop {
            let overdue = self.database.overdue(trashed_before, BATCH_MAX).await?;
            if overdue.is_empty() {
                return Ok(());
            }
            for (document, epoch) in overdue {
                match self.database.change(GiveUp { document, trashed_before }).await? {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(never) => match never {},
                }
                // Then what lies outside the database: if that fails, the row still knows of it.
                self.delete_snapshots(document, epoch).await?;
                match self.database.change(Purge { document }).await? {
                    Ok(()) => tracing::info!(doc = %document, "document removed"),
                    Err(never) => match never {},
                }
            }
        }
    }

    async fn delete_snapshots(
        &self,
        document: DocumentId,
        newest: Epoch,
    ) -> Result<(), SnapshotError> {
        let snapshots = self.snapshots.as_ref();
        for epoch in (1..=newest.get()).map(Epoch::new) {
            delete_all::<SnapshotKey>(snapshots, document, epoch).await?;
            delete_all::<SegmentKey>(snapshots, document, epoch).await?;
        }
        Ok(())
    }
}

async fn delete_all<K: Key>(
    objects: &(impl Objects<K> + ?Sized),
    document: DocumentId,
    epoch: Epoch,
) -> Result<(), SnapshotError> {
    for key in objects.list(document, epoch).await? {
        objects.delete(&key).await?;
    }
    Ok(())
}
