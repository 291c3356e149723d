//! Typing and deleting, at every caret at once.

use std::ops::Range;

use codesync_core::{Bias, Encoding, LineEnding, Operation, Selection, TextEdit};

use super::{App, Effect};
use crate::editor::{layout, motion};

/// Where the carets are after an edit.
pub(super) enum Landing {
    /// Behind what stands in the place of each edit, one caret per edit.
    Behind,
    /// Where the edit carries them; the side says what becomes of carets at an insertion.
    Carried(Bias),
    /// At these places.
    At(Vec<Selection>),
}

impl App {
    /// Makes edits of this person: in the text, on the screen, and for the session.
    ///
    /// The edits are sorted and their ranges do not overlap.
    pub(super) fn edit(&mut self, edits: Vec<TextEdit>, landing: Landing) {
        let operation = Operation::from_edits(&self.text, &edits, Encoding::Scalar)
            .expect("commands make sorted edits within the text");
        let landing = match landing {
            Landing::Behind => Some(behind(&edits)),
            Landing::At(selections) => Some(selections),
            Landing::Carried(bias) => {
                self.apply(&operation, bias, true);
                None
            }
        };
        if let Some(selections) = landing {
            self.apply(&operation, Bias::Right, true);
            self.carets.replace(&selections);
        }
        let edits: Vec<TextEdit> = edits
            .into_iter()
            .filter(|edit| !edit.range.is_empty() || !edit.text.is_empty())
            .collect();
        if !edits.is_empty() {
            if self.has_moved {
                self.effects.push_back(Effect::BreakUndoGroup);
            }
            self.effects.push_back(Effect::Edit(edits));
        }
        self.has_moved = false;
        self.show_caret();
    }

    /// Replaces what each caret has selected.
    fn replace_selections(&mut self, text: impl Fn(usize) -> String) {
        let edits = self
            .carets
            .iter()
            .enumerate()
            .map(|(n, selection)| TextEdit { range: selection.range(), text: text(n) })
            .collect();
        self.edit(edits, Landing::Behind);
    }

    pub(super) fn type_text(&mut self, text: &str) {
        if self.may_edit() {
            self.replace_selections(|_| text.to_owned());
        }
    }

    /// Text that the terminal pasted.
    pub(super) fn handle_paste(&mut self, text: &str) {
        let text = LineEnding::normalize(text);
        let line = text.lines().next().unwrap_or_default().to_owned();
        if let Some(picker) = &mut self.picker {
            picker.insert(&line);
        } else if let Some(prompt) = &mut self.prompt {
            prompt.answer.insert(&line);
            self.prompt_changed();
        } else if self.shows_text() && !text.is_empty() && self.may_edit() {
            self.paste_parts(&[text.into_owned()]);
        }
    }

    /// Pastes one part at every caret, or to each caret its own part.
    pub(super) fn paste_parts(&mut self, parts: &[String]) {
        self.effects.push_back(Effect::BreakUndoGroup);
        if parts.len() > 1 && parts.len() == self.carets.iter().count() {
            self.replace_selections(|n| parts[n].clone());
        } else {
            let joined = parts.join("\n");
            self.replace_selections(|_| joined.clone());
        }
        self.has_moved = true;
    }

    pub(super) fn newline(&mut self) {
        if !self.may_edit() {
            return;
        }
        let mut edits = Vec::new();
        let mut landings = Vec::new();
        let mut shift = 0_isize;
        for selection in self.carets.iter() {
            let (text, caret) = self.newline_at(selection.range());
            let place = selection.start().saturating_add_signed(shift) + caret;
            landings.push(Selection::caret(place));
            shift += text.chars().count() as isize - selection.range().len() as isize;
            edits.push(TextEdit { range: selection.range(), text });
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::At(landings));
    }

    /// The line feed with the new line's indentation, and where in it the caret stands.
    fn newline_at(&self, range: Range<usize>) -> (String, usize) {
        let line = self.text.line_of(range.start);
        let start = self.text.line_start(line);
        let indent_end = motion::first_nonblank(&self.text, line).min(range.start);
        let indent = self.text.slice(start..indent_end).into_owned();
        let before = self.text.chars_from(range.start).prev().filter(|_| range.start > start);
        let after = self.text.char_at(range.end);
        if !before.is_some_and(|c| self.language.opens_block(c)) {
            let text = format!("\n{indent}");
            let caret = text.chars().count();
            return (text, caret);
        }
        let mut text = format!("\n{indent}{}", self.indent.unit);
        let caret = text.chars().count();
        let is_pair = matches!(
            (before, after),
            (Some('{'), Some('}')) | (Some('['), Some(']')) | (Some('('), Some(')'))
        );
        if is_pair {
            text.push('\n');
            text.push_str(&indent);
        }
        (text, caret)
    }

    pub(super) fn backspace(&mut self) {
        self.delete_ranges(|app, offset| app.before_caret(offset)..offset);
    }

    /// How far Backspace goes back: over one glyph, or in an indentation to the tab stop before.
    fn before_caret(&self, offset: usize) -> usize {
        let line = self.text.line_of(offset);
        let range = self.text.line_range(line);
        let unit = self.indent.unit.len();
        let is_indented = offset > range.start
            && motion::first_nonblank(&self.text, line) >= offset
            && !self.indent.unit.starts_with('\t');
        if is_indented {
            let column = layout::column_of(&self.text, range.clone(), offset, self.indent.tab);
            let surplus = if column.is_multiple_of(unit) { unit } else { column % unit };
            let spaces = self.text.slice(offset.saturating_sub(surplus).max(range.start)..offset);
            if spaces.chars().all(|c| c == ' ') {
                return offset - spaces.len();
            }
        }
        motion::previous_glyph(&self.text, offset)
    }

    pub(super) fn delete(&mut self) {
        self.delete_ranges(|app, offset| offset..motion::next_glyph(&app.text, offset));
    }

    pub(super) fn delete_word_left(&mut self) {
        self.delete_ranges(|app, offset| motion::previous_word(&app.text, offset)..offset);
    }

    pub(super) fn delete_word_right(&mut self) {
        self.delete_ranges(|app, offset| offset..motion::next_word(&app.text, offset));
    }

    /// Capitals become small letters and the other way round: in what is selected, or at the
    /// caret, which goes on.
    pub(super) fn toggle_case(&mut self) {
        if !self.may_edit() {
            return;
        }
        let edits: Vec<TextEdit> = self
            .carets
            .iter()
            .map(|selection| {
                let range = match selection.is_caret() {
                    true => selection.head..motion::next_glyph(&self.text, selection.head),
                    false => selection.range(),
                };
                let text = self.text.slice(range.clone()).chars().map(toggle_case).collect();
                TextEdit { range, text }
            })
            .collect();
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Behind);
        self.has_moved = true;
    }

    /// Deletes what is selected, or at a bare caret the range that `beside` names.
    fn delete_ranges(&mut self, beside: impl Fn(&Self, usize) -> Range<usize>) {
        if !self.may_edit() {
            return;
        }
        let ranges: Vec<Range<usize>> = self
            .carets
            .iter()
            .map(|selection| match selection.is_caret() {
                true => beside(self, selection.head),
                false => selection.range(),
            })
            .collect();
        self.edit(deletions(ranges), Landing::Behind);
    }
}

/// A letter in the other case; what has no single other one stays.
fn toggle_case(c: char) -> char {
    let mut other: Box<dyn Iterator<Item = char>> = match c.is_uppercase() {
        true => Box::new(c.to_lowercase()),
        false => Box::new(c.to_uppercase()),
    };
    match (other.next(), other.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

/// Deletions of ranges that are sorted by their starts; what overlaps is deleted once.
pub(super) fn deletions(ranges: Vec<Range<usize>>) -> Vec<TextEdit> {
    let mut end = 0;
    ranges
        .into_iter()
        .map(|range| {
            let range = range.start.max(end)..range.end.max(end);
            end = range.end;
            TextEdit { range, text: String::new() }
        })
        .collect()
}

/// A caret behind each edit, in the text after all of them.
fn behind(edits: &[TextEdit]) -> Vec<Selection> {
    let mut shift = 0_isize;
    edits
        .iter()
        .map(|edit| {
            shift += edit.text.chars().count() as isize - edit.range.len() as isize;
            Selection::caret(edit.range.end.saturating_add_signed(shift))
        })
        .collect()
}
