//! The durable outbox: what was typed here and is not yet known to be on the server, on this disk.
//!
//! ```text
//! $XDG_STATE_HOME/codesync/outbox/<server>/<document>/
//!     <client>.journal    the text as it was last seen, and every unsent edit
//!     <client>.lock       held by the process that edits as this client
//!     conflict-<n>.txt    text that could not be brought into the document
//!     about.json          name and language, so that the document can be found without the server
//! ```
//!
//! Two editors of one document on one machine are two clients, each with a journal of its own. An
//! editor that starts takes up a journal that nobody holds, before it becomes a new client: so the
//! work of one that was killed is sent by the next.

mod slot;
mod writer;

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

use codesync_core::client::journal::{self, ReplayError, Replayed};
use codesync_core::{ClientId, DocumentId};
use serde::{Deserialize, Serialize};

pub(crate) use slot::Slot;
pub(crate) use slot::{create_folder, private, write_whole};
pub(crate) use writer::{ConflictCopy, Outlets, Progress, Work, run, write_conflict};

use crate::{ServerUrl, places};

/// Clients of one document whose journals are looked at when it is opened.
const JOURNALS_MAX: usize = 64;

/// The folder in which unsent work for one server is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outbox {
    folder: PathBuf,
}

/// What is remembered about a document, so that it can be found and shown without the server.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct About {
    /// Its name. Comes from others: make it harmless before showing it.
    pub name: String,
    /// Language for colouring, when somebody chose one.
    #[serde(default)]
    pub language: Option<String>,
    /// How its lines end in a file.
    #[serde(default)]
    pub line_ending: crate::FileLineEnding,
}

/// A document as the outbox had it.
#[derive(Debug)]
pub(crate) struct OpenedSlot {
    pub(crate) slot: Slot,
    /// What stands in the journal; `None` for a new client.
    pub(crate) journal: Option<Replayed>,
    /// Journals with unsent work that are free but not this one.
    pub(crate) strays: Vec<(Slot, Replayed)>,
    /// Files that hold text of earlier runs which could not be taken up, and why.
    pub(crate) set_aside: Vec<PathBuf>,
    /// Whether other processes hold journals of this document.
    pub(crate) is_open_elsewhere: bool,
}

struct Found {
    slot: Slot,
    replayed: Replayed,
    has_unsent: bool,
    touched: SystemTime,
}

impl Outbox {
    /// The outbox in this folder, which need not exist yet.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The usual place for a server: `$XDG_STATE_HOME/codesync/outbox/<server>`, below
    /// `~/.local/state` when the variable is not set. `None` without a home.
    #[must_use]
    pub fn usual(server: &ServerUrl) -> Option<Self> {
        Some(Self::at(places::state()?.join("outbox").join(server.folder_name())))
    }

    /// The folder of this outbox.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of one document.
    #[must_use]
    pub fn document_folder(&self, document: DocumentId) -> PathBuf {
        self.folder.join(document.to_string())
    }

    /// Keeps what is known about a document.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remember(&self, document: DocumentId, about: &About) -> io::Result<()> {
        let folder = self.document_folder(document);
        create_folder(&folder)?;
        let path = folder.join("about.json");
        let bytes = serde_json::to_vec(about).map_err(io::Error::other)?;
        if fs::read(&path).is_ok_and(|before| before == bytes) {
            return Ok(());
        }
        write_whole(&path, &bytes)
    }

    /// What was last known about a document.
    #[must_use]
    pub fn about(&self, document: DocumentId) -> Option<About> {
        let bytes = fs::read(self.document_folder(document).join("about.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// All documents something is known about, in the order of their ids.
    #[must_use]
    pub fn documents(&self) -> Vec<(DocumentId, About)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut documents: Vec<_> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<DocumentId>().ok())
            .filter_map(|id| Some((id, self.about(id)?)))
            .collect();
        documents.sort_by_key(|(id, _)| *id);
        documents
    }

    /// The text of a document as the newest journal of this machine has it, unsent work included.
    ///
    /// Takes no lock: what an editor is writing at this moment may be missing.
    #[must_use]
    pub fn cached_text(&self, document: DocumentId) -> Option<String> {
        let folder = self.document_folder(document);
        let newest = clients(&folder, "journal")
            .into_iter()
            .map(|client| folder.join(format!("{client}.journal")))
            .max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).ok())?;
        let bytes = fs::read(newest).ok()?;
        let replayed = journal::replay(&bytes).ok()?;
        Some(replayed.replica.text().to_string())
    }

    /// Takes up a free journal of this document, or starts one for the new client `fresh`.
    pub(crate) fn open(&self, document: DocumentId, fresh: ClientId) -> io::Result<OpenedSlot> {
        let folder = self.document_folder(document);
        create_folder(&folder)?;
        let mut set_aside = Vec::new();
        let mut found = Vec::new();
        let mut is_open_elsewhere = false;
        for client in clients(&folder, "journal").into_iter().take(JOURNALS_MAX) {
            let Some(mut slot) = Slot::lock(&folder, client)? else {
                is_open_elsewhere = true;
                continue;
            };
            let Some(bytes) = slot.read()? else { continue };
            match journal::replay(&bytes) {
                Ok(replayed) if replayed.replica.document() == document => {
                    let has_unsent = replayed.replica.status().unsaved_edits > 0;
                    slot.set_kept(replayed.valid_bytes as u64);
                    let touched = fs::metadata(slot.journal_path())?.modified()?;
                    found.push(Found { slot, replayed, has_unsent, touched });
                }
                // Killed before its first record was whole: there is nothing in it.
                Err(ReplayError::Empty) => slot.remove()?,
                // A newer version of this program will read it.
                Err(ReplayError::NewerFormat { .. }) => {}
                Ok(_) | Err(_) => set_aside.push(slot.set_damaged_aside()?),
            }
        }
        for client in clients(&folder, "unkept").into_iter().take(JOURNALS_MAX) {
            if let Some(slot) = Slot::lock(&folder, client)? {
                set_aside.extend(set_unkept_aside(slot)?);
            }
        }

        // Locks of runs that ended before they had anything to keep.
        for client in clients(&folder, "lock") {
            if !folder.join(format!("{client}.journal")).exists()
                && let Some(slot) = Slot::lock(&folder, client)?
                && !slot.journal_path().exists()
            {
                slot.remove()?;
            }
        }

        found.sort_by_key(|journal| (Reverse(journal.has_unsent), Reverse(journal.touched)));
        let mut journals = found.into_iter();
        let (slot, journal) = match journals.next() {
            Some(taken) => (taken.slot, Some(taken.replayed)),
            None => {
                let slot = Slot::lock(&folder, fresh)?
                    .ok_or_else(|| io::Error::other("a new client id is already in use"))?;
                (slot, None)
            }
        };
        let mut strays = Vec::new();
        for other in journals {
            if other.has_unsent {
                strays.push((other.slot, other.replayed));
            } else {
                // Only a copy of what the server has, and of the journal that was taken up.
                other.slot.remove()?;
            }
        }
        Ok(OpenedSlot { slot, journal, strays, set_aside, is_open_elsewhere })
    }
}

/// A journal that the disk had refused to complete is not taken up: its numbers may have been used
/// for edits it lacks. Unsent text in it becomes a conflict copy.
fn set_unkept_aside(slot: Slot) -> io::Result<Option<PathBuf>> {
    if slot.journal_path().exists() {
        // It was made whole again, and only the old file's removal is missing.
        fs::remove_file(slot.path("unkept"))?;
        return Ok(None);
    }
    let bytes = match fs::read(slot.path("unkept")) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let copy = match journal::replay(&bytes) {
        Ok(replayed) if replayed.replica.status().unsaved_edits > 0 => {
            Some(write_conflict(slot.folder(), &replayed.replica.text().to_string())?)
        }
        Ok(_) => None,
        Err(_) => {
            let aside = slot.path("damaged");
            fs::rename(slot.path("unkept"), &aside)?;
            Some(aside)
        }
    };
    slot.remove()?;
    Ok(copy)
}

/// The clients that have a file with this extension, in the order of their ids.
fn clients(folder: &Path, extension: &str) -> Vec<ClientId> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut clients: Vec<ClientId> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let stem = path.file_stem()?.to_str()?;
            (path.extension()? == extension).then(|| ClientId::from_str(stem).ok())?
        })
        .collect();
    clients.sort();
    clients
}
