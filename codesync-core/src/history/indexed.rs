//! A long operation with its prefix sums, over which a short one is carried without a pass.

use crate::operation::{LengthMismatch, Operation, Run, Walk};
use crate::transform::transform_new;

/// Below this many runs a plain walk is faster than a search.
const RUNS_MIN: usize = 32;

/// An operation that remembers at which offsets its runs begin.
///
/// Carrying a keystroke over a stretch of 10 000 runs takes two binary searches, not a walk.
/// The sums cost 8 bytes a run and are kept from 32 runs on.
#[derive(Debug)]
pub struct IndexedOperation {
    operation: Operation,
    /// Where each run begins, and where the last one ends; empty for a short operation.
    starts: Box<[Start]>,
}

/// Offsets in chars at which a run begins, in the base and in the target.
#[derive(Clone, Copy, Debug)]
struct Start {
    base: u32,
    target: u32,
}

impl IndexedOperation {
    /// Computes the prefix sums. O(runs).
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        let starts = if operation.component_count() < RUNS_MIN {
            Box::default()
        } else {
            let mut at = Start { base: 0, target: 0 };
            let runs = operation.runs().iter().map(|run| {
                let start = at;
                at.base += run.base_len();
                at.target += run.target_len();
                start
            });
            let mut starts = Vec::with_capacity(operation.component_count() + 1);
            starts.extend(runs);
            starts.push(at);
            starts.into_boxed_slice()
        };
        Self { operation, starts }
    }

    /// The operation itself.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Heap bytes held, prefix sums included.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.operation.heap_bytes() + size_of_val(&*self.starts)
    }

    /// [`transform_new`] over this operation, the same to the bit.
    ///
    /// O(k · log m + d) for `k` components over `m` runs, `d` of which lie within chars that
    /// `new` deletes; never more than the plain walk by more than a constant factor.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if `new` is not made for the same text.
    pub fn transform_new(&self, new: &Operation) -> Result<Operation, LengthMismatch> {
        let searches = new.component_count() * (self.starts.len() | 1).ilog2() as usize;
        if self.starts.is_empty() || searches > self.starts.len() {
            return transform_new(new, &self.operation);
        }
        LengthMismatch::check(self.operation.base_len(), new.base_len())?;
        let mut carried = Operation::builder();
        // `at` is how far `carried` reaches in this operation's target.
        let (mut base, mut at, mut inserted) = (0, 0, new.inserted_text());
        for run in new.runs() {
            match *run {
                Run::Retain(n) => base += n,
                Run::Insert { chars, bytes } => {
                    let (text, rest) = inserted.split_at(bytes as usize);
                    inserted = rest;
                    let (_, target) = self.find(base);
                    carried.retain_run(target - at);
                    carried.insert_run(text, chars);
                    at = target;
                }
                Run::Delete(n) => {
                    let (mut index, target) = self.find(base);
                    carried.retain_run(target - at);
                    at = target;
                    let end = base + n;
                    while base < end {
                        match self.operation.runs().get(index) {
                            Some(Run::Insert { chars, .. }) => {
                                carried.retain_run(*chars);
                                at += chars;
                            }
                            Some(Run::Retain(_)) => {
                                let n = self.starts[index + 1].base.min(end) - base;
                                carried.delete_run(n);
                                (base, at) = (base + n, at + n);
                            }
                            Some(Run::Delete(_)) => {
                                base = self.starts[index + 1].base.min(end);
                            }
                            None => {
                                carried.delete_run(end - base);
                                (base, at) = (end, at + (end - base));
                            }
                        }
                        index += 1;
                    }
                }
            }
        }
        Ok(carried
            .finish_at(self.operation.target_len())
            .expect("what was carried over stays within the target"))
    }

    /// The run that the gap at `base` stands before or lies in, and where the gap lies in the
    /// target: left of what is inserted into it. Past the last run: the number of runs.
    fn find(&self, base: u32) -> (usize, u32) {
        let index = self.starts.partition_point(|start| start.base < base);
        match self.starts.get(index) {
            Some(start) if start.base == base => (index, start.target),
            _ => {
                // The gap lies within the run before, or behind the end of the last one.
                let start = self.starts[index - 1];
                match self.operation.runs().get(index - 1) {
                    Some(Run::Delete(_)) => (index - 1, start.target),
                    _ => (index - 1, start.target + (base - start.base)),
                }
            }
        }
    }
}
