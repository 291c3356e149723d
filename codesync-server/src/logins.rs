//! The name to log in with: short, plain, and spelt one way only.

use std::fmt;
use std::str::FromStr;

/// Characters of a login.
pub const LOGIN_CHARS_MIN: usize = 2;
pub const LOGIN_CHARS_MAX: usize = 64;

/// A login in its one spelling: `a-z`, `0-9` and a few marks between them. A mail address is one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login(String);

/// A text that is no login.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a login has {LOGIN_CHARS_MIN} to {LOGIN_CHARS_MAX} of the characters a-z, 0-9, ., _, -, + and @, and begins with a letter or digit"
)]
pub struct ParseLoginError;

impl Login {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = ParseLoginError;

    /// Capitals are taken for small letters, and spaces around it, which keyboards add, for nothing.
    fn from_str(text: &str) -> Result<Self, ParseLoginError> {
        let login = text.trim_matches(' ').to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (LOGIN_CHARS_MIN..=LOGIN_CHARS_MAX).contains(&login.len())
            && login.bytes().all(|byte| is_plain(byte) || b"._-+@".contains(&byte))
            && login.bytes().next().is_some_and(is_plain);
        if fits { Ok(Self(login)) } else { Err(ParseLoginError) }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_spelt_one_way_only() {
        let read = |text: &str| text.parse::<Login>().map(|login| login.to_string()).ok();
        assert_eq!(read(" Ada ").as_deref(), Some("ada"));
        assert_eq!(read("ada.l+x@example.org").as_deref(), Some("ada.l+x@example.org"));
        assert_eq!(read(&"a".repeat(64)).map(|login| login.len()), Some(64));
        let long = "a".repeat(65);
        for wrong in ["", "a", ".ada", "@ada", "a b", "ada\0", "ada\n", "аda", "ädä", &long, "a/b"]
        {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
