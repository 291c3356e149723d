//! The histories that lead from an edit's base to the head, one after the other.

use super::SubmitError;
use crate::history::{CarryError, History};
use crate::ids::Revision;
use crate::operation::Operation;

/// A way from `base` on: over older entries, the document's window, and a batch, as far as needed.
pub(super) struct Way<'a> {
    histories: [Option<&'a History>; 3],
    base: Revision,
    base_len: usize,
}

impl<'a> Way<'a> {
    /// The way from `base`. `older` entries are of use only if they meet the window.
    pub(super) fn new(
        base: Revision,
        older: Option<&'a History>,
        window: &'a History,
        staged: Option<&'a History>,
    ) -> Result<Self, SubmitError> {
        let older = older.filter(|older| window.len_at(older.head()) == Some(older.head_len()));
        let mut histories = [older, Some(window), staged];
        for history in &mut histories {
            if let Some(base_len) = history.and_then(|history| history.len_at(base)) {
                return Ok(Self { histories, base, base_len });
            }
            *history = None;
        }
        Err(SubmitError::BaseTooOld { base, start: window.start() })
    }

    /// Length in chars of the text at the base.
    pub(super) fn base_len(&self) -> usize {
        self.base_len
    }

    /// Carries an operation made for the text at the base to the end of the way.
    pub(super) fn carry(&self, mut operation: Operation) -> Result<Operation, SubmitError> {
        let mut at = self.base;
        for history in self.histories.into_iter().flatten() {
            operation = history.transform(&operation, at).map_err(|error| match error {
                CarryError::OutOfHistory(error) => {
                    SubmitError::BaseTooOld { base: self.base, start: error.start }
                }
                CarryError::LengthMismatch(error) => {
                    unreachable!("read over the length at its base, but {error}")
                }
            })?;
            at = history.head();
        }
        Ok(operation)
    }
}
