//! A document's past over REST: who changed what and when, who wrote each line, what differs
//! between two revisions, and versions by name.

use codesync_core::{DocumentId, Revision};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{Rest, RestError};

/// Somebody who wrote.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Author {
    /// `user`, `local`, `former` when the account is gone, or `server`.
    pub kind: String,
    /// Which user.
    #[serde(default)]
    pub id: Option<String>,
    /// Comes from others: make it harmless before showing it.
    #[serde(default)]
    pub name: Option<String>,
}

/// A page of a document's timeline, the newest first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Timeline {
    /// What people did.
    pub groups: Vec<TimelineGroup>,
    /// Whether the last group goes on on the next page.
    pub goes_on: bool,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// What one person did in one go.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TimelineGroup {
    /// Who.
    pub person: Author,
    /// Its first revision.
    pub first_revision: Revision,
    /// Its last revision.
    pub last_revision: Revision,
    /// When it began, RFC 3339.
    pub from: String,
    /// When it ended, RFC 3339.
    pub to: String,
    /// Characters that came.
    pub inserted_chars: u64,
    /// Characters that went.
    pub deleted_chars: u64,
}

/// What differs between two revisions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The one before.
    pub from: Revision,
    /// The one after.
    pub to: Revision,
    /// Where they differ.
    pub hunks: Vec<Hunk>,
}

/// Lines that went and lines that came.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hunk {
    /// Where the lines went, from 1 on.
    pub from_line: u64,
    /// Where the lines came, from 1 on.
    pub to_line: u64,
    /// Lines that went.
    pub removed: Vec<String>,
    /// Lines that came.
    pub added: Vec<String>,
}

/// Who wrote each line of a revision.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Blame {
    /// The revision whose lines these are.
    pub revision: Revision,
    /// All of its lines, from the first to the last.
    pub runs: Vec<BlameRun>,
}

/// Lines one below the other that were touched last by one revision.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BlameRun {
    /// The first of them, from 1 on.
    pub line: u64,
    /// How many.
    pub lines: u64,
    /// By which revision.
    pub revision: Revision,
    /// When, RFC 3339.
    pub at: String,
    /// By whom.
    pub person: Author,
}

/// A state of a document that can be put back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Version {
    /// Its identity.
    pub id: String,
    /// Without one it was kept by the server. Comes from others: make it harmless before showing it.
    pub name: Option<String>,
    /// The revision.
    pub revision: Revision,
    /// When it was kept, RFC 3339.
    pub created_at: String,
    /// Who named it.
    pub created_by: Option<Author>,
}

/// A page of a document's versions, the newest first.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct VersionPage {
    /// The versions.
    pub versions: Vec<Version>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl Rest {
    /// A page of who changed a document, and when.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn timeline(
        &self,
        document: DocumentId,
        limit: Option<u32>,
        cursor: Option<String>,
    ) -> Result<Timeline, RestError> {
        let limit = limit.map(|limit| limit.to_string());
        let path = format!("api/documents/{document}/history");
        self.json(self.asking(&path, &[("limit", &limit), ("cursor", &cursor)])).await
    }

    /// What differs between a revision and another one, or the present one.
    ///
    /// # Errors
    /// [`RestError::NotFound`], [`RestError::Refused`] when it has not come to that revision, or as
    /// for every call.
    pub async fn difference(
        &self,
        document: DocumentId,
        from: Revision,
        to: Option<Revision>,
    ) -> Result<Difference, RestError> {
        self.json(self.comparing(document, from, to, "json")).await
    }

    /// The same as a unified diff.
    ///
    /// # Errors
    /// As for [`Rest::difference`].
    pub async fn unified_diff(
        &self,
        document: DocumentId,
        from: Revision,
        to: Option<Revision>,
    ) -> Result<String, RestError> {
        let response = self.send(self.comparing(document, from, to, "unified")).await?;
        String::from_utf8(self.body(response).await?)
            .map_err(|_| RestError::Answer { reason: "the difference is not UTF-8".into() })
    }

    fn comparing(
        &self,
        document: DocumentId,
        from: Revision,
        to: Option<Revision>,
        format: &str,
    ) -> reqwest::RequestBuilder {
        let path = format!("api/documents/{document}/diff");
        let (from, to) = (Some(from.to_string()), to.map(|to| to.to_string()));
        let format = Some(format.to_owned());
        self.asking(&path, &[("from", &from), ("to", &to), ("format", &format)])
    }

    /// Who wrote each line of a revision, or of the present one.
    ///
    /// # Errors
    /// As for [`Rest::difference`].
    pub async fn blame(
        &self,
        document: DocumentId,
        revision: Option<Revision>,
    ) -> Result<Blame, RestError> {
        let path = format!("api/documents/{document}/blame");
        let revision = revision.map(|revision| revision.to_string());
        self.json(self.asking(&path, &[("revision", &revision)])).await
    }

    /// A page of the versions of a document, the newest first.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn versions(
        &self,
        document: DocumentId,
        limit: Option<u32>,
        cursor: Option<String>,
    ) -> Result<VersionPage, RestError> {
        let limit = limit.map(|limit| limit.to_string());
        let path = format!("api/documents/{document}/versions");
        self.json(self.asking(&path, &[("limit", &limit), ("cursor", &cursor)])).await
    }

    /// Names a revision, or the present one.
    ///
    /// # Errors
    /// [`RestError::NotFound`], [`RestError::Refused`] when it has not come to that revision, or as
    /// for every call.
    pub async fn name_version(
        &self,
        document: DocumentId,
        name: &str,
        revision: Option<Revision>,
    ) -> Result<Version, RestError> {
        let version = serde_json::json!({ "name": name, "revision": revision });
        let path = format!("api/documents/{document}/versions");
        self.json(self.request(Method::POST, &path).json(&version)).await
    }
}
