//! Lets the terminal move the rest of a row when something is typed or deleted before it, as its
//! own hardware would have done: a key at the beginning of a coloured line costs a few bytes, not
//! the line once more.
//!
//! It stands between ratatui, which knows what changed, and the backend, which writes it, and keeps a
//! copy of what the screen shows. Rows of plain characters alone are moved: of others the terminal
//! may think otherwise than we do.

use std::io;
use std::ops::Range;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};

/// Cells of a row that have changed before moving it is considered; it takes some bytes itself.
const CELLS_MIN: usize = 12;
/// Rows that have changed beyond which nothing is moved: that is no typing.
const ROWS_MAX: usize = 4;
/// Distances that are tried, the likeliest first: a character, a tab, a word's worth of blanks.
const DISTANCES: [usize; 4] = [1, 4, 2, 8];

/// A backend that moves rows where that is shorter.
pub(super) struct Shifting<B, W> {
    backend: B,
    /// What the backend writes to.
    output: W,
    shown: Buffer,
    has_shifted: bool,
    /// Whether the cursor is shown, once that was said.
    has_cursor: Option<bool>,
    /// The screen's size, once it was said: the terminal need not be asked before each frame.
    size: Option<Size>,
}

/// The rest of a row moves to the right or to the left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shift {
    Right(usize),
    Left(usize),
}

type Change<'a> = (u16, u16, &'a Cell);

impl<B: Backend<Error = io::Error>, W: io::Write> Shifting<B, W> {
    pub(super) fn new(backend: B, output: W) -> Self {
        Self {
            backend,
            output,
            shown: Buffer::empty(Rect::default()),
            has_shifted: false,
            has_cursor: None,
            size: None,
        }
    }

    /// Says how large the screen is.
    pub(super) fn fit(&mut self, (width, height): (u16, u16)) {
        self.size = Some(Size { width, height });
    }

    /// Whether a row was moved since the last question. Such a frame shows something else when it is
    /// written twice.
    pub(super) fn has_shifted(&mut self) -> bool {
        std::mem::take(&mut self.has_shifted)
    }

    fn forget(&mut self) -> io::Result<()> {
        let Size { width, height } = self.size()?;
        self.shown = Buffer::empty(Rect::new(0, 0, width, height));
        Ok(())
    }

    /// Moves what is shown of a row from a column on, here and on the screen.
    fn shift(&mut self, row: Range<usize>, x: usize, shift: Shift) -> io::Result<()> {
        let width = usize::from(self.shown.area.width);
        let (y, column) = (row.start / width.max(1) + 1, x + 1);
        let (distance, order) = match shift {
            Shift::Right(distance) => (distance, '@'),
            Shift::Left(distance) => (distance, 'P'),
        };
        write!(self.output, "\x1b[{y};{column}H\x1b[{distance}{order}")?;
        let cells = &mut self.shown.content[row.start + x..row.end];
        let distance = distance.min(cells.len());
        let blanks = match shift {
            Shift::Right(_) => {
                cells.rotate_right(distance);
                &mut cells[..distance]
            }
            Shift::Left(_) => {
                cells.rotate_left(distance);
                let kept = cells.len() - distance;
                &mut cells[kept..]
            }
        };
        blanks.iter_mut().for_each(Cell::reset);
        self.has_shifted = true;
        Ok(())
    }

    /// Draws the changes of a row, after moving it if that leaves fewer of them.
    fn draw_row<'a>(
        &mut self,
        changes: &[Change<'a>],
        rest: &mut Vec<Change<'a>>,
    ) -> io::Result<()> {
        let area = self.shown.area;
        let Some((first, y, _)) = changes
            .first()
            .copied()
            .filter(|it| changes.len() >= CELLS_MIN && it.0 < area.width && it.1 < area.height)
        else {
            rest.extend_from_slice(changes);
            return Ok(());
        };
        let width = usize::from(area.width);
        let row = usize::from(y) * width..usize::from(y + 1) * width;
        let first = usize::from(first);
        let mut wanted: Vec<&Cell> = self.shown.content[row.clone()].iter().collect();
        for (x, _, cell) in changes {
            if let Some(place) = wanted.get_mut(usize::from(*x)) {
                *place = cell;
            }
        }
        let before = &self.shown.content[row.clone()];
        let is_plain = |cell: &&Cell| cell.symbol().len() == 1;
        let shift = match before[first..].iter().all(|cell| is_plain(&cell))
            && wanted[first..].iter().all(is_plain)
        {
            true => best_shift(&before[first..], &wanted[first..], changes.len()),
            false => None,
        };
        let Some(shift) = shift else {
            rest.extend_from_slice(changes);
            return Ok(());
        };
        // What is drawn is told by the changes; the cells that they do not name stay as they are.
        let wanted: Vec<Cell> = wanted.into_iter().cloned().collect();
        self.shift(row.clone(), first, shift)?;
        let left: Vec<(u16, u16)> = (0..width)
            .filter(|x| self.shown.content[row.start + x] != wanted[*x])
            .filter_map(|x| Some((u16::try_from(x).ok()?, y)))
            .collect();
        for (x, y) in left {
            self.shown[(x, y)] = wanted[usize::from(x)].clone();
            let cell = changes.iter().find(|change| change.0 == x).map(|change| change.2);
            match cell {
                Some(cell) => rest.push((x, y, cell)),
                // The move displaced a cell that was right before.
                None => self.backend.draw([(x, y, &wanted[usize::from(x)])].into_iter())?,
            }
        }
        Ok(())
    }
}

/// The move after which fewest cells are wrong, if that is worth it.
fn best_shift(before: &[Cell], wanted: &[&Cell], changed: usize) -> Option<Shift> {
    let blank = Cell::default();
    let wrong_after = |shift: Shift| {
        let shown = |x: usize| match shift {
            Shift::Right(distance) => x.checked_sub(distance).map(|x| &before[x]),
            Shift::Left(distance) => before.get(x + distance),
        };
        let is_wrong = |(x, cell): (usize, &&Cell)| shown(x).unwrap_or(&blank) != *cell;
        wanted.iter().enumerate().filter(|it| is_wrong(*it)).count()
    };
    let shifts = DISTANCES.into_iter().flat_map(|it| [Shift::Right(it), Shift::Left(it)]);
    let (wrong, shift) =
        shifts.map(|shift| (wrong_after(shift), shift)).min_by_key(|(wrong, _)| *wrong)?;
    (wrong + CELLS_MIN <= changed).then_some(shift)
}

impl<B: Backend<Error = io::Error>, W: io::Write> Backend for Shifting<B, W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = Change<'a>>,
    {
        if self.shown.area.is_empty() {
            self.forget()?;
        }
        let changes: Vec<Change<'a>> = content.collect();
        let rows: Vec<&[Change<'a>]> = changes.chunk_by(|one, next| one.1 == next.1).collect();
        let mut rest = Vec::with_capacity(changes.len());
        match rows.len() <= ROWS_MAX {
            true => rows.iter().try_for_each(|row| self.draw_row(row, &mut rest))?,
            false => rest.extend_from_slice(&changes),
        }
        for (x, y, cell) in &rest {
            if let Some(shown) = self.shown.cell_mut((*x, *y)) {
                shown.clone_from(cell);
            }
        }
        // The backend sets every colour back, even where it drew nothing.
        if rest.is_empty() { Ok(()) } else { self.backend.draw(rest.into_iter()) }
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.forget()?;
        self.backend.append_lines(n)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        match self.has_cursor.replace(false) {
            Some(false) => Ok(()),
            Some(true) | None => self.backend.hide_cursor(),
        }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        match self.has_cursor.replace(true) {
            Some(true) => Ok(()),
            Some(false) | None => self.backend.show_cursor(),
        }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.backend.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget()?;
        self.backend.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        // Ratatui draws everything anew after it, whatever the region is.
        self.forget()?;
        self.backend.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.size.map_or_else(|| self.backend.size(), Ok)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.backend.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.backend)
    }
}

#[cfg(test)]
mod tests;
