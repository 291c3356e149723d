//! The editor as a state machine: [`App::handle`] takes what happened, changes the state, and
//! leaves [`Effect`]s for the loop around it. Drawing only reads it.
//!
//! Knows no terminal, no socket and no clock. It holds a copy of the text that it edits at once,
//! so that a key is on the screen before anybody else has heard of it; the loop takes the same
//! edits to the session.

mod caret_moves;
mod carets;
mod clipboard_moves;
mod command;
mod edits;
mod find;
mod language;
mod lines;
mod mouse;
mod people;
mod prompt;
mod saving;
mod view;

use std::collections::VecDeque;
use std::time::Duration;

use codesync_core::{Bias, Encoding, Operation, Selection, Text, TextEdit};

use crate::editor::layout;
use crate::input::{Input, Key};
use crate::keymap::Keymap;
use crate::sanitize;

pub(crate) use carets::{Caret, Carets};
pub(crate) use clipboard_moves::Register;
pub(crate) use command::{Command, Motion};
pub(crate) use find::Find;
pub(crate) use language::{Indent, Language};
pub(crate) use people::{People, Person};
pub(crate) use prompt::{Prompt, PromptKind, parse_place};
pub(crate) use saving::{Condition, Saving};
pub(crate) use view::View;

/// How long a sentence stands in the status line.
const NOTICE_MS: u64 = 5_000;

/// Smallest terminal in which there is room to edit.
pub(crate) const COLUMNS_MIN: u16 = 20;
/// See [`COLUMNS_MIN`].
pub(crate) const ROWS_MIN: u16 = 4;

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Input(Input),
    /// The document's text is here, or has been taken anew.
    Opened {
        text: Text,
    },
    /// Others changed the text, or undo and redo did. `edits` are in characters.
    Changed {
        edits: Vec<TextEdit>,
        cause: Cause,
    },
    /// Where the session says this person's carets are, after an undo or a redo.
    Returned(Vec<Selection>),
    Saving(Saving),
    People(Vec<Person>),
    Renamed(String),
    Described {
        language: Option<String>,
        is_crlf: bool,
    },
    /// Something a person should read once.
    Notice(String),
    /// Time has passed: see [`App::deadline`].
    Tick,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    Remote,
    Undo,
    Redo,
}

/// What the loop has to do, in this order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// Make these edits, which the app's own text has already.
    Edit(Vec<TextEdit>),
    Undo,
    Redo,
    /// The next edit is to be undone apart from those before it.
    BreakUndoGroup,
    /// Tell the others where the carets are.
    Select(Vec<Selection>),
    /// Put this on the clipboard of the person's machine.
    Copy(String),
    Quit,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    text: Text,
    is_open: bool,
    carets: Carets,
    view: View,
    size: (u16, u16),
    keymap: Keymap,
    title: String,
    language: &'static Language,
    is_crlf: bool,
    indent: Indent,
    has_numbers: bool,
    saving: Saving,
    awaits_save: bool,
    people: People,
    prompt: Option<Prompt>,
    /// First row of the help that is shown, while it is shown.
    help: Option<usize>,
    notice: Option<(String, Duration)>,
    register: Register,
    find: Find,
    mouse: mouse::Clicks,
    /// Where the caret was before the last jump to a person.
    back: Option<Selection>,
    /// Line and column to go to once the text is there.
    destination: Option<(usize, usize)>,
    /// Whether the caret went elsewhere since the last edit.
    has_moved: bool,
    told: Vec<Selection>,
    effects: VecDeque<Effect>,
    now: Duration,
}

impl App {
    /// An editor of this size, waiting for its text.
    pub(crate) fn new(title: &str, columns: u16, rows: u16) -> Self {
        let mut app = Self {
            text: Text::new(),
            is_open: false,
            carets: Carets::default(),
            view: View::default(),
            size: (columns, rows),
            keymap: Keymap::default(),
            title: sanitize::one_line(title),
            language: Language::of_name(title),
            is_crlf: false,
            indent: Indent::default(),
            has_numbers: true,
            saving: Saving::default(),
            awaits_save: false,
            people: People::default(),
            prompt: None,
            help: None,
            notice: None,
            register: Register::default(),
            find: Find::default(),
            mouse: mouse::Clicks::default(),
            back: None,
            destination: None,
            has_moved: false,
            told: Vec::new(),
            effects: VecDeque::new(),
            now: Duration::ZERO,
        };
        app.fit();
        app
    }

    /// Goes to a line and column, both counted from 1, once the text is there.
    pub(crate) fn go_to_on_open(&mut self, line: usize, column: usize) {
        self.destination = Some((line, column));
    }

    /// Takes in what happened at `now`.
    pub(crate) fn handle(&mut self, now: Duration, event: Event) {
        self.now = now;
        match event {
            Event::Input(input) => self.handle_input(input),
            Event::Opened { text } => self.handle_opened(text),
            Event::Changed { edits, cause } => self.handle_changed(&edits, cause),
            Event::Returned(selections) => {
                let len = self.text.len();
                self.carets.set(selections.into_iter().map(|selection| selection.clamp(len)));
                self.show_caret_centred();
            }
            Event::Saving(saving) => self.handle_saving(saving),
            Event::People(people) => self.handle_people(people),
            Event::Renamed(name) => {
                self.title = sanitize::one_line(&name);
                self.language = Language::of_name(&name);
            }
            Event::Described { language, is_crlf } => {
                if let Some(known) = language.as_deref().and_then(Language::named) {
                    self.language = known;
                }
                self.is_crlf = is_crlf;
            }
            Event::Notice(sentence) => self.notify(&sentence),
            Event::Tick => {}
        }
        if self.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.notice = None;
        }
        self.people.forget_flags(now);
        self.view.fill(&self.text);
        self.tell_selections();
    }

    /// The next thing to do, until `None`.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When something on the screen changes by itself, if it does.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let notice = self.notice.as_ref().map(|(_, until)| *until);
        notice.into_iter().chain(self.people.deadline()).min()
    }

    /// Takes the session's copy of the text, which must be equal: so both share their memory.
    pub(crate) fn share(&mut self, text: &Text) {
        debug_assert_eq!(self.text.len(), text.len(), "both have made the same edits");
        self.text = text.clone();
    }

    fn handle_input(&mut self, input: Input) {
        match input {
            Input::Key(key) => self.handle_key(key),
            Input::Paste(text) => self.handle_paste(&text),
            Input::Mouse(mouse) => self.handle_mouse(mouse),
            Input::Resize { columns, rows } => {
                self.size = (columns, rows);
                self.fit();
                self.show_caret();
            }
        }
    }

    fn handle_key(&mut self, key: Key) {
        if self.help.is_some() {
            self.handle_help_key(key);
        } else if self.prompt.is_some() {
            self.handle_prompt_key(key);
        } else if let Some(command) = self.keymap.command(key) {
            self.run(command);
        }
    }

    fn handle_opened(&mut self, text: Text) {
        let is_first = !self.is_open;
        self.text = text;
        self.is_open = true;
        self.indent = Indent::guess(&self.text, self.language);
        self.find.forget_matches();
        self.mouse = mouse::Clicks::default();
        self.fit();
        let len = self.text.len();
        self.carets.each(|caret| caret.selection = caret.selection.clamp(len));
        if is_first && let Some((line, column)) = self.destination.take() {
            self.go_to(line, column);
        }
    }

    fn handle_changed(&mut self, edits: &[TextEdit], cause: Cause) {
        let Ok(operation) = Operation::from_edits(&self.text, edits, Encoding::Scalar) else {
            // The session tells of edits to the text it has; ours is the same one.
            debug_assert!(false, "edits that do not fit the text");
            return;
        };
        self.apply(&operation, Bias::Left);
        if cause != Cause::Remote {
            // One's own text came back or went: the caret belongs at its end.
            if let Some(end) = end_of_last_change(edits) {
                self.carets.set([Selection::caret(end)]);
                self.has_moved = true;
                self.show_caret_centred();
            }
        }
    }

    /// Brings an operation into the text and carries everything along that points into it.
    fn apply(&mut self, operation: &Operation, bias: Bias) {
        let before = self.text.clone();
        self.text.apply(operation).expect("the operation was made for this text");
        self.carets.map(operation, bias);
        self.view.follow(&before, operation, &self.text);
        self.people.map(operation);
        self.find.map(operation);
        self.mouse.map(operation);
        self.back = self.back.map(|selection| selection.map(operation, Bias::Left));
        self.fit();
    }

    fn handle_people(&mut self, people: Vec<Person>) {
        if self.saving.condition.is_away() {
            // Nobody left: it is we who do not see them. Coming back is silent as well.
            self.people = People::default();
            return;
        }
        for sentence in self.people.update(people, self.now) {
            self.notify(&sentence);
        }
    }

    fn run(&mut self, command: Command) {
        match command {
            Command::Type(c) => self.type_text(&c.to_string()),
            Command::Newline => self.newline(),
            Command::Backspace => self.backspace(),
            Command::Delete => self.delete(),
            Command::DeleteWordLeft => self.delete_word_left(),
            Command::DeleteWordRight => self.delete_word_right(),
            Command::Indent => self.indent(),
            Command::Unindent => self.unindent(),
            Command::ToggleComment => self.toggle_comment(),
            Command::MoveLineUp => self.move_lines_up(),
            Command::MoveLineDown => self.move_lines_down(),
            Command::DuplicateLine => self.duplicate_lines(),
            Command::CutLine => self.cut_lines(),
            Command::Copy => self.copy(),
            Command::Cut => self.cut(),
            Command::Paste => self.paste(),
            Command::Undo => self.effects.push_back(Effect::Undo),
            Command::Redo => self.effects.push_back(Effect::Redo),
            Command::Move { motion, extend } => self.move_carets(motion, extend),
            Command::SelectAll => self.select_all(),
            Command::AddNextMatch => self.add_next_match(),
            Command::CaretAbove => self.add_caret_beside(-1),
            Command::CaretBelow => self.add_caret_beside(1),
            Command::Find => self.open_find(),
            Command::FindNext => self.find_step(true),
            Command::FindPrevious => self.find_step(false),
            Command::GoToLine => self.prompt = Some(Prompt::go_to_line()),
            Command::NextPerson => self.go_to_next_person(),
            Command::Person(number) => self.go_to_person(usize::from(number) - 1),
            Command::Back => self.go_back(),
            Command::ToggleNumbers => {
                self.has_numbers = !self.has_numbers;
                self.fit();
            }
            Command::SavePoint => self.save_point(),
            Command::Help => self.help = Some(0),
            Command::Cancel => self.cancel(),
            Command::Quit => self.quit(),
        }
    }

    fn cancel(&mut self) {
        self.notice = None;
        if self.carets.is_single() {
            self.carets.each(|caret| caret.selection = Selection::caret(caret.selection.head));
        } else {
            self.carets.collapse_to_primary();
        }
        self.find.hide();
    }

    fn handle_help_key(&mut self, key: Key) {
        let Some(top) = self.help else { return };
        self.help = match self.keymap.command(key) {
            Some(Command::Move { motion: Motion::Down, .. }) => Some(top + 1),
            Some(Command::Move { motion: Motion::Up, .. }) => Some(top.saturating_sub(1)),
            Some(Command::Move { motion: Motion::PageDown, .. }) => Some(top + self.view.rows),
            Some(Command::Move { motion: Motion::PageUp, .. }) => {
                Some(top.saturating_sub(self.view.rows))
            }
            _ => None,
        };
        let rows = Keymap::help().count();
        self.help = self.help.map(|top| top.min(rows.saturating_sub(self.view.rows.max(3) - 2)));
    }

    /// Says something in the status line for a while.
    fn notify(&mut self, sentence: &str) {
        let until = self.now + Duration::from_millis(NOTICE_MS);
        self.notice = Some((sanitize::one_line(sentence), until));
    }

    fn tell_selections(&mut self) {
        if !self.is_open {
            return;
        }
        let selections = self.carets.selections();
        if selections != self.told {
            self.told.clone_from(&selections);
            self.effects.push_back(Effect::Select(selections));
        }
    }

    /// Works out how many cells are left for the text.
    fn fit(&mut self) {
        let (columns, rows) = self.size;
        self.view.rows = usize::from(rows.saturating_sub(1));
        self.view.columns = usize::from(columns).saturating_sub(self.gutter_columns());
    }

    /// Scrolls so that the primary caret is on the screen.
    fn show_caret(&mut self) {
        let (line, column) = self.place_of(self.carets.primary().head);
        self.view.show(line, column);
    }

    /// As [`App::show_caret`], with lines around it when it was off the screen.
    fn show_caret_centred(&mut self) {
        let (line, column) = self.place_of(self.carets.primary().head);
        self.view.show_centred(line, column);
    }

    /// Line and display column of an offset, both counted from 0.
    pub(crate) fn place_of(&self, offset: usize) -> (usize, usize) {
        let line = self.text.line_of(offset);
        let range = self.text.line_range(line);
        (line, layout::column_of(&self.text, range, offset, self.indent.tab))
    }
}

/// Where the last of these edits ends, in the text after them.
fn end_of_last_change(edits: &[TextEdit]) -> Option<usize> {
    let last = edits.last()?;
    let inserted: usize = edits.iter().map(|edit| edit.text.chars().count()).sum();
    let deleted: usize = edits.iter().map(|edit| edit.range.len()).sum();
    Some(last.range.end + inserted - deleted)
}

/// What drawing reads.
impl App {
    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn carets(&self) -> &Carets {
        &self.carets
    }

    pub(crate) fn view(&self) -> View {
        self.view
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn language(&self) -> &'static Language {
        self.language
    }

    pub(crate) fn is_crlf(&self) -> bool {
        self.is_crlf
    }

    pub(crate) fn tab(&self) -> usize {
        self.indent.tab
    }

    pub(crate) fn saving(&self) -> &Saving {
        &self.saving
    }

    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    pub(crate) fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    pub(crate) fn help(&self) -> Option<usize> {
        self.help
    }

    pub(crate) fn notice(&self) -> Option<&str> {
        self.notice.as_ref().map(|(sentence, _)| sentence.as_str())
    }

    pub(crate) fn find(&self) -> &Find {
        &self.find
    }

    /// Columns before the text: the line numbers and a space, or nothing.
    pub(crate) fn gutter_columns(&self) -> usize {
        if self.has_numbers { self.text.len_lines().to_string().len().max(3) + 1 } else { 0 }
    }
}

#[cfg(test)]
pub(crate) mod tests;
