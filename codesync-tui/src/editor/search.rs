//! Looking for an expression in a text without a copy of it.
//!
//! Most expressions match within a line: those are looked for in windows of whole lines, each as
//! large as it must be and hardly larger. One that can match across lines, or that asks where the
//! text begins or ends, is looked for in the text as a whole.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use codesync_core::Text;
use regex::{Captures, Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Largest compiled expression, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Characters after which a window ends with its line.
const WINDOW_CHARS: usize = 1 << 14;

/// Something to look for.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Whether it is taken as it is, no character having a meaning of its own.
    is_literal: bool,
    crosses_lines: bool,
}

/// Whole lines of a text, and where they begin.
struct Window<'a> {
    text: Cow<'a, str>,
    start: usize,
    /// Where the next window begins; beyond the text after the last one.
    next: usize,
}

impl Pattern {
    /// What is typed is an expression where it can be one, and otherwise taken as it is. Capitals
    /// in it make it mind the case. `None` for nothing.
    pub(crate) fn new(query: &str, is_literal: bool) -> Option<Self> {
        if query.is_empty() {
            return None;
        }
        let minds_case = minds_case(query, is_literal);
        let build = |expression: &str, is_literal: bool| {
            let regex = RegexBuilder::new(expression)
                .case_insensitive(!minds_case)
                .multi_line(true)
                .size_limit(PATTERN_BYTES_MAX)
                .build()
                .ok()?;
            let crosses_lines = crosses_lines(expression);
            Some(Self { regex, is_literal, crosses_lines })
        };
        let expression = if is_literal { None } else { build(query, false) };
        expression.or_else(|| build(&regex::escape(query), true))
    }

    pub(crate) fn is_literal(&self) -> bool {
        self.is_literal
    }

    /// Tells each match that begins in the windows from `from` on, which is the beginning of a line,
    /// until there are none or enough. Where the next call goes on, unless all has been seen.
    pub(crate) fn find(
        &self,
        text: &Text,
        from: usize,
        chars: usize,
        mut found: impl FnMut(Range<usize>) -> ControlFlow<()>,
    ) -> Option<usize> {
        self.windows(text, from, chars, |window, offsets| {
            for met in self.regex.find_iter(&window.text).filter(|met| !met.is_empty()) {
                found(offsets.range(met.range()))?;
            }
            ControlFlow::Continue(())
        })
    }

    /// As [`Pattern::find`], with what the groups matched, in the lines that `within` touches.
    pub(crate) fn captures(
        &self,
        text: &Text,
        within: &Range<usize>,
        mut found: impl FnMut(Range<usize>, &Captures<'_>),
    ) {
        let from = text.line_start(text.line_of(within.start));
        self.windows(text, from, within.end.saturating_sub(from) + 1, |window, offsets| {
            for captures in self.regex.captures_iter(&window.text) {
                if let Some(whole) = captures.get(0).filter(|whole| !whole.is_empty()) {
                    let range = offsets.range(whole.range());
                    if within.start <= range.start && range.end <= within.end {
                        found(range, &captures);
                    }
                }
            }
            ControlFlow::Continue(())
        });
    }

    fn windows(
        &self,
        text: &Text,
        from: usize,
        chars: usize,
        mut look: impl FnMut(&Window<'_>, &mut Offsets<'_>) -> ControlFlow<()>,
    ) -> Option<usize> {
        let size = if self.crosses_lines { usize::MAX } else { WINDOW_CHARS };
        // What crosses lines is looked for from the first on: a match may have begun there.
        let mut next = if self.crosses_lines { 0 } else { from };
        let end = from.saturating_add(chars);
        while next <= text.len() {
            if next >= end && !self.crosses_lines {
                return Some(next);
            }
            let window = window(text, next, size);
            next = window.next;
            let mut offsets = Offsets::new(&window);
            if look(&window, &mut offsets).is_break() {
                return None;
            }
        }
        None
    }
}

/// The lines from this beginning of one on, so many characters and the rest of the last line.
fn window(text: &Text, start: usize, size: usize) -> Window<'_> {
    let last = text.line_of(start.saturating_add(size).min(text.len()));
    let end = text.line_range(last).end;
    Window { text: text.slice(start..end), start, next: end + 1 }
}

/// Bytes of a window as offsets of the text, asked for from left to right.
struct Offsets<'a> {
    text: &'a str,
    is_ascii: bool,
    /// A byte that was asked for, and its offset.
    byte: usize,
    offset: usize,
}

impl<'a> Offsets<'a> {
    fn new(window: &'a Window<'_>) -> Self {
        let is_ascii = window.text.is_ascii();
        Self { text: &window.text, is_ascii, byte: 0, offset: window.start }
    }

    fn range(&mut self, bytes: Range<usize>) -> Range<usize> {
        let start = self.at(bytes.start);
        start..self.at(bytes.end)
    }

    fn at(&mut self, byte: usize) -> usize {
        let passed = &self.text[self.byte..byte];
        self.offset += if self.is_ascii { passed.len() } else { passed.chars().count() };
        self.byte = byte;
        self.offset
    }
}

/// The next place from `from` on that reads exactly so and is wanted, round the end.
pub(crate) fn exact(
    text: &Text,
    wanted: &str,
    from: usize,
    is_free: impl Fn(&Range<usize>) -> bool,
) -> Option<Range<usize>> {
    let length = wanted.chars().count();
    // So much of the next window belongs to this one that no place is cut in two.
    let over = length.saturating_sub(1);
    let look = |stretch: Range<usize>| {
        let mut start = stretch.start;
        while start < stretch.end && length > 0 {
            let end = (start + WINDOW_CHARS).min(stretch.end);
            let window = text.slice(start..(end + over).min(text.len()));
            let mut offsets =
                Offsets { text: &window, is_ascii: window.is_ascii(), byte: 0, offset: start };
            for (byte, _) in window.match_indices(wanted) {
                let at = offsets.at(byte);
                let place = at..at + length;
                if at < end && is_free(&place) {
                    return Some(place);
                }
            }
            start = end;
        }
        None
    };
    look(from.min(text.len())..text.len()).or_else(|| look(0..from.min(text.len())))
}

/// Whether a match can hold a line feed, or depend on where the text begins and ends.
fn crosses_lines(expression: &str) -> bool {
    let parsed = ParserBuilder::new().multi_line(true).build().parse(expression);
    parsed.map_or(true, |hir| reaches_out(&hir))
}

fn reaches_out(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().any(|range| (range.start()..=range.end()).contains(&'\n'))
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
        }
        HirKind::Look(look) => matches!(look, Look::Start | Look::End),
        HirKind::Repetition(repetition) => reaches_out(&repetition.sub),
        HirKind::Capture(capture) => reaches_out(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(reaches_out),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(query: &str, text: &Text, step: usize) -> Vec<Range<usize>> {
        let pattern = Pattern::new(query, false).expect("it is something");
        let mut met = Vec::new();
        let mut from = Some(0);
        while let Some(at) = from {
            from = pattern.find(text, at, step, |range| {
                met.push(range);
                ControlFlow::Continue(())
            });
        }
        met
    }

    #[track_caller]
    fn check(query: &str, text: &str, expected: &[&str]) {
        let text = Text::from(text);
        let met = all(query, &text, usize::MAX);
        let met: Vec<_> = met.into_iter().map(|range| text.slice(range).into_owned()).collect();
        assert_eq!(met, expected, "{query}");
    }

    #[test]
    fn a_query_is_an_expression_where_it_is_one() {
        check("a.c", "abc adc a.c", &["abc", "adc", "a.c"]);
        check("f(", "f() g()", &["f("]);
        check("^x", "x\nxx", &["x", "x"]);
        check("x$", "x\nxx\n", &["x", "x"]);
        check("x*", "axxb", &["xx"]);
        check("é+", "aÉéb", &["Éé"]);
        check(r"b\na", "ab\nab\na", &["b\na", "b\na"]);
        check(r"\Aa", "a\na", &["a"]);
        check(r"a\s+b", "a\n\nb", &["a\n\nb"]);
    }

    #[test]
    fn only_a_capital_that_is_meant_minds_the_case() {
        check("foo", "Foo foo", &["Foo", "foo"]);
        check("Foo", "Foo foo", &["Foo"]);
        check(r"\Wfoo", " Foo foo", &[" Foo", " foo"]);
        assert!(minds_case(r"\\W", false));
    }

    #[test]
    fn what_stays_within_a_line_is_told_from_what_does_not() {
        for query in ["abc", "^a.*b$", r"\bx\b", r"[a-z]+\d?", "(a|b)c", r"\t"] {
            assert!(!crosses_lines(query), "{query}");
        }
        for query in [r"a\nb", r"\s", "[^a]", "(?s).", r"\A", r"a\z", r"(x|\n)", r"\D*"] {
            assert!(crosses_lines(query), "{query}");
        }
    }

    #[test]
    fn a_search_goes_on_where_it_stopped() {
        let text = Text::from("xx ab\n".repeat(20_000).as_str());
        let met = all("ab", &text, 10_000);
        assert_eq!(met.len(), 20_000);
        assert_eq!(met[19_999], 119_997..119_999);
        let pattern = Pattern::new("nowhere", false).expect("it is something");
        let next = pattern.find(&text, 0, 10_000, |_| ControlFlow::Continue(()));
        assert!(next.is_some_and(|next| text.line_start(text.line_of(next)) == next));
    }

    #[test]
    fn an_exact_place_is_found_round_the_end_and_across_windows() {
        let text = Text::from(format!("日a\nb{}a\nb", "x".repeat(WINDOW_CHARS - 5)).as_str());
        let last = text.len() - 3;
        let any = |_: &Range<usize>| true;
        assert_eq!(exact(&text, "a\nb", 0, any), Some(1..4));
        assert_eq!(exact(&text, "a\nb", 2, any), Some(last..last + 3));
        assert_eq!(exact(&text, "a\nb", last + 1, any), Some(1..4));
        assert_eq!(exact(&text, "a\nb", 2, |place| place.start == 1), Some(1..4));
        assert_eq!(exact(&text, "nowhere", 2, any), None);
        assert_eq!(exact(&text, "", 2, any), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn windows_find_what_the_whole_text_has(
            parts in prop::collection::vec(
                prop::sample::select(vec!["a", "b", "ab", "\n", "日", "e\u{301}", " ", "aXb\n"]),
                0..200,
            ),
            repeated in 1..60_usize,
            query in prop::sample::select(vec![
                "ab", "^a", "b$", r"\bab\b", "a.b", "[ab]+", "日+", r"a\nb", r"\s+", "a|b\n",
            ]),
        ) {
            let whole = parts.concat().repeat(repeated);
            let text = Text::from(whole.as_str());
            let regex = RegexBuilder::new(query).case_insensitive(true).multi_line(true).build();
            let chars = |byte: usize| whole[..byte].chars().count();
            // Few enough that counting them from the beginning takes no time.
            let expected: Vec<_> = regex
                .expect("it is one")
                .find_iter(&whole)
                .map(|met| met.range())
                .collect();
            let met = all(query, &text, 1_000);
            prop_assert_eq!(met.len(), expected.len());
            for n in [0, met.len() / 2, met.len().saturating_sub(1)] {
                if let (Some(met), Some(expected)) = (met.get(n), expected.get(n)) {
                    prop_assert_eq!(met, &(chars(expected.start)..chars(expected.end)));
                }
            }
        }
    }
}
