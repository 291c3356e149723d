//! Making selections larger, smaller, and around things.

use std::ops::Range;

use codesync_core::{Selection, Text};

use super::{App, Object};
use crate::editor::motion;

/// How far the ends of a pair are looked for, in characters.
const PAIR_CHARS_MAX: usize = 100_000;

impl App {
    pub(super) fn select_lines(&mut self) {
        let text = &self.text;
        self.carets.each(|caret| {
            let start = text.line_start(text.line_of(caret.selection.start()));
            let end = text.line_range(text.line_of(caret.selection.end())).end;
            caret.selection = Selection::new(start, (end + 1).min(text.len()));
        });
        self.has_moved = true;
    }

    pub(super) fn include_end(&mut self) {
        let text = &self.text;
        let after = |offset: usize| {
            motion::next_glyph(text, offset).min(text.line_range(text.line_of(offset)).end)
        };
        self.carets.each(|caret| {
            let Selection { anchor, head } = caret.selection;
            caret.selection = match head >= anchor {
                true => Selection::new(anchor, after(head)),
                false => Selection::new(after(anchor), head),
            };
        });
    }

    pub(super) fn collapse(&mut self, to_head: bool) {
        self.carets.each(|caret| {
            let selection = caret.selection;
            let at = if to_head { selection.head } else { selection.start() };
            caret.selection = Selection::caret(at);
        });
        self.has_moved = true;
        self.show_caret();
    }

    pub(super) fn select_object(&mut self, object: Object) {
        let text = &self.text;
        self.carets.each(|caret| {
            let at = caret.selection.head;
            let found = match object {
                Object::Word { around } => Some(word(text, at, around)),
                Object::Pair { open, close, around } => pair(text, at, open, close, around),
                Object::Quotes { quote, around } => quotes(text, at, quote, around),
            };
            if let Some(range) = found {
                caret.selection = Selection::new(range.start, range.end);
            }
        });
        self.has_moved = true;
    }

    /// A caret of the `vim` preset's normal mode stands on a character, not behind the last.
    pub(super) fn stand_on_characters(&mut self) {
        let text = &self.text;
        self.carets.each(|caret| {
            let head = caret.selection.head;
            let range = text.line_range(text.line_of(head));
            if caret.selection.is_caret() && head == range.end && !range.is_empty() {
                caret.selection = Selection::caret(motion::previous_glyph(text, head));
            }
        });
    }
}

fn word(text: &Text, at: usize, around: bool) -> Range<usize> {
    let inside = motion::word_around(text, at);
    if !around {
        return inside;
    }
    let line_end = text.line_range(text.line_of(at)).end;
    let is_blank = |c: char| c == ' ' || c == '\t';
    let room = line_end - inside.end.min(line_end);
    let blanks = text.chars_from(inside.end).take(room).take_while(|c| is_blank(*c)).count();
    if blanks > 0 {
        return inside.start..inside.end + blanks;
    }
    let mut before = text.chars_from(inside.start);
    while before.peek_prev().is_some_and(is_blank) {
        before.prev();
    }
    before.offset()..inside.end
}

fn pair(text: &Text, at: usize, open: char, close: char, around: bool) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut chars = text.chars_from(at);
    let is_at_open = chars.peek() == Some(open);
    let start = if is_at_open {
        at
    } else {
        let mut passed = 0;
        loop {
            passed += 1;
            match chars.prev().filter(|_| passed <= PAIR_CHARS_MAX)? {
                c if c == close => depth += 1,
                c if c == open && depth == 0 => break chars.offset(),
                c if c == open => depth -= 1,
                _ => {}
            }
        }
    };
    let mut chars = text.chars_from(start + 1);
    let mut depth = 0_usize;
    for _ in 0..PAIR_CHARS_MAX {
        match chars.next()? {
            c if c == open => depth += 1,
            c if c == close && depth == 0 => {
                let end = chars.offset();
                return Some(if around { start..end } else { start + 1..end - 1 });
            }
            c if c == close => depth -= 1,
            _ => {}
        }
    }
    None
}

fn quotes(text: &Text, at: usize, quote: char, around: bool) -> Option<Range<usize>> {
    let line = text.line_range(text.line_of(at));
    let mut places = Vec::new();
    let mut is_escaped = false;
    for (n, c) in text.chars_from(line.start).take(line.len().min(PAIR_CHARS_MAX)).enumerate() {
        if c == quote && !is_escaped {
            places.push(line.start + n);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    let found = places.chunks_exact(2).find(|ends| at <= ends[1])?;
    Some(if around { found[0]..found[1] + 1 } else { found[0] + 1..found[1] })
}
