//! Generators and a naive model, for the tests of this crate and of those that link it.
//!
//! The model keeps an operation as what it means: per gap the text inserted there, per char
//! whether it stays. Every law is obvious in it and nothing in it is fast.

use proptest::prelude::*;

use crate::operation::{Component, Operation};

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

/// An operation as what it means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Model {
    /// `gaps[i]` is inserted before char `i` of the base, the last one at its end.
    pub gaps: Vec<String>,
    /// Whether char `i` of the base stays.
    pub kept: Vec<bool>,
}

impl Model {
    /// What `operation` means.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let len = operation.base_len();
        let mut model = Self { gaps: vec![String::new(); len + 1], kept: vec![true; len] };
        let mut at = 0;
        for component in operation.components() {
            match component {
                Component::Retain(n) => at += n,
                Component::Insert(text) => model.gaps[at].push_str(text),
                Component::Delete(n) => {
                    model.kept[at..at + n].fill(false);
                    at += n;
                }
            }
        }
        model
    }

    /// The operation that means this.
    #[must_use]
    pub fn operation(&self) -> Operation {
        let mut builder = Operation::builder();
        for (gap, kept) in self.gaps.iter().zip(&self.kept) {
            builder.push_insert(gap);
            if *kept {
                builder.push_retain(1);
            } else {
                builder.push_delete(1);
            }
        }
        builder.push_insert(&self.gaps[self.kept.len()]);
        builder.finish()
    }

    /// The effect on a text.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut target = String::new();
        let mut gaps = self.gaps.iter();
        for (char, kept) in text.chars().zip(&self.kept) {
            target.push_str(gaps.next().expect("one gap before each char"));
            if *kept {
                target.push(char);
            }
        }
        target.push_str(gaps.next().expect("one gap at the end"));
        target
    }

    /// `self`, the later one, carried over `old`.
    ///
    /// Each gap of the base lands in the target of `old` left of what `old` put there.
    #[must_use]
    pub fn transformed_over(&self, old: &Model) -> Model {
        let mut carried = Model { gaps: vec![String::new()], kept: Vec::new() };
        for base in 0..=self.kept.len() {
            carried.gaps.last_mut().expect("never empty").push_str(&self.gaps[base]);
            for _ in old.gaps[base].chars() {
                carried.kept.push(true);
                carried.gaps.push(String::new());
            }
            if base < self.kept.len() && old.kept[base] {
                carried.kept.push(self.kept[base]);
                carried.gaps.push(String::new());
            }
        }
        carried
    }
}
