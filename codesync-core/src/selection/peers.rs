//! The table of who is in a document and where.

use std::collections::BTreeMap;

use super::offset_map::OffsetMap;
use super::{Selection, after_own_edit, bounded};
use crate::ids::{Author, Revision};
use crate::operation::{Bias, Operation};

/// Most bytes of UTF-8 that are kept of a name. (A name has at most 64 graphemes, which whoever
/// lets it in sees to; a grapheme can have any number of bytes.)
pub const NAME_BYTES_MAX: usize = 512;

/// Most peers in the table of one document.
pub const PEERS_MAX: usize = 1024;

/// Somebody who has the document open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer {
    /// What the person is called, at most [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// Which colour of the palette shows the person.
    pub color: u8,
    /// Where the person is, at most [`SELECTIONS_MAX`](super::SELECTIONS_MAX), as offsets of the
    /// text at `revision`. Empty as long as it is not known.
    pub selections: Vec<Selection>,
    /// The revision whose text the selections are about.
    pub revision: Revision,
}

/// Everybody who has a document open, by number.
///
/// The selections are about committed text. Feed the table each committed operation in order with
/// [`Peers::apply`]; a client maps what it shows over its own uncommitted work besides
/// ([`map`](super::map)).
///
/// ```
/// use codesync_core::{Author, Operation, Peers, Revision, Selection};
///
/// let ada = Author::new(1);
/// let mut peers = Peers::new();
/// peers.arrived(ada, "Ada", 3);
/// peers.moved(ada, Revision::new(7), vec![Selection::caret(2)]);
///
/// // What she types moves her caret without a word from her.
/// peers.apply(&Operation::replace(5, 2..2, "x"), ada, Revision::new(8));
/// assert_eq!(peers.get(ada).unwrap().selections, [Selection::caret(3)]);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Peers {
    peers: BTreeMap<Author, Peer>,
}

impl Peers {
    /// A table with nobody in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody opened the document, or said again who he is; what was known of his place stays.
    ///
    /// A name is cut to [`NAME_BYTES_MAX`]. While [`PEERS_MAX`] are in the table nobody more is
    /// listed: he edits all the same, only unseen.
    pub fn arrived(&mut self, author: Author, name: &str, color: u8) {
        let name = name[..name.floor_char_boundary(NAME_BYTES_MAX)].to_owned();
        if let Some(peer) = self.peers.get_mut(&author) {
            (peer.name, peer.color) = (name, color);
        } else if self.peers.len() < PEERS_MAX {
            let peer = Peer { name, color, selections: Vec::new(), revision: Revision::ZERO };
            self.peers.insert(author, peer);
        }
    }

    /// Somebody's selections are these, in the text at `revision`.
    ///
    /// `revision` may be ahead of what was applied to the table; until [`Peers::apply`] has come
    /// there the selections stay as they are. One that lies behind must be brought forward first,
    /// by [`History::compose`](crate::History::compose). Of more than
    /// [`SELECTIONS_MAX`](super::SELECTIONS_MAX) selections the first are taken; an author who
    /// never arrived is nobody.
    pub fn moved(&mut self, author: Author, revision: Revision, selections: Vec<Selection>) {
        if let Some(peer) = self.peers.get_mut(&author) {
            peer.selections = bounded(selections);
            peer.revision = revision;
        }
    }

    /// Somebody closed the document.
    pub fn departed(&mut self, author: Author) {
        self.peers.remove(&author);
    }

    /// Carries everybody over the committed `operation` of `by`, which leads to `revision`.
    ///
    /// Others' carets stay left of what he inserted at them; his own goes behind it, as
    /// [`after_own_edit`] says. Whoever is known at `revision` or later already stays.
    /// O(components + peers · log components).
    pub fn apply(&mut self, operation: &Operation, by: Author, revision: Revision) {
        let offsets = OffsetMap::new(operation);
        for (&author, peer) in &mut self.peers {
            if peer.revision >= revision {
                continue;
            }
            peer.revision = revision;
            if author == by {
                peer.selections = after_own_edit(&peer.selections, operation);
            } else {
                for selection in &mut peer.selections {
                    *selection = selection.map_over(&offsets, Bias::Left);
                }
            }
        }
    }

    /// What is known of one of them.
    #[must_use]
    pub fn get(&self, author: Author) -> Option<&Peer> {
        self.peers.get(&author)
    }

    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Author, &Peer)> {
        self.peers.iter().map(|(author, peer)| (*author, peer))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Forgets everybody: the connection is gone, and with it all news of them.
    pub fn clear(&mut self) {
        self.peers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::SELECTIONS_MAX;
    use super::*;

    const ADA: Author = Author::new(1);
    const BOB: Author = Author::new(2);

    fn peers_at(revision: u64, ada: usize, bob: usize) -> Peers {
        let mut peers = Peers::new();
        for (author, name, caret) in [(ADA, "Ada", ada), (BOB, "Bob", bob)] {
            peers.arrived(author, name, 0);
            peers.moved(author, Revision::new(revision), vec![Selection::caret(caret)]);
        }
        peers
    }

    #[track_caller]
    fn check(peers: &Peers, ada: usize, bob: usize) {
        let carets: Vec<_> = peers.iter().map(|(_, peer)| peer.selections.clone()).collect();
        assert_eq!(carets, [[Selection::caret(ada)], [Selection::caret(bob)]]);
    }

    #[test]
    fn a_typed_character_moves_its_author_and_nobody_beside_him() {
        let mut peers = peers_at(0, 3, 3);
        peers.apply(&Operation::replace(5, 3..3, "x"), BOB, Revision::new(1));
        check(&peers, 3, 4);
        peers.apply(&Operation::replace(6, 0..0, "y"), ADA, Revision::new(2));
        check(&peers, 1, 5);
    }

    #[test]
    fn news_that_is_ahead_of_the_text_waits_for_it() {
        let mut peers = peers_at(0, 2, 2);
        peers.moved(ADA, Revision::new(2), vec![Selection::caret(9)]);
        peers.apply(&Operation::replace(2, 0..0, "x"), BOB, Revision::new(1));
        peers.apply(&Operation::replace(3, 0..0, "123456"), BOB, Revision::new(2));
        check(&peers, 9, 6);
        peers.apply(&Operation::replace(9, 0..0, "x"), BOB, Revision::new(3));
        check(&peers, 10, 1);
    }

    #[test]
    fn what_comes_from_outside_is_bounded() {
        let mut peers = peers_at(0, 0, 0);
        peers.arrived(ADA, &"é".repeat(NAME_BYTES_MAX), 1);
        peers.moved(ADA, Revision::ZERO, vec![Selection::default(); SELECTIONS_MAX + 1]);
        let ada = peers.get(ADA).unwrap();
        assert_eq!((ada.name.len(), ada.color), (NAME_BYTES_MAX, 1));
        assert_eq!(ada.selections.len(), SELECTIONS_MAX);
        for author in 0..2 * PEERS_MAX as u32 {
            peers.arrived(Author::new(author), "", 0);
        }
        assert_eq!(peers.len(), PEERS_MAX);
    }

    #[test]
    fn whoever_departed_is_nobody() {
        let mut peers = peers_at(0, 0, 0);
        peers.departed(ADA);
        peers.moved(ADA, Revision::ZERO, vec![Selection::caret(1)]);
        assert_eq!(peers.get(ADA), None);
        assert_eq!(peers.len(), 1);
    }
}
