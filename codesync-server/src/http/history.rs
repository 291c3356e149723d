//! What a document was: its timeline, one revision, the difference of two, and who wrote each line.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use codesync_core::Revision;
use serde::{Deserialize, Serialize};

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
use crate::http::json::{Asked, RevisionPath, rfc3339};

/// Groups on a page of the timeline where nothing else is asked for, and at most.
const GROUPS_DEFAULT: u32 = 50;
const GROUPS_MAX: u32 = 200;

/// Somebody who wrote.
#[derive(Serialize)]
pub(crate) struct Writer {
    /// `user`, `local`, `former` (his account is gone) or `server` (which imported a text, it is not
    /// known for whom).
    kind: &'static str,
    id: Option<String>,
    name: Option<String>,
}

impl From<Person> for Writer {
    fn from(person: Person) -> Self {
        match person {
            Person::User { id, name } => {
                Self { kind: "user", id: Some(id.to_string()), name: Some(name) }
            }
            Person::Local { name } => {
                Self { kind: "local", id: None, name: Some(name).filter(|name| !name.is_empty()) }
            }
            Person::Former => {
                Self { kind: "former", id: None, name: Some("former user".to_owned()) }
            }
            Person::Server => Self { kind: "server", id: None, name: None },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct TimelineAnswer {
    groups: Vec<ShownGroup>,
    /// Whether the last group goes on on the next page.
    goes_on: bool,
    next: Option<String>,
}

/// What one person did in one go.
#[derive(Serialize)]
pub(crate) struct ShownGroup {
    person: Writer,
    first_revision: Revision,
    last_revision: Revision,
    from: String,
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
#[derive(Serialize)]
pub(crate) struct ShownRevision {
    revision: Revision,
    person: Writer,
    at: String,
    inserted_chars: u64,
    deleted_chars: u64,
    edits: Vec<ShownEdit>,
}

/// A place in the text before.
#[derive(Serialize)]
pub(crate) struct ShownEdit {
    /// In chars, from 0 on.
    offset: usize,
    /// From 1 on.
    line: usize,
    deleted: String,
    inserted: String,
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    /// Who does it, on a server without accounts.
    person: Option<String>,
}

/// Makes the text what it was, by a new edit.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Two {
    from: Revision,
    /// The present one if it is left out.
    to: Option<Revision>,
    format: Option<Format>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    /// As `diff -u` writes it.
    Unified,
}

#[derive(Serialize)]
pub(crate) struct Difference {
    from: Revision,
    to: Revision,
    hunks: Vec<ShownHunk>,
}

/// Lines that went and lines that came. Lines are counted from 1; where none went or came, the
/// number is that of the line they stood or stand before.
#[derive(Serialize)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlameQuery {
    /// The present one if it is left out.
    revision: Option<Revision>,
}

#[derive(Serialize)]
pub(crate) struct BlameAnswer {
    revision: Revision,
    runs: Vec<ShownRun>,
}

/// Lines one below the other that were touched last by one revision.
#[derive(Serialize)]
pub(crate) struct ShownRun {
    /// The first of them, from 1 on.
    line: usize,
    lines: usize,
    revision: Revision,
    at: String,
    person: Writer,
}

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
