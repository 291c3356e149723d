//! What looks into the past may cost, however many are taken at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{DocumentId, LineEnding, Revision};
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::history::past::Past;
use codesync_server::ids::UserId;
use codesync_server::oplog::Epoch;
use codesync_server::oplog::archive::ArchivedLog;
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::{Key, Objects, SnapshotError};

/// A store that counts how many ask it at once.
#[derive(Default)]
struct CountingStore {
    store: MemorySnapshots,
    asking: AtomicUsize,
    asking_most: AtomicUsize,
}

#[async_trait]
impl<K: Key> Objects<K> for CountingStore
where
    MemorySnapshots: Objects<K>,
{
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError> {
        self.store.put(key, content).await
    }

    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError> {
        self.store.get(key).await
    }

    async fn list(&self, document: DocumentId, epoch: Epoch) -> Result<Vec<K>, SnapshotError> {
        let asking = self.asking.fetch_add(1, Ordering::Relaxed) + 1;
        self.asking_most.fetch_max(asking, Ordering::Relaxed);
        // Long enough for everybody to come who may.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        self.asking.fetch_sub(1, Ordering::Relaxed);
        self.store.list(document, epoch).await
    }

    async fn delete(&self, key: &K) -> Result<(), SnapshotError> {
        self.store.delete(key).await
    }
}

#[tokio::test]
async fn two_texts_are_worked_out_at_once_and_the_others_wait() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("documents.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    let id = DocumentId::from_bytes([1; 16]);
    let document = NewDocument {
        id,
        owner: UserId::LOCAL,
        name: "one of many".to_owned(),
        language: None,
        line_ending: LineEnding::Lf,
        entries: Vec::new(),
        bytes: 0,
    };
    database.create(document).await.expect("created");
    let store = Arc::new(CountingStore::default());
    let log = ArchivedLog::new(database.clone(), store.clone());
    let past = Past::new(database.clone(), log, store.clone());
    let texts = (0..20).map(|_| past.text(id, Revision::ZERO));
    for text in futures_util::future::join_all(texts).await {
        assert_eq!(text.expect("a text").to_string(), "");
    }
    assert_eq!(store.asking_most.load(Ordering::Relaxed), 2);
    database.close().await;
}
