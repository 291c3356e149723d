//! Records on disk: length, checksum, payload.

use xxhash_rust::xxh64::xxh64;

use super::{Record, ReplayError};
use crate::limits::JOURNAL_SLACK_BYTES;

const CHECKSUM_BYTES: usize = 4;

/// How far behind a broken record whole ones are looked for, and how long such a one may be. A
/// keystroke's record has a dozen bytes, so damage in the middle is found at once; the bounds keep
/// the search short where there is nothing to find.
const SEARCH_BYTES_MAX: usize = 1024 * 1024;
const SEARCH_RECORD_BYTES_MAX: usize = 4 * 1024;

/// The low four bytes of the payload's XXH64 (seed 0).
fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    (xxh64(payload, 0) as u32).to_le_bytes()
}

/// Collects framed records until they are handed to the driver. Keeps its scratch space.
#[derive(Debug, Default)]
pub(in crate::client) struct Writer {
    payload: Vec<u8>,
    framed: Vec<u8>,
    /// Length of the journal, with what was handed out. Zero as long as there is no base.
    len: u64,
    /// Length of its base, roughly.
    base_len: u64,
    /// Whether the base is of an earlier format than the records that would follow.
    is_outdated: bool,
}

impl Writer {
    /// A writer that goes on behind `len` bytes, of which about `base_len` are the base.
    pub(in crate::client) fn after(len: usize, base_len: usize, is_outdated: bool) -> Self {
        let (len, base_len) = (len as u64, base_len as u64);
        Self { len, base_len, is_outdated, ..Self::default() }
    }

    /// Adds a record. Nothing is kept of a replica whose journal has no base.
    pub(in crate::client) fn push(&mut self, record: &Record<'_>) {
        if self.len > 0 {
            self.append(record);
        }
    }

    /// Starts the journal anew; the answer is all of it.
    pub(in crate::client) fn begin(&mut self, base: &Record<'_>) -> Vec<u8> {
        (self.len, self.framed, self.is_outdated) = (0, Vec::new(), false);
        self.append(base);
        // A base is as large as a document; the scratch space is for keystrokes.
        self.payload = Vec::new();
        self.base_len = self.len;
        self.take().expect("a record was appended")
    }

    /// What was added since this was last asked.
    pub(in crate::client) fn take(&mut self) -> Option<Vec<u8>> {
        (!self.framed.is_empty()).then(|| std::mem::take(&mut self.framed))
    }

    /// Whether so much was added that a new base would be far shorter, or the base is of an earlier
    /// format.
    pub(in crate::client) fn is_to_begin_anew(&self) -> bool {
        self.is_outdated || self.len > 2 * self.base_len + JOURNAL_SLACK_BYTES
    }

    fn append(&mut self, record: &Record<'_>) {
        self.payload.clear();
        record.encode_into(&mut self.payload);
        let before = self.framed.len();
        let mut header = [0; 10];
        let length = postcard::to_slice(&(self.payload.len() as u64), &mut header)
            .expect("a varint of 64 bits has at most ten bytes");
        self.framed.reserve(length.len() + CHECKSUM_BYTES + self.payload.len());
        self.framed.extend_from_slice(length);
        self.framed.extend_from_slice(&checksum(&self.payload));
        self.framed.extend_from_slice(&self.payload);
        self.len += (self.framed.len() - before) as u64;
    }
}

/// Walks over the whole records of a journal.
pub(super) struct Reader<'a> {
    journal: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(journal: &'a [u8]) -> Self {
        Self { journal, at: 0 }
    }

    /// The next record's offset and payload, `None` at the end or where a torn tail starts.
    pub(super) fn next(&mut self) -> Result<Option<(usize, &'a [u8])>, ReplayError> {
        let (offset, rest) = (self.at, &self.journal[self.at..]);
        if rest.is_empty() {
            return Ok(None);
        }
        if let Some((payload, after)) = whole(rest) {
            self.at = self.journal.len() - after.len();
            return Ok(Some((offset, payload)));
        }
        if has_whole_record(&rest[1..]) {
            return Err(ReplayError::Damaged { offset });
        }
        Ok(None)
    }

    pub(super) fn valid_bytes(&self) -> usize {
        self.at
    }
}

/// The payload of the whole record at the start of `bytes`, and what follows it.
fn whole(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = postcard::take_from_bytes::<u64>(bytes).ok()?;
    let (sum, rest) = rest.split_at_checked(CHECKSUM_BYTES)?;
    let (payload, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    (length > 0 && checksum(payload) == sum).then_some((payload, after))
}

/// Whether a whole record starts anywhere in `bytes`, by which damage is told from a torn tail.
fn has_whole_record(bytes: &[u8]) -> bool {
    let searched = bytes.len().min(SEARCH_BYTES_MAX);
    (0..searched).any(|at| {
        let end = bytes.len().min(at + SEARCH_RECORD_BYTES_MAX);
        whole(&bytes[at..end]).is_some()
    })
}
