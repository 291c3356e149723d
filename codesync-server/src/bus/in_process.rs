//! The bus within one process.

use std::sync::Arc;

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::bus::listeners::Listeners;
use crate::bus::{Bus, Heard, Hint, Notice, Origin, Subscription};

/// A bus for the servers of one process.
#[derive(Debug, Default)]
pub struct InProcessBus {
    listeners: Listeners,
}

#[async_trait]
impl Bus for InProcessBus {
    fn publish(&self, document: DocumentId, hint: Hint) {
        self.listeners.tell(document, &Heard::News(Arc::new(hint)));
    }

    async fn subscribe(
        &self,
        document: DocumentId,
        listener: Origin,
    ) -> Box<dyn Subscription<Hint>> {
        self.listeners.sweep();
        self.listeners.listen(document, listener)
    }

    fn announce(&self, notice: Notice) {
        self.listeners.tell_all(&Heard::News(Arc::new(notice)));
    }

    async fn notices(&self) -> Box<dyn Subscription<Notice>> {
        self.listeners.listen_to_notices()
    }

    fn is_connected(&self) -> bool {
        true
    }
}
