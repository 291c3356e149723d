//! The one-line questions at the bottom: find, go to line, quit.

use codesync_core::Selection;
use unicode_segmentation::UnicodeSegmentation;

use super::{App, Command, Effect, Motion, View};
use crate::input::{Code, Key};
use crate::sanitize;

/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4_096;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Prompt {
    pub(crate) kind: PromptKind,
    answer: String,
    /// Bytes of the answer before its caret.
    caret: usize,
    /// Whether typing replaces the whole answer, as it does for one that was filled in.
    is_fresh: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PromptKind {
    /// With the place to return to.
    Find {
        origin: (Selection, View),
    },
    GoToLine,
    /// With the question.
    Quit {
        question: String,
    },
}

impl Prompt {
    fn new(kind: PromptKind, answer: String) -> Self {
        let caret = answer.len();
        Self { kind, is_fresh: !answer.is_empty(), answer, caret }
    }

    pub(super) fn find(query: String, origin: (Selection, View)) -> Self {
        Self::new(PromptKind::Find { origin }, query)
    }

    pub(super) fn go_to_line() -> Self {
        Self::new(PromptKind::GoToLine, String::new())
    }

    pub(super) fn quit(waiting: usize, reason: &str) -> Self {
        let question = format!(
            "{waiting} edits are neither sent nor kept on disk ({}). Quit and lose them? (y/n)",
            sanitize::one_line(reason)
        );
        Self::new(PromptKind::Quit { question }, String::new())
    }

    /// What is asked.
    pub(crate) fn question(&self) -> &str {
        match &self.kind {
            PromptKind::Find { .. } => "find:",
            PromptKind::GoToLine => "go to line[:column]:",
            PromptKind::Quit { question } => question,
        }
    }

    /// The answer as it is shown, before and after its caret.
    pub(crate) fn shown(&self) -> (String, String) {
        let (before, after) = self.answer.split_at(self.caret);
        (sanitize::one_line(before), sanitize::one_line(after))
    }

    pub(super) fn insert(&mut self, text: &str) {
        if self.is_fresh {
            self.answer.clear();
            self.caret = 0;
            self.is_fresh = false;
        }
        if self.answer.len() + text.len() <= ANSWER_BYTES_MAX {
            self.answer.insert_str(self.caret, text);
            self.caret += text.len();
        }
    }

    fn delete(&mut self, range: std::ops::Range<usize>) {
        self.caret = range.start;
        self.answer.replace_range(range, "");
    }

    fn before(&self) -> usize {
        let left = &self.answer[..self.caret];
        left.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let right = &self.answer[self.caret..];
        self.caret + right.graphemes(true).next().map_or(0, str::len)
    }

    /// Takes an editing key; false if it is none.
    fn edit(&mut self, command: Command) -> bool {
        let was_fresh = std::mem::replace(&mut self.is_fresh, false);
        match command {
            Command::Type(c) => {
                self.is_fresh = was_fresh;
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            Command::Backspace if was_fresh => self.delete(0..self.answer.len()),
            Command::Backspace => self.delete(self.before()..self.caret),
            Command::Delete => {
                let end = self.after();
                self.delete(self.caret..end);
            }
            Command::DeleteWordLeft => self.delete(0..self.caret),
            Command::Move { motion: Motion::Left, .. } => self.caret = self.before(),
            Command::Move { motion: Motion::Right, .. } => self.caret = self.after(),
            Command::Move { motion: Motion::LineStart, .. } => self.caret = 0,
            Command::Move { motion: Motion::LineEnd, .. } => self.caret = self.answer.len(),
            _ => {
                self.is_fresh = was_fresh;
                return false;
            }
        }
        true
    }
}

impl App {
    pub(super) fn handle_prompt_key(&mut self, key: Key) {
        let Some(prompt) = &mut self.prompt else { return };
        if let PromptKind::Quit { .. } = prompt.kind {
            self.prompt = None;
            if matches!(key.code, Code::Char('y' | 'Y')) {
                self.effects.push_back(Effect::Quit);
            }
            return;
        }
        let Some(command) = self.keymap.command(key) else { return };
        if prompt.edit(command) {
            self.prompt_changed();
            return;
        }
        match (prompt.kind.clone(), command) {
            (PromptKind::Find { origin }, Command::Cancel) => {
                self.prompt = None;
                self.find.hide();
                self.return_to(origin);
            }
            (PromptKind::Find { .. }, Command::Newline) => self.prompt = None,
            (
                PromptKind::Find { .. },
                Command::Find | Command::FindNext | Command::Move { motion: Motion::Down, .. },
            ) => self.find_step(true),
            (
                PromptKind::Find { .. },
                Command::FindPrevious | Command::Move { motion: Motion::Up, .. },
            ) => self.find_step(false),
            (PromptKind::GoToLine, Command::Newline) => self.answer_line(),
            (_, Command::Quit) => self.quit(),
            (PromptKind::GoToLine, Command::Cancel) => self.prompt = None,
            _ => {}
        }
    }

    /// The answer is another one: what follows it at once does so.
    pub(super) fn prompt_changed(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        if let PromptKind::Find { origin } = prompt.kind {
            let query = prompt.answer.clone();
            self.find_typed(&query, origin);
        }
    }

    fn answer_line(&mut self) {
        let Some(prompt) = self.prompt.take() else { return };
        match parse_place(&prompt.answer) {
            Some((line, column)) => self.go_to(line, column),
            None => self.notify(&format!("not a line number: {}", prompt.answer)),
        }
    }
}

/// Reads `12` or `12:8`.
pub(crate) fn parse_place(text: &str) -> Option<(usize, usize)> {
    let text = text.trim();
    let (line, column) = text.split_once(':').unwrap_or((text, "1"));
    Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
}
