//! Mistakes that a test switches on, one at a time, to prove that it would be caught.
//!
//! Without the feature `seeded-bugs` the question is a constant `false` and costs nothing. The
//! switch is per thread, so that tests beside each other do not disturb one another; a simulation
//! runs on one thread.

/// Defines the mistakes and the list of all of them.
macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One mistake somewhere in CodeSync. Each stands at one `bugs::active` in the code.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Bug {
            $($(#[$doc])* $name,)*
        }

        impl Bug {
            /// All of them, for a test that goes through the list.
            pub const ALL: &'static [Bug] = &[$(Bug::$name,)*];
        }
    };
}

bugs! {
    /// The server, and only it, lets the earlier of two insertions in one gap stand left.
    TieReversed,
    /// A stretch of history is composed as a client composes what it has not sent.
    CatchUpComposedInsertFirst,
    /// The server takes every submission for a new one.
    NoDedupe,
    /// A server that loads a document does not ask the log what its authors sent last.
    DedupeForgottenOnReload,
    /// What is known of an author is dropped although he may be on his way in.
    AuthorForgottenWhileArriving,
    /// The server acknowledges before it has asked the log.
    AcknowledgeBeforeAppend,
    /// The server commits in memory, and tells everybody, before the log has answered.
    CommitBeforeAppend,
    /// After a lost race the entries are numbered anew and appended as they were.
    ConflictRetriedWithoutTransform,
    /// Of an append of unknown outcome the clients are told that it failed, for good.
    UnknownAppendTakenForFailed,
    /// An append of unknown outcome is taken for one that was done.
    UnknownAppendTakenForDone,
    /// The next entry from the bus is taken for the next one of the log.
    BusEntryTrustedWithoutRevision,
    /// A server hears from the bus alone what others committed.
    PollNeverReadsLog,
    /// A snapshot says that it is of the revision after its own.
    SnapshotOneRevisionAhead,
    /// A client that comes back gets its own commit as somebody else's.
    OwnEntryAppliedInCatchUp,
    /// A client takes whatever operation comes for the next one.
    GapSkipped,
    /// What is sent again is what it means now, under its old number and base.
    SentOperationRebased,
    /// What is typed after a submission was sent goes under its number.
    SentOperationExtended,
    /// A client that comes back begins with the number that it used last.
    SeqReusedAfterReconnect,
    /// A client that gave up what it had sent goes on as who it was, and uses the number again.
    NumberUsedAgainAfterConflict,
    /// A client that loses its socket forgets what it has not sent.
    BufferDroppedOnReconnect,
    /// A client writes its journal after it has sent.
    SavedAfterSending,
    /// What others did is not in the journal.
    RemoteEditsNotJournaled,
    /// A journal that is written anew leaves out what was not sent.
    CompactionForgetsBuffer,
    /// What the log would not append, because permissions changed, is appended under the new ones
    /// without asking what they are.
    AccessChangeNotAskedAbout,
    /// Edits that wait are appended although their author may no longer write.
    QueueKeptAfterDemotion,
    /// Who may no longer read goes on getting everything.
    WithdrawnReaderKept,
    /// A client that may no longer write throws away what it has not sent.
    UnsentDroppedOnDemotion,
    /// Undo remembers every change of the text, whosesoever it is.
    UndoTakesOthersEdits,
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
