//! Whoever listens in this process: bounded broadcast queues, one for each document listened to
//! and one for notices.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use codesync_core::DocumentId;
use tokio::sync::broadcast::{self, Sender, error::RecvError};

use crate::bus::{Heard, Hint, Notice, Subscription};

/// Hints or notices kept for a slow listener; what is older is lost to it.
const KEPT_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Listeners {
    documents: Mutex<BTreeMap<DocumentId, Sender<Heard<Hint>>>>,
    notices: Sender<Heard<Notice>>,
}

impl Default for Listeners {
    fn default() -> Self {
        Self { documents: Mutex::default(), notices: Sender::new(KEPT_MAX) }
    }
}

impl Listeners {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Sender<Heard<Hint>>>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, document: DocumentId, heard: Heard<Hint>) {
        if let Some(sender) = self.documents().get(&document) {
            // Nobody listening is no error.
            let _ = sender.send(heard);
        }
    }

    pub(super) fn tell_all(&self, notice: Heard<Notice>) {
        let _ = self.notices.send(notice);
    }

    pub(super) fn listen(&self, document: DocumentId) -> Box<dyn Subscription<Hint>> {
        let mut documents = self.documents();
        let sender = documents.entry(document).or_insert_with(|| Sender::new(KEPT_MAX));
        Box::new(Listener { receiver: sender.subscribe() })
    }

    pub(super) fn listen_to_notices(&self) -> Box<dyn Subscription<Notice>> {
        Box::new(Listener { receiver: self.notices.subscribe() })
    }

    /// Documents to which somebody listens, or did a moment ago.
    #[cfg(feature = "cloud")]
    pub(super) fn ids(&self) -> Vec<DocumentId> {
        self.documents().keys().copied().collect()
    }

    /// Forgets documents to which nobody listens any more; which they were.
    pub(super) fn sweep(&self) -> Vec<DocumentId> {
        let mut documents = self.documents();
        let is_left = |sender: &mut Sender<_>| sender.receiver_count() == 0;
        documents.extract_if(.., |_, sender| is_left(sender)).map(|(id, _)| id).collect()
    }
}

struct Listener<T> {
    receiver: broadcast::Receiver<Heard<T>>,
}

#[async_trait]
impl<T: Clone + Send + Sync + 'static> Subscription<T> for Listener<T> {
    async fn next(&mut self) -> Heard<T> {
        match self.receiver.recv().await {
            Ok(heard) => heard,
            Err(RecvError::Lagged(_)) => Heard::Lost,
            // The bus has gone; there is nothing more to hear.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
