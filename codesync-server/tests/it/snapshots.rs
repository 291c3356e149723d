//! One suite for every snapshot store, and what loading does when a snapshot is no good.

mod beneath;
mod s3;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use codesync_core::{ClientId, DocumentId, Operation, Revision, Seq};
use codesync_server::access::AccessVersion;
use codesync_server::document::load::{LoadError, load};
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{Append, Entry, Epoch, LogError, Registration};
use codesync_server::snapshots::files::FileSnapshots;
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::s3::{S3Options, S3Snapshots};
use codesync_server::snapshots::{
    Key, Objects, SegmentKey, SnapshotError, SnapshotKey, SnapshotStore,
};

use crate::support::bucket::Bucket;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const OTHER: DocumentId = DocumentId::from_bytes([2; 16]);

const NOTHING: [u64; 0] = [];

struct Fixture {
    store: Arc<dyn SnapshotStore>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    fn of(store: impl SnapshotStore) -> Self {
        Self { store: Arc::new(store), _folder: None }
    }

    async fn memory() -> Self {
        Self::of(MemorySnapshots::default())
    }

    async fn files() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = FileSnapshots::new(folder.path().join("snapshots"));
        Self { store: Arc::new(store), _folder: Some(folder) }
    }

    async fn s3() -> Self {
        let bucket = Bucket::new().await;
        Self::of(S3Snapshots::new(bucket.options()).await)
    }

    async fn s3_below_a_prefix() -> Self {
        let options = Bucket::new().await.options();
        Self::of(S3Snapshots::new(S3Options { prefix: "a/b".to_owned(), ..options }).await)
    }
}

macro_rules! conformance {
    ($store:ident: $($name:ident),* $(,)?) => {
        mod $store {
            $(#[tokio::test] async fn $name() {
                super::$name(super::Fixture::$store().await).await;
            })*
        }
    };
    ($($name:ident),* $(,)?) => {
        conformance!(memory: $($name),*);
        conformance!(files: $($name),*);
        mod in_a_bucket {
            use super::*;
            conformance!(s3: $($name),*);
            conformance!(s3_below_a_prefix: $($name),*);
        }
    };
}

conformance! {
    what_is_put_is_given_back,
    what_is_put_twice_at_once_is_kept_once,
    the_newest_revision_is_listed_first,
    what_is_deleted_is_gone,
    epochs_and_documents_do_not_mix,
    segments_of_the_log_lie_beside_snapshots,
}

fn key(revision: u64, content: &[u8]) -> SnapshotKey {
    SnapshotKey::of(DOCUMENT, Epoch::FIRST, Revision::new(revision), content)
}

async fn put(
    store: &(impl Objects<SnapshotKey> + ?Sized),
    revision: u64,
    content: &'static str,
) -> SnapshotKey {
    let (key, content) =
        (key(revision, content.as_bytes()), Bytes::from_static(content.as_bytes()));
    store.put(&key, content).await.expect("kept");
    key
}

async fn snapshots(store: &dyn SnapshotStore, document: DocumentId, epoch: Epoch) -> Vec<u64> {
    let keys: Vec<SnapshotKey> = store.list(document, epoch).await.expect("listed");
    keys.iter().map(|key| key.revision.get()).collect()
}

async fn what_is_put_is_given_back(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for content in ["", "a\nb", "€uro 🎉"] {
        let key = put(store, 7, content).await;
        store.put(&key, Bytes::from_static(content.as_bytes())).await.expect("kept again");
        assert_eq!(store.get(&key).await.expect("given"), content.as_bytes());
    }
    let large = Bytes::from("0123456789abcdef".repeat(512 * 1024));
    store.put(&key(8, &large), large.clone()).await.expect("kept");
    assert_eq!(store.get(&key(8, &large)).await.expect("given"), large);
    let error = store.get(&key(8, b"never")).await.expect_err("never put");
    assert!(matches!(error, SnapshotError::NotFound { .. }), "{error}");
}

async fn what_is_put_twice_at_once_is_kept_once(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let both = tokio::join!(put(store, 3, "text"), put(store, 3, "text"));
    assert_eq!(both.0, both.1);
    assert_eq!(store.get(&both.0).await.expect("given"), "text");
    assert_eq!(snapshots(store, DOCUMENT, Epoch::FIRST).await, [3]);
}

async fn the_newest_revision_is_listed_first(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for revision in [9, 10, 100, 1] {
        put(store, revision, "text").await;
    }
    assert_eq!(snapshots(store, DOCUMENT, Epoch::FIRST).await, [100, 10, 9, 1]);
}

async fn what_is_deleted_is_gone(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let key = put(store, 1, "text").await;
    store.delete(&key).await.expect("deleted");
    store.delete(&key).await.expect("deleted again");
    assert!(store.get(&key).await.is_err());
    assert_eq!(snapshots(store, DOCUMENT, Epoch::FIRST).await, NOTHING);
    put(store, 1, "text").await;
    assert_eq!(store.get(&key).await.expect("given, being put again"), "text");
}

async fn epochs_and_documents_do_not_mix(fixture: Fixture) {
    let store = fixture.store.as_ref();
    put(store, 1, "text").await;
    assert_eq!(snapshots(store, DOCUMENT, Epoch::new(11)).await, NOTHING);
    assert_eq!(snapshots(store, DOCUMENT, Epoch::new(2)).await, NOTHING);
    assert_eq!(snapshots(store, OTHER, Epoch::FIRST).await, NOTHING);
}

async fn segments_of_the_log_lie_beside_snapshots(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let snapshot = put(store, 20, "text").await;
    let segment = |first, last, content: &'static [u8]| {
        let range = (Revision::new(first), Revision::new(last));
        (SegmentKey::of(DOCUMENT, Epoch::FIRST, range, content), Bytes::from_static(content))
    };
    let kept = [segment(1, 9, b"one"), segment(10, 99, b"two"), segment(100, 101, b"three")];
    for (key, content) in &kept {
        store.put(key, content.clone()).await.expect("kept");
        store.put(key, content.clone()).await.expect("kept again");
    }
    let listed: Vec<SegmentKey> = store.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    assert_eq!(listed, [&kept[2], &kept[1], &kept[0]].map(|(key, _)| key.clone()));
    assert_eq!(snapshots(store, DOCUMENT, Epoch::FIRST).await, [20]);
    for (key, content) in &kept {
        assert_eq!(store.get(key).await.expect("given"), content);
    }
    let (never, _) = segment(1, 8, b"one");
    let error = store.get(&never).await.expect_err("never put");
    assert!(matches!(error, SnapshotError::NotFound { .. }), "{error}");

    store.delete(&kept[0].0).await.expect("deleted");
    assert!(store.get(&kept[0].0).await.is_err());
    assert_eq!(store.get(&snapshot).await.expect("still there"), "text");
    let epoch = Epoch::new(2);
    let elsewhere: Vec<SegmentKey> = store.list(DOCUMENT, epoch).await.expect("listed");
    assert_eq!(elsewhere, []);
}

/// Files of a store's document, hidden ones too.
fn files(root: PathBuf) -> Vec<PathBuf> {
    let folder = root.join(SnapshotKey::folder(DOCUMENT, Epoch::FIRST));
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test]
async fn a_damaged_file_is_not_given_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = FileSnapshots::new(folder.path().to_owned());
    let key = put(&store, 1, "text").await;
    let files = files(folder.path().to_owned());
    assert_eq!(files.len(), 1, "nothing temporary is left behind");
    fs::write(&files[0], "test").expect("written");
    let error = store.get(&key).await.expect_err("damaged");
    assert!(matches!(error, SnapshotError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn what_a_crash_left_behind_is_not_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = FileSnapshots::new(folder.path().to_owned());
    let key = put(&store, 1, "text").await;
    let torn =
        files(folder.path().to_owned())[0].with_file_name(format!(".{}.new", key.file_name()));
    fs::write(torn, "te").expect("written");
    let listed: Vec<SnapshotKey> = store.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    assert_eq!(listed, [key]);
}

/// A log in which one client typed these words, one after the other.
fn typed(words: &[&str]) -> MemoryLog {
    let log = MemoryLog::default();
    log.create(DOCUMENT, Vec::new());
    let client = ClientId::from_bytes([1; 16]);
    let author =
        log.register_now(&Registration::local(DOCUMENT, client)).expect("registered").author;
    let mut length = 0;
    for (word, number) in words.iter().zip(1..) {
        let entry = Entry {
            revision: Revision::new(number),
            author,
            seq: Seq::new(number),
            operation: Operation::replace(length, length..length, word).encode().into(),
            base_length: length,
        };
        length += word.chars().count();
        log.append_now(Append {
            document: DOCUMENT,
            epoch: Epoch::FIRST,
            access: AccessVersion::default(),
            expected_head: Revision::new(number - 1),
            entries: vec![entry],
            text_bytes: length as u64,
        })
        .expect("appended");
    }
    log
}

#[track_caller]
fn check(loaded: &codesync_server::document::load::Loaded, snapshot: u64) {
    assert_eq!(loaded.document.text().to_string(), "one two three");
    assert_eq!(loaded.document.head(), Revision::new(3));
    assert_eq!(loaded.snapshot, Revision::new(snapshot));
}

#[tokio::test]
async fn a_document_loads_from_the_newest_snapshot_that_is_sound() {
    let (log, store) = (typed(&["one ", "two ", "three"]), MemorySnapshots::default());
    check(&load(&log, &store, DOCUMENT).await.expect("from the log"), 0);

    put(&store, 1, "one ").await;
    let newest = put(&store, 2, "one two ").await;
    check(&load(&log, &store, DOCUMENT).await.expect("from the newest"), 2);

    store.damage(&newest, Bytes::from_static(b"one tw\xff "));
    check(&load(&log, &store, DOCUMENT).await.expect("from the older"), 1);
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_the_log_is_left_out() {
    let (log, store) = (typed(&["one ", "two ", "three"]), MemorySnapshots::default());
    put(&store, 2, "of another length").await;
    put(&store, 9, "ahead of the log").await;
    check(&load(&log, &store, DOCUMENT).await.expect("from the log"), 0);
}

#[tokio::test]
async fn a_broken_log_is_an_error_and_never_an_empty_document() {
    let store = MemorySnapshots::default();
    let error = load(&MemoryLog::default(), &store, DOCUMENT).await.expect_err("no document");
    assert!(matches!(error, LoadError::Log(LogError::NotFound)), "{error}");

    let log = MemoryLog::default();
    let entry = Entry {
        revision: Revision::new(1),
        author: codesync_core::Author::ZERO,
        seq: Seq::new(1),
        operation: Bytes::from_static(&[0xff]),
        base_length: 0,
    };
    log.create(DOCUMENT, vec![entry]);
    let error = load(&log, &store, DOCUMENT).await.expect_err("broken");
    assert!(matches!(error, LoadError::Broken { .. }), "{error}");
}
