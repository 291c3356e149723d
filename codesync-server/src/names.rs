//! What a name may hold: only characters that people see as what they are.

use codesync_core::limits::{NAME_BYTES_MAX, NAME_GRAPHEMES_MAX};
use unicode_segmentation::UnicodeSegmentation;

/// A name is none. The rest of the sentence "the name …".
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the name {0}")]
pub struct NameError(pub &'static str);

/// The name without blanks around it, if people can read it and programs can keep it.
pub(crate) fn visible_name(name: &str) -> Result<String, NameError> {
    let name = visible_label(name)?;
    if name.is_empty() {
        return Err(NameError("must not be empty"));
    }
    Ok(name)
}

/// The same where there need not be one.
pub(crate) fn visible_label(label: &str) -> Result<String, NameError> {
    // Before blanks are taken away: some of them are control characters, and all have a length.
    if label.chars().any(is_hidden) {
        return Err(NameError("must not hold control or invisible characters"));
    }
    if label.len() > NAME_BYTES_MAX || label.graphemes(true).count() > NAME_GRAPHEMES_MAX {
        return Err(NameError("is longer than 64 characters or 256 bytes"));
    }
    Ok(label.trim().to_owned())
}

/// Whether a character would be obeyed instead of shown, or not be seen at all: controls, line
/// separators, marks that turn the direction of what follows, blanks of no width, and tags.
///
/// The joiners U+200C and U+200D are left alone: emoji and some scripts are written with them.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_measured_as_people_count() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(visible_name(&family.repeat(10)), Ok(family.repeat(10)));
        assert!(visible_name(&"n".repeat(NAME_GRAPHEMES_MAX)).is_ok());
        assert!(visible_name(&"n".repeat(NAME_GRAPHEMES_MAX + 1)).is_err());
        assert!(visible_name(&format!("n{}", " ".repeat(NAME_GRAPHEMES_MAX))).is_err());
        assert!(visible_name(&format!("e{}", "\u{301}".repeat(NAME_BYTES_MAX))).is_err());
        assert!(visible_name(" \u{3000} ").is_err());
        for hidden in ["a\u{1b}[2Jb", "\tname", "name\n", "name\u{85}"] {
            assert!(visible_name(hidden).is_err(), "{hidden:?}");
        }
        assert_eq!(visible_name("  notes.md ").as_deref(), Ok("notes.md"));
        assert_eq!(visible_label("  ").as_deref(), Ok(""));
    }

    #[test]
    fn what_turns_or_hides_a_name_is_told_from_what_writes_it() {
        for c in ['\n', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}', '\u{e0041}'] {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "naïve 漢字 👩\u{200d}🚀 שלום ‐ –".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }
}
