//! Moving carets, selecting, adding carets.

use codesync_core::{Selection, Text};

use super::{App, Caret, Motion};
use crate::editor::rows::Rows;
use crate::editor::{motion, search};

/// How far a matching bracket is looked for, in characters.
const BRACKET_CHARS_MAX: usize = 200_000;

impl App {
    pub(super) fn move_carets(&mut self, step: Motion, extend: bool) {
        let Self { text, rulers, view, .. } = self;
        let rows = Rows { text, rulers };
        let page = view.rows.saturating_sub(2).max(1).cast_signed();
        self.carets.each(|caret| {
            let selection = caret.selection;
            let head = match step {
                Motion::Left if !extend && !selection.is_caret() => selection.start(),
                Motion::Right if !extend && !selection.is_caret() => selection.end(),
                Motion::LineStart => line_start(text, selection.head),
                Motion::Bracket => matching_bracket(text, selection.head).unwrap_or(selection.head),
                Motion::Up => vertical(rows, caret, -1),
                Motion::Down => vertical(rows, caret, 1),
                Motion::PageUp => vertical(rows, caret, -page),
                Motion::PageDown => vertical(rows, caret, page),
                Motion::HalfPageUp => vertical(rows, caret, -page / 2),
                Motion::HalfPageDown => vertical(rows, caret, page / 2),
                _ => target(text, selection.head, step),
            };
            if !is_vertical(step) {
                caret.goal = None;
            }
            caret.selection = if extend {
                Selection::new(selection.anchor, head)
            } else {
                Selection::caret(head)
            };
        });
        match step {
            Motion::PageUp => self.view.scroll(-page, rows),
            Motion::PageDown => self.view.scroll(page, rows),
            Motion::HalfPageUp => self.view.scroll(-page / 2, rows),
            Motion::HalfPageDown => self.view.scroll(page / 2, rows),
            _ => {}
        }
        self.has_moved = true;
        self.show_caret();
    }

    pub(super) fn select_all(&mut self) {
        self.carets.set([Selection::new(0, self.text.len())]);
        self.has_moved = true;
    }

    /// Goes somewhere far, with lines around it.
    pub(super) fn jump(&mut self, selection: Selection) {
        self.carets.set([selection.clamp(self.text.len())]);
        self.has_moved = true;
        self.show_caret_centred();
    }

    /// Goes to a line and a column of characters, both counted from 1 and brought into the text.
    pub(super) fn go_to(&mut self, line: usize, column: usize) {
        let line = line.clamp(1, self.text.len_lines()) - 1;
        let range = self.text.line_range(line);
        let offset = range.start.saturating_add(column.max(1) - 1).min(range.end);
        self.jump(Selection::caret(motion::glyph_start(&self.text, offset)));
    }

    /// Selects the word at the caret; when something is selected, its next occurrence as well.
    pub(super) fn add_next_match(&mut self) {
        let primary = self.carets.primary();
        if primary.is_caret() {
            let word = motion::word_around(&self.text, primary.head);
            self.carets.each(|caret| {
                if caret.selection == primary {
                    caret.selection = Selection::new(word.start, word.end);
                }
            });
            return;
        }
        let wanted = self.text.slice(primary.range()).into_owned();
        let taken = self.carets.selections();
        let is_free = |range: &std::ops::Range<usize>| {
            taken.iter().all(|other| range.end <= other.start() || other.end() <= range.start)
        };
        match search::exact(&self.text, &wanted, primary.end(), is_free) {
            Some(range) => {
                if !self.carets.add(Caret::new(Selection::new(range.start, range.end))) {
                    self.notify("there are no more carets to be had");
                }
                self.show_caret();
            }
            None => self.notify("no further match"),
        }
        self.has_moved = true;
    }

    /// One more caret on the line above the topmost or below the lowest.
    pub(super) fn add_caret_beside(&mut self, lines: isize) {
        let edge = match lines < 0 {
            true => self.carets.iter().next(),
            false => self.carets.iter().last(),
        };
        let mut caret = Caret::new(Selection::caret(edge.unwrap_or_default().head));
        let head = vertical(self.rows(), &mut caret, lines);
        caret.selection = Selection::caret(head);
        if self.text.line_of(head) != self.text.line_of(edge.unwrap_or_default().head) {
            self.carets.add(caret);
        }
        self.has_moved = true;
        self.show_caret();
    }
}

fn is_vertical(step: Motion) -> bool {
    use Motion::{Down, HalfPageDown, HalfPageUp, PageDown, PageUp, Up};
    matches!(step, Up | Down | PageUp | PageDown | HalfPageUp | HalfPageDown)
}

/// Where a step leads that asks for nothing but the text.
fn target(text: &Text, head: usize, step: Motion) -> usize {
    let line = text.line_of(head);
    let range = text.line_range(line);
    match step {
        Motion::Left => motion::previous_glyph(text, head),
        Motion::Right => motion::next_glyph(text, head),
        Motion::LeftInLine => motion::previous_glyph(text, head).max(range.start),
        Motion::RightInLine => motion::next_glyph(text, head).min(range.end),
        Motion::WordLeft => motion::previous_word(text, head),
        Motion::WordRight => motion::next_word(text, head),
        Motion::WordNext => motion::next_word_start(text, head),
        Motion::WordNextInLine => {
            let next = motion::next_word_start(text, head);
            if head < range.end { next.min(range.end) } else { next }
        }
        Motion::WordEnd => {
            let after = motion::next_word(text, motion::next_glyph(text, head));
            motion::previous_glyph(text, after).max(head)
        }
        Motion::LineBegin => range.start,
        Motion::FirstNonblank => motion::first_nonblank(text, line),
        Motion::LineEnd => range.end,
        Motion::ParagraphUp => {
            let is_gap = |line: &usize| text.line_range(*line).is_empty();
            (0..line).rev().find(is_gap).map_or(0, |line| text.line_start(line))
        }
        Motion::ParagraphDown => {
            let is_gap = |line: &usize| text.line_range(*line).is_empty();
            let found = (line + 1..text.len_lines()).find(is_gap);
            found.map_or(text.len(), |line| text.line_start(line))
        }
        Motion::DocumentStart => 0,
        Motion::DocumentEnd => text.len(),
        Motion::Line(number) => {
            let last = text.len_lines() - 1;
            let line = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1).min(last);
            motion::first_nonblank(text, line)
        }
        Motion::Char { c, forward, till } => {
            motion::find_char(text, head, c, forward, till).unwrap_or(head)
        }
        // What the screen or the bracket decides is told by the caller.
        Motion::Up
        | Motion::Down
        | Motion::PageUp
        | Motion::PageDown
        | Motion::HalfPageUp
        | Motion::HalfPageDown
        | Motion::LineStart
        | Motion::Bracket => head,
    }
}

/// The first character that is no blank; from there, the line's beginning.
fn line_start(text: &Text, head: usize) -> usize {
    let line = text.line_of(head);
    match motion::first_nonblank(text, line) {
        first if first == head => text.line_start(line),
        first => first,
    }
}

/// Some rows up or down in the column the caret aims at. Beyond the first and the last row it goes
/// to the text's beginning and end.
fn vertical(rows: Rows<'_>, caret: &mut Caret, by: isize) -> usize {
    let (place, column) = rows.place_of(caret.selection.head);
    let goal = *caret.goal.get_or_insert(column);
    let target = match by < 0 {
        true => rows.up(place, by.unsigned_abs()),
        false => rows.down(place, by.unsigned_abs()),
    };
    if target == place {
        return if by < 0 { 0 } else { rows.text.len() };
    }
    rows.offset_at(target, goal, false)
}

/// The gap before the bracket that belongs to the one after (or before) `offset`.
fn matching_bracket(text: &Text, offset: usize) -> Option<usize> {
    let mut before = text.chars_from(offset);
    let candidates = [(offset, text.char_at(offset)), (offset.wrapping_sub(1), before.prev())];
    for (at, c) in candidates {
        let Some(c) = c else { continue };
        let Some((open, close)) = pair(c) else { continue };
        let mut depth = 0_usize;
        let mut chars = text.chars_from(if c == open { at } else { at + 1 });
        for _ in 0..BRACKET_CHARS_MAX {
            let next = if c == open { chars.next() } else { chars.prev() };
            let next = next?;
            if next == c {
                depth += 1;
            } else if next == open || next == close {
                depth -= 1;
                if depth == 0 {
                    return Some(if c == open { chars.offset() - 1 } else { chars.offset() });
                }
            }
        }
        return None;
    }
    None
}

fn pair(c: char) -> Option<(char, char)> {
    match c {
        '(' | ')' => Some(('(', ')')),
        '[' | ']' => Some(('[', ']')),
        '{' | '}' => Some(('{', '}')),
        '<' | '>' => Some(('<', '>')),
        _ => None,
    }
}
