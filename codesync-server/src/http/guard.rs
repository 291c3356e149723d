//! Who may ask at all, and what browsers are told about every answer.
//!
//! A foreign web page must not reach the server through the browsers of its people: neither by a
//! name that was bent to its address (DNS rebinding), which the `Host` check stops, nor by a request
//! across origins, which the `Origin` and `Sec-Fetch-Site` checks stop. The names are those of the
//! server's public addresses, or, where it has none, those of the machine itself.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::reach::Reach;
use crate::http::error::ApiError;
use crate::http::peer::{ClientAddress, Peer};

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

/// For two years this name is asked for with TLS alone (RFC 6797).
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=63072000");

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Asked by load balancers, which know the server by its number; nothing secret is answered.
const HEALTH: [&str; 3] = ["/api/health", "/api/ready", "/socket/health"];

/// Whether a path is asked for the server's health alone.
pub(crate) fn is_health(path: &str) -> bool {
    HEALTH.contains(&path)
}

/// How a request that was let in reached the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Site {
    /// Whether the browser's side of it is encrypted.
    pub(crate) is_encrypted: bool,
    /// Whether the browser has vouched that one of our own pages asks.
    pub(crate) is_own_page: bool,
}

/// Refuses what comes from elsewhere, and adds the security headers to every answer. Whoever
/// answers finds a [`Site`] and a [`ClientAddress`] with the request.
pub(crate) async fn check(
    State(reach): State<Arc<Reach>>,
    mut request: Request,
    next: Next,
) -> Response {
    let admitted = permit(&reach, request.method(), request.uri(), request.headers());
    let is_encrypted = matches!(admitted, Ok(Site { is_encrypted: true, .. }));
    let mut response = match admitted {
        Ok(site) => {
            request.extensions_mut().insert(site);
            if let Some(Peer(peer)) = request.extensions().get().copied() {
                let client = ClientAddress::of(peer.ip(), request.headers(), &reach);
                request.extensions_mut().insert(client);
            }
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    if is_encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
    response
}

fn permit(
    reach: &Reach,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Site, ApiError> {
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => single(headers, &header::HOST).ok_or(ApiError::WrongHost)?,
    };
    let asked = reach.origins.iter().find(|it| it.authority().eq_ignore_ascii_case(host));
    let is_known = if reach.origins.is_empty() {
        is_loopback(host)
    } else {
        asked.is_some() || is_health(uri.path())
    };
    if !is_known {
        return Err(ApiError::WrongHost);
    }
    let is_of_page = match origin(headers)? {
        // Programs send none. Browsers leave it out of plain reads, which CORP keeps from others.
        None => false,
        Some(origin) => match asked {
            Some(asked) if asked.matches(origin) => true,
            None if reach.origins.is_empty() && is_of_loopback(origin, host) => true,
            _ => return Err(ApiError::WrongOrigin),
        },
    };
    let is_fetched = match fetched(headers) {
        Fetched::ByOwnPage => true,
        Fetched::ByPerson | Fetched::Unsaid => false,
        Fetched::ByOther if method.is_safe() => false,
        Fetched::ByOther => return Err(ApiError::WrongOrigin),
    };
    let is_encrypted = asked.is_some_and(|asked| asked.is_encrypted());
    Ok(Site { is_encrypted, is_own_page: is_of_page || is_fetched })
}

fn origin(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(None);
    }
    single(headers, &header::ORIGIN).ok_or(ApiError::WrongOrigin).map(Some)
}

/// What a browser says about who had it ask (Fetch Metadata, section 2.4).
enum Fetched {
    ByOwnPage,
    /// By an address that was typed in, or a bookmark.
    ByPerson,
    ByOther,
    /// By a program, or a browser from before 2023.
    Unsaid,
}

fn fetched(headers: &HeaderMap) -> Fetched {
    if !headers.contains_key(SEC_FETCH_SITE) {
        return Fetched::Unsaid;
    }
    match single(headers, &SEC_FETCH_SITE) {
        Some("same-origin") => Fetched::ByOwnPage,
        Some("none") => Fetched::ByPerson,
        _ => Fetched::ByOther,
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

fn is_of_loopback(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(|from| from.eq_ignore_ascii_case(host))
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
    use crate::config::reach::Origin;

    fn public() -> Reach {
        let origins = ["https://code.example.org", "http://localhost:3000"];
        let origins = origins.map(|origin| Origin::parse(origin).expect("an origin")).to_vec();
        Reach { origins, ..Reach::MACHINE }
    }

    fn ask(
        reach: &Reach,
        method: Method,
        path: &'static str,
        headers: &[(&str, &str)],
    ) -> Result<Site, ApiError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a name");
            map.append(name, HeaderValue::try_from(*value).expect("a value"));
        }
        permit(reach, &method, &Uri::from_static(path), &map)
    }

    #[track_caller]
    fn check_at(
        reach: &Reach,
        path: &'static str,
        host: &str,
        origin: Option<&str>,
        allowed: bool,
    ) {
        let mut headers = vec![("host", host)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let permitted = ask(reach, Method::GET, path, &headers);
        assert_eq!(permitted.is_ok(), allowed, "{host} {origin:?}: {permitted:?}");
    }

    #[track_caller]
    fn check(host: &str, origin: Option<&str>, allowed: bool) {
        check_at(&Reach::MACHINE, "/socket", host, origin, allowed);
    }

    #[track_caller]
    fn check_public(host: &str, origin: Option<&str>, allowed: bool) {
        check_at(&public(), "/socket", host, origin, allowed);
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
    fn a_public_server_answers_under_its_own_addresses_alone() {
        check_public("code.example.org", None, true);
        check_public("Code.Example.org", Some("https://code.example.org"), true);
        check_public("localhost:3000", Some("http://localhost:3000"), true);
        check_public("code.example.org:8443", None, false);
        check_public("10.0.0.7", None, false);
        check_public("localhost", None, false);
        check_public("code.example.org", Some("http://code.example.org"), false);
        check_public("code.example.org", Some("http://localhost:3000"), false);
        check_public("code.example.org", Some("https://evil.code.example.org"), false);
        check_public("code.example.org", Some("https://code.example.org.evil.example"), false);
        check_public("code.example.org", Some("null"), false);
    }

    #[test]
    fn a_load_balancer_may_ask_by_address_how_the_server_is() {
        for path in HEALTH {
            check_at(&public(), path, "10.0.0.7:3000", None, true);
            check_at(&public(), path, "10.0.0.7:3000", Some("https://evil.example"), false);
            check_at(&Reach::MACHINE, path, "10.0.0.7:3000", None, false);
        }
        check_at(&public(), "/api/documents", "10.0.0.7:3000", None, false);
    }

    #[test]
    fn a_browser_that_asks_for_another_site_changes_nothing() {
        for (reach, host) in [(Reach::MACHINE, "localhost"), (public(), "code.example.org")] {
            let ask = |method, site| {
                ask(&reach, method, "/socket", &[("host", host), ("sec-fetch-site", site)])
            };
            for other in ["cross-site", "same-site", "", "made up"] {
                assert!(ask(Method::POST, other).is_err(), "{other}");
                assert!(ask(Method::DELETE, other).is_err(), "{other}");
                assert!(ask(Method::GET, other).is_ok(), "{other}");
            }
            assert!(ask(Method::POST, "same-origin").is_ok_and(|site| site.is_own_page));
            assert!(ask(Method::POST, "none").is_ok_and(|site| !site.is_own_page));
        }
    }

    #[test]
    fn an_own_page_is_one_for_which_the_browser_vouches() {
        let host = ("host", "code.example.org");
        let own = [host, ("origin", "https://code.example.org")];
        let site = ask(&public(), Method::POST, "/", &own).expect("let in");
        assert_eq!(site, Site { is_encrypted: true, is_own_page: true });
        let program = ask(&public(), Method::POST, "/", &[host]).expect("let in");
        assert_eq!(program, Site { is_encrypted: true, is_own_page: false });
        let plain = [("host", "localhost:3000"), ("sec-fetch-site", "same-origin")];
        let site = ask(&public(), Method::GET, "/", &plain).expect("let in");
        assert_eq!(site, Site { is_encrypted: false, is_own_page: true });
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        let host = ("host", "localhost");
        assert!(ask(&Reach::MACHINE, Method::GET, "/", &[host, host]).is_err());
        let origin = ("origin", "http://localhost");
        assert!(ask(&Reach::MACHINE, Method::GET, "/", &[host, origin, origin]).is_err());
        let own = ("sec-fetch-site", "same-origin");
        assert!(ask(&Reach::MACHINE, Method::POST, "/", &[host, own, own]).is_err());
    }
}
