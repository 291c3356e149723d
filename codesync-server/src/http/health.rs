//! Whether the process lives, and whether it can do its work.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Http;
use crate::http::error::ApiError;
use crate::http::problem::{Draining, Unavailable};
use crate::oplog::OpLog;

/// A server that is well.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schema(value_type = String)]
    status: &'static str,
    /// Of the server.
    #[schema(value_type = String)]
    version: &'static str,
}

impl Health {
    const OK: Self = Self { status: "ok", version: env!("CARGO_PKG_VERSION") };
}

/// Whether the process lives.
///
/// Restart it if it does not answer.
#[utoipa::path(
    get, path = "/api/health", tag = "server", operation_id = "getHealth",
    responses((status = 200, description = "It lives.", body = Health))
)]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health::OK)
}

/// Whether edits can be committed.
///
/// Send people elsewhere if not; no restart helps.
#[utoipa::path(
    get, path = "/api/ready", tag = "server", operation_id = "getReadiness",
    responses((status = 200, description = "It can work.", body = Health), Draining, Unavailable)
)]
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
