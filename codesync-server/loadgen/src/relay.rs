//! The baseline: a bare axum WebSocket relay. It passes each frame on to everybody else and
//! understands nothing: no order, no log, no acknowledgement.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use clap::Args;
use codesync_core::protocol::SUBPROTOCOL;
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::server::end_with_parent;

/// Frames that a slow reader may be behind.
const BEHIND_MAX: usize = 64 * 1024;
/// As small as the server's, which costs the relay half of what axum's default would.
const READ_BUFFER_BYTES: usize = 1024;

/// How the relay is started.
#[derive(Args, Debug)]
pub struct Relay {
    #[arg(long)]
    port: u16,
}

/// A frame, and who sent it.
#[derive(Clone)]
struct Passed {
    from: u64,
    frame: Bytes,
}

impl Relay {
    /// Passes frames on until it is killed.
    ///
    /// # Errors
    ///
    /// If it cannot start.
    pub fn run(self) -> Result<()> {
        end_with_parent();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", self.port)).await?;
            println!("http://localhost:{}", listener.local_addr()?.port());
            let listener = listener.tap_io(|stream| {
                // Without it the relay is merely slower.
                let _ = stream.set_nodelay(true);
            });
            let (everybody, _) = broadcast::channel(BEHIND_MAX);
            let router = Router::new().route("/socket", get(connect)).with_state(everybody);
            axum::serve(listener, router).await?;
            Ok(())
        })
    }
}

async fn connect(
    State(everybody): State<broadcast::Sender<Passed>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .protocols([SUBPROTOCOL])
        .on_upgrade(move |socket| pass_on(socket, number, everybody))
}

async fn pass_on(mut socket: WebSocket, own: u64, everybody: broadcast::Sender<Passed>) {
    let mut others = everybody.subscribe();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(frame))) => {
                    // Nobody else is there when it fails.
                    let _ = everybody.send(Passed { from: own, frame });
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            passed = others.recv() => match passed {
                Ok(passed) if passed.from == own => {}
                Ok(passed) => {
                    if socket.send(Message::Binary(passed.frame)).await.is_err() {
                        return;
                    }
                }
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            },
        }
    }
}
