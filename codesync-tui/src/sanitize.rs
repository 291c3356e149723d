//! Words of others, made harmless before they are shown: names, titles, reasons.
//!
//! What the editor draws of a document's text goes through the same glyphs, cell by cell.

use unicode_width::UnicodeWidthStr;

use crate::editor::glyph::{Look, glyphs, mark};

/// Longest name or sentence of others that is shown, in columns.
pub(crate) const COLUMNS_MAX: usize = 200;

/// One line of plain characters: controls, bidi overrides and invisible characters become marks,
/// and what is too long ends in an ellipsis.
pub(crate) fn one_line(text: &str) -> String {
    shorten(text, COLUMNS_MAX)
}

/// [`one_line`] in at most `columns`.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    let mut line = String::new();
    let mut width = 0;
    let mut rest = glyphs(text).peekable();
    while let Some(glyph) = rest.next() {
        let shown = match glyph.look {
            Look::Plain(_) => glyph.text.to_owned(),
            Look::Tab => " ".to_owned(),
            Look::Mark(c) => mark(c),
        };
        let wanted = width + shown.width();
        if wanted > columns || (wanted == columns && rest.peek().is_some()) {
            line.push('…');
            break;
        }
        line.push_str(&shown);
        width = wanted;
    }
    line
}

/// A whole text for a terminal: lines and tabs stay, everything a terminal would obey is marked.
pub(crate) fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            clean.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        for glyph in glyphs(line) {
            match glyph.look {
                Look::Plain(_) | Look::Tab => clean.push_str(glyph.text),
                Look::Mark(c) => clean.push_str(&mark(c)),
            }
        }
    }
    clean
}

/// A field of a line that a program reads: as it is, but for the controls, which would end the
/// field or the line.
pub(crate) fn one_record(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_control(), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_carry_orders_to_the_terminal() {
        assert_eq!(one_line("Bo\u{1b}]0;x\u{7}"), "Bo‹U+001B›]0;x‹U+0007›");
        assert_eq!(one_line("a\nb\tc"), "a‹U+000A›b c");
        assert_eq!(one_line("\u{202e}txt.exe"), "‹U+202E›txt.exe");
        assert_eq!(one_line("Ána 日本 👩‍👧"), "Ána 日本 👩‍👧");
    }

    #[test]
    fn a_field_for_programs_loses_nothing_but_controls() {
        assert_eq!(one_record("a\nb\tc\u{1b}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(one_record("\u{202e}日 👩‍👧"), "\u{202e}日 👩‍👧");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("abcd", 4), "abcd");
        assert_eq!(shorten("日本語", 4), "日…");
    }

    #[test]
    fn a_printed_text_keeps_its_lines_and_nothing_else() {
        assert_eq!(lines("a\tb\r\n\u{1b}[2J\n"), "a\tb\n‹U+001B›[2J\n");
    }
}
