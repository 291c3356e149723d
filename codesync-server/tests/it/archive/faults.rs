//! The power goes, at each step of packing a run away.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{DocumentId, Revision};
use codesync_server::oplog::Epoch;
use codesync_server::oplog::archive::{ArchiveError, ArchivedLog};
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::{Objects, SegmentKey, SnapshotError, SnapshotKey};
use tokio::sync::Notify;

use super::{DOCUMENT, Fixture, HEAD, RUNS};

/// What goes wrong with the next segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    NotPut,
    /// It was put, but nobody says so.
    PutAndSilent,
    NotGot,
    /// Something else comes back.
    Altered,
    /// The process ends with the put on its way there, or back, or with the read on its way back.
    EndsBeforePut,
    EndsAfterPut,
    EndsAfterGet,
    /// The process ends with the last transaction on its way.
    EndsWithMove,
}

/// A store that fails once.
struct Failing {
    store: Arc<MemorySnapshots>,
    fault: Mutex<Option<Fault>>,
    /// The process is to end now.
    end: Notify,
}

impl Failing {
    fn fails(&self, faults: &[Fault]) -> Option<Fault> {
        let mut fault = self.fault.lock().expect("no panic");
        fault.take_if(|fault| faults.contains(fault))
    }

    /// Never comes back.
    async fn end(&self) -> ! {
        self.end.notify_one();
        std::future::pending().await
    }
}

fn trouble(key: &SegmentKey) -> SnapshotError {
    SnapshotError::NotFound { key: key.to_string() }
}

#[async_trait]
impl Objects<SegmentKey> for Failing {
    async fn put(&self, key: &SegmentKey, content: Bytes) -> Result<(), SnapshotError> {
        use Fault::{EndsAfterPut, EndsBeforePut, NotPut, PutAndSilent};
        let fault = self.fails(&[NotPut, PutAndSilent, EndsBeforePut, EndsAfterPut]);
        match fault {
            Some(NotPut) => return Err(trouble(key)),
            Some(EndsBeforePut) => self.end().await,
            _ => self.store.put(key, content).await?,
        }
        match fault {
            Some(PutAndSilent) => Err(trouble(key)),
            Some(EndsAfterPut) => self.end().await,
            _ => Ok(()),
        }
    }

    async fn get(&self, key: &SegmentKey) -> Result<Bytes, SnapshotError> {
        use Fault::{Altered, EndsAfterGet, EndsWithMove, NotGot};
        match self.fails(&[NotGot, Altered, EndsAfterGet, EndsWithMove]) {
            Some(NotGot) => Err(trouble(key)),
            Some(Altered) => Ok(Bytes::from_static(b"csl1")),
            Some(EndsAfterGet) => self.end().await,
            Some(_) => {
                self.end.notify_one();
                self.store.get(key).await
            }
            None => self.store.get(key).await,
        }
    }

    async fn list(
        &self,
        document: DocumentId,
        epoch: Epoch,
    ) -> Result<Vec<SegmentKey>, SnapshotError> {
        self.store.list(document, epoch).await
    }

    async fn delete(&self, key: &SegmentKey) -> Result<(), SnapshotError> {
        self.store.delete(key).await
    }
}

#[async_trait]
impl Objects<SnapshotKey> for Failing {
    async fn put(&self, key: &SnapshotKey, content: Bytes) -> Result<(), SnapshotError> {
        self.store.put(key, content).await
    }

    async fn get(&self, key: &SnapshotKey) -> Result<Bytes, SnapshotError> {
        self.store.get(key).await
    }

    async fn list(
        &self,
        document: DocumentId,
        epoch: Epoch,
    ) -> Result<Vec<SnapshotKey>, SnapshotError> {
        self.store.list(document, epoch).await
    }

    async fn delete(&self, key: &SnapshotKey) -> Result<(), SnapshotError> {
        self.store.delete(key).await
    }
}

impl Fixture {
    fn failing(&self, fault: Fault) -> (Arc<Failing>, ArchivedLog) {
        let (store, fault) = (self.store.clone(), Mutex::new(Some(fault)));
        let failing = Arc::new(Failing { store, fault, end: Notify::new() });
        (failing.clone(), ArchivedLog::new(self.database.clone(), failing))
    }

    /// What was begun is done again, and nothing is left over.
    async fn finish(&self) {
        self.check().await;
        self.archive().await;
        assert_eq!(self.archive().await, 0);
        assert_eq!(self.segments().await.len(), RUNS as usize, "none is left over");
        self.check().await;
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_log_as_it_was_and_is_done_again() {
    for fault in [Fault::NotPut, Fault::PutAndSilent, Fault::NotGot, Fault::Altered] {
        let fixture = Fixture::sqlite().await;
        let (_, log) = fixture.failing(fault);
        let cut = log.archive(DOCUMENT, Epoch::FIRST, Revision::new(HEAD)).await;
        assert!(matches!(cut, Err(ArchiveError::Store(_) | ArchiveError::Segment(_))), "{cut:?}");
        fixture.finish().await;
    }
}

#[tokio::test]
async fn a_process_that_ends_at_any_step_leaves_a_log_that_can_be_read() {
    let faults =
        [Fault::EndsBeforePut, Fault::EndsAfterPut, Fault::EndsAfterGet, Fault::EndsWithMove];
    for fault in faults {
        let fixture = Fixture::sqlite().await;
        let (failing, log) = fixture.failing(fault);
        tokio::select! {
            done = log.archive(DOCUMENT, Epoch::FIRST, Revision::new(HEAD)) => {
                // The transaction was faster than the end of the process.
                assert_eq!((fault, done.ok()), (Fault::EndsWithMove, Some(RUNS as usize)));
            }
            () = failing.end.notified() => {}
        }
        fixture.finish().await;
    }
}
