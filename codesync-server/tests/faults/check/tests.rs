//! Evidence that was tampered with, and the law that must be named.

use std::collections::BTreeSet;

use bytes::Bytes;
use codesync_core::{Author, ClientId, Operation, Revision, Seq};

use super::{Evidence, check};
use crate::record::{Record, Told};
use crate::truth::{Logged, Row, Truth};

/// Two people type a letter in turn, and the second deletes the first letter at the end.
fn sound() -> Evidence {
    let ops = [insert(0, 0, "a"), insert(1, 1, "b"), insert(2, 2, "c"), delete(3)];
    let who = [(1, 1), (2, 1), (1, 2), (2, 2)];
    let entry = |(n, (operation, (author, seq))): (u64, (Bytes, (u32, u64)))| Logged {
        revision: Revision::new(n),
        author: Author::new(author),
        seq: Seq::new(seq),
        operation,
        committed_at: n.cast_signed() * 100,
    };
    let log: Vec<_> = (1..).zip(ops.into_iter().zip(who)).map(entry).collect();
    let row = |author: u32, last: u64| Row {
        author: Author::new(author),
        client: ClientId::from_bytes([author as u8; 16]),
        last_seq: Seq::new(2),
        last_revision: Revision::new(last),
    };
    let record = |number: u64, typed: &str, deleted: &str| Record {
        typed: typed.chars().collect(),
        deleted: deleted.chars().collect(),
        end: "bc".to_owned(),
        ..Record::new(number, ClientId::from_bytes([number as u8; 16]))
    };
    let (mut first, mut second) = (record(1, "ac", ""), record(2, "b", "a"));
    first.told = vec![acked(1, 1), applied(&log[1]), acked(2, 3), applied(&log[3])];
    second.told = vec![applied(&log[0]), acked(1, 2), applied(&log[2]), acked(2, 4)];
    let joined = Told::Joined {
        author: Author::new(2),
        head: Revision::new(3),
        last_seq: Seq::new(1),
        last_revision: Revision::new(2),
    };
    second.told.push(joined);
    let led =
        Told::Led { from: Revision::new(1), to: Revision::new(3), operation: insert(1, 1, "bc") };
    second.told.push(led);
    let clients = vec![row(1, 3), row(2, 4)];
    let truth = Truth { head: Revision::new(4), log: log.clone(), clients };
    Evidence { truth, early: log, records: vec![first, second], denied: vec![(1, 301..999)] }
}

fn insert(at: usize, base: usize, text: &str) -> Bytes {
    Operation::builder().retain(at).insert(text).retain(base - at).finish().encode().into()
}

fn delete(base: usize) -> Bytes {
    Operation::builder().delete(1).retain(base - 1).finish().encode().into()
}

fn acked(seq: u64, revision: u64) -> Told {
    Told::Acked { seq: Seq::new(seq), revision: Revision::new(revision) }
}

fn applied(entry: &Logged) -> Told {
    let Logged { revision, author, operation, .. } = entry.clone();
    Told::Applied { revision, author, operation }
}

#[track_caller]
fn breaks(law: &str, tamper: impl FnOnce(&mut Evidence)) {
    let mut evidence = sound();
    tamper(&mut evidence);
    let found: BTreeSet<_> = check(&evidence).iter().map(|violation| violation.law).collect();
    assert!(found.contains(law), "{law} was expected, {found:?} was found");
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let found = check(&sound());
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn an_edit_that_was_acknowledged_and_is_not_in_the_log_is_found() {
    breaks("I2 durable", |it| drop(it.truth.log.pop()));
    breaks("I2 durable", |it| it.records[0].told[0] = acked(2, 1));
}

#[test]
fn revisions_that_are_missing_doubled_or_exchanged_are_found() {
    breaks("I1 revisions", |it| drop(it.truth.log.remove(1)));
    breaks("I1 revisions", |it| it.truth.log.insert(1, it.truth.log[0].clone()));
    breaks("I1 revisions", |it| it.truth.log.swap(0, 1));
    breaks("I1 revisions", |it| it.truth.head = Revision::new(5));
}

#[test]
fn a_submission_that_is_committed_twice_is_found() {
    breaks("I3 once", |it| it.truth.log[2].seq = Seq::new(1));
    breaks("I3 once", |it| it.truth.log[2].operation = insert(2, 2, "a"));
}

#[test]
fn a_submission_before_an_earlier_one_is_found() {
    breaks("I5 order", |it| it.truth.log[0].seq = Seq::new(2));
}

#[test]
fn an_edit_that_somebody_saw_and_that_was_never_committed_is_found() {
    breaks("I4 committed", |it| it.truth.log[1].operation = insert(0, 1, "b"));
    breaks("I4 committed", |it| {
        let head = Revision::new(9);
        let (last_seq, last_revision) = Default::default();
        it.records[1].told[4] =
            Told::Joined { author: Author::new(2), head, last_seq, last_revision };
    });
}

#[test]
fn a_log_that_was_changed_afterwards_is_found() {
    breaks("I6 unchanged", |it| it.early[1].author = Author::new(1));
}

#[test]
fn copies_that_differ_are_found() {
    breaks("I7 equal", |it| it.records[1].end = "cb".to_owned());
    breaks("I7 equal", |it| {
        let (from, to) = (Revision::new(1), Revision::new(3));
        it.records[1].told[5] = Told::Led { from, to, operation: insert(1, 1, "cb") };
    });
}

#[test]
fn text_that_is_lost_strange_or_deleted_by_nobody_is_found() {
    breaks("I9 text", |it| {
        it.records[0].typed.insert('z');
    });
    breaks("I9 text", |it| {
        it.records[0].typed.remove(&'c');
    });
    breaks("I9 text", |it| it.records[1].deleted.clear());
    breaks("I9 text", |it| it.truth.log[1].operation = insert(5, 9, "b"));
}

#[test]
fn a_client_whose_last_commit_is_forgotten_is_found() {
    breaks("I13 dedupe", |it| it.truth.clients[0].last_seq = Seq::new(1));
    breaks("I13 dedupe", |it| {
        let (head, last_revision) = (Revision::new(3), Revision::new(1));
        let (author, last_seq) = (Author::new(2), Seq::new(1));
        it.records[1].told[4] = Told::Joined { author, head, last_seq, last_revision };
    });
}

#[test]
fn an_edit_of_somebody_who_could_not_write_is_found() {
    breaks("I14 allowed", |it| it.denied[0].1 = 250..350);
}
