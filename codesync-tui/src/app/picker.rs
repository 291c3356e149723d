//! Lists to choose from: all commands, all languages, everybody who is here.
//!
//! What is typed sorts the list by how well it fits.

use codesync_core::DocumentId;

use super::answer::Answer;
use super::{App, Command, Effect, Listed, Motion};
use crate::fuzzy;
use crate::input::Key;
use crate::keymap::TABLE;
use crate::sanitize;

/// A line of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Item {
    pub(crate) label: String,
    /// What stands at the right.
    pub(crate) detail: String,
    choice: Choice,
}

/// What choosing a line does.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Choice {
    Run(Command),
    Language(String),
    /// By number within the document.
    Person(u32),
    Document(DocumentId),
}

/// An open list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Picker {
    pub(crate) title: &'static str,
    answer: Answer,
    items: Vec<Item>,
    /// Indices of the items that fit, the best first.
    fitting: Vec<usize>,
    selected: usize,
}

impl Picker {
    fn new(title: &'static str, items: Vec<Item>) -> Self {
        let fitting = (0..items.len()).collect();
        Self { title, answer: Answer::default(), items, fitting, selected: 0 }
    }

    /// What was typed, before and after its caret.
    pub(crate) fn shown(&self) -> (String, String) {
        self.answer.shown()
    }

    /// The lines that fit, from the one at the top of a list of so many rows on, and which of them
    /// is selected.
    pub(crate) fn rows(&self, rows: usize) -> (impl Iterator<Item = &Item>, usize) {
        let top = (self.selected + 1).saturating_sub(rows.max(1));
        let fitting = self.fitting[top.min(self.fitting.len())..].iter().take(rows);
        (fitting.map(|n| &self.items[*n]), self.selected - top)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fitting.is_empty()
    }

    pub(super) fn insert(&mut self, text: &str) {
        self.answer.insert(text);
        self.sort();
    }

    fn sort(&mut self) {
        let query = self.answer.text();
        let mut scored: Vec<(i32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(n, item)| Some((fuzzy::score(query, &item.label)?, n)))
            .collect();
        if !query.trim().is_empty() {
            scored.sort_by_key(|(score, n)| (std::cmp::Reverse(*score), *n));
        }
        self.fitting = scored.into_iter().map(|(_, n)| n).collect();
        self.selected = 0;
    }

    fn step(&mut self, by: isize) {
        let last = self.fitting.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    fn choice(&self) -> Option<Choice> {
        let n = self.fitting.get(self.selected)?;
        Some(self.items[*n].choice.clone())
    }
}

impl App {
    /// All commands, with their keys.
    pub(super) fn open_palette(&mut self) {
        let items = TABLE
            .iter()
            .filter(|entry| !entry.help.is_empty() && entry.command != Command::Palette)
            .map(|entry| Item {
                label: entry.help.to_owned(),
                detail: self.keymap.keys_of(entry.command),
                choice: Choice::Run(entry.command),
            })
            .collect();
        self.picker = Some(Picker::new("commands", items));
    }

    pub(super) fn open_languages(&mut self) {
        let item = |name: &String| Item {
            label: name.clone(),
            detail: String::new(),
            choice: Choice::Language(name.clone()),
        };
        let items: Vec<Item> = self.colors.languages().iter().map(item).collect();
        if items.is_empty() {
            self.awaits_languages = true;
            self.notify("the list comes in a moment");
            return;
        }
        self.picker = Some(Picker::new("languages", items));
    }

    /// The list has come; it is shown unless something else is asked meanwhile.
    pub(super) fn open_languages_that_came(&mut self) {
        if !self.is_asking() {
            self.notice = None;
            self.open_languages();
        }
    }

    fn is_asking(&self) -> bool {
        !self.shows_text() || self.prompt.is_some()
    }

    pub(super) fn open_people(&mut self) {
        let items: Vec<Item> = self
            .people
            .iter()
            .enumerate()
            .map(|(n, person)| {
                let place = person.caret().map(|at| self.text.line_of(at.min(self.text.len())));
                let place =
                    place.map_or("no caret yet".into(), |line| format!("line {}", line + 1));
                let key = if n < 9 { format!("  Alt-{}", n + 1) } else { String::new() };
                Item {
                    label: format!("{} {}", person.letter(), person.name),
                    detail: format!("{place}{key}"),
                    choice: Choice::Person(person.author),
                }
            })
            .collect();
        if items.is_empty() {
            self.notify("nobody else is here");
            return;
        }
        self.picker = Some(Picker::new("people", items));
    }

    /// The documents have come that were asked for; unless something else is asked meanwhile.
    pub(super) fn open_documents(&mut self, documents: Vec<Listed>) {
        if self.is_asking() {
            return;
        }
        let items: Vec<Item> = documents
            .into_iter()
            .map(|document| Item {
                label: sanitize::one_line(&document.name),
                detail: document.detail,
                choice: Choice::Document(document.id),
            })
            .collect();
        self.notice = None;
        self.picker = Some(Picker::new("documents", items));
    }

    fn open_document(&mut self, id: DocumentId) {
        match self.saving.not_kept {
            // Leaving would lose something: the question is the same as for quitting.
            Some(_) if self.saving.waiting > 0 => self.quit(),
            _ => self.effects.push_back(Effect::Open(id)),
        }
    }

    pub(super) fn handle_picker_key(&mut self, key: Key) {
        let Some(picker) = &mut self.picker else { return };
        let page = self.view.rows.max(2).cast_signed() / 2;
        match self.keymap.command(key) {
            Some(Command::Newline) => {
                let choice = picker.choice();
                self.picker = None;
                if let Some(choice) = choice {
                    self.choose(choice);
                }
            }
            Some(Command::Cancel) => self.picker = None,
            Some(Command::Palette) => {
                self.picker = None;
                self.help = Some(0);
            }
            Some(Command::Quit) => self.quit(),
            Some(Command::Move { motion: Motion::Up, .. }) => picker.step(-1),
            Some(Command::Move { motion: Motion::Down, .. }) => picker.step(1),
            Some(Command::Move { motion: Motion::PageUp, .. }) => picker.step(-page),
            Some(Command::Move { motion: Motion::PageDown, .. }) => picker.step(page),
            Some(command) if picker.answer.edit(command) => picker.sort(),
            Some(_) | None => {}
        }
    }

    fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Run(command) => self.run(command),
            Choice::Language(name) => {
                self.notify(&format!("coloured as {name}"));
                self.handle_described(Some(name));
            }
            Choice::Person(author) => self.go_to_author(author),
            Choice::Document(id) => self.open_document(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::app::tests::stage::{Stage, check};
    use crate::app::{Event, Listed, Person, Question, Reply};
    use crate::highlight::Answer;
    use codesync_core::Selection;

    #[test]
    fn a_command_is_found_by_a_few_letters() {
        check("|a\nb", "F1 d u p l Enter", "a\n|a\nb");
        check("|a\nb", "Ctrl-E c u t Space t h e Enter", "|b");
        check("|a\nb", "F1 x x x Enter y", "y|a\nb");
        check("|a\nb", "F1 Esc y", "y|a\nb");
        check("|ab", "F1 q Backspace Down Up Esc Right", "a|b");
    }

    #[test]
    fn every_command_is_in_the_palette() {
        let mut stage = Stage::new("x.txt", "|");
        stage.press("F1");
        let picker = stage.app.picker().expect("it is open");
        let labels: Vec<&str> = picker.rows(1_000).0.map(|item| item.label.as_str()).collect();
        for entry in crate::keymap::TABLE.iter().filter(|entry| !entry.help.is_empty()) {
            assert!(labels.contains(&entry.help) || entry.name == "palette", "{}", entry.name);
        }
    }

    #[test]
    fn a_language_can_be_chosen() {
        let mut stage = Stage::new("x.txt", "|a");
        stage.press("F1 l a n g u a g e Enter");
        assert_eq!(stage.app.notice(), Some("the list comes in a moment"));
        let names = ["Python", "Rust"].map(str::to_owned).to_vec();
        stage.handle(Event::Colors(Answer::Languages(names)));
        // It opens by itself, and once.
        stage.press("r u s Enter");
        assert!(stage.app.picker().is_none());
        assert_eq!(stage.app.language_name(), "rust");
        let job = stage.jobs.pop().expect("it asks for other colours");
        assert_eq!(job.subject.language.as_deref(), Some("Rust"));
        stage.press("Ctrl-/");
        stage.shows("// |a");
    }

    #[test]
    fn another_document_is_found_by_a_few_letters() {
        let id =
            |n: u8| format!("0191e5c4-7c1a-7cc3-98e2-3f8a61a40e{n:02}").parse().expect("an id");
        let listed = |n: u8, name: &str| Listed { id: id(n), name: name.into(), detail: "".into() };
        let mut stage = Stage::new("x.txt", "|");
        stage.press("Ctrl-O");
        assert_eq!(stage.asked, [Question::Documents]);
        stage.handle(Event::Answered(Reply::Documents(Ok(vec![
            listed(11, "notes\u{1b}.md"),
            listed(12, "main.rs"),
        ]))));
        stage.press("m n r Enter");
        assert_eq!(stage.opened, Some(id(12)));
        stage.press("Ctrl-P");
        stage.handle(Event::Answered(Reply::Documents(Err("the server is away".into()))));
        assert_eq!(stage.app.notice(), Some("no list: the server is away"));
    }

    #[test]
    fn people_are_listed_with_their_places() {
        let mut stage = Stage::new("x.txt", "|a\nb");
        stage.press("F6");
        assert_eq!(stage.app.notice(), Some("nobody else is here"));
        let bo = Person::new(2, "Bo", 1, vec![Selection::caret(3)]);
        stage.handle(Event::People(vec![bo]));
        stage.press("F6");
        let picker = stage.app.picker().expect("it is open");
        let first = picker.rows(9).0.next().expect("Bo").clone();
        assert_eq!((first.label.as_str(), first.detail.as_str()), ("B Bo", "line 2  Alt-1"));
        stage.press("Enter");
        stage.shows("a\nb|");
    }
}
