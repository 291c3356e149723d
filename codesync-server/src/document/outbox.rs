//! What waits to be written to one socket, from all the documents it has joined.
//!
//! Documents put messages in and never wait; the socket takes as much as fits into a frame. How
//! much may wait is the documents' business: each gives a subscriber only as much as he has credit
//! for, and asks here to be told when everything was taken.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use codesync_core::protocol::CloseCode;
use tokio::sync::{Notify, mpsc};

use crate::document::SubscriberId;
use crate::document::handle::{Command, Waiting, hand_over};

/// A queue towards one socket; clones are the same queue.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
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
    /// Who waits for something to take: the socket, which alone takes.
    taker: Option<Waker>,
    /// Who waits for something to have been taken: the same socket, before it reads on.
    reader: Option<Waker>,
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
        wake_taker(queue);
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

    /// Ready when fewer bytes than this wait.
    pub fn poll_below(&self, context: &Context<'_>, bytes_max: usize) -> Poll<()> {
        let mut queue = self.queue();
        if queue.bytes < bytes_max {
            return Poll::Ready(());
        }
        queue.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Tells the document when everything was taken.
    pub(crate) fn await_room(&self, subscriber: SubscriberId, document: mpsc::WeakSender<Command>) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        queue.rooms.push(Room { subscriber, document });
        wake_taker(queue);
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Takes what waits, messages up to `bytes_max` and at least one, waiting until there is any.
    pub async fn take(&self, bytes_max: usize) -> Taken {
        poll_fn(|context| self.poll_take(context, bytes_max)).await
    }

    fn poll_take(&self, context: &Context<'_>, bytes_max: usize) -> Poll<Taken> {
        let mut queue = self.queue();
        let taken = queue.take(bytes_max);
        if taken.items.is_empty() && taken.rooms.is_empty() {
            match &mut queue.taker {
                Some(waker) => waker.clone_from(context.waker()),
                waker => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        let reader = queue.reader.take();
        drop(queue);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(taken)
    }

    /// Throws away what waits and whatever comes.
    pub fn close(&self) {
        let mut queue = self.queue();
        *queue = Queue { closed: true, ..Queue::default() };
    }
}

impl Queue {
    fn take(&mut self, bytes_max: usize) -> Taken {
        if self.bytes <= bytes_max {
            self.bytes = 0;
            // With its memory: a socket that has nothing to write keeps none.
            let items = std::mem::take(&mut self.items);
            let rooms = if items.is_empty() { std::mem::take(&mut self.rooms) } else { Vec::new() };
            return Taken { items, rooms };
        }
        let (mut items, mut bytes) = (VecDeque::new(), 0);
        while let Some(item) = self.items.front() {
            if let Item::Messages(messages) = item {
                if bytes > 0 && bytes + messages.len() > bytes_max {
                    break;
                }
                bytes += messages.len();
            }
            items.extend(self.items.pop_front());
        }
        self.bytes -= bytes;
        Taken { items, rooms: Vec::new() }
    }
}

/// Wakes who waits for something to take, after the lock is given back.
fn wake_taker(mut queue: MutexGuard<'_, Queue>) {
    let taker = queue.taker.take();
    drop(queue);
    taker.into_iter().for_each(Waker::wake);
}

impl Room {
    /// Tells the document, unless it was closed; what there is to wait for, if it is busy.
    pub(crate) fn grant(self) -> Option<Waiting> {
        hand_over(&self.document.upgrade()?, Command::Room { subscriber: self.subscriber })
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
        assert_eq!(lengths(&outbox.queue().take(100)), [60, 40]);
        assert_eq!(lengths(&outbox.queue().take(100)), [1]);
        assert_eq!(lengths(&outbox.queue().take(100)), [200]);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_closed_outbox_keeps_nothing() {
        let outbox = Outbox::default();
        outbox.push(Item::Messages(Bytes::from_static(b"x")));
        outbox.close();
        outbox.push(Item::Messages(Bytes::from_static(b"y")));
        assert_eq!((outbox.bytes(), lengths(&outbox.queue().take(100)).len()), (0, 0));
    }
}
