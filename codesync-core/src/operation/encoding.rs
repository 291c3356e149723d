//! An operation as bytes, for the wire and for the log.
//!
//! A sequence of postcard values until the end of the bytes. Each component starts with one
//! `varint(u64)` that holds `length · 4 + kind`: kind 0 retains `length` chars, kind 2 deletes
//! `length` chars, kind 1 inserts the `length` bytes of UTF-8 that follow. The retain that reaches
//! to the end of the base is left out, so the reader must know the base length. A typed char at an
//! offset below 2¹⁹ takes at most 5 bytes.
//!
//! Varints as in postcard's wire specification (<https://postcard.jamesmunns.com/wire-format>),
//! in their shortest form only, so that an operation has exactly one encoding.

use std::ops::Range;

use super::{Operation, OperationBuilder, char_count};

const KIND_BITS: u32 = 2;
const RETAIN: u64 = 0;
const INSERT: u64 = 1;
const DELETE: u64 = 2;

/// Bounds that decoding keeps. See [`limits`](crate::limits) for the values of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OperationLimits {
    /// Most components that are taken.
    pub components_max: usize,
    /// Longest text that the operation may produce, in chars.
    pub target_chars_max: usize,
}

impl OperationLimits {
    /// Bounds that only keep lengths representable: for what this program wrote itself, such as
    /// its log. The bytes bound the number of components.
    pub const REPRESENTABLE: Self =
        Self { components_max: usize::MAX, target_chars_max: u32::MAX as usize };
}

/// Bytes that are not an operation over the stated base.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OperationDecodeError {
    /// The bytes end within a component, or a number is not in its shortest form.
    #[error("malformed number or component at byte {at}")]
    Malformed {
        /// Offset in bytes of the component.
        at: usize,
    },
    /// A component of a kind that does not exist.
    #[error("component at byte {at} is of the unknown kind {kind}")]
    UnknownKind {
        /// Offset in bytes of the component.
        at: usize,
        /// The two low bits that were met.
        kind: u8,
    },
    /// Inserted bytes that are not UTF-8.
    #[error("inserted text at byte {at} is not UTF-8")]
    NotUtf8 {
        /// Offset in bytes of the component.
        at: usize,
    },
    /// An empty component, two equal neighbours, or a retain at the end.
    #[error("component at byte {at} is not in normal form")]
    NotNormal {
        /// Offset in bytes of the component.
        at: usize,
    },
    /// More of the base is retained and deleted than there is.
    #[error("the operation reaches char {reached} of a base of {base_len}")]
    PastBase {
        /// Offset in chars that the operation reaches at least.
        reached: u64,
        /// Length in chars of the base.
        base_len: usize,
    },
    /// Too many components.
    #[error("more than {components_max} components")]
    TooManyComponents {
        /// The bound.
        components_max: usize,
    },
    /// The text produced would be too long.
    #[error("the operation makes the text longer than {target_chars_max} chars")]
    TargetTooLong {
        /// The bound in chars.
        target_chars_max: usize,
    },
}

impl Operation {
    /// The operation as bytes; [`Operation::decode`] with the same base length reads them back.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.hunks.len() * 6 + self.inserted.len());
        self.encode_into(&mut bytes);
        bytes
    }

    /// Appends the operation's bytes to `bytes`.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        let mut inserted = &*self.inserted;
        for hunk in &self.hunks {
            if hunk.retain > 0 {
                push_head(bytes, hunk.retain, RETAIN);
            }
            if hunk.bytes > 0 {
                let (text, rest) = inserted.split_at(hunk.bytes as usize);
                inserted = rest;
                push_head(bytes, hunk.bytes, INSERT);
                bytes.extend_from_slice(text.as_bytes());
            }
            if hunk.delete > 0 {
                push_head(bytes, hunk.delete, DELETE);
            }
        }
    }

    /// Number of bytes that [`Operation::encode`] produces. O(components).
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let heads = self.hunks.iter().flat_map(|hunk| [hunk.retain, hunk.bytes, hunk.delete]);
        let head_bytes = |n| if n > 0 { varint_len(u64::from(n) << KIND_BITS) } else { 0 };
        heads.map(head_bytes).sum::<usize>() + self.inserted.len()
    }

    /// Reads an operation over a base of `base_len` chars from all of `bytes`.
    ///
    /// O(bytes) in time; the memory taken is at most a small multiple of the bytes read.
    ///
    /// # Errors
    ///
    /// [`OperationDecodeError`] for whatever is not the one encoding of an operation within
    /// `limits`. Never panics, whatever the bytes.
    pub fn decode(
        bytes: &[u8],
        base_len: usize,
        limits: &OperationLimits,
    ) -> Result<Operation, OperationDecodeError> {
        use OperationDecodeError as E;

        let target_chars_max = limits.target_chars_max.min(u32::MAX as usize);
        if base_len > u32::MAX as usize {
            return Err(E::PastBase { reached: base_len as u64, base_len: u32::MAX as usize });
        }
        if let Some((range, text)) = replacement(bytes, base_len, limits) {
            return Ok(Operation::replace(base_len, range, text));
        }
        // The target only grows from left to right, so the bound holds at every step.
        let within_target = |builder: &OperationBuilder, more: usize| {
            let fits = more <= target_chars_max - builder.target_len();
            if fits { Ok(()) } else { Err(E::TargetTooLong { target_chars_max }) }
        };
        let mut builder = Operation::builder();
        let mut rest = bytes;
        let (mut kind_before, mut components) = (None, 0);
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            let (head, after) = take_varint(rest).ok_or(E::Malformed { at })?;
            rest = after;
            let (n, kind) = (head >> KIND_BITS, head & ((1 << KIND_BITS) - 1));
            if n == 0 || kind_before == Some(kind) {
                return Err(E::NotNormal { at });
            }
            kind_before = Some(kind);
            match kind {
                RETAIN | DELETE => {
                    let reached = (builder.base_len() as u64).saturating_add(n);
                    if reached > base_len as u64 {
                        return Err(E::PastBase { reached, base_len });
                    }
                    // `reached` fits in 32 bits, so `n` does.
                    let n = n as u32;
                    if kind == DELETE {
                        builder.delete_chars(n);
                    } else {
                        within_target(&builder, n as usize)?;
                        builder.retain_chars(n);
                    }
                }
                INSERT => {
                    let length = usize::try_from(n).map_err(|_| E::Malformed { at })?;
                    let (text, after) = rest.split_at_checked(length).ok_or(E::Malformed { at })?;
                    rest = after;
                    let text = std::str::from_utf8(text).map_err(|_| E::NotUtf8 { at })?;
                    let chars = char_count(text);
                    within_target(&builder, chars)?;
                    builder.insert_chars(text, chars as u32);
                }
                _ => return Err(E::UnknownKind { at, kind: kind as u8 }),
            }
            components += 1;
            if components > limits.components_max {
                return Err(E::TooManyComponents { components_max: limits.components_max });
            }
        }
        if kind_before == Some(RETAIN) {
            return Err(E::NotNormal { at: bytes.len() });
        }
        within_target(&builder, base_len - builder.base_len())?;
        Ok(builder.finish_at(base_len).expect("no more than the base was walked over"))
    }
}

/// The replacement that these bytes are, as most operations are one; nothing where they are anything
/// else, or not within limits.
fn replacement<'a>(
    bytes: &'a [u8],
    base_len: usize,
    limits: &OperationLimits,
) -> Option<(Range<usize>, &'a str)> {
    let (mut rest, mut components) = (bytes, 0);
    let mut take = |rest: &mut &'a [u8], kind| match take_varint(rest) {
        Some((head, after)) if head & ((1 << KIND_BITS) - 1) == kind => {
            components += 1;
            *rest = after;
            usize::try_from(head >> KIND_BITS).ok().filter(|n| *n > 0)
        }
        _ => Some(0),
    };
    let retain = take(&mut rest, RETAIN)?;
    let inserted = take(&mut rest, INSERT)?;
    let (text, mut rest) = rest.split_at_checked(inserted)?;
    let delete = take(&mut rest, DELETE)?;
    let end = retain.checked_add(delete)?;
    let is_whole = rest.is_empty() && inserted | delete != 0;
    if !is_whole || components > limits.components_max || end > base_len {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let target_len = (base_len - delete).checked_add(char_count(text))?;
    let fits = target_len <= limits.target_chars_max.min(u32::MAX as usize);
    fits.then_some((retain..end, text))
}

fn push_head(bytes: &mut Vec<u8>, length: u32, kind: u64) {
    push_varint(bytes, (u64::from(length) << KIND_BITS) | kind);
}

fn push_varint(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push((n as u8) | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn varint_len(n: u64) -> usize {
    let bits = u64::BITS - (n | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (n, rest) = postcard::take_from_bytes::<u64>(bytes).ok()?;
    let taken = bytes.len() - rest.len();
    (taken == varint_len(n)).then_some((n, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: OperationLimits = OperationLimits { components_max: 4, target_chars_max: 100 };

    #[track_caller]
    fn refused(bytes: &[u8], expected: OperationDecodeError) {
        assert_eq!(Operation::decode(bytes, 10, &LIMITS), Err(expected));
    }

    #[test]
    fn a_typed_char_takes_five_bytes_in_half_a_million() {
        let key = Operation::replace(600_000, (1 << 19) - 1..(1 << 19) - 1, "x");
        assert_eq!(key.encode().len(), 5);
        assert_eq!(key.encoded_len(), 5);
    }

    #[test]
    fn an_operation_reads_back_what_it_writes() {
        let op = Operation::builder().retain(2).insert("žluť").delete(3).finish_at(10).unwrap();
        assert_eq!(op.encode().len(), op.encoded_len());
        assert_eq!(Operation::decode(&op.encode(), 10, &LIMITS), Ok(op));
    }

    #[test]
    fn nothing_is_the_identity() {
        assert_eq!(Operation::decode(&[], 10, &LIMITS), Ok(Operation::identity(10)));
    }

    #[test]
    fn what_is_not_an_operation_is_refused_with_its_place() {
        use OperationDecodeError as E;
        refused(&[0x80], E::Malformed { at: 0 });
        refused(&[0x84, 0x00], E::Malformed { at: 0 });
        refused(&[0x0d, b'a'], E::Malformed { at: 0 });
        refused(&[0x05, 0xff], E::NotUtf8 { at: 0 });
        refused(&[0x0d, 0xed, 0xa0, 0x80], E::NotUtf8 { at: 0 }); // a lone surrogate
        refused(&[0x07], E::UnknownKind { at: 0, kind: 3 });
        refused(&[0x01], E::NotNormal { at: 0 });
        refused(&[0x06, 0x06], E::NotNormal { at: 1 });
        refused(&[0x06, 0x04], E::NotNormal { at: 2 });
        refused(&[0x2c], E::PastBase { reached: 11, base_len: 10 });
        refused(&[0x04, 0x06, 0x04, 0x06, 0x05, b'a'], E::TooManyComponents { components_max: 4 });
        let long = Operation::replace(10, 0..0, &"x".repeat(91)).encode();
        refused(&long, E::TargetTooLong { target_chars_max: 100 });
        refused(
            &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            E::PastBase { reached: u64::MAX >> 2, base_len: 10 },
        );
    }
}
