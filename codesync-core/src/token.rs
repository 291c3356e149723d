//! The proof with which a person shows who he is.

use std::fmt;

/// A token as a server gave it out: shown to that server, and to nobody else.
///
/// `Debug` leaves out what it is, so that no log has it.
///
/// ```
/// use codesync_core::AccessToken;
///
/// let token = AccessToken::from("secret");
/// assert_eq!(token.expose(), "secret");
/// assert_eq!(format!("{token:?}"), "AccessToken(…)");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token itself, to be sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for AccessToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl From<&str> for AccessToken {
    fn from(token: &str) -> Self {
        Self(token.to_owned())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}
