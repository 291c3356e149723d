//! One operation as the places it changes.

use std::borrow::Cow;

use codesync_core::{Component, Operation};

/// All that an operation does between two chars that stay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place<'a> {
    /// Where it begins in the text before, in chars.
    pub before: usize,
    /// Where it begins in the text after, in chars.
    pub after: usize,
    /// Chars that go.
    pub deleted: usize,
    /// What stands there afterwards.
    pub inserted: Cow<'a, str>,
}

/// How much an operation changes, in chars.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    pub inserted: u64,
    pub deleted: u64,
}

/// The places from left to right.
#[must_use]
pub fn places(operation: &Operation) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = Vec::new();
    let (mut before, mut after) = (0, 0);
    let mut open = false;
    for component in operation.components() {
        if let Component::Retain(chars) = component {
            before += chars;
            after += chars;
            open = false;
            continue;
        }
        if !open {
            open = true;
            places.push(Place { before, after, deleted: 0, inserted: Cow::Borrowed("") });
        }
        let place = places.last_mut().expect("one was opened");
        match component {
            Component::Retain(_) => unreachable!("seen to above"),
            Component::Delete(chars) => {
                place.deleted += chars;
                before += chars;
            }
            Component::Insert(text) => {
                place.inserted += text;
                after += text.chars().count();
            }
        }
    }
    places
}

impl Counts {
    /// What this operation comes to.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let deleted = operation.components().map(|component| match component {
            Component::Delete(chars) => chars as u64,
            Component::Retain(_) | Component::Insert(_) => 0,
        });
        Self { inserted: operation.inserted_text().chars().count() as u64, deleted: deleted.sum() }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.deleted += other.deleted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_is_one_place() {
        let operation = Operation::builder()
            .retain(2)
            .insert("ab")
            .delete(3)
            .insert("c")
            .retain(1)
            .delete(1)
            .finish_at(9)
            .expect("nine chars");
        let expected = [
            Place { before: 2, after: 2, deleted: 3, inserted: Cow::Borrowed("abc") },
            Place { before: 6, after: 6, deleted: 1, inserted: Cow::Borrowed("") },
        ];
        assert_eq!(places(&operation), expected);
        assert_eq!(Counts::of(&operation), Counts { inserted: 3, deleted: 4 });
        assert_eq!(places(&Operation::identity(9)), []);
    }
}
