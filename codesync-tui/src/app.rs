//! The editor as a state machine: [`App::handle`] takes what happened, changes the state, and
//! leaves [`Effect`]s for the loop around it. Drawing only reads it.
//!
//! Knows no terminal, no socket and no clock. It holds a copy of the text that it edits at once,
//! so that a key is on the screen before anybody else has heard of it; the loop takes the same
//! edits to the session.

mod answer;
mod away;
mod caret_moves;
mod carets;
mod clipboard_moves;
mod colon;
mod colors;
mod command;
mod comments;
mod dispatch;
mod edits;
mod event;
mod find;
mod follow;
mod language;
mod lines;
mod mouse;
mod past;
mod people;
mod picker;
mod prompt;
mod question;
mod reading;
mod replace;
mod saving;
mod selecting;
mod sharing;
mod status;
mod view;
mod writers;

use std::collections::VecDeque;
use std::time::Duration;

use codesync_core::{Bias, Encoding, Operation, Selection, Text, TextEdit};

use crate::config::{Preset, Settings, Wish};
use crate::editor::change::line_changes;
use crate::editor::rows::Rows;
use crate::editor::ruler::Rulers;
use crate::input::Input;
use crate::keymap::Keymap;
use crate::sanitize;
use crate::vim::Vim;

pub(crate) use away::Missed;
pub(crate) use carets::{Caret, Carets};
pub(crate) use clipboard_moves::Register;
pub(crate) use colors::Colors;
pub(crate) use command::{Command, Motion, Object};
pub(crate) use event::{Cause, Effect, Event};
pub(crate) use find::Find;
pub(crate) use language::{Indent, Language};
pub(crate) use past::{Moment, Past, Sheet, compare, list_columns};
pub(crate) use people::{People, Person};
pub(crate) use picker::Picker;
pub(crate) use prompt::{Prompt, PromptKind, parse_place};
pub(crate) use question::{Listed, Named, Question, Reply};
pub(crate) use saving::{Condition, Saving};
pub(crate) use sharing::{Done, Link, Member, Order, Row, Sharing, Standing};
pub(crate) use view::View;
pub(crate) use writers::{Hand, Writer, Written};

/// How long a sentence stands in the status line.
const NOTICE_MS: u64 = 5_000;

/// Smallest terminal in which there is room to edit.
pub(crate) const COLUMNS_MIN: u16 = 20;
/// See [`COLUMNS_MIN`].
pub(crate) const ROWS_MIN: u16 = 4;

#[derive(Clone, Debug)]
pub(crate) struct App {
    text: Text,
    is_open: bool,
    carets: Carets,
    view: View,
    rulers: Rulers,
    wraps: bool,
    colors: Colors,
    size: (u16, u16),
    keymap: Keymap,
    title: String,
    language: &'static Language,
    /// The language that the document says it has, or that was chosen here.
    language_given: Option<String>,
    is_crlf: bool,
    indent: Indent,
    /// How the project wants its lines indented.
    wish: Wish,
    has_numbers: bool,
    saving: Saving,
    status: status::Status,
    /// Since when edits are on their way to a server that is reached and has saved none of them.
    saving_since: Option<Duration>,
    awaits_save: bool,
    people: People,
    prompt: Option<Prompt>,
    picker: Option<Picker>,
    /// First row of the help that is shown, while it is shown.
    help: Option<usize>,
    notice: Option<(String, Duration)>,
    register: Register,
    find: Find,
    /// What the last replacing put in the place of what it found.
    replacement: String,
    /// Keys of the `vim` preset, if that is wanted.
    vim: Option<Vim>,
    following: follow::Following,
    /// Somebody asked for the list of languages before it was there.
    awaits_languages: bool,
    /// Who shall be followed as soon as he is here, in small letters.
    awaited: Option<String>,
    away: away::Away,
    /// The document's past, while somebody looks at it.
    past: Option<Past>,
    /// Who may do what, while that is open.
    sharing: Option<Sharing>,
    writers: writers::Writers,
    /// Whether a program reads the screen aloud.
    is_read_aloud: bool,
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
            rulers: Rulers::default(),
            wraps: false,
            colors: Colors::default(),
            size: (columns, rows),
            keymap: Keymap::default(),
            title: sanitize::one_line(title),
            language: Language::of_name(title),
            language_given: None,
            is_crlf: false,
            indent: Indent::default(),
            wish: Wish::default(),
            has_numbers: true,
            saving: Saving::default(),
            status: status::Status::default(),
            saving_since: None,
            awaits_save: false,
            people: People::default(),
            prompt: None,
            picker: None,
            help: None,
            notice: None,
            register: Register::default(),
            find: Find::default(),
            replacement: String::new(),
            vim: None,
            following: follow::Following::default(),
            awaits_languages: false,
            awaited: None,
            away: away::Away::at_start(),
            past: None,
            sharing: None,
            writers: writers::Writers::default(),
            is_read_aloud: false,
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

    /// Takes over what a person has set, and says what is wrong with it.
    pub(crate) fn configure(&mut self, settings: &Settings) -> Vec<String> {
        let (keymap, problems) = Keymap::with(&settings.keys);
        self.keymap = keymap;
        self.vim = (settings.preset == Preset::Vim).then(Vim::default);
        self.wraps = settings.wraps;
        self.has_numbers = !settings.hides_numbers && !settings.is_read_aloud;
        self.is_read_aloud = settings.is_read_aloud;
        self.refit();
        problems
    }

    /// Says the first of what is wrong with the settings, and how much more is.
    pub(crate) fn tell_problems(&mut self, problems: &[String]) {
        match problems {
            [] => {}
            [only] => self.notify(only),
            [first, rest @ ..] => self.notify(&format!("{first} (and {} more)", rest.len())),
        }
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
            Event::Colors(answer) => self.handle_colors(answer),
            Event::Renamed(name) => self.handle_renamed(&name),
            Event::Described { language, is_crlf } => {
                self.handle_described(language);
                self.is_crlf = is_crlf;
            }
            Event::Answered(reply) => self.handle_reply(reply),
            Event::Notice(sentence) => self.notify(&sentence),
            Event::Tick => self.go_on_finding(),
        }
        if self.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.notice = None;
        }
        self.people.forget_flags(now);
        self.stay_with_followed();
        let rows = Rows { text: &self.text, rulers: &self.rulers };
        self.view.fill(rows);
        self.tell_selections();
        self.ask_for_colors();
        self.ask_for_writers();
    }

    /// The next thing to do, until `None`.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When something on the screen changes by itself, if it does.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let notice = self.notice.as_ref().map(|(_, until)| *until);
        if self.find.is_looking() {
            return Some(self.now);
        }
        let others = [self.people.deadline(), self.writers_deadline(), self.slow_at()];
        notice.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Columns and rows of the screen.
    pub(crate) fn size(&self) -> (u16, u16) {
        self.size
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
            Input::Mouse(mouse) => {
                self.end_following();
                self.handle_mouse(mouse);
            }
            Input::Resize { columns, rows } => {
                self.size = (columns, rows);
                self.refit();
            }
        }
    }

    fn handle_opened(&mut self, text: Text) {
        let is_first = !self.is_open;
        self.text = text;
        self.is_open = true;
        self.indent = Indent::guess(&self.text, self.language).wanted(self.wish);
        self.find.forget_matches();
        self.forget_writers();
        self.mouse = mouse::Clicks::default();
        self.colors.start_anew();
        self.rulers.forget();
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
        self.apply(&operation, Bias::Left, cause != Cause::Remote);
        if cause == Cause::Remote {
            let places = edits.iter().map(|edit| operation.map_offset(edit.range.end, Bias::Right));
            self.away.add(places);
        }
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
    fn apply(&mut self, operation: &Operation, bias: Bias, is_own: bool) {
        let changes = line_changes(&self.text, operation);
        let top = self.rows().start(self.view.top);
        // Where one writes stays where it is, and else what one reads.
        let holds_caret = !is_own && self.followed().is_none();
        let caret = if holds_caret { self.cell_of(self.carets.primary().head) } else { None };
        self.text.apply(operation).expect("the operation was made for this text");
        changes.iter().for_each(|change| self.rulers.change(change));
        self.rewrite(&changes, is_own);
        self.colors.apply(operation, &changes);
        self.carets.map(operation, bias);
        self.people.map(operation);
        self.find.map(operation, &self.text);
        self.mouse.map(operation);
        self.away.map(operation);
        self.back = self.back.map(|selection| selection.map(operation, Bias::Left));
        self.fit();
        let rows = Rows { text: &self.text, rulers: &self.rulers };
        match caret {
            Some((row, _)) => self.view.stay(self.carets.primary().head, row, rows),
            None => self.view.follow(top, operation, rows),
        }
    }

    fn ask(&mut self, question: Question) {
        self.effects.push_back(Effect::Ask(Box::new(question)));
    }

    fn handle_reply(&mut self, reply: Reply) {
        match reply {
            Reply::Documents(Ok(documents)) => self.open_documents(documents),
            Reply::Documents(Err(reason)) => self.notify(&format!("no list: {reason}")),
            Reply::Writers(number, answer) => self.handle_writers(number, answer),
            Reply::Since(answer) => self.handle_missed(answer),
            Reply::Sharing(answer) => self.handle_sharing(answer),
            Reply::Timeline(_) | Reply::TextAt(..) | Reply::Compare(..) | Reply::Restore { .. } => {
                self.handle_past(reply)
            }
        }
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

    /// Says something in the status line for a while.
    fn notify(&mut self, sentence: &str) {
        let until = self.now + Duration::from_millis(NOTICE_MS);
        self.notice = Some((sanitize::one_line(sentence), until));
    }

    fn tell_selections(&mut self) {
        if !self.is_open {
            return;
        }
        if !self.carets.iter().eq(self.told.iter().copied()) {
            self.told = self.carets.selections();
            self.effects.push_back(Effect::Select(self.told.clone()));
        }
    }

    /// Works out how many cells are left for the text, and how lines are divided into rows.
    fn fit(&mut self) {
        let (columns, rows) = self.size;
        self.view.rows = usize::from(rows.saturating_sub(1));
        self.view.columns = usize::from(columns).saturating_sub(self.gutter_columns());
        // One column is left for the caret at the end of a full row.
        let width = self.wraps.then(|| self.view.columns.saturating_sub(1));
        self.rulers.fit(width, self.indent.tab);
    }

    /// Fits anew and stays on the same text.
    fn refit(&mut self) {
        let top = self.rows().start(self.view.top);
        self.fit();
        self.view.top = self.rows().row_at(top);
        self.show_caret();
        self.refit_past();
    }

    fn scroll(&mut self, by: isize) {
        let rows = Rows { text: &self.text, rulers: &self.rulers };
        self.view.scroll(by, rows);
    }

    /// Scrolls so that the primary caret is on the screen.
    fn show_caret(&mut self) {
        let rows = Rows { text: &self.text, rulers: &self.rulers };
        self.view.show(rows, self.carets.primary().head);
    }

    /// As [`App::show_caret`], with lines around it when it was off the screen.
    fn show_caret_centred(&mut self) {
        let rows = Rows { text: &self.text, rulers: &self.rulers };
        self.view.show_centred(rows, self.carets.primary().head);
    }
}

/// Where the last of these edits ends, in the text after them.
fn end_of_last_change(edits: &[TextEdit]) -> Option<usize> {
    let last = edits.last()?;
    let inserted: usize = edits.iter().map(|edit| edit.text.chars().count()).sum();
    let deleted: usize = edits.iter().map(|edit| edit.range.len()).sum();
    Some(last.range.end + inserted - deleted)
}

#[cfg(test)]
pub(crate) mod tests;
