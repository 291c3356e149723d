//! Making the text what it was at a revision or in a version, by a new edit.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use codesync_core::Revision;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::caller::{Editing, Member, Visitor};
use crate::http::content::{Committed, Handed, What, client, commit, off_thread, operation};
use crate::http::content::{named, person, text_at};
use crate::http::error::ApiError;
use crate::http::json::{Asked, RevisionPath, VersionPath};
use crate::http::problem::{
    InvalidName, RevisionNotFound, TextTooLarge, TooManyClients, VersionNotFound,
};
use crate::http::{Http, kind, versions};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    /// Who does it, on a server without accounts.
    #[param(value_type = Option<kind::Name>)]
    person: Option<String>,
}

/// Makes the text what it was, by a new edit.
#[utoipa::path(
    post, path = "/api/documents/{id}/history/{revision}/restore", tag = "history",
    operation_id = "restoreRevision",
    responses(
        (status = 200, description = "The text is what it was.", body = Committed),
        RevisionNotFound, InvalidName, TooManyClients, TextTooLarge,
    )
)]
pub(crate) async fn revision(
    State(http): State<Http>,
    Editing(member): Editing,
    RevisionPath(revision): RevisionPath,
    visitor: Visitor,
    Asked(restore): Asked<Restore>,
    headers: HeaderMap,
) -> Result<Json<Committed>, ApiError> {
    put_back(&http, member, &visitor, revision, restore.person, &headers).await
}

/// Makes the text what it was in a version, by a new edit.
#[utoipa::path(
    post, path = "/api/documents/{id}/versions/{version}/restore", tag = "versions",
    operation_id = "restoreVersion",
    responses(
        (status = 200, description = "The text is what it was.", body = Committed),
        VersionNotFound, InvalidName, TooManyClients, TextTooLarge,
    )
)]
pub(crate) async fn version(
    State(http): State<Http>,
    Editing(member): Editing,
    VersionPath(id): VersionPath,
    visitor: Visitor,
    Asked(restore): Asked<Restore>,
    headers: HeaderMap,
) -> Result<Json<Committed>, ApiError> {
    let record = versions::record(&http, member.document, id).await?;
    put_back(&http, member, &visitor, record.revision, restore.person, &headers).await
}

/// Makes the text what it was at a revision, by a new edit.
async fn put_back(
    http: &Http,
    member: Member,
    visitor: &Visitor,
    revision: Revision,
    said: Option<String>,
    headers: &HeaderMap,
) -> Result<Json<Committed>, ApiError> {
    let id = member.document;
    let client = client(headers, &member, "restore", &[&named(Some(revision))])?;
    let (base, present) = text_at(http, id, None).await?;
    let wanted = http.past.text(id, revision).await?;
    let operation = off_thread(move || operation(&present, &wanted.to_string())).await??;
    let person = person(&member, said)?;
    let (exact, what) = (false, What::PutsBack { revision });
    commit(http, member, visitor, Handed { client, person, base, operation, exact, what }).await
}
