//! Snapshots in memory: for simulations and tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;

use crate::oplog::Epoch;
use crate::snapshots::{Key, Objects, SnapshotError};

/// All objects by their name, behind one lock that is never held across a wait.
#[derive(Debug, Default)]
pub struct MemorySnapshots {
    contents: Mutex<BTreeMap<String, Bytes>>,
}

impl MemorySnapshots {
    fn contents(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something else under a key, as a failing disk would.
    pub fn damage(&self, key: &impl Key, content: Bytes) {
        self.contents().insert(key.to_string(), content);
    }
}

#[async_trait]
impl<K: Key> Objects<K> for MemorySnapshots {
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError> {
        self.contents().entry(key.to_string()).or_insert(content);
        Ok(())
    }

    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError> {
        let name = key.to_string();
        let content = self.contents().get(&name).cloned();
        let Some(content) = content else { return Err(SnapshotError::NotFound { key: name }) };
        if !key.matches(&content) {
            return Err(SnapshotError::Damaged { key: name });
        }
        Ok(content)
    }

    async fn list(&self, document: DocumentId, epoch: Epoch) -> Result<Vec<K>, SnapshotError> {
        let folder = format!("{}/", K::folder(document, epoch));
        let contents = self.contents();
        let names = contents.keys().filter_map(|name| name.strip_prefix(&folder));
        let mut keys: Vec<K> = names.filter_map(|name| K::parse(document, epoch, name)).collect();
        keys.sort_unstable_by(|left, right| right.cmp(left));
        Ok(keys)
    }

    async fn delete(&self, key: &K) -> Result<(), SnapshotError> {
        self.contents().remove(&key.to_string());
        Ok(())
    }
}
