//! Reading what a request says, with a problem body where it cannot be read; and the description of
//! both.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use codesync_core::{DocumentId, Revision};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::Required;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::db::members::ShareError;
use crate::http::BODY_BYTES_MAX;
use crate::http::describe::{Description, Input};
use crate::http::error::ApiError;
use crate::http::{kind, problem};
use crate::ids::{LinkId, SessionId, UserId, VersionId};

/// Bytes of a body that holds no document.
const SMALL_BODY_BYTES_MAX: usize = 16 * 1024;

/// A JSON body of at most `MAX` bytes. What `T` does not know is refused, if `T` says so.
pub(crate) struct Body<T, const MAX: usize = SMALL_BODY_BYTES_MAX>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for Body<T, MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            return Err(ApiError::UnsupportedMediaType);
        }
        let body = read(request.into_body(), MAX).await?;
        // A list of a type's fields in their order would be taken for one, too.
        let is_object = body.trim_ascii_start().first() == Some(&b'{');
        match serde_json::from_slice(&body) {
            Ok(said) if is_object => Ok(Self(said)),
            Ok(_) => Err(ApiError::InvalidBody("it must be an object".to_owned())),
            // Not every value of a wrong type is told from bad syntax: a number for a word is not.
            Err(error) if is_json(&body) => Err(ApiError::InvalidBody(error.to_string())),
            Err(error) => Err(ApiError::InvalidJson(error.to_string())),
        }
    }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

impl<T: ToSchema, const MAX: usize> Input for Body<T, MAX> {
    fn describe(to: &mut Description<'_>) {
        to.body::<T>("application/json");
        to.may_answer::<problem::InvalidJson>().may_answer::<problem::InvalidBody>();
        to.may_answer::<problem::UnsupportedMediaType>().may_answer::<problem::BodyTooLarge>();
    }
}

/// A count in a body, if there is one. JSON has one kind of number, and `7.0` is the same one as `7`;
/// some programs write whole numbers so.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: From<Whole>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Whole>::deserialize(from)?.map(T::from))
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// From here on not every whole number is a float.
        const FLOAT_MAX: f64 = 9_007_199_254_740_992.0;
        let number = Number::deserialize(from)?;
        if let Some(whole) = number.as_u64() {
            return Ok(Self(whole));
        }
        let float = number.as_f64().filter(|it| it.fract() == 0.0 && (0.0..FLOAT_MAX).contains(it));
        let refused = || D::Error::custom(format!("{number} is no whole number from 0 on"));
        float.map(|it| Self(it as u64)).ok_or_else(refused)
    }
}

impl From<Whole> for u64 {
    fn from(Whole(whole): Whole) -> Self {
        whole
    }
}

impl From<Whole> for Revision {
    fn from(Whole(whole): Whole) -> Self {
        Self::new(whole)
    }
}

/// A body, if it is no longer than that.
pub(crate) async fn read(body: axum::body::Body, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    let (mut read, mut chunks) = (Vec::new(), body.into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let ended_early = |_| ApiError::InvalidJson("the body ended early".to_owned());
        let chunk = chunk.map_err(ended_early)?;
        if read.len() + chunk.len() > bytes_max {
            return Err(ApiError::BodyTooLarge { bytes_max });
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// Defines an extractor of a part of the path, which is refused with a code if it cannot be read.
macro_rules! in_path {
    ($(#[$doc:meta])* $name:ident($type:ty): $part:literal $kind:ty, $read:expr, $refused:expr, $code:ident) => {
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) $type);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                let path = RawPathParams::from_request_parts(parts, state).await;
                let path = path.map_err(|_| $refused)?;
                let part = path.iter().find_map(|(name, value)| (name == $part).then_some(value));
                part.and_then($read).map(Self).ok_or($refused)
            }
        }

        impl Input for $name {
            fn describe(to: &mut Description<'_>) {
                let schema = to.schema::<$kind>();
                let parameter = ParameterBuilder::new()
                    .name($part)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(schema));
                to.parameters([parameter.build()]);
                to.may_answer::<problem::$code>();
            }
        }
    };
}

in_path! {
    /// The document named in the path.
    DocumentPath(DocumentId): "id" kind::Id, parsed, ApiError::InvalidDocumentId, InvalidDocumentId
}

in_path! {
    /// The revision named in the path.
    RevisionPath(Revision): "revision" kind::Revision, parse_revision, ApiError::InvalidRevision, InvalidRevision
}

in_path! {
    /// The version named in the path.
    VersionPath(VersionId): "version" kind::Id, parsed, ApiError::InvalidVersionId, InvalidVersionId
}

in_path! {
    /// The member named in the path. What is no id is nobody's.
    MemberPath(UserId): "user" kind::Id, parsed, ApiError::Share(ShareError::NoMember), MemberNotFound
}

in_path! {
    /// The link named in the path.
    LinkPath(LinkId): "link" kind::Id, parsed, ApiError::Share(ShareError::NoLink), LinkNotFound
}

in_path! {
    /// The login named in the path.
    SessionPath(SessionId): "session" kind::Id, parsed, ApiError::NoSession, SessionNotFound
}

fn parsed<T: FromStr>(part: &str) -> Option<T> {
    part.parse().ok()
}

/// A revision in digits and nothing else.
pub(crate) fn parse_revision(text: &str) -> Option<Revision> {
    let revision = Revision::new(text.parse().ok()?);
    (revision.to_string() == text).then_some(revision)
}

/// A body of plain text in UTF-8.
pub(crate) struct PlainText(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for PlainText {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let mut parameters = content_type.unwrap_or_default().split(';').map(str::trim);
        let is_plain = parameters.next().is_some_and(|it| it.eq_ignore_ascii_case("text/plain"));
        let is_utf8 = parameters.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        });
        if !is_plain || !is_utf8 {
            return Err(ApiError::NotPlainText);
        }
        let body = read(request.into_body(), BODY_BYTES_MAX).await?;
        String::from_utf8(body).map(Self).map_err(|_| ApiError::InvalidText)
    }
}

impl Input for PlainText {
    fn describe(to: &mut Description<'_>) {
        to.body::<kind::Text>("text/plain");
        to.may_answer::<problem::InvalidText>().may_answer::<problem::InvalidJson>();
        to.may_answer::<problem::UnsupportedMediaType>().may_answer::<problem::BodyTooLarge>();
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

impl<T: IntoParams> Input for Asked<T> {
    fn describe(to: &mut Description<'_>) {
        to.parameters(T::into_params(|| Some(ParameterIn::Query)));
        to.may_answer::<problem::InvalidQuery>();
    }
}

/// A time as JSON shows it.
pub(crate) fn rfc3339(milliseconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let whole = |text| serde_json::from_str::<Whole>(text).ok();
        for (text, expected) in [("7", 7), ("7.0", 7), ("7e2", 700), ("-0.0", 0), ("0", 0)] {
            assert_eq!(whole(text), Some(Whole(expected)), "{text}");
        }
        assert_eq!(whole("9007199254740993"), Some(Whole(9_007_199_254_740_993)));
        for text in ["7.5", "-1", "-1.0", "1e300", "9007199254740992.0", "\"7\"", "true"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_as_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
