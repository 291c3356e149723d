//! Sockets: frames to documents and back.
//!
//! [`session`] is the protocol of one connection as a state machine without IO; `socket` is the
//! shell that moves its bytes. Neither looks into an operation.

mod bucket;
mod crowd;
mod inbox;
pub mod session;
mod socket;
mod watch;

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
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use self::crowd::Crowd;
use self::inbox::Inbox;
use crate::auth::{Auth, Caller};
use crate::bus::Bus;
use crate::document::SubscriberId;
use crate::document::registry::{Registry, SUBSCRIBERS_MAX};
use crate::http::describe::route;
use crate::http::error::ApiError;
use crate::http::peer::ClientAddress;

/// Sockets of one server.
pub const SOCKETS_MAX: usize = 8000;
/// Bytes read from a socket at once, and kept for every one. A keystroke has some thirty.
const READ_BUFFER_BYTES: usize = 1024;
/// Bytes that a socket's write buffer may hold: one frame, and its head.
const WRITE_BUFFER_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;

/// What one socket may do in a while, and how many there may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SocketLimits {
    /// Sockets of one person. Whoever sits at the machine may have any number.
    pub sockets_per_user: usize,
    /// Sockets from one address, on a server with accounts.
    pub sockets_per_address: usize,
    /// Most who may take part in one document at once.
    pub people_per_document: usize,
    pub messages_per_second: u32,
    pub messages_burst: u32,
    /// Bytes of edits.
    pub bytes_per_second: u32,
    /// As many as the largest document has: it may be pasted at once.
    pub bytes_burst: u32,
    pub joins_per_minute: u32,
    pub joins_burst: u32,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets_per_user: 20,
            sockets_per_address: 50,
            people_per_document: SUBSCRIBERS_MAX,
            messages_per_second: codesync_core::limits::MESSAGES_PER_SECOND_MAX,
            messages_burst: codesync_core::limits::MESSAGES_BURST_MAX,
            bytes_per_second: 256 * 1024,
            bytes_burst: u32::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u32::MAX),
            joins_per_minute: 30,
            joins_burst: 60,
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
    auth: Auth,
    limits: SocketLimits,
    next: AtomicU64,
    crowd: Mutex<Crowd>,
    draining: AtomicBool,
    drained: CancellationToken,
    tasks: TaskTracker,
}

/// The pace at which clients are asked to come back, to this server or to another.
#[derive(Clone, Copy, Debug)]
pub struct Farewells {
    /// Time over which they are asked, one after the other.
    pub over: Duration,
    /// Time over which those come back who are asked at once.
    pub arriving_over: Duration,
}

/// Something that the reading half of a socket is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Word {
    /// The server goes down: come back after this time.
    Farewell { after: Duration },
    /// The login has ended that the person came with.
    LoginEnded,
    /// A document has ended the subscriber's part in it.
    Detached(SubscriberId),
    /// A document refused an edit of somebody who could know that he may not write.
    Trespassed,
}

impl Sockets {
    /// No sockets yet. Whoever comes is asked who he is; news of ended logins come by the bus.
    #[must_use]
    pub fn new(registry: Registry, auth: Auth, bus: Arc<dyn Bus>, limits: SocketLimits) -> Self {
        let shared = Arc::new(Shared {
            registry,
            auth,
            limits,
            next: AtomicU64::new(1),
            crowd: Mutex::default(),
            draining: AtomicBool::new(false),
            drained: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let watch = watch::run(Arc::downgrade(&shared), bus, shared.drained.clone());
        shared.tasks.spawn(watch);
        Self { shared }
    }

    /// How many sockets are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.crowd().len()
    }

    /// Takes no more, asks all clients to come back, one after the other, and waits for them to go.
    pub async fn drain(&self, pace: Farewells) {
        self.shared.draining.store(true, Ordering::Relaxed);
        let open = self.shared.crowd().all();
        let count = u32::try_from(open.len()).unwrap_or(u32::MAX).max(1);
        let began = tokio::time::Instant::now();
        for (socket, number) in open.iter().zip(1..) {
            tokio::time::sleep_until(began + pace.over * (number - 1) / count).await;
            // A socket that has a farewell already takes no second.
            socket.say(Word::Farewell { after: pace.arriving_over * number / count });
        }
        drop(open);
        self.shared.drained.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is no room for one more socket, or none for one from this place.
    fn is_full(&self, place: Option<&str>) -> bool {
        let crowd = self.crowd();
        let per_place = self.limits.sockets_per_address;
        crowd.len() >= SOCKETS_MAX || place.is_some_and(|it| crowd.is_full_at(it, per_place))
    }

    /// Whether one more socket of this person may be open.
    fn recognise(&self, socket: u64, caller: &Caller) -> bool {
        self.crowd().recognise(socket, caller, self.limits.sockets_per_user).is_ok()
    }
}

/// The routes of the socket.
pub fn router(sockets: Sockets) -> Router {
    Router::from(routes()).route("/socket", get(connect)).with_state(sockets)
}

/// Those that are described: a socket itself is nothing that OpenAPI knows.
pub(crate) fn routes() -> OpenApiRouter<Sockets> {
    OpenApiRouter::default().routes(route!(health))
}

/// Sockets that are well.
#[derive(Serialize, ToSchema)]
struct SocketHealth {
    /// `ok`.
    #[schema(value_type = String)]
    status: &'static str,
    /// How many are open.
    sockets: usize,
}

/// Whether sockets are served, and how many are open.
#[utoipa::path(
    get, path = "/socket/health", tag = "server", operation_id = "getSocketHealth",
    responses((status = 200, description = "They are served.", body = SocketHealth))
)]
async fn health(State(sockets): State<Sockets>) -> Json<SocketHealth> {
    Json(SocketHealth { status: "ok", sockets: sockets.count() })
}

async fn connect(State(sockets): State<Sockets>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return ApiError::SocketExpected.into_response();
    };
    if sockets.shared.draining.load(Ordering::Relaxed) {
        return ApiError::Draining.into_response();
    }
    let shared = sockets.shared;
    let address = parts.extensions.get::<ClientAddress>().filter(|_| !shared.auth.is_open());
    let place = address.map(ClientAddress::place);
    if shared.is_full(place.as_deref()) {
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
    let number = shared.next.fetch_add(1, Ordering::Relaxed);
    upgrade.on_upgrade(move |socket| {
        let inbox = Inbox::default();
        shared.crowd().arrive(number, inbox.clone(), place);
        // Boxed: a future has room for what it is given and once more for what it waits for.
        let serve = Box::pin(socket::serve(socket, number, shared.clone(), inbox));
        let task = shared.tasks.track_future(serve);
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
        self.shared.crowd().leave(self.number);
    }
}
