//! Reading a document: the newest snapshot that is sound, and the tail of the log.
//!
//! A load that fails is an error and never an empty document. Snapshots only save time: whatever
//! is wrong with one, an older one is tried, and in the end the whole log.

use codesync_core::document::Document;
use codesync_core::{
    Author, DocumentId, Entry, History, Operation, OperationLimits, Revision, Text,
};
use std::collections::BTreeSet;

use crate::access::AccessVersion;
use crate::oplog::{Epoch, Head, LogError, OpLog, ReadLimit};
use crate::snapshots::{SnapshotKey, SnapshotStore};

/// Entries from before the window that are read for one client; one further behind is refused.
pub const OLDER_REVISIONS_MAX: u64 = 1 << 20;

/// A document as it was found.
#[derive(Debug)]
pub struct Loaded {
    pub document: Document,
    pub epoch: Epoch,
    /// The permissions in force.
    pub access: AccessVersion,
    /// The revision of the snapshot that was used, or zero.
    pub snapshot: Revision,
}

/// A document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log itself does not lead from the empty text to its head.
    #[error("entry {revision} does not follow from the log before it: {detail}")]
    Broken { revision: Revision, detail: String },
    #[error("there is no revision {revision}; the document is at {head}")]
    NotYet { revision: Revision, head: Revision },
}

/// Reads a document at the head of its log.
pub async fn load(
    log: &dyn OpLog,
    snapshots: &dyn SnapshotStore,
    id: DocumentId,
) -> Result<Loaded, LoadError> {
    let head = log.heads(&[id]).await?.pop().ok_or(LogError::NotFound)?;
    let loaded = |document, snapshot| {
        let Head { epoch, access, .. } = head;
        Loaded { document, epoch, access, snapshot }
    };
    let newest = snapshots_up_to(snapshots, id, head.epoch, head.revision).await;
    for key in newest {
        let Some(text) = sound(snapshots, &key).await else { continue };
        match replay(log, id, Document::new(key.revision, text)).await {
            Ok(document) => {
                return Ok(loaded(document, key.revision));
            }
            Err(error @ LoadError::Broken { .. }) => {
                tracing::warn!(doc = %id, snapshot = %key, %error, "snapshot does not fit the log");
            }
            Err(error) => return Err(error),
        }
    }
    let document = replay(log, id, Document::new(Revision::ZERO, Text::new())).await?;
    Ok(loaded(document, Revision::ZERO))
}

/// The text at any revision: the nearest sound snapshot at or before it, and the log from there.
pub async fn text_at(
    log: &dyn OpLog,
    snapshots: &dyn SnapshotStore,
    id: DocumentId,
    revision: Revision,
) -> Result<Text, LoadError> {
    let head = log.heads(&[id]).await?.pop().ok_or(LogError::NotFound)?;
    if revision > head.revision {
        return Err(LoadError::NotYet { revision, head: head.revision });
    }
    for key in snapshots_up_to(snapshots, id, head.epoch, revision).await {
        let Some(text) = sound(snapshots, &key).await else { continue };
        match forward(log, id, text, key.revision, revision).await {
            Err(error @ LoadError::Broken { .. }) => {
                tracing::warn!(doc = %id, snapshot = %key, %error, "snapshot does not fit the log");
            }
            other => return other,
        }
    }
    forward(log, id, Text::new(), Revision::ZERO, revision).await
}

/// What is kept of revisions up to this one, the newest first. Without a list there is the log.
async fn snapshots_up_to(
    snapshots: &dyn SnapshotStore,
    id: DocumentId,
    epoch: Epoch,
    revision: Revision,
) -> Vec<SnapshotKey> {
    let mut keys: Vec<SnapshotKey> = match snapshots.list(id, epoch).await {
        Ok(keys) => keys,
        Err(error) => {
            tracing::warn!(doc = %id, %error, "no snapshots; reading the whole log");
            Vec::new()
        }
    };
    // One ahead of the log tells of what is no more: the log was put back from a backup.
    keys.retain(|key| key.revision <= revision);
    keys
}

/// The text of a snapshot, if it can be read.
async fn sound(snapshots: &dyn SnapshotStore, key: &SnapshotKey) -> Option<Text> {
    let content = match snapshots.get(key).await {
        Ok(content) => content,
        Err(error) => {
            tracing::warn!(doc = %key.document, %error, "snapshot left out");
            return None;
        }
    };
    match std::str::from_utf8(&content) {
        Ok(text) => Some(Text::from(text)),
        Err(error) => {
            tracing::warn!(doc = %key.document, snapshot = %key, %error, "snapshot left out");
            None
        }
    }
}

/// The text at `to`, from the one at `from`.
async fn forward(
    log: &dyn OpLog,
    id: DocumentId,
    mut text: Text,
    from: Revision,
    to: Revision,
) -> Result<Text, LoadError> {
    let mut at = from;
    while at < to {
        let page = log.read(id, at, ReadLimit::default()).await?;
        for entry in page.entries.iter().take_while(|entry| entry.revision <= to) {
            let broken = |detail: String| LoadError::Broken { revision: entry.revision, detail };
            if entry.revision != at.next() {
                return Err(broken(format!("it comes after {at}")));
            }
            let operation = decode(entry).map_err(broken)?;
            text.apply(&operation).map_err(|error| broken(error.to_string()))?;
            at = entry.revision;
        }
        if page.entries.is_empty() {
            let detail = format!("it is missing, and the head is {}", page.head);
            return Err(LoadError::Broken { revision: at.next(), detail });
        }
    }
    Ok(text)
}

/// Commits everything that the log has after the document's head.
async fn replay(
    log: &dyn OpLog,
    id: DocumentId,
    mut document: Document,
) -> Result<Document, LoadError> {
    let mut authors: BTreeSet<Author> = BTreeSet::new();
    loop {
        let page = log.read(id, document.head(), ReadLimit::default()).await?;
        for entry in &page.entries {
            let revision = entry.revision;
            let broken = |detail: String| LoadError::Broken { revision, detail };
            let operation = decode(entry).map_err(broken)?;
            let entry = Entry { revision, author: entry.author, seq: entry.seq, operation };
            authors.insert(entry.author);
            document.commit(entry).map_err(|error| broken(error.to_string()))?;
        }
        if page.head <= document.head() {
            break;
        }
        if page.entries.is_empty() {
            let detail = format!("it is missing, and the head is {}", page.head);
            return Err(LoadError::Broken { revision: document.head().next(), detail });
        }
    }
    // Nobody is here yet; whoever comes is registered from his row in the log.
    for author in authors {
        document.forget(author);
    }
    Ok(document)
}

/// The entries after `from` up to `to` or later, as history that can carry an operation.
pub async fn older(
    log: &dyn OpLog,
    id: DocumentId,
    from: Revision,
    to: Revision,
) -> Result<History, LogError> {
    let count = to.since(from).unwrap_or(0);
    if count > OLDER_REVISIONS_MAX {
        return Err(LogError::Unavailable(format!("{count} revisions behind is too far")));
    }
    let mut history: Option<History> = None;
    let mut at = from;
    while at < to {
        let page = log.read(id, at, ReadLimit::default()).await?;
        if page.entries.is_empty() {
            return Err(LogError::Unavailable(format!("entry {} is missing", at.next())));
        }
        for entry in page.entries.iter().filter(|entry| entry.revision <= to) {
            let operation = decode(entry).map_err(LogError::Unavailable)?;
            let history = history.get_or_insert_with(|| History::new(at, entry.base_length));
            history.push(operation).map_err(|error| LogError::Unavailable(error.to_string()))?;
            at = entry.revision;
        }
    }
    let history = history.unwrap_or_else(|| History::new(from, 0));
    // Composing is most of the work, and is remembered: better here than in the document's task.
    let composed = tokio::task::spawn_blocking(move || {
        let _ = history.compose(history.start(), history.head());
        history
    });
    composed.await.map_err(|error| LogError::Unavailable(error.to_string()))
}

pub(crate) fn decode(entry: &crate::oplog::Entry) -> Result<Operation, String> {
    Operation::decode(&entry.operation, entry.base_length, &OperationLimits::REPRESENTABLE)
        .map_err(|error| error.to_string())
}
