//! A text that comes as a whole, as the first entries of a log.

use bytes::Bytes;
use codesync_core::limits::OPERATION_BYTES_MAX;
use codesync_core::{Author, Operation, Revision, Seq};

use crate::oplog::Entry;

/// The server itself, who writes only what was imported; clients are numbered from one.
const NOBODY: Author = Author::ZERO;
/// Bytes of text in one entry: an operation's encoding adds a few.
const PART_BYTES_MAX: usize = OPERATION_BYTES_MAX - 64;

/// The entries that lead from the empty document to `text`, none of them larger than an edit.
#[must_use]
pub fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (mut rest, mut length) = (text, 0);
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(PART_BYTES_MAX));
        let number = entries.len() as u64 + 1;
        entries.push(Entry {
            revision: Revision::new(number),
            author: NOBODY,
            seq: Seq::new(number),
            operation: Bytes::from(Operation::replace(length, length..length, part).encode()),
            base_length: length,
        });
        length += part.chars().count();
        rest = after;
    }
    entries
}

#[cfg(test)]
mod tests {
    use codesync_core::{OperationLimits, Text};

    use super::*;

    #[track_caller]
    fn check(text: &str, entries_expected: usize) {
        let entries = entries(text);
        assert_eq!(entries.len(), entries_expected);
        let mut met = Text::new();
        for entry in &entries {
            assert_eq!(entry.base_length, met.len());
            assert!(entry.operation.len() <= OPERATION_BYTES_MAX);
            let limits = OperationLimits::REPRESENTABLE;
            let operation = Operation::decode(&entry.operation, entry.base_length, &limits);
            met.apply(&operation.expect("an operation")).expect("it fits");
        }
        assert_eq!(met.to_string(), text);
    }

    #[test]
    fn an_imported_text_comes_back_from_its_entries() {
        check("", 0);
        check("a", 1);
        check(&"x".repeat(PART_BYTES_MAX), 1);
        check(&"x".repeat(PART_BYTES_MAX + 1), 2);
        check(&"€uro 🎉\n".repeat(20_000), 4);
    }
}
