//! Finding: what is looked for, where it was found, and which match is the present one.
//!
//! Matches are found when the query changes, a stretch of the text at a time: the first with the
//! key, the rest while nobody types. Edits afterwards carry them along until the next search.

use std::ops::{ControlFlow, Range};

use codesync_core::{Bias, Operation, Selection, Text};

use super::{App, Prompt, PromptKind, View};
use crate::editor::motion;
use crate::editor::search::Pattern;

/// Matches that are counted and shown; a text may have more.
const MATCHES_MAX: usize = 100_000;
/// Characters that are looked through at once.
const STRETCH_CHARS: usize = 1 << 20;

/// The state of a search; it outlives its prompt, for "next" and "previous".
#[derive(Clone, Debug, Default)]
pub(crate) struct Find {
    query: String,
    /// Whether no character of the query has a meaning of its own.
    is_literal: bool,
    pattern: Option<Pattern>,
    matches: Vec<Range<usize>>,
    /// From where on the text has not been looked through, if it has not.
    rest: Option<usize>,
    /// Whether `matches` are those of the text as it is, as far as it was looked through.
    is_current: bool,
    is_shown: bool,
    awaited: Option<Awaited>,
}

/// Where to go once the match is found that is meant.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// The first one from where the prompt was opened.
    First {
        origin: (Selection, View),
    },
    Next {
        forward: bool,
    },
}

impl Find {
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// Whether there is a match, as far as is known.
    pub(super) fn has_matches(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Whether the query is taken as it is from now on.
    pub(super) fn toggle_literal(&mut self) -> bool {
        self.is_literal = !self.is_literal;
        self.is_current = false;
        self.is_literal
    }

    /// What is looked for.
    pub(super) fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// The matches to be shown, in order.
    pub(crate) fn shown(&self) -> &[Range<usize>] {
        if self.is_shown { &self.matches } else { &[] }
    }

    /// "3/57": which of the matches is selected, counted from 1, and how many there are.
    pub(crate) fn count(&self, selected: Selection) -> String {
        let total = match (self.matches.len(), self.rest) {
            (MATCHES_MAX.., _) => format!("{MATCHES_MAX}+"),
            (n, Some(_)) => format!("{n}…"),
            (n, None) => n.to_string(),
        };
        match self.matches.binary_search_by_key(&selected.start(), |found| found.start) {
            Ok(n) if self.matches[n] == selected.range() => format!("{}/{total}", n + 1),
            _ => format!("–/{total}"),
        }
    }

    pub(super) fn hide(&mut self) {
        self.is_shown = false;
        self.awaited = None;
    }

    pub(super) fn forget_matches(&mut self) {
        self.matches.clear();
        self.rest = None;
        self.is_current = false;
    }

    pub(super) fn map(&mut self, operation: &Operation, after: &Text) {
        self.is_current = false;
        if !self.is_shown {
            self.forget_matches();
            return;
        }
        for found in &mut self.matches {
            let start = operation.map_offset(found.start, Bias::Right);
            let end = operation.map_offset(found.end, Bias::Left);
            *found = start..end.max(start);
        }
        self.matches.retain(|found| !found.is_empty());
        self.rest = self.rest.map(|rest| {
            let rest = operation.map_offset(rest, Bias::Left);
            after.line_start(after.line_of(rest))
        });
    }

    /// Begins to look for a query, unless its matches are known.
    pub(super) fn look_for(&mut self, query: &str, text: &Text) {
        if self.query != query {
            query.clone_into(&mut self.query);
            self.is_current = false;
        }
        if self.is_current {
            return;
        }
        self.is_current = true;
        self.matches.clear();
        self.pattern = Pattern::new(query, self.is_literal);
        self.rest = Some(0);
        self.go_on(text);
    }

    /// Looks through some more of the text.
    fn go_on(&mut self, text: &Text) {
        let (Some(pattern), Some(rest)) = (&self.pattern, self.rest.take()) else { return };
        // What an edit carried beyond the place where the search goes on is found again.
        self.matches.truncate(self.matches.partition_point(|found| found.start < rest));
        let matches = &mut self.matches;
        self.rest = pattern.find(text, rest, STRETCH_CHARS, |range| {
            matches.push(range);
            if matches.len() < MATCHES_MAX {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
    }

    /// The first match at or after an offset, or before it when going backward; round the end.
    /// `None` as long as it may be one that is not found yet.
    fn from(&self, offset: usize, forward: bool) -> Option<Range<usize>> {
        let found = if forward {
            let n = self.matches.partition_point(|found| found.start < offset);
            let beyond = self.matches.get(n);
            beyond.or(self.matches.first().filter(|_| self.rest.is_none()))
        } else {
            let n = self.matches.partition_point(|found| found.end <= offset);
            let before = n.checked_sub(1).and_then(|n| self.matches.get(n));
            let is_known = self.rest.is_none_or(|rest| offset <= rest);
            let last = self.matches.last().filter(|_| self.rest.is_none());
            before.filter(|_| is_known).or(last)
        };
        found.cloned()
    }

    /// The first match at or after an offset that is known, edits having carried it along.
    pub(super) fn at_or_after(&self, offset: usize) -> Option<Range<usize>> {
        let n = self.matches.partition_point(|found| found.start < offset);
        self.matches.get(n).cloned()
    }

    pub(super) fn awaits_nothing(&mut self) {
        self.awaited = None;
    }

    /// Whether some of the text is still to be looked through.
    pub(super) fn is_looking(&self) -> bool {
        self.rest.is_some()
    }
}

impl App {
    /// Opens the prompt, with what is selected already in it.
    pub(super) fn open_find(&mut self, replaces: bool) {
        let primary = self.carets.primary();
        let is_one_line = self.text.line_of(primary.start()) == self.text.line_of(primary.end());
        let query = match !primary.is_caret() && is_one_line {
            true if self.find.is_literal => self.text.slice(primary.range()).into_owned(),
            true => regex::escape(&self.text.slice(primary.range())),
            false => String::new(),
        };
        let origin = (primary, self.view);
        self.prompt = Some(Prompt::new(PromptKind::Find { origin, replaces }, query));
        self.prompt_changed();
    }

    /// Goes to the next occurrence of the word at the caret.
    pub(super) fn find_word(&mut self) {
        let range = motion::word_around(&self.text, self.carets.primary().head);
        let word = self.text.slice(range.clone()).trim().to_owned();
        if word.is_empty() {
            self.notify("there is no word here");
            return;
        }
        self.find.query = format!(r"\b{}\b", regex::escape(&word));
        self.find.is_current = false;
        self.find.is_literal = false;
        self.carets.set([Selection::new(range.start, range.end)]);
        self.find_step(true);
    }

    /// Looks for what stands in the prompt and goes to the first match from where it was opened.
    pub(super) fn find_typed(&mut self, query: &str, origin: (Selection, View)) {
        self.find.is_shown = true;
        self.find.look_for(query, &self.text);
        self.find.awaited = Some(Awaited::First { origin });
        self.pursue_find();
    }

    /// Looks through some more of the text while nobody types.
    pub(super) fn go_on_finding(&mut self) {
        if self.find.is_looking() {
            self.find.go_on(&self.text);
            self.pursue_find();
        }
    }

    /// Goes where one wants to go, as soon as that is found.
    fn pursue_find(&mut self) {
        let Some(awaited) = self.find.awaited else { return };
        let primary = self.carets.primary();
        let found = match awaited {
            Awaited::First { origin } => self.find.from(origin.0.start(), true),
            Awaited::Next { forward: true } => self.find.from(primary.end(), true),
            Awaited::Next { forward: false } => self.find.from(primary.start(), false),
        };
        if found.is_none() && self.find.is_looking() {
            return;
        }
        self.find.awaited = None;
        match (found, awaited) {
            (Some(found), Awaited::First { .. }) => {
                self.jump(Selection::new(found.start, found.end));
            }
            (None, Awaited::First { origin }) => self.return_to(origin),
            (Some(found), Awaited::Next { .. }) => {
                self.jump(Selection::new(found.start, found.end));
                let count = self.find.count(self.carets.primary());
                self.notify(&format!("{count}  {}", self.find.query));
            }
            (None, Awaited::Next { .. }) => {
                self.notify(&format!("not found: {}", self.find.query));
            }
        }
    }

    pub(super) fn return_to(&mut self, (selection, view): (Selection, View)) {
        self.carets.set([selection.clamp(self.text.len())]);
        self.view.top = view.top.min(self.rows().last());
        self.view.left = view.left;
    }

    /// The next or previous match of what was looked for last.
    pub(super) fn find_step(&mut self, forward: bool) {
        if self.find.query.is_empty() {
            self.open_find(false);
            return;
        }
        let query = self.find.query.clone();
        self.find.is_shown = true;
        self.find.look_for(&query, &self.text);
        self.find.awaited = Some(Awaited::Next { forward });
        self.pursue_find();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::app::tests::stage::{Stage, check};

    #[test]
    fn the_next_match_is_gone_to_round_the_end() {
        check("a |b a b", "Ctrl-F b Enter", "a [b| a b");
        check("a |b a b", "Ctrl-F b Enter F3", "a b a [b|");
        check("a |b a b", "Ctrl-F b Enter F3 F3", "a [b| a b");
        check("a |b a b", "Ctrl-F b Enter Shift-F3", "a b a [b|");
        check("a |b a b", "Ctrl-F b x Esc", "a |b a b");
    }

    #[test]
    fn a_large_text_is_looked_through_while_nobody_types() {
        let text = format!("|{}needle\n", "hay\n".repeat(700_000));
        let mut stage = Stage::new("x.txt", &text);
        stage.press("Ctrl-F n e e d l e");
        assert!(stage.app.carets().primary().is_caret(), "it is not found with the key");
        assert_eq!(stage.app.deadline(), Some(Duration::ZERO), "and it goes on at once");
        // Somebody types meanwhile, and nothing begins anew.
        stage.remote(0..0, "hay\n");
        stage.wait(0);
        stage.wait(0);
        let found = stage.app.carets().primary();
        assert_eq!(stage.text().slice(found.range()), "needle");
        assert_eq!(stage.app.find().count(found), "1/1");
        assert!(!stage.app.find().is_looking());
        // A key that goes elsewhere is not taken back by what is found later.
        stage.press("Esc Ctrl-Home Ctrl-F n e e d l e s Esc");
        stage.wait(0);
        stage.wait(0);
        stage.wait(0);
        assert_eq!(stage.app.carets().primary().head, 0);
    }
}
