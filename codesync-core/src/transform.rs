//! Two operations on one text, made apart: each carried over the other.
//!
//! ```text
//!                 t
//!           new /   \ old
//!              /     \
//!             ●       ●
//!         old' \     / new'
//!               \   /
//!                 ●
//! ```
//!
//! The law (TP1): `apply(apply(t, new), old') == apply(apply(t, old), new')` for
//! `(new', old') = transform(new, old)`.
//!
//! What is kept or deleted decides itself: what both delete is deleted once, and text that one
//! inserts among chars that the other deletes stays, in the gap that remains. One tie is left: both
//! insert into the same gap. The operation that reaches the server *later* stands left. Client and
//! server call the same function with the same roles – what the client has not had acknowledged is
//! `new`, what the server committed is `old` – so both walk the same squares, and a person whose
//! words arrive while another types at the same place is not torn apart.

use crate::operation::{Discard, Head, LengthMismatch, Operation, OperationBuilder, Walk};

/// Carries `new` over `old` and `old` over `new`: `(new', old')`.
///
/// `new'` is exact: the same, to the bit, whichever way the history in `old` was composed with
/// [`Bias::Right`](crate::Bias::Right). `old'` has the right effect on a text, but may put an
/// insertion into another gap among chars that `new` deleted: apply it, never hash or resend it.
///
/// O(components of both).
///
/// # Errors
///
/// [`LengthMismatch`] if the two are not made for texts of one length.
///
/// ```
/// use codesync_core::{Operation, transform};
///
/// let new = Operation::replace(3, 1..1, "N");
/// let old = Operation::replace(3, 1..1, "O");
/// let (new, old) = (transform(&new, &old)?.0, old);
/// assert_eq!(new.apply_to(&old.apply_to("abc")?)?, "aNObc");
/// # Ok::<(), codesync_core::LengthMismatch>(())
/// ```
pub fn transform(
    new: &Operation,
    old: &Operation,
) -> Result<(Operation, Operation), LengthMismatch> {
    let (mut new_leg, mut old_leg) = (Operation::builder(), Operation::builder());
    walk(new, old, &mut new_leg, &mut old_leg)?;
    Ok((new_leg.finish(), old_leg.finish()))
}

/// Carries `new` over `old`: the first half of [`transform`], for about half of its cost.
///
/// # Errors
///
/// As [`transform`].
pub fn transform_new(new: &Operation, old: &Operation) -> Result<Operation, LengthMismatch> {
    let mut new_leg: OperationBuilder = Operation::builder();
    walk(new, old, &mut new_leg, &mut Discard)?;
    Ok(new_leg.finish())
}

fn walk(
    new: &Operation,
    old: &Operation,
    new_leg: &mut impl Walk,
    old_leg: &mut impl Walk,
) -> Result<(), LengthMismatch> {
    LengthMismatch::check(old.base_len(), new.base_len())?;
    let (mut new, mut old) = (new.cursor(), old.cursor());
    loop {
        // Both cursors are at the same offset of the base here, so two insertions under them are
        // in the same gap.
        match (new.head(), old.head()) {
            (Head::Insert(n), _) => {
                new_leg.insert_run(new.take_inserted(n), n);
                old_leg.retain_run(n);
            }
            (_, Head::Insert(n)) => {
                old_leg.insert_run(old.take_inserted(n), n);
                new_leg.retain_run(n);
            }
            (Head::Tail(n), Head::Tail(_)) => {
                new_leg.retain_run(n);
                old_leg.retain_run(n);
                return Ok(());
            }
            (Head::Retain(a) | Head::Tail(a), Head::Retain(b) | Head::Tail(b)) => {
                let n = a.min(b);
                new_leg.retain_run(n);
                old_leg.retain_run(n);
                new.skip_base(n);
                old.skip_base(n);
            }
            (Head::Delete(a), Head::Retain(b) | Head::Tail(b)) => {
                let n = a.min(b);
                new_leg.delete_run(n);
                new.skip_base(n);
                old.skip_base(n);
            }
            (Head::Retain(a) | Head::Tail(a), Head::Delete(b)) => {
                let n = a.min(b);
                old_leg.delete_run(n);
                new.skip_base(n);
                old.skip_base(n);
            }
            (Head::Delete(a), Head::Delete(b)) => {
                let n = a.min(b);
                new.skip_base(n);
                old.skip_base(n);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways around the square end in `expected`.
    #[track_caller]
    fn check(base: &str, new: &Operation, old: &Operation, expected: &str) {
        let (new_leg, old_leg) = transform(new, old).unwrap();
        let by_old = new_leg.apply_to(&old.apply_to(base).unwrap()).unwrap();
        let by_new = old_leg.apply_to(&new.apply_to(base).unwrap()).unwrap();
        assert_eq!(by_old, expected);
        assert_eq!(by_new, expected);
        assert_eq!(transform_new(new, old).unwrap(), new_leg);
    }

    fn op(base: &str, at: usize, delete: usize, insert: &str) -> Operation {
        Operation::replace(base.chars().count(), at..at + delete, insert)
    }

    #[test]
    fn the_later_of_two_insertions_in_one_gap_stands_left() {
        check("ab", &op("ab", 1, 0, "N"), &op("ab", 1, 0, "O"), "aNOb");
    }

    #[test]
    fn what_both_delete_is_deleted_once() {
        check("abcd", &op("abcd", 0, 3, ""), &op("abcd", 1, 3, ""), "");
    }

    #[test]
    fn an_insertion_among_deleted_chars_survives() {
        check("abcd", &op("abcd", 2, 0, "N"), &op("abcd", 0, 4, ""), "N");
        check("abcd", &op("abcd", 0, 4, ""), &op("abcd", 2, 0, "O"), "O");
    }

    #[test]
    fn gaps_decide_before_the_tie_does() {
        let new = Operation::builder().delete(1).insert("N").finish();
        let old = Operation::builder().insert("O").finish_at(1).unwrap();
        check("a", &new, &old, "ON");
    }

    #[test]
    fn the_legs_of_different_bases_are_refused() {
        assert_eq!(
            transform(&Operation::identity(2), &Operation::identity(3)),
            Err(LengthMismatch { expected: 3, met: 2 })
        );
    }
}
