//! Deleting documents, and taking them back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::members::ShareError;
use crate::db::trash::{Restore, TRASH_PAGE_MAX, Trash, Trashed};
use crate::http::Http;
use crate::http::caller::{Owning, Person, Visitor};
use crate::http::error::ApiError;
use crate::http::json::{DocumentPath, rfc3339};
use crate::http::kind;
use crate::http::problem::DocumentNotFound;

/// Puts a document into the trash, for thirty days.
#[utoipa::path(
    delete, path = "/api/documents/{id}", tag = "documents", operation_id = "trashDocument",
    responses((status = 204, description = "It lies in the trash."))
)]
pub(crate) async fn trash(
    State(http): State<Http>,
    Owning(owner): Owning,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    let (document, by) = (owner.document, visitor.actor(&owner.caller));
    http.access_changed(document, http.database.change(Trash { document, by }).await??).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a document out of the trash, whether or not it was taken out before.
#[utoipa::path(
    post, path = "/api/documents/{id}/restore", tag = "documents", operation_id = "restoreDocument",
    responses((status = 204, description = "It is back."), DocumentNotFound)
)]
pub(crate) async fn restore(
    State(http): State<Http>,
    Person(caller): Person,
    DocumentPath(document): DocumentPath,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    let by = visitor.actor(&caller);
    let version = http.database.change(Restore { document, by }).await?.map_err(|error| {
        // Who does not own it cannot see it in the trash.
        match error {
            ShareError::NotOwner => ApiError::DocumentNotFound,
            error => error.into(),
        }
    })?;
    http.access_changed(document, version).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
#[schema(as = TrashedDocument)]
pub(crate) struct ShownTrashed {
    #[schema(value_type = kind::Id)]
    id: String,
    name: String,
    bytes: u64,
    #[schema(value_type = kind::Time)]
    trashed_at: String,
    /// From then on it may be gone.
    #[schema(value_type = kind::Time)]
    purged_at: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TrashList {
    documents: Vec<ShownTrashed>,
}

/// The latest deleted documents of whoever asks.
#[utoipa::path(
    get, path = "/api/documents/trash", tag = "documents", operation_id = "listTrash",
    responses((status = 200, description = "The latest first.", body = TrashList))
)]
pub(crate) async fn list(
    State(http): State<Http>,
    Person(caller): Person,
) -> Result<Json<TrashList>, ApiError> {
    let documents = http.database.trash(caller.user, TRASH_PAGE_MAX).await?;
    let shown = |document: Trashed| ShownTrashed {
        id: document.id.to_string(),
        trashed_at: rfc3339(document.trashed_at),
        purged_at: rfc3339(document.purged_at()),
        name: document.name,
        bytes: document.bytes,
    };
    Ok(Json(TrashList { documents: documents.into_iter().map(shown).collect() }))
}
