//! Edits that come as a whole: merged like any other, cut where they are large, committed once.

use codesync_core::document::{
    AuthorRecord, Document, Prepared, PreparedWhole, Submission, SubmitError,
};
use codesync_core::limits::{HISTORY_REVISIONS_MAX, OPERATION_BYTES_MAX};
use codesync_core::test_support::{operation, operations_in_a_row, text};
use codesync_core::{Author, ClientId, Entry, History, Operation, Revision, Seq, Text};
use proptest::prelude::*;

const TYPIST: Author = Author::new(1);
const WRITER: Author = Author::new(2);

fn register(document: &mut Document, author: Author) {
    let client = ClientId::from_bytes([author.get() as u8; 16]);
    document.register(author, AuthorRecord::new(client));
}

/// A document in which somebody has typed these operations.
fn typed(text: &str, operations: &[Operation]) -> Document {
    let mut document = Document::new(Revision::ZERO, Text::from(text));
    for (operation, n) in operations.iter().zip(1..) {
        let (revision, seq) = (Revision::new(n), Seq::new(n));
        let entry = Entry { revision, author: TYPIST, seq, operation: operation.clone() };
        document.commit(entry).expect("in a row");
    }
    register(&mut document, WRITER);
    document
}

#[track_caller]
fn entries(document: &Document, base: u64, operation: &Operation) -> Vec<Entry> {
    let prepared = document.prepare_whole(WRITER, Revision::new(base), operation, None);
    match prepared.expect("it can be committed") {
        PreparedWhole::Entries(entries) => entries,
        PreparedWhole::Duplicate { revision } => panic!("committed before, at {revision}"),
    }
}

proptest! {
    #[test]
    fn an_edit_as_a_whole_merges_as_a_submission_does(
        (text, typed_before, typed_after, whole) in text(20)
            .prop_map(|text| text.replace('\r', "\n"))
            .prop_flat_map(|text| {
                let before = operations_in_a_row(text.chars().count(), 3);
                (Just(text), before)
            })
            .prop_flat_map(|(text, before)| {
                let len = before.last().map_or(0, Operation::target_len);
                let after = operations_in_a_row(len, 3);
                (Just(text), Just(before), after, operation(len, 6))
            })
    ) {
        let base = typed_before.len() as u64;
        let all = [typed_before, typed_after].concat();
        let document = typed(&text, &all);
        let submission = Submission { seq: Seq::new(1), since: base, operation: whole.encode() };
        match document.prepare(WRITER, &submission) {
            Ok(Prepared::Entry(entry)) if entry.operation.is_identity() => {
                prop_assert_eq!(entries(&document, base, &whole), []);
            }
            Ok(Prepared::Entry(entry)) => {
                prop_assert_eq!(entries(&document, base, &whole), [entry]);
            }
            Ok(Prepared::Duplicate { .. }) => unreachable!("nothing was committed"),
            Err(error) => {
                let met = document.prepare_whole(WRITER, Revision::new(base), &whole, None);
                prop_assert_eq!(met, Err(error));
            }
        }
    }
}

#[test]
fn a_large_edit_is_cut_into_entries_that_follow_each_other() {
    let mut document = typed("ab", &[Operation::replace(2, 1..1, "typed")]);
    let pasted = "žluťoučký kůň 😀\n".repeat(20_000);
    let entries = entries(&document, 0, &Operation::replace(2, 1..2, &pasted));
    assert_eq!(entries.len(), 8);
    for (entry, n) in entries.iter().zip(1..) {
        assert_eq!((entry.revision, entry.seq), (Revision::new(1 + n), Seq::new(n)));
        assert!(entry.operation.encoded_len() <= OPERATION_BYTES_MAX);
        document.commit(entry.clone()).expect("in a row");
    }
    assert_eq!(document.text(), &format!("a{pasted}typed").as_str());
    let again = document.prepare_whole(WRITER, Revision::ZERO, &Operation::identity(2), None);
    assert_eq!(again, Ok(PreparedWhole::Duplicate { revision: document.head() }));
}

#[test]
fn what_cannot_be_committed_is_refused_with_its_reason() {
    let document = typed("ab", &[]).with_document_bytes_max(4);
    let whole = |text: &str| Operation::replace(2, 1..1, text);
    let prepare = |base, operation: &Operation| {
        document.prepare_whole(WRITER, Revision::new(base), operation, None).unwrap_err()
    };
    let (bytes, bytes_max) = (5, 4);
    assert_eq!(prepare(0, &whole("xyz")), SubmitError::DocumentTooLarge { bytes, bytes_max });
    assert_eq!(prepare(0, &whole("\r")), SubmitError::CarriageReturn);
    let (base, head) = (Revision::new(1), Revision::ZERO);
    assert_eq!(prepare(1, &whole("x")), SubmitError::FutureBase { base, head });
    let stranger = Author::new(9);
    let unknown = document.prepare_whole(stranger, head, &whole("x"), None);
    assert_eq!(unknown, Err(SubmitError::UnknownAuthor { author: stranger }));
    assert_eq!(entries(&document, 0, &whole("xy")).len(), 1);
}

#[test]
fn a_text_that_is_too_long_already_may_become_shorter() {
    let document = typed("abcdef", &[]).with_document_bytes_max(4);
    assert_eq!(entries(&document, 0, &Operation::replace(6, 0..2, "x")).len(), 1);
}

#[test]
fn an_edit_from_before_the_window_goes_over_older_entries() {
    let count = HISTORY_REVISIONS_MAX + 10;
    let typing: Vec<_> = (0..count).map(|n| Operation::replace(n, n..n, "x")).collect();
    let document = typed("", &typing);
    let start = document.window_start();
    let whole = Operation::replace(3, 3..3, "whole");
    let base = Revision::new(3);
    let too_old = document.prepare_whole(WRITER, base, &whole, None);
    assert_eq!(too_old, Err(SubmitError::BaseTooOld { base, start }));
    let mut older = History::new(Revision::ZERO, 0);
    for operation in &typing[..start.get() as usize] {
        older.push(operation.clone()).expect("in a row");
    }
    let prepared = document.prepare_whole(WRITER, base, &whole, Some(&older));
    let PreparedWhole::Entries(entries) = prepared.expect("carried") else { panic!("it is new") };
    assert_eq!(entries[0].operation, Operation::replace(count, 3..3, "whole"));
}
