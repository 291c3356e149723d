//! Who touched each line last.
//!
//! [`Blame`] walks along the log and keeps for each line the operation that made it what it is. A
//! line is what stands between two line feeds. It stays its old author's exactly as long as all of
//! it stays and nothing comes into it; whatever else happens around it – lines above it go, a line
//! feed is put before or behind it – does not touch it. So
//!
//! - typing in a line, or deleting from it, touches it;
//! - a line that is split becomes two touched ones, two that are joined become one;
//! - Enter at the end of a line makes a new one below and leaves the line alone, Enter at its
//!   beginning makes a new one above;
//! - of an empty line nothing can be seen to stay: it is the upper one that was there before.
//!
//! The cost of an operation is that of the places it changes, plus a short scan for each; memory
//! follows the number of lines, not the length of the log.

mod lines;

use codesync_core::{Author, LengthMismatch, Operation, Revision};

use crate::history::change::{Place, places};
use lines::{Line, Lines};

/// The operation that touched a line last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Touch {
    pub revision: Revision,
    pub author: Author,
    /// When it was committed, in milliseconds since 1970.
    pub at: i64,
}

/// Lines one below the other that were touched last by one operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Run {
    /// The first of them, from 0 on.
    pub line: usize,
    pub lines: usize,
    pub touch: Touch,
}

/// The lines of a text, and who touched each last.
#[derive(Debug)]
pub struct Blame {
    lines: Lines,
}

impl Default for Blame {
    fn default() -> Self {
        Self::new()
    }
}

impl Blame {
    /// The empty text: one line, of nobody.
    #[must_use]
    pub fn new() -> Self {
        let touch = Touch { revision: Revision::ZERO, author: Author::ZERO, at: 0 };
        Self { lines: Lines::of(Line { chars: 0, touch }) }
    }

    /// Goes on to the text after this operation; an error if it is made for another text.
    pub fn apply(&mut self, operation: &Operation, touch: Touch) -> Result<(), LengthMismatch> {
        let (expected, met) = (operation.base_len(), self.lines.chars());
        if expected != met {
            return Err(LengthMismatch { expected, met });
        }
        for place in places(operation) {
            self.change(&place, touch);
        }
        Ok(())
    }

    /// The lines from the first to the last, equal neighbours together. What is behind the last
    /// line feed is a line only if there is anything.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        let lines: Vec<_> = self.lines.iter().collect();
        let nothing = lines.last().is_some_and(|last| last.chars == 0);
        let mut runs: Vec<Run> = Vec::new();
        for (line, touch) in lines.iter().map(|line| line.touch).enumerate() {
            if nothing && line + 1 == lines.len() {
                break;
            }
            match runs.last_mut() {
                Some(run) if run.touch == touch => run.lines += 1,
                _ => runs.push(Run { line, lines: 1, touch }),
            }
        }
        runs
    }

    /// Everything to the left of the place is as it is after the operation already.
    fn change(&mut self, place: &Place<'_>, touch: Touch) {
        let first = self.lines.find(place.after);
        let last = self.lines.find(place.after + place.deleted);
        let one = first.line == last.line;
        let (above, below) = (self.lines.at(first.line), self.lines.at(last.line));
        // What stays of the first line before the place, and of the last one behind it.
        let (head, tail) = (first.column, below.chars - last.column);
        let (keeps_above, keeps_below) = (head == above.chars, last.column == 0);

        let mut parts = place.inserted.split('\n').map(|part| part.chars().count());
        let top = parts.next().unwrap_or(0);
        let new = |chars: usize, kept: Option<Touch>| Line { chars, touch: kept.unwrap_or(touch) };
        let Some(mut bottom) = parts.next() else {
            let joined_from = match () {
                () if top > 0 || one => None,
                () if keeps_above && tail == 0 => Some(above.touch),
                () if keeps_below && head == 0 => Some(below.touch),
                () => None,
            };
            let line = new(head + top + tail, joined_from);
            return self.lines.replace(first.line, last.line, vec![line]);
        };
        let mut lines = Vec::with_capacity(2);
        let stays_above = top == 0 && keeps_above;
        lines.push(new(head + top, stays_above.then_some(above.touch)));
        for next in parts {
            lines.push(new(bottom, None));
            bottom = next;
        }
        let stays_below = bottom == 0 && keeps_below && !(one && stays_above);
        lines.push(new(bottom + tail, stays_below.then_some(below.touch)));
        self.lines.replace(first.line, last.line, lines);
    }
}

#[cfg(test)]
mod tests {
    use codesync_core::test_support::operations_in_a_row;
    use proptest::prelude::*;

    use super::*;

    fn touch(n: u64) -> Touch {
        Touch { revision: Revision::new(n), author: Author::new(n as u32 % 3), at: 0 }
    }

    /// Applies operations to a text written by revision 1, and says for each line who touched it.
    #[track_caller]
    fn check(text: &str, operations: &[Operation], expected: &[u64]) {
        let mut blame = Blame::new();
        blame.apply(&Operation::replace(0, 0..0, text), touch(1)).expect("empty before");
        for (operation, n) in operations.iter().zip(2..) {
            blame.apply(operation, touch(n)).expect("in a row");
        }
        let revisions: Vec<_> = blame.lines.iter().map(|line| line.touch.revision.get()).collect();
        assert_eq!(revisions, expected);
    }

    /// One change of `text`, at its mark `|`: delete so many chars, and insert.
    fn at(text: &str, delete: usize, insert: &str) -> (String, Operation) {
        let at = text.find('|').expect("a mark");
        let text = text.replace('|', "");
        let offset = text[..at].chars().count();
        let len = text.chars().count();
        (text, Operation::replace(len, offset..offset + delete, insert))
    }

    #[track_caller]
    fn check_one(text: &str, delete: usize, insert: &str, expected: &[u64]) {
        let (text, operation) = at(text, delete, insert);
        check(&text, &[operation], expected);
    }

    #[test]
    fn typing_in_a_line_touches_it_and_no_other() {
        check_one("a\nb|c\nd", 0, "x", &[1, 2, 1]);
        check_one("a\nb|c\nd", 1, "", &[1, 2, 1]);
        check_one("a\n|bc\nd", 2, "", &[1, 2, 1]);
        check_one("|", 0, "x", &[2]);
    }

    #[test]
    fn whole_lines_come_and_go_without_touching_their_neighbours() {
        check_one("a\n|b\nc", 0, "x\ny\n", &[1, 2, 2, 1, 1]);
        check_one("a|\nb\nc", 0, "\nx", &[1, 2, 1, 1]);
        check_one("a\n|b\nc\nd", 4, "", &[1, 1]);
        check_one("a|\nb\nc\nd", 4, "", &[1, 1]);
        check_one("a\n|b\nc", 2, "x\n", &[1, 2, 1]);
    }

    #[test]
    fn enter_makes_a_line_above_or_below_and_in_between_touches_both() {
        check_one("a\nbc|\nd", 0, "\n", &[1, 1, 2, 1]);
        check_one("a\n|bc\nd", 0, "\n", &[1, 2, 1, 1]);
        check_one("a\nb|c\nd", 0, "\n", &[1, 2, 2, 1]);
        check_one("a\n|\nd", 0, "\n", &[1, 1, 2, 1]);
    }

    #[test]
    fn joined_lines_are_touched_unless_one_of_them_was_empty() {
        check_one("a\nb|\nc\nd", 1, "", &[1, 2, 1]);
        check(
            "a\n\nb",
            &[Operation::replace(4, 0..1, "x"), Operation::replace(4, 1..2, "")],
            &[2, 1],
        );
        check(
            "a\n\nb",
            &[Operation::replace(4, 0..1, "x"), Operation::replace(4, 2..3, "")],
            &[2, 1],
        );
        check_one("a\n|\n\nb", 1, "", &[1, 1, 1]);
    }

    #[test]
    fn several_places_of_one_operation_are_each_seen() {
        let operation =
            Operation::builder().insert("x").retain(4).delete(2).retain(1).insert("\n").finish();
        check("a\nb\nc\nd", &[operation], &[2, 1, 1, 2]);
    }

    /// The naive model: every char has a number of its own, and a line that is not empty is an old
    /// one exactly if its chars are those of an old one.
    #[derive(Default)]
    struct Naive {
        chars: Vec<(char, usize)>,
        touches: Vec<Touch>,
        born: usize,
    }

    impl Naive {
        fn lines(&self) -> Vec<Vec<usize>> {
            let lines = self.chars.split(|(char, _)| *char == '\n');
            lines.map(|line| line.iter().map(|(_, id)| *id).collect()).collect()
        }

        fn apply(&mut self, operation: &Operation, touch: Touch) {
            let old = self.lines();
            for place in places(operation) {
                let new: Vec<_> = place.inserted.chars().zip(self.born..).collect();
                self.born += new.len();
                self.chars.splice(place.after..place.after + place.deleted, new);
            }
            let touches = std::mem::take(&mut self.touches);
            let owner = |line: &Vec<usize>| {
                let same = old.iter().position(|it| it == line).filter(|_| !line.is_empty());
                same.map_or(touch, |index| touches[index])
            };
            self.touches = self.lines().iter().map(owner).collect();
        }
    }

    proptest! {
        #[test]
        fn every_line_is_its_last_touchers_in_any_history(
            operations in operations_in_a_row(0, 30)
        ) {
            let (mut blame, mut naive) = (Blame::new(), Naive::default());
            naive.touches.push(touch(0));
            for (operation, n) in operations.iter().zip(1..) {
                blame.apply(operation, touch(n)).expect("in a row");
                naive.apply(operation, touch(n));
                let lines: Vec<_> = blame.lines.iter().collect();
                let expected = naive.lines();
                prop_assert_eq!(lines.len(), expected.len());
                for (index, line) in lines.iter().enumerate() {
                    prop_assert_eq!(line.chars, expected[index].len());
                    if line.chars > 0 {
                        prop_assert_eq!(line.touch, naive.touches[index], "line {}", index);
                    } else {
                        // Which of several empty lines is which, no model can say.
                        naive.touches[index] = line.touch;
                    }
                }
                let counted: usize = blame.runs().iter().map(|run| run.lines).sum();
                let last_is_empty = lines.last().is_some_and(|line| line.chars == 0);
                prop_assert_eq!(counted, lines.len() - usize::from(last_is_empty));
            }
        }
    }

    #[test]
    fn a_long_text_is_blamed_as_a_short_one() {
        let lines = 5_000;
        let text: String = (0..lines).map(|n| format!("line {n}\n")).collect();
        let (mut blame, mut len) = (Blame::new(), text.chars().count());
        blame.apply(&Operation::replace(0, 0..0, &text), touch(1)).expect("empty before");
        for n in 2..=2_000 {
            // A new line at a place that walks through all of the text.
            let at = blame.lines.start_of(n as usize * 7 % lines);
            blame.apply(&Operation::replace(len, at..at, "new\n"), touch(n)).expect("in a row");
            len += 4;
        }
        let runs = blame.runs();
        let of = |wanted: fn(u64) -> bool| -> usize {
            let runs = runs.iter().filter(|run| wanted(run.touch.revision.get()));
            runs.map(|run| run.lines).sum()
        };
        assert_eq!((of(|n| n == 0), of(|n| n == 1), of(|n| n > 1)), (0, lines, 1_999));
    }
}
