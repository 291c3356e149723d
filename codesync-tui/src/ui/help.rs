//! The overlay with all keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};

use super::theme::Theme;
use crate::app::App;

/// Widest overlay, in columns.
const COLUMNS_MAX: u16 = 68;
/// Columns of the keys.
const KEY_COLUMNS: u16 = 18;

pub(super) fn draw(app: &App, top: usize, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let rows: Vec<(String, &str)> = app.keymap().help().collect();
    let height = area.height.min(u16::try_from(rows.len()).unwrap_or(u16::MAX) + 2);
    let width = area.width.min(COLUMNS_MAX);
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(frame, buffer);
    let block = Block::bordered()
        .title(" keys ")
        .title_bottom(" any key closes, arrows scroll ")
        .border_style(theme.gutter(false));
    let inside = block.inner(frame);
    block.render(frame, buffer);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    for ((key, sentence), y) in rows.iter().skip(top).zip(inside.top()..inside.bottom()) {
        let keys = usize::from(KEY_COLUMNS.min(inside.width));
        buffer.set_stringn(inside.x + 1, y, key, keys.saturating_sub(1), bold);
        if let Some(room) = inside.width.checked_sub(KEY_COLUMNS) {
            let x = inside.x + KEY_COLUMNS;
            buffer.set_stringn(x, y, sentence, usize::from(room), Style::new());
        }
    }
}
