//! Copied text on its way to the clipboard of the machine the person sits at: by OSC 52 through
//! ssh and tmux alike, and where there is a desktop on this machine, by the desktop's own way
//! ([`Desktop`]), for terminals that do not pass it on. What is pasted comes back as a bracketed
//! paste.
//!
//! Only this person's own copying ever leads here, never anything of others.

mod desktop;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) use desktop::Desktop;

/// Longest text that is offered, in bytes; terminals drop longer sequences.
pub(crate) const TEXT_BYTES_MAX: usize = 74_000;

/// The sequence that puts a text on the clipboard; `None` when it is too long for one.
pub(crate) fn sequence(text: &str) -> Option<String> {
    (text.len() <= TEXT_BYTES_MAX).then(|| format!("\x1b]52;c;{}\x07", STANDARD.encode(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_travels_encoded_and_not_when_it_is_too_long() {
        assert_eq!(sequence("a\x1bb").as_deref(), Some("\x1b]52;c;YRti\x07"));
        assert!(sequence(&"x".repeat(TEXT_BYTES_MAX)).is_some());
        assert_eq!(sequence(&"x".repeat(TEXT_BYTES_MAX + 1)), None);
    }
}
