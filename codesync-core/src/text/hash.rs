//! A fingerprint of a text, with which two copies find out whether they are still the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::Text;

/// XXH64 with seed 0 of the UTF-8 bytes of a text.
///
/// It finds accidents, not attacks: anybody can make two texts with one hash. Shown as 16
/// hexadecimal digits, as `xxh64sum` prints it.
///
/// ```
/// use codesync_core::{Text, TextHash};
///
/// let hash = Text::new().hash();
/// assert_eq!(hash, TextHash::of(""));
/// assert_eq!(hash.to_string(), "ef46db3751d8e999");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextHash(u64);

impl TextHash {
    /// The hash with this number, as it came over the wire.
    #[must_use]
    pub const fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// The number inside.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The hash of a text that lies in one piece. O(n).
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(xxh64(text.as_bytes(), 0))
    }
}

impl fmt::Display for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Text {
    /// The hash of the whole text, a function of its characters and not of its history.
    ///
    /// O(n), about a millisecond for ten megabytes; not for every keystroke.
    #[must_use]
    pub fn hash(&self) -> TextHash {
        let mut hasher = Xxh64::new(0);
        for chunk in self.chunks() {
            hasher.update(chunk.as_bytes());
        }
        TextHash(hasher.digest())
    }
}
