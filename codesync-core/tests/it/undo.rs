//! Undo among other people's edits, against a model that knows who wrote each character.

use std::collections::BTreeSet;

use codesync_core::test_support::operations_in_a_row;
use codesync_core::{Group, Operation, Selection, Text, UndoStack, transform};
use proptest::prelude::*;

/// One thing that happens to a text.
#[derive(Clone, Debug)]
enum Action {
    /// The person edits; `Group` says whether the edit may join the one before.
    Own(Vec<Change>, Group),
    /// Somebody else edits.
    Remote(Vec<Change>),
    Undo,
    Redo,
    BreakGroup,
}

/// A change of one place: how far on from the last one, as a fraction of what is left, and what.
#[derive(Clone, Debug)]
struct Change {
    skip: u8,
    delete: usize,
    insert: usize,
    insert_first: bool,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (any::<u8>(), 0..4_usize, 0..4_usize, any::<bool>()).prop_map(
        |(skip, delete, insert, insert_first)| Change { skip, delete, insert, insert_first },
    );
    prop::collection::vec(change, 1..4)
}

fn action() -> impl Strategy<Value = Action> {
    let group = prop_oneof![Just(Group::New), Just(Group::Join)];
    prop_oneof![
        5 => (changes(), group).prop_map(|(changes, group)| Action::Own(changes, group)),
        5 => changes().prop_map(Action::Remote),
        3 => Just(Action::Undo),
        2 => Just(Action::Redo),
        1 => Just(Action::BreakGroup),
    ]
}

/// A text in which no character occurs twice, so that a character says who wrote it.
struct Model {
    text: Text,
    stack: UndoStack,
    next: u32,
    /// Everything the person did not write.
    others: BTreeSet<char>,
    deleted_by_others: BTreeSet<char>,
    /// The text after each step.
    seen: Vec<String>,
}

impl Model {
    fn new(len: usize) -> Self {
        let mut model = Self {
            text: Text::new(),
            stack: UndoStack::new(),
            next: 0x4e00,
            others: BTreeSet::new(),
            deleted_by_others: BTreeSet::new(),
            seen: Vec::new(),
        };
        let initial = model.fresh(len);
        model.others.extend(initial.chars());
        model.text = Text::from(initial.as_str());
        model.seen.push(initial);
        model
    }

    /// Characters that never were.
    fn fresh(&mut self, n: usize) -> String {
        let first = self.next;
        self.next += u32::try_from(n).unwrap();
        (first..self.next).map(|char| char::from_u32(char).unwrap()).collect()
    }

    fn operation(&mut self, changes: &[Change]) -> Operation {
        let mut builder = Operation::builder();
        let mut left = self.text.len();
        for change in changes {
            let skip = left * usize::from(change.skip) / 255;
            let delete = change.delete.min(left - skip);
            let inserted = self.fresh(change.insert);
            builder.push_retain(skip);
            if change.insert_first {
                builder = builder.insert(&inserted).delete(delete);
            } else {
                builder = builder.delete(delete).insert(&inserted);
            }
            left -= skip + delete;
        }
        builder.finish_at(self.text.len()).unwrap()
    }

    fn apply(&mut self, operation: &Operation) {
        self.text.apply(operation).unwrap();
        self.seen.push(self.text.to_string());
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Own(changes, group) => {
                let operation = self.operation(changes);
                self.stack.record(&operation, &self.text, *group, &[]);
                self.apply(&operation);
            }
            Action::Remote(changes) => {
                let operation = self.operation(changes);
                let before: BTreeSet<char> = self.text.to_string().chars().collect();
                self.stack.remote(&operation);
                self.apply(&operation);
                let after: BTreeSet<char> = self.text.to_string().chars().collect();
                self.others.extend(after.difference(&before));
                self.deleted_by_others.extend(before.difference(&after));
            }
            Action::Undo => {
                self.undo();
            }
            Action::Redo => {
                self.redo();
            }
            Action::BreakGroup => self.stack.break_group(),
        }
    }

    fn undo(&mut self) -> bool {
        let can_undo = self.stack.can_undo();
        let step = self.stack.undo(&self.text, &[]);
        assert_eq!(step.is_some(), can_undo);
        let Some(step) = step else { return false };
        assert!(!step.operation.is_identity());
        self.apply(&step.operation);
        true
    }

    fn redo(&mut self) -> bool {
        let can_redo = self.stack.can_redo();
        let step = self.stack.redo(&self.text, &[]);
        assert_eq!(step.is_some(), can_redo);
        let Some(step) = step else { return false };
        assert!(!step.operation.is_identity());
        self.apply(&step.operation);
        true
    }
}

/// The characters of `text` that are in `of`, in the order of `text`.
fn only(text: &str, of: &BTreeSet<char>) -> String {
    text.chars().filter(|char| of.contains(char)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if crate::long_run() { 20_000 } else { 1000 }))]

    #[test]
    fn undoing_everything_leaves_what_others_wrote(
        len in 0..12_usize,
        actions in prop::collection::vec(action(), 0..25),
    ) {
        let mut model = Model::new(len);
        for action in &actions {
            model.act(action);
        }
        while model.undo() {}
        let text = model.text.to_string();
        let left: BTreeSet<char> = text.chars().collect();
        let expected: BTreeSet<char> =
            model.others.difference(&model.deleted_by_others).copied().collect();
        prop_assert_eq!(&left, &expected);
        prop_assert_eq!(text.chars().count(), left.len(), "nothing is there twice");
        for seen in &model.seen {
            let common: BTreeSet<char> = seen.chars().filter(|char| left.contains(char)).collect();
            prop_assert_eq!(only(&text, &common), only(seen, &common), "the order stays");
        }
    }

    #[test]
    fn undo_and_redo_after_each_other_change_nothing(
        len in 0..12_usize,
        actions in prop::collection::vec(action(), 0..25),
        steps in 1..6_usize,
    ) {
        let mut model = Model::new(len);
        for action in &actions {
            model.act(action);
        }
        let mut texts = vec![model.text.to_string()];
        while texts.len() <= steps && model.undo() {
            texts.push(model.text.to_string());
        }
        while let Some(text) = texts.pop() {
            prop_assert_eq!(model.text.to_string(), text);
            if !texts.is_empty() {
                prop_assert!(model.redo());
            }
        }
    }

    #[test]
    fn alone_undo_is_the_way_back_and_redo_the_way_forth(operations in operations_in_a_row(5, 8)) {
        let mut text = Text::from("aéb\n😀");
        let mut stack = UndoStack::new();
        let mut texts = vec![text.clone()];
        for operation in operations.iter().filter(|operation| !operation.is_identity()) {
            stack.record(operation, &text, Group::New, &[]);
            text.apply(operation).unwrap();
            texts.push(text.clone());
        }
        for before in texts.iter().rev().skip(1) {
            let step = stack.undo(&text, &[]).unwrap();
            text.apply(&step.operation).unwrap();
            prop_assert_eq!(&text, before);
        }
        prop_assert!(!stack.can_undo());
        for after in &texts[1..] {
            let step = stack.redo(&text, &[]).unwrap();
            text.apply(&step.operation).unwrap();
            prop_assert_eq!(&text, after);
        }
        prop_assert!(!stack.can_redo());
    }

    #[test]
    fn a_group_goes_where_its_edits_would_go_one_by_one(
        len in 0..12_usize,
        own in prop::collection::vec(changes(), 1..5),
        remote in changes(),
    ) {
        let undone = [Group::New, Group::Join].map(|group| {
            let mut model = Model::new(len);
            for changes in &own {
                model.act(&Action::Own(changes.clone(), group));
            }
            model.act(&Action::Remote(remote.clone()));
            while model.undo() {}
            model.text.to_string()
        });
        prop_assert_eq!(&undone[0], &undone[1]);
    }

    #[test]
    fn an_edit_goes_where_it_would_go_carried_over_each_remote_one(
        len in 0..12_usize,
        own in changes(),
        remote in prop::collection::vec(changes(), 1..5),
    ) {
        let mut model = Model::new(len);
        let own = model.operation(&own);
        let mut inverse = own.invert(&model.text);
        model.stack.record(&own, &model.text, Group::New, &[]);
        model.apply(&own);
        for changes in &remote {
            let remote = model.operation(changes);
            inverse = transform(&inverse, &remote).unwrap().0;
            model.stack.remote(&remote);
            model.apply(&remote);
        }
        let step = model.stack.undo(&model.text, &[]);
        prop_assert_eq!(step.map(|step| step.operation), Some(inverse).filter(|op| !op.is_identity()));
    }

    #[test]
    fn groups_are_taken_back_whole(
        operations in operations_in_a_row(5, 8),
        joined in prop::collection::vec(any::<bool>(), 8),
    ) {
        let initial = Text::from("aéb\n😀");
        let mut text = initial.clone();
        let mut stack = UndoStack::new();
        for (operation, joined) in operations.iter().zip(&joined) {
            let group = if *joined { Group::Join } else { Group::New };
            stack.record(operation, &text, group, &[]);
            text.apply(operation).unwrap();
        }
        let last = text.clone();
        let mut groups = 0;
        while let Some(step) = stack.undo(&text, &[]) {
            text.apply(&step.operation).unwrap();
            groups += 1;
        }
        prop_assert_eq!(&text, &initial);
        prop_assert!(groups <= 1 + joined.iter().skip(1).filter(|joined| !**joined).count());
        while let Some(step) = stack.redo(&text, &[]) {
            text.apply(&step.operation).unwrap();
            groups -= 1;
        }
        prop_assert_eq!(&text, &last);
        prop_assert_eq!(groups, 0);
    }
}

#[test]
fn undo_and_redo_return_the_person_to_where_he_was() {
    let mut text = Text::from("one two");
    let mut stack = UndoStack::new();
    let own = Operation::replace(7, 4..7, "2");
    stack.record(&own, &text, Group::New, &[Selection::new(7, 4)]);
    text.apply(&own).unwrap();

    let remote = Operation::replace(5, 0..3, "1");
    stack.remote(&remote);
    text.apply(&remote).unwrap();
    assert_eq!(text, "1 2");

    let undone = stack.undo(&text, &[Selection::caret(3)]).unwrap();
    text.apply(&undone.operation).unwrap();
    assert_eq!(
        (text.to_string().as_str(), undone.selections),
        ("1 two", vec![Selection::new(5, 2)])
    );

    let remote = Operation::replace(5, 0..0, "> ");
    stack.remote(&remote);
    text.apply(&remote).unwrap();
    let redone = stack.redo(&text, &[Selection::new(7, 4)]).unwrap();
    text.apply(&redone.operation).unwrap();
    assert_eq!(
        (text.to_string().as_str(), redone.selections),
        ("> 1 2", vec![Selection::caret(5)])
    );
}
