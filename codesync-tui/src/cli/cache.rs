//! What the server said last, for a time without it: the list of documents, texts, timelines.
//!
//! ```text
//! $XDG_CACHE_HOME/codesync/<server>/documents.json
//! $XDG_CACHE_HOME/codesync/<server>/<document>.text
//! $XDG_CACHE_HOME/codesync/<server>/<document>.log.json
//! ```
//!
//! All of it can be fetched again. So what the disk refuses is not told, and what cannot be read is
//! not there.

use std::fs;
use std::path::PathBuf;

use codesync_client::{DocumentInfo, ServerUrl, TimelineGroup, places};
use codesync_core::DocumentId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::text_file;

/// Documents that are remembered one by one.
const DOCUMENTS_MAX: usize = 10_000;

/// Answers of one server.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// `None` without a home.
    pub(crate) fn of(server: &ServerUrl) -> Option<Self> {
        Some(Self { folder: places::cache()?.join(server.folder_name()) })
    }

    pub(crate) fn keep_documents(&self, documents: &[DocumentInfo]) {
        self.keep("documents.json", documents);
    }

    /// Keeps what is known of one document, so that it can be found by its name.
    pub(crate) fn keep_document(&self, document: &DocumentInfo) {
        let mut documents = self.documents();
        match documents.iter_mut().find(|info| info.id == document.id) {
            Some(known) if known == document => return,
            Some(known) => *known = document.clone(),
            None => documents.insert(0, document.clone()),
        }
        documents.truncate(DOCUMENTS_MAX);
        self.keep_documents(&documents);
    }

    /// The documents as they were listed last.
    pub(crate) fn documents(&self) -> Vec<DocumentInfo> {
        self.read("documents.json").unwrap_or_default()
    }

    pub(crate) fn keep_log(&self, document: DocumentId, groups: &[TimelineGroup]) {
        self.keep(&format!("{document}.log.json"), groups);
    }

    pub(crate) fn log(&self, document: DocumentId) -> Option<Vec<TimelineGroup>> {
        self.read(&format!("{document}.log.json"))
    }

    pub(crate) fn keep_text(&self, document: DocumentId, text: &str) {
        self.write(&format!("{document}.text"), text.as_bytes());
    }

    pub(crate) fn text(&self, document: DocumentId) -> Option<String> {
        fs::read_to_string(self.folder.join(format!("{document}.text"))).ok()
    }

    /// Forgets a document that is gone.
    pub(crate) fn forget(&self, document: DocumentId) {
        for name in [format!("{document}.text"), format!("{document}.log.json")] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        let mut documents = self.documents();
        documents.retain(|info| info.id != document);
        self.keep_documents(&documents);
    }

    fn keep(&self, name: &str, value: &(impl Serialize + ?Sized)) {
        if let Ok(bytes) = serde_json::to_vec(value) {
            self.write(name, &bytes);
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let _ = text_file::private_folder(&self.folder)
            .and_then(|()| text_file::replace(&self.folder.join(name), bytes));
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.folder.join(name)).ok()?).ok()
    }
}
