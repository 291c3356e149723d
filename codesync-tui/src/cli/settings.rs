//! What is chosen, and by whom: a flag before the environment, that before `config.toml`, that
//! before what holds when nothing is said.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use codesync_client::places;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, TomlError, Value};

use super::Failure;

/// Where a server is when nobody says so.
const SERVER_DEFAULT: &str = "http://localhost:3000";

/// Who chose a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Flag,
    Variable(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value, and who chose it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) value: String,
    pub(crate) source: Source,
}

/// Everything that can be chosen for commands.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: Chosen,
    /// What others call this person.
    pub(crate) name: Chosen,
    /// What long answers are shown with.
    pub(crate) pager: Chosen,
    /// Where the file is, whether or not there is one. `None` without a home.
    pub(crate) file: Option<PathBuf>,
}

/// The keys of `config.toml` that commands read. The editor's own stand beside them.
pub(crate) const KEYS: [&str; 3] = ["server", "name", "pager"];

#[derive(Debug, Default, Deserialize)]
struct File {
    server: Option<String>,
    name: Option<String>,
    pager: Option<String>,
}

impl Settings {
    /// Reads the environment and the file.
    pub(crate) fn load(server: Option<&str>) -> Result<Self, Failure> {
        let file = match variable("CODESYNC_CONFIG") {
            Some(path) => Some(PathBuf::from(path)),
            None => places::config().map(|folder| folder.join("config.toml")),
        };
        let written = file.as_ref().map(read).transpose()?.unwrap_or_default();
        let pick = |flag: Option<&str>,
                    variables: &[&'static str],
                    written: Option<String>,
                    default: &str| {
            let from_variable = || {
                let mut set = variables.iter().filter_map(|name| Some((*name, variable(name)?)));
                set.next()
            };
            if let Some(value) = flag {
                Chosen { value: value.to_owned(), source: Source::Flag }
            } else if let Some((name, value)) = from_variable() {
                Chosen { value, source: Source::Variable(name) }
            } else if let (Some(value), Some(path)) = (written, &file) {
                Chosen { value, source: Source::File(path.clone()) }
            } else {
                Chosen { value: default.to_owned(), source: Source::Default }
            }
        };
        let who = ["USER", "USERNAME"].into_iter().find_map(variable);
        let who = who.unwrap_or_else(|| "guest".to_owned());
        Ok(Self {
            server: pick(server, &["CODESYNC_SERVER"], written.server, SERVER_DEFAULT),
            name: pick(None, &["CODESYNC_NAME"], written.name, &who),
            pager: pick(None, &["CODESYNC_PAGER", "PAGER"], written.pager, "less"),
            file,
        })
    }
}

/// A variable that is set to nothing counts as unset.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn read(path: &PathBuf) -> Result<File, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(Failure::new(format!("{}: {error}", path.display()))),
    };
    parse(&text).map_err(|error| {
        Failure::usage(format!("{}: {}", path.display(), error.trim_end()))
            .help("mend the line, or name another file with CODESYNC_CONFIG")
    })
}

fn parse(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

/// The text of the file with one key changed, everything else as it was, remarks too.
pub(crate) fn with(text: &str, key: &str, value: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| error.to_string())?;
    let mut new = Value::from(value);
    if let Some(old) = document.get(key).and_then(Item::as_value) {
        old.decor().clone_into(new.decor_mut());
    }
    document[key] = Item::Value(new);
    let changed = document.to_string();
    parse(&changed).map(|_| changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, key: &str, value: &str, after: &str) {
        assert_eq!(with(before, key, value).as_deref(), Ok(after));
    }

    #[test]
    fn one_key_is_changed_and_everything_else_stays_as_it_was() {
        check("", "name", "Ana", "name = \"Ana\"\n");
        check("# mine\nname='Bo' # me\n", "name", "Ana", "# mine\nname=\"Ana\" # me\n");
        check("[editor]\nname = 1\n", "name", "A", "name = \"A\"\n[editor]\nname = 1\n");
        check(
            "name = 'Bo'\n\n[editor]\nname = 1 # x",
            "name",
            "A",
            "name = \"A\"\n\n[editor]\nname = 1 # x\n",
        );
    }

    #[test]
    fn any_value_is_read_as_it_was_written() {
        let value = "a\"\\\n\u{7}é";
        let changed = with("", "name", value).expect("it can be written");
        assert_eq!(parse(&changed).map(|file| file.name), Ok(Some(value.to_owned())));
    }

    #[test]
    fn what_would_not_be_read_again_is_not_written() {
        assert!(with("pager = 7\n", "name", "Ana").is_err());
    }
}
