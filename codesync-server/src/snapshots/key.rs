//! Names of what is kept: they are immutable, and carry the hash of the content.

use std::fmt;

use codesync_core::{DocumentId, Revision};
use sha2::{Digest, Sha256};

use crate::oplog::Epoch;

/// The name of an object that belongs to one epoch of a document.
///
/// It is built from ids, numbers and a hash only, so that no name can lead out of its folder.
pub trait Key: Clone + fmt::Debug + fmt::Display + Ord + Send + Sync + 'static {
    /// The folder of all names of this kind, from the store's root on.
    fn folder(document: DocumentId, epoch: Epoch) -> String;

    fn document(&self) -> DocumentId;

    fn epoch(&self) -> Epoch;

    /// The last part of the name.
    fn file_name(&self) -> String;

    /// Reads what [`file_name`](Self::file_name) wrote; anything else is no key.
    fn parse(document: DocumentId, epoch: Epoch, file_name: &str) -> Option<Self>;

    /// Whether this is the content that the key was made of.
    fn matches(&self, content: &[u8]) -> bool;
}

/// Name of one snapshot: `docs/{id}/{epoch}/{revision}-{sha256}`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SnapshotKey {
    pub document: DocumentId,
    pub epoch: Epoch,
    pub revision: Revision,
    hash: ContentHash,
}

impl SnapshotKey {
    /// The key of this content.
    #[must_use]
    pub fn of(document: DocumentId, epoch: Epoch, revision: Revision, content: &[u8]) -> Self {
        Self { document, epoch, revision, hash: ContentHash::of(content) }
    }
}

impl Key for SnapshotKey {
    fn folder(document: DocumentId, epoch: Epoch) -> String {
        format!("docs/{document}/{epoch}")
    }

    fn document(&self) -> DocumentId {
        self.document
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn file_name(&self) -> String {
        format!("{}-{}", self.revision, self.hash)
    }

    fn parse(document: DocumentId, epoch: Epoch, file_name: &str) -> Option<Self> {
        let (revision, hash) = file_name.split_once('-')?;
        let (revision, hash) = (parse_revision(revision)?, ContentHash::parse(hash)?);
        Some(Self { document, epoch, revision, hash })
    }

    fn matches(&self, content: &[u8]) -> bool {
        ContentHash::of(content) == self.hash
    }
}

/// Name of a piece of the log that was taken out of the database:
/// `docs/{id}/{epoch}/log/{first}-{last}-{sha256}`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SegmentKey {
    pub document: DocumentId,
    pub epoch: Epoch,
    /// The revision of the first entry in it.
    pub first: Revision,
    /// The revision of the last one.
    pub last: Revision,
    hash: ContentHash,
}

impl SegmentKey {
    /// The key of a segment that holds the entries from `first` to `last` in this form.
    #[must_use]
    pub fn of(
        document: DocumentId,
        epoch: Epoch,
        (first, last): (Revision, Revision),
        content: &[u8],
    ) -> Self {
        Self { document, epoch, first, last, hash: ContentHash::of(content) }
    }

    /// The key of the segment whose content has this SHA-256.
    #[must_use]
    pub fn of_hash(
        document: DocumentId,
        epoch: Epoch,
        (first, last): (Revision, Revision),
        hash: [u8; 32],
    ) -> Self {
        Self { document, epoch, first, last, hash: ContentHash(hash) }
    }

    /// SHA-256 of the content.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash.0
    }
}

impl Key for SegmentKey {
    fn folder(document: DocumentId, epoch: Epoch) -> String {
        format!("docs/{document}/{epoch}/log")
    }

    fn document(&self) -> DocumentId {
        self.document
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn file_name(&self) -> String {
        format!("{}-{}-{}", self.first, self.last, self.hash)
    }

    fn parse(document: DocumentId, epoch: Epoch, file_name: &str) -> Option<Self> {
        let (first, rest) = file_name.split_once('-')?;
        let (last, hash) = rest.split_once('-')?;
        let (first, last) = (parse_revision(first)?, parse_revision(last)?);
        Some(Self { document, epoch, first, last, hash: ContentHash::parse(hash)? })
    }

    fn matches(&self, content: &[u8]) -> bool {
        ContentHash::of(content) == self.hash
    }
}

impl fmt::Display for SnapshotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::folder(self.document, self.epoch), self.file_name())
    }
}

impl fmt::Display for SegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Self::folder(self.document, self.epoch), self.file_name())
    }
}

/// SHA-256 of a content, written as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct ContentHash([u8; 32]);

impl ContentHash {
    fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != hash.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Some(Self(hash))
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Two hexadecimal digits a byte, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A revision in digits only: what else `parse` takes would be a second name for the same thing.
fn parse_revision(text: &str) -> Option<Revision> {
    let revision = Revision::new(text.parse().ok()?);
    (revision.to_string() == text).then_some(revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: DocumentId = DocumentId::from_bytes([7; 16]);

    #[test]
    fn a_key_reads_back_what_it_writes() {
        let key = SnapshotKey::of(DOCUMENT, Epoch::FIRST, Revision::new(12), b"text");
        assert_eq!(SnapshotKey::parse(DOCUMENT, Epoch::FIRST, &key.file_name()), Some(key.clone()));
        assert!(key.matches(b"text") && !key.matches(b"next"));

        let range = (Revision::new(1), Revision::new(4096));
        let key = SegmentKey::of(DOCUMENT, Epoch::FIRST, range, b"entries");
        assert_eq!(SegmentKey::parse(DOCUMENT, Epoch::FIRST, &key.file_name()), Some(key.clone()));
        assert!(key.matches(b"entries") && !key.matches(b"entrees"));
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
            "log".to_owned(),
            format!("+12-{hash}"),
            format!("012-{hash}"),
            format!("12-{upper}"),
            format!("12-{hash}a"),
            format!("12-{hash}aa"),
            format!("../12-{hash}"),
            format!("log/12-{hash}"),
            format!("99999999999999999999-{hash}"),
            format!(".12-{hash}.new"),
        ];
        for name in names {
            assert_eq!(SnapshotKey::parse(DOCUMENT, Epoch::FIRST, &name), None, "{name}");
            let name = format!("1-{name}");
            assert_eq!(SegmentKey::parse(DOCUMENT, Epoch::FIRST, &name), None, "{name}");
        }
    }
}
