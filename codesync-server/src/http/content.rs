//! The text of a document as a file: with its own line ending, and never as a page.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::Http;
use crate::http::caller::{Member, Viewing};
use crate::http::documents::etag;
use crate::http::error::ApiError;

pub(crate) async fn read(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let record = http.documents.find(id).await?;
    let (revision, text) = http.registry.text(id).await?;
    let tag = etag(revision);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    // Ten megabytes take a while: not where others wait.
    let line_ending = record.line_ending;
    let restored = move || line_ending.restore(&text.to_string()).into_owned();
    let text = tokio::task::spawn_blocking(restored)
        .await
        .map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    let headers = [
        (header::ETAG, tag),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, text).into_response())
}
