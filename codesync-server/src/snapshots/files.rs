//! Snapshots as files below one folder.
//!
//! A file appears whole or not at all: it is written under a temporary name, synced, renamed, and
//! then its folder is synced. Names are built from ids, numbers and hashes only, and no link below the
//! root is followed (see `Folder`), so that nothing is read or written outside it.

#[cfg(unix)]
mod beneath;
#[cfg(not(unix))]
#[path = "files/by_name.rs"]
mod beneath;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;

use self::beneath::Folder;
use crate::oplog::Epoch;
use crate::snapshots::{Key, Objects, SnapshotError};

/// A folder of snapshots.
#[derive(Clone, Debug)]
pub struct FileSnapshots {
    root: PathBuf,
}

impl FileSnapshots {
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Does work below the root, where waiting harms nobody. `name` is what the error tells about.
    async fn below<T: Send + 'static>(
        &self,
        name: String,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, SnapshotError> {
        let (root, path) = (self.root.clone(), self.root.join(name));
        let result = tokio::task::spawn_blocking(move || work(&root)).await;
        let result = result.map_err(io::Error::other).and_then(|done| done);
        result.map_err(|source| SnapshotError::Io { path, source })
    }
}

#[async_trait]
impl<K: Key> Objects<K> for FileSnapshots {
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError> {
        let (below, name) = place(key);
        self.below(key.to_string(), move |root| write(root, &below, &name, &content)).await
    }

    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError> {
        let (below, name) = place(key);
        let matching = key.clone();
        let read = self.below(key.to_string(), move |root| {
            let content = Folder::open(root, &below).and_then(|folder| folder.read(&name));
            let Some(content) = if_there(content)? else { return Ok(None) };
            let intact = matching.matches(&content);
            Ok(Some((content, intact)))
        });
        match read.await? {
            None => Err(SnapshotError::NotFound { key: key.to_string() }),
            Some((_, false)) => Err(SnapshotError::Damaged { key: key.to_string() }),
            Some((content, true)) => Ok(Bytes::from(content)),
        }
    }

    async fn list(&self, document: DocumentId, epoch: Epoch) -> Result<Vec<K>, SnapshotError> {
        let below = K::folder(document, epoch);
        let names = self.below(below.clone(), move |root| {
            if_there(Folder::open(root, &below).and_then(|folder| folder.names()))
        });
        let names = names.await?.unwrap_or_default();
        let key = |name: &String| K::parse(document, epoch, name);
        let mut keys: Vec<_> = names.iter().filter_map(key).collect();
        keys.sort_unstable_by(|left, right| right.cmp(left));
        Ok(keys)
    }

    async fn delete(&self, key: &K) -> Result<(), SnapshotError> {
        let (below, name) = place(key);
        let removed = self.below(key.to_string(), move |root| {
            if_there(Folder::open(root, &below).and_then(|folder| folder.remove(&name)))
        });
        removed.await.map(drop)
    }
}

/// The folder of a key, and its name within it.
fn place<K: Key>(key: &K) -> (String, String) {
    (K::folder(key.document(), key.epoch()), key.file_name())
}

/// What is not there is no error.
fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(root: &Path, below: &str, name: &str, content: &[u8]) -> io::Result<()> {
    let folder = Folder::make(root, below)?;
    if folder.holds(name)? {
        return Ok(());
    }
    let new = new_name(name)?;
    let mut file = folder.create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    folder.rename(&new, name)?;
    folder.sync()
}

/// A name that nothing has: the same content may be put twice at once, and a crash leaves behind what
/// it was writing. With a dot in front it is no key, so that it is never listed.
fn new_name(name: &str) -> io::Result<String> {
    Ok(format!(".{name}.{:08x}.new", getrandom::u32()?))
}
