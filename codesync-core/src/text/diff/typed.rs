//! What somebody typed into a field that tells its text and where the caret is, and nothing more.

use super::{TextEdit, common_prefix, common_suffix};
use crate::text::Encoding;

/// The one edit that leads from `before` to `after`; `None` if they are the same.
///
/// Where several would (one more "a" among others), it is the one that ends at the caret, for that
/// is where somebody typed. `caret` is counted in `after`, in `encoding`; beyond the end, or within a
/// char, it is taken as the next boundary before. The edit is in chars and begins and ends between
/// them, unlike those of [`diff()`](super::diff()) not always between graphemes: a combining mark is
/// typed by itself.
///
/// Law: `apply(before, typed) == after`. Time is O(n).
///
/// ```
/// use codesync_core::{Encoding, TextEdit, text::diff_typed};
///
/// let edit = diff_typed("aaa", "aaaa", 2, Encoding::Utf16);
/// assert_eq!(edit, Some(TextEdit { range: 1..1, text: "a".into() }));
/// ```
#[must_use]
pub fn diff_typed(before: &str, after: &str, caret: usize, encoding: Encoding) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let caret = byte_of(after, caret, encoding);
    let suffix = common_suffix(before, &after[caret..]);
    let (old, new) = (&before[..before.len() - suffix], &after[..after.len() - suffix]);
    let prefix = common_prefix(old, new);
    let start = before[..prefix].chars().count();
    let end = start + old[prefix..].chars().count();
    Some(TextEdit { range: start..end, text: new[prefix..].to_owned() })
}

fn byte_of(text: &str, offset: usize, encoding: Encoding) -> usize {
    let width = |char: char| match encoding {
        Encoding::Scalar => 1,
        Encoding::Utf8 => char.len_utf8(),
        Encoding::Utf16 => char.len_utf16(),
    };
    let mut passed = 0;
    for (byte, char) in text.char_indices() {
        passed += width(char);
        if passed > offset {
            return byte;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `|` is the caret after the change.
    #[track_caller]
    fn check(before: &str, after: &str, range: std::ops::Range<usize>, text: &str) {
        let caret = after.find('|').expect("there is a caret");
        let edit = diff_typed(before, &after.replace('|', ""), caret, Encoding::Utf8);
        assert_eq!(edit, Some(TextEdit { range, text: text.to_owned() }), "{after}");
    }

    #[test]
    fn what_was_typed_deleted_or_replaced_is_found() {
        assert_eq!(diff_typed("a", "a", 1, Encoding::Scalar), None);
        check("ab", "aX|b", 1..1, "X");
        check("aXb", "a|b", 1..2, "");
        check("one two three", "one 2| three", 4..7, "2");
        check("", "all|", 0..0, "all");
        check("all", "|", 0..3, "");
    }

    #[test]
    fn one_more_of_the_same_is_where_the_caret_is() {
        check("aaaa", "aa|aaa", 1..1, "a");
        check("aaaa", "aaaaa|", 4..4, "a");
        check("a\n\nb", "a\n\n|\nb", 2..2, "\n");
    }

    #[test]
    fn a_char_is_never_parted() {
        check("😀", "😁|", 0..1, "😁");
        check("x😀y", "x🤀|y", 1..2, "🤀");
        check("é", "è|", 0..1, "è");
    }

    #[test]
    fn the_caret_is_counted_as_the_caller_counts() {
        let edit = Some(TextEdit { range: 1..1, text: "b".to_owned() });
        for (encoding, caret) in [(Encoding::Scalar, 2), (Encoding::Utf8, 5), (Encoding::Utf16, 3)]
        {
            assert_eq!(diff_typed("😀bb", "😀bbb", caret, encoding), edit, "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn it_makes_the_one_text_of_the_other_whatever_they_are(
            before in "[abé😀\n]{0,7}",
            after in "[abé😀\n]{0,7}",
            caret in 0..12_usize,
        ) {
            let mut made: Vec<char> = before.chars().collect();
            if let Some(TextEdit { range, text }) = diff_typed(&before, &after, caret, Encoding::Utf16) {
                made.splice(range, text.chars());
            }
            prop_assert_eq!(made.into_iter().collect::<String>(), after);
        }
    }
}
