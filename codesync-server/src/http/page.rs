//! The browser page: the files that the build put into the binary.
//!
//! Assets have their content's hash in their name and may be kept for ever; the page itself is
//! asked for again each time. Each file is sent in the best encoding that was prepared for it.
//! Where there is nothing, a person gets the page, which says so, and a program a problem body.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;

/// One file of the page.
struct File {
    /// From the root on, with a leading slash.
    path: &'static str,
    content: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
    etag: &'static str,
}

/// In the order of their paths.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// Shown where the browser page was not built.
const MISSING: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>CodeSync</title>\n<h1>CodeSync is running</h1>\n<p>The browser editor is not part of this build. Build it with <code>cargo xtask run</code>,\nor open a document in a terminal with <code>codesync open</code>.</p>\n</html>\n";

/// Whether the page was there when this binary was built.
#[must_use]
pub fn is_built() -> bool {
    !FILES.is_empty()
}

/// Answers whatever is no other route.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if is_for_programs(path) {
        return ApiError::NoRoute.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::MethodNotAllowed.into_response();
    }
    let path = if is_view(path) { INDEX } else { path };
    match (find(path), find(INDEX)) {
        (Some(file), _) => send(file, request.headers()),
        (None, Some(index)) if is_for_person(request.headers()) => {
            send_as_not_found(index, request.headers())
        }
        (None, None) if path == INDEX => missing(),
        (None, _) => ApiError::NoRoute.into_response(),
    }
}

/// The page itself, whatever it shows.
const INDEX: &str = "/index.html";

fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|index| &FILES[index])
}

/// Whether nobody but a program asks for what is below this path.
fn is_for_programs(path: &str) -> bool {
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    ["/api", "/socket"].iter().any(|top| path.strip_prefix(top).is_some_and(is_below))
}

/// Whether the answer is to be read by a person: a browser that goes to an address names HTML, and
/// a script or a program takes anything or JSON.
fn is_for_person(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    accepts(accept.unwrap_or_default(), "text/html")
}

/// The views of the page that are about no document.
const VIEWS: [&str; 5] = ["/", "/account", "/login", "/register", "/trash"];

/// Whether the page itself knows what to show at this path: one of [`VIEWS`], or `/d/{id}`.
fn is_view(path: &str) -> bool {
    let document = path.strip_prefix("/d/");
    VIEWS.contains(&path) || document.is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

fn missing() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, MISSING).into_response()
}

/// The page, which knows this path as little as we do and says so. Nobody keeps it: something may
/// be there tomorrow.
fn send_as_not_found(index: &'static File, headers: &HeaderMap) -> Response {
    let headers_of_answer = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept, accept-encoding")),
    ];
    (StatusCode::NOT_FOUND, headers_of_answer, encoded(index, headers)).into_response()
}

fn send(file: &'static File, headers: &HeaderMap) -> Response {
    let tag = HeaderValue::from_static(file.etag);
    let is_asset = file.path.starts_with("/assets/");
    let cache = if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" };
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == tag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, encoded(file, headers)).into_response()
}

/// A file's content in the best encoding that is taken, and what it is.
fn encoded(file: &'static File, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let accepted = accepted.unwrap_or_default();
    let (encoding, content) = match (file.brotli, file.gzip) {
        (Some(brotli), _) if accepts(accepted, "br") => (Some("br"), brotli),
        (_, Some(gzip)) if accepts(accepted, "gzip") => (Some("gzip"), gzip),
        _ => (None, file.content),
    };
    let mut response = ([(header::CONTENT_TYPE, content_type(file.path))], content).into_response();
    if let Some(encoding) = encoding {
        let encoding = HeaderValue::from_static(encoding);
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
    }
    response
}

/// Whether an `Accept` or `Accept-Encoding` header names something without giving it no weight at
/// all.
fn accepts(header: &str, wanted: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0));
        named && !refused
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "ttf" => "font/ttf",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_used_only_where_it_is_taken() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("brotli", "br"));
        assert!(!accepts("", "gzip"));
    }

    #[test]
    fn the_page_answers_for_its_own_views_only() {
        assert!(is_view("/"));
        assert!(is_view("/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11"));
        assert!(is_view("/login"));
        assert!(!is_view("/login/"));
        assert!(!is_view("/logins"));
        assert!(!is_view("/d/"));
        assert!(!is_view("/d/a/b"));
        assert!(!is_view("/etc/passwd"));
    }

    #[test]
    fn only_a_browser_that_goes_to_an_address_is_shown_a_page() {
        let is_for_person = |accept: &'static str| {
            is_for_person(&HeaderMap::from_iter([(
                header::ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        assert!(is_for_person("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!is_for_person("*/*"));
        assert!(!is_for_person("application/json, text/html;q=0"));
        assert!(!super::is_for_person(&HeaderMap::new()));
    }

    #[test]
    fn what_programs_ask_for_is_never_a_page() {
        for path in ["/api", "/api/nothing", "/socket", "/socket/nothing"] {
            assert!(is_for_programs(path), "{path}");
        }
        for path in ["/", "/apiary", "/d/api", "/sockets"] {
            assert!(!is_for_programs(path), "{path}");
        }
    }

    #[test]
    fn the_files_are_in_order() {
        assert!(FILES.windows(2).all(|pair| pair[0].path < pair[1].path));
    }
}
