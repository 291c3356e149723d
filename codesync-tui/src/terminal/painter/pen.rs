//! In which colours the next character is shown, and the shortest order to change that.

use std::io::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// All that a terminal shows of a cell besides its character.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Pen {
    front: Color,
    back: Color,
    modifier: Modifier,
}

impl Pen {
    pub(super) fn of(cell: &Cell) -> Self {
        Self { front: cell.fg, back: cell.bg, modifier: cell.modifier }
    }

    /// Writes what makes this pen another one.
    pub(super) fn change(self, to: Self, out: &mut Vec<u8>) {
        if self == to {
            return;
        }
        out.extend_from_slice(b"\x1b[");
        if to == Self::default() {
            out.push(b'm');
            return;
        }
        let mut from = self;
        // What takes one modifier away may take another one, too: bold and dim go together.
        if !to.modifier.contains(from.modifier) {
            from = Self::default();
            out.extend_from_slice(b"0;");
        }
        for added in (to.modifier - from.modifier).iter() {
            parameter(out, format_args!("{}", number(added)));
        }
        if from.front != to.front {
            color(out, to.front, 30);
        }
        if from.back != to.back {
            color(out, to.back, 40);
        }
        if let Some(last) = out.last_mut() {
            *last = b'm';
        }
    }
}

/// The parameter that switches a modifier on.
fn number(modifier: Modifier) -> u8 {
    match modifier {
        Modifier::BOLD => 1,
        Modifier::DIM => 2,
        Modifier::ITALIC => 3,
        Modifier::UNDERLINED => 4,
        Modifier::SLOW_BLINK => 5,
        Modifier::RAPID_BLINK => 6,
        Modifier::REVERSED => 7,
        Modifier::HIDDEN => 8,
        Modifier::CROSSED_OUT => 9,
        // Nothing else can be set; this one changes nothing.
        _ => 10,
    }
}

/// Writes a colour for what begins at this parameter. The sixteen go by their number among all: some
/// terminals take the short way for bright and bold at once, and keep it.
fn color(out: &mut Vec<u8>, color: Color, begin: u8) {
    let number = match color {
        Color::Reset => return parameter(out, format_args!("{}", begin + 9)),
        Color::Rgb(r, g, b) => return parameter(out, format_args!("{};2;{r};{g};{b}", begin + 8)),
        Color::Indexed(number) => number,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    parameter(out, format_args!("{};5;{number}", begin + 8));
}

/// Writes a parameter and what parts it from the next one.
fn parameter(out: &mut Vec<u8>, parameter: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = write!(out, "{parameter};");
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Pen = Pen { front: Color::Reset, back: Color::Reset, modifier: Modifier::empty() };

    #[track_caller]
    fn check(from: Pen, to: Pen, expected: &str) {
        let mut out = Vec::new();
        from.change(to, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn only_what_differs_is_said() {
        let red = Pen { front: Color::Red, ..PLAIN };
        let marked = Pen { back: Color::Rgb(1, 2, 3), ..red };
        check(PLAIN, PLAIN, "");
        check(PLAIN, red, "\x1b[38;5;1m");
        check(red, marked, "\x1b[48;2;1;2;3m");
        check(marked, Pen { front: Color::LightCyan, ..marked }, "\x1b[38;5;14m");
        check(marked, red, "\x1b[49m");
        check(marked, PLAIN, "\x1b[m");
        check(PLAIN, Pen { back: Color::Indexed(240), ..PLAIN }, "\x1b[48;5;240m");
    }

    #[test]
    fn what_is_taken_away_is_taken_away_with_all_the_rest() {
        let both = Pen { modifier: Modifier::BOLD | Modifier::DIM, ..PLAIN };
        let bold = Pen { modifier: Modifier::BOLD, front: Color::Blue, ..PLAIN };
        check(bold, both, "\x1b[2;39m");
        check(both, bold, "\x1b[0;1;38;5;4m");
        check(bold, Pen { modifier: Modifier::empty(), ..bold }, "\x1b[0;38;5;4m");
    }

    #[test]
    fn every_modifier_has_a_number_of_its_own() {
        let numbers: Vec<u8> = Modifier::all().iter().map(number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
