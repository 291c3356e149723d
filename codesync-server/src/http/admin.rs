//! The admin port: numbers, and the state of health. Not for the public.
//!
//! Nothing here needs a login; the port must be kept from everybody but operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::bus::Bus;
use crate::db::Database;
use crate::document::registry::Registry;
use crate::http::error::{self, ApiError};
use crate::http::health;
use crate::metrics::{CONTENT_TYPE, Now, metrics};
use crate::oplog::OpLog;
use crate::ws::Sockets;

/// What is looked at.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) log: Arc<dyn OpLog>,
    pub(crate) database: Database,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) registry: Registry,
    pub(crate) sockets: Sockets,
}

/// All routes of the admin port.
pub(crate) fn router(admin: Admin) -> Router {
    Router::new()
        .route("/metrics", get(numbers))
        .route("/livez", get(health::alive))
        .route("/readyz", get(ready))
        .fallback(|| async { ApiError::NoRoute })
        .with_state(admin)
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(error::panicked))
}

async fn ready(State(admin): State<Admin>) -> Response {
    health::check(admin.log.as_ref(), &admin.draining).await.into_response()
}

async fn numbers(State(admin): State<Admin>) -> Response {
    let waiting = admin.registry.commands_waiting();
    let now = Now {
        sockets: admin.sockets.count(),
        documents: admin.registry.open_count(),
        commands: waiting.iter().sum(),
        commands_busiest: waiting.into_iter().max().unwrap_or(0),
        database: admin.database.usage(),
        bus_connected: admin.bus.is_connected(),
        draining: admin.draining.load(Ordering::Relaxed),
    };
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics().text(now)).into_response()
}
