//! The mouse: click, drag, double and triple click, wheel.

use std::time::Duration;

use codesync_core::{Bias, Operation, Selection};

use super::{App, Caret};
use crate::editor::motion;
use crate::input::{Mouse, MouseWhat};

/// Clicks that follow each other faster than this are counted together.
const CLICKS_MS_MAX: u64 = 400;
/// Lines that one notch of the wheel scrolls.
const WHEEL_LINES: isize = 3;

/// What was clicked last, and how often.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clicks {
    at: (u16, u16),
    when: Option<Duration>,
    count: u8,
    /// What the first press took; dragging extends from it.
    anchor: Selection,
    is_down: bool,
}

impl Clicks {
    /// Follows the text while the button is down.
    pub(super) fn map(&mut self, operation: &Operation) {
        self.anchor = self.anchor.map(operation, Bias::Left);
    }
}

impl App {
    pub(super) fn handle_mouse(&mut self, mouse: Mouse) {
        if self.past.is_some() && self.help.is_none() && self.picker.is_none() {
            return self.handle_past_mouse(mouse);
        }
        if !self.shows_text() || !self.is_open {
            if mouse.what == MouseWhat::Press {
                self.picker = None;
            }
            return;
        }
        match mouse.what {
            MouseWhat::WheelUp => self.scroll(-WHEEL_LINES),
            MouseWhat::WheelDown => self.scroll(WHEEL_LINES),
            MouseWhat::WheelLeft => {
                self.view.left = self.view.left.saturating_sub(WHEEL_LINES.unsigned_abs());
            }
            MouseWhat::WheelRight if self.rulers.wraps() => {}
            MouseWhat::WheelRight => self.view.left += WHEEL_LINES.unsigned_abs(),
            MouseWhat::Press if usize::from(mouse.row) < self.view.rows => self.press(mouse),
            MouseWhat::Drag if self.mouse.is_down => self.drag(mouse),
            MouseWhat::Release => self.mouse.is_down = false,
            MouseWhat::Press | MouseWhat::Drag => {}
        }
    }

    fn press(&mut self, mouse: Mouse) {
        let at = (mouse.column, mouse.row);
        let is_quick = self.mouse.when.is_some_and(|when| {
            self.now.saturating_sub(when) < Duration::from_millis(CLICKS_MS_MAX)
        });
        let is_again = is_quick && self.mouse.at == at && self.mouse.count < 3;
        self.mouse.count = if is_again { self.mouse.count + 1 } else { 1 };
        self.mouse.at = at;
        self.mouse.when = Some(self.now);
        self.mouse.is_down = true;
        if usize::from(mouse.column) < self.gutter_columns() {
            self.mouse.count = 3;
        }
        let taken = self.unit_at(self.offset_under(mouse));
        if mouse.alt && taken.is_caret() {
            self.carets.add(Caret::new(taken));
        } else if mouse.shift {
            let anchor = self.carets.primary().anchor;
            self.mouse.anchor = Selection::caret(anchor);
            self.carets.set([Selection::new(anchor, taken.head)]);
        } else {
            self.mouse.anchor = taken;
            self.carets.set([taken]);
        }
        self.has_moved = true;
        self.prompt = None;
    }

    fn drag(&mut self, mouse: Mouse) {
        let here = self.unit_at(self.offset_under(mouse));
        let anchor = self.mouse.anchor;
        let selection = if here.start() < anchor.start() {
            Selection::new(anchor.end(), here.start())
        } else {
            Selection::new(anchor.start(), here.end().max(anchor.end()))
        };
        self.carets.set([selection]);
        self.has_moved = true;
        self.show_caret();
    }

    /// What one click, a double or a triple click takes at a place.
    fn unit_at(&self, offset: usize) -> Selection {
        match self.mouse.count {
            2 => {
                let word = motion::word_around(&self.text, offset);
                Selection::new(word.start, word.end)
            }
            3 => {
                let range = self.text.line_range(self.text.line_of(offset));
                Selection::new(range.start, (range.end + 1).min(self.text.len()))
            }
            _ => Selection::caret(offset),
        }
    }

    fn offset_under(&self, mouse: Mouse) -> usize {
        let rows = self.rows();
        let place = rows.down(self.view.top, usize::from(mouse.row));
        let column = usize::from(mouse.column).saturating_sub(self.gutter_columns());
        rows.offset_at(place, self.view.left + column, true)
    }
}
