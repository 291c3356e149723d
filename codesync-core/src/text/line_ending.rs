//! The line ending of a file, which a document keeps beside its text and not in it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How the lines of a file end where it was imported from and where it is exported to.
///
/// Within a document every line ends in `'\n'`. Import is [`LineEnding::detect`] and
/// [`LineEnding::normalize`], export is [`LineEnding::restore`]; a file in which all lines end
/// alike comes out as it went in.
///
/// ```
/// use codesync_core::LineEnding;
///
/// let file = "one\r\ntwo\r\n";
/// let ending = LineEnding::detect(file);
/// let text = LineEnding::normalize(file);
/// assert_eq!((ending, &*text), (LineEnding::Crlf, "one\ntwo\n"));
/// assert_eq!(ending.restore(&text), file);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnding {
    /// Line feed, `"\n"`.
    #[default]
    Lf,
    /// Carriage return and line feed, `"\r\n"`.
    Crlf,
}

impl LineEnding {
    /// The ending most lines of `text` have; `Lf` if as many have the one as the other. O(n).
    #[must_use]
    pub fn detect(text: &str) -> Self {
        let bytes = text.as_bytes();
        let line_feeds = bytes.iter().filter(|&&byte| byte == b'\n').count();
        let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
        if pairs > line_feeds - pairs { Self::Crlf } else { Self::Lf }
    }

    /// `text` with each CRLF and each lone carriage return turned into a line feed.
    ///
    /// Borrowed when there is no carriage return in it. O(n).
    #[must_use]
    pub fn normalize(text: &str) -> Cow<'_, str> {
        let mut parts = text.split('\r');
        let first = parts.next().unwrap_or_default();
        if first.len() == text.len() {
            return Cow::Borrowed(text);
        }
        let mut normalized = String::with_capacity(text.len());
        normalized.push_str(first);
        for part in parts {
            normalized.push('\n');
            normalized.push_str(part.strip_prefix('\n').unwrap_or(part));
        }
        Cow::Owned(normalized)
    }

    /// `text`, a document's, with this ending on each of its lines.
    ///
    /// Borrowed when nothing is to be changed. O(n).
    #[must_use]
    pub fn restore(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Crlf if text.contains('\n') => Cow::Owned(text.replace('\n', "\r\n")),
            Self::Crlf | Self::Lf => Cow::Borrowed(text),
        }
    }

    /// The characters of the ending.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
        }
    }
}

impl fmt::Display for LineEnding {
    /// The name it has in JSON: `lf` or `crlf`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lf => "lf",
            Self::Crlf => "crlf",
        })
    }
}
