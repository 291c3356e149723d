//! Where values come from: flags, then variables, then files that variables name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::flags::Flags;
use super::secret::Secret;
use super::settings::{PREFIX, SETTINGS, Secrecy, Setting};

/// Variables with our prefix that are other programs': the clients' and the tests'.
const NEIGHBOURS: [&str; 11] = [
    "CODESYNC_BIN",
    "CODESYNC_CONFIG",
    "CODESYNC_GOLDEN",
    "CODESYNC_NAME",
    "CODESYNC_PAGER",
    "CODESYNC_PLAY_TRACE",
    "CODESYNC_SEED",
    "CODESYNC_SERVER",
    "CODESYNC_SERVER_BIN",
    "CODESYNC_TOKEN",
    "CODESYNC_TRACES",
];
const NEIGHBOUR_PREFIXES: [&str; 2] = ["CODESYNC_SIM_", "CODESYNC_TEST_"];
/// Longest file that a secret is read from.
const SECRET_BYTES_MAX: usize = 4096;
/// How many letters may be wrong for a name to be guessed.
const TYPOS_MAX: usize = 3;

/// The surroundings of the process, as far as settings go.
pub struct Environment<'a> {
    variables: BTreeMap<String, OsString>,
    read: &'a dyn Fn(&Path) -> io::Result<String>,
}

impl<'a> Environment<'a> {
    /// These variables, and a way to read files.
    pub fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        read: &'a dyn Fn(&Path) -> io::Result<String>,
    ) -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self { variables: variables.into_iter().filter_map(named).collect(), read }
    }

    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Environment<'static> {
        Environment::new(std::env::vars_os(), &read_text)
    }

    /// A folder that a variable names.
    pub(crate) fn folder(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// A value, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) setting: &'static Setting,
    /// As the operator wrote it.
    pub(crate) origin: String,
    pub(crate) text: String,
    pub(crate) is_flag: bool,
}

/// Reads settings and remembers what is wrong with them.
pub(crate) struct Reader<'a> {
    flags: &'a Flags,
    pub(crate) environment: &'a Environment<'a>,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(flags: &'a Flags, environment: &'a Environment<'a>) -> Self {
        Self { flags, environment, faults: Vec::new() }
    }

    /// What is said about a setting, if anything.
    pub(crate) fn given(&mut self, name: &str) -> Option<Given> {
        let setting = Setting::named(name);
        if let Some(text) = self.flags.get(setting) {
            let origin = format!("--{name}");
            return Some(Given { setting, origin, text: text.to_owned(), is_flag: true });
        }
        let variable = self.variable(setting);
        let file = self.file(setting);
        if let (Some(variable), Some(_)) = (&variable, &file) {
            let both = format!("{} and {}_FILE", variable.origin, variable.origin);
            self.fault(&both, "two values", "one of them", "remove the other");
        }
        variable.or(file)
    }

    fn variable(&mut self, setting: &'static Setting) -> Option<Given> {
        let origin = setting.variable();
        let text = self.environment.variables.get(&origin)?;
        match text.to_str() {
            Some(text) => Some(Given { setting, origin, text: text.to_owned(), is_flag: false }),
            None => {
                self.fault(&origin, "bytes that are no text", "UTF-8", "write it anew");
                None
            }
        }
    }

    fn file(&mut self, setting: &'static Setting) -> Option<Given> {
        let origin = setting.file_variable()?;
        let path = PathBuf::from(self.environment.variables.get(&origin)?);
        match (self.environment.read)(&path) {
            Ok(text) if text.len() <= SECRET_BYTES_MAX => {
                // Editors and `echo` end a file with a line feed that nobody meant.
                let text = text.trim_end_matches(['\r', '\n']).to_owned();
                Some(Given { setting, origin, text, is_flag: false })
            }
            Ok(text) => {
                let met = format!("{} with {} bytes", path.display(), text.len());
                let expected = format!("a file of at most {SECRET_BYTES_MAX} bytes");
                self.fault(&origin, &met, &expected, "name the file that holds the value alone");
                None
            }
            Err(error) => {
                let met = format!("{} ({error})", path.display());
                let remedy = "check the path, and that this user may read it";
                self.fault(&origin, &met, "a file that can be read", remedy);
                None
            }
        }
    }

    /// Reads a setting. `None` if nothing is said, or what is said is wrong, which is remembered.
    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        remedy: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let given = self.given(name)?;
        let value = parse(&given.text);
        if value.is_none() {
            self.wrong(&given, expected, remedy);
        }
        value
    }

    /// A secret, with the place it came from.
    pub(crate) fn secret(&mut self, name: &str) -> Option<(Given, Secret)> {
        let given = self.given(name)?;
        let secret = Secret::new(given.text.as_str());
        Some((given, secret))
    }

    /// Remembers that a value is not what it should be.
    pub(crate) fn wrong(&mut self, given: &Given, expected: &str, remedy: &str) {
        self.fault(&given.origin, &shown(given), expected, remedy);
    }

    /// Refuses an address with a password that stands where everybody can read it.
    pub(crate) fn password_in_flag(&mut self, given: &Given) {
        if given.is_flag {
            let remedy = format!(
                "every user of the machine can read it there; put the address into {} or a file named by {}_FILE",
                given.setting.variable(),
                given.setting.variable()
            );
            let expected = "no password on the command line";
            self.fault(&given.origin, "an address with a password", expected, &remedy);
        }
    }

    pub(crate) fn fault(&mut self, setting: &str, met: &str, expected: &str, remedy: &str) {
        self.faults.push(Fault {
            setting: setting.to_owned(),
            met: met.to_owned(),
            expected: expected.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Refuses variables that look like ours and are not: a misspelt one would do nothing, silently.
    pub(crate) fn refuse_unknown(&mut self) {
        let known: Vec<String> = SETTINGS
            .iter()
            .flat_map(|setting| [Some(setting.variable()), setting.file_variable()])
            .flatten()
            .collect();
        let names = self.environment.variables.keys().filter(|name| name.starts_with(PREFIX));
        let unknown: Vec<String> =
            names.filter(|name| !known.contains(name) && !is_neighbour(name)).cloned().collect();
        for name in unknown {
            let remedy = match nearest(&name, &known) {
                Some(meant) => format!("did you mean {meant}?"),
                None => "remove it; codesync-server serve --help lists what there is".to_owned(),
            };
            self.fault(&name, "a variable that no setting has", "one that exists", &remedy);
        }
    }
}

/// What of a value may be shown.
fn shown(given: &Given) -> String {
    match given.setting.secrecy {
        Secrecy::Open => format!("{:?}", given.text),
        Secrecy::Address | Secrecy::Secret => format!("*** ({} bytes)", given.text.len()),
    }
}

fn is_neighbour(name: &str) -> bool {
    NEIGHBOURS.contains(&name) || NEIGHBOUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let distance = |known: &String| strsim::damerau_levenshtein(name, known);
    let (distance, nearest) = known.iter().map(|it| (distance(it), it)).min()?;
    (distance <= TYPOS_MAX).then_some(nearest)
}
