//! The user's own edits, undo and redo.

use std::time::Duration;

use super::Connection;
use crate::client::output::{Cause, Context, Event};
use crate::client::replica::{Replica, State};
use crate::client::seat::Seat;
use crate::ids::DocumentId;
use crate::operation::Operation;
use crate::text::{self, Encoding, TextEdit};

/// Why an edit was not made. The text is as it was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The document is not open.
    #[error("document {document} is not open")]
    NotOpen {
        /// Which.
        document: DocumentId,
    },
    /// The text has not arrived yet, or is being fetched anew after a conflict.
    #[error("the document is still loading")]
    Loading,
    /// The user may not write.
    #[error("the document is read-only")]
    ReadOnly,
    /// The server does not let us take part any longer, so the edit could never be saved.
    #[error("the document has ended for this client")]
    Ended,
    /// The edits do not fit the text.
    #[error(transparent)]
    Edit(#[from] text::EditError),
    /// The text would become longer than the document may be.
    #[error("the text would have {bytes} bytes, more than {bytes_max}")]
    DocumentTooLarge {
        /// Length in bytes that it would have.
        bytes: u64,
        /// The bound in bytes.
        bytes_max: u64,
    },
}

impl Connection {
    /// Makes an edit of the user: replaces ranges of a document's text, all counted in `encoding`
    /// in the text before. Carriage returns in inserted text become line feeds.
    ///
    /// No event announces it. O(edits · log n + inserted), and no pass over the text. An edit of
    /// any size is taken; what exceeds one submission is sent in pieces.
    ///
    /// # Errors
    ///
    /// [`EditError`]; nothing is changed then.
    pub fn edit(
        &mut self,
        now: Duration,
        document: DocumentId,
        edits: &[TextEdit],
        encoding: Encoding,
    ) -> Result<(), EditError> {
        let seat = self.seats.get_mut(&document).ok_or(EditError::NotOpen { document })?;
        let replica = &mut seat.replica;
        match replica.status().state {
            State::Synchronized | State::Sending | State::Waiting => {}
            State::Loading => return Err(EditError::Loading),
            State::ReadOnly => return Err(EditError::ReadOnly),
            State::Ended => return Err(EditError::Ended),
        }
        let operation = Operation::from_edits(replica.text(), edits, encoding)?;
        if operation.is_identity() {
            return Ok(());
        }
        check_size(replica, &operation)?;
        replica.remember(&operation, now);
        seat.edit(operation, &mut self.context);
        seat.settle(now, &mut self.context);
        Ok(())
    }

    /// Takes back the user's last group of edits, over whatever others did since. Answers with
    /// what changed in the text, in the encoding of events; `None` if there is nothing to take
    /// back or the document takes no edits.
    ///
    /// The same edits come as [`Event::Changed`], for a user interface that has one way to change
    /// what it shows; apply them once. Afterwards [`Replica::selections`] are where the user was.
    pub fn undo(&mut self, now: Duration, document: DocumentId) -> Option<Vec<TextEdit>> {
        let seat = self.seats.get_mut(&document)?;
        step_back(seat, Cause::Undo, now, &mut self.context)
    }

    /// Brings back what the last undo took, as [`undo`](Connection::undo) takes back an edit.
    pub fn redo(&mut self, now: Duration, document: DocumentId) -> Option<Vec<TextEdit>> {
        let seat = self.seats.get_mut(&document)?;
        step_back(seat, Cause::Redo, now, &mut self.context)
    }

    /// Ends the group that is being typed: the next edit is undone by itself.
    pub fn break_undo_group(&mut self, document: DocumentId) {
        if let Some(seat) = self.seats.get_mut(&document) {
            seat.replica.break_undo_group();
        }
    }
}

fn step_back(
    seat: &mut Seat,
    cause: Cause,
    now: Duration,
    context: &mut Context,
) -> Option<Vec<TextEdit>> {
    if !seat.replica.is_editable() {
        return None;
    }
    let (operation, selections) = seat.replica.step_back(cause == Cause::Redo)?;
    let edits = operation.edits(seat.replica.text(), context.event_encoding);
    let document = seat.replica.document();
    context.event(Event::Changed { document, edits: edits.clone(), cause });
    seat.edit(operation, context);
    seat.replica.set_selections(selections);
    seat.settle(now, context);
    Some(edits)
}

/// Whether the text may become what the operation makes of it. What it deletes is only counted
/// when the text is near its bound.
fn check_size(replica: &Replica, operation: &Operation) -> Result<(), EditError> {
    let bytes_max = replica.document_bytes_max();
    let before = replica.text().len_bytes() as u64;
    let inserted = operation.inserted_text().len() as u64;
    if before + inserted <= bytes_max || inserted == 0 {
        return Ok(());
    }
    let mut text = replica.text().clone();
    text.apply(operation).expect("the operation is made for this text");
    let bytes = text.len_bytes() as u64;
    if bytes > bytes_max && bytes > before {
        return Err(EditError::DocumentTooLarge { bytes, bytes_max });
    }
    Ok(())
}
