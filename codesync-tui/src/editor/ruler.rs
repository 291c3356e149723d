//! Where the rows of a line begin, or, where lines are not wrapped, places from which a column of
//! a long line is counted.
//!
//! What was found out about a long line is remembered, as far as somebody asked, and an edit
//! forgets only what lies behind it. So a key in a line of two megabytes costs what a key in any
//! other line costs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use codesync_core::Text;

use super::change::LineChange;
use super::glyph::Look;
use super::layout::{Run, Spot, walk};

/// A line of more characters is remembered.
const SHORT_CHARS_MAX: usize = 1_024;
/// Characters between two spots of a line that is not wrapped. What lies between is walked glyph by
/// glyph, several times for each key; outside of ASCII that is what a key costs.
const STEP_CHARS: usize = 512;
/// Lines that are remembered; there are hardly more on a screen.
const LINES_MAX: usize = 256;

/// Spots of one line, their offsets counted from its beginning. The first is its beginning.
#[derive(Clone, Debug)]
struct Ruler {
    spots: Vec<Spot>,
    is_whole: bool,
}

impl Default for Ruler {
    fn default() -> Self {
        Self { spots: vec![Spot::default()], is_whole: false }
    }
}

/// The spots of all lines that were looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rulers {
    /// Columns after which a line is wrapped, if it is.
    width: Option<usize>,
    tab: usize,
    lines: RefCell<BTreeMap<usize, Ruler>>,
}

impl Rulers {
    pub(crate) fn wraps(&self) -> bool {
        self.width.is_some()
    }

    pub(crate) fn tab(&self) -> usize {
        self.tab
    }

    /// Says how lines are to be divided.
    pub(crate) fn fit(&mut self, width: Option<usize>, tab: usize) {
        let width = width.map(|width| width.max(1));
        if (self.width, self.tab) != (width, tab) {
            (self.width, self.tab) = (width, tab);
            self.lines.get_mut().clear();
        }
    }

    pub(crate) fn forget(&mut self) {
        self.lines.get_mut().clear();
    }

    /// Forgets what an edit made wrong.
    pub(crate) fn change(&mut self, change: &LineChange) {
        let lines = self.lines.get_mut();
        if lines.is_empty() {
            return;
        }
        let below = lines.split_off(&(change.at + 1));
        let kept = below.into_iter().filter(|(line, _)| *line > change.at + change.removed);
        lines.extend(kept.map(|(line, ruler)| (change.shift(line), ruler)));
        if let Some(ruler) = lines.get_mut(&change.at) {
            let good = ruler.spots.partition_point(|spot| spot.offset < change.kept);
            // Where a row begins depends on the glyph that had no room on the row before, and that
            // is at most the first of the row after it. A mark may join the glyph before, besides.
            ruler.spots.truncate(good.saturating_sub(2).max(1));
            ruler.is_whole = false;
        }
    }

    /// The last spot of a line at or before an offset of it, and its number.
    pub(crate) fn at_offset(&self, text: &Text, line: usize, offset: usize) -> (usize, Spot) {
        let range = text.line_range(line);
        let start = range.start;
        self.last(text, line, range, |spot| spot.offset + start <= offset)
    }

    /// The last spot at or before a column of a line that lies there.
    pub(crate) fn at_column(
        &self,
        text: &Text,
        line: usize,
        range: Range<usize>,
        column: usize,
    ) -> Spot {
        if column == 0 {
            return Spot { offset: range.start, column: 0 };
        }
        self.last(text, line, range, |spot| spot.column <= column).1
    }

    /// The spot of this number, or the last one; and the beginning of the next, if there is one.
    pub(crate) fn at(&self, text: &Text, line: usize, n: usize) -> (Spot, Option<Spot>) {
        let range = text.line_range(line);
        let start = range.start;
        self.with(text, line, range, |ruler, grow| {
            while ruler.spots.len() <= n + 1 && grow(ruler) {}
            let n = n.min(ruler.spots.len() - 1);
            let absolute = |spot: &Spot| Spot { offset: spot.offset + start, column: spot.column };
            (absolute(&ruler.spots[n]), ruler.spots.get(n + 1).map(absolute))
        })
    }

    /// The spots of these numbers of a line that lies there, at least the last one, and the beginning
    /// of the one after them, if there is one.
    pub(crate) fn run(
        &self,
        text: &Text,
        line: usize,
        range: Range<usize>,
        spots: Range<usize>,
    ) -> Vec<Spot> {
        let start = range.start;
        self.with(text, line, range, |ruler, grow| {
            while ruler.spots.len() <= spots.end && grow(ruler) {}
            let first = spots.start.min(ruler.spots.len() - 1);
            let found = ruler.spots.iter().take(spots.end + 1).skip(first);
            found.map(|spot| Spot { offset: spot.offset + start, column: spot.column }).collect()
        })
    }

    /// How many spots a line has. Reads all of it.
    pub(crate) fn count(&self, text: &Text, line: usize) -> usize {
        self.with(text, line, text.line_range(line), |ruler, grow| {
            while grow(ruler) {}
            ruler.spots.len()
        })
    }

    fn last(
        &self,
        text: &Text,
        line: usize,
        range: Range<usize>,
        is_before: impl Fn(&Spot) -> bool,
    ) -> (usize, Spot) {
        let start = range.start;
        self.with(text, line, range, |ruler, grow| {
            while ruler.spots.last().is_some_and(&is_before) && grow(ruler) {}
            let n = ruler.spots.partition_point(&is_before).max(1) - 1;
            let spot = ruler.spots[n];
            (n, Spot { offset: spot.offset + start, column: spot.column })
        })
    }

    /// Works with the ruler of a line that lies there, remembered or new. `grow` finds the next spot,
    /// if any.
    fn with<T>(
        &self,
        text: &Text,
        line: usize,
        range: Range<usize>,
        work: impl FnOnce(&mut Ruler, &dyn Fn(&mut Ruler) -> bool) -> T,
    ) -> T {
        let grow = |ruler: &mut Ruler| {
            let last = *ruler.spots.last().expect("the line's beginning is one");
            let from = Spot { offset: last.offset + range.start, column: last.column };
            let next = match (ruler.is_whole, self.width) {
                (true, _) => None,
                (false, Some(width)) => next_row(text, from, range.end, width, self.tab),
                (false, None) => next_step(text, from, range.end, self.tab),
            };
            match next {
                Some(Spot { offset, column }) => {
                    ruler.spots.push(Spot { offset: offset - range.start, column });
                }
                None => ruler.is_whole = true,
            }
            next.is_some()
        };
        if range.len() <= SHORT_CHARS_MAX {
            return work(&mut Ruler::default(), &grow);
        }
        let mut lines = self.lines.borrow_mut();
        if lines.len() >= LINES_MAX && !lines.contains_key(&line) {
            lines.clear();
        }
        work(lines.entry(line).or_default(), &grow)
    }
}

/// The beginning of the next row: behind the last blank or wide glyph that fits, else behind the
/// last glyph that does.
fn next_row(text: &Text, from: Spot, end: usize, width: usize, tab: usize) -> Option<Spot> {
    let limit = from.column + width;
    let mut gap: Option<Spot> = None;
    let mut next = None;
    walk(text, from, end, tab, |spot, run| {
        let ahead = |n: usize| Spot { offset: spot.offset + n, column: spot.column + n };
        match run {
            Run::Ascii(ascii) => {
                let room = limit - spot.column;
                let fits = &ascii[..room.min(ascii.len())];
                gap = fits.rfind(' ').map(|blank| ahead(blank + 1)).or(gap);
                if ascii.len() <= room {
                    return ControlFlow::Continue(());
                }
                next = Some(gap.unwrap_or(ahead(room)));
                ControlFlow::Break(())
            }
            Run::Glyph(glyph) => {
                let glyph_width = glyph.width(spot.column, tab);
                let after = Spot {
                    offset: spot.offset + glyph.text.chars().count(),
                    column: spot.column + glyph_width,
                };
                if after.column <= limit {
                    // A blank comes alone where what follows might have joined it.
                    let is_gap = matches!(glyph.look, Look::Tab | Look::Plain(2));
                    if is_gap || glyph.text == " " {
                        gap = Some(after);
                    }
                    return ControlFlow::Continue(());
                }
                // Wider than a whole row: it has one of its own, cut off.
                let whole = if spot.offset == from.offset { after } else { spot };
                next = Some(gap.unwrap_or(whole));
                ControlFlow::Break(())
            }
        }
    });
    next.filter(|next| next.offset < end)
}

/// A spot some thousand characters further on.
fn next_step(text: &Text, from: Spot, end: usize, tab: usize) -> Option<Spot> {
    let wanted = from.offset + STEP_CHARS;
    if wanted >= end {
        return None;
    }
    let mut next = None;
    walk(text, from, end, tab, |spot, run| match run {
        Run::Ascii(ascii) if wanted < spot.offset + ascii.len() => {
            let n = wanted.saturating_sub(spot.offset);
            next = Some(Spot { offset: spot.offset + n, column: spot.column + n });
            ControlFlow::Break(())
        }
        Run::Glyph(_) if wanted <= spot.offset => {
            next = Some(spot);
            ControlFlow::Break(())
        }
        Run::Ascii(_) | Run::Glyph(_) => ControlFlow::Continue(()),
    });
    next
}

#[cfg(test)]
mod tests {
    use codesync_core::{Encoding, Operation, TextEdit};
    use proptest::prelude::*;

    use super::*;
    use crate::editor::change::line_changes;

    fn rulers(width: Option<usize>) -> Rulers {
        let mut rulers = Rulers::default();
        rulers.fit(width, 4);
        rulers
    }

    fn rows(line: &str, width: usize) -> Vec<String> {
        let text = Text::from(line);
        let rulers = rulers(Some(width));
        (0..rulers.count(&text, 0))
            .map(|n| {
                let (start, next) = rulers.at(&text, 0, n);
                text.slice(start.offset..next.map_or(text.len(), |next| next.offset)).into_owned()
            })
            .collect()
    }

    #[test]
    fn a_line_is_wrapped_between_words_where_it_can() {
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("one two three", 7), ["one ", "two ", "three"]);
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("a bcdefghij", 4), ["a ", "bcde", "fghi", "j"]);
        assert_eq!(rows("日本語日本語", 5), ["日本", "語日", "本語"]);
        assert_eq!(rows("abc é", 5), ["abc é"]);
        assert_eq!(rows("abc éfg", 6), ["abc ", "éfg"]);
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(rows("\u{202e}x", 4), ["\u{202e}", "x"]);
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("abcd", 4), ["abcd"]);
    }

    #[test]
    fn a_long_line_is_read_as_far_as_somebody_asks() {
        let text = Text::from("word ".repeat(200_000).as_str());
        let rulers = rulers(Some(80));
        let (n, spot) = rulers.at_offset(&text, 0, 1_000);
        assert_eq!((n, spot), (12, Spot { offset: 960, column: 960 }));
        assert!(rulers.lines.borrow()[&0].spots.len() < 20);
        assert_eq!(rulers.count(&text, 0), 12_500);
    }

    #[test]
    fn a_mark_that_joins_a_glyph_changes_where_the_row_before_began() {
        let text = Text::from(format!("{}日", "a\t\u{301}\u{301} ".repeat(300)).as_str());
        let mut rulers = rulers(Some(28));
        rulers.count(&text, 0);
        let mut after = text;
        for at in [1_000, 720, 501, 500, 250] {
            let operation = Operation::replace(after.len(), at..at + 2, "x");
            for change in line_changes(&after, &operation) {
                rulers.change(&change);
            }
            after.apply(&operation).expect("it fits");
            let mut fresh = Rulers::default();
            fresh.fit(Some(28), 4);
            assert_eq!(rulers.count(&after, 0), fresh.count(&after, 0), "at {at}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_remembered_is_what_would_be_found_anew(
            width in prop::option::of(3..60_usize),
            edits in prop::collection::vec(
                (0..1_000_usize, 0..80_usize, "[a \n\u{301}日\t]{0,12}", 0..1_000_usize),
                1..12,
            ),
        ) {
            let mut text = Text::from("one two\u{301} 日本語\tthree ".repeat(120).as_str());
            let mut rulers = rulers(width);
            for (at, length, with, look) in edits {
                let range = text.len() * at / 1_000..(text.len() * at / 1_000 + length).min(text.len());
                let edits = [TextEdit { range, text: with }];
                let operation = Operation::from_edits(&text, &edits, Encoding::Scalar).expect("it fits");
                for change in line_changes(&text, &operation) {
                    rulers.change(&change);
                }
                text.apply(&operation).expect("it fits");
                let offset = text.len() * look / 1_000;
                let line = text.line_of(offset);
                // The same text in other pieces.
                let anew = Text::from(text.to_string().as_str());
                let mut fresh = Rulers::default();
                fresh.fit(width, 4);
                prop_assert_eq!(
                    rulers.at_offset(&text, line, offset),
                    fresh.at_offset(&anew, line, offset)
                );
                prop_assert_eq!(rulers.count(&text, line), fresh.count(&anew, line));
            }
        }
    }
}
