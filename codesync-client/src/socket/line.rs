//! The writing end of the connection there is, for whoever has a frame to send.
//!
//! A frame leaves in the thread that hands it over, unless the system takes no more of it: then a
//! task waits for that, and nobody else does. To wake a task for each frame would cost more than to
//! send it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use futures_util::Sink;
use tokio_tungstenite::tungstenite::{Error, Message};

/// What takes frames and carries them away.
pub(crate) type FrameSink = Pin<Box<dyn Sink<Message, Error = Error> + Send>>;

/// The line to the server, while there is one.
#[derive(Default)]
pub(crate) struct Line {
    end: Mutex<Option<End>>,
}

struct End {
    /// The attempt to connect that led to it.
    attempt: u64,
    sink: FrameSink,
    /// Frames that the sink had no room for, oldest first.
    waiting: VecDeque<Message>,
    /// Whether the sink may hold something back.
    is_behind: bool,
    /// Whether there will be no other frame.
    is_ending: bool,
    /// Wakes the task that takes over what had to wait.
    writer: Waker,
}

impl Line {
    /// From now on frames go into this.
    pub(super) fn open(&self, attempt: u64, sink: FrameSink) {
        let waiting = VecDeque::new();
        let writer = Waker::noop().clone();
        let (is_behind, is_ending) = (false, false);
        *self.end() = Some(End { attempt, sink, waiting, is_behind, is_ending, writer });
    }

    /// Frames go nowhere any more.
    pub(super) fn close(&self) {
        self.end().take();
    }

    /// No other frame is taken; once those there are have left, the connection ends.
    pub(super) fn finish(&self) {
        if let Some(end) = &mut *self.end() {
            end.is_ending = true;
            end.writer.wake_by_ref();
        }
    }

    /// Sends a frame, or has it sent as soon as there is room for it. False without a connection: the
    /// protocol sends it again.
    pub(crate) fn send(&self, frame: Vec<u8>) -> bool {
        let mut guard = self.end();
        let Some(end) = guard.as_mut().filter(|end| !end.is_ending) else { return false };
        end.waiting.push_back(Message::Binary(frame.into()));
        if end.is_behind {
            return true;
        }
        match end.poll_flush(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => true,
            Poll::Pending => {
                end.is_behind = true;
                mem::replace(&mut end.writer, Waker::noop().clone()).wake();
                true
            }
            Poll::Ready(Err(_)) => {
                // The reading side notices it as well, and tells why.
                *guard = None;
                false
            }
        }
    }

    /// Sends what has to wait for room. Ends when the connection of this attempt does.
    pub(super) async fn write(&self, attempt: u64) {
        poll_fn(|context| {
            let mut guard = self.end();
            let Some(end) = guard.as_mut().filter(|end| end.attempt == attempt) else {
                return Poll::Ready(());
            };
            if ready!(end.poll_write(context)).is_err() {
                *guard = None;
            }
            Poll::Ready(())
        })
        .await;
    }

    fn end(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl End {
    /// Sends what waits, again and again; ready once the line is to end, or has failed.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.writer.clone_from(context.waker());
        if self.is_behind || self.is_ending {
            ready!(self.poll_flush(context))?;
            self.is_behind = false;
        }
        if self.is_ending { self.sink.as_mut().poll_close(context) } else { Poll::Pending }
    }

    /// Hands all that waits to the sink and the system.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.waiting.is_empty() {
            ready!(self.sink.as_mut().poll_ready(context))?;
            if let Some(frame) = self.waiting.pop_front() {
                self.sink.as_mut().start_send(frame)?;
            }
        }
        self.sink.as_mut().poll_flush(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// A line to a peer that has room for so many bytes and reads nothing by itself.
    async fn line(room: usize) -> (Line, tokio::io::DuplexStream) {
        let (near, far) = tokio::io::duplex(room);
        let socket = WebSocketStream::from_raw_socket(near, Role::Server, None).await;
        let line = Line::default();
        line.open(1, Box::pin(socket));
        (line, far)
    }

    /// A frame of one byte as a server writes it.
    fn written(byte: u8) -> [u8; 3] {
        [0x82, 1, byte]
    }

    #[tokio::test]
    async fn a_frame_leaves_at_once_where_there_is_room() {
        let (line, mut far) = line(64).await;
        assert!(line.send(vec![7]));
        let mut met = [0; 3];
        far.read_exact(&mut met).await.expect("it is there, though nobody writes");
        assert_eq!(met, written(7));
    }

    #[tokio::test]
    async fn what_finds_no_room_is_sent_in_its_order_by_the_task_and_then_the_line_ends() {
        let (line, mut far) = line(8).await;
        for n in 0..100 {
            assert!(line.send(vec![n]), "nobody waits for the peer");
        }
        line.finish();
        assert!(!line.send(vec![100]), "it was told to end");
        let read = async {
            let mut met = vec![0; 300];
            far.read_exact(&mut met).await.expect("all of it comes");
            let all: Vec<u8> = (0..100).flat_map(written).collect();
            assert_eq!(met, all);
            let mut close = [0; 2];
            far.read_exact(&mut close).await.expect("it says goodbye");
            assert_eq!(close[0], 0x88);
        };
        tokio::join!(line.write(1), read);
    }

    #[tokio::test]
    async fn a_task_that_slept_is_woken_by_the_first_frame_that_finds_no_room() {
        let (line, mut far) = line(4).await;
        let type_and_read = async {
            // The task has found nothing to do by now.
            tokio::task::yield_now().await;
            for n in 0..10 {
                line.send(vec![n]);
            }
            let mut met = [0; 30];
            far.read_exact(&mut met).await.expect("all of it comes");
        };
        tokio::select! {
            biased;
            () = line.write(1) => panic!("the line is open"),
            () = type_and_read => {}
        }
    }

    #[tokio::test]
    async fn a_line_that_failed_takes_nothing_and_its_task_leaves_the_next_one_alone() {
        let (line, far) = line(64).await;
        drop(far);
        assert!(!line.send(vec![1]));
        assert!(!line.send(vec![2]));
        line.write(1).await;

        let (near, _far) = tokio::io::duplex(64);
        let socket = WebSocketStream::from_raw_socket(near, Role::Server, None).await;
        line.open(2, Box::pin(socket));
        line.write(1).await;
        assert!(line.send(vec![3]));
    }

    #[test]
    fn without_a_connection_a_frame_goes_nowhere() {
        let line = Line::default();
        assert!(!line.send(vec![1]));
    }
}
