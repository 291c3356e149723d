//! Cutting an operation that is too large for one submission.

use crate::limits::{OPERATION_BYTES_MAX, OPERATION_COMPONENTS_MAX};
use crate::operation::{Component, Operation};

/// Most bytes of a component's head: a varint of 34 bits.
const HEAD_BYTES_MAX: usize = 5;

/// The largest first part of `operation` that fits into one submission, and the rest, which is
/// made for the text after the first part; `None` if all of it fits.
///
/// Law: `apply(apply(t, first), rest) == apply(t, operation)`. O(components + inserted text).
pub(super) fn first_part(operation: &Operation) -> Option<(Operation, Operation)> {
    if operation.component_count() <= OPERATION_COMPONENTS_MAX
        && operation.encoded_len() <= OPERATION_BYTES_MAX
    {
        return None;
    }
    let (mut first, mut rest) = (Operation::builder(), Operation::builder());
    let mut bytes_left = OPERATION_BYTES_MAX;
    // One component is kept free for the part of an insertion.
    let mut components_left = OPERATION_COMPONENTS_MAX - 1;
    for component in operation.components() {
        let inserted = match component {
            Component::Insert(text) => text.len(),
            Component::Retain(_) | Component::Delete(_) => 0,
        };
        let fits = components_left > 0 && HEAD_BYTES_MAX + inserted <= bytes_left;
        match component {
            Component::Retain(n) => {
                first.push_retain(n);
                rest.push_retain(n);
            }
            Component::Insert(text) => {
                let room =
                    if components_left > 0 { bytes_left.saturating_sub(HEAD_BYTES_MAX) } else { 0 };
                let (now, later) = text.split_at(text.floor_char_boundary(room));
                first.push_insert(now);
                rest.push_retain(now.chars().count());
                rest.push_insert(later);
            }
            Component::Delete(n) if fits => first.push_delete(n),
            Component::Delete(n) => {
                first.push_retain(n);
                rest.push_delete(n);
            }
        }
        if fits {
            bytes_left -= HEAD_BYTES_MAX + inserted;
            components_left -= 1;
        } else {
            (bytes_left, components_left) = (0, 0);
        }
    }
    let end = "no more than the base was walked over";
    let first = first.finish_at(operation.base_len()).expect(end);
    let rest = rest.finish_at(first.target_len()).expect(end);
    Some((first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, operation: &Operation, parts: usize) {
        let (mut text, mut rest) = (base.to_owned(), operation.clone());
        let mut count = 1;
        while let Some((first, after)) = first_part(&rest) {
            assert!(first.encoded_len() <= OPERATION_BYTES_MAX);
            assert!(first.component_count() <= OPERATION_COMPONENTS_MAX);
            assert!(!first.is_identity(), "each part must bring us forward");
            text = first.apply_to(&text).unwrap();
            rest = after;
            count += 1;
        }
        assert_eq!(rest.apply_to(&text).unwrap(), operation.apply_to(base).unwrap());
        assert_eq!(count, parts);
    }

    #[test]
    fn what_fits_is_not_cut() {
        let fitting = "x".repeat(OPERATION_BYTES_MAX - 3);
        check("", &Operation::replace(0, 0..0, &fitting), 1);
        check("", &Operation::replace(0, 0..0, &format!("{fitting}x")), 2);
    }

    #[test]
    fn a_large_paste_goes_in_pieces_that_end_between_chars() {
        let pasted = "žluťoučký kůň 😀".repeat(10_000);
        check("abcdef", &Operation::replace(6, 2..4, &pasted), 4);
    }

    #[test]
    fn replacing_very_many_places_goes_in_pieces() {
        let base = "ab".repeat(12_000);
        let mut everywhere = Operation::builder();
        for _ in 0..12_000 {
            everywhere.push_delete(1);
            everywhere.push_insert("xy");
            everywhere.push_retain(1);
        }
        check(&base, &everywhere.finish(), 4);
    }
}
