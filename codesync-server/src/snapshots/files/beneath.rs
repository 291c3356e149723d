//! Folders below a root, reached so that no link leads out of it.
//!
//! Each step opens one name within a folder that is open already, and a link is no step. Files are
//! then named within the open folder, so that nobody can bend a path between a look and a use.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

/// An open folder, and those above it.
#[derive(Debug)]
pub(super) struct Folder {
    /// From the root on; the last one is the folder.
    steps: Vec<File>,
}

impl Folder {
    /// Opens the folder. The root may be reached through links: where it lies is its owner's choice.
    pub(super) fn open(root: &Path, below: &str) -> io::Result<Self> {
        Self::walk(root, below, |_, _| Ok(()))
    }

    /// Opens the folder, and makes what is missing of it.
    pub(super) fn make(root: &Path, below: &str) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        Self::walk(root, below, |folder, name| {
            match mkdirat(folder, name, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
                Err(error) if error != Errno::EXIST => Err(error),
                _ => Ok(()),
            }
        })
    }

    fn walk(
        root: &Path,
        below: &str,
        prepare: impl Fn(&File, &str) -> Result<(), Errno>,
    ) -> io::Result<Self> {
        let mut steps = vec![File::open(root)?];
        for name in below.split('/') {
            assert!(!["", ".", ".."].contains(&name), "{below} leads straight down");
            let folder = &steps[steps.len() - 1];
            prepare(folder, name)?;
            steps.push(open(folder, name, OFlags::RDONLY | OFlags::DIRECTORY)?);
        }
        Ok(Self { steps })
    }

    fn folder(&self) -> &File {
        &self.steps[self.steps.len() - 1]
    }

    /// Whether a file of this name is there; a link is none.
    pub(super) fn holds(&self, name: &str) -> io::Result<bool> {
        match statat(self.folder(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(FileType::from_raw_mode(found.st_mode).is_file()),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        // Without waiting for the other end of what is a pipe.
        let mut file = open(self.folder(), name, OFlags::RDONLY | OFlags::NONBLOCK)?;
        if !file.metadata()?.is_file() {
            return Err(no_step(name));
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(content)
    }

    /// A file that was not there before.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        open(self.folder(), name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
    }

    /// Renames a file within the folder; what had the new name is gone.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(self.folder(), from, self.folder(), to)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(self.folder(), name, AtFlags::empty())?)
    }

    /// The names of what is in the folder, as far as they are text.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.folder())? {
            names.extend(entry?.file_name().to_str().map(str::to_owned));
        }
        Ok(names)
    }

    /// Makes the names in the folder durable, and its own in those above it.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.steps.iter().rev().try_for_each(File::sync_all)
    }
}

/// Opens one name within a folder.
fn open(folder: &File, name: &str, flags: OFlags) -> io::Result<File> {
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
    match openat(folder, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode) {
        Ok(opened) => Ok(File::from(opened)),
        // The two ways in which systems say that it is a link.
        Err(Errno::LOOP | Errno::NOTDIR) => Err(no_step(name)),
        Err(error) => Err(error.into()),
    }
}

fn no_step(name: &str) -> io::Error {
    io::Error::other(format!("{name} is a link or of another kind, and no link is followed here"))
}
