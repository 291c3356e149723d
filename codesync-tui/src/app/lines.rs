//! Commands about whole lines: indent, move, duplicate, join, delete.

use std::ops::{Range, RangeInclusive};

use codesync_core::{Bias, Selection, TextEdit};

use super::edits::{Landing, deletions};
use super::{App, Effect};
use crate::editor::{layout, motion};

impl App {
    /// The runs of lines that the carets touch, in order. A selection that ends at the beginning
    /// of a line does not touch it.
    pub(super) fn blocks(&self) -> Vec<RangeInclusive<usize>> {
        let mut blocks: Vec<RangeInclusive<usize>> = Vec::new();
        for selection in self.carets.iter() {
            let first = self.text.line_of(selection.start());
            let mut last = self.text.line_of(selection.end());
            if last > first && self.text.line_start(last) == selection.end() {
                last -= 1;
            }
            match blocks.last_mut() {
                Some(block) if first <= *block.end() + 1 => {
                    *block = *block.start()..=last.max(*block.end());
                }
                _ => blocks.push(first..=last),
            }
        }
        blocks
    }

    /// From the beginning of a block's first line to the end of its last, without the line feed.
    fn block_range(&self, block: &RangeInclusive<usize>) -> Range<usize> {
        self.text.line_start(*block.start())..self.text.line_range(*block.end()).end
    }

    pub(super) fn touched_lines(&self) -> Vec<usize> {
        self.blocks().into_iter().flatten().collect()
    }

    pub(super) fn indent(&mut self) {
        if !self.may_edit() {
            return;
        }
        let spans_lines = self.carets.iter().any(|selection| {
            self.text.line_of(selection.start()) != self.text.line_of(selection.end())
        });
        if !spans_lines {
            let edits = self
                .carets
                .iter()
                .map(|selection| TextEdit {
                    range: selection.range(),
                    text: self.indent_step(selection.start()),
                })
                .collect();
            self.edit(edits, Landing::Behind);
            return;
        }
        self.indent_lines();
    }

    pub(super) fn indent_lines(&mut self) {
        if !self.may_edit() {
            return;
        }
        let unit = self.indent.unit.clone();
        let edits = self
            .touched_lines()
            .into_iter()
            .map(|line| self.text.line_range(line))
            .filter(|range| !range.is_empty())
            .map(|range| TextEdit { range: range.start..range.start, text: unit.clone() })
            .collect();
        self.edit(edits, Landing::Carried(Bias::Right));
    }

    /// What Tab inserts: up to the next stop.
    fn indent_step(&self, offset: usize) -> String {
        if self.indent.unit.starts_with('\t') {
            return self.indent.unit.clone();
        }
        let range = self.text.line_range(self.text.line_of(offset));
        let column = layout::column_of(&self.text, range, offset, self.indent.tab);
        let unit = self.indent.unit.len();
        " ".repeat(unit - column % unit)
    }

    pub(super) fn unindent(&mut self) {
        if !self.may_edit() {
            return;
        }
        let unit = match self.indent.unit.starts_with('\t') {
            true => self.indent.tab,
            false => self.indent.unit.len(),
        };
        let ranges = self
            .touched_lines()
            .into_iter()
            .map(|line| {
                let start = self.text.line_start(line);
                let blanks = start..motion::first_nonblank(&self.text, line);
                let step = match self.text.char_at(start) {
                    Some('\t') => 1,
                    _ => unit,
                };
                let spaces = self
                    .text
                    .chars_from(start)
                    .take(step.min(blanks.len()))
                    .enumerate()
                    .take_while(|(n, c)| *n == 0 || *c == ' ')
                    .count();
                start..start + spaces
            })
            .collect();
        self.edit(deletions(ranges), Landing::Carried(Bias::Right));
    }

    pub(super) fn move_lines_up(&mut self) {
        if !self.may_edit() {
            return;
        }
        let mut edits = Vec::new();
        for block in self.blocks() {
            let Some(above) = block.start().checked_sub(1) else { return };
            let moved = self.text.line(above).into_owned();
            let start = self.text.line_start(above);
            let end = self.block_range(&block).end;
            edits.push(TextEdit {
                range: start..self.text.line_start(*block.start()),
                text: String::new(),
            });
            edits.push(TextEdit { range: end..end, text: format!("\n{moved}") });
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Left));
        self.has_moved = true;
    }

    pub(super) fn move_lines_down(&mut self) {
        if !self.may_edit() {
            return;
        }
        let mut edits = Vec::new();
        for block in self.blocks() {
            let below = block.end() + 1;
            if below >= self.text.len_lines() {
                return;
            }
            let range = self.block_range(&block);
            let moved = format!("{}\n", self.text.line(below));
            edits.push(TextEdit { range: range.start..range.start, text: moved });
            edits.push(TextEdit {
                range: range.end..self.text.line_range(below).end,
                text: String::new(),
            });
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Right));
        self.has_moved = true;
    }

    pub(super) fn duplicate_lines(&mut self) {
        if !self.may_edit() {
            return;
        }
        let edits = self
            .blocks()
            .iter()
            .map(|block| {
                let range = self.block_range(block);
                let text = format!("{}\n", self.text.slice(range.clone()));
                TextEdit { range: range.start..range.start, text }
            })
            .collect();
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Right));
        self.has_moved = true;
    }

    /// Makes one line of each block and the line after it, with one space between.
    pub(super) fn join_lines(&mut self) {
        if !self.may_edit() {
            return;
        }
        let last = self.text.len_lines() - 1;
        let edits = self
            .blocks()
            .into_iter()
            .flat_map(|block| {
                let lines = if block.start() == block.end() {
                    *block.start()..*block.end() + 1
                } else {
                    *block.start()..*block.end()
                };
                lines.filter(|line| *line < last)
            })
            .map(|line| {
                let range = self.text.line_range(line);
                let next = motion::first_nonblank(&self.text, line + 1);
                let is_bare = next == self.text.line_range(line + 1).end || range.is_empty();
                let text = if is_bare { String::new() } else { " ".to_owned() };
                TextEdit { range: range.end..next, text }
            })
            .collect();
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::Carried(Bias::Left));
        self.has_moved = true;
    }

    /// Begins a line above that of each caret, indented alike.
    pub(super) fn newline_above(&mut self) {
        if !self.may_edit() {
            return;
        }
        let mut edits = Vec::new();
        let mut landings = Vec::new();
        let mut shift = 0;
        for block in self.blocks() {
            let start = self.text.line_start(*block.start());
            let indent_end = motion::first_nonblank(&self.text, *block.start());
            let text = format!("{}\n", self.text.slice(start..indent_end));
            let chars = indent_end - start + 1;
            landings.push(Selection::caret(start + shift + chars - 1));
            shift += chars;
            edits.push(TextEdit { range: start..start, text });
        }
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(edits, Landing::At(landings));
    }

    /// Deletes the touched lines with their line feeds.
    pub(super) fn delete_lines(&mut self) {
        let ranges = self
            .blocks()
            .iter()
            .map(|block| {
                let range = self.block_range(block);
                if range.end < self.text.len() {
                    range.start..range.end + 1
                } else {
                    // The last line has no line feed of its own; the one before it goes.
                    range.start.saturating_sub(1)..range.end
                }
            })
            .collect();
        self.effects.push_back(Effect::BreakUndoGroup);
        self.edit(deletions(ranges), Landing::Behind);
        self.carets.each(|caret| caret.goal = None);
    }
}
