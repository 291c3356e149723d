//! What is saved, what waits, and whether it is safe here: the words of the status line.

use std::fmt::Write as _;
use std::time::Duration;

use codesync_core::Revision;

use super::{App, Effect, People, Prompt};

/// How long edits have waited for a server that is reached before their number is told.
const SLOW: Duration = Duration::from_secs(1);

/// How things stand between this editor, its disk and the server.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Saving {
    pub(crate) condition: Condition,
    /// Revision that the server is known to have.
    pub(crate) revision: u64,
    /// Edits that the server is not known to have.
    pub(crate) waiting: usize,
    /// Why edits are not on this disk, while that is so.
    pub(crate) not_kept: Option<String>,
    /// Why the server cannot be reached, while that is so.
    pub(crate) failure: Option<String>,
}

impl Saving {
    /// Whether since `before` edits were sent and saved as they should be, and nothing else.
    pub(crate) fn follows(&self, before: &Self) -> bool {
        let is_well = |it: &Self| {
            matches!(it.condition, Condition::Saved | Condition::Saving)
                && it.not_kept.is_none()
                && it.failure.is_none()
        };
        is_well(self) && is_well(before)
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Condition {
    /// Nothing of the document is here yet.
    #[default]
    Loading,
    Saved,
    Saving,
    Offline,
    /// Nothing is sent before the person has logged in, perhaps again.
    LoginNeeded,
    ReadOnly,
    Ended,
}

impl Condition {
    /// Whether edits wait here until the server takes them again.
    pub(crate) fn is_away(self) -> bool {
        matches!(self, Self::Offline | Self::LoginNeeded)
    }
}

impl Saving {
    /// The state in words, beginning with its mark. How many edits are on their way is told only of a
    /// server that `is_slow`: keys are sent some at a time, and the number would change with each.
    pub(crate) fn words(&self, is_slow: bool) -> String {
        let mut words = match self.condition {
            Condition::Loading => match &self.failure {
                Some(_) => "○server not reached, trying".to_owned(),
                None => "○loading".to_owned(),
            },
            Condition::Saved => self.saved(),
            Condition::Saving => "◐saving".to_owned(),
            Condition::Offline => self.with_waiting("○offline"),
            Condition::LoginNeeded => self.with_waiting("○login needed"),
            Condition::ReadOnly => format!("●read-only {}", self.revision),
            Condition::Ended => "○access ended".to_owned(),
        };
        if self.not_kept.is_some() {
            words.push_str(" · not kept on this disk");
        } else if self.condition.is_away() && self.waiting > 0 {
            words.push_str(" · kept on this disk");
        }
        if self.condition == Condition::Saving && is_slow && self.waiting > 1 {
            // Writing to a string does not fail.
            let _ = write!(words, " | {} waiting", self.waiting);
        }
        // As wide as what mostly follows it, so that nothing beside it moves with each key.
        let width =
            if self.condition == Condition::Saving { self.saved().chars().count() } else { 0 };
        format!("{words:width$}")
    }

    fn saved(&self) -> String {
        format!("●saved {}", self.revision)
    }

    fn with_waiting(&self, words: &str) -> String {
        match self.waiting {
            0 => words.to_owned(),
            waiting => format!("{words} · {waiting} waiting"),
        }
    }

    fn takes_edits(&self) -> bool {
        !matches!(self.condition, Condition::Loading | Condition::ReadOnly | Condition::Ended)
    }
}

impl App {
    pub(super) fn handle_saving(&mut self, saving: Saving) {
        let lost_disk = saving.not_kept.is_some() && self.saving.not_kept.is_none();
        let found_disk = saving.not_kept.is_none() && self.saving.not_kept.is_some();
        let is_answered = saving.waiting < self.saving.waiting;
        self.saving_since = match saving.condition {
            Condition::Saving if is_answered => Some(self.now),
            Condition::Saving => self.saving_since.or(Some(self.now)),
            _ => None,
        };
        self.saving = saving;
        if self.saving.condition.is_away() {
            self.people = People::default();
        }
        if self.saving.condition != Condition::Loading {
            let (is_away, revision) = (self.saving.condition.is_away(), self.saving.revision);
            let missed = self.away.update(is_away, Revision::new(revision), self.now);
            missed.iter().for_each(|sentence| self.tell_missed(sentence));
        }
        if lost_disk && let Some(reason) = self.saving.not_kept.clone() {
            self.notify(&format!("not kept on disk: {reason}"));
        } else if found_disk {
            self.notify("kept on this disk again");
        }
        if self.awaits_save && self.saving.condition == Condition::Saved {
            self.awaits_save = false;
            self.notify(&format!("saved, rev {}", self.saving.revision));
        }
    }

    /// Whether a server that is reached has saved nothing for so long that it is worth telling.
    pub(crate) fn is_server_slow(&self) -> bool {
        self.saving_since.is_some_and(|since| self.now - since >= SLOW)
    }

    /// Whether the person has asked to be told when all is saved.
    pub(crate) fn awaits_save(&self) -> bool {
        self.awaits_save
    }

    /// When it will be, if it is not and saves nothing until then.
    pub(super) fn slow_at(&self) -> Option<Duration> {
        Some(self.saving_since? + SLOW).filter(|at| *at > self.now)
    }

    /// Whether the text may be changed; says why if not.
    pub(super) fn may_edit(&mut self) -> bool {
        if self.is_open && self.saving.takes_edits() {
            return true;
        }
        let why = match self.saving.condition {
            Condition::ReadOnly => "this document is read-only for you",
            Condition::Ended => "your access to this document has ended",
            _ => "the document is not here yet",
        };
        self.notify(why);
        false
    }

    pub(super) fn save_point(&mut self) {
        self.effects.push_back(Effect::BreakUndoGroup);
        self.effects.push_back(Effect::SendNow);
        let sentence = match self.saving.condition {
            Condition::Saved => format!("saved, rev {}", self.saving.revision),
            Condition::Saving => {
                self.awaits_save = true;
                format!("saving, {} waiting", self.saving.waiting)
            }
            Condition::Offline | Condition::Loading => {
                self.awaits_save = true;
                let waiting = match self.saving.waiting {
                    0 => "nothing waits to be sent".to_owned(),
                    n => format!("{n} waiting, sent as soon as the server is back"),
                };
                match &self.saving.failure {
                    Some(reason) => format!("offline: {waiting} ({reason})"),
                    None => format!("offline: {waiting}"),
                }
            }
            Condition::LoginNeeded => {
                self.awaits_save = true;
                format!("log in first: {} waiting", self.saving.waiting)
            }
            Condition::ReadOnly => "read-only: there is nothing of yours to save".to_owned(),
            Condition::Ended => "access ended".to_owned(),
        };
        self.notify(&sentence);
    }

    pub(super) fn quit(&mut self) {
        match &self.saving.not_kept {
            Some(reason) if self.saving.waiting > 0 => {
                self.prompt = Some(Prompt::quit(self.saving.waiting, reason));
            }
            _ => self.effects.push_back(Effect::Quit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saving(condition: Condition, waiting: usize) -> Saving {
        Saving { condition, revision: 42, waiting, ..Saving::default() }
    }

    #[track_caller]
    fn check(condition: Condition, waiting: usize, not_kept: bool, expected: &str) {
        let not_kept = not_kept.then(|| "no space".to_owned());
        assert_eq!(Saving { not_kept, ..saving(condition, waiting) }.words(false), expected);
    }

    #[test]
    fn the_status_line_tells_the_truth_about_saving() {
        check(Condition::Saved, 0, false, "●saved 42");
        check(Condition::Saving, 1, false, "◐saving  ");
        check(Condition::Saving, 2, false, "◐saving  ");
        assert_eq!(saving(Condition::Saving, 2).words(true), "◐saving | 2 waiting");
        assert_eq!(saving(Condition::Saving, 1).words(true), "◐saving  ");
        check(Condition::Offline, 0, false, "○offline");
        check(Condition::Offline, 17, false, "○offline · 17 waiting · kept on this disk");
        check(Condition::Offline, 17, true, "○offline · 17 waiting · not kept on this disk");
        check(Condition::LoginNeeded, 0, false, "○login needed");
        check(Condition::LoginNeeded, 3, false, "○login needed · 3 waiting · kept on this disk");
        check(Condition::Saved, 0, true, "●saved 42 · not kept on this disk");
        check(Condition::ReadOnly, 0, false, "●read-only 42");
        check(Condition::Ended, 0, false, "○access ended");
    }
}
