//! What the editor asks besides editing, and what it is told. Whoever answers may take his time:
//! nothing here waits for it.

use codesync_core::{DocumentId, Revision, Text, TextEdit};

use super::away::Missed;
use super::past::Compared;
use super::sharing::{Order, Standing};
use super::writers::Written;
use crate::past::Told;

/// Something to be found out, or to be done on the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Question {
    /// Which documents there are.
    Documents,
    /// The next page of what people did, after what was told.
    Timeline(Told),
    /// The text as it was.
    TextAt(Revision),
    /// What differs between the text as it was and as it is.
    Compare { revision: Revision, before: Text, after: Text },
    /// The edits that make this text what it was.
    Restore { revision: Revision, text: Text, wanted: Text },
    /// Who wrote each line of this text. The number is for telling answers apart.
    Writers { number: u32, text: Text },
    /// What others did since a revision.
    Since(Revision),
    /// Who may do what, after this is done.
    Sharing(Order),
}

/// The answer to the question of the same name, or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reply {
    Documents(Result<Vec<Listed>, String>),
    /// With the names that people gave to revisions.
    Timeline(Result<(Told, Vec<Named>), String>),
    TextAt(Revision, Result<Text, String>),
    Compare(Revision, Compared),
    /// With the text that the edits are for.
    Restore {
        revision: Revision,
        text: Text,
        edits: Vec<TextEdit>,
    },
    Writers(u32, Result<Written, String>),
    Since(Result<Missed, String>),
    Sharing(Result<Standing, String>),
}

/// A document that could be opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Listed {
    pub(crate) id: DocumentId,
    pub(crate) name: String,
    /// When it was changed, or nothing.
    pub(crate) detail: String,
}

/// A revision that somebody has named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Named {
    pub(crate) revision: Revision,
    pub(crate) name: String,
}
