//! The data directory: where it is, who may use it, and that only one server does.
//!
//! [`DataDir::open`] makes the folder, proves that it can be written and takes the lock that keeps a
//! second server out. It knows the names of what lies inside, never what is in the files.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The data directory of this process, locked until the value is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// The data directory cannot be used. Each sentence names the path and the way out.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(
        "cannot make the data directory {path}: {source}; make it yourself or choose another with --data"
    )]
    Create { path: PathBuf, source: io::Error },
    #[error(
        "cannot write in the data directory {path}: {source}; check its owner and permissions, or choose another with --data"
    )]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(
        "the data directory {path} is in use by another server; stop that one or choose another directory with --data"
    )]
    Locked { path: PathBuf },
    #[error(
        "there is no home directory to keep documents in; set HOME, or name a directory with --data"
    )]
    NoHome,
}

impl DataDir {
    /// `$XDG_DATA_HOME/codesync`, or `~/.local/share/codesync`.
    pub fn default_path() -> Result<PathBuf, DataDirError> {
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .map(|base| base.join("codesync"))
            .ok_or(DataDirError::NoHome)
    }

    /// Makes the directory if need be, private to its owner, and locks it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        create_private(path)
            .map_err(|source| DataDirError::Create { path: path.to_owned(), source })?;
        let unwritable = |source| DataDirError::Unwritable { path: path.to_owned(), source };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("codesync.lock"))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SQLite file that holds the log and the list of documents.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("codesync.sqlite3")
    }

    /// The folder of the snapshot files.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_kept_out_until_the_first_has_gone() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("made/on/the/way");
        let first = DataDir::open(&path).expect("the first takes it");
        let error = DataDir::open(&path).expect_err("the second is refused");
        assert!(matches!(&error, DataDirError::Locked { path: met } if *met == path), "{error}");
        drop(first);
        DataDir::open(&path).expect("free again");
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let error = DataDir::open(file.path()).expect_err("not a directory");
        assert!(error.to_string().contains(file.path().to_str().expect("UTF-8")), "{error}");
        assert!(error.to_string().contains("--data"), "{error}");
    }
}
