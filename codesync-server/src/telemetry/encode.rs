//! What of a log line a reader would obey instead of see, written out.
//!
//! The formatters know each event and write it with one call, its line feed at the end. A line
//! feed before that, an escape sequence, a mark that turns the direction of what follows: whoever
//! can get such a thing into a field could forge a line or hide one.

use std::io::{self, Write};

use crate::names::is_hidden;

/// What the formatter writes in front of and behind its words: plain, bold, faint, italic, and the
/// colours of its levels. Nothing that hides what follows is among them.
const COLOURS: [&str; 9] = ["0", "1", "2", "3", "31", "32", "33", "34", "35"];

/// Writes lines with everything that cannot be seen spelt out as `\u{…}`.
pub(super) struct Encoded<W> {
    pub(super) out: W,
    /// Whether [`COLOURS`] stay, whoever wrote them: not all that comes from others has passed the
    /// formatter's own encoding.
    pub(super) colours: bool,
}

impl<W: Write> Write for Encoded<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let plain = |byte: &u8| matches!(byte, b' '..=b'~');
        let end = line.len() - usize::from(line.ends_with(b"\n"));
        if line[..end].iter().all(plain) {
            self.out.write_all(line)?;
        } else {
            let text = String::from_utf8_lossy(&line[..end]);
            self.out.write_all(self.encode(&text).as_bytes())?;
            self.out.write_all(&line[end..])?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W> Encoded<W> {
    fn encode(&self, text: &str) -> String {
        let mut encoded = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let length = match colour(rest) {
                Some(length) if self.colours => length,
                _ => char.len_utf8(),
            };
            let (this, after) = rest.split_at(length);
            if length == char.len_utf8() && is_hidden(char) {
                encoded.extend(char.escape_default());
            } else {
                encoded.push_str(this);
            }
            rest = after;
        }
        encoded
    }
}

/// The length of the sequence that chooses one of [`COLOURS`], if the text begins with one (ECMA-48,
/// SGR).
fn colour(text: &str) -> Option<usize> {
    let words = text.strip_prefix("\x1b[")?;
    let is_it = |word: &&&str| words.strip_prefix(**word).is_some_and(|rest| rest.starts_with('m'));
    COLOURS.iter().find(is_it).map(|word| "\x1b[".len() + word.len() + "m".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str, colours: bool) -> String {
        let mut out = Vec::new();
        let mut encoded = Encoded { out: &mut out, colours };
        encoded.write_all(line.as_bytes()).expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(written(line, false), expected);
    }

    #[test]
    fn a_line_stays_one_line_and_shows_what_is_in_it() {
        check("all is well\n", "all is well\n");
        check("naïve 漢字 👩\u{200d}🚀\n", "naïve 漢字 👩\u{200d}🚀\n");
        check("a\nINFO forged\n", "a\\nINFO forged\n");
        check("a\r\x1b[2Jb\u{9b}31m\n", "a\\r\\u{1b}[2Jb\\u{9b}31m\n");
        check("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c");
    }

    #[test]
    fn colours_stay_where_they_are_wanted_and_nothing_else() {
        let line = "\x1b[32mINFO\x1b[0m ü\x1b[8m\x1b[2J\x1b]0;t\x07\x1b[31\n";
        let colours = "\x1b[32mINFO\x1b[0m ü\\u{1b}[8m\\u{1b}[2J\\u{1b}]0;t\\u{7}\\u{1b}[31\n";
        assert_eq!(written(line, true), colours);
        check("\x1b[32ma\n", "\\u{1b}[32ma\n");
    }
}
