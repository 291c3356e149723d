//! The bottom line: name, state, people, language, place; or a question being asked.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::app::{App, Condition, Past, Person, PromptKind};
use crate::sanitize;

/// Columns a name is cut to before anything else is left out.
const TITLE_COLUMNS_MAX: usize = 32;

/// Columns a language is cut to.
const LANGUAGE_COLUMNS_MAX: usize = 16;

/// Stands between the parts of the line.
const SEPARATOR: &str = " | ";

struct Piece {
    text: String,
    style: Style,
}

/// Draws the line; where the cursor belongs when a question is asked.
pub(super) fn draw(app: &App, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    buffer.set_style(area, theme.status());
    match app.prompt() {
        Some(_) => draw_prompt(app, theme, area, buffer),
        None => {
            match app.past() {
                Some(past) => draw_past(app, past, theme, area, buffer),
                None => draw_status(app, theme, area, buffer),
            }
            None
        }
    }
}

fn draw_prompt(app: &App, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let prompt = app.prompt()?;
    let room = usize::from(area.width);
    let (before, after) = prompt.shown();
    let count = match prompt.kind {
        PromptKind::ReplaceEach { .. } => {
            format!(" {} ", app.find().count(app.carets().primary()))
        }
        PromptKind::Find { .. } if !(before.is_empty() && after.is_empty()) => {
            format!(" {} ", app.find().count(app.carets().primary()))
        }
        _ => String::new(),
    };
    let question = format!(" {} ", sanitize::shorten(&prompt.question(), room.saturating_sub(2)));
    // A long answer shows its end, where the caret mostly is.
    let wanted = room.saturating_sub(question.width() + count.width() + 1);
    let mut before = before.as_str();
    while before.width() > wanted {
        let mut chars = before.chars();
        chars.next();
        before = chars.as_str();
    }
    let mut x = put(buffer, area, area.x, &question, theme.status());
    x = put(buffer, area, x, before, theme.status());
    let cursor = Position { x: x.min(area.right().saturating_sub(1)), y: area.y };
    put(buffer, area, x, &after, theme.status());
    let right = area.right().saturating_sub(u16::try_from(count.width()).unwrap_or(area.width));
    put(buffer, area, right.max(area.x), &count, theme.status());
    Some(cursor)
}

fn draw_status(app: &App, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let room = usize::from(area.width);
    let title = sanitize::shorten(app.title(), TITLE_COLUMNS_MAX.min(room / 3));
    let saving = &app.status().saving;
    let is_alarming = saving.not_kept.is_some()
        || saving.condition.is_away()
        || saving.condition == Condition::Ended;
    let state = if is_alarming { theme.warning() } else { theme.status() };

    let mode = app.mode_name().map(|mode| format!(" {mode}")).unwrap_or_default();
    let left = [
        Piece { text: format!("{mode} {title} "), style: theme.status() },
        Piece { text: saving.words(app.is_server_slow()), style: state },
    ];
    let mut middle = vec![];
    if let Some(notice) = app.notice() {
        middle.push(Piece { text: notice.to_owned(), style: theme.status() });
    } else {
        let followed = app.followed();
        if let Some(person) = app.people().iter().find(|person| followed == Some(person.author)) {
            let text = format!("following {}", person.name);
            middle.push(Piece { text, style: theme.person(person.color) });
        }
        if let Some(text) = app.writer() {
            middle.push(Piece { text, style: theme.status() });
        }
        for person in app.people().iter().filter(|person| followed != Some(person.author)) {
            middle
                .push(Piece { text: whereabouts(app, person), style: theme.person(person.color) });
        }
    }

    let mut x = area.x;
    for piece in &left {
        x = put(buffer, area, x, &piece.text, piece.style);
    }
    // What is to be read now goes before what stands there always.
    let said = app.notice().map(str::to_owned).or_else(|| app.writer());
    let said_width = said.as_ref().map_or(0, |said| said.width() + 1);
    let always = place(app);
    let is_room = usize::from(x - area.x) + SEPARATOR.width() + said_width + always.width() <= room;
    let right = if said.is_none() || is_room { always } else { String::new() };
    let right_width = u16::try_from(right.width()).unwrap_or(area.width);
    let right_x = area.right().saturating_sub(right_width);
    if right_x > x {
        put(buffer, area, right_x, &right, theme.status());
    }
    let end = if right_x > x { right_x } else { area.right() };
    let inside = Rect { width: end.saturating_sub(area.x), ..area };
    for (n, piece) in middle.iter().enumerate() {
        let gap = if n == 0 { SEPARATOR } else { " " };
        let wanted = u16::try_from(gap.width() + piece.text.width()).unwrap_or(u16::MAX);
        let is_said = said.as_ref() == Some(&piece.text);
        if !is_said && x.saturating_add(wanted).saturating_add(1) > end {
            put(buffer, inside, x, " …", theme.status());
            break;
        }
        x = put(buffer, inside, x, gap, theme.status());
        x = put(buffer, inside, x, &piece.text, piece.style);
    }
}

/// Which revision is shown, whose it is, and what is said.
fn draw_past(app: &App, past: &Past, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let (at, newest) = past.place();
    let mut text = format!(" revision {at} of {newest}");
    let words = app.notice().or(past.remark());
    if let Some(words) = words {
        text.push_str(SEPARATOR);
        text.push_str(words);
    } else if let Some(moment) = past.moments().get(past.selected()) {
        text.push_str(&format!(" | {}, {}", moment.who, moment.when));
        text.push_str(&format!(" | +{} -{}", moment.came, moment.went));
        for name in &moment.names {
            text.push_str(&format!(" | {}", sanitize::shorten(name, TITLE_COLUMNS_MAX)));
        }
    }
    put(buffer, area, area.x, &text, theme.status());
}

/// Language, line ending, place, and where help is.
fn place(app: &App) -> String {
    let ending = if app.is_crlf() { "CRLF" } else { "LF" };
    let carets = match app.carets().iter().count() {
        1 => String::new(),
        n => format!("{n} carets | "),
    };
    if app.is_read_aloud() {
        // What changes with every key would be read with every key.
        return String::new();
    }
    let language = sanitize::shorten(&app.language_name(), LANGUAGE_COLUMNS_MAX);
    let status = app.status();
    format!(" | {language} {ending} | {carets}{}:{} | F1 ", status.line + 1, status.column + 1)
}

/// A person's name, and the way to go when the caret is not on the screen.
fn whereabouts(app: &App, person: &Person) -> String {
    let name = &person.name;
    let Some(offset) = person.caret() else { return format!("◌{name}") };
    let line = app.text().line_of(offset.min(app.text().len()));
    let view = app.view();
    let (place, _) = app.rows().place_of(offset.min(app.text().len()));
    if place < view.top {
        format!("▲{name} {}", line + 1)
    } else if view.row_of(app.rows(), place).is_none() {
        format!("▼{name} {}", line + 1)
    } else {
        format!("◉{name}")
    }
}

/// Writes within the area and returns the column after it.
fn put(buffer: &mut Buffer, area: Rect, x: u16, text: &str, style: Style) -> u16 {
    let room = usize::from(area.right().saturating_sub(x));
    if room == 0 {
        return x;
    }
    buffer.set_stringn(x, area.y, text, room, style).0
}
