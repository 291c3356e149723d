//! What changed between two texts: it leads there, never through a grapheme, and in bounded time.

use std::ops::Range;

use codesync_core::test_support::{text, traces};
use codesync_core::text::{diff, diff_lines};
use codesync_core::{Encoding, LineEnding, Operation, Text, TextEdit};
use proptest::prelude::*;
use proptest::sample::Index;
use unicode_segmentation::UnicodeSegmentation;

/// What `edits` make of `before`, through the operation that a client would send.
fn applied(before: &str, edits: &[TextEdit]) -> String {
    let text = Text::from(before);
    let operation = Operation::from_edits(&text, edits, Encoding::Scalar).expect("clear edits");
    operation.apply_to(before).expect("its own base")
}

/// Checks all promises that hold for any two texts.
#[track_caller]
fn check(before: &str, after: &str) -> Vec<TextEdit> {
    let edits = diff(before, after);
    let expected = LineEnding::normalize(after);
    assert_eq!(applied(before, &edits), expected);
    assert_eq!(edits.is_empty(), before == expected);
    assert!(edits.iter().all(|edit| !edit.text.contains('\r')));
    assert!(edits.windows(2).all(|pair| pair[0].range.end < pair[1].range.start), "apart");
    let (mut shift, before, after) = (0, gaps(before), gaps(&expected));
    for TextEdit { range, text } in &edits {
        let inserted = text.chars().count();
        let start = range.start.checked_add_signed(shift).expect("an offset");
        let there = start..start + inserted;
        for at in [range.start, range.end] {
            assert!(before.contains(&at), "{at} is within a grapheme of the text before");
        }
        for at in [there.start, there.end] {
            assert!(after.contains(&at), "{at} is within a grapheme of the text after");
        }
        shift += inserted as isize - range.len() as isize;
    }
    edits
}

/// The offsets at which graphemes begin and end, in chars.
fn gaps(text: &str) -> std::collections::BTreeSet<usize> {
    let ends = text.graphemes(true).scan(0, |at, grapheme| {
        *at += grapheme.chars().count();
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}

/// A document's text: line feeds only.
fn document(chars_max: usize) -> impl Strategy<Value = String> {
    text(chars_max).prop_map(|text| LineEnding::normalize(&text).into_owned())
}

/// The text with some places of it replaced.
fn changed(text: &str, places: &[(Index, usize, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, len, new) in places {
        let start = at.index(chars.len() + 1);
        chars.splice(start..(start + len).min(chars.len()), new.chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #[test]
    fn the_edits_lead_from_any_text_to_any_other(before in document(60), after in text(60)) {
        check(&before, &after);
    }

    #[test]
    fn the_edits_lead_to_a_text_that_was_edited(
        parts in prop::collection::vec(document(30), 1..12),
        places in prop::collection::vec((any::<Index>(), 0..6_usize, text(6)), 1..5),
    ) {
        let before = parts.join("\n");
        check(&before, &changed(&before, &places));
    }

    #[test]
    fn one_edit_far_from_the_others_is_no_larger_than_it_was(
        at in any::<Index>(), deleted in 0..30_usize, inserted in "[XYZ]{1,20}"
    ) {
        let lines: String = (0..60).map(|n| format!("line {n} of a text\n")).collect();
        let place = [(at, deleted, inserted.clone())];
        let edits = check(&lines, &changed(&lines, &place));
        let touched: usize = edits.iter().map(|it| it.range.len() + it.text.len()).sum();
        prop_assert!(touched <= deleted + inserted.len(), "{edits:?}");
    }

    #[test]
    fn changed_lines_are_those_that_changed(before in document(60), after in document(60)) {
        let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
        let (before_lines, after_lines) = (lines(&before), lines(&after));
        let (mut x, mut y, mut rebuilt) = (0, 0, Vec::new());
        for change in diff_lines(&before, &after) {
            prop_assert!(!change.before.is_empty() || !change.after.is_empty());
            prop_assert_eq!(change.before.start - x, change.after.start - y);
            rebuilt.extend_from_slice(&before_lines[x..change.before.start]);
            rebuilt.extend_from_slice(&after_lines[change.after.clone()]);
            (x, y) = (change.before.end, change.after.end);
        }
        rebuilt.extend_from_slice(&before_lines[x..]);
        prop_assert_eq!(rebuilt, after_lines);
    }
}

#[test]
fn recorded_sessions_are_crossed_in_steps() {
    for name in traces::SEQUENTIAL {
        let trace = traces::sequential(name);
        let mut text = Text::from(trace.start_content.as_str());
        let mut before = text.to_string();
        let patches: Vec<_> = trace.patches().collect();
        for step in patches.chunks(patches.len().div_ceil(7)) {
            let mut typed = 0;
            for patch in step {
                let range = patch.0..patch.0 + patch.1;
                typed += patch.1 + patch.2.chars().count();
                text.apply(&Operation::replace(text.len(), range, &patch.2)).expect("a trace");
            }
            let after = text.to_string();
            let edits = check(&before, &after);
            let size: usize = edits.iter().map(|it| it.range.len() + it.text.chars().count()).sum();
            assert!(size <= 2 * typed, "{name}: {size} chars for {typed} that were typed");
            before = after;
        }
    }
}

/// Texts that drive a diff without a bound into hours.
#[test]
fn hostile_texts_are_compared_in_bounded_time() {
    let mut dice = 42_u64;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let mut random = |count: usize, sides: u64, end: &str| -> String {
        (0..count).map(|_| format!("{}{end}", roll(sides))).collect()
    };
    let numbers = |range: Range<usize>| range.map(|n| format!("{n}\n")).collect::<String>();
    let reversed: String = (0..100_000).rev().map(|n| format!("{n}\n")).collect();
    let pairs = [
        (random(200_000, 2, "\n"), random(200_000, 2, "\n")),
        (random(200_000, 60, "\n"), random(200_000, 60, "\n")),
        (random(200_000, 10, " "), random(200_000, 10, " ")),
        (numbers(0..100_000), reversed),
        ("\n".repeat(1_500_000), "\n".repeat(500_000) + "x" + &"\n".repeat(500_000)),
        ("a\nb\n".repeat(300_000), "b\na\na\n".repeat(200_000)),
        ("x".repeat(5_000_000), "x".repeat(2_000_000) + "y" + &"x".repeat(2_000_000)),
        ("🇫🇷".repeat(200_000) + "a", "🇫🇷".repeat(200_000) + "🇫b"),
        (
            "e".to_owned() + &"\u{301}".repeat(1_000_000),
            "e".to_owned() + &"\u{301}".repeat(999_999),
        ),
    ];
    for (before, after) in &pairs {
        assert_eq!(applied(before, &diff(before, after)), *after);
        assert!(!diff_lines(before, after).is_empty());
    }
}
