//! Passwords: which ones are good enough.
//!
//! A length, a list of the commonest, and nothing else: rules about digits and capitals make people
//! write worse ones (NIST SP 800-63B, section 3.1.1.2). A password is used exactly as it was typed,
//! to its last character. [`hashing`] keeps it.

pub mod hashing;

use std::fmt;

/// Characters that a password has at least; fifteen are better.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Characters that a password has at most, so that nobody makes the server hash a book.
pub const PASSWORD_CHARS_MAX: usize = 1024;

/// In order, after a few lines that begin with `#`.
const COMMON: &str = include_str!("password/common.txt");

/// A password as it was typed. It is never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Password(Box<str>);

impl Password {
    /// Any text that somebody offers as his password, to be compared with the one that is kept.
    #[must_use]
    pub fn offered(text: String) -> Self {
        Self(text.into())
    }

    /// A password that an account may have from now on.
    pub fn chosen(text: String, login: &str) -> Result<Self, PasswordError> {
        let chars = text.chars().count();
        if chars < PASSWORD_CHARS_MIN {
            return Err(PasswordError::TooShort { chars });
        }
        if chars > PASSWORD_CHARS_MAX {
            return Err(PasswordError::TooLong { chars });
        }
        let lower = text.to_lowercase();
        if is_common(&lower) || lower == login.to_lowercase() || is_one_char(&lower) {
            return Err(PasswordError::Common);
        }
        Ok(Self(text.into()))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it is longer than any that an account can have.
    fn is_overlong(&self) -> bool {
        self.0.chars().nth(PASSWORD_CHARS_MAX).is_some()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// The password is not good enough.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password has {chars} characters; take {PASSWORD_CHARS_MIN} or more, better 15")]
    TooShort { chars: usize },
    #[error("the password has {chars} characters; {PASSWORD_CHARS_MAX} are the most there may be")]
    TooLong { chars: usize },
    #[error("the password is one of those that are tried first; take one that nobody would guess")]
    Common,
}

fn is_common(lower: &str) -> bool {
    COMMON.lines().any(|common| common == lower)
}

fn is_one_char(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), PasswordError>) {
        let chosen = Password::chosen(text.to_owned(), "ada.lovelace");
        assert_eq!(chosen.map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_length_is_counted_in_characters_and_nothing_is_cut_off() {
        check("sevench", Err(PasswordError::TooShort { chars: 7 }));
        check("eight ch", Ok(()));
        check("übergröß", Ok(()));
        check(&"long ".repeat(16), Ok(()));
        check(&("x".repeat(1023) + "y"), Ok(()));
        check(&("x".repeat(1024) + "y"), Err(PasswordError::TooLong { chars: 1025 }));
    }

    #[test]
    fn no_rule_asks_for_digits_or_capitals() {
        check("staplehorse", Ok(()));
        check("correct horse battery staple", Ok(()));
    }

    #[test]
    fn common_ones_are_refused_in_any_case() {
        for common in ["password", "PassWord1", "1234567890", "qwertyuiop", "aaaaaaaaaaaa"] {
            check(common, Err(PasswordError::Common));
        }
        check("Ada.Lovelace", Err(PasswordError::Common));
    }

    #[test]
    fn the_list_holds_nothing_that_is_refused_anyhow() {
        let words: Vec<_> = COMMON.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(words.len() >= 200, "{}", words.len());
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
        for word in words {
            assert!(word.chars().count() >= PASSWORD_CHARS_MIN, "{word}");
            assert_eq!(word, word.to_lowercase());
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = Password::offered("canary".to_owned());
        assert!(!format!("{password:?}").contains("canary"));
    }
}
