//! Cutting an operation that is too large for one submission: off one part, or into all of them.

use super::{Component, Operation, OperationBuilder};
use crate::limits::{OPERATION_BYTES_MAX, OPERATION_COMPONENTS_MAX};

/// Most bytes of a component's head: a varint of 34 bits.
const HEAD_BYTES_MAX: usize = 5;

impl Operation {
    /// The largest first part of `self` that fits into one submission, and the rest, which is
    /// made for the text after the first part; `None` if all of it fits.
    ///
    /// Law: `apply(apply(t, first), rest) == apply(t, self)`. O(components + inserted text).
    pub(crate) fn first_part(&self) -> Option<(Operation, Operation)> {
        if self.fits_a_submission() {
            return None;
        }
        let (mut first, mut rest) = (Operation::builder(), Operation::builder());
        let mut room = Room::default();
        for component in self.components() {
            let inserted = match component {
                Component::Insert(text) => text.len(),
                Component::Retain(_) | Component::Delete(_) => 0,
            };
            let fits = room.text_bytes().is_some_and(|bytes| inserted <= bytes);
            match component {
                Component::Retain(n) => {
                    first.push_retain(n);
                    rest.push_retain(n);
                }
                Component::Insert(text) => {
                    let bytes = room.text_bytes().unwrap_or(0);
                    let (now, later) = text.split_at(text.floor_char_boundary(bytes));
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
                room.take(inserted);
            } else {
                room = Room::NONE;
            }
        }
        let end = "no more than the base was walked over";
        let first = first.finish_at(self.base_len()).expect(end);
        let rest = rest.finish_at(first.target_len()).expect(end);
        Some((first, rest))
    }

    /// All of `self` in parts that fit into one submission each, every one made for the text after
    /// those before it; none if nothing changes.
    ///
    /// O(components + inserted text) altogether.
    pub(crate) fn parts(&self) -> Vec<Operation> {
        if self.fits_a_submission() {
            return if self.is_identity() { Vec::new() } else { vec![self.clone()] };
        }
        let mut parts =
            Parts { done: Vec::new(), next: Operation::builder(), len: self.base_len() };
        // How far the text is as it shall be, in chars.
        let mut reached = 0;
        let mut room = Room::default();
        for component in self.components() {
            match component {
                Component::Retain(n) => {
                    parts.next.push_retain(n);
                    reached += n;
                    room.take(0);
                }
                Component::Delete(n) => {
                    if room.text_bytes().is_none() {
                        room = parts.cut(reached);
                    }
                    parts.next.push_delete(n);
                    room.take(0);
                }
                Component::Insert(mut text) => loop {
                    let bytes = room.text_bytes().unwrap_or(0);
                    let (now, later) = text.split_at(text.floor_char_boundary(bytes));
                    parts.next.push_insert(now);
                    reached += now.chars().count();
                    room.take(now.len());
                    if later.is_empty() {
                        break;
                    }
                    room = parts.cut(reached);
                    text = later;
                },
            }
        }
        parts.cut(reached);
        parts.done.retain(|part| !part.is_identity());
        parts.done
    }

    fn fits_a_submission(&self) -> bool {
        self.component_count() <= OPERATION_COMPONENTS_MAX
            && self.encoded_len() <= OPERATION_BYTES_MAX
    }
}

/// What one submission may still hold.
#[derive(Clone, Copy)]
struct Room {
    bytes: usize,
    components: usize,
}

impl Default for Room {
    fn default() -> Self {
        // One component is kept free for the part of an insertion.
        Self { bytes: OPERATION_BYTES_MAX, components: OPERATION_COMPONENTS_MAX - 1 }
    }
}

impl Room {
    const NONE: Self = Self { bytes: 0, components: 0 };

    /// Bytes of text that one more component may have, if there may be one more.
    fn text_bytes(self) -> Option<usize> {
        let bytes = self.bytes.checked_sub(HEAD_BYTES_MAX)?;
        (self.components > 0).then_some(bytes)
    }

    fn take(&mut self, text_bytes: usize) {
        self.bytes = self.bytes.saturating_sub(HEAD_BYTES_MAX + text_bytes);
        self.components = self.components.saturating_sub(1);
    }
}

struct Parts {
    done: Vec<Operation>,
    next: OperationBuilder,
    /// Length in chars of the text that the next part is made for.
    len: usize,
}

impl Parts {
    /// Ends a part and begins the next, which starts `reached` chars from the left.
    fn cut(&mut self, reached: usize) -> Room {
        let part = std::mem::take(&mut self.next).finish_at(self.len);
        let part = part.expect("no more than the text was walked over");
        self.len = part.target_len();
        self.done.push(part);
        self.next.push_retain(reached);
        let mut room = Room::default();
        if reached > 0 {
            room.take(0);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, operation: &Operation, parts: usize) {
        let expected = operation.apply_to(base).unwrap();
        let (mut cut_off, mut rest) = (Vec::new(), operation.clone());
        while let Some((first, after)) = rest.first_part() {
            cut_off.push(first);
            rest = after;
        }
        cut_off.push(rest);
        for cut in [cut_off, operation.parts()] {
            let mut text = base.to_owned();
            for part in &cut {
                assert!(part.fits_a_submission());
                assert!(!part.is_identity(), "each part must bring us forward");
                text = part.apply_to(&text).unwrap();
            }
            assert_eq!(text, expected);
            assert_eq!(cut.len(), parts);
        }
    }

    #[test]
    fn nothing_has_no_parts() {
        assert_eq!(Operation::identity(5).parts(), []);
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
