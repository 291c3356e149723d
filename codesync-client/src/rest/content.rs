//! A document's text over REST: as a file would hold it, at any revision, and written as a whole.

use codesync_core::{DocumentId, Revision};
use reqwest::Response;
use reqwest::header::{self, HeaderValue};
use serde::{Deserialize, Serialize};

use super::{Rest, RestError};

/// A document's text as a file would hold it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    /// The text, with the document's own line endings.
    pub text: String,
    /// The revision it stands at, when the server said so.
    pub revision: Option<Revision>,
}

/// What a text that is written is held against.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Precondition {
    /// It takes the place of the present text.
    Replace,
    /// It was made from this revision, and merges with what was typed since.
    Base(Revision),
    /// It is written only if the document still is at this revision.
    Unchanged(Revision),
}

/// What became of a text or a version that was handed in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Committed {
    /// The document holds it from this revision on.
    pub revision: Revision,
    /// What it was made from.
    pub base: Revision,
}

impl Rest {
    /// The text of a document, with its own line endings.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn content(&self, document: DocumentId) -> Result<Content, RestError> {
        self.content_at(document, None).await
    }

    /// The text of a document at a revision, or the present one.
    ///
    /// # Errors
    /// [`RestError::NotFound`], [`RestError::Refused`] when it has not come to that revision, or as
    /// for every call.
    pub async fn content_at(
        &self,
        document: DocumentId,
        revision: Option<Revision>,
    ) -> Result<Content, RestError> {
        let path = format!("api/documents/{document}/content");
        let asked = [("revision", &revision.map(|revision| revision.to_string()))];
        let response = self.send(self.asking(&path, &asked)).await?;
        let revision = revision_of(&response);
        let body = self.body(response).await?;
        let text = String::from_utf8(body)
            .map_err(|_| RestError::Answer { reason: "the text is not UTF-8".into() })?;
        Ok(Content { text, revision })
    }

    /// Writes the whole text of a document as one edit, under `person`'s name on a server without
    /// accounts. The same text under the same `key` is written once, however often it is sent.
    ///
    /// # Errors
    /// [`RestError::Refused`] with status 412 when the precondition does not hold, or as for every
    /// call.
    pub async fn write(
        &self,
        document: DocumentId,
        text: String,
        precondition: Precondition,
        person: &str,
        key: Option<&str>,
    ) -> Result<Committed, RestError> {
        let mut url = self.server.join(&format!("api/documents/{document}/content"));
        url.query_pairs_mut().append_pair("person", person);
        if let Precondition::Base(base) = precondition {
            url.query_pairs_mut().append_pair("base", &base.to_string());
        }
        let mut request =
            self.http.put(url).header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(text);
        if let Precondition::Unchanged(revision) = precondition {
            request = request.header(header::IF_MATCH, format!("\"{revision}\""));
        }
        if let Some(key) = key.and_then(|key| HeaderValue::from_str(key).ok()) {
            request = request.header("Idempotency-Key", key);
        }
        self.json(request).await
    }

    /// Makes the text what it was at a revision, by a new edit.
    ///
    /// # Errors
    /// [`RestError::NotFound`], [`RestError::Refused`] when it has not come to that revision, or as
    /// for every call.
    pub async fn restore(
        &self,
        document: DocumentId,
        revision: Revision,
        person: &str,
    ) -> Result<Committed, RestError> {
        let path = format!("api/documents/{document}/history/{revision}/restore");
        let mut url = self.server.join(&path);
        url.query_pairs_mut().append_pair("person", person);
        self.json(self.http.post(url)).await
    }
}

fn revision_of(response: &Response) -> Option<Revision> {
    let tag = response.headers().get(header::ETAG)?.to_str().ok()?;
    tag.trim_start_matches("W/").trim_matches('"').parse().ok().map(Revision::new)
}
