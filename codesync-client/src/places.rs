//! Folders of this person on this machine, after the XDG base directory specification: what is
//! chosen, what is kept from one run to the next, and what can be fetched again.
//!
//! A variable that is set but not absolute counts as unset, as the specification wants it.

use std::path::PathBuf;

/// The program's folder in each of them.
const NAME: &str = "codesync";

/// Where settings are: `$XDG_CONFIG_HOME/codesync`, or `~/.config/codesync`. `None` without a home.
#[must_use]
pub fn config() -> Option<PathBuf> {
    below("XDG_CONFIG_HOME", ".config", "APPDATA")
}

/// Where unsent work and logins are: `$XDG_STATE_HOME/codesync`, or `~/.local/state/codesync`.
/// `None` without a home.
#[must_use]
pub fn state() -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")
}

/// Where copies are that the server can give again: `$XDG_CACHE_HOME/codesync`, or
/// `~/.cache/codesync`. `None` without a home.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    below("XDG_CACHE_HOME", ".cache", "LOCALAPPDATA")
}

fn below(variable: &str, at_home: &str, elsewhere: &str) -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = absolute(variable)
        .or_else(|| absolute("HOME").map(|home| home.join(at_home)))
        .or_else(|| absolute(elsewhere))?;
    Some(folder.join(NAME))
}
