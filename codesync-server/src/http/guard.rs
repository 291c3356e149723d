//! Who may ask at all, and what browsers are told about every answer.
//!
//! Without accounts the server is for the people of its own machine. A foreign web page must not
//! reach it through their browser: neither by a name that resolves to 127.0.0.1 (DNS rebinding),
//! which the `Host` check stops, nor by a request across origins, which the `Origin` check stops.

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;

/// What the page needs and nothing more. Monaco writes style elements; the core is WebAssembly.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; worker-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Refuses what comes from elsewhere, and adds the security headers to every answer.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let mut response = match permit(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

fn permit(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => single(headers, &header::HOST).ok_or(ApiError::WrongHost)?,
    };
    if !is_loopback(host) {
        return Err(ApiError::WrongHost);
    }
    if !headers.contains_key(header::ORIGIN) {
        // Programs send none. Browsers leave it out of plain reads, which CORP keeps from others.
        return Ok(());
    }
    let origin = single(headers, &header::ORIGIN).ok_or(ApiError::WrongOrigin)?;
    match origin.strip_prefix("http://") {
        Some(from) if from.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(ApiError::WrongOrigin),
    }
}

/// The value of a header that must not be there twice.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

/// Whether an authority names this machine itself, whatever the port (it may be forwarded).
fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()) => {
            name
        }
        _ => authority,
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| name.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, origin: Option<&str>, allowed: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        let permitted = permit(&Uri::from_static("/socket"), &headers);
        assert_eq!(permitted.is_ok(), allowed, "{host} {origin:?}: {permitted:?}");
    }

    #[test]
    fn the_machine_itself_may_ask_under_each_of_its_names() {
        check("localhost:3000", None, true);
        check("LOCALHOST", None, true);
        check("127.0.0.1:3000", Some("http://127.0.0.1:3000"), true);
        check("[::1]:3000", Some("http://[::1]:3000"), true);
        check("localhost:8080", Some("http://localhost:8080"), true);
    }

    #[test]
    fn a_name_that_was_bent_to_loopback_is_refused() {
        check("evil.example:3000", None, false);
        check("evil.example:3000", Some("http://evil.example:3000"), false);
        check("localhost.evil.example", None, false);
        check("127.0.0.1.evil.example:3000", None, false);
        check("localhost:", None, false);
        check("", None, false);
    }

    #[test]
    fn a_foreign_page_is_refused() {
        check("localhost:3000", Some("http://evil.example"), false);
        check("localhost:3000", Some("http://localhost:9999"), false);
        check("localhost:3000", Some("https://localhost:3000"), false);
        check("localhost:3000", Some("http://127.0.0.1:3000"), false);
        check("localhost:3000", Some("null"), false);
        check("localhost:3000", Some("http://localhost:3000.evil.example"), false);
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        assert!(permit(&Uri::from_static("/"), &headers).is_err());
    }
}
