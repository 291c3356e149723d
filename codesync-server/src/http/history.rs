//! What a document was: its timeline, and what one revision changed.

use axum::Json;
use axum::extract::State;
use codesync_core::Revision;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::documents::PAGE_MAX;
use crate::db::writers::Person;
use crate::history::past;
use crate::history::timeline::{Group, Moment};
use crate::http::Http;
use crate::http::caller::{Member, Viewing};
use crate::http::error::ApiError;
use crate::http::json::{Asked, RevisionPath, rfc3339};
use crate::http::kind;
use crate::http::problem::{InvalidCursor, RevisionNotFound};

/// Groups on a page of the timeline where nothing else is asked for, and at most.
const GROUPS_DEFAULT: u32 = 50;
const GROUPS_MAX: u32 = PAGE_MAX;

/// Somebody who wrote.
#[derive(Serialize, ToSchema)]
pub(crate) struct Writer {
    kind: WriterKind,
    #[schema(value_type = Option<kind::Id>, required)]
    id: Option<String>,
    #[schema(required)]
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WriterKind {
    /// Somebody with an account, or a guest.
    User,
    /// Whoever sat at the machine.
    Local,
    /// His account is gone.
    Former,
    /// It imported a text.
    Server,
}

impl From<Person> for Writer {
    fn from(person: Person) -> Self {
        match person {
            Person::User { id, name } => {
                Self { kind: WriterKind::User, id: Some(id.to_string()), name: Some(name) }
            }
            Person::Local { name } => Self {
                kind: WriterKind::Local,
                id: None,
                name: Some(name).filter(|name| !name.is_empty()),
            },
            Person::Former => {
                Self { kind: WriterKind::Former, id: None, name: Some("former user".to_owned()) }
            }
            Person::Server => Self { kind: WriterKind::Server, id: None, name: None },
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineQuery {
    #[param(value_type = Option<kind::PageLimit>)]
    limit: Option<u32>,
    #[param(value_type = Option<kind::RevisionCursor>)]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(crate) struct TimelineAnswer {
    groups: Vec<ShownGroup>,
    /// Whether the last group goes on on the next page.
    goes_on: bool,
    /// The cursor of the next page, if there is one.
    #[schema(required)]
    next: Option<String>,
}

/// What one person did in one go.
#[derive(Serialize, ToSchema)]
#[schema(as = TimelineGroup)]
pub(crate) struct ShownGroup {
    person: Writer,
    #[schema(value_type = kind::Revision)]
    first_revision: Revision,
    #[schema(value_type = kind::Revision)]
    last_revision: Revision,
    #[schema(value_type = kind::Time)]
    from: String,
    #[schema(value_type = kind::Time)]
    to: String,
    inserted_chars: u64,
    deleted_chars: u64,
}

impl From<Group<Person>> for ShownGroup {
    fn from(group: Group<Person>) -> Self {
        Self {
            person: group.person.into(),
            first_revision: group.first,
            last_revision: group.last,
            from: rfc3339(group.from),
            to: rfc3339(group.to),
            inserted_chars: group.counts.inserted,
            deleted_chars: group.counts.deleted,
        }
    }
}

/// Who changed the document, and when: revisions in groups by person and time, the newest first.
#[utoipa::path(
    get, path = "/api/documents/{id}/history", tag = "history", operation_id = "getTimeline",
    responses((status = 200, description = "A page of it.", body = TimelineAnswer), InvalidCursor)
)]
pub(crate) async fn timeline(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    Asked(asked): Asked<TimelineQuery>,
) -> Result<Json<TimelineAnswer>, ApiError> {
    let limit = asked.limit.unwrap_or(GROUPS_DEFAULT);
    if !(1..=GROUPS_MAX).contains(&limit) {
        return Err(ApiError::InvalidQuery(format!("limit must be 1 to {GROUPS_MAX}")));
    }
    let before = asked.cursor.as_deref().map(read_cursor).transpose()?;
    let page = http.past.timeline(id, before, limit as usize).await?;
    Ok(Json(TimelineAnswer {
        groups: page.groups.into_iter().map(ShownGroup::from).collect(),
        goes_on: page.goes_on,
        next: page.next.map(write_cursor),
    }))
}

fn write_cursor(before: Revision) -> String {
    format!("{:x}", before.get())
}

fn read_cursor(cursor: &str) -> Result<Revision, ApiError> {
    let before = u64::from_str_radix(cursor, 16).ok().map(Revision::new);
    before.filter(|before| write_cursor(*before) == cursor).ok_or(ApiError::InvalidCursor)
}

/// One revision, and what it changed.
#[derive(Serialize, ToSchema)]
#[schema(as = RevisionChange)]
pub(crate) struct ShownRevision {
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    person: Writer,
    #[schema(value_type = kind::Time)]
    at: String,
    inserted_chars: u64,
    deleted_chars: u64,
    edits: Vec<ShownEdit>,
}

/// A place in the text before.
#[derive(Serialize, ToSchema)]
#[schema(as = TextEdit)]
pub(crate) struct ShownEdit {
    /// In chars, from 0 on.
    offset: usize,
    /// From 1 on.
    line: usize,
    deleted: String,
    inserted: String,
}

/// One revision, and what it changed.
#[utoipa::path(
    get, path = "/api/documents/{id}/history/{revision}", tag = "history",
    operation_id = "getRevision",
    responses((status = 200, description = "What it changed.", body = ShownRevision), RevisionNotFound)
)]
pub(crate) async fn revision(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    RevisionPath(revision): RevisionPath,
) -> Result<Json<ShownRevision>, ApiError> {
    let past::Change { moment, edits } = http.past.change(id, revision).await?;
    let Moment { revision, person, at, counts } = moment;
    let edit = |edit: past::Edit| ShownEdit {
        offset: edit.offset,
        line: edit.line + 1,
        deleted: edit.deleted,
        inserted: edit.inserted,
    };
    Ok(Json(ShownRevision {
        revision,
        person: person.into(),
        at: rfc3339(at),
        inserted_chars: counts.inserted,
        deleted_chars: counts.deleted,
        edits: edits.into_iter().map(edit).collect(),
    }))
}
