//! Lists: a table with headings for people, tabs for programs.

use std::io::{self, IsTerminal, Write};

use unicode_width::UnicodeWidthStr;

use super::Failure;
use super::output::printed;
use crate::sanitize;

/// Columns of a cell at most. What is longer ends in an ellipsis.
const CELL_COLUMNS_MAX: usize = 40;
/// Columns between two cells.
const GAP: usize = 2;

/// Rows of cells. What a cell holds may come from others: it is made harmless here.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    headings: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(headings: [&'static str; N]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// Prints it, in the form that fits who reads.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let text = if out.is_terminal() { self.aligned() } else { self.tabbed() };
        printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// For people: harmless to a terminal. The last column is as long as it is.
    fn aligned(&self) -> String {
        let clean = |row: &[String; N]| {
            let mut clean = row.clone();
            for (column, cell) in clean.iter_mut().enumerate() {
                *cell = match column + 1 == N {
                    true => sanitize::one_line(cell),
                    false => sanitize::shorten(cell, CELL_COLUMNS_MAX),
                };
            }
            clean
        };
        let rows: Vec<[String; N]> = std::iter::once(self.headings.map(str::to_owned))
            .chain(self.rows.iter().map(clean))
            .collect();
        let widths: [usize; N] = std::array::from_fn(|column| {
            rows.iter().map(|row| row[column].width()).max().unwrap_or(0)
        });
        let mut text = String::new();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + GAP));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// For programs: no heading, and each cell as it is but for controls.
    fn tabbed(&self) -> String {
        let line = |row: &[String; N]| row.clone().map(|cell| sanitize::one_record(&cell));
        self.rows.iter().map(|row| line(row).join("\t") + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<2> {
        let mut table = Table::new(["NAME", "ROLE"]);
        table.push(["日本\u{1b}[2J".into(), "owner".into()]);
        table.push(["Bo".into(), "viewer".into()]);
        table
    }

    #[test]
    fn people_get_columns_that_stand_below_each_other_and_no_orders_for_their_terminal() {
        let shown = table().aligned();
        let expected = "\
NAME             ROLE
日本‹U+001B›[2J  owner
Bo               viewer
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn programs_get_one_record_a_line() {
        assert_eq!(table().tabbed(), "日本\u{fffd}[2J\towner\nBo\tviewer\n");
    }
}
