//! What a document was: its timeline, one revision, the difference of two, and who wrote each line.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use codesync_core::Revision;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::documents::PAGE_MAX;
use crate::db::writers::Person;
use crate::history::past;
use crate::history::patch::{self, Hunk};
use crate::history::timeline::{Group, Moment};
use crate::http::Http;
use crate::http::caller::{Editing, Member, Viewing};
use crate::http::content::{Committed, Handed, client, commit, off_thread, operation, person};
use crate::http::content::{named, text_at};
use crate::http::documents::etag;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotencyKey;
use crate::http::json::{Asked, RevisionPath, rfc3339};
use crate::http::kind;
use crate::http::problem::{
    InvalidCursor, InvalidIdempotencyKey, InvalidName, RevisionNotFound, TextTooLarge,
    TooManyClients,
};

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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    /// Who does it, on a server without accounts.
    #[param(value_type = Option<kind::Name>)]
    pub(crate) person: Option<String>,
}

/// Makes the text what it was, by a new edit.
#[utoipa::path(
    post, path = "/api/documents/{id}/history/{revision}/restore", tag = "history",
    operation_id = "restoreRevision", params(IdempotencyKey),
    responses(
        (status = 200, description = "The text is what it was.", body = Committed),
        RevisionNotFound, InvalidName, TooManyClients, TextTooLarge, InvalidIdempotencyKey,
    )
)]
pub(crate) async fn restore(
    State(http): State<Http>,
    Editing(member): Editing,
    RevisionPath(revision): RevisionPath,
    Asked(restore): Asked<Restore>,
    headers: HeaderMap,
) -> Result<Json<Committed>, ApiError> {
    put_back(&http, member, revision, restore.person, &headers).await
}

/// Makes the text what it was at a revision, by a new edit.
pub(crate) async fn put_back(
    http: &Http,
    member: Member,
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
    commit(http, member, Handed { client, person, base, operation, exact: false }).await
}

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
pub(crate) async fn difference(
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlameQuery {
    /// The present one if it is left out.
    #[param(value_type = Option<kind::Revision>)]
    revision: Option<Revision>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Blame)]
pub(crate) struct BlameAnswer {
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
        (status = 200, description = "All lines, from the first to the last.", body = BlameAnswer,
            headers(("ETag" = kind::EntityTag, description = "The revision."))),
        RevisionNotFound,
    )
)]
pub(crate) async fn blame(
    State(http): State<Http>,
    Viewing(Member { document: id, .. }): Viewing,
    Asked(asked): Asked<BlameQuery>,
) -> Result<Response, ApiError> {
    let revision = match asked.revision {
        Some(revision) => revision,
        None => http.past.head(id).await?,
    };
    let runs = http.past.blame(id, revision).await?;
    let run = |(run, person): (crate::history::blame::Run, Person)| ShownRun {
        line: run.line + 1,
        lines: run.lines,
        revision: run.touch.revision,
        at: rfc3339(run.touch.at),
        person: person.into(),
    };
    let answer = BlameAnswer { revision, runs: runs.into_iter().map(run).collect() };
    Ok(([(header::ETAG, etag(revision))], Json(answer)).into_response())
}
