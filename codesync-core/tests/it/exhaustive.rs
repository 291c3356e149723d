//! The laws for *every* small case: texts of up to three chars over three letters, and all
//! operations on them that insert at most one char in each gap.
//!
//! An operation on a text of `n` chars deletes any of its chars and inserts into any of its
//! `n + 1` gaps: 2ⁿ · 2ⁿ⁺¹ of them. Which letters the texts hold matters to `apply` alone, which
//! letter is inserted to nobody, so each side inserts a letter of its own to be told apart.
//! `CODESYNC_TEST_LONG=1` takes the sizes one further.

use codesync_core::{Bias, Operation, OperationLimits, Text, transform, transform_new};

use crate::long_run;

/// All texts of `len` letters over a, b, c.
fn texts(len: usize) -> Vec<String> {
    (0..len).fold(vec![String::new()], |texts, _| {
        texts
            .iter()
            .flat_map(|text| ["a", "b", "c"].map(|letter| format!("{text}{letter}")))
            .collect()
    })
}

/// All operations on `len` chars that insert `letter` or nothing in each gap.
fn operations(len: usize, letter: &str) -> Vec<Operation> {
    (0..1_u32 << (2 * len + 1))
        .map(|shape| {
            let mut builder = Operation::builder();
            for at in 0..=len {
                if shape >> (2 * at) & 1 == 1 {
                    builder.push_insert(letter);
                }
                if at < len {
                    if shape >> (2 * at + 1) & 1 == 1 {
                        builder.push_delete(1);
                    } else {
                        builder.push_retain(1);
                    }
                }
            }
            builder.finish()
        })
        .collect()
}

#[test]
fn every_square_of_small_operations_closes() {
    for len in 0..=3 {
        let (news, olds) = (operations(len, "N"), operations(len, "O"));
        for text in texts(len) {
            let by_new: Vec<_> = news.iter().map(|new| new.apply_to(&text).unwrap()).collect();
            let by_old: Vec<_> = olds.iter().map(|old| old.apply_to(&text).unwrap()).collect();
            for (new, by_new) in news.iter().zip(&by_new) {
                for (old, by_old) in olds.iter().zip(&by_old) {
                    let (new_leg, old_leg) = transform(new, old).unwrap();
                    assert_eq!(
                        new_leg.apply_to(by_old).unwrap(),
                        old_leg.apply_to(by_new).unwrap(),
                        "{text}: {new:?} against {old:?}"
                    );
                    assert_eq!(transform_new(new, old).unwrap(), new_leg);
                }
            }
        }
    }
}

#[test]
fn every_pair_in_a_row_composes_and_inverts() {
    for len in 0..=if long_run() { 3 } else { 2 } {
        let text = texts(len).pop().unwrap();
        let seconds: Vec<_> = (0..=2 * len + 1).map(|len| operations(len, "2")).collect();
        for first in operations(len, "1") {
            let middle = first.apply_to(&text).unwrap();
            assert_eq!(first.invert(&Text::from(text.as_str())).apply_to(&middle).unwrap(), text);
            for second in &seconds[first.target_len()] {
                let end = second.apply_to(&middle).unwrap();
                for bias in [Bias::Left, Bias::Right] {
                    let composed = first.compose(second, bias).unwrap();
                    assert_eq!(composed.apply_to(&text).unwrap(), end, "{first:?} {second:?}");
                    let decoded =
                        Operation::decode(&composed.encode(), len, &OperationLimits::REPRESENTABLE);
                    assert_eq!(decoded.as_ref(), Ok(&composed));
                }
            }
        }
    }
}

#[test]
fn composed_history_is_exact_for_every_operation() {
    for len in 0..=if long_run() { 3 } else { 2 } {
        let seconds: Vec<_> = (0..=2 * len + 1).map(|len| operations(len, "2")).collect();
        let news = operations(len, "N");
        for first in operations(len, "1") {
            let over_first: Vec<_> =
                news.iter().map(|new| transform_new(new, &first).unwrap()).collect();
            for second in &seconds[first.target_len()] {
                let composed = first.compose(second, Bias::Right).unwrap();
                for (new, over_first) in news.iter().zip(&over_first) {
                    assert_eq!(
                        transform_new(new, &composed).unwrap(),
                        transform_new(over_first, second).unwrap(),
                        "{new:?} over {first:?} then {second:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_bracketing_of_history_is_the_same() {
    let (len_max, middle_max) = if long_run() { (3, 4) } else { (1, 3) };
    let all: Vec<_> = (0..=middle_max).map(|len| operations(len, "+")).collect();
    for first in (0..=len_max).flat_map(|len| &all[len]) {
        for second in all.get(first.target_len()).into_iter().flatten() {
            let before = first.compose(second, Bias::Right).unwrap();
            for third in all.get(second.target_len()).into_iter().flatten() {
                let after = second.compose(third, Bias::Right).unwrap();
                assert_eq!(
                    before.compose(third, Bias::Right),
                    first.compose(&after, Bias::Right),
                    "{first:?} {second:?} {third:?}"
                );
            }
        }
    }
}

#[test]
fn pending_work_is_exact_in_effect_for_every_operation() {
    for len in 0..=if long_run() { 2 } else { 1 } {
        let seconds: Vec<_> = (0..=2 * len + 1).map(|len| operations(len, "2")).collect();
        let text = texts(len).pop().unwrap();
        for old in operations(len, "O") {
            let by_old = old.apply_to(&text).unwrap();
            for first in operations(len, "1") {
                let (first_leg, old_leg) = transform(&first, &old).unwrap();
                let by_first = first_leg.apply_to(&by_old).unwrap();
                for second in &seconds[first.target_len()] {
                    let one_by_one = transform_new(second, &old_leg).unwrap();
                    let composed = first.compose(second, Bias::Left).unwrap();
                    assert_eq!(
                        transform_new(&composed, &old).unwrap().apply_to(&by_old).unwrap(),
                        one_by_one.apply_to(&by_first).unwrap(),
                        "{first:?} then {second:?} against {old:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_offset_maps_like_a_mark() {
    for len in 0..=3 {
        for op in operations(len, "+") {
            for at in 0..=len {
                let mark = Operation::replace(len, at..at, "|");
                let text = op.apply_to(&"abc"[..len]).unwrap();
                let left = transform_new(&mark, &op).unwrap().apply_to(&text).unwrap();
                assert_eq!(left.find('|'), Some(op.map_offset(at, Bias::Left)));
                let right = transform(&op, &mark).unwrap().1.apply_to(&text).unwrap();
                assert_eq!(right.find('|'), Some(op.map_offset(at, Bias::Right)));
            }
        }
    }
}
