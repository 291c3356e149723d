//! The bus: hints between the servers that hold one document.
//!
//! Whatever it says is also in the log; whatever it loses, doubles or reorders is repaired from
//! there. It must not be trusted with anything else. [`in_process`] serves one process.

pub mod in_process;

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::oplog::Entry;

/// Entries that were committed, in order and without a gap between them.
#[derive(Clone, Debug)]
pub struct Hint {
    /// Which server committed them, so that it need not listen to itself.
    pub origin: u64,
    pub entries: Vec<Entry>,
}

/// What was heard about one document.
#[derive(Clone, Debug)]
pub enum Heard {
    Committed(std::sync::Arc<Hint>),
    /// Something was lost; the log knows what.
    Lost,
}

/// Carries hints between servers.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Tells the others, as far as it goes.
    fn publish(&self, document: DocumentId, hint: Hint);

    /// Listens to a document from now on.
    async fn subscribe(&self, document: DocumentId) -> Box<dyn Subscription>;
}

/// Hints about one document, until it is dropped.
#[async_trait]
pub trait Subscription: Send + 'static {
    /// Waits for the next one. May be dropped while waiting without losing anything.
    async fn next(&mut self) -> Heard;
}
