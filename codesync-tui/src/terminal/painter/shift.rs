//! Lets the terminal move the rest of a row when something is typed or deleted before it, as its
//! own hardware would have done: a key at the beginning of a coloured line costs a few bytes, not
//! the line once more.
//!
//! Rows of plain characters alone are moved: of others the terminal may think otherwise than we do.

use ratatui::buffer::Cell;

use super::is_plain;

/// Cells of a row that have changed before moving it is considered; it takes some bytes itself.
const CELLS_MIN: usize = 12;
/// Distances that are tried, the likeliest first: a character, a tab, a word's worth of blanks.
const DISTANCES: [usize; 4] = [1, 4, 2, 8];

/// The rest of a row moves to the right or to the left, by so many cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shift {
    Right(usize),
    Left(usize),
}

impl Shift {
    /// The move that is worth it, and the column from which on.
    pub(super) fn between(shown: &[Cell], wanted: &[Cell]) -> Option<(usize, Self)> {
        let mut differing = (0..wanted.len().min(shown.len())).filter(|x| shown[*x] != wanted[*x]);
        let first = differing.next()?;
        let changed = differing.count() + 1;
        if changed < CELLS_MIN {
            return None;
        }
        let (shown, wanted) = (&shown[first..], &wanted[first..]);
        if !shown.iter().all(is_plain) || !wanted.iter().all(is_plain) {
            return None;
        }
        let shifts = DISTANCES.into_iter().flat_map(|it| [Self::Right(it), Self::Left(it)]);
        let (wrong, shift) = shifts
            .map(|shift| (shift.wrong_after(shown, wanted), shift))
            .min_by_key(|(wrong, _)| *wrong)?;
        (wrong + CELLS_MIN <= changed).then_some((first, shift))
    }

    /// How many cells are not as they are wanted after it.
    fn wrong_after(self, shown: &[Cell], wanted: &[Cell]) -> usize {
        let moved = |x: usize| match self {
            Self::Right(distance) => x.checked_sub(distance).map(|x| &shown[x]),
            Self::Left(distance) => shown.get(x + distance),
        };
        let is_wrong = |(x, cell): (usize, &Cell)| moved(x).unwrap_or(&Cell::EMPTY) != cell;
        wanted.iter().enumerate().filter(|it| is_wrong(*it)).count()
    }

    /// Moves the cells, as the terminal does it.
    pub(super) fn apply(self, cells: &mut [Cell]) {
        let all = cells.len();
        let blanks = match self {
            Self::Right(distance) => {
                let distance = distance.min(all);
                cells.rotate_right(distance);
                &mut cells[..distance]
            }
            Self::Left(distance) => {
                let distance = distance.min(all);
                cells.rotate_left(distance);
                &mut cells[all - distance..]
            }
        };
        blanks.iter_mut().for_each(Cell::reset);
    }
}
