//! Which lines an operation changes.

use codesync_core::operation::Component;
use codesync_core::{Operation, Text};

/// Changes of one operation that are told apart; of more, all in between counts as changed.
const CHANGES_MAX: usize = 64;

/// The lines `at..=at + removed` became the lines `at..=at + added`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LineChange {
    pub(crate) at: usize,
    /// Characters at the beginning of the first of these lines that stayed, or more if an earlier
    /// change of the same operation has it that they did not.
    pub(crate) kept: usize,
    pub(crate) removed: usize,
    pub(crate) added: usize,
}

impl LineChange {
    /// Where a line that is not among the changed ones went.
    pub(crate) fn shift(&self, line: usize) -> usize {
        if line > self.at + self.removed { line - self.removed + self.added } else { line }
    }
}

/// What an operation does to the lines of `before`, from the top; each change is about the lines
/// after those above it.
pub(crate) fn line_changes(before: &Text, operation: &Operation) -> Vec<LineChange> {
    let mut changes: Vec<LineChange> = Vec::new();
    let mut offset = 0;
    let mut shift = 0_isize;
    let mut last = 0;
    for component in operation.components() {
        let begin = offset;
        let (removed, added) = match component {
            Component::Retain(chars) => {
                offset += chars;
                continue;
            }
            Component::Insert(text) => (0, text.bytes().filter(|byte| *byte == b'\n').count()),
            Component::Delete(chars) => {
                offset += chars;
                (before.line_of(offset) - before.line_of(begin), 0)
            }
        };
        last = before.line_of(offset);
        let first = last - removed;
        let kept = begin - before.line_start(first);
        let at = first.saturating_add_signed(shift);
        changes.push(LineChange { at, kept, removed, added });
        shift += added.cast_signed() - removed.cast_signed();
    }
    match changes.first() {
        Some(first) if changes.len() > CHANGES_MAX => {
            let removed = last.saturating_sub(first.at);
            let added = removed.saturating_add_signed(shift);
            vec![LineChange { removed, added, ..*first }]
        }
        _ => changes,
    }
}

#[cfg(test)]
mod tests {
    use codesync_core::{Encoding, TextEdit};

    use super::*;

    #[track_caller]
    fn check(
        text: &str,
        edits: &[(std::ops::Range<usize>, &str)],
        expected: &[(usize, usize, usize)],
    ) {
        let text = Text::from(text);
        let edits: Vec<TextEdit> = edits
            .iter()
            .map(|(range, text)| TextEdit { range: range.clone(), text: (*text).to_owned() })
            .collect();
        let operation = Operation::from_edits(&text, &edits, Encoding::Scalar).expect("it fits");
        let met: Vec<_> = line_changes(&text, &operation)
            .iter()
            .map(|change| (change.at, change.removed, change.added))
            .collect();
        assert_eq!(met, expected);
    }

    #[test]
    fn each_place_tells_the_lines_it_takes_and_gives() {
        check("a\nb\nc", &[(2..2, "x")], &[(1, 0, 0)]);
        check("a\nb\nc", &[(2..2, "x\ny\n")], &[(1, 0, 2)]);
        check("a\nb\nc", &[(0..4, "")], &[(0, 2, 0)]);
        check("a\nb\nc", &[(0..0, "x\n"), (4..4, "y")], &[(0, 0, 1), (3, 0, 0)]);
    }

    #[test]
    fn very_many_places_are_one_stretch() {
        let text = "a\n".repeat(100);
        let edits: Vec<_> = (0..100).map(|n| (n * 2..n * 2, "x\n")).collect();
        check(&text, &edits, &[(0, 99, 199)]);
    }
}
