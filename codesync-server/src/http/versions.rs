//! Versions over REST: name one, list them, and forget one.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::{DocumentId, Revision};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::versions::{NewVersion, PAGE_MAX, VersionPosition, VersionRecord};
use crate::db::writers::Person;
use crate::http::Http;
use crate::http::caller::{Editing, Member, Viewing};
use crate::http::error::ApiError;
use crate::http::history::Writer;
use crate::http::json::{Asked, Body, VersionPath, rfc3339, whole};
use crate::http::kind;
use crate::http::problem::{
    InvalidCursor, InvalidName, RevisionNotFound, TooManyVersions, VersionNotFound,
};
use crate::ids::{UserId, VersionId};
use crate::names::visible_name;

const PAGE_DEFAULT: u32 = 50;

/// A state of the document that can be put back.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    #[schema(value_type = kind::Id)]
    id: String,
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    /// A version without a name was kept by the server.
    #[schema(required)]
    name: Option<String>,
    #[schema(value_type = kind::Time)]
    created_at: String,
    #[schema(required)]
    created_by: Option<Writer>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VersionPage {
    versions: Vec<Version>,
    /// The cursor of the next page, if there is one.
    #[schema(required)]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    #[param(value_type = Option<kind::PageLimit>)]
    limit: Option<u32>,
    #[param(value_type = Option<kind::Cursor>)]
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewVersion)]
#[serde(deny_unknown_fields)]
pub(crate) struct Name {
    #[schema(value_type = kind::Name)]
    name: String,
    /// The present one if it is left out.
    #[schema(value_type = Option<kind::Revision>)]
    #[serde(default, deserialize_with = "whole")]
    revision: Option<Revision>,
}

/// The versions of a document, the newest first.
#[utoipa::path(
    get, path = "/api/documents/{id}/versions", tag = "versions", operation_id = "listVersions",
    responses((status = 200, description = "A page of them.", body = VersionPage), InvalidCursor)
)]
pub(crate) async fn list(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    Asked(asked): Asked<Listing>,
) -> Result<Json<VersionPage>, ApiError> {
    let limit = asked.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(ApiError::InvalidQuery(format!("limit must be 1 to {PAGE_MAX}")));
    }
    let after = asked.cursor.as_deref().map(read_cursor).transpose()?;
    // One more than asked for tells whether there is another page.
    let mut records = http.versions.list(id, after, limit + 1).await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(write_cursor);
    let people = people(&http, &records).await?;
    let versions = records.into_iter().map(|record| shown(record, &people)).collect();
    Ok(Json(VersionPage { versions, next }))
}

/// Names the present revision, or an older one.
#[utoipa::path(
    post, path = "/api/documents/{id}/versions", tag = "versions", operation_id = "nameVersion",
    responses(
        (status = 201, description = "It has its name.", body = Version,
            headers(("Location", description = "Its path."))),
        InvalidName, RevisionNotFound, TooManyVersions,
    )
)]
pub(crate) async fn name(
    State(http): State<Http>,
    Editing(member): Editing,
    Body(name): Body<Name>,
) -> Result<Response, ApiError> {
    let document = member.document;
    let head = http.past.head(document).await?;
    let revision = name.revision.unwrap_or(head);
    if revision > head {
        return Err(ApiError::NoRevision { revision: revision.get(), head: head.get() });
    }
    let id =
        VersionId::random().map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    // A version is quick to read however old it gets, if its text is kept; without that it is in
    // the log all the same.
    http.past.keep_snapshot(document, revision).await?;
    let (name, user) = (visible_name(&name.name)?, member.caller.user);
    let version = NewVersion { id, document, revision, name, user };
    let record = http.versions.name(version).await?;
    tracing::info!(doc = %document, %revision, version = %id, "version named");
    let location = format!("/api/documents/{document}/versions/{id}");
    let location = HeaderValue::try_from(location)
        .map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    let people = people(&http, std::slice::from_ref(&record)).await?;
    let version = Json(shown(record, &people));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], version).into_response())
}

/// One version.
#[utoipa::path(
    get, path = "/api/documents/{id}/versions/{version}", tag = "versions",
    operation_id = "getVersion",
    responses((status = 200, description = "The version.", body = Version), VersionNotFound)
)]
pub(crate) async fn find(
    State(http): State<Http>,
    Viewing(Member { document, .. }): Viewing,
    VersionPath(id): VersionPath,
) -> Result<Json<Version>, ApiError> {
    let record = record(&http, document, id).await?;
    let people = people(&http, std::slice::from_ref(&record)).await?;
    Ok(Json(shown(record, &people)))
}

/// Forgets a version. Its revision can still be read.
#[utoipa::path(
    delete, path = "/api/documents/{id}/versions/{version}", tag = "versions",
    operation_id = "forgetVersion",
    responses((status = 204, description = "It is no version any more."), VersionNotFound)
)]
pub(crate) async fn forget(
    State(http): State<Http>,
    Editing(Member { document, .. }): Editing,
    VersionPath(id): VersionPath,
) -> Result<StatusCode, ApiError> {
    match http.versions.forget(document, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NoVersion),
    }
}

pub(crate) async fn record(
    http: &Http,
    document: DocumentId,
    id: VersionId,
) -> Result<VersionRecord, ApiError> {
    http.versions.find(document, id).await?.ok_or(ApiError::NoVersion)
}

/// Those who named these versions.
async fn people(
    http: &Http,
    records: &[VersionRecord],
) -> Result<BTreeMap<UserId, Person>, ApiError> {
    let mut users: Vec<_> = records.iter().filter_map(|record| record.created_by).collect();
    users.sort_unstable();
    users.dedup();
    Ok(http.past.users(&users).await?)
}

fn shown(record: VersionRecord, people: &BTreeMap<UserId, Person>) -> Version {
    let person = |user: UserId| people.get(&user).cloned().unwrap_or(Person::Former);
    let created_by = match (record.created_by, &record.name) {
        (Some(user), _) => Some(person(user)),
        // Somebody gave it its name and is gone.
        (None, Some(_)) => Some(Person::Former),
        (None, None) => None,
    };
    Version {
        id: record.id.to_string(),
        revision: record.revision,
        name: record.name,
        created_at: rfc3339(record.created_at),
        created_by: created_by.map(Writer::from),
    }
}

fn write_cursor(record: &VersionRecord) -> String {
    write_position(&VersionPosition { revision: record.revision, id: record.id })
}

fn write_position(position: &VersionPosition) -> String {
    format!("{:x}.{}", position.revision.get(), position.id)
}

fn read_cursor(cursor: &str) -> Result<VersionPosition, ApiError> {
    let read = || {
        let (revision, id) = cursor.split_once('.')?;
        let revision = Revision::new(u64::from_str_radix(revision, 16).ok()?);
        let position = VersionPosition { revision, id: id.parse().ok()? };
        // What the same place is called by nobody but us is no cursor of ours.
        (write_position(&position) == cursor).then_some(position)
    };
    read().ok_or(ApiError::InvalidCursor)
}
