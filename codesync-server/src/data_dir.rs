//! The data directory: where it is, who may use it, and that only one server does.
//!
//! [`DataDir::open`] makes the folder, proves that it can be written and takes the lock that keeps a
//! second server out. It knows the names of what lies inside, never what is in the files.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes of a secret that is made here.
const TOKEN_SECRET_BYTES: usize = 48;

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
        "cannot keep the secret for tokens in {path}: {source}; check its owner and permissions"
    )]
    Secret { path: PathBuf, source: io::Error },
    #[error("{path} can be read by others; change it with: chmod 600 {path}")]
    Exposed { path: PathBuf },
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
        default_in(absolute("XDG_DATA_HOME"), absolute("HOME")).ok_or(DataDirError::NoHome)
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
        database_in(&self.path)
    }

    /// The secret that signs tokens: made by the system's chance at the first call, and private to
    /// the owner of the folder. Without the file everybody has to log in again.
    pub fn token_secret(&self) -> Result<Vec<u8>, DataDirError> {
        let path = self.path.join("token.secret");
        let failed = |source| DataDirError::Secret { path: path.clone(), source };
        match fs::read(&path) {
            Ok(secret) if is_private(&path).map_err(failed)? => Ok(secret),
            Ok(_) => Err(DataDirError::Exposed { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_secret(&path).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn make_secret(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut secret = vec![0; TOKEN_SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        // Whole or not at all: half a secret would be taken for one after a crash.
        let made = path.with_extension("new");
        let _ = fs::remove_file(&made);
        let mut file = create_private_file(&made)?;
        file.write_all(&secret)?;
        file.sync_all()?;
        fs::rename(&made, path)?;
        File::open(&self.path)?.sync_all()?;
        Ok(secret)
    }
}

/// The data directory where none is named, if there is a home.
pub(crate) fn default_in(xdg_data: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let base = xdg_data.or_else(|| home.map(|home| home.join(".local/share")))?;
    Some(base.join("codesync"))
}

/// The SQLite file.
pub(crate) fn database_in(data: &Path) -> PathBuf {
    data.join("codesync.sqlite3")
}

/// The folder of the snapshot files.
pub(crate) fn snapshots_in(data: &Path) -> PathBuf {
    data.join("snapshots")
}

#[cfg(unix)]
fn create_private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// Whether nobody but its owner may read a file.
#[cfg(unix)]
fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> io::Result<bool> {
    Ok(true)
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

    #[test]
    fn a_secret_is_made_once_and_private() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataDir::open(folder.path()).expect("opened");
        let secret = data.token_secret().expect("made");
        assert_eq!(secret.len(), TOKEN_SECRET_BYTES);
        assert_eq!(data.token_secret().expect("read"), secret);
        let path = folder.path().join("token.secret");
        assert!(is_private(&path).expect("there"));
        let other = tempfile::tempdir().expect("a temporary folder");
        let other = DataDir::open(other.path()).expect("opened");
        assert_ne!(other.token_secret().expect("made"), secret);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataDir::open(folder.path()).expect("opened");
        data.token_secret().expect("made");
        let path = folder.path().join("token.secret");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let error = data.token_secret().expect_err("refused");
        assert!(matches!(error, DataDirError::Exposed { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}
