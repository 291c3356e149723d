//! Mistakes that a test switches on, one at a time, to prove that it would be caught.
//!
//! Without the feature `seeded-bugs` the question is a constant `false` and costs nothing. The
//! switch is per thread, so that tests beside each other do not disturb one another; a simulation
//! runs on one thread.

/// One mistake somewhere in CodeSync. Each stands at one `bugs::active` in the code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "each name is the mistake")]
pub enum Bug {
    TieReversed,
    CatchUpComposedInsertFirst,
    BufferComposedDeleteFirst,
    NoDedupe,
    DedupeForgottenOnReload,
    AcknowledgeBeforeAppend,
    CommitBeforeAppend,
    SentOperationRebased,
    SeqReusedAfterReconnect,
    BufferDroppedOnReconnect,
    GapSkipped,
    OwnEntryAppliedInCatchUp,
    ConflictRetriedWithoutTransform,
    UnknownAppendTakenForFailed,
    UnknownAppendTakenForDone,
    SavedAfterSending,
    UndoTakesOthersEdits,
    SnapshotOneRevisionAhead,
    BusEntryTrustedWithoutRevision,
    PollNeverReadsLog,
}

impl Bug {
    /// All of them, for a test that goes through the list.
    pub const ALL: &'static [Bug] = &[
        Bug::TieReversed,
        Bug::CatchUpComposedInsertFirst,
        Bug::BufferComposedDeleteFirst,
        Bug::NoDedupe,
        Bug::DedupeForgottenOnReload,
        Bug::AcknowledgeBeforeAppend,
        Bug::CommitBeforeAppend,
        Bug::SentOperationRebased,
        Bug::SeqReusedAfterReconnect,
        Bug::BufferDroppedOnReconnect,
        Bug::GapSkipped,
        Bug::OwnEntryAppliedInCatchUp,
        Bug::ConflictRetriedWithoutTransform,
        Bug::UnknownAppendTakenForFailed,
        Bug::UnknownAppendTakenForDone,
        Bug::SavedAfterSending,
        Bug::UndoTakesOthersEdits,
        Bug::SnapshotOneRevisionAhead,
        Bug::BusEntryTrustedWithoutRevision,
        Bug::PollNeverReadsLog,
    ];
}

#[cfg(feature = "seeded-bugs")]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static ACTIVE: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether `bug` is switched on in this thread.
    #[must_use]
    pub fn active(bug: Bug) -> bool {
        ACTIVE.get() == Some(bug)
    }

    /// Runs `work` with `bug` switched on in this thread, and off again afterwards even if it
    /// panics.
    pub fn with<T>(bug: Bug, work: impl FnOnce() -> T) -> T {
        struct Off;
        impl Drop for Off {
            fn drop(&mut self) {
                ACTIVE.set(None);
            }
        }
        let _off = Off;
        ACTIVE.set(Some(bug));
        work()
    }
}

#[cfg(feature = "seeded-bugs")]
pub use switch::{active, with};

/// Whether `bug` is switched on in this thread: never, without the feature `seeded-bugs`.
#[cfg(not(feature = "seeded-bugs"))]
#[must_use]
#[inline(always)]
pub const fn active(_bug: Bug) -> bool {
    false
}
