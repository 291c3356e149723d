//! What a person can ask for, whatever key or list it came from.

/// One wish.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Command {
    Type(char),
    Newline,
    /// A line above this one, indented alike.
    NewlineAbove,
    Backspace,
    Delete,
    DeleteWordLeft,
    DeleteWordRight,
    /// To the next stop, or whole lines where several are selected.
    Indent,
    /// Whole lines in any case.
    IndentLines,
    Unindent,
    ToggleComment,
    MoveLineUp,
    MoveLineDown,
    DuplicateLine,
    JoinLines,
    ToggleCase,
    CutLine,
    Copy,
    CopyLines,
    Cut,
    /// As `Cut`, but never a line that is not selected.
    CutSelected,
    Paste,
    /// Behind the character, or below the line.
    PasteAfter,
    Undo,
    Redo,
    Move {
        motion: Motion,
        extend: bool,
    },
    SelectAll,
    /// Whole lines of what is selected.
    SelectLines,
    /// One more character at the end of what is selected.
    IncludeEnd,
    /// A bare caret where what is selected begins.
    CollapseToStart,
    /// A bare caret where the moving end is.
    CollapseToHead,
    Select(Object),
    AddNextMatch,
    CaretAbove,
    CaretBelow,
    Find,
    FindNext,
    FindPrevious,
    /// The word at the caret.
    FindWord,
    Replace,
    GoToLine,
    OpenDocument,
    PeopleList,
    NextPerson,
    Person(u8),
    Back,
    Review,
    /// The document's past.
    Past,
    /// Who may do what.
    Share,
    /// Who wrote the caret's line.
    Writers,
    ToggleNumbers,
    ToggleWrap,
    Languages,
    SavePoint,
    Redraw,
    Palette,
    Help,
    Colon,
    Cancel,
    Quit,
}

/// Where a caret goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Motion {
    Left,
    Right,
    /// Not beyond the line.
    LeftInLine,
    /// Not beyond the line.
    RightInLine,
    Up,
    Down,
    WordLeft,
    /// The end of the word.
    WordRight,
    /// The beginning of the next word.
    WordNext,
    /// The same, but not beyond the line.
    WordNextInLine,
    /// The last character of the word.
    WordEnd,
    /// The first character that is no blank; from there, the line's beginning.
    LineStart,
    LineBegin,
    FirstNonblank,
    LineEnd,
    ParagraphUp,
    ParagraphDown,
    PageUp,
    PageDown,
    HalfPageUp,
    HalfPageDown,
    DocumentStart,
    DocumentEnd,
    /// A line, counted from 1.
    Line(u32),
    /// The bracket that belongs to the one at the caret.
    Bracket,
    /// A character on the line; `till` stops before it.
    Char {
        c: char,
        forward: bool,
        till: bool,
    },
}

/// What is selected around a caret.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Object {
    Word {
        around: bool,
    },
    /// Between these, or with them.
    Pair {
        open: char,
        close: char,
        around: bool,
    },
    Quotes {
        quote: char,
        around: bool,
    },
}
