//! A replica's journal: what happened to it, so that it can be made again after a crash.
//!
//! A journal starts with a *base*, the whole state, and goes on with one record for each thing that
//! happened since: an own edit, an acknowledgement, an operation of another. [`replay`] puts them
//! through the very code that ran when they were written, and so arrives at the same text, the same
//! unsent work and the same bytes for the submission that may be in flight.
//!
//! On disk each record is framed as
//!
//! ```text
//!   varint length of the payload │ low 4 bytes of its XXH64, little-endian │ payload (postcard)
//! ```
//!
//! A process that is killed while it appends leaves a *torn tail*: a record that is cut off or
//! does not match its checksum, with no whole record after it. It was never durable, so nothing
//! that depends on it was sent; replay leaves it out and says how long the rest is. Anything else
//! that does not fit is damage, and an error that says where. (A machine that loses its power while
//! several records are written but not synced may leave a hole with whole records behind it: that
//! is damage, too.)

mod frame;
mod record;

pub(super) use frame::Writer;
pub(super) use record::{Base, BaseBuffer, BaseOutstanding, Record, operation};

use super::replica::Replica;

/// What [`replay`] made of a journal.
#[derive(Debug)]
pub struct Replayed {
    /// The replica as it was.
    pub replica: Replica,
    /// Length in bytes of the whole records. Cut the journal off here before appending to it.
    pub valid_bytes: usize,
    /// Bytes after them, which were being written when the process ended.
    pub torn_bytes: usize,
    /// Whether an earlier version began it, which would not understand what is appended now: it is
    /// begun anew before that.
    pub is_outdated: bool,
}

/// Why a journal cannot be replayed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// There is no whole record in it: nothing was ever durable.
    #[error("the journal holds no whole record")]
    Empty,
    /// A record is damaged although whole ones come after it.
    #[error("the record at byte {offset} is damaged, and others follow it")]
    Damaged {
        /// Where it starts.
        offset: usize,
    },
    /// A record is whole but cannot follow what comes before it.
    #[error("the record at byte {offset} does not fit: {reason}")]
    Unfitting {
        /// Where it starts.
        offset: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The journal was written by a newer version.
    #[error("the journal has format {met}, this version reads up to {known}")]
    NewerFormat {
        /// The format it names.
        met: u8,
        /// The newest that is known.
        known: u8,
    },
}

/// Makes a replica from its journal. O(bytes).
///
/// # Errors
///
/// [`ReplayError`]; never panics, whatever the bytes.
pub fn replay(journal: &[u8]) -> Result<Replayed, ReplayError> {
    let mut replica: Option<Replica> = None;
    let mut is_outdated = false;
    let mut frames = frame::Reader::new(journal);
    while let Some((offset, payload)) = frames.next()? {
        let unfitting = |reason| ReplayError::Unfitting { offset, reason };
        let record = Record::decode(payload).map_err(|_| unfitting("it is not a record"))?;
        match (record, &mut replica) {
            (Record::Base(base), replica) => {
                if base.format > record::FORMAT {
                    return Err(ReplayError::NewerFormat {
                        met: base.format,
                        known: record::FORMAT,
                    });
                }
                is_outdated = base.format < record::FORMAT;
                *replica = Some(Replica::restore(base).map_err(unfitting)?);
            }
            (_, None) => return Err(unfitting("there is no base before it")),
            (record, Some(replica)) => replica.redo(record).map_err(unfitting)?,
        }
    }
    let valid_bytes = frames.valid_bytes();
    let replica = replica.ok_or(ReplayError::Empty)?;
    Ok(Replayed { replica, valid_bytes, torn_bytes: journal.len() - valid_bytes, is_outdated })
}
