//! Sockets: frames to documents and back.
//!
//! [`session`] is the protocol of one connection as a state machine without IO; `socket` is the
//! shell that moves its bytes. Neither looks into an operation.

mod bucket;
pub mod session;
mod socket;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use codesync_core::limits::{DOCUMENT_BYTES_MAX, FRAME_BYTES_MAX};
use codesync_core::protocol::SUBPROTOCOL;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::document::registry::Registry;
use crate::http::error::ApiError;

/// Sockets of one server.
pub const SOCKETS_MAX: usize = 8000;
/// Bytes read from a socket at once. Axum's default of 128 KiB would be kept for every one.
const READ_BUFFER_BYTES: usize = 4096;
/// Bytes that a socket's write buffer may hold: one frame, and its head.
const WRITE_BUFFER_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;

/// What one socket may do in a while.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    pub messages_per_second: u32,
    pub messages_burst: u32,
    /// Bytes of edits.
    pub bytes_per_second: u32,
    /// As many as the largest document has: it may be pasted at once.
    pub bytes_burst: u32,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            messages_per_second: codesync_core::limits::MESSAGES_PER_SECOND_MAX,
            messages_burst: codesync_core::limits::MESSAGES_BURST_MAX,
            bytes_per_second: 256 * 1024,
            bytes_burst: u32::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u32::MAX),
        }
    }
}

/// All sockets of a server. A clone is the same collection.
#[derive(Clone)]
pub struct Sockets {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    limits: SocketLimits,
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, mpsc::Sender<Farewell>>>,
    draining: AtomicBool,
    tasks: TaskTracker,
}

/// The server goes down: come back after this time.
#[derive(Clone, Copy, Debug)]
struct Farewell {
    after: Duration,
}

impl Sockets {
    #[must_use]
    pub fn new(registry: Registry, limits: SocketLimits) -> Self {
        let shared = Shared {
            registry,
            limits,
            next: AtomicU64::new(1),
            open: Mutex::new(BTreeMap::new()),
            draining: AtomicBool::new(false),
            tasks: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// How many sockets are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.open().len()
    }

    /// Takes no more, asks all clients to come back, one after the other, and waits for them to go.
    pub async fn drain(&self, window: Duration) {
        self.shared.draining.store(true, Ordering::Relaxed);
        let open: Vec<_> = self.shared.open().values().cloned().collect();
        let count = u32::try_from(open.len()).unwrap_or(u32::MAX).max(1);
        for (socket, number) in open.iter().zip(1..) {
            let farewell = Farewell { after: window * number / count };
            // A socket with a farewell already, or that is closing, needs no second.
            let _ = socket.try_send(farewell);
        }
        drop(open);
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, mpsc::Sender<Farewell>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The routes of the socket.
pub fn router(sockets: Sockets) -> Router {
    Router::new()
        .route("/socket", get(connect))
        .route("/socket/health", get(health))
        .with_state(sockets)
}

async fn health(State(sockets): State<Sockets>) -> Response {
    let sockets = sockets.count();
    Json(serde_json::json!({ "status": "ok", "sockets": sockets })).into_response()
}

async fn connect(State(sockets): State<Sockets>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return ApiError::SocketExpected.into_response();
    };
    if sockets.shared.draining.load(Ordering::Relaxed) {
        return ApiError::Draining.into_response();
    }
    if sockets.count() >= SOCKETS_MAX {
        return ApiError::TooManyConnections.into_response();
    }
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return ApiError::SocketExpected.into_response();
    }
    let number = sockets.shared.next.fetch_add(1, Ordering::Relaxed);
    let shared = sockets.shared.clone();
    upgrade.on_upgrade(move |socket| {
        let (farewell, farewells) = mpsc::channel(1);
        shared.open().insert(number, farewell);
        let (registry, limits) = (shared.registry.clone(), shared.limits);
        let task =
            shared.tasks.track_future(socket::serve(socket, number, registry, limits, farewells));
        async move {
            // Whatever ends the task, the socket is counted out.
            let _counted = CountedOut { number, shared };
            task.await;
        }
    })
}

struct CountedOut {
    number: u64,
    shared: Arc<Shared>,
}

impl Drop for CountedOut {
    fn drop(&mut self) {
        self.shared.open().remove(&self.number);
    }
}
