//! The colours that the app has, moved along with every edit, and asking for those it lacks.

use std::collections::VecDeque;
use std::ops::Range;

use codesync_core::operation::Component;
use codesync_core::{Bias, Operation, Selection, Text, selection};

use super::{App, Effect};
use crate::editor::change::LineChange;
use crate::highlight::{Answer, Job, Paint, Span, Subject};

/// Edits that an answer is carried over. One that is older is dropped; a newer one is on its way.
const EDITS_MAX: usize = 256;
/// Changes that are told one by one; of more, the text is read anew.
const CHANGES_MAX: usize = 1_024;

/// What is known about the colours of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Colors {
    /// Counts the texts there have been.
    generation: u64,
    spans: Vec<Span>,
    /// The stretch of text that `spans` are about.
    covered: Range<usize>,
    asked: Option<Asked>,
    /// What changed since the last question.
    changes: Vec<LineChange>,
    is_new: bool,
    /// The edits since the last answer, each with the generation it led to.
    since: VecDeque<(u64, Operation)>,
    /// The text's language by its grammar's name, once somebody looked.
    found: Option<Option<String>>,
    languages: Vec<String>,
    /// Counts the answers that changed anything.
    changed: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Asked {
    generation: u64,
    lines: Range<usize>,
    subject: Subject,
    /// Whether there was something on the screen that nothing was known about.
    is_bare: bool,
}

impl Colors {
    /// The spans that touch a stretch of text.
    pub(crate) fn within(&self, range: &Range<usize>) -> &[Span] {
        let first = self.spans.partition_point(|span| span.range.end <= range.start);
        let last = self.spans.partition_point(|span| span.range.start < range.end);
        &self.spans[first..last.max(first)]
    }

    /// All languages there are, once they are known.
    pub(crate) fn languages(&self) -> &[String] {
        &self.languages
    }

    /// How many answers were news: a screen that shows the last one needs no other frame.
    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    /// Whether the answer that is awaited colours what has no colours yet. Others mend a few words.
    pub(crate) fn is_bare(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.is_bare)
    }

    pub(super) fn found(&self) -> Option<&str> {
        self.found.as_ref()?.as_deref()
    }

    /// The text is another one.
    pub(super) fn start_anew(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            is_new: true,
            languages: std::mem::take(&mut self.languages),
            changed: self.changed,
            ..Self::default()
        };
    }

    /// The text was edited.
    pub(super) fn apply(&mut self, operation: &Operation, changes: &[LineChange]) {
        self.generation += 1;
        self.changes.extend_from_slice(changes);
        if self.changes.len() > CHANGES_MAX {
            self.changes.clear();
            self.is_new = true;
        }
        // A text without a language has no colours to be carried over anything.
        if self.found != Some(None) {
            self.since.push_back((self.generation, operation.clone()));
        }
        if self.since.len() > EDITS_MAX {
            self.since.pop_front();
        }
        carry(&mut self.spans, operation);
        let ends = [self.covered.start, self.covered.end].map(Selection::caret);
        let ends = selection::map(&ends, operation, Bias::Right);
        self.covered = ends[0].head..ends[1].head;
    }

    fn take(&mut self, paint: Paint) {
        let Some(asked) = &self.asked else { return };
        let missed = self.generation - paint.generation.min(self.generation);
        let is_known = missed <= self.since.len() as u64;
        if asked.subject != paint.subject || !is_known {
            return;
        }
        self.since.retain(|(generation, _)| *generation > paint.generation);
        let mut spans = paint.spans;
        for (_, operation) in &self.since {
            carry(&mut spans, operation);
        }
        let found = Some(paint.language);
        self.changed += u64::from(self.spans != spans || self.found != found);
        (self.spans, self.found) = (spans, found);
    }
}

/// Moves spans along with an edit. What is typed at the end of a span belongs to it for the time
/// being: so neither a comment nor a word flickers while it is written. What is no word ends a word.
fn carry(spans: &mut Vec<Span>, operation: &Operation) {
    let (changed, after) = changed(operation);
    let from = spans.partition_point(|span| span.range.end < changed.start);
    let to = from + spans[from..].partition_point(|span| span.range.start <= changed.end);
    let carets = |end: fn(&Span) -> usize| -> Vec<Selection> {
        spans[from..to].iter().map(|span| Selection::caret(end(span))).collect()
    };
    let starts = selection::map(&carets(|span| span.range.start), operation, Bias::Right);
    let [lefts, rights] = [Bias::Left, Bias::Right]
        .map(|bias| selection::map(&carets(|span| span.range.end), operation, bias));
    let is_word = is_word(operation);
    let ends = lefts.iter().zip(&rights);
    for (span, (start, (left, right))) in spans[from..to].iter_mut().zip(starts.iter().zip(ends)) {
        let end = if is_word || span.token.is_prose() {
            right.head
        } else if span.range.start <= changed.start && span.range.end <= changed.end {
            // What takes the place of its end does not belong to it either.
            span.range.end.min(changed.start)
        } else {
            left.head
        };
        span.range = start.head..end.max(start.head);
    }
    // The others are moved by as much as the text grew.
    for span in &mut spans[to..] {
        span.range = span.range.start - changed.end + after..span.range.end - changed.end + after;
    }
    spans.retain(|span| !span.range.is_empty());
}

/// Whether all that an operation inserts could go on with a word.
fn is_word(operation: &Operation) -> bool {
    operation.components().all(|component| match component {
        Component::Insert(text) => text.chars().all(|c| c.is_alphanumeric() || c == '_'),
        Component::Retain(_) | Component::Delete(_) => true,
    })
}

/// The stretch between the first and the last change of an operation, and the offset of its end
/// afterwards.
fn changed(operation: &Operation) -> (Range<usize>, usize) {
    let (mut first, mut last) = (None, (0, 0));
    let (mut before, mut after) = (0, 0);
    for component in operation.components() {
        if let Component::Retain(chars) = component {
            (before, after) = (before + chars, after + chars);
            continue;
        }
        first = first.or(Some(before));
        match component {
            Component::Insert(text) => after += text.chars().count(),
            Component::Delete(chars) => before += chars,
            Component::Retain(_) => {}
        }
        last = (before, after);
    }
    (first.unwrap_or(last.0)..last.0, last.1)
}

impl App {
    /// What the worker found.
    pub(super) fn handle_colors(&mut self, answer: Answer) {
        match answer {
            Answer::Languages(names) => {
                self.colors.languages = names;
                if std::mem::take(&mut self.awaits_languages) {
                    self.open_languages_that_came();
                }
            }
            Answer::Paint(paint) => {
                let lines = paint.lines.clone();
                let is_present = paint.generation == self.colors.generation;
                self.colors.take(paint);
                if is_present {
                    self.colors.covered = stretch(&self.text, &lines);
                }
                self.recognize_language();
            }
        }
    }

    /// Asks for the colours of what is on the screen and a little around it.
    pub(super) fn ask_for_colors(&mut self) {
        if !self.is_open || self.is_plain() {
            return;
        }
        let shown = self.view.top.line..self.view.top.line + self.view.rows;
        let subject = self.subject();
        let colors = &mut self.colors;
        let is_answered = colors.asked.as_ref().is_some_and(|asked| {
            asked.generation == colors.generation
                && asked.subject == subject
                && asked.lines.start <= shown.start
                && shown.end <= asked.lines.end
        });
        if is_answered {
            return;
        }
        let around = self.view.rows / 2;
        let lines = shown.start.saturating_sub(around)..shown.end + around;
        let seen = stretch(&self.text, &shown);
        let is_bare = seen.start < colors.covered.start || colors.covered.end < seen.end;
        let asked = Asked { generation: colors.generation, lines: lines.clone(), subject, is_bare };
        let job = Job {
            generation: asked.generation,
            text: self.text.clone(),
            subject: asked.subject.clone(),
            changes: std::mem::take(&mut colors.changes),
            is_new: std::mem::take(&mut colors.is_new),
            lines,
            is_bare,
        };
        colors.asked = Some(asked);
        self.effects.push_back(Effect::Color(Box::new(job)));
    }

    /// Whether it is known that this text has no colours.
    fn is_plain(&self) -> bool {
        let colors = &self.colors;
        colors.found == Some(None)
            && !colors.is_new
            && colors.asked.as_ref().is_some_and(|asked| asked.subject == self.subject())
    }

    fn subject(&self) -> Subject {
        Subject { language: self.language_given.clone(), title: self.title.clone() }
    }
}

/// Where lines lie, as far as there are any.
fn stretch(text: &Text, lines: &Range<usize>) -> Range<usize> {
    let last = text.len_lines() - 1;
    let end = match lines.end {
        0 => 0,
        end => text.line_range((end - 1).min(last)).end,
    };
    text.line_start(lines.start.min(last)).min(end)..end
}

#[cfg(test)]
mod tests {
    use codesync_core::{Bias, Encoding, Operation, Text, TextEdit};
    use proptest::prelude::*;

    use super::carry;
    use crate::app::tests::stage::Stage;
    use crate::app::{Effect, Event};
    use crate::highlight::{Answer, Job, Paint, Span, Token};

    fn paint(job: &Job, spans: &[(std::ops::Range<usize>, Token)]) -> Event {
        let span = |(range, token): &(std::ops::Range<usize>, Token)| Span {
            range: range.clone(),
            token: *token,
        };
        Event::Colors(Answer::Paint(Paint {
            generation: job.generation,
            subject: job.subject.clone(),
            lines: job.lines.clone(),
            spans: spans.iter().map(span).collect(),
            language: Some("Rust".into()),
        }))
    }

    fn shown(stage: &Stage) -> Vec<(String, Token)> {
        let text = stage.app.text();
        let all = stage.app.colors().within(&(0..text.len() + 1));
        all.iter().map(|s| (text.slice(s.range.clone()).into_owned(), s.token)).collect()
    }

    #[test]
    fn colours_move_with_the_text_until_fresh_ones_come() {
        let mut stage = Stage::new("x.rs", "let a = 1; // no|");
        let job = stage.jobs.pop().expect("it asks");
        stage.handle(paint(&job, &[(0..3, Token::Keyword), (11..16, Token::Comment)]));
        stage.press("t e");
        stage.remote(0..0, "  ");
        let met = [("let".into(), Token::Keyword), ("// note".into(), Token::Comment)];
        assert_eq!(shown(&stage), met);
        // An answer about an earlier text is carried over what was typed since.
        stage.handle(paint(&job, &[(4..5, Token::Type)]));
        assert_eq!(shown(&stage), [("a".into(), Token::Type)]);
    }

    #[test]
    fn what_is_no_word_ends_a_word_and_goes_on_with_a_comment() {
        let mut stage = Stage::new("x.rs", "12|");
        let job = stage.jobs.pop().expect("it asks");
        stage.handle(paint(&job, &[(0..2, Token::Number)]));
        stage.press("3 ;");
        assert_eq!(shown(&stage), [("123".into(), Token::Number)]);
        stage.press("Shift-Left )");
        assert_eq!(shown(&stage), [("123".into(), Token::Number)]);
        stage.press("Backspace Shift-Left )");
        assert_eq!(shown(&stage), [("12".into(), Token::Number)]);
        stage.press("Backspace 3 ; Space /");
        let job = stage.jobs.pop().expect("it asks");
        stage.handle(paint(&job, &[(5..6, Token::Comment)]));
        stage.press("Space a .");
        assert_eq!(shown(&stage), [("/ a.".into(), Token::Comment)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn colours_go_where_offsets_go(
            lengths in prop::collection::vec((0..4_usize, 1..4_usize), 0..20),
            edits in prop::collection::vec((0..100_usize, 0..6_usize, "[a-z]{0,3}"), 1..4),
        ) {
            let text = Text::from("x".repeat(100).as_str());
            let mut end = 0;
            let mut spans = Vec::new();
            for (gap, length) in lengths {
                spans.push(Span { range: end + gap..end + gap + length, token: Token::Comment });
                end += gap + length;
            }
            let mut free = 0;
            let mut kept = Vec::new();
            for (gap, length, with) in edits {
                let at = (free + gap).min(100);
                free = (at + length).min(100);
                kept.push(TextEdit { range: at..free, text: with });
            }
            let operation = Operation::from_edits(&text, &kept, Encoding::Scalar).expect("they fit");
            let map = |offset| operation.map_offset(offset, Bias::Right);
            let mapped = spans.iter().map(|span| map(span.range.start)..map(span.range.end));
            let expected: Vec<_> = mapped.filter(|range| !range.is_empty()).collect();
            carry(&mut spans, &operation);
            prop_assert_eq!(spans.iter().map(|span| span.range.clone()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_asked_for_is_what_changed_and_what_is_seen() {
        let mut stage = Stage::new("x.rs", &format!("|{}", "a\n".repeat(200)));
        let job = stage.jobs.pop().expect("it asks");
        assert!(job.is_bare && job.lines.start == 0 && job.lines.end >= 11, "{:?}", job.lines);
        stage.handle(paint(&job, &[]));
        stage.jobs.clear();
        stage.press("Right");
        assert!(stage.jobs.is_empty(), "nothing new is seen");
        stage.press("Enter");
        let job = stage.jobs.pop().expect("it asks");
        assert!(!job.is_bare && !job.is_new && job.changes.len() == 1, "{:?}", job.changes);
        stage.press("Ctrl-End");
        let job = stage.jobs.pop().expect("it asks");
        assert!(job.is_bare && job.lines.contains(&200), "{:?}", job.lines);
    }

    #[test]
    fn a_text_without_a_language_is_asked_about_once() {
        let mut stage = Stage::new("notes.txt", "|a");
        let job = stage.jobs.pop().expect("it asks");
        let Event::Colors(Answer::Paint(paint)) = paint(&job, &[]) else { unreachable!() };
        stage.handle(Event::Colors(Answer::Paint(Paint { language: None, ..paint })));
        stage.press("x y z");
        assert!(stage.jobs.is_empty());
    }

    #[test]
    fn questions_are_effects_like_any_other() {
        let mut app = crate::app::App::new("x.rs", 60, 12);
        let text = codesync_core::Text::from("a");
        app.handle(std::time::Duration::ZERO, Event::Opened { text });
        let mut effects = std::iter::from_fn(|| app.poll_effect());
        assert!(effects.any(|effect| matches!(effect, Effect::Color(_))));
    }
}
