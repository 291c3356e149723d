//! The bus within one process: bounded broadcast queues, one for each document listened to and one
//! for notices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use codesync_core::DocumentId;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::bus::{Bus, Heard, Hint, Notice, Subscription};

/// Hints or notices kept for a slow listener; what is older is lost to it.
const KEPT_MAX: usize = 256;

/// A bus for the servers of one process.
#[derive(Debug)]
pub struct InProcessBus {
    documents: Mutex<BTreeMap<DocumentId, broadcast::Sender<Arc<Hint>>>>,
    notices: broadcast::Sender<Arc<Notice>>,
}

impl Default for InProcessBus {
    fn default() -> Self {
        Self { documents: Mutex::default(), notices: broadcast::Sender::new(KEPT_MAX) }
    }
}

#[async_trait]
impl Bus for InProcessBus {
    fn publish(&self, document: DocumentId, hint: Hint) {
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = documents.get(&document) {
            // Nobody listening is no error.
            let _ = sender.send(Arc::new(hint));
        }
    }

    async fn subscribe(&self, document: DocumentId) -> Box<dyn Subscription<Hint>> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.retain(|_, sender| sender.receiver_count() > 0);
        let sender = documents.entry(document).or_insert_with(|| broadcast::Sender::new(KEPT_MAX));
        Box::new(Listener { receiver: sender.subscribe() })
    }

    fn announce(&self, notice: Notice) {
        let _ = self.notices.send(Arc::new(notice));
    }

    async fn notices(&self) -> Box<dyn Subscription<Notice>> {
        Box::new(Listener { receiver: self.notices.subscribe() })
    }

    fn is_connected(&self) -> bool {
        true
    }
}

struct Listener<T> {
    receiver: broadcast::Receiver<Arc<T>>,
}

#[async_trait]
impl<T: Send + Sync + 'static> Subscription<T> for Listener<T> {
    async fn next(&mut self) -> Heard<T> {
        match self.receiver.recv().await {
            Ok(news) => Heard::News(news),
            Err(RecvError::Lagged(_)) => Heard::Lost,
            // The bus has gone; there is nothing more to hear.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
