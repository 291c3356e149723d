//! Finding: what is looked for, where it was found, and which match is the present one.
//!
//! What is typed is a regular expression, or, where it is none, the characters themselves; capitals
//! in it make it mind the case. Matches are found in one pass over a copy of the text when the
//! query changes; edits afterwards carry them along until the next pass.

use std::ops::Range;

use codesync_core::{Bias, Encoding, Operation, Selection, Text};
use regex::{Regex, RegexBuilder};

use super::{App, Prompt, PromptKind};
use crate::editor::motion;

/// Largest compiled expression, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
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
    /// Whether no character of the query has a meaning of its own.
    is_literal: bool,
}

impl Find {
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// How many matches there are.
    pub(super) fn len(&self) -> usize {
        self.matches.len()
    }

    /// Whether the query is taken as it is from now on.
    pub(super) fn toggle_literal(&mut self) -> bool {
        self.is_literal = !self.is_literal;
        self.is_current = false;
        self.is_literal
    }

    /// The expression that is looked for, and whether it is taken as it is.
    pub(super) fn pattern(&self) -> Option<(Regex, bool)> {
        pattern(&self.query, self.is_literal)
    }

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
        let Some((pattern, _)) = self.pattern() else { return };
        let haystack = text.to_string();
        let found = pattern.find_iter(&haystack).map(|found| found.range());
        let bytes = found.filter(|range| !range.is_empty()).take(MATCHES_MAX);
        self.matches = in_chars(text, bytes);
    }

    /// The first match at or after an offset, or before it when going backward; round the end.
    pub(super) fn from(&self, offset: usize, forward: bool) -> Option<Range<usize>> {
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

/// What is looked for, and whether it is taken as it is; `None` for nothing.
fn pattern(query: &str, is_literal: bool) -> Option<(Regex, bool)> {
    if query.is_empty() {
        return None;
    }
    let minds_case = minds_case(query, is_literal);
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .case_insensitive(!minds_case)
            .multi_line(true)
            .size_limit(PATTERN_BYTES_MAX)
            .build()
            .ok()
    };
    let expression = if is_literal { None } else { build(query) };
    expression.map(|regex| (regex, false)).or_else(|| Some((build(&regex::escape(query))?, true)))
}

/// Whether a query has a capital that is not part of a class such as `\W`.
fn minds_case(query: &str, is_literal: bool) -> bool {
    let mut is_escaped = false;
    query.chars().any(|c| {
        let counts = c.is_uppercase() && (is_literal || !is_escaped);
        is_escaped = c == '\\' && !is_escaped;
        counts
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, expected: &[&str]) {
        let text = Text::from(text);
        let mut find = Find::default();
        find.look_for(query, &text);
        let met: Vec<String> =
            find.matches.iter().map(|range| text.slice(range.clone()).into_owned()).collect();
        assert_eq!(met, expected, "{query}");
    }

    #[test]
    fn a_query_is_an_expression_where_it_is_one() {
        check("a.c", "abc adc a.c", &["abc", "adc", "a.c"]);
        check("f(", "f() g()", &["f("]);
        check("^x", "x\nxx", &["x", "x"]);
        check("x*", "axxb", &["xx"]);
        check("é+", "aÉéb", &["Éé"]);
    }

    #[test]
    fn only_a_capital_that_is_meant_minds_the_case() {
        check("foo", "Foo foo", &["Foo", "foo"]);
        check("Foo", "Foo foo", &["Foo"]);
        check(r"\Wfoo", " Foo foo", &[" Foo", " foo"]);
        assert!(minds_case(r"\\W", false));
    }
}
