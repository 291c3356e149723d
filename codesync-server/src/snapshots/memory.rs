//! Snapshots in memory: for simulations and tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;

use crate::oplog::Epoch;
use crate::snapshots::{SnapshotError, SnapshotKey, SnapshotStore};

/// All snapshots, behind one lock that is never held across a wait.
#[derive(Debug, Default)]
pub struct MemorySnapshots {
    contents: Mutex<BTreeMap<SnapshotKey, Bytes>>,
}

impl MemorySnapshots {
    fn contents(&self) -> MutexGuard<'_, BTreeMap<SnapshotKey, Bytes>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something else under a key, as a failing disk would.
    pub fn damage(&self, key: &SnapshotKey, content: Bytes) {
        self.contents().insert(key.clone(), content);
    }
}

#[async_trait]
impl SnapshotStore for MemorySnapshots {
    async fn put(&self, key: &SnapshotKey, content: Bytes) -> Result<(), SnapshotError> {
        self.contents().entry(key.clone()).or_insert(content);
        Ok(())
    }

    async fn get(&self, key: &SnapshotKey) -> Result<Bytes, SnapshotError> {
        let content = self.contents().get(key).cloned();
        let content = content.ok_or_else(|| SnapshotError::NotFound { key: key.clone() })?;
        if !key.matches(&content) {
            return Err(SnapshotError::Damaged { key: key.clone() });
        }
        Ok(content)
    }

    async fn list(
        &self,
        document: DocumentId,
        epoch: Epoch,
    ) -> Result<Vec<SnapshotKey>, SnapshotError> {
        let contents = self.contents();
        let of_epoch = |key: &&SnapshotKey| key.document == document && key.epoch == epoch;
        Ok(contents.keys().rev().filter(of_epoch).cloned().collect())
    }

    async fn delete(&self, key: &SnapshotKey) -> Result<(), SnapshotError> {
        self.contents().remove(key);
        Ok(())
    }
}
