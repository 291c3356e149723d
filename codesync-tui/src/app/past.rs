//! The document's past: who did what and when, the text as it was, what differs from now, and
//! putting it back.
//!
//! While it is open it has the screen and the keys; the text goes on changing behind it. One text is
//! asked for at a time, and the next one only when that is here: a key that is held down passes over
//! what nobody would see.

mod comparison;
mod sheet;

use std::collections::VecDeque;

use codesync_client::TimelineGroup;
use codesync_core::{Bias, Revision, Text, TextEdit};

use super::edits::Landing;
use super::question::{Named, Question, Reply};
use super::{App, Command, Effect, Motion, Prompt, PromptKind};
use crate::input::{Code, Key, Mouse, MouseWhat};
use crate::past::{Told, called};
use crate::{sanitize, when};

pub(crate) use comparison::{Compared, compare};
pub(crate) use sheet::Sheet;

/// Texts that are remembered while the past is open, and their bytes altogether.
const TEXTS_MAX: usize = 32;
/// See [`TEXTS_MAX`].
const TEXTS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// So many moments before the last that is known, the next page is asked for.
const AHEAD: usize = 20;
/// Columns of the list, where there is room for it.
const LIST_COLUMNS: u16 = 34;
/// Narrower screens show the text alone.
const LISTED_COLUMNS_MIN: u16 = 64;
/// Columns of a name.
const NAME_COLUMNS_MAX: usize = 24;

/// What one person did in one go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Moment {
    pub(crate) first: Revision,
    pub(crate) last: Revision,
    /// Harmless to show, as all words here.
    pub(crate) who: String,
    /// When it ended, to the minute.
    pub(crate) when: String,
    /// Characters that came and went.
    pub(crate) came: u64,
    pub(crate) went: u64,
    /// What people called its revisions.
    pub(crate) names: Vec<String>,
}

/// The past of the document, while somebody looks at it.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    moments: Vec<Moment>,
    told: Told,
    names: Vec<Named>,
    /// Whether a page is on its way.
    awaits_page: bool,
    /// The revision that is wanted.
    at: Revision,
    /// The revision whose text is on its way.
    awaits_text: Option<Revision>,
    /// The text that is shown, mostly that of the wanted revision.
    sheet: Option<Sheet>,
    texts: VecDeque<(Revision, Text)>,
    compares: bool,
    awaits_comparison: bool,
    /// The revision that is put back as soon as its text is here.
    restores: Option<Revision>,
    /// Why there is nothing to see.
    failure: Option<String>,
}

impl Moment {
    fn of(group: &TimelineGroup, names: &[Named]) -> Self {
        let (first, last) = (group.first_revision, group.last_revision);
        Self {
            first,
            last,
            who: sanitize::shorten(called(&group.person), NAME_COLUMNS_MAX),
            when: when::minute(&group.to),
            came: group.inserted_chars,
            went: group.deleted_chars,
            names: names
                .iter()
                .filter(|named| (first..=last).contains(&named.revision))
                .map(|named| sanitize::one_line(&named.name))
                .collect(),
        }
    }
}

impl Past {
    fn new() -> Self {
        Self {
            moments: Vec::new(),
            told: Told::default(),
            names: Vec::new(),
            awaits_page: true,
            at: Revision::ZERO,
            awaits_text: None,
            sheet: None,
            texts: VecDeque::new(),
            compares: false,
            awaits_comparison: false,
            restores: None,
            failure: None,
        }
    }

    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The revision that is wanted, and the newest.
    pub(crate) fn place(&self) -> (Revision, Revision) {
        (self.at, self.moments.first().map_or(self.at, |moment| moment.last))
    }

    /// Which moment the wanted revision belongs to.
    pub(crate) fn selected(&self) -> usize {
        let after = self.moments.partition_point(|moment| moment.first > self.at);
        after.min(self.moments.len().saturating_sub(1))
    }

    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_ref()
    }

    pub(crate) fn compares(&self) -> bool {
        self.compares
    }

    /// Why there is nothing to see, or what is waited for.
    pub(crate) fn remark(&self) -> Option<&str> {
        if self.moments.is_empty() && !self.awaits_page {
            return Some("nobody has written anything yet");
        }
        let is_waiting = self.sheet.as_ref().is_none_or(|sheet| sheet.revision != self.at)
            || self.awaits_comparison;
        self.failure.as_deref().or(is_waiting.then_some("fetching …"))
    }

    fn text(&self, revision: Revision) -> Option<&Text> {
        self.texts.iter().find(|(at, _)| *at == revision).map(|(_, text)| text)
    }

    fn keep(&mut self, revision: Revision, text: Text) {
        self.texts.retain(|(at, _)| *at != revision);
        self.texts.push_back((revision, text));
        let bytes = |texts: &VecDeque<(Revision, Text)>| -> usize {
            texts.iter().map(|(_, text)| text.len_bytes()).sum()
        };
        while self.texts.len() > TEXTS_MAX
            || (self.texts.len() > 1 && bytes(&self.texts) > TEXTS_BYTES_MAX)
        {
            self.texts.pop_front();
        }
    }

    /// Goes to another revision, within what is known.
    fn go(&mut self, revision: u64) {
        let Some((oldest, newest)) = self.moments.last().zip(self.moments.first()) else { return };
        self.at = Revision::new(revision).clamp(oldest.first, newest.last);
    }

    fn step(&mut self, by: isize) {
        let last = self.moments.len().saturating_sub(1);
        let n = self.selected().saturating_add_signed(by).min(last);
        if let Some(moment) = self.moments.get(n) {
            self.at = moment.last;
        }
    }
}

/// How many columns the list of moments takes from a screen of so many.
pub(crate) fn list_columns(columns: u16) -> u16 {
    if columns < LISTED_COLUMNS_MIN { 0 } else { LIST_COLUMNS }
}

impl App {
    pub(super) fn open_past(&mut self) {
        if !self.is_open {
            return;
        }
        if self.saving.condition.is_away() {
            self.notify("the past is with the server, which is not reached now");
            return;
        }
        self.past = Some(Past::new());
        self.ask(Question::Timeline(Told::default()));
    }

    pub(super) fn handle_past_key(&mut self, key: Key) {
        let page = self.view.rows.max(2).cast_signed() - 1;
        let Some(past) = &mut self.past else { return };
        let at = past.at.get();
        let letter = match key.code {
            Code::Char(c) if !key.ctrl && !key.alt => Some(c),
            _ => None,
        };
        match (letter, self.keymap.command(key)) {
            (Some('q'), _) | (_, Some(Command::Cancel | Command::Past)) => {
                self.past = None;
                return;
            }
            (_, Some(Command::Quit)) => return self.quit(),
            (Some('r'), _) | (_, Some(Command::Newline)) => return self.ask_restore(),
            (Some('d'), _) => past.compares = !past.compares,
            (Some('h'), _) | (_, Some(Command::Move { motion: Motion::Left, .. })) => {
                past.go(at.saturating_sub(1));
            }
            (Some('l'), _) | (_, Some(Command::Move { motion: Motion::Right, .. })) => {
                past.go(at.saturating_add(1));
            }
            (Some('k'), _) | (_, Some(Command::Move { motion: Motion::Up, .. })) => past.step(-1),
            (Some('j'), _) | (_, Some(Command::Move { motion: Motion::Down, .. })) => past.step(1),
            (_, Some(Command::Move { motion: Motion::LineStart, .. })) => past.step(isize::MIN),
            (_, Some(Command::Move { motion: Motion::LineEnd, .. })) => past.step(isize::MAX),
            (_, Some(Command::Move { motion: Motion::PageUp, .. })) => past.scroll(-page),
            (_, Some(Command::Move { motion: Motion::PageDown, .. })) => past.scroll(page),
            _ => return,
        }
        past.failure = None;
        past.restores = None;
        self.pursue_past();
    }

    pub(super) fn handle_past_mouse(&mut self, mouse: Mouse) {
        let Some(past) = &mut self.past else { return };
        match mouse.what {
            MouseWhat::WheelUp => past.scroll(-sheet::WHEEL_ROWS),
            MouseWhat::WheelDown => past.scroll(sheet::WHEEL_ROWS),
            _ => {}
        }
    }

    /// Takes in an answer about the past; one that comes too late is about nothing.
    pub(super) fn handle_past(&mut self, reply: Reply) {
        let Some(past) = &mut self.past else { return };
        match reply {
            Reply::Timeline(Ok((told, names))) => {
                past.awaits_page = false;
                past.names.extend(names);
                past.moments =
                    told.groups.iter().map(|group| Moment::of(group, &past.names)).collect();
                past.told = told;
                if past.at == Revision::ZERO {
                    past.step(isize::MIN);
                }
            }
            Reply::TextAt(revision, Ok(text)) => {
                past.awaits_text = None;
                past.keep(revision, text);
                if past.restores.take_if(|wanted| *wanted == revision).is_some() {
                    self.restore(revision);
                }
            }
            Reply::Compare(revision, compared) => {
                past.awaits_comparison = false;
                if past.compares && past.at == revision {
                    past.show(Sheet::of_comparison(revision, compared));
                }
            }
            Reply::Restore { revision, text, edits } => {
                return self.restore_by(revision, &text, edits);
            }
            Reply::Timeline(Err(reason)) if past.moments.is_empty() => {
                self.past = None;
                self.notify(&format!("no history: {reason}"));
                return;
            }
            // The next key tries again.
            Reply::Timeline(Err(reason)) | Reply::TextAt(_, Err(reason)) => {
                past.failure = Some(sanitize::one_line(&reason));
                past.awaits_page = false;
                past.awaits_text = None;
                return;
            }
            _ => {}
        }
        self.pursue_past();
    }

    /// Shows what is wanted as far as it is here, and asks for what is not.
    fn pursue_past(&mut self) {
        let (size, tab) = (self.size, self.indent.tab);
        let Some(past) = &mut self.past else { return };
        let mut questions = Vec::new();
        if !past.awaits_page
            && past.told.next.is_some()
            && past.selected() + AHEAD >= past.moments.len()
        {
            past.awaits_page = true;
            questions.push(Question::Timeline(past.told.clone()));
        }
        let at = past.at;
        match past.text(at).cloned() {
            Some(before) if past.compares => {
                let is_shown =
                    past.sheet.as_ref().is_some_and(|it| it.revision == at && it.is_comparison);
                if !is_shown && !past.awaits_comparison {
                    past.awaits_comparison = true;
                    let after = self.text.clone();
                    questions.push(Question::Compare { revision: at, before, after });
                }
            }
            Some(text) => {
                let is_shown =
                    past.sheet.as_ref().is_some_and(|it| it.revision == at && !it.is_comparison);
                if !is_shown {
                    let before = past.sheet.as_ref().filter(|it| !it.is_comparison);
                    let top = before.map_or(self.view.top.line, |it| it.view.top.line);
                    past.show(Sheet::of_text(at, text, top));
                }
            }
            None if past.awaits_text.is_none() && !past.moments.is_empty() => {
                past.awaits_text = Some(at);
                questions.push(Question::TextAt(at));
            }
            None => {}
        }
        if let Some(sheet) = &mut past.sheet {
            sheet.fit(size, tab);
        }
        questions.into_iter().for_each(|question| self.ask(question));
    }

    pub(super) fn refit_past(&mut self) {
        let (size, tab) = (self.size, self.indent.tab);
        if let Some(sheet) = self.past.as_mut().and_then(|past| past.sheet.as_mut()) {
            sheet.fit(size, tab);
        }
    }

    fn ask_restore(&mut self) {
        let Some(past) = &self.past else { return };
        let revision = past.at;
        if !past.moments.is_empty() && self.may_edit() {
            let kind = PromptKind::Restore { revision };
            self.prompt = Some(Prompt::new(kind, String::new()));
        }
    }

    /// Finds the edits that make the text what it was.
    pub(super) fn restore(&mut self, revision: Revision) {
        let Some(past) = &mut self.past else { return };
        match past.text(revision).cloned() {
            Some(wanted) => {
                self.ask(Question::Restore { revision, text: self.text.clone(), wanted });
            }
            None => past.restores = Some(revision),
        }
        self.notify("putting it back …");
    }

    /// Makes them: one edit that can be undone as any other.
    fn restore_by(&mut self, revision: Revision, text: &Text, edits: Vec<TextEdit>) {
        if *text != self.text {
            // Somebody typed meanwhile.
            return self.restore(revision);
        }
        if !self.may_edit() {
            return;
        }
        self.past = None;
        if edits.is_empty() {
            self.notify("the text is what it was already");
            return;
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Left));
        self.has_moved = true;
        self.notify(&format!("the text is what it was at revision {revision}; Ctrl-Z undoes it"));
    }
}

#[cfg(test)]
mod tests;
