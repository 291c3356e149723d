//! What is noted of every request: a number, its outcome, its time. And none lasts for ever.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::config::reach::Reach;
use crate::http::error::ApiError;
use crate::http::peer::{ClientAddress, Peer};
use crate::metrics::metrics;

/// Longest time for a request, its body included. A socket's request ends with its upgrade.
const REQUEST_MAX: Duration = Duration::from_secs(30);
/// Under this name a request is found again in the logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Notes a request, and tells the handlers who asks.
pub(crate) async fn observe(
    State(reach): State<Arc<Reach>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let given = peer.filter(|peer| reach.trusts(*peer)).and_then(|_| given_id(request.headers()));
    let id = given.unwrap_or_else(next_id);
    if let Some(peer) = peer {
        let client = ClientAddress::of(peer, request.headers(), &reach);
        request.extensions_mut().insert(client);
    }
    let is_api = request.uri().path().starts_with("/api/");
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method,
        path = request.uri().path(),
    );
    let started = Instant::now();
    let answer = tokio::time::timeout(REQUEST_MAX, next.run(request)).instrument(span.clone());
    let mut response = answer.await.unwrap_or_else(|_| ApiError::Timeout.into_response());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    metrics().answered(method, route, status, elapsed);
    span.in_scope(|| tracing::debug!(status, elapsed_us = elapsed.as_micros(), "answered"));
    response
}

/// The id that a proxy gave the request, if it can be written anywhere without harm.
fn given_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let sound = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let bytes = id.as_bytes();
    let fits = (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len());
    (fits && bytes.iter().all(sound)).then(|| id.clone())
}

/// An id that no other process gives out at the same time.
fn next_id() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| {
        let mut bytes = [0; 8];
        // Without chance all ids begin alike, which harms nobody.
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    });
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = String::with_capacity(24);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    write!(id, "{:016x}-{number:x}", *PROCESS).expect("a string takes everything");
    HeaderValue::try_from(id).expect("hexadecimal digits are fit for a header")
}

/// The method, or that it is none of the usual ones: nobody makes up names for our numbers.
fn known(method: &Method) -> &'static str {
    let usual = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let index = usual.iter().position(|it| it == method);
    index.map_or("other", |index| names[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_a_proxy_is_taken_if_it_can_be_written_anywhere() {
        let given = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(id.as_bytes()).expect("a header"));
            given_id(&headers)
        };
        assert!(given("Root=1-67891233".replace('=', "-").as_str()).is_some());
        assert!(given(&"a".repeat(64)).is_some());
        for odd in ["", &"a".repeat(65), "a b", "a\u{9b}b", "\"quoted\"", "a/b"] {
            assert!(given(odd).is_none(), "{odd:?}");
        }
    }

    #[test]
    fn no_id_is_given_twice() {
        assert_ne!(next_id(), next_id());
    }
}
