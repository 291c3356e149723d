//! Where the caret goes: glyph by glyph, word by word, line by line.
//!
//! Offsets in, offsets out. What a glyph is says `glyph`.

use codesync_core::Text;

use super::glyph::glyphs;
use super::layout::CLUSTER_WINDOW;

/// The gap after the glyph that begins at `offset`; a line's end leads to the next line.
pub(crate) fn next_glyph(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    let Some(c) = chars.next() else { return offset };
    if c == '\n' || (c.is_ascii() && chars.peek().is_none_or(|next| next.is_ascii())) {
        return offset + 1;
    }
    let window = window_after(text, offset);
    offset + glyphs(&window).next().map_or(1, |glyph| glyph.text.chars().count())
}

/// The gap before the glyph that ends at `offset`; a line's beginning leads to the line before.
pub(crate) fn previous_glyph(text: &Text, offset: usize) -> usize {
    let Some(c) = text.chars_from(offset).prev() else { return offset };
    if c.is_ascii() {
        return offset - 1;
    }
    let start = window_before(text, offset);
    let window = text.slice(start..offset);
    offset - glyphs(&window).last().map_or(1, |glyph| glyph.text.chars().count())
}

/// The beginning of the glyph in which `offset` lies; `offset` itself if it lies between two.
pub(crate) fn glyph_start(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    if chars.peek().is_none_or(|c| c.is_ascii()) || chars.prev().is_none_or(|c| c == '\n') {
        return offset;
    }
    let start = window_before(text, offset);
    let end = text.len().min(offset + CLUSTER_WINDOW);
    let window = text.slice(start..end);
    let mut at = start;
    for glyph in glyphs(&window) {
        let next = at + glyph.text.chars().count();
        if next > offset {
            return at;
        }
        at = next;
    }
    offset
}

fn window_after(text: &Text, offset: usize) -> String {
    text.chars_from(offset).take(CLUSTER_WINDOW).take_while(|c| *c != '\n').collect()
}

/// An offset at which a glyph begins, at or before the one that ends at `offset`.
fn window_before(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    let mut start = offset;
    for _ in 0..CLUSTER_WINDOW {
        match chars.prev() {
            Some('\n') | None => break,
            // Nothing that stands before an ASCII character combines with it.
            Some(c) => {
                start -= 1;
                if c.is_ascii() {
                    break;
                }
            }
        }
    }
    start
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    Space,
    Word,
    Other,
}

fn class(c: char) -> Class {
    if c.is_whitespace() {
        Class::Space
    } else if c.is_alphanumeric() || c == '_' || !c.is_ascii() {
        // Marks, joiners and pictures stay with the word they stand in.
        Class::Word
    } else {
        Class::Other
    }
}

/// The end of the word after `offset`, or of the run of signs. A line's end is a stop of its own.
pub(crate) fn next_word(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    if chars.peek() == Some('\n') {
        chars.next();
    }
    while chars.peek().is_some_and(|c| c != '\n' && class(c) == Class::Space) {
        chars.next();
    }
    if let Some(kind) = chars.peek().map(class).filter(|kind| *kind != Class::Space) {
        while chars.peek().is_some_and(|c| class(c) == kind) {
            chars.next();
        }
    }
    chars.offset()
}

/// The beginning of the word or run of signs after the one at `offset`. An empty line is a stop.
pub(crate) fn next_word_start(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    if let Some(kind) = chars.peek().map(class).filter(|kind| *kind != Class::Space) {
        while chars.peek().is_some_and(|c| class(c) == kind) {
            chars.next();
        }
    }
    while let Some(c) = chars.peek().filter(|c| class(*c) == Class::Space) {
        chars.next();
        if c == '\n' && chars.peek() == Some('\n') {
            break;
        }
    }
    chars.offset()
}

/// The gap before a character on the line of `offset`, after the one at `offset` or before it;
/// `till` stops one glyph short of it.
pub(crate) fn find_char(
    text: &Text,
    offset: usize,
    wanted: char,
    forward: bool,
    till: bool,
) -> Option<usize> {
    let range = text.line_range(text.line_of(offset));
    let mut at = offset;
    loop {
        at = match forward {
            true => next_glyph(text, at),
            false => previous_glyph(text, at),
        };
        if at >= range.end || at < range.start || (!forward && at == offset) {
            return None;
        }
        if text.char_at(at) == Some(wanted) {
            return Some(match (till, forward) {
                (false, _) => at,
                (true, true) => previous_glyph(text, at),
                (true, false) => next_glyph(text, at),
            });
        }
        if at == range.start && !forward {
            return None;
        }
    }
}

/// The beginning of the word before `offset`, or of the run of signs.
pub(crate) fn previous_word(text: &Text, offset: usize) -> usize {
    let mut chars = text.chars_from(offset);
    if chars.peek_prev() == Some('\n') {
        chars.prev();
    }
    while chars.peek_prev().is_some_and(|c| c != '\n' && class(c) == Class::Space) {
        chars.prev();
    }
    if let Some(kind) = chars.peek_prev().map(class).filter(|kind| *kind != Class::Space) {
        while chars.peek_prev().is_some_and(|c| class(c) == kind) {
            chars.prev();
        }
    }
    chars.offset()
}

/// The word, run of spaces or run of signs around `offset`: what a double click takes.
pub(crate) fn word_around(text: &Text, offset: usize) -> std::ops::Range<usize> {
    let mut after = text.chars_from(offset);
    let mut before = text.chars_from(offset);
    let inside = |c: &char| *c != '\n';
    let kind = match after.peek().filter(inside).or_else(|| before.peek_prev().filter(inside)) {
        Some(c) => class(c),
        None => return offset..offset,
    };
    while before.peek_prev().filter(inside).is_some_and(|c| class(c) == kind) {
        before.prev();
    }
    while after.peek().filter(inside).is_some_and(|c| class(c) == kind) {
        after.next();
    }
    before.offset()..after.offset()
}

/// The offset of the first character of a line that is no blank, or the line's end.
pub(crate) fn first_nonblank(text: &Text, line: usize) -> usize {
    let range = text.line_range(line);
    let blanks = text
        .chars_from(range.start)
        .take(range.len())
        .take_while(|c| matches!(c, ' ' | '\t'))
        .count();
    range.start + blanks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(text: &str, step: fn(&Text, usize) -> usize, from: usize) -> Vec<usize> {
        let text = Text::from(text);
        let mut stops = vec![from];
        loop {
            let at = *stops.last().expect("it starts with one");
            let next = step(&text, at);
            if next == at {
                return stops;
            }
            stops.push(next);
        }
    }

    #[test]
    fn glyph_steps_are_the_same_in_both_directions() {
        for text in ["a日\ne\u{301}👩‍👩‍👧\u{202e}🇩🇪🇫🇷x\t", "\u{301}\n\u{301}", "", "é", "日\n\n"]
        {
            let forth = stops(text, next_glyph, 0);
            let mut back = stops(text, previous_glyph, text.chars().count());
            back.reverse();
            assert_eq!(forth, back, "{text:?}");
        }
    }

    #[test]
    fn an_offset_inside_a_glyph_falls_back_to_its_beginning() {
        let text = Text::from("xe\u{301}y👩‍👧z");
        let met: Vec<usize> = (0..=text.len()).map(|offset| glyph_start(&text, offset)).collect();
        assert_eq!(met, [0, 1, 1, 3, 4, 4, 4, 7, 8]);
    }

    #[test]
    fn word_steps_stop_at_ends_and_beginnings() {
        let text = "let mut x1 = foo::bar;\n  été";
        assert_eq!(stops(text, next_word, 0), [0, 3, 7, 10, 12, 16, 18, 21, 22, 28]);
        assert_eq!(stops(text, previous_word, 28), [28, 25, 23, 21, 18, 16, 13, 11, 8, 4, 0]);
    }

    #[test]
    fn a_double_click_takes_the_run_it_hits() {
        let text = Text::from("foo  bar=\nx");
        assert_eq!(word_around(&text, 1), 0..3);
        assert_eq!(word_around(&text, 3), 3..5);
        assert_eq!(word_around(&text, 8), 8..9);
        assert_eq!(word_around(&text, 9), 8..9);
        assert_eq!(word_around(&text, 11), 10..11);
    }
}
