//! What of a log line a reader would obey instead of see, written out.
//!
//! The formatters know each event and write it with one call, its line feed at the end. A line
//! feed before that, an escape sequence, a mark that turns the direction of what follows: whoever
//! can get such a thing into a field could forge a line or hide one.

use std::io::{self, Write};

use crate::names::is_hidden;

/// Writes lines with everything that cannot be seen spelt out as `\u{…}`.
pub(super) struct Encoded<W>(pub(super) W);

impl<W: Write> Write for Encoded<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let plain = |byte: &u8| matches!(byte, b' '..=b'~');
        let end = line.len() - usize::from(line.ends_with(b"\n"));
        if line[..end].iter().all(plain) {
            self.0.write_all(line)?;
        } else {
            let text = String::from_utf8_lossy(&line[..end]);
            let mut encoded = String::with_capacity(text.len() + 16);
            for char in text.chars() {
                if is_hidden(char) {
                    encoded.extend(char.escape_default());
                } else {
                    encoded.push(char);
                }
            }
            self.0.write_all(encoded.as_bytes())?;
            self.0.write_all(&line[end..])?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, written: &str) {
        let mut out = Vec::new();
        Encoded(&mut out).write_all(line.as_bytes()).expect("memory takes everything");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), written);
    }

    #[test]
    fn a_line_stays_one_line_and_shows_what_is_in_it() {
        check("all is well\n", "all is well\n");
        check("naïve 漢字 👩\u{200d}🚀\n", "naïve 漢字 👩\u{200d}🚀\n");
        check("a\nINFO forged\n", "a\\nINFO forged\n");
        check("a\r\x1b[2Jb\u{9b}31m\n", "a\\r\\u{1b}[2Jb\\u{9b}31m\n");
        check("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c");
    }
}
