//! Two texts as numbers: equal pieces have one number.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

use super::script::{self, Budget};
use super::{Change, LineEnding};

/// The pieces of two texts.
pub(super) struct Tokens {
    before: Side,
    after: Side,
    /// How many different pieces there are.
    distinct: usize,
}

#[derive(Default)]
struct Side {
    ids: Vec<u32>,
    /// Where each piece ends, in bytes.
    ends: Vec<usize>,
}

impl Tokens {
    /// The lines of both, each with its line feed; `None` if one has more than `lines_max`.
    pub(super) fn lines(before: &str, after: &str, lines_max: usize) -> Option<Self> {
        let feed = LineEnding::Lf.as_str();
        Self::of(before.split_inclusive(feed), after.split_inclusive(feed), lines_max, lines_max)
    }

    /// The words of both; `None` if they are more than `words_max` together.
    pub(super) fn words(before: &str, after: &str, words_max: usize) -> Option<Self> {
        let tokens = Self::of(Words::of(before), Words::of(after), words_max, words_max)?;
        (tokens.len() <= words_max).then_some(tokens)
    }

    fn of<'a>(
        before: impl Iterator<Item = &'a str>,
        after: impl Iterator<Item = &'a str>,
        before_max: usize,
        after_max: usize,
    ) -> Option<Self> {
        let mut known = HashMap::new();
        let before = Side::of(before, before_max, &mut known)?;
        let after = Side::of(after, after_max, &mut known)?;
        Some(Self { before, after, distinct: known.len() })
    }

    /// Number of pieces on both sides.
    pub(super) fn len(&self) -> usize {
        self.before.ids.len() + self.after.ids.len()
    }

    /// What changed, in bytes. The pieces are those of the stretches `of`.
    pub(super) fn changes(&self, of: &Change, budget: &mut Budget) -> Vec<Change> {
        let changed = script::changes(&self.before.ids, &self.after.ids, self.distinct, budget);
        let in_bytes = |(before, after): script::Change| Change {
            before: of.before.start + self.before.start(before.start)
                ..of.before.start + self.before.start(before.end),
            after: of.after.start + self.after.start(after.start)
                ..of.after.start + self.after.start(after.end),
        };
        changed.into_iter().map(in_bytes).collect()
    }
}

impl Side {
    fn of<'a>(
        pieces: impl Iterator<Item = &'a str>,
        pieces_max: usize,
        known: &mut HashMap<&'a str, u32>,
    ) -> Option<Self> {
        let (mut side, mut end) = (Self::default(), 0);
        for piece in pieces {
            if side.ids.len() == pieces_max {
                return None;
            }
            // There are fewer than 2³² pieces: both sides have a bound far below.
            let next = known.len() as u32;
            side.ids.push(*known.entry(piece).or_insert(next));
            end += piece.len();
            side.ends.push(end);
        }
        Some(side)
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// How many lines a stretch of whole lines has.
pub(super) fn line_count(lines: &str) -> usize {
    let feeds = lines.bytes().filter(|&byte| byte == b'\n').count();
    feeds + usize::from(!lines.is_empty() && !lines.ends_with('\n'))
}

/// The words, blanks and signs of a text; each is one grapheme or several whole ones.
struct Words<'a> {
    text: &'a str,
    /// Where each grapheme begins, and its kind.
    graphemes: std::iter::Peekable<unicode_segmentation::GraphemeIndices<'a>>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Word,
    Blank,
    Sign,
}

impl Kind {
    fn of(grapheme: &str) -> Self {
        match grapheme.chars().next() {
            Some(' ' | '\t') => Self::Blank,
            // Scripts from U+0E00 on are mostly written without blanks between words: there, each
            // grapheme stands by itself.
            Some(first) if first == '_' || (first.is_alphanumeric() && first < '\u{e00}') => {
                Self::Word
            }
            _ => Self::Sign,
        }
    }
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, graphemes: text.grapheme_indices(true).peekable() }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (start, first) = self.graphemes.next()?;
        let (kind, mut end) = (Kind::of(first), start + first.len());
        if kind != Kind::Sign {
            while let Some((_, next)) = self.graphemes.next_if(|(_, it)| Kind::of(it) == kind) {
                end += next.len();
            }
        }
        Some(&self.text[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(Words::of(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn words_blanks_and_signs_are_pieces() {
        check("", &[]);
        check("\tfoo_1 += bar;\n", &["\t", "foo_1", " ", "+", "=", " ", "bar", ";", "\n"]);
        check("e\u{301}tude!", &["e\u{301}tude", "!"]);
        check("漢字 👩\u{200d}🚀", &["漢", "字", " ", "👩\u{200d}🚀"]);
    }

    #[test]
    fn equal_pieces_have_one_number_on_both_sides() {
        let tokens = Tokens::lines("a\nb\na\n", "b\na", 3).expect("no more than three");
        assert_eq!(tokens.before.ids, [0, 1, 0]);
        assert_eq!(tokens.after.ids, [1, 2]);
        assert!(Tokens::lines("a\nb\na\n", "", 2).is_none());
        assert!(Tokens::words("a b", "c", 3).is_none());
    }
}
