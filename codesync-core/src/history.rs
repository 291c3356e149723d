//! Committed operations, kept so that any stretch of them is one operation.
//!
//! A client that was away for `n` revisions should get one operation, and its own work should be
//! carried over one operation, not `n`. History is therefore also kept as aligned blocks of 2ʲ
//! revisions, each composed lazily from its two halves and then remembered:
//!
//! ```text
//!   revisions   1  2  3  4  5  6  7  8  9 10 11
//!   2¹         [1  2][3  4][5  6][7  8][9 10]
//!   2²         [1 .. .. 4][5 .. .. 8]
//!   2³         [1 .. .. .. .. .. .. 8]
//!   3..=11            [3 4][5 .. .. 8][9 10] 11
//! ```
//!
//! Any range falls into at most 2·log₂ n blocks. The law that makes this sound is exactness: with
//! [`Bias::Right`], `transform_new(x, s1 ∘ s2) == transform_new(transform_new(x, s1), s2)` to the
//! bit, for every `x`, and any bracketing of history gives the same operation. Blocks may hence be
//! dropped and made again at will. (Shown exhaustively for small texts in `tests/it/laws.rs`.)
//!
//! The operations themselves are packed (`entries.rs`): a stretch of typing takes a byte a char.
//!
//! This module must not know about authors, logs or texts.

mod entries;
mod indexed;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::OnceLock;

pub use indexed::IndexedOperation;

use entries::Entries;

use crate::bugs::{self, Bug};
use crate::ids::Revision;
use crate::operation::{Bias, LengthMismatch, Operation};
use crate::transform::{transform, transform_new};

/// Stretches of typing or erasing up to which a block is composed at once, without halves.
///
/// Composing halves costs a pass for each, composing at once a search for each stretch; with 32 of
/// them one costs as much as the other.
const STRETCHES_AT_ONCE: usize = 32;

/// Blocks smaller than 2⁴ are not worth remembering: sixteen keystrokes are walked as fast.
const BLOCK_LEVEL_MIN: u32 = 4;

/// A window of committed operations, from [`start`](History::start) to [`head`](History::head).
#[derive(Debug)]
pub struct History {
    start: Revision,
    /// Length in chars of the text at head.
    head_len: usize,
    /// Entry `i` leads from `start + i` to `start + i + 1`.
    entries: Entries,
    /// `levels[j - BLOCK_LEVEL_MIN]` holds the blocks of 2ʲ revisions that lie within the window.
    levels: Vec<Level>,
}

/// The aligned blocks of one size: block `i` leads from `i · 2ʲ` to `(i + 1) · 2ʲ`.
#[derive(Debug, Default)]
struct Level {
    /// Number of the first block kept.
    first: u64,
    blocks: VecDeque<OnceLock<Box<IndexedOperation>>>,
}

/// A stretch of revisions that is not wholly within the window.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("revisions {from} to {to} are not within the kept history from {start} to {head}")]
pub struct OutOfHistory {
    /// First text asked for.
    pub from: Revision,
    /// Last text asked for.
    pub to: Revision,
    /// Oldest text that history leads from.
    pub start: Revision,
    /// Newest text that history leads to.
    pub head: Revision,
}

/// Why an operation could not be carried over history.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CarryError {
    /// The revision it starts from is not kept.
    #[error(transparent)]
    OutOfHistory(#[from] OutOfHistory),
    /// The operation is not made for the text of that revision.
    #[error(transparent)]
    LengthMismatch(#[from] LengthMismatch),
}

impl History {
    /// An empty window at `start`, where the text has `len` chars.
    #[must_use]
    pub fn new(start: Revision, len: usize) -> Self {
        Self { start, head_len: len, entries: Entries::default(), levels: Vec::new() }
    }

    /// The oldest revision that history leads from.
    #[must_use]
    pub fn start(&self) -> Revision {
        self.start
    }

    /// The newest revision.
    #[must_use]
    pub fn head(&self) -> Revision {
        Revision::new(self.start.get() + self.entries.len() as u64)
    }

    /// Length in chars of the text at `revision`, if that is within the window.
    /// O(log n).
    #[must_use]
    pub fn len_at(&self, revision: Revision) -> Option<usize> {
        let after = usize::try_from(revision.since(self.start)?).ok()?;
        if after == self.entries.len() {
            return Some(self.head_len);
        }
        self.entries.len_before(after)
    }

    /// Length in chars of the text at [`head`](History::head).
    #[must_use]
    pub fn head_len(&self) -> usize {
        self.head_len
    }

    /// The operations committed after `from`, oldest first; none if `from` is not in the window.
    pub fn since(&self, from: Revision) -> impl Iterator<Item = Operation> {
        let len = self.entries.len();
        let skip = from.since(self.start).map_or(len, |n| n as usize);
        self.entries.range(skip.min(len)..len)
    }

    /// Adds the operation that leads from [`head`](History::head) to the next revision.
    ///
    /// O(1); composing happens when it is asked for.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if it is not made for the text at `head`; nothing is added then.
    pub fn push(&mut self, operation: Operation) -> Result<(), LengthMismatch> {
        LengthMismatch::check(operation.base_len(), self.head_len())?;
        self.entries.push(&operation);
        self.head_len = operation.target_len();
        let head = self.head().get();
        for level in BLOCK_LEVEL_MIN..head.trailing_zeros().saturating_add(1).min(u64::BITS - 1) {
            let (number, begin) = ((head >> level) - 1, head - (1 << level));
            if begin < self.start.get() {
                break;
            }
            let slot = (level - BLOCK_LEVEL_MIN) as usize;
            if self.levels.len() == slot {
                self.levels.push(Level { first: number, blocks: VecDeque::new() });
            }
            let level = &mut self.levels[slot];
            if level.blocks.is_empty() {
                level.first = number;
            }
            level.blocks.push_back(OnceLock::new());
        }
        Ok(())
    }

    /// Forgets what led to `revision` and before, so that the window starts there.
    ///
    /// Has no effect outside the window. O(entries forgotten).
    pub fn evict_before(&mut self, revision: Revision) {
        let Some(n) = revision.since(self.start) else { return };
        let Some(n) = usize::try_from(n).ok().filter(|n| *n <= self.entries.len()) else { return };
        self.entries.forget(n);
        self.start = revision;
        for (slot, level) in self.levels.iter_mut().enumerate() {
            let size = 1 << (slot as u32 + BLOCK_LEVEL_MIN);
            while !level.blocks.is_empty() && level.first * size < revision.get() {
                level.blocks.pop_front();
                level.first += 1;
            }
        }
    }

    /// Heap bytes of the operations and of the blocks composed so far, roughly. O(window).
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let blocks = self.levels.iter().map(|level| {
            level.blocks.capacity() * size_of::<OnceLock<Box<IndexedOperation>>>()
                + level
                    .blocks
                    .iter()
                    .filter_map(OnceLock::get)
                    .map(|block| size_of::<IndexedOperation>() + block.heap_bytes())
                    .sum::<usize>()
        });
        self.entries.heap_bytes() + blocks.sum::<usize>()
    }

    /// Bytes that the operations take, without the blocks. O(1).
    pub(crate) fn entry_bytes(&self) -> usize {
        self.entries.bytes()
    }

    /// Carries an operation made at `from` over everything committed since.
    ///
    /// Exactly what carrying it over each entry in turn gives, in about
    /// O((k + log n) · log n) for `k` components once the blocks are composed, and composing them
    /// costs O(log n) per revision once, whoever asks.
    ///
    /// # Errors
    ///
    /// [`CarryError`] if `from` is outside the window or the operation is not made for its text.
    pub fn transform(
        &self,
        operation: &Operation,
        from: Revision,
    ) -> Result<Operation, CarryError> {
        let to = self.head();
        let base_len = self.len_at(from).ok_or_else(|| self.out_of(from, to))?;
        LengthMismatch::check(operation.base_len(), base_len)?;
        let mut carried = operation.clone();
        if bugs::active(Bug::TieReversed) {
            for entry in self.since(from) {
                carried = transform(&entry, &carried)?.1;
            }
            return Ok(carried);
        }
        for piece in self.pieces(from, to) {
            carried = match piece {
                Piece::Few(operation) => transform_new(&carried, &operation)?,
                Piece::Block(block) => block.transform_new(&carried)?,
            };
        }
        Ok(carried)
    }

    /// Everything committed after `from` up to `to`, as one operation.
    ///
    /// O(n · log n) in the components the first time, less when blocks are composed already.
    ///
    /// # Errors
    ///
    /// [`OutOfHistory`] if the stretch is not within the window.
    pub fn compose(&self, from: Revision, to: Revision) -> Result<Operation, OutOfHistory> {
        let (Some(len), Some(_), true) = (self.len_at(from), self.len_at(to), from <= to) else {
            return Err(self.out_of(from, to));
        };
        let composed = compose_all(self.pieces(from, to));
        Ok(composed.map_or_else(|| Operation::identity(len), Cow::into_owned))
    }

    fn out_of(&self, from: Revision, to: Revision) -> OutOfHistory {
        OutOfHistory { from, to, start: self.start, head: self.head() }
    }

    /// The stretch as aligned blocks, the largest that fit, with what is left between them as few
    /// operations as it is. The stretch is within the window.
    fn pieces(&self, from: Revision, to: Revision) -> impl Iterator<Item = Piece<'_>> {
        const SIZE: u64 = 1 << BLOCK_LEVEL_MIN;
        let (from, to) = (from.get(), to.get());
        let blocks_from = from.next_multiple_of(SIZE).min(to);
        let blocks_to = (to - to % SIZE).max(blocks_from);
        let mut at = blocks_from;
        let blocks = std::iter::from_fn(move || {
            if at == blocks_to {
                return None;
            }
            let level = (blocks_to - at).ilog2().min(at.trailing_zeros());
            let block = self.block(level, at >> level);
            at += 1 << level;
            Some(Piece::Block(block))
        });
        self.few(from, blocks_from).chain(blocks).chain(self.few(blocks_to, to))
    }

    /// The stretch as few operations as it is without composing.
    fn few(&self, from: u64, to: u64) -> impl Iterator<Item = Piece<'_>> {
        let start = self.start.get();
        self.entries.composed((from - start) as usize..(to - start) as usize).map(Piece::Few)
    }

    /// Block `number` of 2^`level` revisions, composed now if it was not yet.
    fn block(&self, level: u32, number: u64) -> &IndexedOperation {
        let kept = &self.levels[(level - BLOCK_LEVEL_MIN) as usize];
        kept.blocks[(number - kept.first) as usize].get_or_init(|| {
            let begin = ((number << level) - self.start.get()) as usize;
            let entries = begin..begin + (1 << level);
            let composed = if level == BLOCK_LEVEL_MIN
                || self.entries.stretches(entries.clone()) <= STRETCHES_AT_ONCE
            {
                self.entries.amended(entries, bias())
            } else {
                let half = level - 1;
                let (left, right) =
                    (self.block(half, number * 2), self.block(half, number * 2 + 1));
                compose(left.operation(), right.operation())
            };
            Box::new(IndexedOperation::new(composed))
        })
    }
}

enum Piece<'a> {
    Few(Operation),
    Block(&'a IndexedOperation),
}

/// Pieces that follow each other as one operation, if there are any.
///
/// Composing costs a pass over both, so a piece waits for as much as it is itself.
fn compose_all<'a>(pieces: impl Iterator<Item = Piece<'a>>) -> Option<Cow<'a, Operation>> {
    let mut waiting: Vec<Cow<'a, Operation>> = Vec::new();
    for piece in pieces {
        let mut next = match piece {
            Piece::Few(operation) => Cow::Owned(operation),
            Piece::Block(block) => Cow::Borrowed(block.operation()),
        };
        while let Some(before) = waiting.pop_if(|before| before.hunks().len() <= next.hunks().len())
        {
            next = Cow::Owned(compose(&before, &next));
        }
        waiting.push(next);
    }
    waiting.into_iter().rev().reduce(|after, before| Cow::Owned(compose(&before, &after)))
}

/// Two neighbouring stretches of committed history as one.
fn compose(before: &Operation, after: &Operation) -> Operation {
    before.compose(after, bias()).expect("neighbours in history meet at one text")
}

/// The bias with which composing history is exact.
fn bias() -> Bias {
    if bugs::active(Bug::CatchUpComposedInsertFirst) { Bias::Left } else { Bias::Right }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(n: usize) -> History {
        let mut history = History::new(Revision::ZERO, 0);
        for i in 0..n {
            history.push(Operation::replace(i, i / 2..i / 2, "x")).unwrap();
        }
        history
    }

    #[test]
    fn any_stretch_is_what_its_entries_compose_to() {
        let history = typed(70);
        for from in 0..70 {
            for to in from..=70 {
                let mut expected = Operation::identity(from);
                for entry in history.since(Revision::new(from as u64)).take(to - from) {
                    expected = expected.compose(&entry, Bias::Right).unwrap();
                }
                let composed =
                    history.compose(Revision::new(from as u64), Revision::new(to as u64));
                assert_eq!(composed, Ok(expected), "{from}..{to}");
            }
        }
    }

    #[test]
    fn an_evicted_window_answers_as_before_for_what_is_left() {
        let whole = typed(200);
        let mut window = typed(150);
        window.compose(Revision::ZERO, Revision::new(150)).unwrap();
        window.evict_before(Revision::new(77));
        for i in 150..200 {
            window.push(Operation::replace(i, i / 2..i / 2, "x")).unwrap();
        }
        assert_eq!(window.start(), Revision::new(77));
        for from in 77..200 {
            let from = Revision::new(from);
            assert_eq!(window.compose(from, window.head()), whole.compose(from, whole.head()));
        }
        assert!(window.compose(Revision::new(76), window.head()).is_err());
        assert_eq!(window.len_at(Revision::new(76)), None);
        assert_eq!(window.len_at(Revision::new(77)), Some(77));
    }

    #[test]
    fn an_entry_for_another_text_is_refused() {
        let mut history = typed(3);
        assert_eq!(
            history.push(Operation::identity(9)),
            Err(LengthMismatch { expected: 9, met: 3 })
        );
        assert_eq!(history.head(), Revision::new(3));
    }
}
