//! Documents over REST: make, list, find, change their settings.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::limits::{DOCUMENT_BYTES_MAX, NAME_BYTES_MAX};
use codesync_core::{DocumentId, LineEnding, Revision};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::db::documents::{
    DocumentChange, DocumentRecord, ListPosition, ListedDocument, Listing, NewDocument, PAGE_MAX,
};
use crate::document::import;
use crate::http::caller::{Member, Owning, Person, Viewing};
use crate::http::condition::{Condition, etag};
use crate::http::content::off_thread;
use crate::http::error::ApiError;
use crate::http::json::{Asked, Body, rfc3339};
use crate::http::kind;
use crate::http::members::RoleName;
use crate::http::problem::{
    InvalidCursor, InvalidLanguage, InvalidName, InvalidQuery, PreconditionFailed, TextTooLarge,
};
use crate::http::{BODY_BYTES_MAX, Http};
use crate::ids::random_uuid;
use crate::names::visible_name;
use crate::oplog::Entry;

/// Documents on a page of the list where nothing else is asked for.
const PAGE_DEFAULT: u32 = 50;
/// Characters that are searched for.
const SEARCH_CHARS_MAX: usize = NAME_BYTES_MAX;
pub(crate) const LANGUAGE_BYTES_MAX: usize = 64;

/// A document as JSON shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Document)]
pub(crate) struct Doc {
    #[schema(value_type = kind::Id)]
    id: String,
    name: String,
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    #[schema(required)]
    language: Option<String>,
    line_ending: LineEndingName,
    /// Of its text in UTF-8, with line feeds.
    bytes: u64,
    #[schema(value_type = kind::Time)]
    created_at: String,
    #[schema(value_type = kind::Time)]
    updated_at: String,
}

/// How the lines of its text end in a file.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = LineEnding)]
#[serde(rename_all = "lowercase")]
enum LineEndingName {
    Lf,
    Crlf,
}

impl From<LineEnding> for LineEndingName {
    fn from(line_ending: LineEnding) -> Self {
        match line_ending {
            LineEnding::Lf => Self::Lf,
            LineEnding::Crlf => Self::Crlf,
        }
    }
}

/// A document, and what whoever asks may do with it.
#[derive(Serialize, ToSchema)]
#[schema(as = DocumentWithRole)]
pub(crate) struct WithRole {
    role: RoleName,
    #[serde(flatten)]
    document: Doc,
}

/// A document, and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedDocument)]
pub(crate) struct Listed {
    /// Of several owners whoever asks, or else the first; nobody while the account of the only one is
    /// about to be deleted.
    #[schema(required)]
    owner: Option<ShownOwner>,
    #[serde(flatten)]
    document: Doc,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Owner)]
struct ShownOwner {
    #[schema(value_type = kind::Id)]
    user: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DocumentPage)]
pub(crate) struct Page {
    documents: Vec<Listed>,
    /// The cursor of the next page, if there is one.
    #[schema(required)]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// What the name must hold, in capitals or not.
    #[param(value_type = Option<kind::Search>)]
    search: Option<String>,
    #[param(value_type = Option<kind::PageLimit>)]
    limit: Option<u32>,
    #[param(value_type = Option<kind::Cursor>)]
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewDocument)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    #[schema(value_type = kind::Name)]
    name: String,
    /// With any line ending. Empty if it is left out.
    #[schema(value_type = Option<kind::Text>)]
    text: Option<String>,
    #[schema(value_type = Option<kind::Language>)]
    language: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = DocumentChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[schema(value_type = Option<kind::Name>)]
    name: Option<String>,
    /// Left as it is if it is not there, and taken away if it is `null`.
    #[schema(value_type = Option<kind::Language>)]
    #[serde(default, deserialize_with = "present")]
    language: Option<Option<String>>,
}

fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// The documents of whoever asks, the one that was changed last first.
#[utoipa::path(
    get, path = "/api/documents", tag = "documents", operation_id = "listDocuments",
    responses((status = 200, description = "A page of them.", body = Page), InvalidCursor)
)]
pub(crate) async fn list(
    State(http): State<Http>,
    caller: Caller,
    Asked(asked): Asked<Search>,
) -> Result<Json<Page>, ApiError> {
    let limit = asked.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(ApiError::InvalidQuery(format!("limit must be 1 to {PAGE_MAX}")));
    }
    let search = asked.search.filter(|search| !search.is_empty());
    if search.as_ref().is_some_and(|search| search.chars().count() > SEARCH_CHARS_MAX) {
        let detail = format!("search is over {SEARCH_CHARS_MAX} characters");
        return Err(ApiError::InvalidQuery(detail));
    }
    if search.as_ref().is_some_and(|search| search.contains('\0')) {
        return Err(ApiError::InvalidQuery("no name holds a NUL".to_owned()));
    }
    let after = asked.cursor.as_deref().map(read_cursor).transpose()?;
    // One more than asked for tells whether there is another page.
    let listing = Listing { user: caller.user, search, limit: limit + 1, after };
    let mut records = http.documents.list(listing).await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|last| write_cursor(&last.record));
    Ok(Json(Page { documents: records.into_iter().map(Listed::from).collect(), next }))
}

/// Makes a document.
#[utoipa::path(
    post, path = "/api/documents", tag = "documents", operation_id = "createDocument",
    responses(
        (status = 201, description = "It is there.", body = Doc, headers(
            ("Location", description = "Its path."),
            ("ETag" = kind::EntityTag, description = "Its revision."),
        )),
        InvalidName, InvalidLanguage, TextTooLarge,
    )
)]
pub(crate) async fn create(
    State(http): State<Http>,
    Person(caller): Person,
    Body(create): Body<Create, BODY_BYTES_MAX>,
) -> Result<Response, ApiError> {
    http.limits.create(&caller).await?;
    let name = visible_name(&create.name)?;
    let language = create.language.map(valid_language).transpose()?;
    let text = create.text.unwrap_or_default();
    // Ten megabytes take a while: not where others wait.
    let (line_ending, bytes, entries) = off_thread(move || import(&text)).await??;
    let owner = caller.user;
    let id = random_id()?;
    let document = NewDocument { id, owner, name, language, line_ending, entries, bytes };
    let record = http.documents.create(document).await?;
    tracing::info!(doc = %record.id, bytes, "document created");
    let location = format!("/api/documents/{}", record.id);
    let location = HeaderValue::try_from(location)
        .map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    let tag = etag(record.revision);
    let headers = [(header::LOCATION, location), (header::ETAG, tag)];
    Ok((StatusCode::CREATED, headers, Json(Doc::from(record))).into_response())
}

/// A text with any line ending, as the first entries of a document.
fn import(text: &str) -> Result<(LineEnding, u64, Vec<Entry>), ApiError> {
    let line_ending = LineEnding::detect(text);
    let text = LineEnding::normalize(text);
    let bytes = text.len() as u64;
    if bytes > DOCUMENT_BYTES_MAX {
        return Err(ApiError::TextTooLarge { bytes, bytes_max: DOCUMENT_BYTES_MAX });
    }
    Ok((line_ending, bytes, import::entries(&text)))
}

/// A document, and what whoever asks may do with it.
#[utoipa::path(
    get, path = "/api/documents/{id}", tag = "documents", operation_id = "getDocument",
    responses((status = 200, description = "The document.", body = WithRole,
        headers(("ETag" = kind::EntityTag, description = "Its revision."))))
)]
pub(crate) async fn find(
    State(http): State<Http>,
    Viewing(Member { document, rights, .. }): Viewing,
) -> Result<Response, ApiError> {
    let record = http.documents.find(document).await?;
    let shown = WithRole { role: rights.role.into(), document: record.clone().into() };
    Ok(([(header::ETAG, etag(record.revision))], Json(shown)).into_response())
}

/// Changes the name or the language of a document.
#[utoipa::path(
    patch, path = "/api/documents/{id}", tag = "documents", operation_id = "changeDocument",
    params(("If-Match" = Option<kind::Condition>, Header,
        description = "Change it only if it is at this revision.")),
    responses(
        (status = 200, description = "It is changed.", body = Doc,
            headers(("ETag" = kind::EntityTag, description = "Its revision."))),
        InvalidName, InvalidLanguage, InvalidQuery, PreconditionFailed,
    )
)]
pub(crate) async fn change(
    State(http): State<Http>,
    Owning(Member { document: id, .. }): Owning,
    headers: HeaderMap,
    Body(change): Body<Change>,
) -> Result<Response, ApiError> {
    let name = change.name.as_deref().map(visible_name).transpose()?;
    let language = match change.language {
        Some(Some(language)) => Some(Some(valid_language(language)?)),
        other => other,
    };
    if let Condition::Exactly(expected) = Condition::of(&headers)? {
        let revision = http.documents.find(id).await?.revision;
        if expected != revision {
            return Err(ApiError::PreconditionFailed { revision: revision.get() });
        }
    }
    let renamed = name.is_some();
    let record = http.documents.change(id, DocumentChange { name, language }).await?;
    if renamed {
        http.registry.renamed(id, record.name.clone()).await;
    }
    Ok(answer(record))
}

fn answer(record: DocumentRecord) -> Response {
    ([(header::ETAG, etag(record.revision))], Json(Doc::from(record))).into_response()
}

impl From<DocumentRecord> for Doc {
    fn from(record: DocumentRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            revision: record.revision,
            language: record.language,
            line_ending: record.line_ending.into(),
            bytes: record.bytes,
            created_at: rfc3339(record.created_at),
            updated_at: rfc3339(record.updated_at),
        }
    }
}

impl From<ListedDocument> for Listed {
    fn from(listed: ListedDocument) -> Self {
        let owner = listed.owner;
        Self {
            owner: owner.map(|it| ShownOwner { user: it.user.to_string(), name: it.name }),
            document: listed.record.into(),
        }
    }
}

fn valid_language(language: String) -> Result<String, ApiError> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+#.-_".contains(&byte);
    if (1..=LANGUAGE_BYTES_MAX).contains(&language.len()) && language.bytes().all(allowed) {
        return Ok(language);
    }
    Err(ApiError::InvalidLanguage)
}

/// Whoever has not been given the link cannot guess it.
fn random_id() -> Result<DocumentId, ApiError> {
    let bytes = random_uuid().map_err(|error| ApiError::Internal { cause: error.to_string() })?;
    Ok(DocumentId::from_bytes(bytes))
}

fn write_cursor(record: &DocumentRecord) -> String {
    write_position(&ListPosition { updated_at: record.updated_at, id: record.id })
}

fn write_position(position: &ListPosition) -> String {
    format!("{:x}.{}", position.updated_at, position.id)
}

fn read_cursor(cursor: &str) -> Result<ListPosition, ApiError> {
    let read = || {
        let (updated_at, id) = cursor.split_once('.')?;
        let updated_at = i64::from_str_radix(updated_at, 16).ok()?;
        let position = ListPosition { updated_at, id: id.parse().ok()? };
        // What the same place is called by nobody but us is no cursor of ours.
        (write_position(&position) == cursor).then_some(position)
    };
    read().ok_or(ApiError::InvalidCursor)
}
