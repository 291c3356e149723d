//! A replica as a journal's base, and a journal's records put through the replica's own code.

use std::borrow::Cow;

use super::{Replica, State};
use crate::bugs::{self, Bug};
use crate::client::confirmed::Confirmed;
use crate::client::journal::{Base, BaseBuffer, BaseOutstanding, Record, operation};
use crate::client::pending::{Buffer, Outstanding, Pending, Ticket};
use crate::ids::Seq;
use crate::limits::NUMBER_MAX;
use crate::text::Text;

const NO_REVISION: &str = "it leads to a revision that cannot follow";

impl Replica {
    /// The whole state, as the beginning of a new journal. O(n) in the text.
    pub(in crate::client) fn base(&self) -> Base<'_> {
        let outstanding = self.pending.outstanding().map(|outstanding| BaseOutstanding {
            seq: outstanding.ticket.seq,
            since: outstanding.ticket.since,
            sent_base_len: outstanding.sent.base_len() as u64,
            sent: Cow::Owned(outstanding.sent.encode()),
            operation: Cow::Owned(outstanding.operation.encode()),
            edits: outstanding.edits as u64,
        });
        let kept = |_: &&Buffer| !bugs::active(Bug::CompactionForgetsBuffer);
        let buffer = self.pending.buffer().filter(kept).map(|buffer| BaseBuffer {
            operation: Cow::Owned(buffer.operation.encode()),
            edits: buffer.edits as u64,
        });
        Base {
            format: Base::FORMAT,
            document: self.document,
            client: self.client,
            name: Cow::Borrowed(&self.name),
            writable: self.writable,
            document_bytes_max: self.document_bytes_max,
            revision: self.revision,
            last_seq: self.last_seq,
            last_revision: self.last_revision,
            text: Cow::Owned(self.confirmed.text().to_string()),
            outstanding,
            buffer,
        }
    }

    /// The replica that wrote this base.
    pub(in crate::client) fn restore(base: Base<'_>) -> Result<Self, &'static str> {
        if base.last_revision > base.revision {
            return Err("its last commit lies ahead of its revision");
        }
        if base.revision.get().max(base.last_seq.get()) > NUMBER_MAX {
            return Err("its numbers are impossible");
        }
        let mut text = Text::from(&*base.text);
        let mut replica = Self::new(base.document, base.client);
        replica.confirmed = Confirmed::new(base.revision, text.clone());
        replica.pending = pending(&base, &mut text)?;
        replica.name = base.name.into_owned();
        replica.state = if base.writable { State::Waiting } else { State::ReadOnly };
        replica.writable = base.writable;
        replica.document_bytes_max = base.document_bytes_max;
        replica.text = text;
        replica.revision = base.revision;
        replica.last_seq = base.last_seq;
        replica.last_revision = base.last_revision;
        Ok(replica)
    }

    /// Does again what a record says was done.
    pub(in crate::client) fn redo(&mut self, record: Record<'_>) -> Result<(), &'static str> {
        match record {
            Record::Base(_) => unreachable!("a base makes a new replica"),
            Record::Edited { operation: bytes } => {
                let edit = operation(&bytes, self.text.len())?;
                self.edited(edit).expect("it was read over this length");
            }
            Record::Extended { operation: bytes } => {
                let edit = operation(&bytes, self.text.len())?;
                self.extended(edit).expect("it was read over this length");
            }
            Record::Acked { revision } => {
                if self.revision.checked_add(1) != Some(revision) {
                    return Err(NO_REVISION);
                }
                self.acked().ok_or("nothing was outstanding")?;
            }
            Record::Applied { revision, operation: bytes } => {
                if revision <= self.revision || revision.get() > NUMBER_MAX {
                    return Err(NO_REVISION);
                }
                let remote = operation(&bytes, self.confirmed_len())?;
                self.applied(revision, None, remote, |_, _| ())
                    .expect("it was read over this length");
            }
            Record::Renamed { name } => self.set_name(&name),
            Record::Role { writable } => {
                self.set_writable(writable);
                self.state = if writable { State::Waiting } else { State::ReadOnly };
            }
        }
        Ok(())
    }
}

/// The pending work of a base, applied to the confirmed `text`.
fn pending(base: &Base<'_>, text: &mut Text) -> Result<Pending, &'static str> {
    let count = |edits: u64| usize::try_from(edits).map_err(|_| "it counts too many edits");
    let fits = "it was read over this length";
    let Some(outstanding) = &base.outstanding else {
        return match base.buffer {
            None => Ok(Pending::Synchronized),
            Some(_) => Err("it has a buffer and nothing outstanding"),
        };
    };
    let sent_base_len = usize::try_from(outstanding.sent_base_len)
        .map_err(|_| "it sent an operation on an impossible length")?;
    let outstanding = Outstanding {
        ticket: Ticket { seq: outstanding.seq, since: outstanding.since },
        sent: operation(&outstanding.sent, sent_base_len)?,
        operation: operation(&outstanding.operation, text.len())?,
        edits: count(outstanding.edits)?,
    };
    if outstanding.ticket.seq == Seq::ZERO {
        return Err("what it has outstanding has no number");
    }
    if outstanding.ticket.seq != base.last_seq {
        return Err("what it has outstanding is not its last submission");
    }
    text.apply(&outstanding.operation).expect(fits);
    let Some(buffer) = &base.buffer else { return Ok(Pending::AwaitingAck { outstanding }) };
    let buffer = Buffer {
        operation: operation(&buffer.operation, text.len())?,
        edits: count(buffer.edits)?,
    };
    text.apply(&buffer.operation).expect(fits);
    Ok(Pending::AwaitingWithBuffer { outstanding, buffer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, DocumentId};
    use crate::operation::Operation;

    #[test]
    fn a_base_with_something_outstanding_under_no_number_is_refused() {
        let replica = Replica::new(DocumentId::from_bytes([1; 16]), ClientId::from_bytes([2; 16]));
        let typed = Operation::replace(0, 0..0, "a").encode();
        let outstanding = |seq| BaseOutstanding {
            seq,
            since: 0,
            sent_base_len: 0,
            sent: Cow::Borrowed(&typed),
            operation: Cow::Borrowed(&typed),
            edits: 1,
        };
        let first = Seq::ZERO.next();
        for (seq, is_fine) in [(Seq::ZERO, false), (first, true)] {
            let base =
                Base { last_seq: seq, outstanding: Some(outstanding(seq)), ..replica.base() };
            assert_eq!(Replica::restore(base).is_ok(), is_fine);
        }
    }
}
