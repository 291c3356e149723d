//! What a file and a document last had in common: the base of the next merge.
//!
//! ```text
//! $XDG_STATE_HOME/codesync/files/<hash of the path>.json    which document, and the text
//! $XDG_STATE_HOME/codesync/files/<hash of the path>.lock    held while a program keeps both the same
//! ```
//!
//! Two things happen to the file and to the server that cannot happen at one moment with what is
//! written here. Each is announced before it is done, so that whoever finds the announcement after
//! a crash knows how far it came:
//!
//! - *Sending*: the text that goes to the server. Sent again, it is committed once: the server
//!   knows the same text of the same base by its key.
//! - *Writing*: the text that takes the file's place. It lies beside the file under another name, and
//!   as long as that name is there, the file was not replaced.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use codesync_client::ServerUrl;
use codesync_core::text::TextHash;
use codesync_core::{DocumentId, Revision};
use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::cli::text_file::{private_folder, replace};

/// A text, with line feeds only, and the revision that has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Base {
    pub(crate) revision: Revision,
    pub(crate) text: String,
}

/// What was about to be done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Announced {
    /// This text goes to the server, as made from the base.
    Sending(String),
    /// `base` takes the base's place, and what lies in `fresh` that of the file.
    Writing {
        base: Base,
        fresh: PathBuf,
        /// What had gone to the server as made from the base that is left.
        sent: Option<String>,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Kept {
    /// Two paths may have one hash.
    path: PathBuf,
    server: String,
    document: String,
    base: Base,
    announced: Option<Announced>,
}

/// What is remembered of one file.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The file it is about, wherever links lead.
    path: PathBuf,
    kept: PathBuf,
}

impl Memory {
    /// What is remembered of the file at this path, which need not exist yet. `None` without a home.
    pub(crate) fn of(path: &Path) -> Result<Option<Self>, Failure> {
        let Some(state) = codesync_client::places::state() else { return Ok(None) };
        let path = whole(path)?;
        let hash = TextHash::of(&path.to_string_lossy());
        let kept = state.join("files").join(format!("{hash}.json"));
        Ok(Some(Self { path, kept }))
    }

    /// The document that the file is linked to.
    pub(crate) fn document(&self) -> Option<(ServerUrl, DocumentId)> {
        let kept = self.read()?;
        Some((kept.server.parse().ok()?, kept.document.parse().ok()?))
    }

    /// What the file last had in common with this document.
    pub(crate) fn base(&self, document: DocumentId) -> Option<Base> {
        Some(self.read().filter(|kept| kept.document == document.to_string())?.base)
    }

    /// What was announced and perhaps not done.
    pub(crate) fn announced(&self, document: DocumentId) -> Option<Announced> {
        self.read().filter(|kept| kept.document == document.to_string())?.announced
    }

    /// From now on, this is what both have.
    pub(crate) fn keep(
        &self,
        server: &ServerUrl,
        document: DocumentId,
        base: &Base,
    ) -> Result<(), Failure> {
        self.write(server, document, base, None)
    }

    /// [`Memory::keep`], and what is about to be done.
    pub(crate) fn announce(
        &self,
        server: &ServerUrl,
        document: DocumentId,
        base: &Base,
        announced: Announced,
    ) -> Result<(), Failure> {
        self.write(server, document, base, Some(announced))
    }

    /// From now on, file and document have nothing to do with each other.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.kept) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Keeps other programs from working on the same file. The lock lives as long as the handle.
    pub(crate) fn lock(&self) -> Result<File, Failure> {
        self.make_folder()?;
        let path = self.kept.with_extension("lock");
        let file = File::create(path).map_err(|error| self.failed(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let path = self.path.display();
                Err(Failure::new(format!("another codesync keeps {path} and a document the same"))
                    .help("end that one first"))
            }
            Err(TryLockError::Error(error)) => Err(self.failed(&error)),
        }
    }

    fn read(&self) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&fs::read(&self.kept).ok()?).ok()?;
        (kept.path == self.path).then_some(kept)
    }

    fn write(
        &self,
        server: &ServerUrl,
        document: DocumentId,
        base: &Base,
        announced: Option<Announced>,
    ) -> Result<(), Failure> {
        self.make_folder()?;
        let kept = Kept {
            path: self.path.clone(),
            server: server.to_string(),
            document: document.to_string(),
            base: base.clone(),
            announced,
        };
        let bytes = serde_json::to_vec(&kept).map_err(|error| Failure::new(error.to_string()))?;
        replace(&self.kept, &bytes).map_err(|error| self.failed(&error))
    }

    fn make_folder(&self) -> Result<(), Failure> {
        let folder = self.kept.parent().unwrap_or(&self.kept);
        private_folder(folder).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::new(format!("{}: {error}", self.kept.display()))
    }
}

/// The one absolute path of a file, existing or not.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    if let Ok(whole) = fs::canonicalize(path) {
        return Ok(whole);
    }
    let name =
        path.file_name().ok_or_else(|| Failure::usage(format!("{} is no file", path.display())))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder)
        .map_err(|_| Failure::new(format!("there is no folder {}", folder.display())))?;
    Ok(folder.join(name))
}
