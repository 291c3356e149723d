//! The text of a document as a file: with its own line ending, and never as a page.
//!
//! Whoever writes a text says which revision it was made from. What changed between the two becomes
//! one edit of that revision, which merges with whatever was typed since, as the edit of somebody
//! who was offline does. So nobody's work is undone by a program that has not seen it.
//!
//! - `PUT …?base=7`: the text was made from revision 7. It merges.
//! - `PUT …` with `If-Match: "7"`: the same, but only if the document still is at revision 7; else
//!   nothing is done and the answer is 412 (RFC 9110, section 13.1.1, allows nothing else).
//! - `PUT …` with neither: the text replaces the present one.
//!
//! With an `Idempotency-Key` the same request is carried out once, however often it is sent: the key
//! becomes the client that hands the edit in, and what one client says is committed once.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use codesync_core::limits::DOCUMENT_BYTES_MAX;
use codesync_core::text::diff;
use codesync_core::{ClientId, DocumentId, Encoding, LineEnding, Operation, Revision, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::audit::{Action, Note};
use crate::document::Edit;
use crate::http::Http;
use crate::http::caller::{Editing, Member, Viewing, Visitor};
use crate::http::condition::{Condition, etag, is_known};
use crate::http::error::ApiError;
use crate::http::idempotency;
use crate::http::json::{Asked, PlainText};
use crate::http::kind;
use crate::http::problem::{
    InvalidName, PreconditionFailed, RevisionNotFound, TextTooLarge, TooManyClients,
};
use crate::names::visible_name;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The present one if it is left out.
    #[param(value_type = Option<kind::Revision>)]
    revision: Option<Revision>,
}

/// The text of a document, with its own line ending.
#[utoipa::path(
    get, path = "/api/documents/{id}/content", tag = "content", operation_id = "getContent",
    params(("If-None-Match" = Option<kind::KnownTags>, Header, description = "The revisions that are known.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain",
            headers(("ETag" = kind::EntityTag, description = "The revision."))),
        (status = 304, description = "It is the one that is known.",
            headers(("ETag" = kind::EntityTag, description = "The revision."))),
        RevisionNotFound,
    )
)]
pub(crate) async fn read(
    State(http): State<Http>,
    Viewing(Member { document: id, caller, .. }): Viewing,
    visitor: Visitor,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let line_ending = http.documents.find(id).await?.line_ending;
    let (revision, text) = match which.revision {
        None => http.registry.text(id).await?,
        Some(revision) => (revision, http.past.text(id, revision).await?),
    };
    let tag = etag(revision);
    if is_known(&headers, &tag)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    // On a machine's own server there is nobody to tell from anybody else.
    if http.accounts.is_some() {
        http.exports.note(&http.database, visitor.actor(&caller), id, revision).await?;
    }
    // Ten megabytes take a while: not where others wait.
    let restored = move || line_ending.restore(&text.to_string()).into_owned();
    let text = off_thread(restored).await?;
    let headers = [
        (header::ETAG, tag),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, text).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// The revision that the text was made from.
    #[param(value_type = Option<kind::Revision>)]
    base: Option<Revision>,
    /// Who writes, on a server without accounts.
    #[param(value_type = Option<kind::Name>)]
    person: Option<String>,
}

/// What became of a text or a version that was handed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Committed {
    /// The document holds it from this revision on.
    #[schema(value_type = kind::Revision)]
    revision: Revision,
    /// What it was made from.
    #[schema(value_type = kind::Revision)]
    base: Revision,
}

/// Writes the whole text, as one edit.
///
/// With `base`, it merges with whatever was typed since that revision; with `If-Match`, it is
/// written only if nothing was; with neither, it replaces the present text.
#[utoipa::path(
    put, path = "/api/documents/{id}/content", tag = "content", operation_id = "putContent",
    params(("If-Match" = Option<kind::Condition>, Header,
        description = "Write only if the document is at this revision.")),
    responses(
        (status = 200, description = "The document holds it.", body = Committed),
        PreconditionFailed, RevisionNotFound, InvalidName, TextTooLarge, TooManyClients,
    )
)]
pub(crate) async fn write(
    State(http): State<Http>,
    Editing(member): Editing,
    visitor: Visitor,
    Asked(written): Asked<Written>,
    headers: HeaderMap,
    PlainText(text): PlainText,
) -> Result<Json<Committed>, ApiError> {
    let id = member.document;
    let condition = Condition::of(&headers)?;
    let base = match (condition, written.base) {
        (Condition::Exactly(expected), Some(base)) if expected != base => {
            let detail = "base and If-Match name two revisions".to_owned();
            return Err(ApiError::InvalidQuery(detail));
        }
        (Condition::Exactly(base), _) => Some(base),
        (Condition::None, base) => base,
    };
    let request = [text.as_bytes(), &named(base)];
    let client = client(&headers, &member, "content", &request)?;
    let (base, before) = text_at(&http, id, base).await.map_err(|error| match error {
        // What does not exist yet does not match.
        ApiError::NoRevision { head, .. } if condition.is_exact() => {
            ApiError::Moved { revision: head }
        }
        error => error,
    })?;
    let (before, operation) = off_thread(move || {
        let operation = operation(&before, &text)?;
        Ok::<_, ApiError>((before, operation))
    })
    .await??;
    drop(before);
    let person = person(&member, written.person)?;
    let (exact, what) = (condition.is_exact(), What::Replaces { base });
    commit(&http, member, &visitor, Handed { client, person, base, operation, exact, what }).await
}

/// An edit as a request hands it in.
pub(crate) struct Handed {
    pub(crate) client: ClientId,
    pub(crate) person: String,
    pub(crate) base: Revision,
    pub(crate) operation: Operation,
    pub(crate) exact: bool,
    pub(crate) what: What,
}

/// What the edit is to whoever reads the audit log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A text that was made from this revision.
    Replaces { base: Revision },
    /// What was there at this revision.
    PutsBack { revision: Revision },
}

impl What {
    fn noted(self, revision: Revision) -> (Action, String) {
        match self {
            Self::Replaces { base } => {
                (Action::Replaced, format!("revision {revision}, made from {base}"))
            }
            Self::PutsBack { revision: wanted } => {
                (Action::PutBack, format!("revision {revision}, as it was at {wanted}"))
            }
        }
    }
}

/// Commits an edit through the open document, as everybody else's. Who sends it learns of it once it
/// is written down as well; if that fails he may send it again, and under the same `Idempotency-Key`
/// it still is one edit.
pub(crate) async fn commit(
    http: &Http,
    member: Member,
    visitor: &Visitor,
    handed: Handed,
) -> Result<Json<Committed>, ApiError> {
    let Handed { client, person, base, operation, exact, what } = handed;
    let user = member.caller.user;
    let table = http.documents.access(member.document, &[user]).await?;
    let rights = table.rights.get(&user).copied().ok_or(ApiError::DocumentNotFound)?;
    let access = table.version;
    let edit = Edit { client, user, access, rights, person, base, operation, exact };
    let revision = http.registry.edit(member.document, edit).await??;
    let (action, detail) = what.noted(revision);
    let (by, document) = (visitor.actor(&member.caller), member.document);
    let Ok(()) = http.database.change(Note { action, by, document, detail }).await?;
    tracing::debug!(doc = %member.document, %revision, %base, "text handed in");
    Ok(Json(Committed { revision, base }))
}

/// The text at a revision, or the present one.
pub(crate) async fn text_at(
    http: &Http,
    id: DocumentId,
    revision: Option<Revision>,
) -> Result<(Revision, Text), ApiError> {
    let (head, text) = http.registry.text(id).await?;
    match revision {
        Some(revision) if revision != head => Ok((revision, http.past.text(id, revision).await?)),
        _ => Ok((head, text)),
    }
}

/// What leads from one text to another.
pub(crate) fn operation(before: &Text, after: &str) -> Result<Operation, ApiError> {
    let after = LineEnding::normalize(after);
    let bytes = after.len() as u64;
    if bytes > DOCUMENT_BYTES_MAX {
        return Err(ApiError::TextTooLarge { bytes, bytes_max: DOCUMENT_BYTES_MAX });
    }
    let edits = diff(&before.to_string(), &after);
    Operation::from_edits(before, &edits, Encoding::Scalar)
        .map_err(|error| ApiError::Internal { cause: error.to_string() })
}

/// The name under which a change is made: that of the account, or what the request says.
pub(crate) fn person(member: &Member, said: Option<String>) -> Result<String, ApiError> {
    let said = said.as_deref().map(visible_name).transpose()?;
    let known = member.caller.name.clone();
    Ok(known.or(said).unwrap_or_default())
}

/// The client id of a request. The same request under the same key always has the same one, and
/// what one client says is committed once.
pub(crate) fn client(
    headers: &HeaderMap,
    member: &Member,
    what: &str,
    request: &[&[u8]],
) -> Result<ClientId, ApiError> {
    let mut bytes = [0; 16];
    let Some(key) = idempotency::key(headers)? else {
        getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
        return Ok(ClientId::from_bytes(bytes));
    };
    let (user, document) = (member.caller.user.to_bytes(), member.document.to_bytes());
    let parts = [&user[..], &document, what.as_bytes(), key.as_bytes()];
    let hash = idempotency::hash(parts.into_iter().chain(request.iter().copied()));
    bytes.copy_from_slice(&hash[..16]);
    Ok(ClientId::from_bytes(bytes))
}

/// A revision that a request names or leaves out, as bytes.
pub(crate) fn named(revision: Option<Revision>) -> Vec<u8> {
    revision.map_or_else(Vec::new, |revision| revision.get().to_be_bytes().to_vec())
}

/// Does what takes a while where nobody waits for it.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ApiError::Internal { cause: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Rights, Role};
    use crate::auth::Caller;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn one_key_is_one_client_for_one_request_only() {
        let member = Member {
            document: DocumentId::from_bytes([1; 16]),
            caller: Caller::LOCAL,
            rights: Rights::lasting(Role::Editor),
        };
        let of = |key: &'static str, request: &[&[u8]]| {
            client(&with(idempotency::IDEMPOTENCY_KEY, key), &member, "content", request).ok()
        };
        assert_eq!(of("a-key", &[b"text"]), of("a-key", &[b"text"]));
        assert_ne!(of("a-key", &[b"text"]), of("a-key", &[b"next"]));
        assert_ne!(of("a-key", &[b"text"]), of("b-key", &[b"text"]));
        assert_ne!(of("a-key", &[b"te", b"xt"]), of("a-key", &[b"text", b""]));
        let other = Member { document: DocumentId::from_bytes([2; 16]), ..member.clone() };
        let there =
            client(&with(idempotency::IDEMPOTENCY_KEY, "a-key"), &other, "content", &[b"text"])
                .ok();
        assert_ne!(of("a-key", &[b"text"]), there);
        let fresh = |_| client(&HeaderMap::new(), &member, "content", &[]).ok();
        assert_ne!(fresh(1), fresh(2));
    }
}
