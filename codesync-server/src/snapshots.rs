//! What is kept beside the log: snapshots, so that loading need not read the whole log, and the
//! oldest pieces of the log itself.
//!
//! A snapshot never is the only copy of anything: the log is the truth, and a snapshot that is
//! missing or damaged costs time, not text. Keys are immutable and carry the hash of the content,
//! so that damage is noticed and keeping something twice changes nothing. [`files`] and [`s3`] are
//! the real stores, [`memory`] their twin; one conformance suite runs on all.

pub mod files;
pub mod memory;
#[cfg(feature = "cloud")]
pub mod s3;

mod key;

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::DocumentId;

use crate::oplog::Epoch;

pub(crate) use self::key::hex;
pub use self::key::{Key, SegmentKey, SnapshotKey};

/// Something cannot be kept or given.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("there is no {key}")]
    NotFound { key: String },
    /// What lies under the key is not what was put there.
    #[error("{key} is damaged")]
    Damaged { key: String },
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// `name` is a key, or the folder that was to be listed.
    #[error("cannot use {name} in the bucket {bucket}: {detail}")]
    Bucket { bucket: String, name: String, detail: String },
}

/// Keeps objects with keys of one kind.
#[async_trait]
pub trait Objects<K: Key>: Send + Sync + 'static {
    /// Keeps the content durably; doing so again changes nothing.
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError>;

    /// The content, after comparing its hash with the key.
    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError>;

    /// What is kept for a document in an epoch, the newest revision first.
    async fn list(&self, document: DocumentId, epoch: Epoch) -> Result<Vec<K>, SnapshotError>;

    /// Forgets an object; one that is not there is forgotten already.
    async fn delete(&self, key: &K) -> Result<(), SnapshotError>;
}

/// Keeps snapshots, and segments of the log.
pub trait SnapshotStore: Objects<SnapshotKey> + Objects<SegmentKey> {}

impl<S: Objects<SnapshotKey> + Objects<SegmentKey>> SnapshotStore for S {}
