//! Snapshots: the text of a document at a revision, so that loading need not read the whole log.
//!
//! A snapshot never is the only copy of anything: the log is the truth, and a snapshot that is
//! missing or damaged costs time, not text. Keys are immutable and carry the hash of the content.
//! [`files`] is the real store, [`memory`] its twin; one conformance suite runs on both.

pub mod files;
pub mod memory;

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::{DocumentId, Revision};
use sha2::{Digest, Sha256};

use crate::oplog::Epoch;

/// Name of one snapshot: `docs/{id}/{epoch}/{revision}-{sha256}`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SnapshotKey {
    pub document: DocumentId,
    pub epoch: Epoch,
    pub revision: Revision,
    /// SHA-256 of the content, as 64 hexadecimal digits.
    sha256: String,
}

/// A snapshot cannot be kept or given.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("there is no snapshot {key}")]
    NotFound { key: SnapshotKey },
    /// What lies under the key is not what was put there.
    #[error("the snapshot {key} is damaged")]
    Damaged { key: SnapshotKey },
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

/// Keeps snapshots.
#[async_trait]
pub trait SnapshotStore: Send + Sync + 'static {
    /// Keeps the content durably; doing so again changes nothing.
    async fn put(&self, key: &SnapshotKey, content: Bytes) -> Result<(), SnapshotError>;

    /// The content, after comparing its hash with the key.
    async fn get(&self, key: &SnapshotKey) -> Result<Bytes, SnapshotError>;

    /// What is kept for a document in an epoch, the newest revision first.
    async fn list(
        &self,
        document: DocumentId,
        epoch: Epoch,
    ) -> Result<Vec<SnapshotKey>, SnapshotError>;

    /// Forgets a snapshot; one that is not there is forgotten already.
    async fn delete(&self, key: &SnapshotKey) -> Result<(), SnapshotError>;
}

impl SnapshotKey {
    /// The key of this content.
    #[must_use]
    pub fn of(document: DocumentId, epoch: Epoch, revision: Revision, content: &[u8]) -> Self {
        Self { document, epoch, revision, sha256: hex(&Sha256::digest(content)) }
    }

    /// Whether this is the content that the key was made of.
    #[must_use]
    pub fn matches(&self, content: &[u8]) -> bool {
        hex(&Sha256::digest(content)) == self.sha256
    }

    /// The folder of a document's epoch, from the store's root on.
    #[must_use]
    pub fn folder(document: DocumentId, epoch: Epoch) -> String {
        format!("docs/{document}/{epoch}")
    }

    /// The last part of the key.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}", self.revision, self.sha256)
    }

    /// Reads what [`file_name`](Self::file_name) wrote; anything else is no key.
    #[must_use]
    pub fn parse(document: DocumentId, epoch: Epoch, file_name: &str) -> Option<Self> {
        let (revision, sha256) = file_name.split_once('-')?;
        let digits = |text: &str, digit: fn(&u8) -> bool| text.bytes().all(|byte| digit(&byte));
        let is_hash =
            sha256.len() == 64 && digits(sha256, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hash || !digits(revision, u8::is_ascii_digit) {
            return None;
        }
        let revision = Revision::new(revision.parse().ok()?);
        Some(Self { document, epoch, revision, sha256: sha256.to_owned() })
    }
}

impl std::fmt::Display for SnapshotKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Self::folder(self.document, self.epoch), self.file_name())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: DocumentId = DocumentId::from_bytes([7; 16]);

    #[test]
    fn a_key_reads_back_what_it_writes() {
        let key = SnapshotKey::of(DOCUMENT, Epoch::FIRST, Revision::new(12), b"text");
        assert_eq!(SnapshotKey::parse(DOCUMENT, Epoch::FIRST, &key.file_name()), Some(key.clone()));
        assert!(key.matches(b"text"));
        assert!(!key.matches(b"next"));
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let key = SnapshotKey::of(DOCUMENT, Epoch::FIRST, Revision::ZERO, b"abc");
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(key.file_name(), format!("0-{hash}"));
    }

    #[test]
    fn nothing_but_a_key_is_taken_for_one() {
        let hash = "a".repeat(64);
        let upper = "A".repeat(64);
        let names = [
            String::new(),
            "12".to_owned(),
            format!("+12-{hash}"),
            format!("12-{upper}"),
            format!("12-{hash}a"),
            format!("../12-{hash}"),
            format!("99999999999999999999-{hash}"),
            format!(".12-{hash}.new"),
        ];
        for name in names {
            assert_eq!(SnapshotKey::parse(DOCUMENT, Epoch::FIRST, &name), None, "{name}");
        }
    }
}
