//! The others in the document: where they are, who moved just now, who came and went.

use std::time::Duration;

use codesync_core::selection;
use codesync_core::{Bias, Operation, Selection};
use unicode_width::UnicodeWidthChar;

use crate::sanitize;

/// How long a name stands beside a caret that moved.
const FLAG_MS: u64 = 1_500;
/// Longest name that is shown, in columns.
const NAME_COLUMNS_MAX: usize = 24;

/// Somebody else in this document.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Person {
    /// Number within the document.
    pub(crate) author: u32,
    /// Harmless to show.
    pub(crate) name: String,
    /// Index of the colour.
    pub(crate) color: u8,
    pub(crate) selections: Vec<Selection>,
    /// Until when the name stands beside the caret.
    pub(crate) flag_until: Option<Duration>,
}

/// Everybody else, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    all: Vec<Person>,
    /// Whether the first list has come: those in it have not just joined.
    is_known: bool,
}

impl Person {
    pub(crate) fn new(author: u32, name: &str, color: u8, selections: Vec<Selection>) -> Self {
        let mut name = sanitize::shorten(name, NAME_COLUMNS_MAX);
        if name.trim().is_empty() {
            name = format!("person {author}");
        }
        Self { author, name, color, selections, flag_until: None }
    }

    /// The first letter or number of the name, for the caret where it stands on a blank.
    pub(crate) fn letter(&self) -> char {
        let letter = |c: &char| c.is_alphanumeric() && c.width() == Some(1);
        self.name.chars().find(letter).unwrap_or('•')
    }

    /// Where this person is, if it is known.
    pub(crate) fn caret(&self) -> Option<usize> {
        self.selections.first().map(|selection| selection.head)
    }
}

impl People {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.all.iter()
    }

    /// Takes a new list and tells who came and who went.
    pub(crate) fn update(&mut self, mut people: Vec<Person>, now: Duration) -> Vec<String> {
        let mut sentences = Vec::new();
        people.sort_by_key(|person| person.author);
        for person in &mut people {
            match self.all.iter().find(|before| before.author == person.author) {
                Some(before) if before.selections == person.selections => {
                    person.flag_until = before.flag_until;
                }
                Some(_) => person.flag_until = Some(now + Duration::from_millis(FLAG_MS)),
                None if self.is_known => {
                    sentences.push(format!("{} joined", person.name));
                    person.flag_until = Some(now + Duration::from_millis(FLAG_MS));
                }
                None => {}
            }
        }
        for gone in &self.all {
            if !people.iter().any(|person| person.author == gone.author) {
                sentences.push(format!("{} left", gone.name));
            }
        }
        self.all = people;
        self.is_known = true;
        sentences
    }

    pub(super) fn map(&mut self, operation: &Operation) {
        for person in &mut self.all {
            person.selections = selection::map(&person.selections, operation, Bias::Left);
        }
    }

    pub(super) fn forget_flags(&mut self, now: Duration) {
        for person in &mut self.all {
            person.flag_until = person.flag_until.filter(|until| *until > now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.all.iter().filter_map(|person| person.flag_until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana(at: usize) -> Person {
        Person::new(1, "Ana", 0, vec![Selection::caret(at)])
    }

    #[test]
    fn a_name_is_shown_for_a_while_after_its_caret_moved() {
        let mut people = People::default();
        assert!(people.update(vec![ana(1)], Duration::ZERO).is_empty());
        assert_eq!(people.deadline(), None);
        people.update(vec![ana(2)], Duration::from_millis(100));
        assert_eq!(people.deadline(), Some(Duration::from_millis(1_600)));
        people.update(vec![ana(2)], Duration::from_millis(200));
        assert_eq!(people.deadline(), Some(Duration::from_millis(1_600)));
        people.forget_flags(Duration::from_millis(1_600));
        assert_eq!(people.deadline(), None);
    }

    #[test]
    fn comings_and_goings_are_told_but_not_who_was_there() {
        let mut people = People::default();
        assert!(people.update(vec![ana(1)], Duration::ZERO).is_empty());
        let bo = Person::new(2, "Bo\u{1b}", 1, Vec::new());
        assert_eq!(people.update(vec![ana(1), bo], Duration::ZERO), ["Bo‹U+001B› joined"]);
        assert_eq!(people.update(vec![], Duration::ZERO), ["Ana left", "Bo‹U+001B› left"]);
    }
}
