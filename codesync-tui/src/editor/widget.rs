//! Draws the visible part of a text: glyphs, line numbers, selections, carets, names.
//!
//! Costs what the screen costs, however long the text or a line is.

use std::ops::{ControlFlow, Range};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_width::UnicodeWidthStr;

use super::glyph::{Glyph, Look, mark};
use super::layout::{Run, walk};
use super::rows::{RowPlace, Rows};
use crate::highlight::{Span, Token};

/// A stretch of text with a style of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Highlight {
    pub(crate) range: Range<usize>,
    pub(crate) style: Style,
}

/// A caret that is not the terminal's cursor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Caret {
    pub(crate) offset: usize,
    pub(crate) style: Style,
    /// What is drawn where it stands on a blank.
    pub(crate) letter: Option<char>,
}

/// A word beside a caret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Flag {
    /// Row and column of the caret, counted from the text's first cell.
    pub(crate) at: (usize, usize),
    pub(crate) name: String,
    pub(crate) style: Style,
}

/// What is to be drawn.
#[derive(Clone)]
pub(crate) struct Scene<'a> {
    pub(crate) rows: Rows<'a>,
    /// The rows on the screen, from the top.
    pub(crate) places: &'a [RowPlace],
    pub(crate) left: usize,
    /// Columns of line numbers, with the space after them.
    pub(crate) gutter: usize,
    /// Style of a line's number.
    pub(crate) number: &'a dyn Fn(usize) -> Style,
    pub(crate) mark: Style,
    /// Colours of the language, in the order of the text.
    pub(crate) spans: &'a [Span],
    pub(crate) token: &'a dyn Fn(Token) -> Style,
    /// Stretches in the order in which they are laid over each other.
    pub(crate) highlights: &'a [Highlight],
    /// Carets, drawn over all stretches.
    pub(crate) carets: &'a [Caret],
    pub(crate) flags: &'a [Flag],
}

impl Scene<'_> {
    /// The offsets that the screen shows at most.
    fn offsets(&self) -> Range<usize> {
        let (Some(first), Some(last)) = (self.places.first(), self.places.last()) else {
            return 0..0;
        };
        self.rows.start(*first)..self.rows.extent(*last, self.left).1
    }
}

/// Draws the scene and leaves the rest of the area as it was.
pub(crate) fn draw(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    if usize::from(area.width) <= scene.gutter {
        return;
    }
    let offsets = scene.offsets();
    let touches = |range: &Range<usize>| range.start <= offsets.end && range.end >= offsets.start;
    let highlights: Vec<&Highlight> =
        scene.highlights.iter().filter(|highlight| touches(&highlight.range)).collect();
    let carets: Vec<&Caret> =
        scene.carets.iter().filter(|caret| touches(&(caret.offset..caret.offset))).collect();

    for (place, y) in scene.places.iter().zip(area.top()..area.bottom()) {
        let digits = scene.gutter.saturating_sub(1);
        if scene.gutter > 0 && place.row == 0 {
            let number = format!("{:>digits$}", place.line + 1);
            buffer.set_stringn(area.x, y, number, digits, (scene.number)(place.line));
        }
        let row = Rect {
            x: area.x + columns(scene.gutter),
            y,
            width: area.width - columns(scene.gutter),
            height: 1,
        };
        Row { scene, row, left: 0, highlights: &highlights, carets: &carets, buffer: &mut *buffer }
            .draw(*place);
    }
    for flag in scene.flags {
        draw_flag(scene, flag, area, buffer);
    }
}

/// The colours of a row, asked for from left to right.
struct Colors<'a> {
    scene: &'a Scene<'a>,
    next: usize,
}

impl<'a> Colors<'a> {
    fn from(scene: &'a Scene<'a>, offset: usize) -> Self {
        let next = scene.spans.partition_point(|span| span.range.end <= offset);
        Self { scene, next }
    }

    fn at(&mut self, offset: usize) -> Style {
        while let Some(span) = self.scene.spans.get(self.next) {
            if offset < span.range.end {
                let is_inside = span.range.start <= offset;
                return if is_inside { (self.scene.token)(span.token) } else { Style::new() };
            }
            self.next += 1;
        }
        Style::new()
    }
}

struct Row<'a> {
    scene: &'a Scene<'a>,
    row: Rect,
    /// The column of the line that is drawn first.
    left: usize,
    highlights: &'a [&'a Highlight],
    carets: &'a [&'a Caret],
    buffer: &'a mut Buffer,
}

impl Row<'_> {
    fn draw(&mut self, place: RowPlace) {
        let scene = self.scene;
        let (start, end, goes_on) = scene.rows.extent(place, scene.left);
        self.left = if scene.rows.rulers.wraps() { start.column } else { scene.left };
        let right = self.left + usize::from(self.row.width);
        let mut colors = Colors::from(scene, start.offset);
        let mut is_cut = goes_on;
        let last = walk(scene.rows.text, start, end, scene.rows.rulers.tab(), |spot, run| {
            if spot.column >= right {
                is_cut = true;
                return ControlFlow::Break(());
            }
            match run {
                Run::Ascii(ascii) => {
                    let from = self.left.saturating_sub(spot.column).min(ascii.len());
                    let to = ascii.len().min(right - spot.column);
                    for (n, c) in ascii.bytes().enumerate().take(to).skip(from) {
                        let offset = spot.offset + n;
                        let style = self.style_at(offset, 1, colors.at(offset));
                        self.put_ascii(spot.column + n, c, style);
                        if c == b' ' {
                            self.put_letter(spot.column + n, offset);
                        }
                    }
                }
                Run::Glyph(glyph) => {
                    let width = glyph.width(spot.column, scene.rows.rulers.tab());
                    if spot.column + width > self.left {
                        let color = colors.at(spot.offset);
                        self.put_glyph(spot.offset, spot.column, width, glyph, color);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        // The line feed has a cell too: for a caret at the line's end, or a selection beyond it.
        if !is_cut && (self.left..right).contains(&last.column) {
            let is_last = end == scene.rows.text.len();
            let style = self.style_at(end, usize::from(!is_last), Style::new());
            self.put_ascii(last.column, b' ', style);
            self.put_letter(last.column, end);
        }
    }

    /// Draws the letter of whoever's caret stands on this blank.
    fn put_letter(&mut self, column: usize, offset: usize) {
        let Some(letter) = self.caret_at(offset, 1).and_then(|caret| caret.letter) else { return };
        let x = self.x(column);
        if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
            cell.set_char(letter);
        }
    }

    /// The style of a glyph of so many characters. A length of 0 asks for carets alone.
    fn style_at(&self, offset: usize, chars: usize, color: Style) -> Style {
        let style = self.stretch_style(offset, chars, color);
        self.caret_at(offset, chars).map_or(style, |caret| caret.style)
    }

    /// The caret that is drawn over a glyph; of several, the one that was given last.
    fn caret_at(&self, offset: usize, chars: usize) -> Option<&Caret> {
        let stands_at = |caret: &&&Caret| (offset..offset + chars.max(1)).contains(&caret.offset);
        self.carets.iter().rev().find(stands_at).copied()
    }

    /// The same without carets.
    fn stretch_style(&self, offset: usize, chars: usize, color: Style) -> Style {
        let mut style = color;
        for highlight in self.highlights {
            if highlight.range.start < offset + chars && offset < highlight.range.end {
                style = style.patch(highlight.style);
            }
        }
        style
    }

    fn x(&self, column: usize) -> u16 {
        self.row.x + columns(column - self.left)
    }

    fn put_ascii(&mut self, column: usize, byte: u8, style: Style) {
        let x = self.x(column);
        if let Some(cell) = self.buffer.cell_mut((x, self.row.y)) {
            cell.set_char(char::from(byte)).set_style(style);
        }
    }

    fn put_glyph(
        &mut self,
        offset: usize,
        column: usize,
        width: usize,
        glyph: Glyph<'_>,
        color: Style,
    ) {
        let right = self.left + usize::from(self.row.width);
        let style = self.style_at(offset, glyph.text.chars().count(), color);
        let is_whole = column >= self.left && column + width <= right;
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
                let beyond = self.stretch_style(offset, 1, color);
                for at in column.max(self.left)..(column + width).min(right) {
                    self.put_ascii(at, b' ', if at == column { style } else { beyond });
                }
            }
            Look::Mark(c) => {
                let style = self.scene.mark.patch(style);
                for (n, c) in mark(c).chars().enumerate() {
                    let at = column + n;
                    if (self.left..right).contains(&at) {
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
    let (row, column) = flag.at;
    let x = scene.gutter + column;
    if x >= usize::from(area.width) || row >= usize::from(area.height) {
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
