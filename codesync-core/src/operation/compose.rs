//! Two operations after each other as one.
//!
//! The only freedom is where an insertion of the second goes when the first deleted chars at that
//! very place: the deleted chars leave several gaps of the base, and all of them lie where the
//! second operation inserted. [`Bias`] chooses, and the two choices are right for two purposes.
//!
//! *Committed history* takes [`Bias::Right`]. A later operation `x` that inserts into any of those
//! gaps is newer than history, so after the deletion it stands left of the second insertion;
//! putting that insertion into the rightmost gap keeps it right of `x` in the composed form too.
//! Hence, for every `x`, `transform(x, s1 ∘ s2) == transform(transform(x, s1), s2)`, to the bit.
//!
//! *One's own pending work* takes [`Bias::Left`], for the mirrored reason: it is the newer side,
//! so what others committed into any of those gaps stands right of it. Sending two edits composed
//! then has the effect of sending one after the other, for any one committed operation between.

use super::cursor::{Head, Walk};
use super::{LengthMismatch, Operation};

/// Which of several gaps that have become one is meant: the leftmost or the rightmost.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Bias {
    /// The leftmost gap.
    Left,
    /// The rightmost gap.
    Right,
}

impl Operation {
    /// This operation and then `next`, as one.
    ///
    /// Use [`Bias::Right`] for operations that are committed and [`Bias::Left`] for one's own
    /// that are not yet (the [law of history](crate::history) and the law of the pending
    /// buffer). O(runs of both).
    ///
    /// Law: `apply(t, a.compose(b)) == apply(apply(t, a), b)`.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if `next` is not made for texts of this operation's target length.
    ///
    /// # Panics
    ///
    /// If the lengths together would not stay below 2³².
    pub fn compose(&self, next: &Operation, bias: Bias) -> Result<Operation, LengthMismatch> {
        LengthMismatch::check(next.base_len(), self.target_len())?;
        if self.is_identity() {
            return Ok(next.clone());
        }
        if next.is_identity() {
            return Ok(self.clone());
        }
        let mut composed = Operation::builder();
        let (mut first, mut second) = (self.cursor(), next.cursor());
        loop {
            match (first.head(), second.head()) {
                (Head::Delete(n), Head::Insert(_)) if bias == Bias::Right => {
                    composed.delete_run(n);
                    first.skip_base(n);
                }
                (_, Head::Insert(n)) => composed.insert_run(second.take_inserted(n), n),
                (Head::Delete(n), _) => {
                    composed.delete_run(n);
                    first.skip_base(n);
                }
                (Head::Insert(a), Head::Retain(b) | Head::Tail(b)) => {
                    let n = a.min(b);
                    composed.insert_run(first.take_inserted(n), n);
                    second.skip_base(n);
                }
                (Head::Insert(a), Head::Delete(b)) => {
                    let n = a.min(b);
                    first.take_inserted(n);
                    second.skip_base(n);
                }
                (Head::Tail(n), Head::Tail(_)) => {
                    composed.retain_run(n);
                    return Ok(composed.finish());
                }
                (Head::Retain(a) | Head::Tail(a), Head::Retain(b) | Head::Tail(b)) => {
                    let n = a.min(b);
                    composed.retain_run(n);
                    first.skip_base(n);
                    second.skip_base(n);
                }
                (Head::Retain(a) | Head::Tail(a), Head::Delete(b)) => {
                    let n = a.min(b);
                    composed.delete_run(n);
                    first.skip_base(n);
                    second.skip_base(n);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_history_puts_an_insertion_behind_what_was_deleted() {
        let delete = Operation::replace(1, 0..1, "");
        let insert = Operation::replace(0, 0..0, "q");
        assert_eq!(
            delete.compose(&insert, Bias::Right),
            Operation::builder().delete(1).insert("q").finish_at(1)
        );
        assert_eq!(
            delete.compose(&insert, Bias::Left),
            Operation::builder().insert("q").delete(1).finish_at(1)
        );
    }

    #[test]
    fn text_inserted_and_deleted_again_leaves_nothing() {
        let insert = Operation::replace(4, 2..2, "día");
        let delete = Operation::replace(7, 2..5, "");
        assert_eq!(insert.compose(&delete, Bias::Right), Ok(Operation::identity(4)));
    }

    #[test]
    fn lengths_must_meet() {
        assert_eq!(
            Operation::identity(3).compose(&Operation::identity(4), Bias::Right),
            Err(LengthMismatch { expected: 4, met: 3 })
        );
    }
}
