//! One WebSocket, with its bytes counted where they enter and leave the machine.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use codesync_core::limits::FRAME_BYTES_MAX;
use codesync_core::protocol::SUBPROTOCOL;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Bytes read at once. Thousands of connections shall fit into the generator.
const READ_BUFFER_BYTES: usize = 4096;

/// What went through a client's sockets, TCP's own bytes left out.
#[derive(Debug, Default)]
pub struct Traffic {
    up: AtomicU64,
    down: AtomicU64,
    frames: AtomicU64,
    payload: AtomicU64,
}

impl Traffic {
    /// Bytes sent.
    pub fn up(&self) -> u64 {
        self.up.load(Ordering::Relaxed)
    }

    /// Bytes received.
    pub fn down(&self) -> u64 {
        self.down.load(Ordering::Relaxed)
    }

    /// Frames sent, and the bytes in them.
    pub fn frames(&self) -> (u64, u64) {
        (self.frames.load(Ordering::Relaxed), self.payload.load(Ordering::Relaxed))
    }
}

/// An open socket. What is [pushed](Wire::push) leaves while somebody waits for
/// [`next`](Wire::next): neither direction holds up the other.
pub(crate) struct Wire {
    socket: WebSocketStream<Counted>,
    waiting: VecDeque<Bytes>,
    unflushed: bool,
    traffic: Arc<Traffic>,
}

impl Wire {
    pub(crate) async fn dial(address: SocketAddr, traffic: Arc<Traffic>) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/socket").into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let stream = Counted { stream, traffic: traffic.clone() };
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(Self { socket, waiting: VecDeque::new(), unflushed: false, traffic })
    }

    /// Sends a frame, as soon as [`next`](Wire::next) is waited for.
    pub(crate) fn push(&mut self, frame: impl Into<Bytes>) {
        let frame = frame.into();
        self.traffic.frames.fetch_add(1, Ordering::Relaxed);
        self.traffic.payload.fetch_add(frame.len() as u64, Ordering::Relaxed);
        self.waiting.push_back(frame);
    }

    /// The next frame; `None` if the socket is gone. Nothing is lost when it is dropped unfinished.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        poll_fn(|context| self.poll(context)).await
    }

    /// The next frame if there is one already.
    pub(crate) async fn next_at_hand(&mut self) -> Poll<Option<Bytes>> {
        poll_fn(|context| Poll::Ready(self.poll(context))).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.write(context).is_err() {
            return Poll::Ready(None);
        }
        loop {
            match ready!(self.socket.poll_next_unpin(context)) {
                Some(Ok(Message::Binary(frame))) => return Poll::Ready(Some(frame)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_) | Err(_)) | None => return Poll::Ready(None),
            }
        }
    }

    fn write(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        while !self.waiting.is_empty() && self.socket.poll_ready_unpin(context)?.is_ready() {
            if let Some(frame) = self.waiting.pop_front() {
                self.socket.start_send_unpin(Message::Binary(frame))?;
                self.unflushed = true;
            }
        }
        if self.unflushed && self.socket.poll_flush_unpin(context)?.is_ready() {
            self.unflushed = false;
        }
        Ok(())
    }
}

/// A stream that counts.
struct Counted {
    stream: TcpStream,
    traffic: Arc<Traffic>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        self.traffic.down.fetch_add(read as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            self.traffic.up.fetch_add(*written as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
