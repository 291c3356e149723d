//! Who wrote each line, at any revision.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use codesync_core::Revision;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::writers::Person;
use crate::history::blame::Run;
use crate::http::Http;
use crate::http::caller::{Member, Viewing};
use crate::http::condition::etag;
use crate::http::error::ApiError;
use crate::http::history::Writer;
use crate::http::json::{Asked, rfc3339};
use crate::http::kind;
use crate::http::problem::RevisionNotFound;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// The present one if it is left out.
    #[param(value_type = Option<kind::Revision>)]
    revision: Option<Revision>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Blame)]
pub(crate) struct Answer {
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    runs: Vec<ShownRun>,
}

/// Lines one below the other that were touched last by one revision.
#[derive(Serialize, ToSchema)]
#[schema(as = BlameRun)]
pub(crate) struct ShownRun {
    /// The first of them, from 1 on.
    line: usize,
    lines: usize,
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    #[schema(value_type = kind::Time)]
    at: String,
    person: Writer,
}

/// Who wrote each line.
#[utoipa::path(
    get, path = "/api/documents/{id}/blame", tag = "history", operation_id = "getBlame",
    responses(
        (status = 200, description = "All lines, from the first to the last.", body = Answer,
            headers(("ETag" = kind::EntityTag, description = "The revision."))),
        RevisionNotFound,
    )
)]
pub(crate) async fn find(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    Asked(asked): Asked<Query>,
) -> Result<Response, ApiError> {
    let revision = match asked.revision {
        Some(revision) => revision,
        None => http.past.head(id).await?,
    };
    let runs = http.past.blame(id, revision).await?;
    let run = |(run, person): (Run, Person)| ShownRun {
        line: run.line + 1,
        lines: run.lines,
        revision: run.touch.revision,
        at: rfc3339(run.touch.at),
        person: person.into(),
    };
    let answer = Answer { revision, runs: runs.into_iter().map(run).collect() };
    Ok(([(header::ETAG, etag(revision))], Json(answer)).into_response())
}
