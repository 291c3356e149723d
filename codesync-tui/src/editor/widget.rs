//! Draws the visible part of a text: glyphs, line numbers, selections, carets, names.
//!
//! Costs what the screen costs, however long the text or a line is.

use std::ops::{ControlFlow, Range};

use codesync_core::Text;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_width::UnicodeWidthStr;

use super::glyph::{Glyph, Look, mark};
use super::layout::{Run, walk};

/// A stretch of text with a style of its own, or, when it is empty, a caret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Highlight {
    pub(crate) range: Range<usize>,
    pub(crate) style: Style,
}

/// A word beside a caret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Flag {
    pub(crate) offset: usize,
    pub(crate) name: String,
    pub(crate) style: Style,
}

/// What is to be drawn.
#[derive(Clone)]
pub(crate) struct Scene<'a> {
    pub(crate) text: &'a Text,
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) tab: usize,
    /// Columns of line numbers, with the space after them.
    pub(crate) gutter: usize,
    /// Style of a line's number.
    pub(crate) number: &'a dyn Fn(usize) -> Style,
    pub(crate) mark: Style,
    /// Stretches in the order in which they are laid over each other.
    pub(crate) highlights: &'a [Highlight],
    /// Carets, drawn over all stretches.
    pub(crate) carets: &'a [Highlight],
    pub(crate) flags: &'a [Flag],
}

/// Draws the scene and leaves the rest of the area as it was.
pub(crate) fn draw(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    let lines = scene.text.len_lines();
    let visible = scene.top..(scene.top + usize::from(area.height)).min(lines);
    if visible.is_empty() || usize::from(area.width) <= scene.gutter {
        return;
    }
    let offsets = scene.text.line_start(visible.start)..scene.text.line_range(visible.end - 1).end;
    let touches = |highlight: &&Highlight| {
        highlight.range.start <= offsets.end && highlight.range.end >= offsets.start
    };
    let highlights: Vec<&Highlight> = scene.highlights.iter().filter(touches).collect();
    let carets: Vec<&Highlight> = scene.carets.iter().filter(touches).collect();

    for (line, y) in visible.zip(area.top()..) {
        let digits = scene.gutter.saturating_sub(1);
        if scene.gutter > 0 {
            let number = format!("{:>digits$}", line + 1);
            buffer.set_stringn(area.x, y, number, digits, (scene.number)(line));
        }
        let row = Rect {
            x: area.x + columns(scene.gutter),
            y,
            width: area.width - columns(scene.gutter),
            height: 1,
        };
        Row { scene, row, highlights: &highlights, carets: &carets, buffer: &mut *buffer }
            .draw(line);
    }
    for flag in scene.flags {
        draw_flag(scene, flag, area, buffer);
    }
}

struct Row<'a> {
    scene: &'a Scene<'a>,
    row: Rect,
    highlights: &'a [&'a Highlight],
    carets: &'a [&'a Highlight],
    buffer: &'a mut Buffer,
}

impl Row<'_> {
    fn draw(&mut self, line: usize) {
        let scene = self.scene;
        let range = scene.text.line_range(line);
        let right = scene.left + usize::from(self.row.width);
        let mut is_cut = false;
        let end = walk(scene.text, range.clone(), scene.tab, |spot, run| {
            if spot.column >= right {
                is_cut = true;
                return ControlFlow::Break(());
            }
            match run {
                Run::Ascii(ascii) => {
                    let from = scene.left.saturating_sub(spot.column).min(ascii.len());
                    let to = ascii.len().min(right - spot.column);
                    for (n, c) in ascii.bytes().enumerate().take(to).skip(from) {
                        let style = self.style_at(spot.offset + n, 1);
                        self.put_ascii(spot.column + n, c, style);
                    }
                }
                Run::Glyph(glyph) => {
                    let width = glyph.width(spot.column, scene.tab);
                    if spot.column + width > scene.left {
                        self.put_glyph(spot.offset, spot.column, width, glyph);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        // The line feed has a cell too: for a caret at the line's end, or a selection beyond it.
        if !is_cut && (scene.left..right).contains(&end.column) {
            let is_last = range.end == scene.text.len();
            let style = self.style_at(range.end, usize::from(!is_last));
            self.put_ascii(end.column, b' ', style);
        }
    }

    /// The style of a glyph of so many characters. A length of 0 asks for carets alone.
    fn style_at(&self, offset: usize, chars: usize) -> Style {
        let mut style = self.stretch_style(offset, chars);
        for caret in self.carets {
            if caret.range.start >= offset && caret.range.start < offset + chars.max(1) {
                style = caret.style;
            }
        }
        style
    }

    /// The same without carets.
    fn stretch_style(&self, offset: usize, chars: usize) -> Style {
        let mut style = Style::new();
        for highlight in self.highlights {
            if highlight.range.start < offset + chars && offset < highlight.range.end {
                style = style.patch(highlight.style);
            }
        }
        style
    }

    fn x(&self, column: usize) -> u16 {
        self.row.x + columns(column - self.scene.left)
    }

    fn put_ascii(&mut self, column: usize, byte: u8, style: Style) {
        let x = self.x(column);
        if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
            cell.set_char(char::from(byte)).set_style(style);
        }
    }

    fn put_glyph(&mut self, offset: usize, column: usize, width: usize, glyph: Glyph<'_>) {
        let right = self.scene.left + usize::from(self.row.width);
        let style = self.style_at(offset, glyph.text.chars().count());
        let is_whole = column >= self.scene.left && column + width <= right;
        match glyph.look {
            Look::Plain(_) if is_whole => {
                let x = self.x(column);
                if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
                    cell.set_symbol(glyph.text).set_style(style);
                }
                for rest in 1..width {
                    let x = self.x(column + rest);
                    if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
                        cell.reset();
                        cell.set_style(style);
                    }
                }
            }
            Look::Plain(_) | Look::Tab => {
                // A caret before a tab is as wide as any other.
                let beyond = self.stretch_style(offset, 1);
                for at in column.max(self.scene.left)..(column + width).min(right) {
                    self.put_ascii(at, b' ', if at == column { style } else { beyond });
                }
            }
            Look::Mark(c) => {
                let style = self.scene.mark.patch(style);
                for (n, c) in mark(c).chars().enumerate() {
                    let at = column + n;
                    if (self.scene.left..right).contains(&at) {
                        let x = self.x(at);
                        if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
                            cell.set_char(c).set_style(style);
                        }
                    }
                }
            }
        }
    }
}

/// Draws a name near the caret it belongs to, where it covers nothing: above it, below it, or
/// behind the end of its line.
fn draw_flag(scene: &Scene<'_>, flag: &Flag, area: Rect, buffer: &mut Buffer) {
    let line = scene.text.line_of(flag.offset.min(scene.text.len()));
    let Some(row) = line.checked_sub(scene.top).filter(|row| *row < usize::from(area.height))
    else {
        return;
    };
    let range = scene.text.line_range(line);
    let column = super::layout::column_of(scene.text, range, flag.offset, scene.tab);
    let Some(x) = column.checked_sub(scene.left) else { return };
    let x = scene.gutter + x;
    if x >= usize::from(area.width) {
        return;
    }
    let (x, y) = (area.x + columns(x), area.y + columns(row));
    let width = columns(flag.name.width());
    let is_free = |y: u16| {
        (area.top()..area.bottom()).contains(&y)
            && is_blank(x..area.right().min(x.saturating_add(width)), y, buffer)
    };
    let beside = [y.checked_sub(1), y.checked_add(1)];
    let place = beside.into_iter().flatten().find(|y| is_free(*y)).map(|y| (x, y));
    let (x, y) = place.unwrap_or_else(|| (behind_line(scene, y, area, buffer), y));
    let room = usize::from(area.right().saturating_sub(x));
    buffer.set_stringn(x, y, &flag.name, room, flag.style);
}

/// Whether nothing is drawn in these cells of a row.
fn is_blank(cells: Range<u16>, y: u16, buffer: &Buffer) -> bool {
    // The second half of a wide character is a blank of its own.
    let reaches_in = cells
        .start
        .checked_sub(1)
        .and_then(|x| buffer.cell((x, y)))
        .is_some_and(|cell| cell.symbol().width() > 1);
    let is_free = |cell: &Cell| cell.symbol() == " " && is_plain(cell);
    !reaches_in && cells.into_iter().all(|x| buffer.cell((x, y)).is_some_and(is_free))
}

fn is_plain(cell: &Cell) -> bool {
    cell.bg == Color::Reset && cell.modifier.is_empty()
}

/// The first cell behind a drawn line and the caret that may stand at its end.
fn behind_line(scene: &Scene<'_>, y: u16, area: Rect, buffer: &Buffer) -> u16 {
    let left = area.x + columns(scene.gutter);
    let drawn = (left..area.right()).rev().find(|x| !is_blank(*x..x + 1, y, buffer));
    let Some(last) = drawn else { return left + 1 };
    // Where a caret or a selection is drawn beyond the text, the name stands right beside it.
    let is_beyond =
        buffer.cell((last, y)).is_some_and(|cell| cell.symbol() == " " && !is_plain(cell));
    last + if is_beyond { 1 } else { 2 }
}

/// A count of cells that is known to fit on a screen.
fn columns(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
