//! What others changed while the server was not reached: one line about it, and a way to see it.

use std::time::Duration;

use codesync_core::{Bias, Operation, Selection, selection};

use super::App;

/// How long somebody must have been away to be told what changed.
const AWAY_MS_MIN: u64 = 60_000;
/// Places that are remembered for the review.
const PLACES_MAX: usize = 1_000;

/// What others changed while the server was not reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Away {
    /// Since when; `None` while the server is reached.
    since: Option<Duration>,
    /// Carets where others changed something, in the order of the text.
    places: Vec<Selection>,
    /// Whether it began before this editor did, so that nobody knows how long it was.
    is_long: bool,
}

impl Away {
    /// An editor begins with what this machine kept.
    pub(super) fn at_start() -> Self {
        Self { since: Some(Duration::ZERO), places: Vec::new(), is_long: true }
    }

    pub(super) fn map(&mut self, operation: &Operation) {
        self.places = selection::map(&self.places, operation, Bias::Left);
    }

    /// Others changed these places, given in the text after it.
    pub(super) fn add(&mut self, places: impl Iterator<Item = usize>) {
        if self.since.is_none() {
            return;
        }
        let room = PLACES_MAX - self.places.len().min(PLACES_MAX);
        self.places.extend(places.take(room).map(Selection::caret));
        self.places.sort_by_key(|place| place.head);
        self.places.dedup();
    }

    /// Takes in whether the server is reached; a sentence when somebody has come back to changes.
    pub(super) fn update(&mut self, is_away: bool, now: Duration) -> Option<String> {
        match (is_away, self.since) {
            (true, None) => {
                *self = Self { since: Some(now), places: Vec::new(), is_long: false };
                None
            }
            (false, Some(since)) => {
                self.since = None;
                let was_long =
                    self.is_long || now.saturating_sub(since) >= Duration::from_millis(AWAY_MS_MIN);
                if !was_long {
                    self.places.clear();
                }
                match self.places.len() {
                    0 => None,
                    1 => Some("while you were away: 1 place changed (Alt-R review)".into()),
                    n => Some(format!("while you were away: {n} places changed (Alt-R review)")),
                }
            }
            (true, Some(_)) | (false, None) => None,
        }
    }
}

impl App {
    /// Goes to the next place that changed while one was away, round the end.
    pub(super) fn review(&mut self) {
        let here = self.carets.primary().head;
        let places = &self.away.places;
        let total = places.len();
        let next = places.iter().position(|place| place.head > here).unwrap_or(0);
        match places.get(next).copied() {
            Some(place) => {
                self.back = Some(self.carets.primary());
                self.jump(place);
                self.notify(&format!("changed while you were away: {}/{total}", next + 1));
            }
            None => self.notify("nothing changed while you were away"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::app::Condition;
    use crate::app::tests::stage::Stage;

    #[test]
    fn after_a_long_absence_one_line_says_what_changed() {
        let mut stage = Stage::new("x.txt", "|one\ntwo\nthree");
        stage.condition(Condition::Offline);
        stage.wait(100_000);
        stage.remote(13..13, "!");
        stage.remote(4..7, "2");
        stage.condition(Condition::Saved);
        let said = "while you were away: 2 places changed (Alt-R review)";
        assert_eq!(stage.app.notice(), Some(said));
        stage.press("Alt-R");
        stage.shows("one\n2|\nthree!");
        stage.press("Alt-R");
        stage.shows("one\n2\nthree!|");
        stage.press("Alt-R");
        stage.shows("one\n2|\nthree!");
    }

    #[test]
    fn a_short_absence_is_passed_over_in_silence() {
        let mut stage = Stage::new("x.txt", "|one");
        stage.condition(Condition::Offline);
        stage.wait(1_000);
        stage.remote(3..3, "!");
        stage.condition(Condition::Saved);
        assert_eq!(stage.app.notice(), None);
    }
}
