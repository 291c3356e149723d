//! One document as one client sees it.

mod replay;

use std::time::Duration;

use super::confirmed::Confirmed;
use super::pending::{Pending, Ticket};
use crate::bugs::{self, Bug};
use crate::ids::{Author, ClientId, DocumentId, Revision, Seq};
use crate::limits::{DOCUMENT_BYTES_MAX, SELECTIONS_MAX};
use crate::operation::{Bias, LengthMismatch, Operation};
use crate::selection::{self, Peers, Selection};
use crate::text::{Text, TextHash};
use crate::undo::{Group, UndoStack};

/// One document as one client sees it: the text with the user's own work in it, and everything
/// that is known about it.
///
/// Ask it through [`Connection::document`](super::Connection::document); it changes only by what a
/// connection is told.
#[derive(Debug)]
pub struct Replica {
    document: DocumentId,
    client: ClientId,
    name: String,
    state: State,
    writable: bool,
    document_bytes_max: u64,
    author: Option<Author>,

    /// The local text: the confirmed one with everything pending applied.
    text: Text,
    /// The newest revision heard of.
    revision: Revision,
    confirmed: Confirmed,
    pending: Pending,
    /// Number of the last submission made, acknowledged or not.
    last_seq: Seq,
    /// The revision that the last acknowledged submission led to.
    last_revision: Revision,

    selections: Vec<Selection>,
    peers: Peers,
    undo: UndoStack,
    edited_at: Option<Duration>,
}

/// How a document stands, in one word.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// The text is not here yet, or is being fetched anew; nothing can be edited.
    Loading,
    /// Everything is saved on the server.
    Synchronized,
    /// Connected, and edits are on their way.
    Sending,
    /// Not connected; edits wait here.
    Waiting,
    /// The user may read but not write.
    ReadOnly,
    /// The server does not let us take part any longer. The text stays readable.
    Ended,
}

/// The truth about saving.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// In one word.
    pub state: State,
    /// The newest revision of the server that is contained in the text.
    pub saved: Revision,
    /// The user's edits that the server has not acknowledged.
    pub unsaved_edits: usize,
}

/// Somebody else who has the document open, as of now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer<'a> {
    /// The person's number in this document.
    pub author: Author,
    /// What the person is called. Written by a stranger: sanitise it before showing it.
    pub name: &'a str,
    /// Index of the person's colour.
    pub color: u8,
    /// Where the person is, in the local text. Empty as long as that is not known.
    pub selections: Vec<Selection>,
}

/// The numbers with which a server says where a client stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) head: Revision,
    pub(super) last_seq: Seq,
    pub(super) last_revision: Revision,
}

impl Replica {
    /// A document that this client has nothing of.
    pub(super) fn new(document: DocumentId, client: ClientId) -> Self {
        Self {
            document,
            client,
            name: String::new(),
            state: State::Loading,
            writable: true,
            document_bytes_max: DOCUMENT_BYTES_MAX,
            author: None,
            text: Text::new(),
            revision: Revision::ZERO,
            confirmed: Confirmed::new(Revision::ZERO, Text::new()),
            pending: Pending::Synchronized,
            last_seq: Seq::ZERO,
            last_revision: Revision::ZERO,
            selections: Vec::new(),
            peers: Peers::new(),
            undo: UndoStack::new(),
            edited_at: None,
        }
    }

    /// Which document this is.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// As whom the server knows this copy, however often it connects. Another one after a conflict,
    /// so that what was given up is never taken for what is typed later.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The document's name; empty as long as it is not known. Written by a stranger.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text with everything the user typed. A clone is O(1) and stays as it is.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The newest revision of the server that is contained in the text.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The truth about saving.
    #[must_use]
    pub fn status(&self) -> Status {
        let unsaved_edits = self.pending.edits();
        Status { state: self.state, saved: self.revision, unsaved_edits }
    }

    /// The user's own selections in the text now.
    #[must_use]
    pub fn selections(&self) -> &[Selection] {
        &self.selections
    }

    /// Everybody else who has the document open, in the order of their numbers.
    ///
    /// O(peers · (pending components + selections)); usually nothing is pending.
    pub fn peers(&self) -> impl Iterator<Item = Peer<'_>> {
        self.peers.iter().map(|(author, peer)| {
            let mut selections = peer.selections.clone();
            for operation in self.pending.operations() {
                selections = selection::map(&selections, operation, Bias::Left);
            }
            for selection in &mut selections {
                *selection = selection.clamp(self.text.len());
            }
            Peer { author, name: &peer.name, color: peer.color, selections }
        })
    }

    /// Whether there is something of the user's own to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        self.is_editable() && self.undo.can_undo()
    }

    /// Whether there is something to bring back.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        self.is_editable() && self.undo.can_redo()
    }

    /// The user's number in this document; `None` until the server was reached.
    #[must_use]
    pub fn author(&self) -> Option<Author> {
        self.author
    }

    /// Longest text the document may have, in bytes of UTF-8.
    #[must_use]
    pub fn document_bytes_max(&self) -> u64 {
        self.document_bytes_max
    }

    /// Whether an edit would be taken now.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        match self.state {
            State::Synchronized | State::Sending | State::Waiting => self.writable,
            State::Loading | State::ReadOnly | State::Ended => false,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    pub(super) fn pending(&self) -> &Pending {
        &self.pending
    }

    pub(super) fn last_seq(&self) -> Seq {
        self.last_seq
    }

    pub(super) fn last_revision(&self) -> Revision {
        self.last_revision
    }

    /// Length in chars of the confirmed text.
    pub(super) fn confirmed_len(&self) -> usize {
        self.pending.operations().next().map_or(self.text.len(), Operation::base_len)
    }

    /// Becomes somebody for the server who has submitted nothing yet.
    pub(super) fn renew_client(&mut self, fresh: u64) {
        self.client = self.client.renewed(fresh);
    }

    pub(super) fn set_state(&mut self, state: State) {
        self.state = state;
    }

    pub(super) fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// What a join tells besides where we stand.
    pub(super) fn set_terms(&mut self, author: Author, document_bytes_max: u64) {
        self.author = Some(author);
        self.document_bytes_max = document_bytes_max;
    }

    pub(super) fn set_writable(&mut self, writable: bool) {
        self.writable = writable;
    }

    /// Takes the server's text in place of everything here.
    pub(super) fn load(&mut self, text: Text, standing: Standing) {
        self.confirmed = Confirmed::new(standing.head, text.clone());
        self.revision = standing.head;
        self.last_seq = standing.last_seq;
        self.last_revision = standing.last_revision;
        self.pending = Pending::Synchronized;
        self.undo.clear();
        self.edited_at = None;
        for selection in &mut self.selections {
            *selection = selection.clamp(text.len());
        }
        self.text = text;
    }

    /// Notes an edit that is about to be made, so that it can be undone.
    pub(super) fn remember(&mut self, operation: &Operation, now: Duration) {
        let group = match self.edited_at {
            Some(before) => self.undo.group_of(operation, now.saturating_sub(before)),
            None => Group::New,
        };
        self.edited_at = Some(now);
        self.undo.record(operation, &self.text, group, &self.selections);
    }

    pub(super) fn break_undo_group(&mut self) {
        self.undo.break_group();
    }

    /// The operation that takes back the user's last group of edits, or brings the last undone one
    /// back, and where the user then is. It is to be made as an own edit.
    pub(super) fn step_back(&mut self, redo: bool) -> Option<(Operation, Vec<Selection>)> {
        let step = match redo {
            false => self.undo.undo(&self.text, &self.selections)?,
            true => self.undo.redo(&self.text, &self.selections)?,
        };
        Some((step.operation, step.selections))
    }

    /// Makes an own edit of the local text.
    pub(super) fn edited(&mut self, operation: Operation) -> Result<(), LengthMismatch> {
        self.make(operation, Pending::push)
    }

    /// Makes an own edit of the local text that goes with the outstanding operation, under its
    /// number. That must never have been sent.
    pub(super) fn extended(&mut self, operation: Operation) -> Result<(), LengthMismatch> {
        LengthMismatch::check(operation.base_len(), self.text.len())?;
        if let Pending::AwaitingAck { outstanding } = &self.pending {
            // The number is free again, and is taken by the two together unless they come to nothing.
            self.last_seq = Seq::new(outstanding.ticket.seq.get() - 1);
        }
        self.make(operation, Pending::extend)
    }

    fn make(
        &mut self,
        operation: Operation,
        add: fn(&mut Pending, Operation, Ticket),
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::check(operation.base_len(), self.text.len())?;
        self.text.apply(&operation).expect("the lengths were compared");
        if !self.selections.is_empty() {
            selection::follow_own_edit(&mut self.selections, &operation);
        }
        let ticket = self.next_ticket();
        add(&mut self.pending, operation, ticket);
        self.note_sealed(ticket);
        Ok(())
    }

    /// The outstanding operation was committed as the next revision; what was typed meanwhile is
    /// outstanding now. Answers with its committed form, `None` if nothing was outstanding.
    pub(super) fn acked(&mut self) -> Option<Operation> {
        let revision = self.revision.next();
        // The buffer's base is this very revision, which is that of the commit before it.
        let ticket = Ticket { seq: self.last_seq.next(), since: 0 };
        let committed = self.pending.acknowledge(ticket)?;
        self.revision = revision;
        self.last_revision = revision;
        self.note_sealed(ticket);
        if let Some(author) = self.author {
            self.peers.apply(&committed, author, revision);
        }
        self.confirmed.push(revision, committed.clone());
        Some(committed)
    }

    /// Takes an operation that others committed, made for the confirmed text and leading to
    /// `revision`. `by` is its author, `None` if it is composed of several's.
    ///
    /// `tell` gets the local text as it still is, and what is about to happen to it.
    pub(super) fn applied(
        &mut self,
        revision: Revision,
        by: Option<Author>,
        operation: Operation,
        tell: impl FnOnce(&Text, &Operation),
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::check(operation.base_len(), self.confirmed_len())?;
        let local = self.pending.carry(operation.clone())?;
        self.peers.apply(&operation, by.unwrap_or(Author::ZERO), revision);
        self.confirmed.push(revision, operation);
        self.revision = revision;
        match bugs::active(Bug::UndoTakesOthersEdits) {
            false => self.undo.remote(&local),
            true => self.undo.record(&local, &self.text, Group::New, &[]),
        }
        if !self.selections.is_empty() {
            self.selections = selection::map(&self.selections, &local, Bias::Left);
        }
        tell(&self.text, &local);
        self.text.apply(&local).expect("the local leg is made for the local text");
        Ok(())
    }

    /// Under which number and base the next submission would go.
    fn next_ticket(&self) -> Ticket {
        let since = self.revision.since(self.last_revision);
        let since = since.expect("a commit of ours is a revision we have heard of");
        Ticket { seq: self.last_seq.next(), since }
    }

    fn note_sealed(&mut self, ticket: Ticket) {
        if self.pending.outstanding().is_some_and(|outstanding| outstanding.ticket == ticket) {
            self.last_seq = ticket.seq;
        }
    }

    /// Whether the confirmed text has the server's fingerprint; `None` if that revision is not at
    /// hand to compare. O(n) in the text.
    pub(super) fn compare(&mut self, revision: Revision, hash: TextHash) -> Option<bool> {
        if revision == self.revision && self.pending == Pending::Synchronized {
            // The text that the user sees is the one that matters.
            self.confirmed.replace(revision, self.text.clone());
        }
        Some(self.confirmed.hash_at(revision)? == hash)
    }

    /// Loses what was typed after the outstanding operation: a seeded bug.
    pub(super) fn lose_buffer(&mut self) {
        self.pending.drop_buffer();
        self.text = self.confirmed.text();
        for operation in self.pending.operations() {
            self.text.apply(operation).expect("pending work follows the confirmed text");
        }
        self.undo.clear();
    }

    /// Forgets that the last number was used: a seeded bug.
    pub(super) fn reuse_seq(&mut self) {
        self.last_seq = Seq::new(self.last_seq.get().saturating_sub(1));
    }

    pub(super) fn set_selections(&mut self, mut selections: Vec<Selection>) {
        selections.truncate(SELECTIONS_MAX);
        for selection in &mut selections {
            *selection = selection.clamp(self.text.len());
        }
        self.selections = selections;
    }

    pub(super) fn peer_arrived(&mut self, author: Author, name: &str, color: u8) {
        if self.author != Some(author) {
            self.peers.arrived(author, name, color);
        }
    }

    /// Somebody's selections in the text at `revision`, which may lie behind or ahead of ours. From
    /// too far behind they are dropped: presence is a courtesy.
    pub(super) fn peer_moved(&mut self, author: Author, revision: Revision, moved: Vec<Selection>) {
        if revision >= self.revision {
            self.peers.moved(author, revision, moved);
        } else if let Some(moved) = self.confirmed.carry(&moved, revision) {
            self.peers.moved(author, self.revision, moved);
        }
    }

    /// Whether nobody else is known to have the document open.
    pub(super) fn is_alone(&self) -> bool {
        self.peers.is_empty()
    }

    pub(super) fn peer_departed(&mut self, author: Author) {
        self.peers.departed(author);
    }

    /// Forgets who is there; answers whether anybody was.
    pub(super) fn forget_peers(&mut self) -> bool {
        let any = !self.peers.is_empty();
        self.peers.clear();
        any
    }
}
