//! The REST interface and the browser page.
//!
//! [`router`] puts the routes together; every answer that is no success is a problem body made by
//! [`error::ApiError`]. Handlers ask the list of documents for settings and the registry for text;
//! they know nothing of operations on the wire.

pub mod error;
pub mod guard;
pub mod page;
pub mod serve;

mod content;
mod documents;
mod health;
mod json;
mod observe;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use codesync_core::limits::DOCUMENT_BYTES_MAX;

use crate::db::documents::Documents;
use crate::document::registry::Registry;
use crate::http::error::ApiError;
use crate::oplog::OpLog;

/// Longest body of a request: a full document, with as much again for JSON's escapes.
pub const BODY_BYTES_MAX: usize = 2 * DOCUMENT_BYTES_MAX as usize + 64 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Http {
    pub documents: Arc<dyn Documents>,
    pub log: Arc<dyn OpLog>,
    pub registry: Registry,
    /// Set when the server has begun to go down.
    pub draining: Arc<AtomicBool>,
}

/// All routes but the socket's.
pub fn router(http: Http) -> Router {
    Router::new()
        .route("/api/health", get(health::alive))
        .route("/api/ready", get(health::ready))
        .route("/api/documents", get(documents::list).post(documents::create))
        .route("/api/documents/{id}", get(documents::find).patch(documents::change))
        .route("/api/documents/{id}/content", get(content::read))
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .fallback(page::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(http)
}

/// What every route passes through, the socket's too: who may ask at all, and what is noted.
pub fn protect(router: Router) -> Router {
    router
        .layer(axum::middleware::from_fn(guard::check))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::from_fn(observe::observe))
}
