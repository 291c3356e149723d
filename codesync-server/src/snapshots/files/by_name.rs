//! Folders below a root on systems that cannot open one name within an open folder.
//!
//! A link is refused as well, but by a look at each step before its use: somebody who changes the
//! folders at that very moment is not kept out.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A folder whose steps were found to be no links.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(root: &Path, below: &str) -> io::Result<Self> {
        let mut path = root.to_owned();
        for name in below.split('/') {
            path.push(name);
            if !fs::symlink_metadata(&path)?.is_dir() {
                return Err(no_step(name));
            }
        }
        Ok(Self { path })
    }

    pub(super) fn make(root: &Path, below: &str) -> io::Result<Self> {
        match Self::open(root, below) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(root.join(below))?;
                Self::open(root, below)
            }
            opened => opened,
        }
    }

    pub(super) fn holds(&self, name: &str) -> io::Result<bool> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(found) => Ok(found.is_file()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path.join(name);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(no_step(name));
        }
        fs::read(path)
    }

    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        File::create_new(self.path.join(name))
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    /// Folders cannot be synced here.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn no_step(name: &str) -> io::Error {
    io::Error::other(format!("{name} is a link or of another kind, and no link is followed here"))
}
