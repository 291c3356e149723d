//! Drawing: the state of the app becomes cells. Only reads.

mod help;
mod status;
pub(crate) mod theme;

use codesync_core::Selection;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::{App, COLUMNS_MIN, ROWS_MIN};
use crate::editor::widget::{self, Flag, Highlight, Scene};
use theme::Theme;

/// Draws everything and puts the terminal's cursor where the focus is.
pub(crate) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < COLUMNS_MIN || area.height < ROWS_MIN {
        let sentence = format!("needs {COLUMNS_MIN}×{ROWS_MIN}");
        let width = usize::from(area.width);
        frame.buffer_mut().set_stringn(0, 0, sentence, width, Style::new());
        return;
    }
    let text = Rect { height: area.height - 1, ..area };
    let bottom = Rect { y: area.height - 1, height: 1, ..area };
    draw_text(app, theme, text, frame);
    let cursor = status::draw(app, theme, bottom, frame.buffer_mut());
    if let Some(top) = app.help() {
        help::draw(top, theme, text, frame.buffer_mut());
    }
    if let Some(position) = cursor.or_else(|| caret_position(app, text)) {
        frame.set_cursor_position(position);
    }
}

fn draw_text(app: &App, theme: Theme, area: Rect, frame: &mut Frame<'_>) {
    if !app.is_open() {
        return;
    }
    let view = app.view();
    let caret_line = app.text().line_of(app.carets().primary().head);
    let number = |line| theme.gutter(line == caret_line);
    let mut highlights = Vec::new();
    let mut carets = Vec::new();
    let mut flags = Vec::new();
    for person in app.people().iter() {
        for selection in person.selections.iter().map(|s| s.clamp(app.text().len())) {
            if !selection.is_caret() {
                let style = theme.person_selection(person.color);
                highlights.push(Highlight { range: selection.range(), style });
            }
            let range = selection.head..selection.head;
            carets.push(Highlight { range, style: theme.person(person.color) });
        }
        if let (Some(offset), Some(_)) = (person.caret(), person.flag_until) {
            let style = theme.person(person.color);
            flags.push(Flag { offset, name: person.name.clone(), style });
        }
    }
    highlights.extend(visible_matches(app, theme));
    let primary = app.carets().primary();
    for selection in app.carets().iter() {
        if !selection.is_caret() {
            highlights.push(Highlight { range: selection.range(), style: theme.selection() });
        }
        if selection != primary {
            let range = selection.head..selection.head;
            carets.push(Highlight { range, style: theme.own_caret() });
        }
    }
    let scene = Scene {
        text: app.text(),
        top: view.top,
        left: view.left,
        tab: app.tab(),
        gutter: app.gutter_columns(),
        number: &number,
        mark: theme.mark(),
        highlights: &highlights,
        carets: &carets,
        flags: &flags,
    };
    widget::draw(&scene, area, frame.buffer_mut());
}

fn visible_matches(app: &App, theme: Theme) -> impl Iterator<Item = Highlight> {
    let view = app.view();
    let text = app.text();
    let first = text.line_start(view.top.min(text.len_lines() - 1));
    let last = (view.top + view.rows).min(text.len_lines() - 1);
    let end = text.line_range(last).end;
    let matches = app.find().shown();
    let from = matches.partition_point(|found| found.end <= first);
    matches[from..]
        .iter()
        .take_while(move |found| found.start < end)
        .map(move |found| Highlight { range: found.clone(), style: theme.found() })
}

/// The cell of the primary caret, when it is on the screen.
fn caret_position(app: &App, area: Rect) -> Option<Position> {
    if !app.is_open() || app.help().is_some() {
        return None;
    }
    let view = app.view();
    let Selection { head, .. } = app.carets().primary();
    let (line, column) = app.place_of(head);
    let row = line.checked_sub(view.top).filter(|row| *row < usize::from(area.height))?;
    let x = app.gutter_columns() + column.checked_sub(view.left)?;
    if x >= usize::from(area.width) {
        return None;
    }
    Some(Position { x: area.x + u16::try_from(x).ok()?, y: area.y + u16::try_from(row).ok()? })
}

#[cfg(test)]
mod tests;
