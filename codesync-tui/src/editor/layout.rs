//! Display columns: where a character stands on its line, and what stands at a column.
//!
//! The one place where columns are counted, for drawing, for the caret and for the mouse. A line
//! is walked piece by piece, plain ASCII in whole runs, so a line of two megabytes costs a fraction
//! of a millisecond and is never copied.

use std::ops::{ControlFlow, Range};

use codesync_core::Text;

use super::glyph::{Glyph, glyphs};

/// A stretch of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Run<'a> {
    /// Printable ASCII: as many characters as bytes as columns.
    Ascii(&'a str),
    Glyph(Glyph<'a>),
}

/// Where a stretch begins.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Spot {
    /// Offset in the text, in characters.
    pub(crate) offset: usize,
    /// Display column on the line.
    pub(crate) column: usize,
}

/// Shows stretches of a line to `visit`, from a spot where a glyph begins up to `end` or until it
/// breaks, and returns the spot after the last one.
pub(crate) fn walk(
    text: &Text,
    from: Spot,
    end: usize,
    tab: usize,
    mut visit: impl FnMut(Spot, Run<'_>) -> ControlFlow<()>,
) -> Spot {
    let mut spot = from;
    let mut carry = String::new();
    for piece in text.chunks_in(from.offset..end) {
        let joined = if carry.is_empty() {
            piece
        } else {
            carry.push_str(piece);
            carry.as_str()
        };
        // The last glyph may go on in the next piece, so it waits.
        let held = held_bytes(joined);
        let (now, later) = joined.split_at(joined.len() - held);
        if walk_piece(now, tab, &mut spot, &mut visit).is_break() {
            return spot;
        }
        carry = later.to_owned();
    }
    // Whether the last piece was left or finished makes no difference any more.
    let _ = walk_piece(&carry, tab, &mut spot, &mut visit);
    spot
}

fn walk_piece(
    piece: &str,
    tab: usize,
    spot: &mut Spot,
    visit: &mut impl FnMut(Spot, Run<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut rest = piece;
    while !rest.is_empty() {
        let plain = plain_bytes(rest);
        if plain > 0 {
            let (run, after) = rest.split_at(plain);
            visit(*spot, Run::Ascii(run))?;
            spot.offset += plain;
            spot.column += plain;
            rest = after;
            continue;
        }
        let mut iter = glyphs(rest);
        let mut taken = 0;
        for glyph in iter.by_ref() {
            visit(*spot, Run::Glyph(glyph))?;
            spot.offset += glyph.text.chars().count();
            spot.column += glyph.width(spot.column, tab);
            taken += glyph.text.len();
            // A cluster that is taken apart comes glyph by glyph; its parts are never ASCII.
            if rest.as_bytes().get(taken).is_some_and(u8::is_ascii) {
                break;
            }
        }
        rest = &rest[taken..];
    }
    ControlFlow::Continue(())
}

/// How many bytes at the beginning are printable ASCII that nothing can combine with.
fn plain_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte);
    // Without an early exit this compiles to wide compares; most pieces are plain throughout.
    if bytes.iter().fold(true, |all, byte| all & is_plain(byte)) {
        return bytes.len();
    }
    let plain = bytes.iter().position(|byte| !is_plain(byte)).unwrap_or(bytes.len());
    match bytes.get(plain) {
        Some(byte) if !byte.is_ascii() => plain.saturating_sub(1),
        _ => plain,
    }
}

/// Length of the glyph at the end, which the next piece may still lengthen.
fn held_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes {
        [] => 0,
        [.., last] if last.is_ascii() => 1,
        _ => {
            // Far enough back that a cluster cannot begin earlier, or at the last ASCII character.
            let from = text
                .char_indices()
                .rev()
                .take(CLUSTER_WINDOW)
                .take_while(|(_, c)| !c.is_ascii())
                .last()
                .map_or(0, |(at, _)| at);
            let from = text[..from].char_indices().next_back().map_or(from, |(at, _)| at);
            glyphs(&text[from..]).last().map_or(0, |glyph| glyph.text.len())
        }
    }
}

/// How far back the beginning of a cluster is looked for, in characters.
pub(crate) const CLUSTER_WINDOW: usize = 64;

/// The display column of an offset of this line; of the glyph's beginning if it lies inside one.
pub(crate) fn column_of(text: &Text, line: Range<usize>, offset: usize, tab: usize) -> usize {
    column_from(text, Spot { offset: line.start, column: 0 }, line.end, offset, tab)
}

/// [`column_of`] an offset behind a spot of the line.
pub(crate) fn column_from(text: &Text, from: Spot, end: usize, offset: usize, tab: usize) -> usize {
    let mut column = 0;
    let mut found = false;
    let end = walk(text, from, end, tab, |spot, run| {
        let chars = match run {
            Run::Ascii(ascii) => ascii.len(),
            Run::Glyph(glyph) => glyph.text.chars().count(),
        };
        if offset < spot.offset + chars {
            found = true;
            column = match run {
                Run::Ascii(_) => spot.column + (offset - spot.offset),
                Run::Glyph(_) => spot.column,
            };
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    if found { column } else { end.column }
}

/// The offset of the glyph that covers a column between a spot of a line and `end`, or `end`
/// beyond it.
///
/// With `nearest`, the right half of a glyph counts to the gap after it: what a click wants.
pub(crate) fn offset_at(
    text: &Text,
    from: Spot,
    end: usize,
    column: usize,
    tab: usize,
    nearest: bool,
) -> usize {
    let mut offset = end;
    walk(text, from, end, tab, |spot, run| match run {
        Run::Ascii(ascii) if column < spot.column + ascii.len() => {
            offset = spot.offset + column.saturating_sub(spot.column);
            ControlFlow::Break(())
        }
        Run::Glyph(glyph) => {
            let width = glyph.width(spot.column, tab);
            if column >= spot.column + width {
                return ControlFlow::Continue(());
            }
            let is_right_half = (column - spot.column) * 2 >= width && width > 1;
            let after = spot.offset + glyph.text.chars().count();
            offset = if nearest && is_right_half { after } else { spot.offset };
            ControlFlow::Break(())
        }
        Run::Ascii(_) => ControlFlow::Continue(()),
    });
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAB: usize = 4;

    #[track_caller]
    fn check(line: &str, columns: &[usize]) {
        let text = Text::from(line);
        let range = text.line_range(0);
        let met: Vec<usize> =
            (0..=text.len()).map(|offset| column_of(&text, range.clone(), offset, TAB)).collect();
        assert_eq!(met, columns, "{line:?}");
    }

    #[test]
    fn every_offset_has_the_column_of_its_glyph() {
        check("", &[0]);
        check("abc", &[0, 1, 2, 3]);
        check("\ta\tb", &[0, 4, 5, 8, 9]);
        check("日x", &[0, 2, 3]);
        check("e\u{301}x", &[0, 0, 1, 2]);
        check("\u{202e}x", &[0, 8, 9]);
        check("👩‍👧x", &[0, 0, 0, 2, 3]);
    }

    #[test]
    fn a_column_leads_back_to_its_offset() {
        let text = Text::from("\t日本e\u{301}x");
        let start = Spot::default();
        let at = |column| offset_at(&text, start, text.len(), column, TAB, false);
        assert_eq!((0..11).map(at).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 1, 2, 2, 3, 5, 6]);
        let near = |column| offset_at(&text, start, text.len(), column, TAB, true);
        assert_eq!((0..11).map(near).collect::<Vec<_>>(), [0, 0, 1, 1, 1, 2, 2, 3, 3, 5, 6]);
    }

    #[test]
    fn a_long_line_counts_as_its_parts_do() {
        // Long enough for many pieces of the rope, with clusters across their borders.
        let unit = "abc\u{301}日👩‍👩‍👧\tx🇩🇪";
        let line = unit.repeat(700);
        let text = Text::from(line.as_str());
        let mut column = 0;
        let mut offset = 0;
        for glyph in glyphs(&line) {
            column += glyph.width(column, TAB);
            offset += glyph.text.chars().count();
            if offset % 97 == 0 {
                assert_eq!(column_of(&text, 0..text.len(), offset, TAB), column, "at {offset}");
            }
        }
        assert_eq!(column_of(&text, 0..text.len(), text.len(), TAB), column);
    }
}
