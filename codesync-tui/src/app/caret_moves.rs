//! Moving carets, selecting, adding carets.

use codesync_core::{Selection, Text};

use super::{App, Caret, Motion};
use crate::editor::{layout, motion};

/// How far a matching bracket is looked for, in characters.
const BRACKET_CHARS_MAX: usize = 200_000;

impl App {
    pub(super) fn move_carets(&mut self, step: Motion, extend: bool) {
        let Self { text, view, indent, .. } = self;
        let tab = indent.tab;
        let page = view.rows.saturating_sub(2).max(1);
        self.carets.each(|caret| {
            let selection = caret.selection;
            let head = match step {
                Motion::Left if !extend && !selection.is_caret() => selection.start(),
                Motion::Right if !extend && !selection.is_caret() => selection.end(),
                Motion::Left => motion::previous_glyph(text, selection.head),
                Motion::Right => motion::next_glyph(text, selection.head),
                Motion::WordLeft => motion::previous_word(text, selection.head),
                Motion::WordRight => motion::next_word(text, selection.head),
                Motion::LineStart => line_start(text, selection.head),
                Motion::LineEnd => text.line_range(text.line_of(selection.head)).end,
                Motion::DocumentStart => 0,
                Motion::DocumentEnd => text.len(),
                Motion::Bracket => matching_bracket(text, selection.head).unwrap_or(selection.head),
                Motion::Up => vertical(text, caret, -1, tab),
                Motion::Down => vertical(text, caret, 1, tab),
                Motion::PageUp => vertical(text, caret, -(page as isize), tab),
                Motion::PageDown => vertical(text, caret, page as isize, tab),
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
            Motion::PageUp => self.view.scroll(-(page as isize), &self.text),
            Motion::PageDown => self.view.scroll(page as isize, &self.text),
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
        match self.find.exact(&self.text, &wanted, primary.end(), is_free) {
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
        let head = vertical(&self.text, &mut caret, lines, self.indent.tab);
        caret.selection = Selection::caret(head);
        if self.text.line_of(head) != self.text.line_of(edge.unwrap_or_default().head) {
            self.carets.add(caret);
        }
        self.has_moved = true;
        self.show_caret();
    }
}

fn is_vertical(step: Motion) -> bool {
    matches!(step, Motion::Up | Motion::Down | Motion::PageUp | Motion::PageDown)
}

/// The first character that is no blank; from there, the line's beginning.
fn line_start(text: &Text, head: usize) -> usize {
    let line = text.line_of(head);
    match motion::first_nonblank(text, line) {
        first if first == head => text.line_start(line),
        first => first,
    }
}

/// Some lines up or down in the column the caret aims at. Beyond the first and the last line it
/// goes to the text's beginning and end.
fn vertical(text: &Text, caret: &mut Caret, lines: isize, tab: usize) -> usize {
    let head = caret.selection.head;
    let line = text.line_of(head);
    let goal = *caret
        .goal
        .get_or_insert_with(|| layout::column_of(text, text.line_range(line), head, tab));
    let last = text.len_lines() - 1;
    match line.checked_add_signed(lines) {
        None if line == 0 => 0,
        None => layout::offset_at(text, text.line_range(0), goal, tab, false),
        Some(wanted) if wanted > last && line == last => text.len(),
        Some(wanted) => {
            layout::offset_at(text, text.line_range(wanted.min(last)), goal, tab, false)
        }
    }
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
