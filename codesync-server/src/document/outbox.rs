//! What waits to be written to one socket, from all the documents it has joined.
//!
//! Documents put messages in and never wait; the socket takes as much as fits into a frame. How
//! much may wait is the documents' business: each gives a subscriber only as much as he has credit
//! for, and asks here to be told when everything was taken.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use codesync_core::protocol::CloseCode;
use tokio::sync::{Notify, mpsc};

use crate::document::SubscriberId;
use crate::document::handle::Command;

/// A queue towards one socket; clones are the same queue.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Notify,
    /// Something was taken.
    taken: Notify,
    /// A close waits.
    closing: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    rooms: Vec<Room>,
    closing: bool,
    closed: bool,
}

/// Something for the socket to do, in order.
#[derive(Debug)]
pub enum Item {
    /// Messages back to back, no longer than a frame.
    Messages(Bytes),
    /// A ping of the WebSocket itself.
    Ping,
    /// A document has ended this socket's part in it.
    Detached(SubscriberId),
    /// An edit was refused of somebody who could know that he may not write.
    Trespassed,
    Close(CloseCode),
}

/// A document that wants to know when everything was taken.
#[derive(Debug)]
pub struct Room {
    subscriber: SubscriberId,
    document: mpsc::WeakSender<Command>,
}

/// What the socket does next.
#[derive(Debug, Default)]
pub struct Taken {
    pub items: VecDeque<Item>,
    /// To be told once the items are written; only ever filled when nothing else waits.
    pub rooms: Vec<Room>,
}

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something; after [`close`](Self::close) it is thrown away.
    pub fn push(&self, item: Item) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        if let Item::Messages(messages) = &item {
            queue.bytes += messages.len();
        }
        let closing = matches!(item, Item::Close(_));
        queue.closing |= closing;
        queue.items.push_back(item);
        drop(queue);
        self.shared.changed.notify_one();
        if closing {
            self.shared.closing.notify_waiters();
        }
    }

    /// Waits until a close waits.
    pub async fn closing(&self) {
        let closing = self.shared.closing.notified();
        if !self.queue().closing {
            closing.await;
        }
    }

    /// Waits until fewer bytes than this wait.
    pub async fn below(&self, bytes_max: usize) {
        loop {
            let taken = self.shared.taken.notified();
            if self.bytes() < bytes_max {
                return;
            }
            taken.await;
        }
    }

    /// Tells the document when everything was taken.
    pub(crate) fn await_room(&self, subscriber: SubscriberId, document: mpsc::WeakSender<Command>) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        queue.rooms.push(Room { subscriber, document });
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Takes what waits, messages up to `bytes_max` and at least one, waiting until there is any.
    pub async fn take(&self, bytes_max: usize) -> Taken {
        loop {
            let changed = self.shared.changed.notified();
            let taken = self.take_now(bytes_max);
            self.shared.taken.notify_waiters();
            if !taken.items.is_empty() || !taken.rooms.is_empty() {
                return taken;
            }
            changed.await;
        }
    }

    fn take_now(&self, bytes_max: usize) -> Taken {
        let mut queue = self.queue();
        if queue.bytes <= bytes_max {
            queue.bytes = 0;
            // With its memory: a socket that has nothing to write keeps none.
            let items = std::mem::take(&mut queue.items);
            let rooms =
                if items.is_empty() { std::mem::take(&mut queue.rooms) } else { Vec::new() };
            return Taken { items, rooms };
        }
        let (mut items, mut bytes) = (VecDeque::new(), 0);
        while let Some(item) = queue.items.front() {
            if let Item::Messages(messages) = item {
                if bytes > 0 && bytes + messages.len() > bytes_max {
                    break;
                }
                bytes += messages.len();
            }
            items.extend(queue.items.pop_front());
        }
        queue.bytes -= bytes;
        Taken { items, rooms: Vec::new() }
    }

    /// Throws away what waits and whatever comes.
    pub fn close(&self) {
        let mut queue = self.queue();
        *queue = Queue { closed: true, ..Queue::default() };
    }
}

impl Room {
    /// Tells the document, unless it was closed.
    pub async fn grant(self) {
        if let Some(document) = self.document.upgrade() {
            let _ = document.send(Command::Room { subscriber: self.subscriber }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(taken: &Taken) -> Vec<usize> {
        let length = |item: &Item| match item {
            Item::Messages(messages) => messages.len(),
            Item::Ping | Item::Detached(_) | Item::Trespassed | Item::Close(_) => 0,
        };
        taken.items.iter().map(length).collect()
    }

    #[test]
    fn as_much_is_taken_as_fits_into_a_frame_but_never_nothing() {
        let outbox = Outbox::default();
        for length in [60, 40, 1, 200] {
            outbox.push(Item::Messages(Bytes::from(vec![0; length])));
        }
        assert_eq!(outbox.bytes(), 301);
        assert_eq!(lengths(&outbox.take_now(100)), [60, 40]);
        assert_eq!(lengths(&outbox.take_now(100)), [1]);
        assert_eq!(lengths(&outbox.take_now(100)), [200]);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_closed_outbox_keeps_nothing() {
        let outbox = Outbox::default();
        outbox.push(Item::Messages(Bytes::from_static(b"x")));
        outbox.close();
        outbox.push(Item::Messages(Bytes::from_static(b"y")));
        assert_eq!((outbox.bytes(), lengths(&outbox.take_now(100)).len()), (0, 0));
    }
}
