//! What is said at the end: tables for people, JSON for programs.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// One kind of run.
#[derive(Debug)]
pub struct Table {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    /// What was checked, and what else there is to say.
    notes: Vec<String>,
}

/// One figure.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A word or a whole number.
    Word(String),
    /// A measured number, and how many digits of it mean something.
    Figure(f64, usize),
    /// It could not be measured.
    Nothing,
}

impl From<&str> for Cell {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Word(number.to_string())
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Word(number.to_string())
    }
}

impl Cell {
    /// A figure with so many digits after the point.
    pub fn figure(value: impl Into<Option<f64>>, digits: usize) -> Self {
        value.into().map_or(Self::Nothing, |value| Self::Figure(value, digits))
    }

    fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Figure(value, digits) => format!("{value:.digits$}"),
            Self::Nothing => "–".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Word(word) => word.parse::<u64>().map_or_else(|_| json!(word), Value::from),
            Self::Figure(value, _) => json!(value),
            Self::Nothing => Value::Null,
        }
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// One more row, with a cell for each column.
    ///
    /// # Panics
    ///
    /// If the number of cells is another.
    pub fn row(&mut self, cells: Vec<Cell>) {
        assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// One more sentence below the table.
    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    /// For people.
    #[must_use]
    pub fn shown(&self) -> String {
        let head: Vec<String> = self.columns.iter().map(|&column| column.to_owned()).collect();
        let body = self.rows.iter().map(|row| row.iter().map(Cell::shown).collect());
        let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: Vec<usize> =
            (0..self.columns.len()).map(|column| width(column).unwrap_or_default()).collect();
        let mut shown = format!("\n{}\n", self.title);
        for line in &lines {
            for (cell, width) in line.iter().zip(&widths) {
                let _ = write!(shown, "  {cell:>width$}");
            }
            shown.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(shown, "  {note}");
        }
        shown
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Value {
            let cells = self.columns.iter().zip(row);
            cells.map(|(&name, cell)| (name.to_owned(), cell.json())).collect::<Map<_, _>>().into()
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({ "title": self.title, "rows": rows, "notes": self.notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_says_the_same_as_its_json() {
        let mut table = Table::new("Title", &["who", "how long ms"]);
        table.row(vec!["server".into(), Cell::figure(1.25, 1)]);
        table.row(vec![2_usize.into(), Cell::figure(None, 1)]);
        table.note("Checked.");
        let shown = "\nTitle\n     who  how long ms\n  server          1.2\n       2            –\n  Checked.\n";
        assert_eq!(table.shown(), shown);
        let rows =
            json!([{ "who": "server", "how long ms": 1.25 }, { "who": 2, "how long ms": null }]);
        assert_eq!(table.json()["rows"], rows);
    }
}
