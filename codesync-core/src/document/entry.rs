//! One committed operation with everything the log must remember of it.

use crate::ids::{Author, Revision, Seq};
use crate::operation::{Operation, OperationDecodeError, OperationLimits};

/// One committed operation: an element of a document's log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The revision it leads to.
    pub revision: Revision,
    /// Whose it is.
    pub author: Author,
    /// The author's how-manieth submission it is.
    pub seq: Seq,
    /// The operation in its committed form, made for the text at `revision - 1`.
    pub operation: Operation,
}

/// Bytes that are not an entry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryDecodeError {
    /// The numbers before the operation are cut off or malformed.
    #[error("the head of the entry is cut off or malformed")]
    Head,
    /// The operation is malformed.
    #[error("the operation of revision {revision} is malformed")]
    Operation {
        /// Which entry.
        revision: Revision,
        /// What was met.
        #[source]
        source: OperationDecodeError,
    },
}

impl Entry {
    /// The entry as bytes, in a form that will always be read: varints of `revision`, `author`,
    /// `seq` and the operation's base length, then [`Operation::encode`] to the end.
    ///
    /// The base length makes an entry readable by itself, without the text it is made for.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.operation.encoded_len());
        self.encode_into(&mut bytes);
        bytes
    }

    /// Appends the entry's bytes to `bytes`. They do not say where they end.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        let head = (self.revision, self.author, self.seq, self.operation.base_len() as u64);
        *bytes = postcard::to_extend(&head, std::mem::take(bytes))
            .expect("writing numbers to memory cannot fail");
        self.operation.encode_into(bytes);
    }

    /// Reads an entry from all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`EntryDecodeError`] for anything that [`Entry::encode`] does not write. Never panics.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryDecodeError> {
        type Head = (Revision, Author, Seq, u64);
        let ((revision, author, seq, base_len), rest) =
            postcard::take_from_bytes::<Head>(bytes).map_err(|_| EntryDecodeError::Head)?;
        let base_len = usize::try_from(base_len).map_err(|_| EntryDecodeError::Head)?;
        let operation = Operation::decode(rest, base_len, &OperationLimits::REPRESENTABLE)
            .map_err(|source| EntryDecodeError::Operation { revision, source })?;
        Ok(Self { revision, author, seq, operation })
    }
}
