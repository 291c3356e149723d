//! What is noted of every request: a number, its outcome, its time. And none lasts for ever.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::http::error::ApiError;

/// Longest time for a request, its body included. A socket's request ends with its upgrade.
const REQUEST_MAX: Duration = Duration::from_secs(30);

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let is_api = request.uri().path().starts_with("/api/");
    let span = tracing::info_span!(
        "request",
        number,
        method = %request.method(),
        path = request.uri().path(),
    );
    let started = Instant::now();
    let answer = tokio::time::timeout(REQUEST_MAX, next.run(request)).instrument(span.clone());
    let mut response = answer.await.unwrap_or_else(|_| ApiError::Timeout.into_response());
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-request-id"), HeaderValue::from(number));
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::debug!(status, elapsed_us = started.elapsed().as_micros(), "answered");
    });
    response
}
