//! An app with a session's half of the work done in place: the second copy of the text, and undo.

use std::ops::Range;
use std::time::Duration;

use codesync_core::selection::after_own_edit;
use codesync_core::{
    DocumentId, Encoding, Group, LineEnding, Operation, Selection, Text, TextEdit, UndoStack,
};

use crate::app::{App, Cause, Condition, Effect, Event, Question, Saving};
use crate::highlight::{Answer, Job, Paint, Span, Token};
use crate::input::{Input, Key, Mouse, MouseWhat};

/// Runs keys on a text in which `|` and `[` mark carets, and compares with such a text.
#[track_caller]
pub(crate) fn check(before: &str, keys: &str, after: &str) {
    check_named("x.txt", before, keys, after);
}

/// [`check`] for a document of this name, which tells its language.
#[track_caller]
pub(crate) fn check_named(name: &str, before: &str, keys: &str, after: &str) {
    let mut stage = Stage::new(name, before);
    stage.press(keys);
    stage.shows(after);
}

pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) copied: Vec<String>,
    pub(crate) has_quit: bool,
    /// What was asked and is not answered.
    pub(crate) asked: Vec<Question>,
    pub(crate) opened: Option<DocumentId>,
    /// The colours that were asked for.
    pub(crate) jobs: Vec<Job>,
    text: Text,
    undo: UndoStack,
    selections: Vec<Selection>,
    edited_at: Duration,
    now: Duration,
    saving: Saving,
}

impl Stage {
    pub(crate) fn new(name: &str, marked: &str) -> Self {
        let (text, selections) = unmark(marked);
        let mut app = App::new(name, 60, 12);
        let text = Text::from(text.as_str());
        app.handle(Duration::ZERO, Event::Opened { text: text.clone() });
        let saving = Saving { condition: Condition::Saved, revision: 42, ..Saving::default() };
        app.handle(Duration::ZERO, Event::Saving(saving.clone()));
        app.carets.set(selections);
        app.show_caret();
        app.handle(Duration::ZERO, Event::Tick);
        let mut stage = Self {
            app,
            copied: Vec::new(),
            has_quit: false,
            asked: Vec::new(),
            opened: None,
            jobs: Vec::new(),
            text,
            undo: UndoStack::new(),
            selections: Vec::new(),
            edited_at: Duration::ZERO,
            now: Duration::ZERO,
            saving,
        };
        stage.settle();
        stage.app.renew_status();
        stage
    }

    pub(crate) fn handle(&mut self, event: Event) {
        self.app.handle(self.now, event);
        self.settle();
        self.app.renew_status();
    }

    /// Presses keys that are written as the help writes them, with spaces between.
    #[track_caller]
    pub(crate) fn press(&mut self, keys: &str) {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            let key = Key::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            self.handle(Event::Input(Input::Key(key)));
        }
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.handle(Event::Input(Input::Paste(text.to_owned())));
    }

    pub(crate) fn click(&mut self, column: u16, row: u16) {
        self.mouse(MouseWhat::Press, column, row);
        self.mouse(MouseWhat::Release, column, row);
    }

    pub(crate) fn drag(&mut self, from: (u16, u16), to: (u16, u16)) {
        self.mouse(MouseWhat::Press, from.0, from.1);
        self.mouse(MouseWhat::Drag, to.0, to.1);
        self.mouse(MouseWhat::Release, to.0, to.1);
    }

    fn mouse(&mut self, what: MouseWhat, column: u16, row: u16) {
        let mouse = Mouse { what, column, row, shift: false, alt: false };
        self.handle(Event::Input(Input::Mouse(mouse)));
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.handle(Event::Tick);
    }

    /// Somebody else replaces a range.
    pub(crate) fn remote(&mut self, range: Range<usize>, text: &str) {
        let edits = vec![TextEdit { range, text: text.to_owned() }];
        let operation =
            Operation::from_edits(&self.text, &edits, Encoding::Scalar).expect("it fits");
        self.undo.remote(&operation);
        self.text.apply(&operation).expect("it fits");
        self.handle(Event::Changed { edits, cause: Cause::Remote });
    }

    /// Answers the last question for colours: every word that begins with `a` is a keyword.
    pub(crate) fn paint(&mut self) {
        let Some(job) = self.jobs.pop() else { return };
        self.jobs.clear();
        let mut spans = Vec::new();
        for (offset, c) in job.text.to_string().chars().enumerate() {
            if c == 'a' {
                spans.push(Span { range: offset..offset + 1, token: Token::Keyword });
            }
        }
        self.handle(Event::Colors(Answer::Paint(Paint {
            generation: job.generation,
            subject: job.subject,
            lines: job.lines,
            spans,
            language: Some("Rust".into()),
        })));
    }

    pub(crate) fn condition(&mut self, condition: Condition) {
        self.saving.condition = condition;
        self.handle(Event::Saving(self.saving.clone()));
    }

    /// So many edits are on their way.
    pub(crate) fn sending(&mut self, waiting: usize) {
        self.saving.waiting = waiting;
        self.condition(Condition::Saving);
    }

    pub(crate) fn not_kept(&mut self, reason: &str) {
        self.saving.not_kept = Some(reason.to_owned());
        self.saving.waiting = 1;
        self.handle(Event::Saving(self.saving.clone()));
    }

    #[track_caller]
    pub(crate) fn shows(&self, marked: &str) {
        assert_eq!(mark(&self.app.text.to_string(), self.app.carets.iter()), marked);
    }

    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    /// Does what the app asks for, and compares the two copies of the text.
    fn settle(&mut self) {
        while let Some(effect) = self.app.poll_effect() {
            match effect {
                Effect::Edit(edits) => self.edit(&edits),
                Effect::Undo => self.step(false),
                Effect::Redo => self.step(true),
                Effect::BreakUndoGroup => self.undo.break_group(),
                // What was typed reaches the model at once.
                Effect::SendNow | Effect::Redraw => {}
                Effect::Select(selections) => self.selections = selections,
                Effect::Copy(text) => self.copied.push(text),
                Effect::Color(job) => self.jobs.push(*job),
                Effect::Ask(question) => self.asked.push(*question),
                Effect::Open(id) => self.opened = Some(id),
                Effect::Quit => self.has_quit = true,
            }
        }
        assert_eq!(self.app.text().to_string(), self.text.to_string());
    }

    fn edit(&mut self, edits: &[TextEdit]) {
        assert!(edits.iter().all(|edit| !edit.text.contains('\r')), "endings are unified");
        let operation =
            Operation::from_edits(&self.text, edits, Encoding::Scalar).expect("it fits");
        let group = match self.undo.can_undo() {
            true => self.undo.group_of(&operation, self.now.saturating_sub(self.edited_at)),
            false => Group::New,
        };
        self.edited_at = self.now;
        self.undo.record(&operation, &self.text, group, &self.selections);
        self.text.apply(&operation).expect("it fits");
        self.selections = after_own_edit(&self.selections, &operation);
    }

    fn step(&mut self, redo: bool) {
        let step = match redo {
            true => self.undo.redo(&self.text, &self.selections),
            false => self.undo.undo(&self.text, &self.selections),
        };
        let Some(step) = step else { return };
        let edits = step.operation.edits(&self.text, Encoding::Scalar);
        self.text.apply(&step.operation).expect("it fits");
        let cause = if redo { Cause::Redo } else { Cause::Undo };
        self.app.handle(self.now, Event::Changed { edits, cause });
        self.selections.clone_from(&step.selections);
        if !step.selections.is_empty() {
            self.app.handle(self.now, Event::Returned(step.selections));
        }
    }
}

/// Takes the marks out of a text. The text holds no `|` and no `[` of its own, unless it has none
/// as marks: a `[` counts as a mark only before the next `|`, or after it when none came before.
fn unmark(marked: &str) -> (String, Vec<Selection>) {
    let mut text = String::new();
    let mut offset = 0;
    let mut open = None;
    let mut heads: Vec<Selection> = Vec::new();
    for c in LineEnding::normalize(marked).chars() {
        match c {
            '[' => {
                let is_backward =
                    heads.last().is_some_and(|last| last.is_caret() && last.head < offset);
                if is_backward && !marked_later(marked, &text) {
                    let last = heads.last_mut().expect("there is one");
                    last.anchor = offset;
                } else {
                    open = Some(offset);
                }
            }
            '|' => heads.push(Selection::new(open.take().unwrap_or(offset), offset)),
            _ => {
                text.push(c);
                offset += 1;
            }
        }
    }
    (text, heads)
}

/// Whether another head follows after the text read so far: then a `[` belongs to that one.
fn marked_later(marked: &str, read: &str) -> bool {
    let mut rest = marked.chars();
    for wanted in read.chars() {
        for c in rest.by_ref() {
            if c == wanted {
                break;
            }
        }
    }
    rest.any(|c| c == '|')
}

fn mark(text: &str, selections: impl Iterator<Item = Selection>) -> String {
    let mut marks: Vec<(usize, char)> = Vec::new();
    for selection in selections {
        if !selection.is_caret() {
            marks.push((selection.anchor, '['));
        }
        marks.push((selection.head, '|'));
    }
    marks.sort_by_key(|(at, _)| *at);
    let mut marked = String::new();
    let mut marks = marks.into_iter().peekable();
    for (offset, c) in text.chars().chain([' ']).enumerate() {
        while let Some((_, sign)) = marks.next_if(|(at, _)| *at == offset) {
            marked.push(sign);
        }
        marked.push(c);
    }
    marked.pop();
    marked
}
