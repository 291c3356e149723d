//! Whether a file was written, by looking: any editor, any way of saving, any file system.
//!
//! A file is looked at twenty times a second, which costs nothing measurable and needs nothing of the
//! system. It counts as written once it has been left alone for a moment, so that nobody reads half
//! a save. What was written in the same tick of the clock as the last look cannot be told by looking;
//! so a file is read once more when it has been quiet for a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Between two looks.
pub(super) const LOOK_MS: u64 = 50;
/// So long a file has been left alone when it counts as written.
const QUIET_MS: u64 = 100;
/// After so long every file system's clock has moved on.
const AGAIN_MS: u64 = 2_500;

/// What a look shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Look {
    len: u64,
    modified: Option<SystemTime>,
    /// Another one when the file was replaced.
    inode: u64,
}

/// Looks at one file.
#[derive(Debug)]
pub(super) struct Watch {
    path: PathBuf,
    last: Option<Look>,
    changed_at: Instant,
    /// What is still to be read, and when at the earliest.
    due: Vec<Duration>,
}

impl Watch {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), last: None, changed_at: Instant::now(), due: Vec::new() }
    }

    /// Whether it is time to read the file.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let look = look(&self.path);
        if look != self.last {
            self.last = look;
            self.changed_at = now;
            self.due = vec![Duration::from_millis(AGAIN_MS), Duration::from_millis(QUIET_MS)];
            return false;
        }
        let quiet = now - self.changed_at;
        let is_due = self.due.last().is_some_and(|wait| quiet >= *wait);
        if is_due {
            self.due.pop();
        }
        is_due
    }

    /// Whether the file has been left alone for a moment.
    pub(super) fn is_quiet(&self) -> bool {
        self.changed_at.elapsed() >= Duration::from_millis(QUIET_MS)
    }

    /// How long there has been no file, if there is none.
    pub(super) fn gone_for(&self) -> Option<Duration> {
        self.last.is_none().then(|| self.changed_at.elapsed())
    }
}

fn look(path: &Path) -> Option<Look> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Look { len: metadata.len(), modified: metadata.modified().ok(), inode })
}
