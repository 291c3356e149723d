//! What a person can ask for, whatever key or palette it came from.

/// One wish.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Command {
    Type(char),
    Newline,
    Backspace,
    Delete,
    DeleteWordLeft,
    DeleteWordRight,
    Indent,
    Unindent,
    ToggleComment,
    MoveLineUp,
    MoveLineDown,
    DuplicateLine,
    CutLine,
    Copy,
    Cut,
    Paste,
    Undo,
    Redo,
    Move { motion: Motion, extend: bool },
    SelectAll,
    AddNextMatch,
    CaretAbove,
    CaretBelow,
    Find,
    FindNext,
    FindPrevious,
    GoToLine,
    NextPerson,
    Person(u8),
    Back,
    ToggleNumbers,
    SavePoint,
    Help,
    Cancel,
    Quit,
}

/// Where a caret goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Motion {
    Left,
    Right,
    Up,
    Down,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    PageUp,
    PageDown,
    DocumentStart,
    DocumentEnd,
    /// The bracket that belongs to the one at the caret.
    Bracket,
}
