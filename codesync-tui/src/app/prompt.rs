//! The one-line questions at the bottom: find, replace, go to line, quit.

use std::borrow::Cow;

use codesync_core::{Revision, Selection};

use super::answer::Answer;
use super::sharing::Step;
use super::{App, Command, Effect, Motion, View};
use crate::input::{Code, Key};
use crate::sanitize;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Prompt {
    pub(crate) kind: PromptKind,
    pub(super) answer: Answer,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PromptKind {
    /// With the place to return to, and whether what is found is to be replaced.
    Find {
        origin: (Selection, View),
        replaces: bool,
    },
    /// What to put in the place of what was found.
    ReplaceWith,
    /// Whether to replace the match that is selected; so many were replaced.
    ReplaceEach {
        done: usize,
    },
    GoToLine,
    /// With the question.
    Quit {
        question: String,
    },
    /// A command of the `vim` preset, typed after a colon.
    Colon,
    /// Whether the text is to be what it was.
    Restore {
        revision: Revision,
    },
    /// Something about who may do what.
    Sharing(Step),
}

impl Prompt {
    pub(super) fn new(kind: PromptKind, answer: String) -> Self {
        Self { kind, answer: Answer::filled(answer) }
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
    pub(crate) fn question(&self) -> Cow<'_, str> {
        Cow::Borrowed(match &self.kind {
            PromptKind::Find { replaces: false, .. } => "find:",
            PromptKind::Find { replaces: true, .. } => "replace:",
            PromptKind::ReplaceWith => "with (Enter asks each, Alt-A replaces all):",
            PromptKind::ReplaceEach { .. } => "replace this one? (y/n, a for the rest, Esc)",
            PromptKind::GoToLine => "go to line[:column]:",
            PromptKind::Quit { question } => question,
            PromptKind::Colon => ":",
            PromptKind::Restore { revision } => {
                let question = format!("make the text what it was at revision {revision}? (y/n)");
                return Cow::Owned(question);
            }
            PromptKind::Sharing(step) => return Cow::Owned(step.question()),
        })
    }

    /// The answer as it is shown, before and after its caret.
    pub(crate) fn shown(&self) -> (String, String) {
        self.answer.shown()
    }
}

impl App {
    pub(super) fn handle_prompt_key(&mut self, key: Key) {
        let Some(prompt) = &mut self.prompt else { return };
        match prompt.kind {
            PromptKind::Quit { .. } => {
                self.prompt = None;
                if matches!(key.code, Code::Char('y' | 'Y')) {
                    self.effects.push_back(Effect::Quit);
                }
                return;
            }
            PromptKind::Restore { revision } => {
                self.prompt = None;
                if matches!(key.code, Code::Char('y' | 'Y')) {
                    self.restore(revision);
                }
                return;
            }
            PromptKind::ReplaceEach { done } => return self.replace_answered(key, done),
            PromptKind::Sharing(ref step) if !step.is_line() => {
                let step = step.clone();
                return self.step_by_letter(step, key);
            }
            _ => {}
        }
        let Some(command) = self.keymap.command(key) else {
            self.handle_prompt_option(key);
            return;
        };
        if prompt.answer.edit(command) {
            self.prompt_changed();
            return;
        }
        match (prompt.kind.clone(), command) {
            (PromptKind::Find { origin, .. }, Command::Cancel) => {
                self.prompt = None;
                self.find.hide();
                self.return_to(origin);
            }
            (PromptKind::Find { replaces: true, .. }, Command::Newline) => self.ask_replacement(),
            (PromptKind::Find { .. }, Command::Newline) => self.prompt = None,
            (PromptKind::Find { origin, .. }, Command::Replace) => {
                let query = prompt.answer.text().to_owned();
                self.prompt = Some(Prompt::new(PromptKind::Find { origin, replaces: true }, query));
            }
            (
                PromptKind::Find { .. },
                Command::Find | Command::FindNext | Command::Move { motion: Motion::Down, .. },
            ) => self.find_step(true),
            (
                PromptKind::Find { .. },
                Command::FindPrevious | Command::Move { motion: Motion::Up, .. },
            ) => self.find_step(false),
            (PromptKind::ReplaceWith, Command::Newline) => self.replace_each(),
            (PromptKind::GoToLine, Command::Newline) => self.answer_line(),
            (PromptKind::Colon, Command::Newline) => self.answer_colon(),
            (PromptKind::Sharing(step), Command::Newline) => {
                let answer = prompt.answer.text().to_owned();
                self.step_by_line(step, &answer);
            }
            (_, Command::Quit) => self.quit(),
            (_, Command::Cancel) => self.prompt = None,
            _ => self.handle_prompt_option(key),
        }
    }

    /// Keys that mean something in a question only.
    fn handle_prompt_option(&mut self, key: Key) {
        let Some(prompt) = &self.prompt else { return };
        match (&prompt.kind, key.alt, key.code) {
            (PromptKind::ReplaceWith, true, Code::Char('a')) => self.replace_all(0),
            (PromptKind::Find { .. }, true, Code::Char('r')) => {
                let words = match self.find.toggle_literal() {
                    true => "every character is meant as it is",
                    false => "a regular expression",
                };
                self.notify(words);
                self.prompt_changed();
            }
            _ => {}
        }
    }

    /// The answer is another one: what follows it at once does so.
    pub(super) fn prompt_changed(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        if let PromptKind::Find { origin, .. } = prompt.kind {
            let query = prompt.answer.text().to_owned();
            self.find_typed(&query, origin);
        }
    }

    fn answer_line(&mut self) {
        let Some(prompt) = self.prompt.take() else { return };
        let answer = prompt.answer.text();
        match parse_place(answer) {
            Some((line, column)) => self.go_to(line, column),
            None => self.notify(&format!("not a line number: {answer}")),
        }
    }
}

/// Reads `12` or `12:8`.
pub(crate) fn parse_place(text: &str) -> Option<(usize, usize)> {
    let text = text.trim();
    let (line, column) = text.split_once(':').unwrap_or((text, "1"));
    Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
}
