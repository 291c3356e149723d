//! The carets of this person: at least one, in the order of the text, never overlapping.

use codesync_core::selection::{self, SELECTIONS_MAX};
use codesync_core::{Bias, Operation, Selection};

/// One caret and what it has selected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Caret {
    pub(crate) selection: Selection,
    /// The display column that moving up and down aims at.
    pub(crate) goal: Option<usize>,
}

/// All carets. The primary one is where the terminal's cursor stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Carets {
    all: Vec<Caret>,
    primary: usize,
}

impl Caret {
    pub(crate) fn new(selection: Selection) -> Self {
        Self { selection, goal: None }
    }
}

impl Default for Carets {
    fn default() -> Self {
        Self::one(Selection::default())
    }
}

impl Carets {
    pub(crate) fn one(selection: Selection) -> Self {
        Self { all: vec![Caret::new(selection)], primary: 0 }
    }

    pub(crate) fn primary(&self) -> Selection {
        self.all[self.primary].selection
    }

    pub(crate) fn is_single(&self) -> bool {
        self.all.len() == 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Selection> + '_ {
        self.all.iter().map(|caret| caret.selection)
    }

    pub(crate) fn selections(&self) -> Vec<Selection> {
        self.iter().collect()
    }

    /// Keeps only the primary caret.
    pub(crate) fn collapse_to_primary(&mut self) {
        *self = Self { all: vec![self.all[self.primary]], primary: 0 };
    }

    /// Changes every caret on its own; those that meet become one.
    pub(crate) fn each(&mut self, mut change: impl FnMut(&mut Caret)) {
        self.all.iter_mut().for_each(&mut change);
        self.settle();
    }

    /// Puts carets in place of the present ones; the last one given is the primary.
    pub(crate) fn set(&mut self, selections: impl IntoIterator<Item = Selection>) {
        let all: Vec<Caret> = selections.into_iter().map(Caret::new).collect();
        if let Some(last) = all.len().checked_sub(1) {
            *self = Self { all, primary: last };
            self.settle();
        }
    }

    /// The same number of carets, in the same order, in new places; the primary stays the primary.
    pub(crate) fn replace(&mut self, selections: &[Selection]) {
        if selections.len() == self.all.len() {
            self.all = selections.iter().copied().map(Caret::new).collect();
            self.settle();
        } else {
            self.set(selections.iter().copied());
        }
    }

    /// One more caret, which becomes the primary. False when it is there already or when there
    /// are as many as others can be told of.
    pub(crate) fn add(&mut self, caret: Caret) -> bool {
        let is_there = self.all.iter().any(|other| other.selection == caret.selection);
        if is_there || self.all.len() >= SELECTIONS_MAX {
            return false;
        }
        self.all.push(caret);
        self.primary = self.all.len() - 1;
        self.settle();
        true
    }

    /// All carets after somebody changed the text.
    pub(crate) fn map(&mut self, operation: &Operation, bias: Bias) {
        let mapped = selection::map(&self.selections(), operation, bias);
        for (caret, selection) in self.all.iter_mut().zip(mapped) {
            caret.selection = selection;
        }
        self.settle();
    }

    /// Sorts, and makes one of those that overlap or stand in one place.
    fn settle(&mut self) {
        if self.all.len() == 1 {
            return;
        }
        let primary = self.all[self.primary].selection.head;
        self.all.sort_by_key(|caret| (caret.selection.start(), caret.selection.end()));
        let mut settled: Vec<Caret> = Vec::with_capacity(self.all.len());
        for caret in self.all.drain(..) {
            match settled.last_mut() {
                Some(last) if meet(last.selection, caret.selection) => {
                    last.selection = join(last.selection, caret.selection);
                }
                _ => settled.push(caret),
            }
        }
        let is_head = |caret: &Caret| caret.selection.head == primary;
        let holds =
            |caret: &Caret| (caret.selection.start()..=caret.selection.end()).contains(&primary);
        self.primary = settled
            .iter()
            .position(is_head)
            .or_else(|| settled.iter().position(holds))
            .unwrap_or_default();
        self.all = settled;
    }
}

/// Whether two selections, the second not before the first, share a character or a caret's gap.
fn meet(first: Selection, second: Selection) -> bool {
    second.start() < first.end()
        || (second.start() == first.end() && (first.is_caret() || second.is_caret()))
}

fn join(first: Selection, second: Selection) -> Selection {
    let (start, end) = (first.start().min(second.start()), first.end().max(second.end()));
    let is_backward =
        if second.is_caret() { first.head < first.anchor } else { second.head < second.anchor };
    if is_backward { Selection::new(end, start) } else { Selection::new(start, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_that_meet_become_one() {
        let mut carets = Carets::default();
        carets.set([Selection::caret(5), Selection::new(1, 3), Selection::new(2, 4)]);
        assert_eq!(carets.selections(), [Selection::new(1, 4), Selection::caret(5)]);
        assert_eq!(carets.primary(), Selection::new(1, 4));
        carets.set([Selection::caret(4), Selection::new(1, 4)]);
        assert_eq!(carets.selections(), [Selection::new(1, 4)]);
        carets.set([Selection::new(4, 6), Selection::new(1, 4)]);
        assert_eq!(carets.selections(), [Selection::new(1, 4), Selection::new(4, 6)]);
        assert_eq!(carets.primary(), Selection::new(1, 4));
    }

    #[test]
    fn there_are_at_most_as_many_carets_as_others_can_be_told_of() {
        let mut carets = Carets::default();
        for n in 1..SELECTIONS_MAX {
            assert!(carets.add(Caret::new(Selection::caret(n * 2))));
        }
        assert!(!carets.add(Caret::new(Selection::caret(1_000))));
        assert_eq!(carets.selections().len(), SELECTIONS_MAX);
    }
}
