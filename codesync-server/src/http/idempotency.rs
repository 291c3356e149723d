//! `Idempotency-Key`: a request that makes or writes something is carried out once, however often it
//! is sent.
//!
//! The first one claims its key, and its answer is kept for a day for those that follow. While it
//! is under way, the others are told to come again (409); under a key that stands for another
//! request nothing is done (422). The meaning is that of draft-ietf-httpapi-idempotency-key-header.
//!
//! An answer of the server's own failure is not kept, so that trying again makes sense. If a server
//! dies between doing and keeping, the key is free again after a minute: what was made then is made
//! twice. Edits do not depend on this, for the log takes each once (see
//! [`content`](super::content)): the same edit never waits for one that may be under way.
//!
//! Answers that hold a secret (tokens, a link's) are never kept; on their routes the header means
//! nothing.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Type};

use crate::auth::Caller;
use crate::db::idempotency::{Claim, Claimed, KeptAnswer, Settle};
use crate::db::now_ms;
use crate::http::describe::Description;
use crate::http::error::ApiError;
use crate::http::json::read;
use crate::http::{BODY_BYTES_MAX, Http};
use crate::http::{kind, problem};

pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
pub(crate) const KEY_BYTES_MAX: usize = 255;
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Bytes of an answer that can be kept. What is made is answered in far less.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The header, for descriptions.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes what `key` reads")]
pub(crate) struct IdempotencyKey {
    /// The same request under the same key is carried out once, however often it is sent.
    #[param(rename = "Idempotency-Key", value_type = Option<kind::Key>)]
    key: Option<String>,
}

/// The key in a request's head, if there is one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let is_visible = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_visible);
    match key.filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len())) {
        Some(key) if keys.next().is_none() => Ok(Some(key)),
        _ => Err(ApiError::InvalidIdempotencyKey),
    }
}

/// What becomes of a request while the same one may be under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meanwhile {
    /// It comes again: carried out twice, it would make two.
    Wait,
    /// It is carried out: where it goes, it counts once.
    GoOn,
}

/// What carries requests out once, around some routes.
#[derive(Clone)]
pub(crate) struct Once {
    pub(crate) http: Http,
    pub(crate) meanwhile: Meanwhile,
}

fn makes_or_writes(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT)
}

/// Says of all that these routes make or write that it is done once.
pub(crate) fn describe(document: &mut OpenApi, meanwhile: Meanwhile) {
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]))))
        .description(Some("The answer was given before, to the same request."))
        .build();
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.post, &mut item.put].into_iter().flatten() {
            describe_one(operation, &header, meanwhile);
        }
    }
}

fn describe_one(operation: &mut Operation, replayed: &Header, meanwhile: Meanwhile) {
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(answer) = answer {
            answer.headers.insert("Idempotent-Replayed".to_owned(), replayed.clone().into());
        }
    }
    let mut to = Description { operation, schemas: &mut Vec::new() };
    to.parameters(IdempotencyKey::into_params(|| None));
    to.may_answer::<problem::InvalidIdempotencyKey>();
    to.may_answer::<problem::IdempotencyKeyTaken>();
    to.may_answer::<problem::InvalidJson>().may_answer::<problem::BodyTooLarge>();
    if meanwhile == Meanwhile::Wait {
        to.may_answer::<problem::RequestUnderway>();
    }
}

/// SHA-256 of parts, each with its length, so that no two lists of parts run into each other.
pub(crate) fn hash<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Carries a request out once for each key.
pub(crate) async fn once(
    State(Once { http, meanwhile }): State<Once>,
    request: Request,
    next: Next,
) -> Response {
    if !makes_or_writes(request.method()) {
        return next.run(request).await;
    }
    let key = match key(request.headers()) {
        Ok(Some(key)) => key.to_owned(),
        Ok(None) => return next.run(request).await,
        Err(error) => return error.into_response(),
    };
    match claim(&http, key, request).await {
        Ok((claim, Claimed::Fresh, request)) => {
            // Whoever asked may hang up; the answer is kept all the same.
            let work =
                tokio::spawn(async move { settle(&http, claim, next.run(request).await).await });
            match work.await {
                Ok(response) => response,
                Err(error) => ApiError::internal(error).into_response(),
            }
        }
        Ok((_, Claimed::Answered(answer), _)) => replay(answer),
        Ok((_, Claimed::Underway, request)) => match meanwhile {
            Meanwhile::Wait => ApiError::RequestUnderway.into_response(),
            Meanwhile::GoOn => next.run(request).await,
        },
        Ok((_, Claimed::Another, _)) => ApiError::IdempotencyKeyTaken.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn claim(
    http: &Http,
    key: String,
    request: Request,
) -> Result<(Claim, Claimed, Request), ApiError> {
    let (mut parts, body) = request.into_parts();
    let caller = <Caller as FromRequestParts<Http>>::from_request_parts(&mut parts, http).await?;
    let body = Bytes::from(read(body, BODY_BYTES_MAX).await?);
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let condition = parts.headers.get(header::IF_MATCH).map_or(&b""[..], HeaderValue::as_bytes);
    let request_hash = hash([path.as_bytes(), condition, &body]);
    let claim = Claim { user: caller.user, key, request_hash, now: now_ms() };
    let claimed = match http.database.change(claim.clone()).await? {
        Ok(claimed) => claimed,
        Err(never) => match never {},
    };
    Ok((claim, claimed, Request::from_parts(parts, Body::from(body))))
}

/// Keeps the answer, unless the server itself failed.
async fn settle(http: &Http, claim: Claim, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let (answer, body) = match axum::body::to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(body) => (kept(parts.status, &parts.headers, &body), body),
        Err(error) => return ApiError::internal(error).into_response(),
    };
    // Unsettled, the key is free again after a minute; what was done is done.
    if let Err(error) = http.database.change(Settle { claim, answer }).await {
        tracing::warn!(%error, "the answer to a request with a key is not kept");
    }
    Response::from_parts(parts, Body::from(body))
}

fn kept(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<KeptAnswer> {
    let may_differ = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED);
    if may_differ {
        return None;
    }
    let body = std::str::from_utf8(body).ok()?;
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    Some(KeptAnswer {
        status: status.as_u16(),
        body: Some(body.to_owned()).filter(|body| !body.is_empty()),
        location: location.map(str::to_owned),
    })
}

/// An answer from the table.
fn replay(KeptAnswer { status, body, location }: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match body {
        Some(body) => {
            let kind = match status.is_success() {
                true => "application/json",
                false => "application/problem+json",
            };
            (status, [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        None => status.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(keys: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_str(key).expect("a value"));
        }
        headers
    }

    #[test]
    fn a_key_is_one_word_that_can_be_seen() {
        assert!(matches!(key(&HeaderMap::new()), Ok(None)));
        assert!(matches!(key(&with(&["a-key"])), Ok(Some("a-key"))));
        assert!(key(&with(&[&"k".repeat(KEY_BYTES_MAX)])).is_ok());
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        for keys in [&["two words"][..], &[""], &["kéy"], &[long.as_str()], &["a", "b"]] {
            assert!(key(&with(keys)).is_err(), "{keys:?}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let (a, b): ([&[u8]; 2], [&[u8]; 2]) = ([b"te", b"xt"], [b"text", b""]);
        assert_ne!(hash(a), hash(b));
        assert_eq!(hash(a), hash(a));
    }

    #[test]
    fn what_may_be_otherwise_the_next_time_is_not_kept() {
        let kept = |status| kept(status, &HeaderMap::new(), b"{}").is_some();
        assert!(kept(StatusCode::CREATED) && kept(StatusCode::UNPROCESSABLE_ENTITY));
        assert!(!kept(StatusCode::SERVICE_UNAVAILABLE) && !kept(StatusCode::TOO_MANY_REQUESTS));
        assert!(!kept(StatusCode::UNAUTHORIZED));
    }
}
