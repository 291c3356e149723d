//! The laws of operations, by generated cases against a naive model.
//!
//! `CODESYNC_TEST_LONG=1` runs 200 000 cases a law, above two million in all.

use codesync_core::test_support::{self as generate, Model};
use codesync_core::{
    Bias, History, Operation, OperationLimits, Revision, Text, transform, transform_new,
};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::long_run;

fn cases() -> Config {
    let cases = if long_run() { 200_000 } else { 10_000 };
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Two operations on one text.
fn square() -> impl Strategy<Value = (String, Operation, Operation)> {
    generate::text(10).prop_flat_map(|text| {
        let len = text.chars().count();
        (Just(text), generate::operation(len, 7), generate::operation(len, 7))
    })
}

/// A stretch of history on a text, and an operation made at its start.
fn history_and_operation() -> impl Strategy<Value = (Vec<Operation>, Operation)> {
    (0..8_usize, 0..24_usize).prop_flat_map(|(len, n)| {
        (generate::operations_in_a_row(len, n), generate::operation(len, 6))
    })
}

fn history_of(base_len: usize, entries: &[Operation]) -> History {
    let mut history = History::new(Revision::ZERO, base_len);
    for entry in entries {
        history.push(entry.clone()).unwrap();
    }
    history
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn both_ways_around_the_square_end_in_one_text((text, new, old) in square()) {
        let (new_leg, old_leg) = transform(&new, &old).unwrap();
        let by_old = new_leg.apply_to(&old.apply_to(&text).unwrap()).unwrap();
        let by_new = old_leg.apply_to(&new.apply_to(&text).unwrap()).unwrap();
        prop_assert_eq!(by_old, by_new);
    }

    #[test]
    fn transform_is_what_the_model_says((_, new, old) in square()) {
        let expected = Model::of(&new).transformed_over(&Model::of(&old)).operation();
        prop_assert_eq!(&transform(&new, &old).unwrap().0, &expected);
        prop_assert_eq!(transform_new(&new, &old).unwrap(), expected);
    }

    #[test]
    fn apply_is_what_the_model_says((text, op) in generate::text_and_operation(12)) {
        let expected = Model::of(&op).apply(&text);
        let mut rope = Text::from(text.as_str());
        rope.apply(&op).unwrap();
        prop_assert_eq!(rope.to_string(), expected.as_str());
        prop_assert_eq!(op.apply_to(&text).unwrap(), expected);
        prop_assert_eq!(Model::of(&op).operation(), op);
    }

    #[test]
    fn composing_is_applying_one_after_the_other(
        (text, ops) in generate::text(10).prop_flat_map(|text| {
            let len = text.chars().count();
            (Just(text), generate::operations_in_a_row(len, 2))
        })
    ) {
        let one_by_one = ops[1].apply_to(&ops[0].apply_to(&text).unwrap()).unwrap();
        for bias in [Bias::Left, Bias::Right] {
            let composed = ops[0].compose(&ops[1], bias).unwrap();
            prop_assert_eq!(composed.apply_to(&text).unwrap(), one_by_one.as_str());
        }
    }

    #[test]
    fn composing_is_associative(ops in (0..8_usize).prop_flat_map(|len| generate::operations_in_a_row(len, 3))) {
        for bias in [Bias::Left, Bias::Right] {
            let left = ops[0].compose(&ops[1], bias).unwrap().compose(&ops[2], bias).unwrap();
            let right = ops[0].compose(&ops[1].compose(&ops[2], bias).unwrap(), bias).unwrap();
            prop_assert_eq!(left, right);
        }
    }

    #[test]
    fn the_inverse_takes_an_operation_back((text, op) in generate::text_and_operation(12)) {
        let base = Text::from(text.as_str());
        let inverse = op.invert(&base);
        let target = op.apply_to(&text).unwrap();
        prop_assert_eq!(inverse.apply_to(&target).unwrap(), text);
        prop_assert!(inverse.invert(&Text::from(target.as_str())).apply_to(&base.to_string()).unwrap() == target);
    }

    #[test]
    fn offsets_map_like_a_mark_in_the_text((text, op) in generate::text_and_operation(12), at in 0..13_usize) {
        // A mark is an insertion of a char that occurs nowhere else.
        let at = at.min(op.base_len());
        let mark = Operation::replace(op.base_len(), at..at, "\u{10fffd}");
        let text: String = text.chars().map(|c| if c == '\u{10fffd}' { ' ' } else { c }).collect();
        let marked_at = |text: &str| text.chars().position(|c| c == '\u{10fffd}');
        prop_assume!(!op.inserted_text().contains('\u{10fffd}'));
        let (mark_left, _) = transform(&mark, &op).unwrap();
        let left = mark_left.apply_to(&op.apply_to(&text).unwrap()).unwrap();
        prop_assert_eq!(Some(op.map_offset(at, Bias::Left)), marked_at(&left));
        let (_, mark_right) = transform(&op, &mark).unwrap();
        let right = mark_right.apply_to(&op.apply_to(&text).unwrap()).unwrap();
        prop_assert_eq!(Some(op.map_offset(at, Bias::Right)), marked_at(&right));
    }

    #[test]
    fn an_offset_mapped_back_comes_from_where_it_maps_to((_, op) in generate::text_and_operation(12), at in 0..40_usize) {
        let at = at.min(op.target_len());
        let base = op.map_offset_back(at);
        prop_assert!(op.map_offset(base, Bias::Left) <= at);
        prop_assert!(at <= op.map_offset(base, Bias::Right)
            || op.map_offset(base, Bias::Left) == at);
    }

    #[test]
    fn an_operation_reads_back_what_it_writes((_, op) in generate::text_and_operation(12)) {
        let bytes = op.encode();
        prop_assert_eq!(bytes.len(), op.encoded_len());
        prop_assert_eq!(
            Operation::decode(&bytes, op.base_len(), &OperationLimits::REPRESENTABLE),
            Ok(op)
        );
    }

    #[test]
    fn whatever_is_decoded_has_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..24), base_len in 0..200_usize) {
        if let Ok(op) = Operation::decode(&bytes, base_len, &OperationLimits::REPRESENTABLE) {
            prop_assert_eq!(op.encode(), bytes);
            prop_assert_eq!(op.base_len(), base_len);
        }
    }

    #[test]
    fn composed_history_carries_like_its_entries((entries, op) in history_and_operation()) {
        let one_by_one = entries.iter().fold(op.clone(), |op, entry| transform_new(&op, entry).unwrap());
        let history = history_of(op.base_len(), &entries);
        let whole = history.compose(Revision::ZERO, history.head()).unwrap();
        prop_assert_eq!(&history.transform(&op, Revision::ZERO).unwrap(), &one_by_one);
        prop_assert_eq!(&transform_new(&op, &whole).unwrap(), &one_by_one);
    }

    /// For one committed operation, however long. Over several in turn the two may differ in where
    /// an insertion stands among chars that both sides deleted: the old leg has lost those gaps.
    /// Copies do not diverge by it, since the buffer is not shared before it is sent.
    #[test]
    fn pending_work_sent_composed_equals_sent_one_by_one(
        (text, first, second, old) in generate::text(8).prop_flat_map(|text| {
            let len = text.chars().count();
            let row = generate::operations_in_a_row(len, 2);
            (Just(text), row, generate::operation(len, 6))
                .prop_map(|(text, row, old)| (text, row[0].clone(), row[1].clone(), old))
        })
    ) {
        let by_old = old.apply_to(&text).unwrap();
        let (first_leg, old_leg) = transform(&first, &old).unwrap();
        let second_leg = transform_new(&second, &old_leg).unwrap();
        let one_by_one = second_leg.apply_to(&first_leg.apply_to(&by_old).unwrap()).unwrap();
        let composed = first.compose(&second, Bias::Left).unwrap();
        let composed = transform_new(&composed, &old).unwrap().apply_to(&by_old).unwrap();
        prop_assert_eq!(composed, one_by_one);
    }
}

/// A long operation with its index and short ones over it: the case that generated texts of a
/// dozen chars never reach.
#[test]
fn an_index_carries_like_a_walk() {
    use codesync_core::history::IndexedOperation;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let rounds = if long_run() { 4_000 } else { 200 };
    for _ in 0..rounds {
        let old = generate::operation(400, 160).new_tree(&mut runner).unwrap().current();
        let indexed = IndexedOperation::new(old.clone());
        for _ in 0..20 {
            let new = generate::operation(400, 6).new_tree(&mut runner).unwrap().current();
            assert_eq!(
                indexed.transform_new(&new).unwrap(),
                transform_new(&new, &old).unwrap(),
                "{new:?} over {old:?}"
            );
        }
    }
}

#[track_caller]
fn one_at_a_time_and_composed(
    x: &Operation,
    s1: &Operation,
    s2: &Operation,
    base: &str,
    expected: &str,
) {
    let target = s2.apply_to(&s1.apply_to(base).unwrap()).unwrap();
    let one_at_a_time = transform_new(&transform_new(x, s1).unwrap(), s2).unwrap();
    let composed = transform_new(x, &s1.compose(s2, Bias::Right).unwrap()).unwrap();
    assert_eq!(one_at_a_time.apply_to(&target).unwrap(), expected);
    assert_eq!(composed, one_at_a_time);
}

#[test]
fn an_insertion_behind_a_char_that_is_then_deleted_keeps_its_gap() {
    let (s1, s2) = (Operation::replace(1, 1..1, "p"), Operation::replace(2, 0..1, ""));
    let x = Operation::replace(1, 0..0, "x");
    one_at_a_time_and_composed(&x, &s1, &s2, "a", "xp");
}

#[test]
fn an_insertion_where_a_char_was_deleted_stands_right_of_a_later_one_behind_that_char() {
    let (s1, s2) = (Operation::replace(1, 0..1, ""), Operation::replace(0, 0..0, "q"));
    let x = Operation::replace(1, 1..1, "x");
    one_at_a_time_and_composed(&x, &s1, &s2, "a", "xq");
    // The insert-first form that other libraries compose to puts it on the other side.
    let insert_first = Operation::builder().insert("q").delete(1).finish();
    assert_eq!(transform_new(&x, &insert_first).unwrap().apply_to("q").unwrap(), "qx");
}
