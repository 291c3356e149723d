//! What is typed: each edit inserts one character that no other edit inserts.
//!
//! Then a text tells by itself which edits are in it, an edit can be put anywhere without tearing
//! another, and a submission is about as long as a typed letter's.

use anyhow::{Result, ensure};

/// First character that is used: below lie the letters of initial texts.
const FIRST: u32 = 0x800;
const SURROGATES: std::ops::Range<u32> = 0xd800..0xe000;

/// How many there are.
pub const TAGS_MAX: u32 = char::MAX as u32 + 1 - FIRST - (SURROGATES.end - SURROGATES.start);

/// The character of edit number `n`.
///
/// # Panics
///
/// If `n` is not below [`TAGS_MAX`].
#[must_use]
pub fn char_of(n: u32) -> char {
    let below = n + FIRST;
    let point = if below < SURROGATES.start { below } else { n + FIRST + SURROGATES.len() as u32 };
    char::from_u32(point).expect("surrogates are left out, and n is below the bound")
}

/// The number of the edit that inserted a character; `None` if none did.
#[must_use]
pub fn number_of(char: char) -> Option<u32> {
    let point = u32::from(char);
    let gap = if point < SURROGATES.start { 0 } else { SURROGATES.len() as u32 };
    (point - gap).checked_sub(FIRST)
}

/// Whether a text holds the tags below `count` exactly once each, and beside them nothing but
/// `others` characters.
///
/// # Errors
///
/// Says which tag is lost, doubled or foreign.
pub fn check_once(text: &str, count: u32, others: usize) -> Result<()> {
    check_kept(text, count, others, |_| true)
}

/// As [`check_once`], where only the tags that `is_kept` names are to be there.
///
/// # Errors
///
/// Says which tag is lost, doubled or foreign.
pub fn check_kept(
    text: &str,
    count: u32,
    others: usize,
    is_kept: impl Fn(u32) -> bool,
) -> Result<()> {
    let mut met = vec![0_u32; count as usize];
    let mut rest = 0;
    for char in text.chars() {
        match number_of(char) {
            None => rest += 1,
            Some(tag) => match met.get_mut(tag as usize) {
                Some(times) => *times += 1,
                None => anyhow::bail!("edit {tag} is in the text although nobody made it"),
            },
        }
    }
    for (tag, times) in (0..).zip(met) {
        let expected = u32::from(is_kept(tag));
        ensure!(times == expected, "edit {tag} is in the text {times} times, not {expected}");
    }
    ensure!(rest == others, "{rest} characters of the first text are left, not {others}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_a_character_of_its_own() {
        let mut before = None;
        for n in 0..TAGS_MAX {
            let char = char_of(n);
            assert!(before < Some(char));
            assert_eq!(number_of(char), Some(n));
            before = Some(char);
        }
        assert_eq!(before, Some(char::MAX));
        assert_eq!(number_of('~'), None);
    }

    #[test]
    fn lost_doubled_and_foreign_edits_are_told() {
        let text = |tags: &[u32]| tags.iter().copied().map(char_of).collect::<String>() + "ab";
        assert!(check_once(&text(&[2, 0, 1]), 3, 2).is_ok());
        assert!(check_once(&text(&[2, 0]), 3, 2).is_err());
        assert!(check_once(&text(&[2, 0, 1, 1]), 3, 2).is_err());
        assert!(check_once(&text(&[2, 0, 1, 3]), 3, 2).is_err());
        assert!(check_once(&text(&[2, 0, 1]), 3, 1).is_err());
        assert!(check_kept(&text(&[2, 0]), 3, 2, |tag| tag != 1).is_ok());
    }
}
