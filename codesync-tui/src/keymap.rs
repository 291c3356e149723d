//! Keys become commands here, and nowhere else. The same table is the help that F1 shows.

use std::collections::HashMap;

use crate::app::{Command, Motion};
use crate::input::{Code, Key};

/// One row: what is done, by which keys, in whose words. An empty sentence keeps it out of the
/// help, for twins that need no mention.
struct Binding {
    command: Command,
    keys: &'static [&'static str],
    help: &'static str,
}

const fn bind(command: Command, keys: &'static [&'static str], help: &'static str) -> Binding {
    Binding { command, keys, help }
}

const fn go(motion: Motion) -> Command {
    Command::Move { motion, extend: false }
}

const fn select(motion: Motion) -> Command {
    Command::Move { motion, extend: true }
}

/// Ctrl-I, -M, -J, -[ and -H are Tab, Enter, Enter, Esc and Backspace on a wire, so none is bound.
const BINDINGS: &[Binding] = &[
    bind(Command::SavePoint, &["Ctrl-S"], "save point: wait until all is saved"),
    bind(Command::Quit, &["Ctrl-Q"], "quit"),
    bind(Command::Undo, &["Ctrl-Z"], "undo own edits"),
    bind(Command::Redo, &["Ctrl-Y", "Ctrl-Shift-Z"], "redo own edits"),
    bind(Command::Find, &["Ctrl-F"], "find"),
    bind(Command::FindNext, &["F3"], "find next"),
    bind(Command::FindPrevious, &["Shift-F3"], "find previous"),
    bind(Command::GoToLine, &["Ctrl-G"], "go to line[:column]"),
    bind(Command::Copy, &["Ctrl-C"], "copy, the line if nothing is selected"),
    bind(Command::Cut, &["Ctrl-X"], "cut, the line if nothing is selected"),
    bind(Command::Paste, &["Ctrl-V"], "paste what was copied here"),
    bind(Command::SelectAll, &["Ctrl-A"], "select all"),
    bind(Command::AddNextMatch, &["Ctrl-D"], "select the word, then its next match too"),
    bind(Command::CaretAbove, &["Alt-Shift-Up"], "one more caret above"),
    bind(Command::CaretBelow, &["Alt-Shift-Down"], "one more caret below"),
    bind(Command::MoveLineUp, &["Alt-Up"], "move the line up"),
    bind(Command::MoveLineDown, &["Alt-Down"], "move the line down"),
    bind(Command::DuplicateLine, &["Alt-D"], "duplicate the line"),
    bind(Command::CutLine, &["Ctrl-K"], "cut the line"),
    bind(Command::Indent, &["Tab"], "indent"),
    bind(Command::Unindent, &["Shift-Tab"], "unindent"),
    bind(Command::ToggleComment, &["Ctrl-/", "Ctrl-_", "Ctrl-7"], "comment on or off"),
    bind(Command::Move { motion: Motion::Bracket, extend: false }, &["Alt-]"], "matching bracket"),
    bind(go(Motion::WordLeft), &["Ctrl-Left"], "word left (Shift selects)"),
    bind(go(Motion::WordRight), &["Ctrl-Right"], "word right (Shift selects)"),
    bind(go(Motion::DocumentStart), &["Ctrl-Home"], "beginning of the document"),
    bind(go(Motion::DocumentEnd), &["Ctrl-End"], "end of the document"),
    bind(Command::NextPerson, &["Alt-N"], "go to the next person"),
    bind(Command::Back, &["Alt-B"], "go back to where you were"),
    bind(Command::Person(1), &["Alt-1"], "go to person 1 (… Alt-9)"),
    bind(Command::Person(2), &["Alt-2"], ""),
    bind(Command::Person(3), &["Alt-3"], ""),
    bind(Command::Person(4), &["Alt-4"], ""),
    bind(Command::Person(5), &["Alt-5"], ""),
    bind(Command::Person(6), &["Alt-6"], ""),
    bind(Command::Person(7), &["Alt-7"], ""),
    bind(Command::Person(8), &["Alt-8"], ""),
    bind(Command::Person(9), &["Alt-9"], ""),
    bind(Command::ToggleNumbers, &["Alt-L"], "line numbers on or off"),
    bind(Command::Help, &["F1"], "this help"),
    bind(Command::Cancel, &["Esc"], "close, one caret, nothing selected"),
    bind(Command::Newline, &["Enter"], ""),
    bind(Command::Backspace, &["Backspace", "Shift-Backspace"], ""),
    bind(Command::Delete, &["Delete"], ""),
    bind(
        Command::DeleteWordLeft,
        &["Alt-Backspace", "Ctrl-Backspace", "Ctrl-W"],
        "delete the word before",
    ),
    bind(Command::DeleteWordRight, &["Ctrl-Delete", "Alt-Delete"], "delete the word after"),
    bind(go(Motion::Left), &["Left"], ""),
    bind(go(Motion::Right), &["Right"], ""),
    bind(go(Motion::Up), &["Up"], ""),
    bind(go(Motion::Down), &["Down"], ""),
    bind(go(Motion::LineStart), &["Home"], ""),
    bind(go(Motion::LineEnd), &["End"], ""),
    bind(go(Motion::PageUp), &["PageUp"], ""),
    bind(go(Motion::PageDown), &["PageDown"], ""),
    bind(select(Motion::Left), &["Shift-Left"], ""),
    bind(select(Motion::Right), &["Shift-Right"], ""),
    bind(select(Motion::Up), &["Shift-Up"], ""),
    bind(select(Motion::Down), &["Shift-Down"], ""),
    bind(select(Motion::LineStart), &["Shift-Home"], ""),
    bind(select(Motion::LineEnd), &["Shift-End"], ""),
    bind(select(Motion::PageUp), &["Shift-PageUp"], ""),
    bind(select(Motion::PageDown), &["Shift-PageDown"], ""),
    bind(select(Motion::WordLeft), &["Ctrl-Shift-Left"], ""),
    bind(select(Motion::WordRight), &["Ctrl-Shift-Right"], ""),
    bind(select(Motion::DocumentStart), &["Ctrl-Shift-Home"], ""),
    bind(select(Motion::DocumentEnd), &["Ctrl-Shift-End"], ""),
];

/// Which command a key means.
#[derive(Clone, Debug)]
pub(crate) struct Keymap {
    commands: HashMap<Key, Command>,
}

impl Default for Keymap {
    fn default() -> Self {
        let commands = BINDINGS
            .iter()
            .flat_map(|binding| {
                binding.keys.iter().filter_map(|key| Some((Key::parse(key)?, binding.command)))
            })
            .collect();
        Self { commands }
    }
}

impl Keymap {
    /// The command of a key; a character that is bound to nothing is typed.
    pub(crate) fn command(&self, key: Key) -> Option<Command> {
        match (self.commands.get(&key), key.code) {
            (Some(command), _) => Some(*command),
            (None, Code::Char(c)) if !key.ctrl && !key.alt => Some(Command::Type(c)),
            (None, _) => None,
        }
    }

    /// The rows of the help: keys and sentence.
    pub(crate) fn help() -> impl Iterator<Item = (String, &'static str)> {
        BINDINGS
            .iter()
            .filter(|binding| !binding.help.is_empty())
            .map(|binding| (binding.keys[0].to_owned(), binding.help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_understood_and_means_one_thing() {
        let mut seen = HashMap::new();
        for binding in BINDINGS {
            for key in binding.keys {
                let parsed = Key::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
                if let Some(before) = seen.insert(parsed, binding.command) {
                    panic!("{key} means {before:?} and {:?}", binding.command);
                }
            }
        }
    }

    #[test]
    fn keys_that_a_wire_cannot_tell_apart_are_not_bound() {
        let keymap = Keymap::default();
        for key in ["Ctrl-I", "Ctrl-M", "Ctrl-J", "Ctrl-[", "Ctrl-H"] {
            assert_eq!(keymap.command(Key::parse(key).expect("a key")), None, "{key}");
        }
    }
}
