//! Snapshots as files below one folder.
//!
//! A file appears whole or not at all: it is written under a temporary name, synced, renamed, and
//! then its folder is synced. Names are built from ids, numbers and hashes only, so that no path
//! can leave the root.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;

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

    fn folder<K: Key>(&self, document: DocumentId, epoch: Epoch) -> PathBuf {
        self.root.join(K::folder(document, epoch))
    }

    fn path<K: Key>(&self, key: &K) -> PathBuf {
        self.folder::<K>(key.document(), key.epoch()).join(key.file_name())
    }
}

#[async_trait]
impl<K: Key> Objects<K> for FileSnapshots {
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError> {
        let folder = self.folder::<K>(key.document(), key.epoch());
        let (root, name) = (self.root.clone(), key.file_name());
        blocking(self.path(key), move || write(&root, &folder, &name, &content)).await
    }

    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError> {
        let path = self.path(key);
        let matching = key.clone();
        let read = blocking(path.clone(), move || {
            let content = match fs::read(&path) {
                Ok(content) => content,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
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
        let folder = self.folder::<K>(document, epoch);
        let names = blocking(folder.clone(), move || names(&folder)).await?;
        let key = |name: &String| K::parse(document, epoch, name);
        let mut keys: Vec<_> = names.iter().filter_map(key).collect();
        keys.sort_unstable_by(|left, right| right.cmp(left));
        Ok(keys)
    }

    async fn delete(&self, key: &K) -> Result<(), SnapshotError> {
        let path = self.path(key);
        blocking(path.clone(), move || match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}

/// Does file work where waiting harms nobody.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SnapshotError> {
    let result = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    result.and_then(|done| done).map_err(|source| SnapshotError::Io { path, source })
}

fn write(root: &Path, folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    if folder.join(name).exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    // A dot in front: such a name is no key, so that what a crash leaves behind is never listed.
    // A number: the same content may be put twice at once.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let new = folder.join(format!(".{name}.{number}.new"));
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, folder.join(name))?;
    // The folder, and those above it that may have been made just now.
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}
