//! What differs between two revisions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use codesync_core::Revision;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::history::patch::{self, Hunk};
use crate::http::Http;
use crate::http::caller::{Member, Viewing};
use crate::http::content::{off_thread, text_at};
use crate::http::error::ApiError;
use crate::http::json::Asked;
use crate::http::kind;
use crate::http::problem::RevisionNotFound;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Two {
    #[param(value_type = kind::Revision)]
    from: Revision,
    /// The present one if it is left out.
    #[param(value_type = Option<kind::Revision>)]
    to: Option<Revision>,
    #[param(inline)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    /// As `diff -u` writes it.
    Unified,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Difference {
    #[schema(value_type = kind::Revision)]
    from: Revision,
    #[schema(value_type = kind::Revision)]
    to: Revision,
    hunks: Vec<ShownHunk>,
}

/// Lines that went and lines that came. Lines are counted from 1; where none went or came, the
/// number is that of the line they stood or stand before.
#[derive(Serialize, ToSchema)]
#[schema(as = Hunk)]
pub(crate) struct ShownHunk {
    from_line: usize,
    to_line: usize,
    removed: Vec<String>,
    added: Vec<String>,
}

impl From<Hunk> for ShownHunk {
    fn from(hunk: Hunk) -> Self {
        let Hunk { before, after, removed, added } = hunk;
        Self { from_line: before + 1, to_line: after + 1, removed, added }
    }
}

/// What differs between two revisions, line by line.
#[utoipa::path(
    get, path = "/api/documents/{id}/diff", tag = "history", operation_id = "getDifference",
    responses(
        (status = 200, description = "Lines that went and lines that came.",
            content((Difference = "application/json"), (String = "text/x-diff"))),
        RevisionNotFound,
    )
)]
pub(crate) async fn find(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    Asked(two): Asked<Two>,
) -> Result<Response, ApiError> {
    let name = http.documents.find(id).await?.name;
    let (to, after) = text_at(&http, id, two.to).await?;
    let (from, before) = text_at(&http, id, Some(two.from)).await?;
    let format = two.format.unwrap_or_default();
    off_thread(move || {
        let (before, after) = (before.to_string(), after.to_string());
        match format {
            Format::Json => {
                let hunks = patch::hunks(&before, &after).into_iter().map(ShownHunk::from);
                Json(Difference { from, to, hunks: hunks.collect() }).into_response()
            }
            Format::Unified => {
                let labels = (format!("{name}\trevision {from}"), format!("{name}\trevision {to}"));
                let unified = patch::unified(&before, &after, (&labels.0, &labels.1));
                let kind = HeaderValue::from_static("text/x-diff; charset=utf-8");
                let attachment = HeaderValue::from_static("attachment");
                let headers =
                    [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, attachment)];
                (headers, unified).into_response()
            }
        }
    })
    .await
}
