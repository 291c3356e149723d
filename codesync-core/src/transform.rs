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

use crate::operation::{Ahead, Discard, Hunk, Hunks, Leg, LengthMismatch, Operation};

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
    LengthMismatch::check(old.base_len(), new.base_len())?;
    // Two keystrokes mostly stand apart: the one on the right moves, and nothing is walked.
    if let ([n], [o]) = (new.hunks(), old.hunks()) {
        if n.retain + n.delete <= o.retain {
            return Ok((new.moved(n.retain, old), old.moved(o.retain - n.delete + n.chars, new)));
        } else if o.retain + o.delete < n.retain {
            return Ok((new.moved(n.retain - o.delete + o.chars, old), old.moved(o.retain, new)));
        }
    }
    let mut new_leg = Hunks::with_room(new.hunks().len());
    let mut old_leg = Hunks::with_room(old.hunks().len());
    let both = walk(new, old, &mut new_leg, &mut old_leg)?;
    Ok((new.carried(new_leg, old, both), old.carried(old_leg, new, both)))
}

/// Carries `new` over `old`: the first half of [`transform`], for about half of its cost.
///
/// # Errors
///
/// As [`transform`].
pub fn transform_new(new: &Operation, old: &Operation) -> Result<Operation, LengthMismatch> {
    let mut new_leg = Hunks::with_room(new.hunks().len());
    let both = walk(new, old, &mut new_leg, &mut Discard)?;
    Ok(new.carried(new_leg, old, both))
}

/// Walks over both and returns how many chars both delete.
///
/// Most hunks stand apart: one lies wholly before what the other operation changes next, and then
/// goes over as it is. Neither leg touches the inserted text, which stays in its order.
fn walk(
    new: &Operation,
    old: &Operation,
    new_leg: &mut impl Leg,
    old_leg: &mut impl Leg,
) -> Result<u32, LengthMismatch> {
    LengthMismatch::check(old.base_len(), new.base_len())?;
    let (mut new, mut old) = (Ahead::new(new.hunks()), Ahead::new(old.hunks()));
    let mut both = 0;
    let mut is_done = new.is_done() || old.is_done();
    while !is_done {
        // Both are at the same offset of the base here.
        let (mut n, mut o) = (new.next(), old.next());
        is_done = if n.retain + n.delete <= o.retain {
            new_leg.push(n);
            old_leg.retain(n.retain + n.chars);
            old.pass(n.retain + n.delete);
            new.advance();
            new.is_done()
        } else if o.retain + o.delete < n.retain {
            old_leg.push(o);
            new_leg.retain(o.retain + o.chars);
            new.pass(o.retain + o.delete);
            old.advance();
            old.is_done()
        } else {
            both += overlap(&mut n, &mut o, new_leg, old_leg);
            new.go_on(n);
            old.go_on(o);
            new.is_done() || old.is_done()
        };
    }
    new.finish(new_leg);
    old.finish(old_leg);
    Ok(both)
}

/// Takes hunks that touch each other up to where one of them is taken to its end, and returns how
/// many chars both delete.
fn overlap(new: &mut Hunk, old: &mut Hunk, new_leg: &mut impl Leg, old_leg: &mut impl Leg) -> u32 {
    let kept = new.retain.min(old.retain);
    new_leg.retain(kept);
    old_leg.retain(kept);
    new.retain -= kept;
    old.retain -= kept;
    // Two insertions that are next now are in the same gap: the new one stands left.
    if new.retain == 0 && new.chars > 0 {
        old_leg.retain(new.chars);
        new_leg.push(new.take_insertion());
    }
    if old.retain == 0 && old.chars > 0 {
        new_leg.retain(old.chars);
        old_leg.push(old.take_insertion());
    }
    match (new.retain, old.retain) {
        (0, 0) => {
            let both = new.delete.min(old.delete);
            new.delete -= both;
            old.delete -= both;
            both
        }
        (0, kept) => {
            let deleted = new.delete.min(kept);
            new.delete -= deleted;
            old.retain -= deleted;
            new_leg.push(Hunk::deletion(deleted));
            0
        }
        (kept, _) => {
            let deleted = old.delete.min(kept);
            old.delete -= deleted;
            new.retain -= deleted;
            old_leg.push(Hunk::deletion(deleted));
            0
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
