//! What happens to the editor, and what it wants done.

use codesync_core::{DocumentId, Selection, Text, TextEdit};

use super::question::{Question, Reply};
use super::{Person, Saving};
use crate::highlight::{Answer, Job};
use crate::input::Input;

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Input(Input),
    /// The document's text is here, or has been taken anew.
    Opened {
        text: Text,
    },
    /// Others changed the text, or undo and redo did. `edits` are in characters.
    Changed {
        edits: Vec<TextEdit>,
        cause: Cause,
    },
    /// Where the session says this person's carets are, after an undo or a redo.
    Returned(Vec<Selection>),
    Saving(Saving),
    People(Vec<Person>),
    /// The colours of lines, or the names of all languages.
    Colors(Answer),
    Renamed(String),
    Described {
        language: Option<String>,
        is_crlf: bool,
    },
    /// What was asked has an answer.
    Answered(Reply),
    /// Something a person should read once.
    Notice(String),
    /// Time has passed: see `App::deadline`.
    Tick,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    Remote,
    Undo,
    Redo,
}

/// What the loop has to do, in this order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// Make these edits, which the app's own text has already.
    Edit(Vec<TextEdit>),
    Undo,
    Redo,
    /// The next edit is to be undone apart from those before it.
    BreakUndoGroup,
    /// Send what waits for more to be typed.
    SendNow,
    /// Draw the whole screen: the terminal may show something else.
    Redraw,
    /// Tell the others where the carets are.
    Select(Vec<Selection>),
    /// Put this on the clipboard of the person's machine.
    Copy(String),
    /// Find the colours of these lines.
    Color(Box<Job>),
    /// Find this out, or have it done; meanwhile everything goes on.
    Ask(Box<Question>),
    /// Leave this document for another.
    Open(DocumentId),
    Quit,
}
