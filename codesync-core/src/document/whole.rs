//! Edits that come as a whole, however large, from somebody who says nothing else.

use super::way::Way;
use super::{Document, Entry, SubmitError};
use crate::history::History;
use crate::ids::{Author, Revision, Seq};
use crate::operation::Operation;

/// What is to be done with an edit that came as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PreparedWhole {
    /// Append these at once, then commit them in order. None if nothing would change.
    Entries(Vec<Entry>),
    /// It was committed before, and led to this revision.
    Duplicate {
        /// Of its last entry.
        revision: Revision,
    },
}

impl Document {
    /// The entries that would be appended for an edit of any size, made for the text at `base`.
    /// Nothing changes.
    ///
    /// A program that writes a file is no client that types: it has one thing to say, under an
    /// author number that is never used for another, and it may be larger than one submission. The
    /// edit is carried to the head as a whole and then cut, so that its entries follow each other
    /// with nothing between them; appended at once, they are in the log all or not at all, and an
    /// author who has committed anything has committed everything.
    ///
    /// `older` holds the entries from the base or before up to
    /// [`window_start`](Document::window_start) or after, where the base lies before it.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; [`BaseTooOld`](SubmitError::BaseTooOld) if the window and `older` do not
    /// reach back to the base.
    ///
    /// # Panics
    ///
    /// If the operation is not made for a text of the length at `base`.
    pub fn prepare_whole(
        &self,
        author: Author,
        base: Revision,
        operation: &Operation,
        older: Option<&History>,
    ) -> Result<PreparedWhole, SubmitError> {
        let record = self.author(author).ok_or(SubmitError::UnknownAuthor { author })?;
        if record.last_seq > Seq::ZERO {
            return Ok(PreparedWhole::Duplicate { revision: record.last_revision });
        }
        let head = self.head();
        if base > head {
            return Err(SubmitError::FutureBase { base, head });
        }
        if operation.inserted_text().contains('\r') {
            return Err(SubmitError::CarriageReturn);
        }
        let way = Way::new(base, older, &self.history, None)?;
        assert_eq!(
            operation.base_len(),
            way.base_len(),
            "an edit is made for the text at its base"
        );
        let carried = way.carry(operation.clone())?;
        self.check_size(&carried)?;
        let numbered = carried.parts().into_iter().zip(1..);
        let entry = |(operation, number)| Entry {
            revision: Revision::new(head.get() + number),
            author,
            seq: Seq::new(number),
            operation,
        };
        Ok(PreparedWhole::Entries(numbered.map(entry).collect()))
    }

    /// Refuses what makes the text longer and too long.
    fn check_size(&self, operation: &Operation) -> Result<(), SubmitError> {
        let bytes_max = self.document_bytes_max();
        let mut text = self.text().clone();
        text.apply(operation).expect("it was carried to the head");
        let bytes = text.len_bytes() as u64;
        if bytes > bytes_max && text.len_bytes() > self.text().len_bytes() {
            return Err(SubmitError::DocumentTooLarge { bytes, bytes_max });
        }
        Ok(())
    }
}
