//! Own work that is not acknowledged: what is in flight, and what was typed meanwhile.

use crate::ids::Seq;
use crate::operation::{Bias, LengthMismatch, Operation};
use crate::transform::transform;

/// The submission that is, or shall next be, in flight.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Outstanding {
    pub(super) ticket: Ticket,
    /// What is sent under the ticket, each time it is sent. (An operation has one encoding.)
    pub(super) sent: Operation,
    /// What the sent bytes mean on top of the confirmed text now.
    pub(super) operation: Operation,
    /// How many of the user's edits are saved when it is acknowledged.
    pub(super) edits: usize,
}

/// What makes a submission's place certain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ticket {
    pub(super) seq: Seq,
    /// Base revision, counted from that of the previous commit of this client.
    pub(super) since: u64,
}

/// What was typed after the outstanding operation, composed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Buffer {
    pub(super) operation: Operation,
    pub(super) edits: usize,
}

impl Buffer {
    fn add(&mut self, operation: &Operation) {
        self.operation = self
            .operation
            .compose(operation, Bias::Left)
            .expect("an edit follows the work before it: both meet at the local text");
        self.edits += 1;
    }
}

/// How far own work is ahead of the confirmed text.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "boxing would cost an allocation per keystroke")]
pub(super) enum Pending {
    Synchronized,
    AwaitingAck { outstanding: Outstanding },
    AwaitingWithBuffer { outstanding: Outstanding, buffer: Buffer },
}

impl Pending {
    pub(super) fn outstanding(&self) -> Option<&Outstanding> {
        match self {
            Self::Synchronized => None,
            Self::AwaitingAck { outstanding } | Self::AwaitingWithBuffer { outstanding, .. } => {
                Some(outstanding)
            }
        }
    }

    pub(super) fn buffer(&self) -> Option<&Buffer> {
        match self {
            Self::Synchronized | Self::AwaitingAck { .. } => None,
            Self::AwaitingWithBuffer { buffer, .. } => Some(buffer),
        }
    }

    /// The operations that lead from the confirmed text to the local one, in order.
    pub(super) fn operations(&self) -> impl Iterator<Item = &Operation> {
        let outstanding = self.outstanding().map(|outstanding| &outstanding.operation);
        outstanding.into_iter().chain(self.buffer().map(|buffer| &buffer.operation))
    }

    /// Edits of the user that are not acknowledged.
    pub(super) fn edits(&self) -> usize {
        self.outstanding().map_or(0, |outstanding| outstanding.edits)
            + self.buffer().map_or(0, |buffer| buffer.edits)
    }

    /// Adds an edit of the local text. If nothing was in flight it becomes the next submission,
    /// under `ticket`.
    ///
    /// That happens whether or not a server is reached: so the bytes of a submission follow from
    /// which edits were made so and which by [`extend`](Self::extend), and a replayed journal, which
    /// tells them apart, gives the same ones.
    pub(super) fn push(&mut self, operation: Operation, ticket: Ticket) {
        *self = match std::mem::replace(self, Self::Synchronized) {
            Self::Synchronized => Self::seal(Buffer { operation, edits: 1 }, ticket),
            Self::AwaitingAck { outstanding } => {
                Self::AwaitingWithBuffer { outstanding, buffer: Buffer { operation, edits: 1 } }
            }
            Self::AwaitingWithBuffer { outstanding, mut buffer } => {
                buffer.add(&operation);
                Self::AwaitingWithBuffer { outstanding, buffer }
            }
        }
    }

    /// Makes an edit of the local text part of the outstanding operation, which nobody may have seen
    /// yet and which goes under `ticket` from now on. Where nothing is outstanding, or something
    /// waits behind it already, that is the same as [`push`](Self::push).
    pub(super) fn extend(&mut self, operation: Operation, ticket: Ticket) {
        match std::mem::replace(self, Self::Synchronized) {
            Self::AwaitingAck { outstanding: Outstanding { operation: before, edits, .. } } => {
                let mut work = Buffer { operation: before, edits };
                work.add(&operation);
                *self = Self::seal(work, ticket);
            }
            other => {
                *self = other;
                self.push(operation, ticket);
            }
        }
    }

    /// The outstanding operation was committed; the buffer, if there is one, is next in flight
    /// under `ticket`. Answers with the committed operation, `None` if nothing was in flight.
    pub(super) fn acknowledge(&mut self, ticket: Ticket) -> Option<Operation> {
        let (after, committed) = match std::mem::replace(self, Self::Synchronized) {
            Self::Synchronized => return None,
            Self::AwaitingAck { outstanding } => (Self::Synchronized, outstanding.operation),
            Self::AwaitingWithBuffer { outstanding, buffer } => {
                (Self::seal(buffer, ticket), outstanding.operation)
            }
        };
        *self = after;
        Some(committed)
    }

    /// Carries everything over an operation committed by another, and that over everything: the
    /// answer is what it does to the local text.
    pub(super) fn carry(&mut self, remote: Operation) -> Result<Operation, LengthMismatch> {
        match self {
            Self::Synchronized => Ok(remote),
            Self::AwaitingAck { outstanding } => {
                let (own, remote) = transform(&outstanding.operation, &remote)?;
                outstanding.operation = own;
                Ok(remote)
            }
            Self::AwaitingWithBuffer { outstanding, buffer } => {
                let (own, remote) = transform(&outstanding.operation, &remote)?;
                let (typed, remote) = transform(&buffer.operation, &remote)
                    .expect("both legs of a transform end where the buffer begins");
                (outstanding.operation, buffer.operation) = (own, typed);
                Ok(remote)
            }
        }
    }

    /// Forgets the buffer, as no client may.
    pub(super) fn drop_buffer(&mut self) {
        if let Self::AwaitingWithBuffer { outstanding, .. } = self {
            *self = Self::AwaitingAck { outstanding: outstanding.clone() };
        }
    }

    /// Makes a submission of `work`, or of its first part if it is too large for one.
    fn seal(work: Buffer, ticket: Ticket) -> Self {
        let Buffer { operation, edits } = work;
        if operation.is_identity() {
            // Typed and taken back before it could be sent.
            return Self::Synchronized;
        }
        let outstanding = |operation: Operation, edits| Outstanding {
            ticket,
            sent: operation.clone(),
            operation,
            edits,
        };
        match operation.first_part() {
            None => Self::AwaitingAck { outstanding: outstanding(operation, edits) },
            // The edits are not saved before the last part of them is.
            Some((first, rest)) => Self::AwaitingWithBuffer {
                outstanding: outstanding(first, 0),
                buffer: Buffer { operation: rest, edits },
            },
        }
    }
}
