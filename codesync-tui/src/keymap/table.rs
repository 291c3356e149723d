//! All commands there are: by name for `keys.toml`, by key, and in words for help and palette.

use crate::app::{Command, Motion};

/// One row. An empty sentence keeps it out of help and palette, for twins and plain movement.
pub(crate) struct Entry {
    pub(crate) command: Command,
    /// What `keys.toml` calls it.
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [&'static str],
    pub(crate) help: &'static str,
}

const fn entry(
    command: Command,
    name: &'static str,
    keys: &'static [&'static str],
    help: &'static str,
) -> Entry {
    Entry { command, name, keys, help }
}

const fn go(motion: Motion) -> Command {
    Command::Move { motion, extend: false }
}

const fn select(motion: Motion) -> Command {
    Command::Move { motion, extend: true }
}

/// Ctrl-I, -M, -J, -[ and -H are Tab, Enter, Enter, Esc and Backspace on a wire, so none is bound.
/// Ctrl-/ arrives as 0x1F, which some terminals call Ctrl-_ and crossterm Ctrl-7. What only a
/// terminal with the kitty protocol can send has a twin.
pub(crate) const TABLE: &[Entry] = &[
    entry(Command::Palette, "palette", &["Ctrl-E", "F1"], "all commands (again: all keys)"),
    entry(Command::SavePoint, "save-point", &["Ctrl-S"], "save point: wait until all is saved"),
    entry(Command::Quit, "quit", &["Ctrl-Q"], "quit"),
    entry(Command::Undo, "undo", &["Ctrl-Z"], "undo own edits"),
    entry(Command::Redo, "redo", &["Ctrl-Y", "Ctrl-Shift-Z"], "redo own edits"),
    entry(Command::Find, "find", &["Ctrl-F"], "find (Alt-R: every character as it is)"),
    entry(Command::FindNext, "find-next", &["F3"], "find next"),
    entry(Command::FindPrevious, "find-previous", &["Shift-F3"], "find previous"),
    entry(Command::FindWord, "find-word", &[], "find the word at the caret"),
    entry(Command::Replace, "replace", &["Ctrl-R"], "replace"),
    entry(Command::GoToLine, "go-to-line", &["Ctrl-G"], "go to line[:column]"),
    entry(Command::OpenDocument, "open-document", &["Ctrl-O", "Ctrl-P"], "open another document"),
    entry(Command::Copy, "copy", &["Ctrl-C"], "copy, the line if nothing is selected"),
    entry(Command::Cut, "cut", &["Ctrl-X"], "cut, the line if nothing is selected"),
    entry(Command::Paste, "paste", &["Ctrl-V"], "paste what was copied here"),
    entry(Command::PasteAfter, "paste-after", &[], "paste behind the character or below the line"),
    entry(Command::SelectAll, "select-all", &["Ctrl-A"], "select all"),
    entry(Command::SelectLines, "select-lines", &[], "select whole lines"),
    entry(
        Command::AddNextMatch,
        "add-next-match",
        &["Ctrl-D"],
        "select the word, then its next match too",
    ),
    entry(Command::CaretAbove, "caret-above", &["Alt-Shift-Up"], "one more caret above"),
    entry(Command::CaretBelow, "caret-below", &["Alt-Shift-Down"], "one more caret below"),
    entry(Command::MoveLineUp, "move-line-up", &["Alt-Up"], "move the line up"),
    entry(Command::MoveLineDown, "move-line-down", &["Alt-Down"], "move the line down"),
    entry(Command::DuplicateLine, "duplicate-line", &["Alt-D"], "duplicate the line"),
    entry(Command::JoinLines, "join-lines", &["Alt-J"], "join the line with the next"),
    entry(Command::CutLine, "cut-line", &["Ctrl-K"], "cut the line"),
    entry(Command::ToggleCase, "toggle-case", &[], "capitals to small letters and back"),
    entry(Command::Indent, "indent", &["Tab"], "indent"),
    entry(Command::Unindent, "unindent", &["Shift-Tab"], "unindent"),
    entry(
        Command::ToggleComment,
        "toggle-comment",
        &["Ctrl-/", "Ctrl-_", "Ctrl-7"],
        "comment on or off",
    ),
    entry(go(Motion::Bracket), "bracket", &["Alt-]"], "matching bracket"),
    entry(go(Motion::WordLeft), "word-left", &["Ctrl-Left"], "word left (Shift selects)"),
    entry(go(Motion::WordRight), "word-right", &["Ctrl-Right"], "word right (Shift selects)"),
    entry(go(Motion::DocumentStart), "document-start", &["Ctrl-Home"], "beginning of the document"),
    entry(go(Motion::DocumentEnd), "document-end", &["Ctrl-End"], "end of the document"),
    entry(Command::PeopleList, "people", &["F6"], "who is here, and where"),
    entry(Command::NextPerson, "next-person", &["Alt-N"], "go to the next person"),
    entry(Command::Back, "back", &["Alt-B"], "go back to where you were"),
    entry(Command::Person(1), "person-1", &["Alt-1"], "go to person 1 (… Alt-9); twice: follow"),
    entry(Command::Person(2), "person-2", &["Alt-2"], ""),
    entry(Command::Person(3), "person-3", &["Alt-3"], ""),
    entry(Command::Person(4), "person-4", &["Alt-4"], ""),
    entry(Command::Person(5), "person-5", &["Alt-5"], ""),
    entry(Command::Person(6), "person-6", &["Alt-6"], ""),
    entry(Command::Person(7), "person-7", &["Alt-7"], ""),
    entry(Command::Person(8), "person-8", &["Alt-8"], ""),
    entry(Command::Person(9), "person-9", &["Alt-9"], ""),
    entry(Command::Review, "review", &["Alt-R"], "next place that changed while you were away"),
    entry(Command::Past, "history", &["F7"], "history: what was, what changed, put it back"),
    entry(Command::Share, "share", &["F8"], "share: people, roles, links"),
    entry(Command::Writers, "who-wrote", &["Alt-W"], "who wrote this line, on or off"),
    entry(Command::Languages, "language", &[], "choose the language of the colours"),
    entry(Command::ToggleWrap, "toggle-wrap", &["Alt-Z"], "wrap long lines or not"),
    entry(Command::ToggleNumbers, "toggle-numbers", &["Alt-L"], "line numbers on or off"),
    entry(Command::Redraw, "redraw", &["Ctrl-L"], "draw the screen anew"),
    entry(Command::Help, "keys", &[], "all keys"),
    entry(Command::Cancel, "cancel", &["Esc"], "close, one caret, nothing selected"),
    entry(Command::Newline, "newline", &["Enter"], ""),
    entry(Command::NewlineAbove, "newline-above", &[], "a new line above"),
    entry(Command::Backspace, "backspace", &["Backspace", "Shift-Backspace"], ""),
    entry(Command::Delete, "delete", &["Delete"], ""),
    entry(
        Command::DeleteWordLeft,
        "delete-word-left",
        &["Alt-Backspace", "Ctrl-Backspace", "Ctrl-W"],
        "delete the word before",
    ),
    entry(
        Command::DeleteWordRight,
        "delete-word-right",
        &["Ctrl-Delete", "Alt-Delete"],
        "delete the word after",
    ),
    entry(go(Motion::Left), "left", &["Left"], ""),
    entry(go(Motion::Right), "right", &["Right"], ""),
    entry(go(Motion::Up), "up", &["Up"], ""),
    entry(go(Motion::Down), "down", &["Down"], ""),
    entry(go(Motion::LineStart), "line-start", &["Home"], ""),
    entry(go(Motion::LineEnd), "line-end", &["End"], ""),
    entry(go(Motion::PageUp), "page-up", &["PageUp"], ""),
    entry(go(Motion::PageDown), "page-down", &["PageDown"], ""),
    entry(go(Motion::ParagraphUp), "paragraph-up", &["Ctrl-Up"], "paragraph up"),
    entry(go(Motion::ParagraphDown), "paragraph-down", &["Ctrl-Down"], "paragraph down"),
    entry(select(Motion::Left), "select-left", &["Shift-Left"], ""),
    entry(select(Motion::Right), "select-right", &["Shift-Right"], ""),
    entry(select(Motion::Up), "select-up", &["Shift-Up"], ""),
    entry(select(Motion::Down), "select-down", &["Shift-Down"], ""),
    entry(select(Motion::LineStart), "select-line-start", &["Shift-Home"], ""),
    entry(select(Motion::LineEnd), "select-line-end", &["Shift-End"], ""),
    entry(select(Motion::PageUp), "select-page-up", &["Shift-PageUp"], ""),
    entry(select(Motion::PageDown), "select-page-down", &["Shift-PageDown"], ""),
    entry(select(Motion::WordLeft), "select-word-left", &["Ctrl-Shift-Left"], ""),
    entry(select(Motion::WordRight), "select-word-right", &["Ctrl-Shift-Right"], ""),
    entry(select(Motion::DocumentStart), "select-document-start", &["Ctrl-Shift-Home"], ""),
    entry(select(Motion::DocumentEnd), "select-document-end", &["Ctrl-Shift-End"], ""),
];
