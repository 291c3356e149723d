//! Which edits are undone together: the rule by which typing becomes groups.

use std::ops::Range;
use std::time::Duration;

use smallvec::SmallVec;

use crate::operation::{Bias, Operation};
use crate::selection::SELECTIONS_MAX;
use crate::text::{Place, places};

/// Longest pause between two edits of one group, in milliseconds.
pub const TYPING_PAUSE_MS_MAX: u64 = 600;

/// Inserted text of this many bytes was pasted, even if it is one character with marks.
pub const PASTE_BYTES_MIN: usize = 64;

/// An edit as far as it matters for grouping: what sort of edit it is, and where.
///
/// With several carets an edit has several places, one a caret, and all are of one sort.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stroke {
    kind: Kind,
    places: SmallVec<[Spot; 1]>,
}

/// One place of a stroke.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Spot {
    /// What is deleted there, in offsets of the text before.
    before: Range<usize>,
    /// What the strokes of the group inserted there, in offsets of the text after. It ends at the
    /// caret.
    after: Range<usize>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// One character is inserted.
    Type,
    /// A line feed is inserted, perhaps with the indentation of the new line.
    Enter,
    /// Text is deleted and nothing inserted.
    Delete,
    /// One character takes the place of some text, as when typing over a selection.
    TypeOver,
    /// Several characters take the place of some text: a correction, an input method's choice, or
    /// a paste over a selection.
    Rewrite,
    /// Whatever else: a paste, a formatter, a command.
    Other,
}

/// Whether `next`, made `elapsed` after `previous`, is undone together with it.
///
/// Typed characters form a group as long as each is typed where the caret was left and no pause is
/// longer than [`TYPING_PAUSE_MS_MAX`]; so do deleted ones. A line feed begins a group, a change
/// between typing and deleting does, and typing over a selection does. What rewrites only what the
/// group has typed (an input method that composes a character, a correction) belongs to it. A
/// paste stands alone.
///
/// `next` is about the text after `previous`; over others' edits in between, `previous` is carried
/// with [`Stroke::map`]. ([`UndoStack::group_of`](super::UndoStack::group_of) sees to that.)
///
/// ```
/// use std::time::Duration;
/// use codesync_core::{Operation, undo::{Stroke, joins}};
///
/// let a = Stroke::of(&Operation::replace(7, 3..3, "a"));
/// let b = Stroke::of(&Operation::replace(8, 4..4, "b"));
/// assert!(joins(&a, &b, Duration::from_millis(80)));
/// assert!(!joins(&a, &b, Duration::from_secs(1)));
/// assert!(!joins(&b, &a, Duration::from_millis(80)));
/// ```
#[must_use]
pub fn joins(previous: &Stroke, next: &Stroke, elapsed: Duration) -> bool {
    if elapsed > Duration::from_millis(TYPING_PAUSE_MS_MAX)
        || previous.places.len() != next.places.len()
    {
        return false;
    }
    let all = |meet: fn(&Spot, &Spot) -> bool| {
        previous.places.iter().zip(&next.places).all(|(previous, next)| meet(previous, next))
    };
    match (previous.kind, next.kind) {
        (Kind::Type | Kind::Enter | Kind::TypeOver, Kind::Type) => all(Spot::continues),
        (Kind::Type | Kind::TypeOver, Kind::TypeOver | Kind::Rewrite) => all(Spot::rewrites),
        (Kind::Delete, Kind::Delete) => all(Spot::deletes_back) || all(Spot::continues),
        (Kind::Rewrite | Kind::Other, _)
        | (_, Kind::Enter | Kind::Other)
        | (Kind::Delete, Kind::Type | Kind::TypeOver | Kind::Rewrite)
        | (Kind::Type | Kind::Enter | Kind::TypeOver, Kind::Delete)
        | (Kind::Enter, Kind::TypeOver | Kind::Rewrite) => false,
    }
}

impl Spot {
    /// `next` begins at the caret that `self` left.
    fn continues(&self, next: &Spot) -> bool {
        next.before.start == self.after.end
    }

    /// `next` deletes what stands before the caret that `self` left.
    fn deletes_back(&self, next: &Spot) -> bool {
        next.before.end == self.after.end
    }

    /// `next` replaces the end of what `self` inserted, and nothing else.
    fn rewrites(&self, next: &Spot) -> bool {
        self.deletes_back(next) && self.after.start <= next.before.start
    }
}

impl Stroke {
    /// What the edit `operation` is. O(components + inserted).
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let mut stroke = Self { kind: Kind::Other, places: SmallVec::new() };
        let mut inserted = operation.inserted_text();
        for (i, place) in places(operation).enumerate() {
            let (text, rest) = inserted.split_at(place.inserted_bytes);
            inserted = rest;
            let kind = Kind::of(&place, text);
            if i == SELECTIONS_MAX || (i > 0 && kind != stroke.kind) {
                return Self { kind: Kind::Other, places: SmallVec::new() };
            }
            stroke.kind = kind;
            stroke.places.push(Spot { before: place.before, after: place.after });
        }
        stroke
    }

    /// Carries the stroke over an operation of another that came after it.
    ///
    /// # Panics
    ///
    /// If the operation is not made for the text that the stroke led to.
    pub fn map(&mut self, operation: &Operation) {
        for Spot { after, .. } in &mut self.places {
            let end = operation.map_offset(after.end, Bias::Left);
            let start = operation.map_offset(after.start, Bias::Right).min(end);
            *after = start..end;
        }
    }

    /// The stroke as the last of a group: `operation`, whose stroke `self` is, after `previous`.
    pub(super) fn extending(mut self, previous: &Stroke, operation: &Operation) -> Self {
        if self.places.len() != previous.places.len() {
            return self;
        }
        match self.kind {
            Kind::Type | Kind::TypeOver | Kind::Rewrite => self.kind = Kind::Type,
            Kind::Delete | Kind::Enter | Kind::Other => return self,
        }
        for (spot, previous) in self.places.iter_mut().zip(&previous.places) {
            let start = operation.map_offset(previous.after.start, Bias::Left);
            spot.after.start = spot.after.start.min(start);
        }
        self
    }
}

impl Kind {
    fn of(place: &Place, inserted: &str) -> Self {
        match (place.before.is_empty(), inserted) {
            (_, "") => Self::Delete,
            (true, text) if is_line_feed(text) => Self::Enter,
            (true, text) if is_one_character(text) => Self::Type,
            (false, text) if is_one_character(text) => Self::TypeOver,
            (false, text) if text.len() < PASTE_BYTES_MIN && !text.contains('\n') => Self::Rewrite,
            _ => Self::Other,
        }
    }
}

/// A line feed and at most the indentation of the line it begins.
fn is_line_feed(text: &str) -> bool {
    text.strip_prefix('\n').is_some_and(|indent| indent.chars().all(|c| c == ' ' || c == '\t'))
}

/// About one grapheme: one character with whatever marks, selectors and joiners follow it.
///
/// That is coarser than Unicode Standard Annex 29 and needs no tables; at worst a group ends a
/// character early.
fn is_one_character(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    if first == '\n' || text.len() >= PASTE_BYTES_MIN {
        return false;
    }
    let mut joined = false;
    let mut flag = is_regional_indicator(first);
    chars.all(|c| {
        let belongs = joined || is_mark(c) || (flag && is_regional_indicator(c));
        (joined, flag) = (c == '\u{200d}', false);
        belongs
    })
}

fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Combining marks of the common blocks, joiners, variation selectors, emoji modifiers and tags.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(TYPING_PAUSE_MS_MAX);

    /// Whether two replacements after each other, in a text of 20 chars, are one group.
    #[track_caller]
    fn check(first: (Range<usize>, &str), second: (Range<usize>, &str), expected: bool) {
        let first = Operation::replace(20, first.0, first.1);
        let second = Operation::replace(first.target_len(), second.0, second.1);
        assert_eq!(joins(&Stroke::of(&first), &Stroke::of(&second), SOON), expected);
    }

    #[test]
    fn typing_goes_on_where_the_caret_is() {
        check((3..3, "a"), (4..4, "b"), true);
        check((3..3, "a"), (3..3, "b"), false);
        check((3..3, "a"), (9..9, "b"), false);
        check((3..3, "👩\u{200d}🚀"), (6..6, "e\u{301}"), true);
        check((3..3, "🇨🇭"), (5..5, "!"), true);
    }

    #[test]
    fn deleting_goes_on_in_either_direction() {
        check((3..4, ""), (2..3, ""), true);
        check((3..4, ""), (3..4, ""), true);
        check((3..4, ""), (1..2, ""), false);
    }

    #[test]
    fn a_change_between_typing_and_deleting_begins_a_group() {
        check((3..3, "a"), (3..4, ""), false);
        check((3..4, ""), (3..3, "a"), false);
    }

    #[test]
    fn a_line_feed_begins_a_group_that_the_new_line_joins() {
        check((3..3, "a"), (4..4, "\n"), false);
        check((3..3, "\n"), (4..4, "a"), true);
        check((3..3, "\n    "), (8..8, "a"), true);
        check((3..3, "\n"), (4..4, "\n"), false);
    }

    #[test]
    fn a_paste_stands_alone() {
        check((3..3, "a"), (4..4, "pasted"), false);
        check((3..3, "pasted"), (9..9, "a"), false);
        check((3..5, "pasted"), (9..9, "a"), false);
        check((3..3, "a"), (4..4, &format!("e{}", "\u{301}".repeat(PASTE_BYTES_MIN))), false);
    }

    #[test]
    fn typing_over_a_selection_begins_a_group() {
        check((3..3, "a"), (4..9, "b"), false);
        check((3..9, "a"), (4..4, "b"), true);
    }

    #[test]
    fn what_rewrites_the_typed_belongs_to_it() {
        check((3..3, "か"), (3..4, "が"), true);
        check((3..3, "a"), (2..4, "が"), false);
    }

    #[test]
    fn a_rewrite_may_reach_back_over_the_whole_group() {
        let n = Operation::replace(5, 2..2, "n");
        let i = Operation::replace(6, 3..3, "i");
        let group = Stroke::of(&i).extending(&Stroke::of(&n), &i);
        let chosen = Operation::replace(7, 2..4, "你");
        assert!(joins(&group, &Stroke::of(&chosen), SOON));
        let group = Stroke::of(&chosen).extending(&group, &chosen);
        let next = Operation::replace(6, 3..3, "h");
        assert!(joins(&group, &Stroke::of(&next), SOON));
    }

    #[test]
    fn several_carets_type_together() {
        let typed = |base_len: usize, at: [usize; 2], text: &str| {
            let operation = Operation::builder().retain(at[0]).insert(text);
            let operation = operation.retain(at[1] - at[0]).insert(text);
            Stroke::of(&operation.finish_at(base_len).unwrap())
        };
        let first = typed(10, [2, 5], "a");
        assert!(joins(&first, &typed(12, [3, 7], "b"), SOON));
        assert!(!joins(&first, &typed(12, [3, 6], "b"), SOON));
        assert!(!joins(&first, &Stroke::of(&Operation::replace(12, 3..3, "b")), SOON));
    }

    #[test]
    fn a_pause_ends_the_group() {
        let first = Stroke::of(&Operation::replace(0, 0..0, "a"));
        let second = Stroke::of(&Operation::replace(1, 1..1, "b"));
        assert!(joins(&first, &second, SOON));
        assert!(!joins(&first, &second, SOON + Duration::from_millis(1)));
    }
}
