//! A long operation with its prefix sums, over which a short one is carried without a pass.

use std::sync::OnceLock;

use crate::operation::{LengthMismatch, Operation, OperationBuilder};
use crate::transform::transform_new;

/// Below this many hunks a plain walk is faster than a search.
const HUNKS_MIN: usize = 16;

/// An operation that remembers at which offsets its changes lie.
///
/// Carrying a keystroke over a stretch of 10 000 components takes a binary search, not a walk.
/// The sums cost 8 bytes a place of change. They are taken when something is first carried over, and
/// kept from 16 places on.
#[derive(Debug)]
pub struct IndexedOperation {
    operation: Operation,
    /// Where each hunk changes something; empty for a short operation.
    places: OnceLock<Box<[Place]>>,
}

/// Offsets in chars at which a hunk inserts, in the base and in the target.
#[derive(Clone, Copy, Debug)]
struct Place {
    base: u32,
    target: u32,
}

impl IndexedOperation {
    /// An operation without its prefix sums yet. O(1).
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        Self { operation, places: OnceLock::new() }
    }

    /// The prefix sums, from now on at hand. O(components) the first time.
    fn places(&self) -> &[Place] {
        self.places.get_or_init(|| {
            let hunks = self.operation.hunks();
            if hunks.len() < HUNKS_MIN {
                return Box::default();
            }
            let mut at = Place { base: 0, target: 0 };
            let places = hunks.iter().map(|hunk| {
                let place = Place { base: at.base + hunk.retain, target: at.target + hunk.retain };
                at.base = place.base + hunk.delete;
                at.target = place.target + hunk.chars;
                place
            });
            places.collect()
        })
    }

    /// The operation itself.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Heap bytes held, prefix sums included.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.operation.heap_bytes() + self.places.get().map_or(0, |places| size_of_val(&**places))
    }

    /// [`transform_new`] over this operation, the same to the bit.
    ///
    /// O(k · log m + d) for `k` components over `m`, `d` of which lie within chars that `new`
    /// deletes; never more than the plain walk by more than a constant factor.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`] if `new` is not made for the same text.
    pub fn transform_new(&self, new: &Operation) -> Result<Operation, LengthMismatch> {
        let places = self.operation.hunks().len();
        let searches = new.hunks().len() * (places | 1).ilog2() as usize;
        if places < HUNKS_MIN || searches > places {
            return transform_new(new, &self.operation);
        }
        LengthMismatch::check(self.operation.base_len(), new.base_len())?;
        let mut carried = Operation::builder();
        // `at` is how far `carried` reaches in this operation's target.
        let (mut base, mut at, mut inserted) = (0, 0, new.inserted_text());
        for hunk in new.hunks() {
            base += hunk.retain;
            let (index, target) = self.find(base);
            carried.retain_chars(target - at);
            at = target;
            let (text, rest) = inserted.split_at(hunk.bytes as usize);
            inserted = rest;
            carried.insert_chars(text, hunk.chars);
            let end = base + hunk.delete;
            if base < end {
                at = self.delete(base, end, index, at, &mut carried);
                base = end;
            }
        }
        Ok(carried
            .finish_at(self.operation.target_len())
            .expect("what was carried over stays within the target"))
    }

    /// Deletes what is left of the chars from `base` to `end`, and returns how far that reaches in
    /// the target. Hunk `index` is the first at `base` or behind, and `at` is where `base` lies.
    fn delete(
        &self,
        mut base: u32,
        end: u32,
        index: usize,
        mut at: u32,
        carried: &mut OperationBuilder,
    ) -> u32 {
        if let Some(before) = index.checked_sub(1) {
            base = base.max(self.deleted_to(before).min(end));
        }
        for (place, hunk) in self.places()[index..].iter().zip(&self.operation.hunks()[index..]) {
            if place.base >= end {
                break;
            }
            let left = place.base - base;
            carried.delete_chars(left);
            carried.retain_chars(hunk.chars);
            at += left + hunk.chars;
            base = (place.base + hunk.delete).min(end);
        }
        carried.delete_chars(end - base);
        at + (end - base)
    }

    /// The first hunk at the gap `base` or behind it, and where the gap lies in the target: left of
    /// what is inserted into it.
    fn find(&self, base: u32) -> (usize, u32) {
        let places = self.places();
        let index = places.partition_point(|place| place.base < base);
        let target = match (places.get(index), index.checked_sub(1)) {
            (Some(place), _) if place.base == base => place.target,
            (_, None) => base,
            (_, Some(before)) => {
                // Within the chars that the hunk before deletes, or behind them.
                let target = places[before].target + self.operation.hunks()[before].chars;
                target + base.saturating_sub(self.deleted_to(before))
            }
        };
        (index, target)
    }

    /// Offset in the base up to which a hunk deletes.
    fn deleted_to(&self, index: usize) -> u32 {
        self.places()[index].base + self.operation.hunks()[index].delete
    }
}
