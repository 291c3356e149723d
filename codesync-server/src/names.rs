//! What a name may hold: only characters that people see as what they are.

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
    fn what_turns_or_hides_a_name_is_told_from_what_writes_it() {
        for c in ['\n', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}', '\u{e0041}'] {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "naïve 漢字 👩\u{200d}🚀 שלום ‐ –".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }
}
