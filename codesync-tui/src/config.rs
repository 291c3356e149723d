//! What a person has set for the editor: the table `[editor]` of `config.toml`, and beside that
//! file `keys.toml` and `themes/`, all optional.
//!
//! They are read once, before the editor opens. What is wrong in them never keeps anybody from
//! editing: it is said in a sentence, and what is right holds.

mod editorconfig;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) use editorconfig::Wish;

use crate::app::App;
use crate::highlight::Token;
use crate::keymap::Keymap;
use crate::sanitize;
use crate::ui::theme::{Colors, Theme};

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// How keys work.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Preset {
    /// Modeless, with the letters that everybody knows.
    #[default]
    Plain,
    Vim,
}

/// All settings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) preset: Preset,
    pub(crate) wraps: bool,
    pub(crate) hides_numbers: bool,
    /// Fewer words that change by themselves, for programs that read the screen aloud.
    pub(crate) is_read_aloud: bool,
    /// Commands by key, from `keys.toml`.
    pub(crate) keys: BTreeMap<String, String>,
    /// Styles by token, from the theme's file.
    pub(crate) theme: BTreeMap<String, String>,
}

/// `config.toml`, as far as it is about the editor.
#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    editor: Editor,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Editor {
    preset: Preset,
    wrap: bool,
    numbers: Option<bool>,
    screen_reader: bool,
    theme: Option<String>,
}

/// Sets up an editor as the person wants it, and as the project of the file wants that is linked
/// to the document. What is wrong is said in it.
pub(crate) fn apply(
    app: &mut App,
    config: Option<&Path>,
    is_read_aloud: bool,
    file: Option<&Path>,
) -> Theme {
    let (mut settings, mut problems) = load(config);
    settings.is_read_aloud |= is_read_aloud;
    problems.extend(app.configure(&settings));
    let (theme, more) = Theme::with(Colors::from_environment(), &settings.theme);
    problems.extend(more);
    app.tell_problems(&problems);
    if let Some(file) = file {
        app.heed(editorconfig::wish(file));
    }
    theme
}

/// The keys as this person wants them, and what is wrong with the wishes.
pub(crate) fn keymap(config: Option<&Path>) -> (Keymap, Vec<String>) {
    Keymap::with(&load(config).0.keys)
}

/// The settings in this file and beside it, and what is wrong with them.
fn load(path: Option<&Path>) -> (Settings, Vec<String>) {
    let mut problems = Vec::new();
    let Some(path) = path else { return (Settings::default(), problems) };
    let folder = path.parent().unwrap_or(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let File { editor: file } = read(folder, &name, &mut problems);
    let theme = match &file.theme {
        Some(theme) if is_name(theme) => {
            let path = format!("themes/{theme}.toml");
            if !folder.join(&path).exists() {
                problems.push(format!("{name}: there is no {path}"));
            }
            read(folder, &path, &mut problems)
        }
        Some(theme) => {
            problems.push(format!("{name}: {theme:?} is no name of a theme"));
            BTreeMap::new()
        }
        None => BTreeMap::new(),
    };
    for token in theme.keys().filter(|name| !Token::ALL.iter().any(|t| t.name() == *name)) {
        problems.push(format!("theme: there is no {token:?}"));
    }
    let settings = Settings {
        preset: file.preset,
        wraps: file.wrap,
        hides_numbers: file.numbers == Some(false),
        is_read_aloud: file.screen_reader,
        keys: read(folder, "keys.toml", &mut problems),
        theme,
    };
    (settings, problems)
}

/// Whether a theme's name stays in its folder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// A file of the folder, or what it is without one.
fn read<T: DeserializeOwned + Default>(folder: &Path, name: &str, problems: &mut Vec<String>) -> T {
    match read_text(&folder.join(name)) {
        Ok(text) => toml::from_str(&text).unwrap_or_else(|error| {
            problems.push(format!("{name}: {}", describe(&error, &text)));
            T::default()
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => T::default(),
        Err(error) => {
            problems.push(format!("{name}: {error}"));
            T::default()
        }
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        let sentence = format!("longer than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, sentence));
    }
    fs::read_to_string(path)
}

/// The line and what is wrong there, in one line.
fn describe(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().and_then(|span| text.get(..span.start));
    let line = line.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", sanitize::one_line(error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(files: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let folder = folder(files);
        load(Some(&folder.path().join("config.toml")))
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("there is room");
        fs::create_dir(folder.path().join("themes")).expect("there is room");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("there is room");
        }
        folder
    }

    #[test]
    fn without_files_everything_is_as_it_comes() {
        assert_eq!(loaded(&[]), (Settings::default(), vec![]));
        assert_eq!(load(None), (Settings::default(), vec![]));
    }

    #[test]
    fn settings_are_read_from_their_files() {
        let editor = "name = 'Ana'\n[editor]\npreset = 'vim'\nwrap = true\nnumbers = false\n";
        let (settings, problems) = loaded(&[
            ("config.toml", &format!("{editor}theme = 'mine'")),
            ("keys.toml", "'Ctrl-T' = 'toggle-comment'"),
            ("themes/mine.toml", "comment = 'blue italic'"),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.preset, Preset::Vim);
        assert!(settings.wraps && settings.hides_numbers && !settings.is_read_aloud);
        assert_eq!(settings.keys["Ctrl-T"], "toggle-comment");
        assert_eq!(settings.theme["comment"], "blue italic");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_rest_holds() {
        let (settings, problems) = loaded(&[
            ("config.toml", "[editor]\nwrap = true\npreset = 'emacs'"),
            ("keys.toml", "'F2' = 'quit'"),
        ]);
        assert_eq!(settings.keys["F2"], "quit");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("config.toml: line 3: unknown variant"), "{problems:?}");
        let (_, problems) = loaded(&[("config.toml", "[editor]\nwarp = true")]);
        assert!(problems[0].starts_with("config.toml: line 2: unknown field"), "{problems:?}");
    }

    #[test]
    fn a_theme_stays_in_its_folder_and_is_known() {
        let (settings, problems) = loaded(&[
            ("config.toml", "[editor]\ntheme = '../keys'"),
            ("keys.toml", "'F2' = 'quit'"),
        ]);
        assert!(settings.theme.is_empty());
        assert_eq!(problems, ["config.toml: \"../keys\" is no name of a theme"]);
        let (_, problems) = loaded(&[("config.toml", "[editor]\ntheme = 'gone'")]);
        assert_eq!(problems, ["config.toml: there is no themes/gone.toml"]);
    }
}
