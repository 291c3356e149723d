//! Reading what a request says, with a problem body where it cannot be read.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use codesync_core::DocumentId;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::http::BODY_BYTES_MAX;
use crate::http::error::ApiError;

/// A JSON body. What `T` does not know is refused, if `T` says so.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            return Err(ApiError::UnsupportedMediaType);
        }
        let body = Bytes::from_request(request, state).await.map_err(unread)?;
        serde_json::from_slice(&body).map(Self).map_err(|error| match error.classify() {
            Category::Data => ApiError::InvalidBody(error.to_string()),
            Category::Syntax | Category::Eof | Category::Io => {
                ApiError::InvalidJson(error.to_string())
            }
        })
    }
}

fn unread(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::BodyTooLarge { bytes_max: BODY_BYTES_MAX };
    }
    ApiError::InvalidJson("the body ended early".to_owned())
}

/// The document named in the path.
pub(crate) struct DocumentPath(pub(crate) DocumentId);

impl<S: Send + Sync> FromRequestParts<S> for DocumentPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::InvalidDocumentId)?;
        id.parse().map(Self).map_err(|_| ApiError::InvalidDocumentId)
    }
}

/// The query of a request.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(asked) = query.map_err(|error| ApiError::InvalidQuery(error.body_text()))?;
        Ok(Self(asked))
    }
}
