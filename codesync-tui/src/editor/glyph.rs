//! The unit that the caret steps over and that stands in one group of cells.
//!
//! Mostly a grapheme cluster. What a terminal would not show, or would obey (control characters,
//! bidi overrides, zero-width characters), is a glyph of its own and drawn as a mark such as
//! `‹U+202E›`, so nothing can hide in a text and nothing of it reaches the terminal raw.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Longest cluster that is drawn as one, in characters. What a longer one has too much is marked.
const CLUSTER_CHARS_MAX: usize = 16;

/// One glyph of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Glyph<'a> {
    /// Its text; never empty.
    pub(crate) text: &'a str,
    pub(crate) look: Look,
}

/// How a glyph is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// As it is, in so many columns.
    Plain(usize),
    /// Up to the next tab stop.
    Tab,
    /// As a mark that names its code point.
    Mark(char),
}

impl Glyph<'_> {
    /// Columns it takes when it begins in `column`.
    pub(crate) fn width(&self, column: usize, tab: usize) -> usize {
        match self.look {
            Look::Plain(width) => width,
            Look::Tab => tab - column % tab,
            Look::Mark(c) => mark_width(c),
        }
    }
}

/// The mark for a character that must not be shown as it is.
pub(crate) fn mark(c: char) -> String {
    format!("‹U+{:04X}›", u32::from(c))
}

fn mark_width(c: char) -> usize {
    let digits = match u32::from(c) {
        0..=0xffff => 4,
        0x1_0000..=0xf_ffff => 5,
        _ => 6,
    };
    digits + 4
}

/// The glyphs of a text in order. A line feed, should there be one, is marked like any control.
pub(crate) fn glyphs(text: &str) -> Glyphs<'_> {
    Glyphs { rest: text, cluster: "" }
}

#[derive(Clone, Debug)]
pub(crate) struct Glyphs<'a> {
    rest: &'a str,
    /// What is left of a cluster that is taken apart.
    cluster: &'a str,
}

impl<'a> Iterator for Glyphs<'a> {
    type Item = Glyph<'a>;

    fn next(&mut self) -> Option<Glyph<'a>> {
        if let Some(c) = self.cluster.chars().next() {
            let (text, rest) = self.cluster.split_at(c.len_utf8());
            self.cluster = rest;
            return Some(Glyph { text, look: single(c, text) });
        }
        let bytes = self.rest.as_bytes();
        let first = *bytes.first()?;
        // An ASCII character before another is a cluster; there are no carriage returns to pair.
        if first.is_ascii() && bytes.get(1).is_none_or(u8::is_ascii) {
            let (text, rest) = self.rest.split_at(1);
            self.rest = rest;
            return Some(Glyph { text, look: single(char::from(first), text) });
        }
        let cluster = self.rest.graphemes(true).next()?;
        let whole = whole_bytes(cluster);
        let (text, left) = cluster.split_at(whole);
        self.cluster = left;
        self.rest = &self.rest[cluster.len()..];
        let c = text.chars().next()?;
        let look = if text.len() == c.len_utf8() {
            single(c, text)
        } else {
            match text.width() {
                0 => Look::Mark(c),
                width => Look::Plain(width),
            }
        };
        Some(Glyph { text, look })
    }
}

/// How a character that stands alone is drawn.
fn single(c: char, text: &str) -> Look {
    match c {
        ' '..='~' => Look::Plain(1),
        '\t' => Look::Tab,
        _ if is_hidden(c) => Look::Mark(c),
        _ => match text.width() {
            0 => Look::Mark(c),
            width => Look::Plain(width),
        },
    }
}

/// How many bytes of a cluster are drawn as one glyph. The rest is taken apart.
fn whole_bytes(cluster: &str) -> usize {
    let Some(base) = cluster.chars().next() else { return 0 };
    if is_hidden(base) || cluster.width() == 0 {
        return base.len_utf8();
    }
    cluster
        .char_indices()
        .enumerate()
        .skip(1)
        .find(|(n, (_, c))| *n >= CLUSTER_CHARS_MAX || (is_hidden(*c) && !may_join(base, *c)))
        .map_or(cluster.len(), |(_, (at, _))| at)
}

/// Whether an invisible character does honest work after this base: joining letters of a script
/// that needs it, choosing between text and picture, spelling out a flag.
fn may_join(base: char, c: char) -> bool {
    match c {
        '\u{200c}' | '\u{200d}' => !base.is_ascii(),
        '\u{fe00}'..='\u{fe0f}' => true,
        '\u{e0020}'..='\u{e007f}' => base == '\u{1f3f4}',
        _ => false,
    }
}

/// Whether a character shows nothing, or is an order to the terminal, or turns others around.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Look)]) {
        let met: Vec<(&str, Look)> = glyphs(text).map(|glyph| (glyph.text, glyph.look)).collect();
        assert_eq!(met, expected);
        assert_eq!(met.iter().map(|(text, _)| *text).collect::<String>(), text);
    }

    #[test]
    fn a_grapheme_is_one_glyph_in_its_columns() {
        check("ab", &[("a", Look::Plain(1)), ("b", Look::Plain(1))]);
        check("e\u{301}x", &[("e\u{301}", Look::Plain(1)), ("x", Look::Plain(1))]);
        check("日本", &[("日", Look::Plain(2)), ("本", Look::Plain(2))]);
        check("👩‍👩‍👧!", &[("👩‍👩‍👧", Look::Plain(2)), ("!", Look::Plain(1))]);
        check("🇩🇪🇫🇷", &[("🇩🇪", Look::Plain(2)), ("🇫🇷", Look::Plain(2))]);
        check("\tx", &[("\t", Look::Tab), ("x", Look::Plain(1))]);
    }

    #[test]
    fn what_a_terminal_would_hide_or_obey_is_marked() {
        check("\u{1b}[", &[("\u{1b}", Look::Mark('\u{1b}')), ("[", Look::Plain(1))]);
        check("a\u{202e}", &[("a", Look::Plain(1)), ("\u{202e}", Look::Mark('\u{202e}'))]);
        check(
            "a\u{200d}b",
            &[("a", Look::Plain(1)), ("\u{200d}", Look::Mark('\u{200d}')), ("b", Look::Plain(1))],
        );
        check("a\u{e0041}", &[("a", Look::Plain(1)), ("\u{e0041}", Look::Mark('\u{e0041}'))]);
        check("\u{301}", &[("\u{301}", Look::Mark('\u{301}'))]);
        check("\u{9b}", &[("\u{9b}", Look::Mark('\u{9b}'))]);
        assert_eq!(mark('\u{202e}'), "‹U+202E›");
    }

    #[test]
    fn marks_on_top_of_marks_end_somewhere() {
        let tower = format!("a{}", "\u{301}".repeat(100));
        let met: Vec<Glyph<'_>> = glyphs(&tower).collect();
        assert_eq!(met[0].text.chars().count(), CLUSTER_CHARS_MAX);
        assert_eq!(met[0].look, Look::Plain(1));
        assert_eq!(met[1].look, Look::Mark('\u{301}'));
        assert_eq!(met.len(), 1 + 101 - CLUSTER_CHARS_MAX);
    }

    #[test]
    fn a_mark_is_as_wide_as_it_is_long() {
        for c in ['\u{1b}', '\u{202e}', '\u{e0041}', '\u{10ffff}'] {
            assert_eq!(mark(c).width(), mark_width(c), "{c:?}");
        }
    }
}
