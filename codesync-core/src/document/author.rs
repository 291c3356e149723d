//! What an authority knows of one author.

use crate::ids::{ClientId, Revision, Seq};

/// The last commit of one author: enough to commit each of his submissions once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AuthorRecord {
    /// Who he is, if he was registered and not only met in the log.
    pub client: Option<ClientId>,
    /// Number of his last committed submission; zero if there is none.
    pub last_seq: Seq,
    /// The revision it led to; zero if there is none.
    pub last_revision: Revision,
}

impl AuthorRecord {
    /// Somebody who has not committed anything yet.
    #[must_use]
    pub fn new(client: ClientId) -> Self {
        Self { client: Some(client), ..Self::default() }
    }
}
