//! Operations as what they mean. Every law is obvious here and nothing is fast.

use crate::operation::{Component, Operation};

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
