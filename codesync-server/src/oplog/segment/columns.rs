//! The columns of a segment: filled entry by entry, packed, unpacked, and read again.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use codesync_core::{Author, Component, Operation};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{ENTRIES_MAX, OPERATION_BYTES_MAX, SegmentError};
use crate::oplog::Entry;

/// Bytes of one column before compression: no number takes more than ten, and no column says more
/// of an operation than its own encoding does.
const COLUMN_BYTES_MAX: usize = OPERATION_BYTES_MAX + 16 * ENTRIES_MAX;

const RETAIN: u8 = 0;
const INSERT: u8 = 1;
const DELETE: u8 = 2;
const END: u8 = 3;

/// What the entries are, column by column.
#[derive(Debug, Default)]
pub(super) struct Columns {
    authors: Vec<(u32, u32)>,
    seqs: Vec<(u32, i64)>,
    times: Vec<i64>,
    shapes: Vec<u8>,
    places: Vec<i64>,
    lengths: Vec<u32>,
    text: String,
    /// Seq and place of the last entry of each author.
    last: BTreeMap<Author, Last>,
    committed_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    seq: u64,
    place: i64,
}

/// The columns as they are stored.
#[derive(Deserialize, Serialize)]
pub(super) struct Packed<'a> {
    #[serde(borrow)]
    columns: [PackedColumn<'a>; COLUMNS],
}

const COLUMNS: usize = 7;

#[derive(Deserialize, Serialize)]
struct PackedColumn<'a> {
    length: u32,
    #[serde(borrow)]
    bytes: std::borrow::Cow<'a, [u8]>,
}

impl Columns {
    pub(super) fn push(&mut self, entry: &Entry, operation: &Operation, committed_at: i64) {
        let last = self.last.entry(entry.author).or_default();
        let expected = if last.seq == 0 { 0 } else { last.seq + 1 };
        count(&mut self.authors, entry.author.get());
        count(&mut self.seqs, entry.seq.get().wrapping_sub(expected).cast_signed());
        let before = self.committed_at.replace(committed_at).unwrap_or(committed_at);
        self.times.push(committed_at.wrapping_sub(before));
        let mut components = operation.components().peekable();
        let mut place = 0;
        if let Some(Component::Retain(chars)) = components.peek() {
            place = *chars as i64;
            self.shapes.push(RETAIN);
            components.next();
        }
        self.places.push(place - last.place);
        for component in components {
            let (kind, length) = match component {
                Component::Retain(chars) => (RETAIN, chars),
                Component::Delete(chars) => (DELETE, chars),
                Component::Insert(text) => (INSERT, text.len()),
            };
            self.shapes.push(kind);
            // Lengths of operations stay below 2³².
            self.lengths.push(length as u32);
            place += match component {
                Component::Retain(chars) => chars as i64,
                Component::Insert(text) => text.chars().count() as i64,
                Component::Delete(_) => 0,
            };
        }
        self.shapes.push(END);
        self.text.push_str(operation.inserted_text());
        *last = Last { seq: entry.seq.get(), place };
    }

    pub(super) fn pack(&self) -> Packed<'static> {
        Packed {
            columns: [
                pack(&self.authors),
                pack(&self.seqs),
                pack(&self.times),
                pack(&self.shapes),
                pack(&self.places),
                pack(&self.lengths),
                pack(&self.text),
            ],
        }
    }

    pub(super) fn read(self) -> Reader {
        Reader {
            authors: runs(self.authors),
            seqs: runs(self.seqs),
            times: self.times.into_iter(),
            shapes: self.shapes.into_iter(),
            places: self.places.into_iter(),
            lengths: self.lengths.into_iter(),
            text: self.text,
            at: 0,
            last: BTreeMap::new(),
        }
    }
}

impl Packed<'_> {
    /// Lets the first column claim another length.
    #[cfg(test)]
    pub(super) fn inflate_first(&mut self, length: u32) {
        self.columns[0].length = length;
    }

    pub(super) fn unpack(&self) -> Result<Columns, SegmentError> {
        let [authors, seqs, times, shapes, places, lengths, text] = &self.columns;
        Ok(Columns {
            authors: authors.unpack("authors")?,
            seqs: seqs.unpack("seqs")?,
            times: times.unpack("times")?,
            shapes: shapes.unpack("shapes")?,
            places: places.unpack("places")?,
            lengths: lengths.unpack("lengths")?,
            text: text.unpack("text")?,
            ..Columns::default()
        })
    }
}

fn pack<T: Serialize + ?Sized>(column: &T) -> PackedColumn<'static> {
    const CLAIM: &str = "writing to memory cannot fail";
    let bytes = postcard::to_extend(column, Vec::new()).expect(CLAIM);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes).expect(CLAIM);
    let packed = encoder.finish().expect(CLAIM);
    // A column is far below 2³² bytes: a segment's entries are bounded.
    PackedColumn { length: bytes.len() as u32, bytes: packed.into() }
}

impl PackedColumn<'_> {
    fn unpack<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, SegmentError> {
        let malformed = || SegmentError::Malformed { what };
        let length = self.length as usize;
        if length > COLUMN_BYTES_MAX {
            return Err(malformed());
        }
        let mut bytes = Vec::with_capacity(length);
        // One byte more than there may be tells that there is more.
        let mut decoder = DeflateDecoder::new(&*self.bytes).take(u64::from(self.length) + 1);
        decoder.read_to_end(&mut bytes).map_err(|_| malformed())?;
        if bytes.len() != length {
            return Err(malformed());
        }
        let (column, rest) = postcard::take_from_bytes(&bytes).map_err(|_| malformed())?;
        if rest.is_empty() { Ok(column) } else { Err(malformed()) }
    }
}

/// Adds one to the last run, or begins another.
fn count<T: PartialEq>(runs: &mut Vec<(u32, T)>, value: T) {
    match runs.last_mut() {
        Some((count, last)) if *last == value => *count += 1,
        _ => runs.push((1, value)),
    }
}

/// The values of the runs one by one.
fn runs<T: Copy>(runs: Vec<(u32, T)>) -> Values<T> {
    Values { runs: runs.into_iter(), left: 0, value: None }
}

struct Values<T> {
    runs: std::vec::IntoIter<(u32, T)>,
    left: u32,
    value: Option<T>,
}

impl<T: Copy> Iterator for Values<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        while self.left == 0 {
            let (count, value) = self.runs.next()?;
            (self.left, self.value) = (count, Some(value));
        }
        self.left -= 1;
        self.value
    }
}

/// Takes entries out of the columns again. `None` where there is none, or none that can be.
pub(super) struct Reader {
    authors: Values<u32>,
    seqs: Values<i64>,
    times: std::vec::IntoIter<i64>,
    shapes: std::vec::IntoIter<u8>,
    places: std::vec::IntoIter<i64>,
    lengths: std::vec::IntoIter<u32>,
    text: String,
    /// Bytes of the text that were taken.
    at: usize,
    last: BTreeMap<Author, Last>,
}

impl Reader {
    pub(super) fn author(&mut self) -> Option<u32> {
        self.authors.next()
    }

    pub(super) fn seq(&mut self, author: Author) -> Option<u64> {
        let last = self.last.entry(author).or_default();
        let expected = if last.seq == 0 { 0 } else { last.seq.checked_add(1)? };
        last.seq = expected.checked_add_signed(self.seqs.next()?)?;
        (last.seq > 0).then_some(last.seq)
    }

    pub(super) fn time(&mut self, before: i64) -> Option<i64> {
        before.checked_add(self.times.next()?)
    }

    /// An operation over a text of `base_len` chars, in normal form as it was written.
    pub(super) fn operation(&mut self, author: Author, base_len: usize) -> Option<Operation> {
        let last = self.last.entry(author).or_default();
        let first = usize::try_from(last.place.checked_add(self.places.next()?)?).ok()?;
        let mut operation = Operation::builder();
        let (mut base, mut target, mut components) = (0_usize, 0_usize, 0);
        // The builder takes lengths below 2³² only.
        let within = |length: &usize| *length <= u32::MAX as usize;
        loop {
            let kind = self.shapes.next()?;
            if components == 0 && kind != RETAIN && first != 0 {
                return None;
            }
            let length = match kind {
                END => break,
                RETAIN if components == 0 => first,
                _ => self.lengths.next()? as usize,
            };
            if matches!(kind, RETAIN | DELETE) {
                base = base.checked_add(length).filter(|base| *base <= base_len)?;
            }
            match kind {
                RETAIN => {
                    target = target.checked_add(length).filter(within)?;
                    operation.push_retain(length);
                }
                DELETE => operation.push_delete(length),
                INSERT => {
                    let end = self.at.checked_add(length)?;
                    let text = self.text.get(self.at..end)?;
                    self.at = end;
                    target = target.checked_add(text.chars().count()).filter(within)?;
                    operation.push_insert(text);
                }
                _ => return None,
            }
            components += 1;
        }
        target.checked_add(base_len - base).filter(within)?;
        last.place = target as i64;
        let operation = operation.finish_at(base_len).ok()?;
        (operation.component_count() == components).then_some(operation)
    }

    /// Whether everything was taken.
    pub(super) fn is_empty(&mut self) -> bool {
        self.authors.next().is_none()
            && self.seqs.next().is_none()
            && self.times.len() == 0
            && self.shapes.len() == 0
            && self.places.len() == 0
            && self.lengths.len() == 0
            && self.at == self.text.len()
    }
}
