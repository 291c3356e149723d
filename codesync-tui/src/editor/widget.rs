//! Draws the visible part of a text: glyphs, line numbers, selections, carets, names.
//!
//! Costs what the screen costs, however long the text or a line is.

use std::num::NonZeroU16;
use std::ops::{ControlFlow, Range};

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_width::UnicodeWidthStr;

use super::glyph::{Glyph, Look, mark};
use super::layout::{Run, walk};
use super::rows::{Extent, Rows, offsets};
use crate::highlight::{Span, Token};
use crate::screen::{Key, Screen};

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
    pub(crate) shown: &'a [Extent],
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

/// Draws the scene and leaves the rest of the area as it was.
pub(crate) fn draw(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    let sight = Sight::of(scene, area);
    for (row, y) in sight.rows() {
        sight.draw_row(row, y, buffer);
    }
    for flag in scene.flags {
        draw_flag(scene, flag, area, buffer);
    }
}

/// Draws those rows of the scene that the screen does not show already.
pub(crate) fn draw_changed(scene: &Scene<'_>, area: Rect, screen: &mut Screen) {
    let sight = Sight::of(scene, area);
    // A name may be drawn over any of three rows, wherever there is room, below the text too.
    let is_flagged = |y: u16| {
        let row = usize::from(y - area.y);
        scene.flags.iter().any(|flag| flag.at.0.abs_diff(row) <= 1)
    };
    let mut key = Key::default();
    for (row, y) in sight.rows() {
        let is_known = !is_flagged(y) && sight.describe(row, &mut key);
        if let Some(buffer) = screen.row(y, is_known.then_some(&key)) {
            sight.draw_row(row, y, buffer);
        }
    }
    for y in (area.top()..area.bottom()).skip(scene.shown.len()).filter(|y| is_flagged(*y)) {
        screen.row(y, None);
    }
    for flag in scene.flags {
        draw_flag(scene, flag, area, screen.cells());
    }
}

/// A scene, and what of it the screen has to do with.
struct Sight<'a> {
    scene: &'a Scene<'a>,
    area: Rect,
    highlights: Vec<&'a Highlight>,
    carets: Vec<&'a Caret>,
}

impl<'a> Sight<'a> {
    fn of(scene: &'a Scene<'a>, area: Rect) -> Self {
        let offsets = offsets(scene.shown);
        let touches =
            |range: &Range<usize>| range.start <= offsets.end && range.end >= offsets.start;
        let highlights = scene.highlights.iter().filter(|it| touches(&it.range)).collect();
        let carets = scene.carets.iter().filter(|it| touches(&(it.offset..it.offset))).collect();
        Self { scene, area, highlights, carets }
    }

    /// The rows on the screen and where they stand; none where there is no room for text.
    fn rows(&self) -> impl Iterator<Item = (&'a Extent, u16)> + use<'a> {
        let has_room = usize::from(self.area.width) > self.scene.gutter;
        let shown = if has_room { self.scene.shown } else { &[] };
        shown.iter().zip(self.area.top()..self.area.bottom())
    }

    fn draw_row(&self, extent: &Extent, y: u16, buffer: &mut Buffer) {
        let (scene, area, place) = (self.scene, self.area, extent.place);
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
        let (highlights, carets) = (&self.highlights[..], &self.carets[..]);
        Row { scene, row, left: 0, highlights, carets, buffer }.draw(extent);
    }

    /// Makes of a key all that [`Sight::draw_row`] looks at; false where that is more than drawing
    /// the row costs.
    fn describe(&self, extent: &Extent, key: &mut Key) -> bool {
        let scene = self.scene;
        let Extent { place, start, end, goes_on } = *extent;
        let width = usize::from(self.area.width);
        // A character has a column at least, if it is not one that joins others.
        let cut = end.min(start.offset + scene.left.saturating_sub(start.column) + width + 1);
        let text = scene.rows.text.slice(start.offset..cut);
        if !text.is_ascii() && cut < end {
            return false;
        }
        key.clear();
        key.add((scene.gutter, scene.left, start.column, goes_on, cut == end));
        key.add((scene.rows.rulers.wraps(), scene.rows.rulers.tab(), width));
        key.add(end == scene.rows.text.len());
        key.add((place.row == 0).then(|| (place.line, (scene.number)(place.line))));
        key.add(&*text);
        let within = |range: &Range<usize>| {
            let from = range.start.max(start.offset) - start.offset;
            (from, range.end.min(cut + 1).saturating_sub(start.offset))
        };
        let touches = |range: &Range<usize>| range.start <= cut && range.end >= start.offset;
        let first = scene.spans.partition_point(|span| span.range.end <= start.offset);
        // What a token looks like is the same for as long as there is this screen.
        for span in scene.spans[first..].iter().take_while(|span| span.range.start <= cut) {
            key.add((within(&span.range), span.token as u8));
        }
        for highlight in self.highlights.iter().filter(|it| touches(&it.range)) {
            key.add((within(&highlight.range), highlight.style));
        }
        for caret in self.carets.iter().filter(|it| touches(&(it.offset..it.offset))) {
            key.add((caret.offset - start.offset, caret.style, caret.letter));
        }
        true
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
    fn draw(&mut self, extent: &Extent) {
        let scene = self.scene;
        let Extent { start, end, goes_on, .. } = *extent;
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
                    // Of some marks of Japanese the library thinks otherwise.
                    let own = columns(width);
                    if cell.cell_width() != own
                        && let Some(own) = NonZeroU16::new(own)
                    {
                        cell.set_diff_option(CellDiffOption::ForcedWidth(own));
                    }
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
