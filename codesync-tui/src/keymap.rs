//! Keys become commands here, and nowhere else. The same table is the help and the palette.
//!
//! The table holds the keys as they come; `keys.toml` says others. The `vim` preset stands in front
//! of both and asks here for what it does not know.

mod table;

use std::collections::{BTreeMap, HashMap};

use crate::app::Command;
use crate::input::{Code, Key};

pub(crate) use table::TABLE;

/// Keys that a wire cannot tell from Tab, Enter, Escape and Backspace.
const UNTELLABLE: &[char] = &['i', 'm', 'j', '[', 'h'];

/// Which command a key means.
#[derive(Clone, Debug)]
pub(crate) struct Keymap {
    commands: HashMap<Key, Command>,
    /// The keys of each command, those that one should know first.
    keys: HashMap<Command, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut keymap = Self { commands: HashMap::new(), keys: HashMap::new() };
        for entry in TABLE {
            for key in entry.keys.iter().filter_map(|key| Key::parse(key)) {
                keymap.bind(key, entry.command);
            }
        }
        keymap
    }
}

impl Keymap {
    /// The table with other keys for some commands, and a sentence for each that is not possible.
    /// A key that means `none` means nothing.
    pub(crate) fn with(keys: &BTreeMap<String, String>) -> (Self, Vec<String>) {
        let mut keymap = Self::default();
        let mut problems = Vec::new();
        for (key, name) in keys {
            let Some(parsed) = Key::parse(key) else {
                problems.push(format!("keys.toml: {key:?} is no key, such as Ctrl-Shift-Left"));
                continue;
            };
            if parsed.ctrl && matches!(parsed.code, Code::Char(c) if UNTELLABLE.contains(&c)) {
                problems.push(format!("keys.toml: terminals cannot tell {key} from another key"));
                continue;
            }
            let entry = TABLE.iter().find(|entry| entry.name == name);
            match entry {
                Some(entry) => keymap.rebind(parsed, entry.command),
                None if name == "none" => keymap.unbind(parsed),
                None => problems.push(format!("keys.toml: there is no command {name:?}")),
            }
        }
        (keymap, problems)
    }

    fn bind(&mut self, key: Key, command: Command) {
        self.commands.insert(key, command);
        self.keys.entry(command).or_default().push(key);
    }

    fn unbind(&mut self, key: Key) {
        if let Some(before) = self.commands.remove(&key)
            && let Some(keys) = self.keys.get_mut(&before)
        {
            keys.retain(|other| *other != key);
        }
    }

    /// A key of one's own comes first in help and palette.
    fn rebind(&mut self, key: Key, command: Command) {
        self.unbind(key);
        self.commands.insert(key, command);
        self.keys.entry(command).or_default().insert(0, key);
    }

    /// The command of a key; a character that is bound to nothing is typed.
    pub(crate) fn command(&self, key: Key) -> Option<Command> {
        match (self.commands.get(&key), key.code) {
            (Some(command), _) => Some(*command),
            (None, Code::Char(c)) if !key.ctrl && !key.alt => Some(Command::Type(c)),
            (None, _) => None,
        }
    }

    /// The first key of a command, or nothing.
    pub(crate) fn keys_of(&self, command: Command) -> String {
        self.keys
            .get(&command)
            .and_then(|keys| keys.first())
            .map(Key::to_string)
            .unwrap_or_default()
    }

    /// The rows of the help: keys and sentence.
    pub(crate) fn help(&self) -> impl Iterator<Item = (String, &'static str)> {
        TABLE
            .iter()
            .filter(|entry| !entry.help.is_empty())
            .map(|entry| (self.keys_of(entry.command), entry.help))
            .filter(|(keys, _)| !keys.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap_or_else(|| panic!("{text} is no key"))
    }

    #[test]
    fn every_key_of_the_table_is_understood_and_means_one_thing() {
        let mut seen = HashMap::new();
        for entry in TABLE {
            for name in entry.keys {
                assert_eq!(key(name).to_string(), *name, "it is written as it is read");
                if let Some(before) = seen.insert(key(name), entry.command) {
                    panic!("{name} means {before:?} and {:?}", entry.command);
                }
            }
        }
    }

    /// The keys that are promised, each with the name of its command.
    const PROMISED: &[(&str, &str)] = &[
        ("Ctrl-S", "save-point"),
        ("Ctrl-Q", "quit"),
        ("Ctrl-Z", "undo"),
        ("Ctrl-Y", "redo"),
        ("Ctrl-E", "palette"),
        ("F1", "palette"),
        ("Ctrl-F", "find"),
        ("F3", "find-next"),
        ("Shift-F3", "find-previous"),
        ("Ctrl-R", "replace"),
        ("Ctrl-G", "go-to-line"),
        ("Ctrl-O", "open-document"),
        ("Ctrl-P", "open-document"),
        ("Ctrl-C", "copy"),
        ("Ctrl-X", "cut"),
        ("Ctrl-V", "paste"),
        ("Ctrl-A", "select-all"),
        ("Ctrl-D", "add-next-match"),
        ("Alt-Up", "move-line-up"),
        ("Alt-Down", "move-line-down"),
        ("Alt-Shift-Up", "caret-above"),
        ("Alt-Shift-Down", "caret-below"),
        ("Ctrl-/", "toggle-comment"),
        ("Tab", "indent"),
        ("Shift-Tab", "unindent"),
        ("Alt-D", "duplicate-line"),
        ("Ctrl-K", "cut-line"),
        ("Ctrl-Left", "word-left"),
        ("Ctrl-Right", "word-right"),
        ("Ctrl-Shift-Right", "select-word-right"),
        ("Ctrl-Home", "document-start"),
        ("Ctrl-End", "document-end"),
        ("Ctrl-Shift-End", "select-document-end"),
        ("Alt-]", "bracket"),
        ("F6", "people"),
        ("Alt-1", "person-1"),
        ("Alt-9", "person-9"),
        ("Alt-N", "next-person"),
        ("Alt-B", "back"),
        ("Alt-R", "review"),
        ("F7", "history"),
        ("F8", "share"),
        ("Alt-W", "who-wrote"),
        ("Alt-Z", "toggle-wrap"),
        ("Alt-L", "toggle-numbers"),
    ];

    #[test]
    fn the_promised_keys_mean_what_is_promised() {
        let keymap = Keymap::default();
        for (name, command) in PROMISED {
            let entry = TABLE.iter().find(|entry| entry.name == *command).expect("it is there");
            assert_eq!(keymap.command(key(name)), Some(entry.command), "{name}");
        }
    }

    #[test]
    fn every_command_has_one_name_and_one_row() {
        let mut names = HashMap::new();
        let mut commands = HashMap::new();
        for entry in TABLE {
            assert!(names.insert(entry.name, entry.command).is_none(), "{}", entry.name);
            assert!(commands.insert(entry.command, entry.name).is_none(), "{}", entry.name);
        }
    }

    #[test]
    fn keys_that_a_wire_cannot_tell_apart_are_not_bound() {
        let keymap = Keymap::default();
        for name in ["Ctrl-I", "Ctrl-M", "Ctrl-J", "Ctrl-[", "Ctrl-H"] {
            assert_eq!(keymap.command(key(name)), None, "{name}");
            let wish = BTreeMap::from([(name.to_owned(), "quit".to_owned())]);
            assert_eq!(Keymap::with(&wish).1.len(), 1, "{name}");
        }
    }

    #[test]
    fn keys_can_be_given_other_commands_and_none() {
        let wishes = [("Ctrl-T", "toggle-comment"), ("F3", "none"), ("Ctrl-D", "cut-line")];
        let wishes = wishes.map(|(key, name)| (key.to_owned(), name.to_owned()));
        let (keymap, problems) = Keymap::with(&BTreeMap::from(wishes));
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(keymap.command(key("Ctrl-T")), Some(Command::ToggleComment));
        assert_eq!(keymap.command(key("Ctrl-/")), Some(Command::ToggleComment));
        assert_eq!(keymap.command(key("F3")), None);
        assert_eq!(keymap.command(key("Ctrl-D")), Some(Command::CutLine));
        assert_eq!(keymap.keys_of(Command::ToggleComment), "Ctrl-T");
        assert_eq!(keymap.keys_of(Command::AddNextMatch), "");
    }

    #[test]
    fn what_is_wrong_in_keys_toml_is_said_and_the_rest_holds() {
        let wishes = [("Foo-X", "quit"), ("F9", "fly"), ("F10", "quit")];
        let wishes = wishes.map(|(key, name)| (key.to_owned(), name.to_owned()));
        let (keymap, problems) = Keymap::with(&BTreeMap::from(wishes));
        assert_eq!(keymap.command(key("F10")), Some(Command::Quit));
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("no command \"fly\""), "{problems:?}");
        assert!(problems[1].contains("\"Foo-X\" is no key"), "{problems:?}");
    }
}
