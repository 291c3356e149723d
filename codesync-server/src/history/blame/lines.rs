//! A long list of lines in short pieces, so that a change in the middle moves little.

use super::Touch;

/// Lines in one piece; a longer piece is cut.
const PIECE_MAX: usize = 512;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Line {
    /// Without the line feed.
    pub(super) chars: usize,
    pub(super) touch: Touch,
}

/// All lines of a text; there is always one.
#[derive(Debug)]
pub(super) struct Lines {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    lines: Vec<Line>,
    /// Chars of all of them, each with a line feed.
    chars: usize,
}

/// Which line: a piece, and a place in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Index {
    piece: usize,
    line: usize,
}

/// A place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) line: Index,
    /// Chars of the line before the place.
    pub(super) column: usize,
}

impl Piece {
    fn of(lines: Vec<Line>) -> Self {
        let chars = lines.iter().map(|line| line.chars + 1).sum();
        Self { lines, chars }
    }
}

impl Lines {
    pub(super) fn of(line: Line) -> Self {
        Self { pieces: vec![Piece::of(vec![line])] }
    }

    /// Length of the text; the last line has no line feed.
    pub(super) fn chars(&self) -> usize {
        self.pieces.iter().map(|piece| piece.chars).sum::<usize>() - 1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Line> + '_ {
        self.pieces.iter().flat_map(|piece| piece.lines.iter().copied())
    }

    pub(super) fn at(&self, index: Index) -> Line {
        self.pieces[index.piece].lines[index.line]
    }

    /// The line in which an offset of the text lies.
    pub(super) fn find(&self, offset: usize) -> Found {
        let mut column = offset;
        for (piece, it) in self.pieces.iter().enumerate() {
            if column >= it.chars {
                column -= it.chars;
                continue;
            }
            for (line, it) in it.lines.iter().enumerate() {
                if column <= it.chars {
                    return Found { line: Index { piece, line }, column };
                }
                column -= it.chars + 1;
            }
        }
        panic!("offset {offset} is beyond the text of {} chars", self.chars());
    }

    /// Puts others in the place of the lines from `first` to `last`.
    pub(super) fn replace(&mut self, first: Index, last: Index, lines: Vec<Line>) {
        if first.piece == last.piece {
            let piece = &mut self.pieces[first.piece];
            let replaced = first.line..=last.line;
            piece.chars += lines.iter().map(|line| line.chars + 1).sum::<usize>();
            let gone = piece.lines.splice(replaced, lines);
            piece.chars -= gone.map(|line| line.chars + 1).sum::<usize>();
        } else {
            let head = &self.pieces[first.piece].lines[..first.line];
            let tail = &self.pieces[last.piece].lines[last.line + 1..];
            let joined = Piece::of([head, &lines, tail].concat());
            self.pieces.splice(first.piece..=last.piece, [joined]);
        }
        if self.pieces[first.piece].lines.len() > PIECE_MAX {
            self.cut(first.piece);
        }
    }

    /// Cuts a piece into halves, or into as many as there must be.
    fn cut(&mut self, piece: usize) {
        let lines = std::mem::take(&mut self.pieces[piece].lines);
        let pieces: Vec<_> =
            lines.chunks(PIECE_MAX / 2).map(|lines| Piece::of(lines.to_vec())).collect();
        self.pieces.splice(piece..=piece, pieces);
    }

    /// The offset at which a line begins.
    #[cfg(test)]
    pub(super) fn start_of(&self, line: usize) -> usize {
        self.iter().take(line).map(|line| line.chars + 1).sum()
    }
}
