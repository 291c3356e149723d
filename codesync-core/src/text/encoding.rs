//! Offsets as others count them: UTF-8 bytes, UTF-16 code units, lines and columns.

use serde::{Deserialize, Serialize};

use super::Text;

/// A unit in which offsets and columns are counted.
///
/// The Language Server Protocol 3.17 calls them `utf-32`, `utf-8` and `utf-16`
/// (`PositionEncodingKind`).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Unicode scalar values, `char`s: the core's own unit.
    #[default]
    Scalar,
    /// Bytes of UTF-8.
    Utf8,
    /// UTF-16 code units, as JavaScript, Monaco and most language servers count.
    Utf16,
}

impl Encoding {
    /// The length of `text` in this unit. O(n).
    #[must_use]
    pub fn len(self, text: &str) -> usize {
        match self {
            Self::Scalar => text.chars().count(),
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// What one unit is called in a sentence.
    const fn units(self) -> &'static str {
        match self {
            Self::Scalar => "chars",
            Self::Utf8 => "bytes",
            Self::Utf16 => "UTF-16 code units",
        }
    }
}

/// A place as editors show it: a line and a column within it, both counted from 0.
///
/// The column is in the [`Encoding`] that was asked for.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
pub struct Position {
    /// Index of the line.
    pub line: usize,
    /// Units between the beginning of the line and the place.
    pub column: usize,
}

/// An offset that names no gap between two characters of the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OffsetError {
    /// The offset lies beyond the end.
    #[error("offset {offset} is beyond the text of {len} {}", encoding.units())]
    OutOfBounds {
        /// The unit of the two numbers.
        encoding: Encoding,
        /// What was asked for.
        offset: usize,
        /// The length of the text.
        len: usize,
    },

    /// The offset lies between the units of one character: within a surrogate pair or a UTF-8
    /// sequence.
    #[error("offset {offset} in {} is inside the character at {start}..{end}", encoding.units())]
    InsideCharacter {
        /// The unit of the numbers.
        encoding: Encoding,
        /// What was asked for.
        offset: usize,
        /// Where the character begins.
        start: usize,
        /// Where the character ends.
        end: usize,
    },
}

/// A position that names no gap between two characters of a line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PositionError {
    /// There is no such line.
    #[error("line {line} is beyond the {lines} lines of the text")]
    LineOutOfBounds {
        /// What was asked for, counted from 0.
        line: usize,
        /// How many lines there are.
        lines: usize,
    },

    /// The line ends before this column.
    #[error("column {column} is beyond line {line} of {columns} {}", encoding.units())]
    ColumnOutOfBounds {
        /// The unit of the columns.
        encoding: Encoding,
        /// The line, counted from 0.
        line: usize,
        /// What was asked for.
        column: usize,
        /// The length of the line without its line feed.
        columns: usize,
    },

    /// The column lies between the units of one character.
    #[error("column {column} of line {line}, in {}, is inside a character", encoding.units())]
    InsideCharacter {
        /// The unit of the column.
        encoding: Encoding,
        /// The line, counted from 0.
        line: usize,
        /// What was asked for.
        column: usize,
    },
}

impl Text {
    /// The length of the whole text in a unit. O(1).
    #[must_use]
    pub fn len_in(&self, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Scalar => self.len(),
            Encoding::Utf8 => self.len_bytes(),
            Encoding::Utf16 => self.len_utf16(),
        }
    }

    /// The offset, in `char`s, of what is `offset` in the given unit. O(log n).
    ///
    /// ```
    /// use codesync_core::{Encoding, Text};
    ///
    /// let text = Text::from("a😀b");
    /// assert_eq!(text.offset_from(Encoding::Utf16, 3), Ok(2));
    /// let error = text.offset_from(Encoding::Utf16, 2).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "offset 2 in UTF-16 code units is inside the character at 1..3",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// If the offset lies beyond the text or inside a character.
    pub fn offset_from(&self, encoding: Encoding, offset: usize) -> Result<usize, OffsetError> {
        let len = self.len_in(encoding);
        if offset > len {
            return Err(OffsetError::OutOfBounds { encoding, offset, len });
        }
        let scalar = match encoding {
            Encoding::Scalar => return Ok(offset),
            Encoding::Utf8 => self.rope.whole().byte_to_char(offset),
            Encoding::Utf16 => self.rope.whole().utf16_cu_to_char(offset),
        };
        let start = self.encode(encoding, scalar);
        if start == offset {
            return Ok(scalar);
        }
        let end = self.encode(encoding, scalar + 1);
        Err(OffsetError::InsideCharacter { encoding, offset, start, end })
    }

    /// What `offset`, in `char`s, is in the given unit. O(log n).
    ///
    /// # Errors
    ///
    /// If the offset lies beyond the text.
    pub fn offset_to(&self, encoding: Encoding, offset: usize) -> Result<usize, OffsetError> {
        if offset > self.len() {
            let (encoding, len) = (Encoding::Scalar, self.len());
            return Err(OffsetError::OutOfBounds { encoding, offset, len });
        }
        Ok(self.encode(encoding, offset))
    }

    /// The line and column of `offset`, the column in the given unit. O(log n).
    ///
    /// # Errors
    ///
    /// If the offset lies beyond the text.
    pub fn position_of(&self, offset: usize, encoding: Encoding) -> Result<Position, OffsetError> {
        let end = self.offset_to(encoding, offset)?;
        let line = self.line_of(offset);
        let start = self.encode(encoding, self.line_start(line));
        Ok(Position { line, column: end - start })
    }

    /// The offset of a line and column, the column in the given unit. O(log n).
    ///
    /// # Errors
    ///
    /// If there is no such line, the line ends before the column, or the column lies inside a
    /// character. (The Language Server Protocol takes a column beyond the line for its end; who
    /// speaks it clamps on [`PositionError::ColumnOutOfBounds`].)
    pub fn offset_of(
        &self,
        position: Position,
        encoding: Encoding,
    ) -> Result<usize, PositionError> {
        let Position { line, column } = position;
        let lines = self.len_lines();
        if line >= lines {
            return Err(PositionError::LineOutOfBounds { line, lines });
        }
        let range = self.line_range(line);
        let start = self.encode(encoding, range.start);
        let columns = self.encode(encoding, range.end) - start;
        if column > columns {
            return Err(PositionError::ColumnOutOfBounds { encoding, line, column, columns });
        }
        self.offset_from(encoding, start + column).map_err(|_| PositionError::InsideCharacter {
            encoding,
            line,
            column,
        })
    }

    /// [`Text::offset_to`] for an offset known to lie within the text.
    pub(super) fn encode(&self, encoding: Encoding, offset: usize) -> usize {
        match encoding {
            Encoding::Scalar => offset,
            Encoding::Utf8 => self.rope.whole().char_to_byte(offset),
            Encoding::Utf16 => self.rope.whole().char_to_utf16_cu(offset),
        }
    }
}
