//! One suite for every snapshot store, and what loading does when a snapshot is no good.

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
use codesync_server::snapshots::{SnapshotError, SnapshotKey, SnapshotStore};

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const OTHER: DocumentId = DocumentId::from_bytes([2; 16]);

struct Fixture {
    store: Arc<dyn SnapshotStore>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    fn memory() -> Self {
        Self { store: Arc::new(MemorySnapshots::default()), _folder: None }
    }

    fn files() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = FileSnapshots::new(folder.path().join("snapshots"));
        Self { store: Arc::new(store), _folder: Some(folder) }
    }
}

macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::memory()).await; })*
        }
        mod files {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::files()).await; })*
        }
    };
}

conformance! {
    what_is_put_is_given_back,
    the_newest_revision_is_listed_first,
    what_is_deleted_is_gone,
    epochs_and_documents_do_not_mix,
}

async fn put(store: &dyn SnapshotStore, revision: u64, content: &'static str) -> SnapshotKey {
    let (revision, content) = (Revision::new(revision), Bytes::from_static(content.as_bytes()));
    let key = SnapshotKey::of(DOCUMENT, Epoch::FIRST, revision, &content);
    store.put(&key, content).await.expect("kept");
    key
}

async fn what_is_put_is_given_back(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for content in ["", "a\nb", "€uro 🎉"] {
        let key = put(store, 7, content).await;
        store.put(&key, Bytes::from_static(content.as_bytes())).await.expect("kept again");
        assert_eq!(store.get(&key).await.expect("given"), content.as_bytes());
    }
    let never = SnapshotKey::of(DOCUMENT, Epoch::FIRST, Revision::new(8), b"never");
    let error = store.get(&never).await.expect_err("never put");
    assert!(matches!(error, SnapshotError::NotFound { .. }), "{error}");
}

async fn the_newest_revision_is_listed_first(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for revision in [9, 10, 100, 1] {
        put(store, revision, "text").await;
    }
    let keys = store.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    let revisions: Vec<_> = keys.iter().map(|key| key.revision.get()).collect();
    assert_eq!(revisions, [100, 10, 9, 1]);
}

async fn what_is_deleted_is_gone(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let key = put(store, 1, "text").await;
    store.delete(&key).await.expect("deleted");
    store.delete(&key).await.expect("deleted again");
    assert!(store.get(&key).await.is_err());
    assert_eq!(store.list(DOCUMENT, Epoch::FIRST).await.expect("listed"), []);
}

async fn epochs_and_documents_do_not_mix(fixture: Fixture) {
    let store = fixture.store.as_ref();
    put(store, 1, "text").await;
    assert_eq!(store.list(DOCUMENT, Epoch::new(2)).await.expect("listed"), []);
    assert_eq!(store.list(OTHER, Epoch::FIRST).await.expect("listed"), []);
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
    assert_eq!(store.list(DOCUMENT, Epoch::FIRST).await.expect("listed"), [key]);
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
