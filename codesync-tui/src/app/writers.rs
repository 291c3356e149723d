//! Who wrote the caret's line.
//!
//! The server is asked once for all lines; edits afterwards move the answer along. A line that
//! this person touched since is his own, and one that somebody else touched is asked about again.

use std::time::Duration;

use codesync_core::{Revision, Text};

use super::question::Question;
use super::{App, Condition};
use crate::editor::change::LineChange;

/// Shortest time between two questions.
const ASK_MS_MIN: u64 = 2_000;
/// Changes that an answer is carried over; after more it is asked for anew.
const CHANGES_MAX: usize = 4_096;

/// Somebody who wrote a line, and when. Harmless to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Writer {
    pub(crate) who: String,
    pub(crate) when: String,
    pub(crate) revision: Revision,
    /// Whether it is the person at this editor.
    pub(crate) is_own: bool,
}

/// What is known of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hand {
    /// By number among the writers.
    Writer(u32),
    /// This person touched it since the server was asked.
    Own,
    /// Somebody else did.
    Other,
    /// There is nothing on it.
    Nobody,
}

/// Who wrote each line of a text. A run goes on to where the next one begins.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Written {
    pub(crate) writers: Vec<Writer>,
    /// First lines, counted from 0, and whose they are; the first begins at 0.
    pub(crate) runs: Vec<(usize, Hand)>,
}

/// So many lines from one on, and how many came in their place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Lines {
    at: usize,
    removed: usize,
    added: usize,
}

/// Whether the caret's line is to be told, and what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers {
    is_on: bool,
    /// Counts the questions.
    number: u32,
    written: Option<Written>,
    /// When the last question was asked.
    asked_at: Option<Duration>,
    awaits: bool,
    /// What changed since the question that is not answered yet.
    changes: Vec<(Lines, Hand)>,
}

impl Written {
    fn hand(&self, line: usize) -> Hand {
        let after = self.runs.partition_point(|(first, _)| *first <= line);
        after.checked_sub(1).map_or(Hand::Other, |n| self.runs[n].1)
    }

    /// In the place of some lines come others, which are `hand`'s.
    fn splice(&mut self, lines: &Lines, hand: Hand) {
        let Lines { at, removed, added } = *lines;
        let below = self.hand(at + removed);
        let first = self.runs.partition_point(|(line, _)| *line < at);
        let last = self.runs.partition_point(|(line, _)| *line <= at + removed);
        for (line, _) in &mut self.runs[last..] {
            *line = *line + added - removed;
        }
        let new = (added > 0).then_some((at, hand)).into_iter().chain([(at + added, below)]);
        self.runs.splice(first..last, new);
        // One that says what the one before says is no run of its own.
        for n in (first.max(1)..(first + 3).min(self.runs.len())).rev() {
            if self.runs[n].1 == self.runs[n - 1].1 {
                self.runs.remove(n);
            }
        }
    }
}

impl App {
    pub(super) fn toggle_writers(&mut self) {
        self.forget_writers();
        self.writers.is_on = !self.writers.is_on;
        if !self.writers.is_on {
            self.notify("who wrote a line is not told any more");
        } else if self.saving.condition.is_away() {
            self.writers.is_on = false;
            self.notify("who wrote it the server knows, which is not reached now");
        }
    }

    /// The text is another one: it has to be asked about anew, and no older answer will do.
    pub(super) fn forget_writers(&mut self) {
        let Writers { is_on, number, .. } = self.writers;
        self.writers = Writers { is_on, number: number.wrapping_add(1), ..Writers::default() };
    }

    /// Carries what is known over an edit.
    pub(super) fn rewrite(&mut self, changes: &[LineChange], is_own: bool) {
        if !self.writers.is_on {
            return;
        }
        let hand = if is_own { Hand::Own } else { Hand::Other };
        for change in changes {
            let lines = touched(&self.text, change);
            if let Some(written) = &mut self.writers.written {
                written.splice(&lines, hand);
            }
            if self.writers.awaits && self.writers.changes.len() <= CHANGES_MAX {
                self.writers.changes.push((lines, hand));
            }
        }
    }

    pub(super) fn handle_writers(&mut self, number: u32, answer: Result<Written, String>) {
        let writers = &mut self.writers;
        if number != writers.number {
            return;
        }
        writers.awaits = false;
        let changes = std::mem::take(&mut writers.changes);
        match answer {
            Ok(_) if changes.len() > CHANGES_MAX => {}
            Ok(mut written) => {
                for (lines, hand) in changes {
                    written.splice(&lines, hand);
                }
                writers.written = Some(written);
            }
            Err(reason) => {
                self.forget_writers();
                self.writers.is_on = false;
                self.notify(&format!("nobody knows who wrote it: {reason}"));
            }
        }
    }

    /// Asks for what is not known of the caret's line.
    pub(super) fn ask_for_writers(&mut self) {
        if self.wants_writers() && self.writers_due().is_none_or(|due| due <= self.now) {
            self.writers.awaits = true;
            self.writers.asked_at = Some(self.now);
            let number = self.writers.number;
            self.ask(Question::Writers { number, text: self.text.clone() });
        }
    }

    /// When they may be asked for again, if they are wanted.
    pub(super) fn writers_deadline(&self) -> Option<Duration> {
        self.writers_due().filter(|_| self.wants_writers())
    }

    fn writers_due(&self) -> Option<Duration> {
        Some(self.writers.asked_at? + Duration::from_millis(ASK_MS_MIN))
    }

    fn wants_writers(&self) -> bool {
        let is_unknown = || match &self.writers.written {
            Some(written) => written.hand(self.caret_line()) == Hand::Other,
            None => true,
        };
        self.writers.is_on
            && !self.writers.awaits
            && !self.saving.condition.is_away()
            && is_unknown()
    }

    fn caret_line(&self) -> usize {
        self.text.line_of(self.carets.primary().head)
    }

    /// Who wrote the caret's line, in words, while that is wanted.
    pub(crate) fn writer(&self) -> Option<String> {
        if !self.writers.is_on {
            return None;
        }
        let Some(written) = &self.writers.written else {
            return Some("by …".into());
        };
        Some(match written.hand(self.caret_line()) {
            Hand::Writer(n) => match written.writers.get(n as usize) {
                Some(Writer { who, when, revision, is_own }) => {
                    let who = if *is_own { "you" } else { who };
                    format!("by {who}, {when}, revision {revision}")
                }
                None => "by nobody that is known".into(),
            },
            Hand::Own if self.saving.condition == Condition::Saved => "by you, just now".into(),
            Hand::Own => "by you, not sent yet".into(),
            Hand::Other => "changed just now".into(),
            Hand::Nobody => "nothing is written here".into(),
        })
    }
}

/// Which lines an edit touched. One that was only divided, or has got a line feed behind it, stays
/// whose it was.
fn touched(after: &Text, change: &LineChange) -> Lines {
    let LineChange { at, kept, removed, added } = *change;
    let is_divided = kept > 0
        && removed == 0
        && added > 0
        && after.char_at(after.line_start(at) + kept) == Some('\n');
    match is_divided {
        true => Lines { at: at + 1, removed: 0, added },
        false => Lines { at, removed: removed + 1, added: added + 1 },
    }
}

#[cfg(test)]
mod tests;
