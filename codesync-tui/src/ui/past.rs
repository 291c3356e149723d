//! The document's past: at the left who did what and when, beside it the text as it was.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::app::{Moment, Past, Sheet, list_columns};
use crate::editor::widget::{self, Scene};
use crate::sanitize;

/// What the keys do, in the last rows of the list.
const KEYS: [&str; 2] = ["↑↓ people  ←→ revisions  Esc", "d compare with now  r put back"];
/// The month and what follows of "2026-11-22 21:00".
const WHEN_FROM: usize = 5;

/// Draws it and says where the cursor belongs.
pub(super) fn draw(past: &Past, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Position {
    let list = Rect { width: list_columns(area.width), ..area };
    let sheet = Rect { x: list.right(), width: area.width - list.width, ..area };
    if let Some(shown) = past.sheet() {
        draw_sheet(shown, theme, sheet, buffer);
    } else if let Some(remark) = past.remark() {
        let room = usize::from(sheet.width.saturating_sub(2));
        buffer.set_stringn(sheet.x + 1, sheet.y, remark, room, Style::new());
    }
    match list.width {
        0 => sheet.as_position(),
        _ => draw_list(past, theme, list, buffer),
    }
}

fn draw_sheet(sheet: &Sheet, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let rows = sheet.rows();
    let shown = sheet.view.visible(rows);
    let token = |token| theme.token(token);
    let scene = Scene {
        rows,
        shown: &shown,
        left: 0,
        gutter: sheet.gutter_columns(),
        number: &|_| theme.gutter(false),
        mark: theme.mark(),
        spans: &sheet.spans,
        token: &token,
        highlights: &[],
        carets: &[],
        flags: &[],
    };
    widget::draw(&scene, area, buffer);
}

fn draw_list(past: &Past, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Position {
    let inside = Rect { width: area.width - 1, ..area };
    for y in area.top()..area.bottom() {
        buffer.set_string(inside.right(), y, "│", theme.gutter(false));
    }
    let room = usize::from(inside.width.saturating_sub(1));
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let title = if past.compares() { "compared with now" } else { "history" };
    buffer.set_stringn(inside.x + 1, inside.y, title, room, bold);
    let keys = u16::try_from(KEYS.len()).unwrap_or(0);
    let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(keys + 1), ..inside };
    for (words, y) in KEYS.iter().zip(rows.bottom()..area.bottom()) {
        buffer.set_stringn(inside.x + 1, y, words, room, theme.gutter(false));
    }
    let selected = past.selected();
    let height = usize::from(rows.height);
    let top = (selected + 1).saturating_sub(height.max(1));
    for ((n, moment), y) in
        past.moments().iter().enumerate().skip(top).take(height).zip(rows.top()..)
    {
        let style = if n == selected { theme.selection() } else { Style::new() };
        buffer.set_style(Rect { y, height: 1, ..rows }, style);
        buffer.set_stringn(inside.x + 1, y, line(moment, room), room, style);
    }
    let row = u16::try_from(selected - top.min(selected)).unwrap_or(0);
    Position { x: inside.x, y: (rows.y + row).min(area.bottom().saturating_sub(1)) }
}

/// "11-22 21:00 Ana         +12 -3", with a star where somebody named a revision.
fn line(moment: &Moment, room: usize) -> String {
    let when = moment.when.get(WHEN_FROM..).unwrap_or(&moment.when);
    let star = if moment.names.is_empty() { "" } else { "★" };
    let counts = format!("{star}+{} -{}", moment.came, moment.went);
    let who = room.saturating_sub(when.width() + counts.width() + 3);
    let name = sanitize::shorten(&moment.who, who);
    let pad = " ".repeat(who.saturating_sub(name.width()));
    format!("{when} {name}{pad} {counts}")
}
