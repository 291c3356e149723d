//! Carrying many offsets over one operation.

use smallvec::SmallVec;

use crate::operation::{Bias, Component, Operation};

/// An operation prepared for carrying offsets over it: O(components) to make, O(log components)
/// for an offset, so that a table of peers costs the sum and not the product of the two sizes.
///
/// It answers what [`Operation::map_offset`] answers.
pub(super) struct OffsetMap {
    stretches: SmallVec<[Stretch; 4]>,
    base_len: usize,
}

/// A run of base characters that are all kept or all deleted.
struct Stretch {
    base_start: usize,
    base_end: usize,
    target_start: usize,
    kept: bool,
}

impl OffsetMap {
    pub(super) fn new(operation: &Operation) -> Self {
        let mut stretches = SmallVec::new();
        let (mut base, mut target) = (0, 0);
        for component in operation.components() {
            let (chars, kept) = match component {
                Component::Insert(text) => {
                    target += text.chars().count();
                    continue;
                }
                Component::Retain(chars) => (chars, true),
                Component::Delete(chars) => (chars, false),
            };
            let (base_start, target_start) = (base, target);
            base += chars;
            target += if kept { chars } else { 0 };
            stretches.push(Stretch { base_start, base_end: base, target_start, kept });
        }
        // The rest of the base is kept. As its end is nowhere, every offset lies in a stretch.
        let (base_start, base_end, target_start) = (base, usize::MAX, target);
        stretches.push(Stretch { base_start, base_end, target_start, kept: true });
        Self { stretches, base_len: operation.base_len() }
    }

    /// Length in chars of the text the offsets are in.
    pub(super) fn base_len(&self) -> usize {
        self.base_len
    }

    /// Where the gap at `offset` lies afterwards: an insertion into that gap stands right of it
    /// with [`Bias::Left`] and left of it with [`Bias::Right`].
    pub(super) fn map(&self, offset: usize, bias: Bias) -> usize {
        debug_assert!(offset <= self.base_len, "offset {offset} is beyond {}", self.base_len);
        let index = match bias {
            // The beginning has no stretch on its left.
            Bias::Left if offset == 0 => return 0,
            Bias::Left => self.stretches.partition_point(|s| s.base_end < offset),
            Bias::Right => self.stretches.partition_point(|s| s.base_end <= offset),
        };
        let stretch = &self.stretches[index];
        stretch.target_start + if stretch.kept { offset - stretch.base_start } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_offsets_go_where_one_would() {
        let operations = [
            Operation::identity(9),
            Operation::builder().insert("ab").delete(9).insert("c").finish(),
            Operation::builder()
                .delete(2)
                .insert("é")
                .delete(1)
                .retain(2)
                .insert("x")
                .finish_at(9)
                .unwrap(),
            Operation::builder().retain(3).insert("x").delete(2).retain(4).insert("y").finish(),
        ];
        for operation in &operations {
            let map = OffsetMap::new(operation);
            for offset in 0..=9 {
                for bias in [Bias::Left, Bias::Right] {
                    let expected = operation.map_offset(offset, bias);
                    assert_eq!(map.map(offset, bias), expected, "{operation:?} {offset} {bias:?}");
                }
            }
        }
    }
}
