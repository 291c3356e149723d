//! Finding: what is looked for, where it was found, and which match is the present one.
//!
//! Capitals in the query make it mind the case. Matches are found in one pass over a copy of the
//! text when the query changes; edits afterwards carry them along until the next pass.

use std::ops::Range;

use codesync_core::{Bias, Encoding, Operation, Selection, Text};
use regex::{Regex, RegexBuilder};

use super::{App, Prompt};

/// Matches that are counted and shown; a text may have more.
const MATCHES_MAX: usize = 100_000;

/// The state of a search; it outlives its prompt, for "next" and "previous".
#[derive(Clone, Debug, Default)]
pub(crate) struct Find {
    query: String,
    matches: Vec<Range<usize>>,
    /// Whether `matches` are those of the text as it is.
    is_current: bool,
    is_shown: bool,
}

impl Find {
    /// The matches to be shown, in order.
    pub(crate) fn shown(&self) -> &[Range<usize>] {
        if self.is_shown { &self.matches } else { &[] }
    }

    /// "3/57": which of the matches is selected, counted from 1, and how many there are.
    pub(crate) fn count(&self, selected: Selection) -> String {
        let total = match self.matches.len() {
            MATCHES_MAX.. => format!("{MATCHES_MAX}+"),
            n => n.to_string(),
        };
        match self.matches.binary_search_by_key(&selected.start(), |found| found.start) {
            Ok(n) if self.matches[n] == selected.range() => format!("{}/{total}", n + 1),
            _ => format!("–/{total}"),
        }
    }

    pub(super) fn hide(&mut self) {
        self.is_shown = false;
    }

    pub(super) fn forget_matches(&mut self) {
        self.matches.clear();
        self.is_current = false;
    }

    pub(super) fn map(&mut self, operation: &Operation) {
        self.is_current = false;
        if !self.is_shown {
            self.matches.clear();
            return;
        }
        for found in &mut self.matches {
            let start = operation.map_offset(found.start, Bias::Right);
            let end = operation.map_offset(found.end, Bias::Left);
            *found = start..end.max(start);
        }
        self.matches.retain(|found| !found.is_empty());
    }

    fn look_for(&mut self, query: &str, text: &Text) {
        if self.query != query {
            query.clone_into(&mut self.query);
            self.is_current = false;
        }
        if self.is_current {
            return;
        }
        self.is_current = true;
        self.matches.clear();
        let Some(pattern) = pattern(query) else { return };
        let haystack = text.to_string();
        let bytes = pattern.find_iter(&haystack).take(MATCHES_MAX).map(|found| found.range());
        self.matches = in_chars(text, bytes);
    }

    /// The first match at or after an offset, or before it when going backward; round the end.
    fn from(&self, offset: usize, forward: bool) -> Option<Range<usize>> {
        let found = if forward {
            let n = self.matches.partition_point(|found| found.start < offset);
            self.matches.get(n).or(self.matches.first())
        } else {
            let n = self.matches.partition_point(|found| found.end <= offset);
            n.checked_sub(1).and_then(|n| self.matches.get(n)).or(self.matches.last())
        };
        found.cloned()
    }

    /// The next place with exactly this text that is `wanted`, round the end.
    pub(super) fn exact(
        &self,
        text: &Text,
        exact: &str,
        from: usize,
        wanted: impl Fn(&Range<usize>) -> bool,
    ) -> Option<Range<usize>> {
        let haystack = text.to_string();
        let bytes =
            haystack.match_indices(exact).take(MATCHES_MAX).map(|(at, met)| at..at + met.len());
        let places = in_chars(text, bytes);
        let turn = places.partition_point(|place| place.start < from);
        places[turn..].iter().chain(&places[..turn]).find(|place| wanted(place)).cloned()
    }
}

/// Byte ranges, in order, as ranges of characters.
fn in_chars(text: &Text, ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let chars = |byte| text.offset_from(Encoding::Utf8, byte).ok();
    ranges.filter_map(|range| Some(chars(range.start)?..chars(range.end)?)).collect()
}

/// What is looked for, literally; `None` for nothing.
fn pattern(query: &str) -> Option<Regex> {
    if query.is_empty() {
        return None;
    }
    let minds_case = query.chars().any(char::is_uppercase);
    RegexBuilder::new(&regex::escape(query)).case_insensitive(!minds_case).build().ok()
}

impl App {
    /// Opens the prompt, with what is selected already in it.
    pub(super) fn open_find(&mut self) {
        let primary = self.carets.primary();
        let is_one_line = self.text.line_of(primary.start()) == self.text.line_of(primary.end());
        let query = match !primary.is_caret() && is_one_line {
            true => self.text.slice(primary.range()).into_owned(),
            false => String::new(),
        };
        let place = (primary, self.view);
        self.prompt = Some(Prompt::find(query, place));
        self.prompt_changed();
    }

    /// Looks for what stands in the prompt and goes to the first match from where it was opened.
    pub(super) fn find_typed(&mut self, query: &str, origin: (Selection, super::View)) {
        self.find.is_shown = true;
        self.find.look_for(query, &self.text);
        match self.find.from(origin.0.start(), true).filter(|_| !query.is_empty()) {
            Some(found) => self.jump(Selection::new(found.start, found.end)),
            None => self.return_to(origin),
        }
    }

    pub(super) fn return_to(&mut self, (selection, view): (Selection, super::View)) {
        self.carets.set([selection.clamp(self.text.len())]);
        self.view.top = view.top.min(self.text.len_lines() - 1);
        self.view.left = view.left;
    }

    /// The next or previous match of what was looked for last.
    pub(super) fn find_step(&mut self, forward: bool) {
        if self.find.query.is_empty() {
            self.open_find();
            return;
        }
        let query = self.find.query.clone();
        self.find.is_shown = true;
        self.find.look_for(&query, &self.text);
        let primary = self.carets.primary();
        let from = if forward { primary.end() } else { primary.start() };
        match self.find.from(from, forward) {
            Some(found) => {
                self.jump(Selection::new(found.start, found.end));
                let count = self.find.count(self.carets.primary());
                self.notify(&format!("{count}  {query}"));
            }
            None => self.notify(&format!("not found: {query}")),
        }
    }
}
