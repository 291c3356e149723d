//! A stretch of a document's log as one small object, for entries that are read seldom.
//!
//! What a row of a table spends a hundred bytes on is, for most keystrokes, one char at the place
//! where the one before ended. A segment therefore keeps its entries in columns, each holding only
//! what cannot be told from the entries before, and each compressed by itself.
//!
//! ```text
//!   segment  magic "csl1", then in postcard's wire format:
//!            first revision · base length of the first entry · its time · columns
//!   column   length before compression · bytes (raw DEFLATE, RFC 1951)
//! ```
//!
//! | column | holds, for the entries in order |
//! |---|---|
//! | authors | runs: how many entries, whose |
//! | seqs | runs: how many, seq less what was expected: one more than the author's last, or zero |
//! | times | milliseconds since the entry before |
//! | shapes | a byte for each component: 0 retain, 1 insert, 2 delete; then 3 |
//! | places | length of the first retain, or zero, less the place where the author's last entry ended |
//! | lengths | of the other components, from left to right: chars, or bytes of inserted text |
//! | text | all inserted text |
//!
//! Revisions count up by one, and the base length of an entry is the target length of the one
//! before: neither is stored. Decoding believes nothing: each entry is checked as if it came from
//! outside, and memory is bounded before anything is unpacked.

mod columns;

use codesync_core::{Author, Operation, OperationDecodeError, OperationLimits, Revision, Seq};
use serde::{Deserialize, Serialize};

use crate::oplog::{Entry, Recorded};
use columns::{Columns, Packed};

/// Entries in one segment.
pub const ENTRIES_MAX: usize = 1 << 16;
/// Bytes of encoded operations in one segment; a single one is far smaller.
pub const OPERATION_BYTES_MAX: usize = 4 * 1024 * 1024;

const MAGIC: [u8; 4] = *b"csl1";

/// Entries that cannot be a segment, or bytes that are none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SegmentError {
    #[error("a segment has 1 to {ENTRIES_MAX} entries, not {count}")]
    Count { count: usize },
    #[error("a segment holds up to {OPERATION_BYTES_MAX} bytes of operations, not {bytes}")]
    TooLarge { bytes: usize },
    #[error("expected the entry of revision {expected}, met that of {met}")]
    Gap { expected: Revision, met: Revision },
    #[error("entry {revision} is made for a text of {met} chars after one of {expected}")]
    Length { revision: Revision, expected: usize, met: usize },
    #[error("the operation of entry {revision} is malformed")]
    Operation { revision: Revision, source: OperationDecodeError },
    #[error("entry {revision} is malformed: its {what}")]
    Entry { revision: Revision, what: &'static str },
    #[error("these bytes are no segment of this version")]
    Magic,
    #[error("the {what} of the segment cannot be read")]
    Malformed { what: &'static str },
}

#[derive(Deserialize, Serialize)]
struct Head {
    first: u64,
    base_length: u32,
    committed_at: i64,
}

/// The entries as bytes. They must follow each other without a gap.
pub fn encode(entries: &[Recorded]) -> Result<Vec<u8>, SegmentError> {
    let first = match entries {
        [first, ..] if entries.len() <= ENTRIES_MAX => first,
        _ => return Err(SegmentError::Count { count: entries.len() }),
    };
    let bytes: usize = entries.iter().map(|it| it.entry.operation.len()).sum();
    if bytes > OPERATION_BYTES_MAX {
        return Err(SegmentError::TooLarge { bytes });
    }
    let mut columns = Columns::default();
    let mut length = first.entry.base_length;
    for (Recorded { entry, committed_at }, revision) in entries.iter().zip(first.revision().get()..)
    {
        let (expected, met) = (Revision::new(revision), entry.revision);
        if met != expected {
            return Err(SegmentError::Gap { expected, met });
        }
        if entry.base_length != length {
            let (expected, met) = (length, entry.base_length);
            return Err(SegmentError::Length { revision: entry.revision, expected, met });
        }
        let operation = operation(entry)?;
        length = operation.target_len();
        columns.push(entry, &operation, *committed_at);
    }
    let unrepresentable = |_| SegmentError::Entry { revision: first.revision(), what: "length" };
    let head = Head {
        first: first.revision().get(),
        base_length: u32::try_from(first.entry.base_length).map_err(unrepresentable)?,
        committed_at: first.committed_at,
    };
    let packed = (head, columns.pack());
    Ok(postcard::to_extend(&packed, MAGIC.to_vec()).expect("writing to memory cannot fail"))
}

/// The entries of a segment.
pub fn decode(bytes: &[u8]) -> Result<Vec<Recorded>, SegmentError> {
    let bytes = bytes.strip_prefix(&MAGIC).ok_or(SegmentError::Magic)?;
    let ((head, packed), rest): ((Head, Packed<'_>), _) =
        postcard::take_from_bytes(bytes).map_err(|_| SegmentError::Malformed { what: "frame" })?;
    if !rest.is_empty() {
        return Err(SegmentError::Malformed { what: "end" });
    }
    let mut columns = packed.unpack()?.read();
    let mut entries = Vec::new();
    let mut length = head.base_length as usize;
    let mut committed_at = head.committed_at;
    for revision in head.first.. {
        let revision = Revision::new(revision);
        let malformed = |what| SegmentError::Entry { revision, what };
        let Some(author) = columns.author() else { break };
        if entries.len() == ENTRIES_MAX {
            return Err(SegmentError::Count { count: ENTRIES_MAX + 1 });
        }
        let author = Author::new(author);
        let seq = columns.seq(author).ok_or(malformed("seq"))?;
        committed_at = columns.time(committed_at).ok_or(malformed("time"))?;
        let operation = columns.operation(author, length).ok_or(malformed("operation"))?;
        let base_length = length;
        length = operation.target_len();
        let operation = operation.encode().into();
        let entry = Entry { revision, author, seq: Seq::new(seq), operation, base_length };
        entries.push(Recorded { entry, committed_at });
    }
    if entries.is_empty() {
        return Err(SegmentError::Count { count: 0 });
    }
    if !columns.is_empty() {
        return Err(SegmentError::Malformed { what: "end of a column" });
    }
    Ok(entries)
}

fn operation(entry: &Entry) -> Result<Operation, SegmentError> {
    Operation::decode(&entry.operation, entry.base_length, &OperationLimits::REPRESENTABLE)
        .map_err(|source| SegmentError::Operation { revision: entry.revision, source })
}

#[cfg(test)]
mod tests {
    use codesync_core::test_support::operations_in_a_row;
    use proptest::prelude::*;

    use super::*;

    /// Entries of these operations, by several people who type in turns.
    fn recorded(operations: &[Operation], turns: &[(u32, u64, i64)]) -> Vec<Recorded> {
        let (mut seqs, mut at) = ([5_u64, 0, 1 << 40], 1_700_000_000_000);
        let turns = turns.iter().cycle();
        let entry = |((operation, revision), (author, skip, pause)): (
            (&Operation, u64),
            &(u32, u64, i64),
        )| {
            let seq = &mut seqs[*author as usize];
            *seq += 1 + skip;
            at += pause;
            let entry = Entry {
                revision: Revision::new(revision),
                author: Author::new(*author),
                seq: Seq::new(*seq),
                operation: operation.encode().into(),
                base_length: operation.base_len(),
            };
            Recorded { entry, committed_at: at }
        };
        operations.iter().zip(77..).zip(turns).map(entry).collect()
    }

    fn typing() -> Vec<Recorded> {
        let operations = [
            Operation::replace(3, 3..3, "h"),
            Operation::replace(4, 4..4, "é"),
            Operation::replace(5, 0..0, "x"),
            Operation::replace(6, 5..6, ""),
            Operation::builder()
                .delete(1)
                .retain(1)
                .insert("ab")
                .delete(2)
                .finish_at(5)
                .expect("5"),
            Operation::identity(4),
        ];
        recorded(&operations, &[(0, 0, 120), (0, 0, 95), (1, 0, 3), (0, 0, 0), (2, 4, -7)])
    }

    proptest! {
        #[test]
        fn a_segment_gives_back_what_went_in(
            operations in operations_in_a_row(9, 12),
            turns in prop::collection::vec((0..3_u32, 0..3_u64, -50..5_000_i64), 1..8),
        ) {
            let entries = recorded(&operations, &turns);
            let bytes = encode(&entries).expect("entries in a row");
            prop_assert_eq!(decode(&bytes), Ok(entries));
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(
            at in any::<prop::sample::Index>(), flip in 1..=255_u8, cut in any::<prop::sample::Index>()
        ) {
            let mut bytes = encode(&typing()).expect("entries in a row");
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let _ = decode(&bytes);
            bytes.push(0);
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn segments_of_this_version_are_read_for_ever() {
        let golden = include_str!("../../tests/golden/segment.hex");
        let digits: Vec<u8> = golden.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| {
            u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal")
        };
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        assert_eq!(decode(&bytes), Ok(typing()));
    }

    #[test]
    fn entries_that_do_not_follow_each_other_are_refused() {
        assert_eq!(encode(&[]), Err(SegmentError::Count { count: 0 }));
        let mut entries = typing();
        entries.remove(2);
        let (expected, met) = (Revision::new(79), Revision::new(80));
        assert_eq!(encode(&entries), Err(SegmentError::Gap { expected, met }));
        let mut entries = typing();
        entries[1].entry.base_length = 9;
        let (revision, expected, met) = (Revision::new(78), 4, 9);
        assert_eq!(encode(&entries), Err(SegmentError::Length { revision, expected, met }));
        let mut entries = typing();
        entries[0].entry.operation = bytes::Bytes::from_static(&[0xff]);
        assert!(matches!(encode(&entries), Err(SegmentError::Operation { .. })));
    }

    #[test]
    fn what_is_no_segment_is_refused() {
        assert_eq!(decode(b""), Err(SegmentError::Magic));
        assert_eq!(decode(b"csl2"), Err(SegmentError::Magic));
        assert_eq!(decode(b"csl1"), Err(SegmentError::Malformed { what: "frame" }));
        let mut bytes = encode(&typing()).expect("entries in a row");
        bytes.push(0);
        assert_eq!(decode(&bytes), Err(SegmentError::Malformed { what: "end" }));
    }

    #[test]
    fn a_column_that_unpacks_without_end_is_not_unpacked() {
        let columns = Columns::default();
        let mut packed = columns.pack();
        packed.inflate_first(u32::MAX);
        let head = Head { first: 1, base_length: 0, committed_at: 0 };
        let bytes = postcard::to_extend(&(head, packed), MAGIC.to_vec()).expect("memory");
        assert_eq!(decode(&bytes), Err(SegmentError::Malformed { what: "authors" }));
    }
}
