//! The overlay with a list to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::app::Picker;
use crate::sanitize;

/// Widest overlay, in columns.
const COLUMNS_MAX: u16 = 72;
/// Highest overlay, in rows.
const ROWS_MAX: u16 = 18;

/// Draws the list and says where the cursor belongs.
pub(super) fn draw(picker: &Picker, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Position {
    let width = area.width.min(COLUMNS_MAX);
    let height = area.height.min(ROWS_MAX);
    let frame = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
    Clear.render(frame, buffer);
    let block =
        Block::bordered().title(format!(" {} ", picker.title)).border_style(theme.gutter(false));
    let inside = block.inner(frame);
    block.render(frame, buffer);

    let room = usize::from(inside.width.saturating_sub(2));
    let (before, after) = picker.shown();
    let mut before = before.as_str();
    while before.width() + 3 > room {
        let mut chars = before.chars();
        chars.next();
        before = chars.as_str();
    }
    let (x, _) = buffer.set_stringn(
        inside.x + 1,
        inside.y,
        format!("> {before}"),
        room,
        Style::new().add_modifier(Modifier::BOLD),
    );
    buffer.set_stringn(x, inside.y, after, room.saturating_sub(before.width() + 2), Style::new());

    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if picker.is_empty() {
        buffer.set_stringn(list.x + 1, list.y, "nothing fits", room, Style::new());
    }
    let (items, selected) = picker.rows(usize::from(list.height));
    for ((n, item), y) in items.enumerate().zip(list.top()..list.bottom()) {
        let style = if n == selected { theme.selection() } else { Style::new() };
        buffer.set_style(Rect { y, height: 1, ..list }, style);
        let detail = sanitize::shorten(&item.detail, room / 2);
        let label = sanitize::shorten(&item.label, room.saturating_sub(detail.width() + 1));
        buffer.set_stringn(list.x + 1, y, label, room, style);
        let right = u16::try_from(detail.width()).unwrap_or(list.width);
        buffer.set_stringn(list.right().saturating_sub(right + 1), y, detail, room, style);
    }
    Position { x: x.min(inside.right().saturating_sub(1)), y: inside.y }
}
