//! The authority: what is committed, what is refused, and what a client is told that was away.

use codesync_core::document::{
    AuthorRecord, Batch, CatchUp, CatchUpError, CommitError, Document, EntryDecodeError, Prepared,
    PushError, Submission, SubmitError,
};
use codesync_core::limits::{
    BATCH_ENTRIES_MAX, CATCH_UP_BYTES_MAX, CHECKPOINT_REVISIONS, HISTORY_REVISIONS_MAX,
    OPERATION_BYTES_MAX, OPERATION_COMPONENTS_MAX,
};
use codesync_core::protocol::RejectCode;
use codesync_core::{
    Author, Bias, ClientId, Entry, History, Operation, OperationDecodeError, Revision, Seq, Text,
    TextHash,
};
use proptest::prelude::*;

const ANA: Author = Author::new(1);
const BO: Author = Author::new(2);

fn rev(n: u64) -> Revision {
    Revision::new(n)
}

fn document(text: &str) -> Document {
    let mut document = Document::new(Revision::ZERO, Text::from(text));
    for author in [ANA, BO] {
        let client = ClientId::from_bytes([author.get() as u8; 16]);
        document.register(author, AuthorRecord::new(client));
    }
    document
}

fn submission(seq: u64, since: u64, operation: &Operation) -> Submission {
    Submission { seq: Seq::new(seq), since, operation: operation.encode() }
}

/// Inserts `text` at `offset` of a text of `len` chars.
fn insert(seq: u64, since: u64, len: usize, offset: usize, text: &str) -> Submission {
    submission(seq, since, &Operation::replace(len, offset..offset, text))
}

#[track_caller]
fn commit(document: &mut Document, author: Author, submission: &Submission) -> Entry {
    match document.prepare(author, submission).unwrap() {
        Prepared::Entry(entry) => {
            document.commit(entry.clone()).unwrap();
            entry
        }
        Prepared::Duplicate { revision } => panic!("committed before, at {revision}"),
    }
}

#[track_caller]
fn refused(document: &Document, author: Author, submission: &Submission) -> SubmitError {
    document.prepare(author, submission).unwrap_err()
}

#[test]
fn later_words_stand_left_of_earlier_ones_at_one_place() {
    let mut document = document("ab");
    commit(&mut document, ANA, &insert(1, 0, 2, 1, "early"));
    commit(&mut document, BO, &insert(1, 0, 2, 1, "late"));
    assert_eq!(document.text(), &"alateearlyb");
}

#[test]
fn a_resent_submission_is_committed_once() {
    let mut document = document("");
    let first = insert(1, 0, 0, 0, "a");
    commit(&mut document, ANA, &first);
    commit(&mut document, BO, &insert(1, 0, 0, 0, "b"));
    assert_eq!(document.prepare(ANA, &first), Ok(Prepared::Duplicate { revision: rev(1) }));
    assert_eq!(document.text(), &"ba");
}

#[test]
fn submissions_of_one_author_come_in_order() {
    let mut document = document("");
    commit(&mut document, ANA, &insert(1, 0, 0, 0, "a"));
    commit(&mut document, ANA, &insert(2, 0, 1, 1, "b"));
    let (seq, last_seq) = (Seq::new(1), Seq::new(2));
    assert_eq!(
        refused(&document, ANA, &insert(1, 0, 0, 0, "a")),
        SubmitError::StaleSeq { seq, last_seq }
    );
    let seq = Seq::new(4);
    assert_eq!(
        refused(&document, ANA, &insert(4, 0, 2, 0, "d")),
        SubmitError::SeqGap { seq, last_seq }
    );
    let error = refused(&document, BO, &insert(0, 0, 0, 0, "a"));
    assert_eq!(error, SubmitError::StaleSeq { seq: Seq::ZERO, last_seq: Seq::ZERO });
    let author = Author::new(9);
    assert_eq!(
        refused(&document, author, &insert(1, 0, 2, 0, "x")),
        SubmitError::UnknownAuthor { author }
    );
}

#[test]
fn a_base_counts_from_the_authors_last_commit() {
    let mut document = document("");
    commit(&mut document, ANA, &insert(1, 0, 0, 0, "a")); // 1
    commit(&mut document, BO, &insert(1, 1, 1, 1, "b")); // 2: "ab"
    commit(&mut document, ANA, &insert(2, 1, 2, 2, "c")); // 3: "abc"
    commit(&mut document, ANA, &insert(3, 0, 3, 3, "d")); // 4: "abcd"
    assert_eq!(document.text(), &"abcd");
    let error = refused(&document, BO, &insert(2, 3, 4, 4, "x"));
    assert_eq!(error, SubmitError::FutureBase { base: rev(5), head: rev(4) });
    let error = refused(&document, BO, &insert(2, u64::MAX, 4, 4, "x"));
    assert_eq!(error, SubmitError::FutureBase { base: rev(u64::MAX), head: rev(4) });
}

#[test]
fn what_has_no_effect_any_more_is_committed_all_the_same() {
    let mut document = document("abc");
    let deletion = Operation::replace(3, 0..3, "");
    commit(&mut document, ANA, &submission(1, 0, &deletion));
    let entry = commit(&mut document, BO, &submission(1, 0, &deletion));
    assert!(entry.operation.is_identity());
    assert_eq!((document.head(), document.text().len()), (rev(2), 0));
}

#[test]
fn operations_are_taken_up_to_their_bounds() {
    let document = document("");
    let head_bytes = 3;
    let longest = "x".repeat(OPERATION_BYTES_MAX - head_bytes);
    assert!(document.prepare(ANA, &insert(1, 0, 0, 0, &longest)).is_ok());
    let error = refused(&document, ANA, &insert(1, 0, 0, 0, &format!("{longest}y")));
    let bytes_max = OPERATION_BYTES_MAX;
    assert_eq!(error, SubmitError::OperationTooLarge { bytes: bytes_max + 1, bytes_max });

    let text = "ab".repeat(OPERATION_COMPONENTS_MAX);
    let spread = |components: usize| {
        let mut operation = Operation::builder();
        for component in 0..components {
            if component % 2 == 0 { operation.push_delete(1) } else { operation.push_retain(1) }
        }
        submission(1, 0, &operation.finish_at(text.len()).unwrap())
    };
    let document = self::document(&text);
    assert!(document.prepare(ANA, &spread(OPERATION_COMPONENTS_MAX - 1)).is_ok());
    let components_max = OPERATION_COMPONENTS_MAX;
    let error = OperationDecodeError::TooManyComponents { components_max };
    assert_eq!(refused(&document, ANA, &spread(components_max + 1)), SubmitError::Malformed(error));
}

#[test]
fn a_document_grows_to_its_bound_and_can_always_shrink() {
    let mut document = document("éé").with_document_bytes_max(6);
    let grown = insert(1, 0, 2, 0, "éx");
    let error = SubmitError::DocumentTooLarge { bytes: 7, bytes_max: 6 };
    assert_eq!(refused(&document, ANA, &grown), error);
    let replaced = submission(1, 0, &Operation::replace(2, 0..1, "abcd"));
    commit(&mut document, ANA, &replaced);
    assert_eq!(document.text(), &"abcdé");
    let mut document = document.with_document_bytes_max(3);
    commit(&mut document, ANA, &submission(2, 0, &Operation::replace(5, 0..2, "z")));
    assert_eq!(document.text(), &"zcdé");
    let error = SubmitError::DocumentTooLarge { bytes: 6, bytes_max: 3 };
    let same_length = submission(3, 0, &Operation::replace(4, 0..1, "é"));
    assert_eq!(refused(&document, ANA, &same_length), error);
}

#[test]
fn carriage_returns_and_what_does_not_fit_are_refused() {
    let document = document("abc");
    assert_eq!(refused(&document, ANA, &insert(1, 0, 3, 0, "a\r\n")), SubmitError::CarriageReturn);
    let error = refused(&document, ANA, &insert(1, 0, 9, 9, "x"));
    assert_eq!(
        error,
        SubmitError::Malformed(OperationDecodeError::PastBase { reached: 9, base_len: 3 })
    );
    assert_eq!(error.code(), RejectCode::MalformedOperation);
    let garbage = Submission { seq: Seq::new(1), since: 0, operation: vec![0xff; 40] };
    assert_eq!(refused(&document, ANA, &garbage).code(), RejectCode::MalformedOperation);
}

#[test]
fn only_the_next_entry_is_committed() {
    let mut document = document("abc");
    let entry = |revision, seq, len| Entry {
        revision: rev(revision),
        author: ANA,
        seq: Seq::new(seq),
        operation: Operation::replace(len, 0..0, "x"),
    };
    let error = CommitError::OutOfOrder { expected: rev(1), met: rev(2) };
    assert_eq!(document.commit(entry(2, 1, 3)), Err(error));
    assert_eq!(
        document.commit(entry(1, 1, 4)),
        Err(CommitError::WrongLength { expected: 3, met: 4 })
    );
    let error = CommitError::WrongSeq { author: ANA, expected: Seq::new(1), met: Seq::new(2) };
    assert_eq!(document.commit(entry(1, 2, 3)), Err(error));
    assert_eq!(document.commit(entry(1, 1, 3)), Ok(()));
    assert_eq!(document.text(), &"xabc");
}

#[test]
fn an_author_met_in_the_log_is_known_from_then_on() {
    let mut replayed = Document::new(rev(10), Text::from("abc"));
    let entry = Entry {
        revision: rev(11),
        author: BO,
        seq: Seq::new(7),
        operation: Operation::identity(3),
    };
    replayed.commit(entry).unwrap();
    // His row in the dedupe table may be older than the log, never newer than what was committed.
    let client = ClientId::from_bytes([2; 16]);
    replayed.register(
        BO,
        AuthorRecord { client: Some(client), last_seq: Seq::new(6), last_revision: rev(9) },
    );
    let record =
        AuthorRecord { client: Some(client), last_seq: Seq::new(7), last_revision: rev(11) };
    assert_eq!(replayed.author(BO), Some(&record));
}

#[test]
fn a_batch_is_full_at_its_bounds() {
    let mut document = document("");
    for author in 0..=BATCH_ENTRIES_MAX as u32 {
        document.register(Author::new(author), AuthorRecord::default());
    }
    let mut batch = Batch::new(&document);
    for author in 0..BATCH_ENTRIES_MAX as u32 {
        batch.push(Author::new(author), &insert(1, 0, 0, 0, "x")).unwrap();
    }
    let one_more = batch.push(Author::new(BATCH_ENTRIES_MAX as u32), &insert(1, 0, 0, 0, "x"));
    assert_eq!(one_more, Err(PushError::Full));
    // What needs no room is answered still.
    assert_eq!(
        batch.push(Author::new(0), &insert(1, 0, 0, 0, "x")),
        Ok(Prepared::Duplicate { revision: rev(1) })
    );

    let half = "x".repeat(OPERATION_BYTES_MAX / 2);
    let mut batch = Batch::new(&document);
    batch.push(ANA, &insert(1, 0, 0, 0, &half)).unwrap();
    assert_eq!(batch.push(BO, &insert(1, 0, 0, 0, &half)), Err(PushError::Full));
    assert_eq!(batch.push(BO, &insert(1, 0, 0, 0, &half[9..])).map(drop), Ok(()));
}

#[test]
fn the_text_is_compared_every_256_revisions() {
    let mut document = document("");
    for seq in 1..=CHECKPOINT_REVISIONS {
        assert_eq!(document.checkpoint_due(), None);
        commit(&mut document, ANA, &insert(seq, 0, seq as usize - 1, 0, "x"));
    }
    let checkpoint = document.checkpoint_due().unwrap();
    assert_eq!(checkpoint.revision, rev(CHECKPOINT_REVISIONS));
    assert_eq!(checkpoint.hash, TextHash::of(&"x".repeat(CHECKPOINT_REVISIONS as usize)));
}

#[test]
fn the_window_is_bounded() {
    let mut document = document("");
    let mut seq = 0;
    for _ in 0..HISTORY_REVISIONS_MAX + 1 {
        seq += 1;
        let operation = if seq % 2 == 1 {
            Operation::replace(0, 0..0, "x")
        } else {
            Operation::replace(1, 0..1, "")
        };
        commit(&mut document, ANA, &submission(seq, 0, &operation));
    }
    let kept = document.head().get() - document.window_start().get();
    assert!((HISTORY_REVISIONS_MAX as u64 / 2 - 1..=HISTORY_REVISIONS_MAX as u64).contains(&kept));
    let mut document = self::document("");
    let large = "x".repeat(OPERATION_BYTES_MAX - 100);
    for seq in 1..=150u64 {
        let len = (seq as usize - 1) * large.len();
        commit(&mut document, ANA, &insert(seq, 0, len, 0, &large));
    }
    assert!(document.window_start() > Revision::ZERO, "nine megabytes are too much");
    let base = document.window_start();
    let too_old = refused(&document, BO, &insert(1, 0, 0, 0, "x"));
    assert_eq!(too_old, SubmitError::BaseTooOld { base: Revision::ZERO, start: base });
}

#[test]
fn an_old_base_is_carried_with_entries_from_the_log() {
    let (mut document, mut whole) = (document("0123456789"), History::new(Revision::ZERO, 10));
    let mut entries = Vec::new();
    for seq in 1..=20 {
        let entry = commit(&mut document, ANA, &insert(seq, 0, 9 + seq as usize, 4, "x"));
        whole.push(entry.operation.clone()).unwrap();
        entries.push(entry);
    }
    let late = insert(1, 3, 13, 13, "late");
    let expected = document.prepare(BO, &late).unwrap();
    let steps = document.catch_up(rev(3), BO).unwrap();
    document.evict_before(rev(15));
    assert_eq!(refused(&document, BO, &late).code(), RejectCode::BaseTooOld);
    let too_old = CatchUpError::TooOld { from: rev(3), start: rev(15) };
    assert_eq!(document.catch_up(rev(3), BO), Err(too_old));

    for (start, end) in [(0, 15), (3, 15), (3, 18), (0, 20)] {
        let len = whole.len_at(rev(start)).unwrap();
        let mut older = History::new(rev(start), len);
        for entry in &entries[start as usize..end] {
            older.push(entry.operation.clone()).unwrap();
        }
        assert_eq!(
            document.prepare_from(&older, BO, &late).as_ref(),
            Ok(&expected),
            "{start}..{end}"
        );
        let fold = |steps: &[CatchUp]| {
            steps.iter().fold(Operation::identity(13), |composed, step| match step {
                CatchUp::Range { operation, .. } => {
                    composed.compose(operation, Bias::Right).unwrap()
                }
                CatchUp::Own { .. } => panic!("she committed nothing"),
            })
        };
        let older_steps = document.catch_up_from(&older, rev(3), BO).unwrap();
        assert_eq!(fold(&older_steps), fold(&steps), "{start}..{end}");
    }
    // A gap between what was loaded and the window is noticed.
    let mut short = History::new(rev(0), 10);
    short.push(entries[0].operation.clone()).unwrap();
    assert!(document.prepare_from(&short, BO, &late).is_err());
    assert!(document.catch_up_from(&short, rev(0), BO).is_err());
}

#[test]
fn whoever_was_away_gets_one_operation_and_his_own_commit_in_its_place() {
    let mut document = document("");
    for seq in 1..=5 {
        commit(&mut document, ANA, &insert(seq, 0, seq as usize - 1, 0, "x"));
    }
    commit(&mut document, BO, &insert(1, 0, 0, 0, "bo"));
    for seq in 6..=9 {
        let len = document.text().len();
        commit(&mut document, ANA, &insert(seq, u64::from(seq == 6), len, 0, "x"));
    }
    let steps = |from, author| {
        let steps = document.catch_up(rev(from), author).unwrap();
        let place = |step: &CatchUp| match step {
            CatchUp::Range { from, to, .. } => (from.get(), to.get()),
            CatchUp::Own { seq, revision } => (revision.get(), seq.get() + 1_000),
        };
        steps.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(steps(0, BO), [(0, 5), (6, 1_001), (6, 10)]);
    assert_eq!(steps(5, BO), [(6, 1_001), (6, 10)]);
    assert_eq!(steps(6, BO), [(6, 10)]);
    assert_eq!(steps(9, ANA), [(10, 1_009)]);
    assert_eq!(steps(10, ANA), []);
    let error = CatchUpError::FutureRevision { from: rev(11), head: rev(10) };
    assert_eq!(document.catch_up(rev(11), ANA), Err(error));
}

#[test]
fn a_long_absence_is_caught_up_in_pieces_that_fit_into_frames() {
    let mut document = document("");
    let large = "x".repeat(60_000);
    for seq in 1..=10 {
        commit(&mut document, ANA, &insert(seq, 0, (seq as usize - 1) * 60_000, 0, &large));
    }
    let steps = document.catch_up(Revision::ZERO, BO).unwrap();
    assert!(steps.len() >= 3);
    let (mut at, mut text) = (Revision::ZERO, Text::new());
    for step in steps {
        let CatchUp::Range { from, to, operation } = step else { panic!("she committed nothing") };
        assert_eq!(from, at);
        assert!(operation.encoded_len() <= CATCH_UP_BYTES_MAX);
        text.apply(&operation).unwrap();
        at = to;
    }
    assert_eq!((at, &text), (document.head(), document.text()));
}

#[test]
fn an_entry_reads_back_what_it_writes_and_refuses_the_rest() {
    let operation = Operation::replace(600_000, 5..7, "é");
    let entry = Entry { revision: rev(70_000), author: BO, seq: Seq::new(300), operation };
    let bytes = entry.encode();
    assert_eq!(bytes.len(), 3 + 1 + 2 + 3 + entry.operation.encoded_len());
    assert_eq!(Entry::decode(&bytes), Ok(entry));
    assert_eq!(Entry::decode(&bytes[..7]), Err(EntryDecodeError::Head));
    assert!(matches!(Entry::decode(&bytes[..10]), Err(EntryDecodeError::Operation { .. })));
}

/// Two authors' submissions on bases of their choice, as (author, base back from head, place, …).
fn submissions() -> impl Strategy<Value = Vec<(bool, u64, usize, usize, String)>> {
    proptest::collection::vec((any::<bool>(), 0..6u64, 0..20usize, 0..3usize, "[a-cé]{0,3}"), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if crate::long_run() { 20_000 } else { 200 }))]

    #[test]
    fn a_batch_is_what_committing_one_at_a_time_gives(submissions in submissions()) {
        let mut alone = document("some text");
        let mut lengths = vec![alone.text().len()];
        let mut entries = Vec::new();
        let mut made = Vec::new();
        for (is_ana, back, at, delete, text) in submissions {
            let author = if is_ana { ANA } else { BO };
            let record = *alone.author(author).unwrap();
            let base = alone.head().get().saturating_sub(back).max(record.last_revision.get());
            let len = lengths[base as usize];
            let start = at.min(len);
            let operation = Operation::replace(len, start..(start + delete).min(len), &text);
            let since = base - record.last_revision.get();
            let submitted = submission(record.last_seq.get() + 1, since, &operation);
            entries.push(commit(&mut alone, author, &submitted));
            lengths.push(alone.text().len());
            made.push((author, submitted));
        }

        let mut batched = document("some text");
        let mut replayed = document("some text");
        for submissions in made.chunks(7) {
            let mut batch = Batch::new(&batched);
            for (author, submission) in submissions {
                batch.push(*author, submission).unwrap();
            }
            for entry in batch.into_entries() {
                let expected = &entries[entry.revision.get() as usize - 1];
                prop_assert_eq!(&entry, expected);
                let stored = entry.encode();
                batched.commit(entry).unwrap();
                replayed.commit(Entry::decode(&stored).unwrap()).unwrap();
            }
        }
        prop_assert_eq!(batched.text(), alone.text());
        prop_assert_eq!(replayed.text(), alone.text());
    }
}
