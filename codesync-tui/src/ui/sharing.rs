//! The overlay with who may do what.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::app::{Link, Member, Row, Sharing};
use crate::sanitize;

/// Widest overlay, in columns.
const COLUMNS_MAX: u16 = 100;
const KEYS: &str = " i invite  r role  x remove  l link  c copy  Esc ";

/// Draws it and says where the cursor belongs.
pub(super) fn draw(
    sharing: &Sharing,
    title: &str,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
) -> Position {
    let width = area.width.min(COLUMNS_MAX);
    let room = usize::from(width.saturating_sub(4));
    let (lines, selected) = lines(sharing, room);
    let wanted = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let height = area.height.min(wanted.max(4));
    let frame = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
    Clear.render(frame, buffer);
    let title = sanitize::shorten(title, room.saturating_sub(8));
    let block = Block::bordered()
        .title(format!(" share {title} "))
        .title_bottom(KEYS)
        .border_style(theme.gutter(false));
    let inside = block.inner(frame);
    block.render(frame, buffer);
    let rows = usize::from(inside.height);
    // A secret that was just made stands below its link, and both are to be seen.
    let top = (selected + 3).min(lines.len()).saturating_sub(rows);
    for ((n, line), y) in lines.iter().enumerate().skip(top).zip(inside.top()..inside.bottom()) {
        let style = match (n == selected, line.is_heading) {
            (true, _) => theme.selection(),
            (false, true) => Style::new().add_modifier(Modifier::BOLD),
            (false, false) => Style::new(),
        };
        buffer.set_style(Rect { y, height: 1, ..inside }, style);
        buffer.set_stringn(inside.x + 1, y, &line.text, room, style);
    }
    let row = u16::try_from(selected.saturating_sub(top)).unwrap_or(0);
    Position { x: inside.x, y: (inside.y + row).min(inside.bottom().saturating_sub(1)) }
}

struct Line {
    text: String,
    is_heading: bool,
}

/// The rows with their headings, and which of the lines is chosen.
fn lines(sharing: &Sharing, room: usize) -> (Vec<Line>, usize) {
    let heading = |text: &str| Line { text: text.to_owned(), is_heading: true };
    let plain = |text: String| Line { text, is_heading: false };
    let mut lines = Vec::new();
    let mut chosen = 0;
    let (mut has_people, mut has_links) = (false, false);
    for (n, row) in sharing.rows().into_iter().enumerate() {
        match row {
            Row::Address(_) => {}
            Row::Member(_) if !std::mem::replace(&mut has_people, true) => {
                lines.push(heading("people"));
            }
            Row::Link(_) if !std::mem::replace(&mut has_links, true) => {
                lines.push(heading("links"));
            }
            Row::Member(_) | Row::Link(_) => {}
        }
        if n == sharing.selected() {
            chosen = lines.len();
        }
        match row {
            Row::Address(address) => lines.push(plain(format!("address  {address}"))),
            Row::Member(member) => lines.push(plain(member_line(member, room))),
            Row::Link(link) => {
                lines.push(plain(link_line(link, room)));
                let secret = sharing.secret(link).unwrap_or_default();
                lines.extend(in_rows(secret, room).map(plain));
            }
        }
    }
    lines.extend(sharing.remark().map(|remark| plain(remark.to_owned())));
    (lines, chosen)
}

/// What is longer than a row goes on in the next one. An address has one column for each character.
fn in_rows(text: &str, room: usize) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let rows: Vec<String> = chars.chunks(room.max(1)).map(|row| row.iter().collect()).collect();
    rows.into_iter()
}

fn member_line(member: &Member, room: usize) -> String {
    let mut left = member.name.clone();
    if let Some(login) = member.login.as_ref().filter(|login| **login != member.name) {
        left.push_str(&format!(" ({login})"));
    }
    if member.is_own {
        left.push_str(", you");
    }
    let until = member.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    both(&left, &format!("{}{until}", member.role.as_str()), room)
}

fn link_line(link: &Link, room: usize) -> String {
    let name = if link.label.is_empty() { &link.id } else { &link.label };
    let guests = if link.guests { ", guests too" } else { "" };
    let ends = link.ends.as_ref().map_or("no end".to_owned(), |ends| format!("ends {ends}"));
    let right = format!("{}{guests}, {} came, {ends}", link.role.as_str(), link.members);
    both(name, &right, room)
}

/// One at the left and one at the right end of a row.
fn both(left: &str, right: &str, room: usize) -> String {
    let right = sanitize::shorten(right, room.saturating_sub(10));
    let wanted = room.saturating_sub(right.width() + 4);
    let left = sanitize::shorten(left, wanted);
    let pad = " ".repeat(wanted.saturating_sub(left.width()) + 2);
    format!("  {left}{pad}{right}")
}
