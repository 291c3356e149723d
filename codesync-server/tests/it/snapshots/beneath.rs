//! What is particular to files: nothing outside the root is read, written or deleted, wherever a
//! link leads to.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use codesync_core::Revision;
use codesync_server::oplog::Epoch;
use codesync_server::snapshots::files::FileSnapshots;
use codesync_server::snapshots::{Key, Objects, SegmentKey, SnapshotError, SnapshotKey};

use super::{DOCUMENT, key, put};

/// A store with one snapshot and one segment in it, and a folder beside the store.
struct Place {
    folder: tempfile::TempDir,
    store: FileSnapshots,
    snapshot: SnapshotKey,
    segment: SegmentKey,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = FileSnapshots::new(folder.path().join("snapshots"));
        let snapshot = put(&store, 1, "text").await;
        let range = (Revision::new(1), Revision::new(1));
        let segment = SegmentKey::of(DOCUMENT, Epoch::FIRST, range, b"entries");
        store.put(&segment, Bytes::from_static(b"entries")).await.expect("kept");
        Self { folder, store, snapshot, segment }
    }

    fn inside(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("snapshots").join(name)
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// Moves what is there out of the store, and leaves a link to it.
    fn lead_out(&self, name: &str) {
        fs::rename(self.inside(name), self.outside()).expect("moved");
        symlink(self.outside(), self.inside(name)).expect("linked");
    }

    /// All that lies outside, by name and content.
    fn all_outside(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.outside()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("a folder");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
            found.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
        found.sort_unstable();
        found
    }
}

#[track_caller]
fn check_refused<T: std::fmt::Debug>(result: Result<T, SnapshotError>) {
    let error = result.expect_err("a link is not followed");
    assert!(matches!(error, SnapshotError::Io { .. }), "{error}");
    assert!(error.to_string().contains("is a link"), "{error}");
}

/// Everything that can be done below a folder that is a link.
async fn check_nothing_happens<K: Key>(place: &Place, key: &K, fresh: K) {
    let before = place.all_outside();
    let (store, document, epoch) = (&place.store, key.document(), key.epoch());
    check_refused(store.get(key).await);
    check_refused(store.put(key, Bytes::from_static(b"text")).await);
    check_refused(store.put(&fresh, Bytes::from_static(b"next")).await);
    check_refused(Objects::<K>::list(store, document, epoch).await);
    check_refused(store.delete(key).await);
    assert_eq!(place.all_outside(), before);
}

#[tokio::test]
async fn a_folder_that_leads_out_is_no_folder() {
    let document = DOCUMENT.to_string();
    for name in ["docs".to_owned(), format!("docs/{document}"), format!("docs/{document}/1")] {
        let place = Place::new().await;
        place.lead_out(&name);
        check_nothing_happens(&place, &place.snapshot, key(2, b"next")).await;
    }
    let place = Place::new().await;
    place.lead_out(&SegmentKey::folder(DOCUMENT, Epoch::FIRST));
    let range = (Revision::new(2), Revision::new(2));
    let fresh = SegmentKey::of(DOCUMENT, Epoch::FIRST, range, b"next");
    check_nothing_happens(&place, &place.segment, fresh).await;
    assert_eq!(place.store.get(&place.snapshot).await.expect("no link leads there"), "text");
}

#[tokio::test]
async fn a_file_that_leads_out_is_not_read_and_makes_way_for_what_is_written() {
    let place = Place::new().await;
    let name = place.snapshot.to_string();
    place.lead_out(&name);
    let before = place.all_outside();
    check_refused(place.store.get(&place.snapshot).await);
    put(&place.store, 1, "text").await;
    assert!(place.inside(&name).symlink_metadata().expect("there").is_file());
    assert_eq!(place.store.get(&place.snapshot).await.expect("given"), "text");
    assert_eq!(place.all_outside(), before);

    fs::remove_file(place.inside(&name)).expect("removed");
    symlink(place.outside(), place.inside(&name)).expect("linked");
    place.store.delete(&place.snapshot).await.expect("the link is gone");
    assert!(place.inside(&name).symlink_metadata().is_err());
    assert_eq!(place.all_outside(), before);
}

#[tokio::test]
async fn what_is_no_file_is_not_read() {
    let place = Place::new().await;
    let path = place.inside(place.snapshot.to_string());
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    check_refused(place.store.get(&place.snapshot).await);
    fs::remove_dir(&path).expect("removed");
    // Nobody ever writes to the other end of it.
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("run");
    assert!(made.success());
    check_refused(place.store.get(&place.snapshot).await);
}

#[tokio::test]
async fn the_root_itself_may_lie_elsewhere() {
    let place = Place::new().await;
    let root = place.folder.path().join("snapshots");
    fs::rename(&root, place.outside()).expect("moved");
    symlink(place.outside(), &root).expect("linked");
    assert_eq!(place.store.get(&place.snapshot).await.expect("given"), "text");
    put(&place.store, 2, "next").await;
}
