//! What others changed while the server was not reached: one line about it, and a way to see it.

use std::time::Duration;

use codesync_core::{Bias, Operation, Revision, Selection, selection};

use super::App;
use super::question::Question;

/// How long somebody must have been away to be told what changed.
const AWAY_MS_MIN: u64 = 60_000;
/// Places that are remembered for the review.
const PLACES_MAX: usize = 1_000;
/// People who are named; of more, the number is told.
const NAMED_MAX: usize = 3;

/// What others did meanwhile.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Missed {
    pub(crate) edits: u64,
    /// Whether there may be more.
    pub(crate) is_more: bool,
    /// Who, harmless to show; whoever wrote last stands first.
    pub(crate) people: Vec<String>,
}

impl Missed {
    /// "41 edits by Ana, Bo".
    fn words(&self) -> String {
        let edits = match (self.edits, self.is_more) {
            (1, false) => "1 edit".to_owned(),
            (n, false) => format!("{n} edits"),
            (n, true) => format!("more than {n} edits"),
        };
        let named = self.people.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        match self.people.len().saturating_sub(NAMED_MAX) {
            0 => format!("{edits} by {named}"),
            1 => format!("{edits} by {named} and one more"),
            n => format!("{edits} by {named} and {n} more"),
        }
    }
}

/// What others changed while the server was not reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Away {
    /// Since when; `None` while the server is reached.
    since: Option<Duration>,
    /// The revision that was here then.
    from: Option<Revision>,
    /// Carets where others changed something, in the order of the text.
    places: Vec<Selection>,
    /// Whether it began before this editor did, so that nobody knows how long it was.
    is_long: bool,
}

impl Away {
    /// An editor begins with what this machine kept.
    pub(super) fn at_start() -> Self {
        Self { since: Some(Duration::ZERO), is_long: true, ..Self::default() }
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
    pub(super) fn update(
        &mut self,
        is_away: bool,
        revision: Revision,
        now: Duration,
    ) -> Option<String> {
        if is_away && self.since.is_none() {
            *self = Self { since: Some(now), ..Self::default() };
        }
        match (is_away, self.since) {
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
            (true, _) => {
                self.from.get_or_insert(revision);
                None
            }
            (false, None) => None,
        }
    }
}

impl App {
    /// Says that something changed meanwhile, and asks who did it.
    pub(super) fn tell_missed(&mut self, sentence: &str) {
        self.notify(sentence);
        if let Some(from) = self.away.from {
            self.ask(Question::Since(from));
        }
    }

    /// Who did it is known. If not, what was said before has to do.
    pub(super) fn handle_missed(&mut self, answer: Result<Missed, String>) {
        if let Ok(missed) = answer
            && missed.edits > 0
        {
            self.notify(&format!("while you were away: {} (Alt-R review)", missed.words()));
        }
    }

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
    use super::*;
    use crate::app::question::Reply;
    use crate::app::tests::stage::Stage;
    use crate::app::{Condition, Event};

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
    fn who_changed_it_is_asked_and_told() {
        let mut stage = Stage::new("x.txt", "|one");
        stage.condition(Condition::Offline);
        stage.wait(100_000);
        stage.remote(3..3, "!");
        stage.condition(Condition::Saved);
        assert_eq!(stage.asked, [Question::Since(Revision::new(42))]);
        let tell = |stage: &mut Stage, edits, people: &[&str]| {
            let people = people.iter().map(|name| (*name).to_owned()).collect();
            let missed = Missed { edits, is_more: edits > 100, people };
            stage.handle(Event::Answered(Reply::Since(Ok(missed))));
            stage.app.notice().unwrap_or_default().to_owned()
        };
        let said = tell(&mut stage, 41, &["Ana", "Bo"]);
        assert_eq!(said, "while you were away: 41 edits by Ana, Bo (Alt-R review)");
        let said = tell(&mut stage, 500, &["Ana", "Bo", "Cy", "Di", "Ed"]);
        assert!(said.contains("more than 500 edits by Ana, Bo, Cy and 2 more"), "{said}");
        stage.handle(Event::Answered(Reply::Since(Err("it burns".into()))));
        assert_eq!(stage.app.notice(), Some(said.as_str()), "what was said has to do");
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
