//! Copy, cut and paste within the editor, and what goes to the clipboard of the machine.

use codesync_core::{Bias, Selection, TextEdit};

use super::edits::Landing;
use super::{App, Effect, Motion};

/// What was copied last: a part per caret, or whole lines.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Register {
    parts: Vec<String>,
    /// Whether the parts are lines, each with its line feed.
    is_lines: bool,
}

impl App {
    pub(super) fn copy(&mut self) {
        if self.take_into_register() {
            let chars: usize = self.register.parts.iter().map(|part| part.chars().count()).sum();
            match self.register.is_lines {
                true => self.notify("line copied"),
                false => self.notify(&format!("{chars} characters copied")),
            }
        }
    }

    pub(super) fn cut(&mut self) {
        if !self.may_edit() || !self.take_into_register() {
            return;
        }
        if self.register.is_lines {
            self.delete_lines();
        } else {
            self.type_text("");
        }
        self.has_moved = true;
    }

    /// Cuts what is selected, and nothing where nothing is.
    pub(super) fn cut_selected(&mut self) {
        if !self.carets.iter().all(Selection::is_caret) {
            self.cut();
        }
    }

    pub(super) fn copy_lines(&mut self) {
        if self.is_open {
            self.fill_register_with_lines();
            self.offer_register();
            self.notify("lines copied");
        }
    }

    pub(super) fn cut_lines(&mut self) {
        if self.may_edit() {
            self.fill_register_with_lines();
            self.offer_register();
            self.delete_lines();
            self.has_moved = true;
        }
    }

    pub(super) fn paste(&mut self) {
        if !self.may_edit() {
            return;
        }
        let register = self.register.clone();
        if register.parts.is_empty() {
            self.notify("nothing was copied here; the terminal's own paste key works too");
            return;
        }
        let is_bare = self.carets.iter().all(Selection::is_caret);
        if register.is_lines && is_bare {
            self.paste_lines(&register.parts.concat());
        } else {
            self.paste_parts(&register.parts);
        }
    }

    /// Puts lines above the line of each caret.
    fn paste_lines(&mut self, lines: &str) {
        let mut starts: Vec<usize> = self
            .carets
            .iter()
            .map(|selection| self.text.line_start(self.text.line_of(selection.head)))
            .collect();
        starts.dedup();
        let edits = starts
            .into_iter()
            .map(|start| TextEdit { range: start..start, text: lines.to_owned() })
            .collect();
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Right));
        self.has_moved = true;
    }

    /// Pastes behind the character at each caret, or lines below its line.
    pub(super) fn paste_after(&mut self) {
        if !self.may_edit() {
            return;
        }
        if !self.register.is_lines {
            self.move_carets(Motion::RightInLine, false);
            return self.paste();
        }
        let lines = self.register.parts.concat();
        let mut edits: Vec<TextEdit> = Vec::new();
        let mut landings = Vec::new();
        let mut shift = 0;
        let mut touched: Vec<usize> =
            self.carets.iter().map(|selection| self.text.line_of(selection.head)).collect();
        touched.dedup();
        for line in touched {
            let end = self.text.line_range(line).end;
            let (at, text) = match end < self.text.len() {
                true => (end + 1, lines.clone()),
                // The last line has no line feed of its own, so the first of these lends it one.
                false => (end, format!("\n{}", lines.trim_end_matches('\n'))),
            };
            let indent = lines.chars().take_while(|c| matches!(c, ' ' | '\t')).count();
            landings.push(Selection::caret(at + shift + indent + usize::from(at == end)));
            shift += text.chars().count();
            edits.push(TextEdit { range: at..at, text });
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::At(landings));
        self.has_moved = true;
    }

    fn take_into_register(&mut self) -> bool {
        if !self.is_open {
            return false;
        }
        if self.carets.iter().all(Selection::is_caret) {
            self.fill_register_with_lines();
        } else {
            let parts = self
                .carets
                .iter()
                .filter(|selection| !selection.is_caret())
                .map(|selection| self.text.slice(selection.range()).into_owned())
                .collect();
            self.register = Register { parts, is_lines: false };
        }
        self.offer_register();
        true
    }

    fn fill_register_with_lines(&mut self) {
        let parts = self
            .blocks()
            .into_iter()
            .map(|block| {
                let end = self.text.line_range(*block.end()).end;
                let lines = self.text.slice(self.text.line_start(*block.start())..end);
                format!("{lines}\n")
            })
            .collect();
        self.register = Register { parts, is_lines: true };
    }

    fn offer_register(&mut self) {
        let joined = match self.register.is_lines {
            true => self.register.parts.concat(),
            false => self.register.parts.join("\n"),
        };
        self.effects.push_back(Effect::Copy(joined));
    }
}
