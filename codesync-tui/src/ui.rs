//! Drawing: the state of the app becomes cells. Only reads.

mod help;
mod past;
mod picker;
mod sharing;
mod status;
pub(crate) mod theme;

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::{App, COLUMNS_MIN, Picker, ROWS_MIN};
use crate::editor::rows::offsets;
use crate::editor::widget::{self, Caret, Flag, Highlight, Scene};
use crate::screen::Screen;
use theme::Theme;

/// Draws everything and puts the terminal's cursor where the focus is.
pub(crate) fn draw(app: &App, theme: &Theme, screen: &mut Screen) {
    let area = screen.area();
    if area.width < COLUMNS_MIN || area.height < ROWS_MIN {
        let sentence = format!("needs {COLUMNS_MIN}×{ROWS_MIN}");
        let width = usize::from(area.width);
        screen.cover();
        if !area.is_empty() {
            screen.cells().set_stringn(0, 0, sentence, width, Style::new());
        }
        return;
    }
    let text = Rect { height: area.height - 1, ..area };
    let bottom = Rect { y: area.height - 1, height: 1, ..area };
    let is_covered = app.past().is_some()
        || app.sharing().is_some()
        || app.picker().is_some()
        || app.help().is_some();
    if is_covered {
        screen.cover();
    }
    let mut over = None;
    match app.past() {
        Some(past) => over = Some(past::draw(past, theme, text, screen.cells())),
        None => draw_text(app, theme, text, screen),
    }
    if let Some(sharing) = app.sharing() {
        over = Some(sharing::draw(sharing, app.title(), theme, text, screen.cells()));
    }
    let mut cursor = over;
    if let Some(cells) = screen.row(bottom.y, None) {
        cursor = status::draw(app, theme, bottom, cells).or(over);
    }
    if let Some(picker) = app.picker() {
        cursor = Some(picker::draw(picker, theme, text, screen.cells()));
    }
    if let Some(top) = app.help() {
        help::draw(app, top, theme, text, screen.cells());
    }
    if let Some(position) = cursor.or_else(|| caret_position(app, text)) {
        screen.set_cursor(position);
    }
}

fn draw_text(app: &App, theme: &Theme, area: Rect, screen: &mut Screen) {
    if !app.is_open() {
        return;
    }
    let view = app.view();
    let rows = view.visible(app.rows());
    let shown = offsets(&rows);
    let caret_line = app.text().line_of(app.carets().primary().head);
    let number = |line| theme.gutter(line == caret_line);
    let token = |token| theme.token(token);
    let mut highlights = Vec::new();
    let mut carets = Vec::new();
    let mut flags = Vec::new();
    for person in app.people().iter() {
        for selection in person.selections.iter().map(|s| s.clamp(app.text().len())) {
            if !selection.is_caret() {
                let style = theme.person_selection(person.color);
                highlights.push(Highlight { range: selection.range(), style });
            }
            // Where the name stands there is no need for its letter.
            let is_named = person.flag_until.is_some() || app.is_read_aloud();
            let letter = (!is_named).then(|| person.letter());
            carets.push(Caret {
                offset: selection.head,
                style: theme.person(person.color),
                letter,
            });
        }
        let is_flagged = person.flag_until.is_some() && !app.is_read_aloud();
        let place = person.caret().filter(|_| is_flagged);
        if let Some(at) = place.and_then(|offset| app.cell_of(offset.min(app.text().len()))) {
            let style = theme.person(person.color);
            flags.push(Flag { at, name: person.name.clone(), style });
        }
    }
    highlights.extend(visible_matches(app, theme.found(), &shown));
    let primary = app.carets().primary();
    for selection in app.carets().iter() {
        if !selection.is_caret() {
            highlights.push(Highlight { range: selection.range(), style: theme.selection() });
        }
        if selection != primary {
            let style = theme.own_caret();
            carets.push(Caret { offset: selection.head, style, letter: None });
        }
    }
    let scene = Scene {
        rows: app.rows(),
        shown: &rows,
        left: view.left,
        gutter: app.gutter_columns(),
        number: &number,
        mark: theme.mark(),
        spans: app.colors().within(&shown),
        token: &token,
        highlights: &highlights,
        carets: &carets,
        flags: &flags,
    };
    widget::draw_changed(&scene, area, screen);
}

/// Draws nothing but a list to choose from.
pub(crate) fn draw_picker(picker: &Picker, theme: &Theme, screen: &mut Screen) {
    screen.cover();
    let area = screen.area();
    let cursor = picker::draw(picker, theme, area, screen.cells());
    screen.set_cursor(cursor);
}

fn visible_matches<'a>(
    app: &'a App,
    found: Style,
    shown: &Range<usize>,
) -> impl Iterator<Item = Highlight> + use<'a> {
    let matches = app.find().shown();
    let from = matches.partition_point(|found| found.end <= shown.start);
    let end = shown.end;
    matches[from..]
        .iter()
        .take_while(move |range| range.start < end)
        .map(move |range| Highlight { range: range.clone(), style: found })
}

/// The cell of the primary caret, when it is on the screen.
fn caret_position(app: &App, area: Rect) -> Option<Position> {
    if !app.is_open() || app.help().is_some() {
        return None;
    }
    let (row, column) = app.cell_of(app.carets().primary().head)?;
    let x = u16::try_from(app.gutter_columns() + column).ok()?;
    Some(Position { x: area.x + x, y: area.y + u16::try_from(row).ok()? })
}

#[cfg(test)]
mod tests;
