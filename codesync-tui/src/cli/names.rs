//! Names that come near: for "did you mean".

use strsim::osa_distance;

use crate::sanitize;

/// Names that are suggested.
const SUGGESTIONS_MAX: usize = 3;
/// Characters of a name that are compared.
const CHARS_MAX: usize = 200;

/// "did you mean x or y?", if any of the names comes near what was wanted.
pub(crate) fn did_you_mean(
    wanted: &str,
    names: impl IntoIterator<Item = String>,
) -> Option<String> {
    let mut near: Vec<(usize, String)> =
        names.into_iter().filter_map(|name| Some((nearness(wanted, &name)?, name))).collect();
    near.sort();
    near.dedup();
    let names: Vec<String> =
        near.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| sanitize::one_line(&name)).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// How far two names are apart, in slips of a typist; `None` when they have little in common.
fn nearness(wanted: &str, name: &str) -> Option<usize> {
    let short = |name: &str| name.to_lowercase().chars().take(CHARS_MAX).collect::<String>();
    let (wanted, name) = (short(wanted), short(name));
    let file = name.rsplit('/').next().unwrap_or(&name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let distance =
        [name.as_str(), file, stem].into_iter().map(|other| osa_distance(&wanted, other)).min()?;
    if distance <= (wanted.chars().count() / 3).max(1) {
        Some(distance)
    } else {
        name.contains(&wanted).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_told_from_strangers() {
        assert_eq!(nearness("mian.rs", "main.rs"), Some(1));
        assert_eq!(nearness("notes", "Notes.md"), Some(0));
        assert_eq!(nearness("main", "src/main.rs"), Some(0));
        assert_eq!(nearness("read", "README.md"), Some(2));
        assert_eq!(nearness("zebra", "main.rs"), None);
    }
}
