//! Generators, a naive model and recorded editing sessions, for the tests of this crate and of
//! those that link it.

mod model;
pub mod traces;

use proptest::prelude::*;

pub use model::Model;

use crate::operation::Operation;

/// Texts of up to `chars_max` chars, with the shapes that break editors: CRLF, combining marks,
/// emoji with joiners, wide chars, line separators, and nothing at all.
pub fn text(chars_max: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-z ]",
        2 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        1 => Just("e\u{301}".to_owned()),
        1 => Just("👩\u{200d}🚀".to_owned()),
        1 => Just("𝒳".to_owned()),
        1 => Just("漢字".to_owned()),
        1 => Just("\u{2028}".to_owned()),
        1 => Just("\u{c}\u{85}".to_owned()),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..=chars_max)
        .prop_map(move |pieces| pieces.concat().chars().take(chars_max).collect())
}

/// Operations over a base of `base_len` chars, of any shape, with up to `steps_max` components.
pub fn operation(base_len: usize, steps_max: usize) -> impl Strategy<Value = Operation> {
    let step = (0..3_u8, 1..=base_len.max(1), text(4));
    prop::collection::vec(step, 0..=steps_max).prop_map(move |steps| {
        let mut builder = Operation::builder();
        let mut left = base_len;
        for (kind, n, text) in steps {
            let n = if n % 3 == 0 { n } else { n % 4 }.min(left);
            match kind {
                0 => builder.push_retain(n),
                1 => builder.push_delete(n),
                _ => {
                    builder.push_insert(&text);
                    continue;
                }
            }
            left -= n;
        }
        builder.finish_at(base_len).expect("steps stay within the base")
    })
}

/// A text and an operation on it.
pub fn text_and_operation(chars_max: usize) -> impl Strategy<Value = (String, Operation)> {
    text(chars_max).prop_flat_map(|text| {
        let len = text.chars().count();
        (Just(text), operation(len, 8))
    })
}

/// `n` operations in a row, the first on a text of `base_len` chars.
pub fn operations_in_a_row(base_len: usize, n: usize) -> BoxedStrategy<Vec<Operation>> {
    if n == 0 {
        return Just(Vec::new()).boxed();
    }
    operation(base_len, 6)
        .prop_flat_map(move |first| {
            let rest = operations_in_a_row(first.target_len(), n - 1);
            (Just(first), rest).prop_map(|(first, rest)| {
                let mut all = vec![first];
                all.extend(rest);
                all
            })
        })
        .boxed()
}
