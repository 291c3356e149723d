//! The text against a naive model: a `String`, counted from the beginning each time.

use std::ops::Range;

use codesync_core::test_support::{operation, text};
use codesync_core::{
    Encoding, LineEnding, OffsetError, Operation, Position, PositionError, Text, TextBuilder,
    TextEdit, TextHash,
};
use proptest::prelude::*;
use proptest::sample::Index;

const ENCODINGS: [Encoding; 3] = [Encoding::Scalar, Encoding::Utf8, Encoding::Utf16];

/// Texts of any shape; one in three is long enough to lie in several pieces of a rope.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![2 => text(60), 1 => (text(60), 30..90_usize).prop_map(|(part, n)| part.repeat(n))]
}

/// A text and an operation on it.
fn text_and_operation() -> impl Strategy<Value = (String, Operation)> {
    any_text().prop_flat_map(|text| {
        let len = text.chars().count();
        (Just(text), operation(len, 8))
    })
}

/// The text before the char of this index.
fn prefix(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

fn substring(text: &str, range: Range<usize>) -> &str {
    &prefix(text, range.end)[prefix(text, range.start).len()..]
}

/// The length of a text, counted one char after the other.
fn units(text: &str, encoding: Encoding) -> usize {
    text.chars()
        .map(|char| match encoding {
            Encoding::Scalar => 1,
            Encoding::Utf8 => char.len_utf8(),
            Encoding::Utf16 => char.len_utf16(),
        })
        .sum()
}

fn sorted(a: usize, b: usize) -> Range<usize> {
    a.min(b)..a.max(b)
}

/// What a list of edits means, from the last to the first.
fn apply_edits(text: &str, edits: &[TextEdit], encoding: Encoding) -> String {
    let at = |offset: usize| {
        let mut bytes = 0;
        let mut counted = 0;
        for char in text.chars() {
            if counted >= offset {
                break;
            }
            bytes += char.len_utf8();
            counted += units(char.encode_utf8(&mut [0; 4]), encoding);
        }
        bytes
    };
    let mut target = text.to_owned();
    for edit in edits.iter().rev() {
        let inserted = edit.text.replace("\r\n", "\n").replace('\r', "\n");
        target.replace_range(at(edit.range.start)..at(edit.range.end), &inserted);
    }
    target
}

proptest! {
    #[test]
    fn a_text_is_as_long_as_its_string(string in any_text()) {
        let text = Text::from(string.as_str());
        prop_assert_eq!(text.len(), string.chars().count());
        prop_assert_eq!(text.len_bytes(), string.len());
        prop_assert_eq!(text.len_utf16(), string.encode_utf16().count());
        prop_assert_eq!(text.len_lines(), string.split('\n').count());
        prop_assert_eq!(text.is_empty(), string.is_empty());
        for encoding in ENCODINGS {
            prop_assert_eq!(text.len_in(encoding), encoding.len(&string));
        }
        prop_assert_eq!(text.to_string(), string);
    }

    #[test]
    fn a_text_is_the_same_however_it_came_about(string in any_text(), cuts in prop::collection::vec(any::<Index>(), 0..5)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(string.len() + 1)).collect();
        cuts.sort_unstable();
        let mut builder = TextBuilder::new();
        let mut rest = string.as_str();
        for cut in cuts.into_iter().rev() {
            let cut = rest.floor_char_boundary(cut.min(rest.len()));
            let (part, after) = rest.split_at(cut);
            builder.push(part);
            rest = after;
        }
        builder.push(rest);
        prop_assert_eq!(builder.len_bytes(), string.len());
        let built = builder.finish();
        prop_assert_eq!(&built, &Text::from(string.as_str()));
        prop_assert_eq!(built.hash(), TextHash::of(&string));
        prop_assert!(built == string.as_str());
    }

    #[test]
    fn a_hash_does_not_know_where_a_text_came_from((string, operation) in text_and_operation()) {
        let mut text = Text::from(string.as_str());
        text.apply(&operation).unwrap();
        prop_assert_eq!(text.hash().get(), xxhash_rust::xxh64::xxh64(text.to_string().as_bytes(), 0));
    }

    #[test]
    fn a_slice_is_what_lies_between_two_offsets(string in any_text(), a: Index, b: Index) {
        let text = Text::from(string.as_str());
        let range = sorted(a.index(text.len() + 1), b.index(text.len() + 1));
        let expected = substring(&string, range.clone());
        prop_assert_eq!(text.slice(range.clone()), expected);
        let chunks: Vec<_> = text.chunks_in(range).collect();
        prop_assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
        prop_assert_eq!(chunks.concat(), expected);
        prop_assert_eq!(text.chunks().collect::<String>(), string);
    }

    #[test]
    fn a_cursor_walks_both_ways(string in any_text(), start: Index, steps in prop::collection::vec(any::<bool>(), 0..80)) {
        let text = Text::from(string.as_str());
        let chars: Vec<char> = string.chars().collect();
        let mut at = start.index(chars.len() + 1);
        let mut cursor = text.chars_from(at);
        for forward in steps {
            prop_assert_eq!(cursor.peek(), chars.get(at).copied());
            prop_assert_eq!(cursor.peek_prev(), at.checked_sub(1).map(|at| chars[at]));
            prop_assert_eq!(cursor.len(), chars.len() - at);
            prop_assert_eq!(text.char_at(at), chars.get(at).copied());
            if forward {
                prop_assert_eq!(cursor.next(), chars.get(at).copied());
                at = (at + 1).min(chars.len());
            } else {
                prop_assert_eq!(cursor.prev(), at.checked_sub(1).map(|at| chars[at]));
                at = at.saturating_sub(1);
            }
            prop_assert_eq!(cursor.offset(), at);
        }
    }

    #[test]
    fn a_line_is_what_lies_between_two_line_feeds(string in any_text()) {
        let text = Text::from(string.as_str());
        let mut start = 0;
        for (line, expected) in string.split('\n').enumerate() {
            let end = start + expected.chars().count();
            prop_assert_eq!(text.line_start(line), start);
            prop_assert_eq!(text.line_range(line), start..end);
            prop_assert_eq!(text.line(line), expected);
            prop_assert_eq!(text.line_of(start), line);
            prop_assert_eq!(text.line_of(end), line);
            start = end + 1;
        }
    }

    #[test]
    fn every_gap_has_an_offset_in_every_unit(string in text(60)) {
        let text = Text::from(string.as_str());
        for encoding in ENCODINGS {
            let mut gaps = vec![];
            for offset in 0..=text.len() {
                let converted = units(prefix(&string, offset), encoding);
                prop_assert_eq!(text.offset_to(encoding, offset), Ok(converted));
                prop_assert_eq!(text.offset_from(encoding, converted), Ok(offset));
                gaps.push(converted);
            }
            let len = text.len_in(encoding);
            for offset in (0..len).filter(|offset| !gaps.contains(offset)) {
                let after = gaps.partition_point(|gap| *gap < offset);
                let (start, end) = (gaps[after - 1], gaps[after]);
                let expected = OffsetError::InsideCharacter { encoding, offset, start, end };
                prop_assert_eq!(text.offset_from(encoding, offset), Err(expected));
            }
            let offset = len + 1;
            let expected = OffsetError::OutOfBounds { encoding, offset, len };
            prop_assert_eq!(text.offset_from(encoding, offset), Err(expected));
        }
        let (encoding, offset, len) = (Encoding::Scalar, text.len() + 1, text.len());
        let expected = OffsetError::OutOfBounds { encoding, offset, len };
        prop_assert_eq!(text.offset_to(Encoding::Utf16, offset), Err(expected));
    }

    #[test]
    fn offsets_are_converted_alike_in_long_texts(string in any_text(), at: Index) {
        let text = Text::from(string.as_str());
        let offset = at.index(text.len() + 1);
        let before = prefix(&string, offset);
        let line = before.matches('\n').count();
        let in_line = before.rsplit('\n').next().unwrap();
        for encoding in ENCODINGS {
            let converted = units(before, encoding);
            prop_assert_eq!(text.offset_to(encoding, offset), Ok(converted));
            prop_assert_eq!(text.offset_from(encoding, converted), Ok(offset));
            let position = Position { line, column: units(in_line, encoding) };
            prop_assert_eq!(text.position_of(offset, encoding), Ok(position));
            prop_assert_eq!(text.offset_of(position, encoding), Ok(offset));
        }
    }

    #[test]
    fn a_position_that_is_no_gap_is_refused(string in text(60)) {
        let text = Text::from(string.as_str());
        for encoding in ENCODINGS {
            for (line, content) in string.split('\n').enumerate() {
                let columns = units(content, encoding);
                let gaps: Vec<_> = (0..=content.chars().count())
                    .map(|offset| units(prefix(content, offset), encoding))
                    .collect();
                for column in (0..columns).filter(|column| !gaps.contains(column)) {
                    let expected = PositionError::InsideCharacter { encoding, line, column };
                    prop_assert_eq!(text.offset_of(Position { line, column }, encoding), Err(expected));
                }
                let column = columns + 1;
                let expected = PositionError::ColumnOutOfBounds { encoding, line, column, columns };
                prop_assert_eq!(text.offset_of(Position { line, column }, encoding), Err(expected));
            }
            let lines = text.len_lines();
            let expected = PositionError::LineOutOfBounds { line: lines, lines };
            prop_assert_eq!(text.offset_of(Position { line: lines, column: 0 }, encoding), Err(expected));
        }
    }

    #[test]
    fn applying_does_to_the_text_what_it_does_to_the_string((string, operation) in text_and_operation()) {
        let before = Text::from(string.as_str());
        let mut after = before.clone();
        after.apply(&operation).unwrap();
        prop_assert_eq!(after.to_string(), operation.apply_to(&string).unwrap());
        prop_assert_eq!(after.len(), operation.target_len());
        prop_assert_eq!(before.to_string(), string);
    }

    #[test]
    fn an_operation_of_many_components_does_the_same(string in any_text(), step in 1..4_usize, inserted in text(3)) {
        let mut text = Text::from(string.as_str());
        let mut builder = Operation::builder();
        let mut left = text.len();
        while left >= 2 * step {
            builder = builder.delete(step).insert(&inserted).retain(step);
            left -= 2 * step;
        }
        let operation = builder.finish_at(text.len()).unwrap();
        text.apply(&operation).unwrap();
        prop_assert_eq!(text.to_string(), operation.apply_to(&string).unwrap());
    }

    #[test]
    fn the_edits_of_an_operation_do_what_it_does((string, operation) in text_and_operation()) {
        let text = Text::from(string.as_str());
        for encoding in ENCODINGS {
            let edits = operation.edits(&text, encoding);
            for pair in edits.windows(2) {
                // Between two edits something stays, else they would be one.
                prop_assert!(pair[0].range.end < pair[1].range.start);
            }
            prop_assert!(edits.iter().all(|edit| !edit.range.is_empty() || !edit.text.is_empty()));
            let back = Operation::from_edits(&text, &edits, encoding).unwrap();
            prop_assert_eq!(back.apply_to(&string).unwrap(), apply_edits(&string, &edits, encoding));
            if !operation.inserted_text().contains('\r') {
                prop_assert_eq!(back.apply_to(&string), operation.apply_to(&string));
                prop_assert_eq!(back.edits(&text, encoding), edits);
            }
        }
    }

    #[test]
    fn edits_from_an_editor_never_panic(
        string in text(20),
        edits in prop::collection::vec((0..30_usize, 0..30_usize, text(4)), 0..4),
    ) {
        let text = Text::from(string.as_str());
        let edits: Vec<_> =
            edits.into_iter().map(|(start, end, text)| TextEdit { range: start..end, text }).collect();
        for encoding in ENCODINGS {
            if let Ok(operation) = Operation::from_edits(&text, &edits, encoding) {
                prop_assert!(!operation.inserted_text().contains('\r'));
                prop_assert_eq!(operation.apply_to(&string).unwrap(), apply_edits(&string, &edits, encoding));
            }
        }
    }

    #[test]
    fn normalized_text_has_line_feeds_only(string in any_text()) {
        let normalized = LineEnding::normalize(&string);
        prop_assert_eq!(&*normalized, string.replace("\r\n", "\n").replace('\r', "\n"));
        prop_assert_eq!(LineEnding::Lf.restore(&normalized), &*normalized);
        let restored = LineEnding::Crlf.restore(&normalized);
        prop_assert_eq!(LineEnding::normalize(&restored), &*normalized);
        if normalized.contains('\n') {
            prop_assert_eq!(LineEnding::detect(&restored), LineEnding::Crlf);
        }
        prop_assert_eq!(LineEnding::detect(&normalized), LineEnding::Lf);
    }
}

#[test]
fn only_a_line_feed_ends_a_line() {
    for other in ["\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let text = Text::from(format!("a{other}b").as_str());
        assert_eq!(text.len_lines(), 1, "{other:?}");
        assert_eq!(text.line_of(3), 0, "{other:?}");
    }
    let text = Text::from("a\r\nb");
    assert_eq!(text.len_lines(), 2);
    assert_eq!(text.line(0), "a\r");
    assert_eq!(text.line_of(2), 0);
    assert_eq!(text.slice(1..2), "\r");
}

#[test]
fn the_empty_text_has_one_empty_line() {
    let text = Text::new();
    assert_eq!((text.len(), text.len_lines(), text.line_range(0)), (0, 1, 0..0));
    assert_eq!(text.line(0), "");
    assert_eq!(text.chunks().count(), 0);
    assert_eq!(text.char_at(0), None);
    assert_eq!(text.offset_of(Position::default(), Encoding::Utf16), Ok(0));
    assert_eq!(text.hash(), TextHash::new(0xef46_db37_51d8_e999));
}

#[test]
fn a_short_line_is_borrowed() {
    let text = Text::from("fn main() {\n    return;\n}\n");
    assert!(matches!(text.line(1), std::borrow::Cow::Borrowed("    return;")));
}

#[test]
fn the_ending_of_most_lines_is_the_ending_of_the_file() {
    assert_eq!(LineEnding::detect(""), LineEnding::Lf);
    assert_eq!(LineEnding::detect("a\r\nb\r\nc\n"), LineEnding::Crlf);
    assert_eq!(LineEnding::detect("a\r\nb\n"), LineEnding::Lf);
    assert_eq!(LineEnding::detect("a\rb\r"), LineEnding::Lf);
    assert_eq!(LineEnding::normalize("a\r\r\nb\r"), "a\n\nb\n");
    assert_eq!(serde_json::to_string(&LineEnding::Crlf).unwrap(), r#""crlf""#);
    assert_eq!(LineEnding::Crlf.to_string(), "crlf");
}

#[test]
fn a_text_does_not_show_what_people_wrote_in_a_log() {
    assert_eq!(format!("{:?}", Text::from("secret")), "Text { len: 6, len_lines: 1, .. }");
}
