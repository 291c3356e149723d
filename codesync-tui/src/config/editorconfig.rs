//! How a project wants its files indented: the files `.editorconfig` from a file's folder upward.
//!
//! Of their properties those about indentation are read; see <https://spec.editorconfig.org>.

use std::fs;
use std::path::Path;

use regex::Regex;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Folders that are looked into at most.
const FOLDERS_MAX: usize = 64;
/// Widest indentation, in columns.
const COLUMNS_MAX: usize = 16;

/// What is said about a file. What is not said is for the text to tell.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Wish {
    pub(crate) uses_tabs: Option<bool>,
    /// Columns of one step.
    pub(crate) step: Option<usize>,
    /// Columns from one tab stop to the next.
    pub(crate) tab: Option<usize>,
}

/// What the project says about this file.
pub(super) fn wish(file: &Path) -> Wish {
    let Ok(file) = std::path::absolute(file) else { return Wish::default() };
    let mut texts = Vec::new();
    for folder in file.ancestors().skip(1).take(FOLDERS_MAX) {
        let path = folder.join(".editorconfig");
        let is_short = fs::metadata(&path).is_ok_and(|about| about.len() <= FILE_BYTES_MAX);
        let Some(text) = is_short.then(|| fs::read_to_string(&path).ok()).flatten() else {
            continue;
        };
        let below = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let is_root = is_root(&text);
        texts.push((text, below));
        if is_root {
            break;
        }
    }
    let mut wish = Wish::default();
    // The nearest file has the last word.
    for (text, below) in texts.iter().rev() {
        read(text, below, &mut wish);
    }
    wish
}

fn is_root(text: &str) -> bool {
    let before_sections = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    before_sections
        .filter_map(property)
        .any(|(key, value)| key == "root" && value.eq_ignore_ascii_case("true"))
}

/// Takes in what one file says about the path below it.
fn read(text: &str, below: &str, wish: &mut Wish) {
    let mut applies = false;
    for line in text.lines().map(str::trim) {
        if let Some(glob) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            applies = pattern(glob).is_some_and(|pattern| pattern.is_match(below));
        } else if applies && let Some((key, value)) = property(line) {
            take(&key, &value, wish);
        }
    }
}

fn property(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let (key, value) = line.split_once('=')?;
    Some((key.trim().to_lowercase(), value.trim().to_lowercase()))
}

fn take(key: &str, value: &str, wish: &mut Wish) {
    let columns = || value.parse().ok().filter(|columns| (1..=COLUMNS_MAX).contains(columns));
    match (key, value) {
        ("indent_style", "tab") => wish.uses_tabs = Some(true),
        ("indent_style", "space") => wish.uses_tabs = Some(false),
        ("indent_style", _) => wish.uses_tabs = None,
        // "tab" says to take the tab's width; where that is open, the editor's own.
        ("indent_size", _) => wish.step = columns(),
        ("tab_width", _) => wish.tab = columns(),
        _ => {}
    }
}

/// The paths that a section is about. Without a slash it is about names in any folder.
fn pattern(glob: &str) -> Option<Regex> {
    let glob = match glob.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if glob.contains('/') => glob.to_owned(),
        None => format!("**/{glob}"),
    };
    let mut expression = String::from("^");
    let mut chars = glob.chars().peekable();
    let mut depth = 0;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                if chars.peek() == Some(&'/') {
                    chars.next();
                    expression.push_str("(.*/)?");
                } else {
                    expression.push_str(".*");
                }
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => {
                let set: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let (not, set) = match set.strip_prefix('!') {
                    Some(set) => ("^", set),
                    None => ("", set.as_str()),
                };
                expression.push_str(&format!("[{not}{}]", escape_set(set)));
            }
            '{' => {
                depth += 1;
                expression.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                expression.push(')');
            }
            ',' if depth > 0 => expression.push('|'),
            '\\' => expression.push_str(&regex::escape(&chars.next()?.to_string())),
            c => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push('$');
    Regex::new(&expression).ok()
}

fn escape_set(set: &str) -> String {
    set.chars()
        .flat_map(|c| match c {
            '\\' | '^' | '[' | ']' | '&' | '~' => vec!['\\', c],
            _ => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(glob: &str, yes: &[&str], no: &[&str]) {
        let pattern = pattern(glob).expect("it can be read");
        for path in yes {
            assert!(pattern.is_match(path), "{glob} is about {path}: {pattern}");
        }
        for path in no {
            assert!(!pattern.is_match(path), "{glob} is not about {path}: {pattern}");
        }
    }

    #[test]
    fn sections_are_about_the_paths_that_they_describe() {
        check("*", &["a.rs", "src/a.rs"], &[]);
        check("*.rs", &["a.rs", "src/a.rs"], &["a.rss", "rs"]);
        check("*.{js,ts}", &["a.js", "b/a.ts"], &["a.jsx"]);
        check("src/*.rs", &["src/a.rs"], &["a.rs", "src/b/a.rs"]);
        check("src/**.rs", &["src/a.rs", "src/b/a.rs"], &["a.rs"]);
        check("/Makefile", &["Makefile"], &["src/Makefile"]);
        check("[ab]?.c", &["ax.c"], &["cx.c", "a.c"]);
        check("[!ab].c", &["c.c"], &["a.c"]);
    }

    #[test]
    fn the_nearest_file_has_the_last_word_and_a_root_ends_the_search() {
        let home = tempfile::tempdir().expect("there is room");
        let inner = home.path().join("a/b");
        fs::create_dir_all(&inner).expect("there is room");
        let write = |folder: &Path, text: &str| {
            fs::write(folder.join(".editorconfig"), text).expect("there is room");
        };
        write(home.path(), "[*]\ntab_width = 3\n");
        write(&home.path().join("a"), "root = true\n[*]\nindent_style = tab\ntab_width = 8\n");
        write(
            &inner,
            "# near\n[*.rs]\nIndent_Style = space\nindent_size = 2\n[*.go]\nindent_size = 9\n",
        );
        let met = wish(&inner.join("x.rs"));
        assert_eq!(met, Wish { uses_tabs: Some(false), step: Some(2), tab: Some(8) });
        let met = wish(&inner.join("x.c"));
        assert_eq!(met, Wish { uses_tabs: Some(true), step: None, tab: Some(8) });
        assert_eq!(wish(&home.path().join("x.c")).tab, Some(3));
    }

    #[test]
    fn what_makes_no_sense_is_not_heeded() {
        let mut wish = Wish::default();
        read("[*]\nindent_size = 0\ntab_width = 400\nindent_style = wide\n[*\nx", "a", &mut wish);
        assert_eq!(wish, Wish::default());
    }
}
