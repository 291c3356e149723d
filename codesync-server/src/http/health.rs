//! Whether the process lives, and whether it can do its work.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::http::Http;
use crate::http::error::ApiError;
use crate::oplog::OpLog;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

impl Health {
    const OK: Self = Self { status: "ok", version: env!("CARGO_PKG_VERSION") };
}

/// Liveness: the process answers. Restart it if it does not.
pub(crate) async fn alive() -> Json<Health> {
    Json(Health::OK)
}

/// Readiness: edits can be committed. Send people elsewhere if not; no restart helps.
pub(crate) async fn ready(State(http): State<Http>) -> Result<Json<Health>, ApiError> {
    check(http.log.as_ref(), &http.draining).await
}

/// What readiness is made of. The bus is no part of it: without it editing goes on.
pub(crate) async fn check(
    log: &dyn OpLog,
    draining: &AtomicBool,
) -> Result<Json<Health>, ApiError> {
    if draining.load(Ordering::Relaxed) {
        return Err(ApiError::Draining);
    }
    log.ready().await?;
    Ok(Json(Health::OK))
}
