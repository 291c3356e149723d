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

use std::mem;

use super::splice::{Source, Splice, spliced};
use super::{Ahead, Hunk, Hunks, Leg, LengthMismatch, Operation};

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
    /// buffer). O(components and inserted text of both).
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
        if let [edit] = *next.hunks() {
            let mut composed = self.clone();
            if composed.amend_place(edit, &next.inserted, bias) {
                return Ok(composed);
            }
        }
        Ok(self.woven(next, bias))
    }

    /// This operation and then `next`, which is made for its target, as one: in a walk over both.
    pub(super) fn woven(&self, next: &Operation, bias: Bias) -> Operation {
        let mut composed = Hunks::with_room(self.hunks.len() + next.hunks.len());
        let inserted = spliced(self.inserted.len() + next.inserted.len(), |splice| {
            weave(Side::new(self), Side::new(next), bias, &mut composed, splice);
        });
        let hunks = composed.finish();
        Operation { hunks, inserted, base_len: self.base_len, target_len: next.target_len }
    }
}

/// One of the two operations, as far as it is not composed yet.
struct Side<'a> {
    ahead: Ahead<'a>,
    inserted: Source<'a>,
}

impl<'a> Side<'a> {
    fn new(operation: &'a Operation) -> Self {
        Self { ahead: Ahead::new(&operation.hunks), inserted: Source::new(&operation.inserted) }
    }
}

/// Walks over both sides and puts together what they do after each other.
#[inline]
fn weave(
    mut first: Side<'_>,
    mut second: Side<'_>,
    bias: Bias,
    composed: &mut Hunks,
    splice: &mut Splice<'_>,
) {
    // Where the first ends just where the second inserts, it goes before it if that is to stand in
    // the rightmost gap.
    let tie = u32::from(bias == Bias::Right);
    let mut is_done = first.ahead.is_done() || second.ahead.is_done();
    while !is_done {
        // Both are at the same offset of the text between here.
        let (f, s) = (first.ahead.next(), second.ahead.next());
        let (first_end, second_end) = (f.retain + f.chars, s.retain + s.delete);
        is_done = if first_end < s.retain + tie {
            composed.push(f);
            splice.take(&mut first.inserted, f.bytes);
            second.ahead.pass(first_end);
            first.ahead.advance();
            first.ahead.is_done()
        } else if second_end <= f.retain {
            composed.push(s);
            splice.take(&mut second.inserted, s.bytes);
            first.ahead.pass(second_end);
            second.ahead.advance();
            second.ahead.is_done()
        } else {
            overlap(&mut first, &mut second, bias, composed, splice);
            first.ahead.is_done() || second.ahead.is_done()
        };
    }
    for side in [first, second] {
        side.ahead.finish(composed);
        splice.take_rest(side.inserted);
    }
}

/// Takes hunks that touch each other up to where a part of one of them ends.
fn overlap(
    first: &mut Side<'_>,
    second: &mut Side<'_>,
    bias: Bias,
    composed: &mut Hunks,
    splice: &mut Splice<'_>,
) {
    let (mut f, mut s) = (first.ahead.next(), second.ahead.next());
    let kept = f.retain.min(s.retain);
    composed.retain(kept);
    f.retain -= kept;
    s.retain -= kept;
    if s.retain == 0 && s.chars > 0 {
        let deletes = f.retain == 0 && f.chars == 0;
        if deletes && bias == Bias::Right {
            composed.push(Hunk::deletion(mem::take(&mut f.delete)));
        }
        splice.take(&mut second.inserted, s.bytes);
        composed.push(s.take_insertion());
    } else if f.retain > 0 {
        let deleted = f.retain.min(s.delete);
        f.retain -= deleted;
        s.delete -= deleted;
        composed.push(Hunk::deletion(deleted));
    } else if f.chars == 0 {
        composed.push(Hunk::deletion(mem::take(&mut f.delete)));
    } else if s.retain > 0 {
        let chars = f.chars.min(s.retain);
        let bytes = first.inserted.bytes_of(chars, &f);
        s.retain -= chars;
        splice.take(&mut first.inserted, bytes);
        composed.push(f.take_inserted(chars, bytes));
    } else {
        let chars = f.chars.min(s.delete);
        let bytes = first.inserted.bytes_of(chars, &f);
        s.delete -= chars;
        first.inserted.skip(bytes);
        f.take_inserted(chars, bytes);
    }
    first.ahead.go_on(f);
    second.ahead.go_on(s);
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
