//! The bus within one process: bounded broadcast queues, one for each document listened to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use codesync_core::DocumentId;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::bus::{Bus, Heard, Hint, Subscription};

/// Hints kept for a slow listener; what is older is lost to it.
const HINTS_MAX: usize = 256;

/// A bus for the servers of one process.
#[derive(Debug, Default)]
pub struct InProcessBus {
    documents: Mutex<BTreeMap<DocumentId, broadcast::Sender<Arc<Hint>>>>,
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

    async fn subscribe(&self, document: DocumentId) -> Box<dyn Subscription> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.retain(|_, sender| sender.receiver_count() > 0);
        let sender = documents.entry(document).or_insert_with(|| broadcast::Sender::new(HINTS_MAX));
        Box::new(Listener { receiver: sender.subscribe() })
    }
}

struct Listener {
    receiver: broadcast::Receiver<Arc<Hint>>,
}

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> Heard {
        match self.receiver.recv().await {
            Ok(hint) => Heard::Committed(hint),
            Err(RecvError::Lagged(_)) => Heard::Lost,
            // The bus has gone; there is nothing more to hear.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
