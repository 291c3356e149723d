//! The server's REST interface as typed calls: documents here, the rest by subject.
//!
//! Knows addresses and JSON; nothing of sockets, replicas or files.

mod auth;
mod content;
mod history;
mod people;

use std::sync::Arc;
use std::time::Duration;

use codesync_core::{AccessToken, DocumentId, Revision};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::ServerUrl;
use crate::login::{TokenError, TokenSource};

pub use auth::{Account, Grant, NewAccount};
pub use content::{Committed, Content, Precondition};
pub use history::{
    Author, Blame, BlameRun, Difference, Hunk, Timeline, TimelineGroup, Version, VersionPage,
};
pub use people::{Arrival, Invitation, Member, NewInvitation, Role};

/// How long a server may take to accept a connection.
const CONNECT_MS_MAX: u64 = 5_000;
/// How long a whole call may take, body included.
const CALL_MS_MAX: u64 = 30_000;
/// Largest body that is read, in bytes: the largest document and room for JSON's escapes.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Typed calls to one server's REST interface. Cheap to clone.
///
/// ```no_run
/// # async fn example() -> Result<(), codesync_client::RestError> {
/// use codesync_client::{NewDocument, Rest};
///
/// let rest = Rest::new("http://localhost:3000".parse().expect("an address"));
/// let made = rest.create(&NewDocument { name: "notes.md".into(), ..Default::default() }).await?;
/// assert_eq!(rest.content(made.id).await?.text, "");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Rest {
    server: ServerUrl,
    http: reqwest::Client,
    tokens: Option<Arc<dyn TokenSource>>,
}

/// What the server tells about a document.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DocumentInfo {
    /// Its identity.
    #[serde(with = "as_text")]
    pub id: DocumentId,
    /// The name people gave it. Comes from others: make it harmless before showing it.
    pub name: String,
    /// Revision of the newest commit.
    pub revision: Revision,
    /// Language for colouring, when somebody chose one.
    pub language: Option<String>,
    /// How its lines end in a file.
    pub line_ending: FileLineEnding,
    /// Length of the text in UTF-8 bytes.
    pub bytes: u64,
    /// When it was created, RFC 3339.
    pub created_at: String,
    /// When its text or name last changed, RFC 3339.
    pub updated_at: String,
    /// What whoever asked may do with it, where the server says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// A document in the trash.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TrashedDocument {
    /// Its identity.
    #[serde(with = "as_text")]
    pub id: DocumentId,
    /// Its name. Comes from others: make it harmless before showing it.
    pub name: String,
    /// From then on it may be gone, RFC 3339.
    pub purged_at: String,
}

/// How a server is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Its version. Comes from outside: make it harmless before showing it.
    pub version: String,
}

/// How the lines of a document end when it is written to a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileLineEnding {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`.
    Crlf,
}

/// A document to be created.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewDocument {
    /// The name people will see.
    pub name: String,
    /// Its first text; empty when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Language for colouring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct DocumentPage {
    /// The documents, newest change first.
    pub documents: Vec<DocumentInfo>,
    /// Where the next page starts, when there is one.
    pub next: Option<String>,
}

/// Which documents to list.
#[derive(Clone, Debug, Default)]
pub struct DocumentQuery {
    /// Only names that contain this.
    pub search: Option<String>,
    /// At most so many on one page.
    pub limit: Option<u32>,
    /// Where to go on: [`DocumentPage::next`] of the page before.
    pub cursor: Option<String>,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// There is no such document, or none that this person may see.
    #[error("no such document")]
    NotFound,
    /// The server wants to know who asks, or does not believe it.
    #[error("login needed: {reason}")]
    LoginNeeded {
        /// Why. May come from outside: make it harmless before showing it.
        reason: String,
    },
    /// The server understood and said no.
    #[error("the server refused: {detail} ({status}, {code})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's stable code.
        code: String,
        /// The server's sentence. Comes from outside: make it harmless before showing it.
        detail: String,
    },
    /// Nobody answered at this address.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// The address that was tried.
        server: String,
        /// What the system said.
        reason: String,
    },
    /// The server failed on its side.
    #[error("the server failed with status {status}")]
    Failed {
        /// HTTP status, 500 or more.
        status: u16,
    },
    /// An answer that is not CodeSync's.
    #[error("the answer was not understood: {reason}")]
    Answer {
        /// What was wrong with it.
        reason: String,
    },
}

/// RFC 9457, as far as it is read here.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    title: String,
}

/// Identities are written in JSON as people write them; the core's own encoding is 16 bytes.
pub(crate) mod as_text {
    use codesync_core::DocumentId;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(id: &DocumentId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DocumentId, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Rest {
    /// A caller of this server. Opens no connection yet.
    #[must_use]
    pub fn new(server: ServerUrl) -> Self {
        let http = reqwest::Client::builder()
            .user_agent(concat!("codesync/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
            .timeout(Duration::from_millis(CALL_MS_MAX))
            .build()
            .expect("the settings are constant and the TLS provider is compiled in");
        Self { server, http, tokens: None }
    }

    /// The same caller as somebody who has logged in.
    #[must_use]
    pub fn with_tokens(self, tokens: Arc<dyn TokenSource>) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    /// The same caller as nobody.
    #[must_use]
    pub fn without_tokens(self) -> Self {
        Self { tokens: None, ..self }
    }

    /// The server this talks to.
    #[must_use]
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Whether the server is there and well.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn health(&self) -> Result<Health, RestError> {
        let response = self.send_as(self.request(Method::GET, "api/health"), None).await?;
        self.read_json(response).await
    }

    /// One page of the documents.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn documents(&self, query: &DocumentQuery) -> Result<DocumentPage, RestError> {
        let limit = query.limit.map(|limit| limit.to_string());
        let asked = [("search", &query.search), ("limit", &limit), ("cursor", &query.cursor)];
        self.json(self.asking("api/documents", &asked)).await
    }

    /// Creates a document.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn create(&self, document: &NewDocument) -> Result<DocumentInfo, RestError> {
        self.json(self.request(Method::POST, "api/documents").json(document)).await
    }

    /// What the server knows about a document.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn document(&self, document: DocumentId) -> Result<DocumentInfo, RestError> {
        self.json(self.request(Method::GET, &format!("api/documents/{document}"))).await
    }

    /// Gives a document another name.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn rename(
        &self,
        document: DocumentId,
        name: &str,
    ) -> Result<DocumentInfo, RestError> {
        let change = serde_json::json!({ "name": name });
        self.json(self.request(Method::PATCH, &format!("api/documents/{document}")).json(&change))
            .await
    }

    /// Puts a document into the trash, for thirty days.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn delete(&self, document: DocumentId) -> Result<(), RestError> {
        self.send(self.request(Method::DELETE, &format!("api/documents/{document}")))
            .await
            .map(drop)
    }

    /// Takes a document out of the trash.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn undelete(&self, document: DocumentId) -> Result<(), RestError> {
        self.send(self.request(Method::POST, &format!("api/documents/{document}/restore")))
            .await
            .map(drop)
    }

    /// The latest deleted documents.
    ///
    /// # Errors
    /// [`RestError`], as for every call.
    pub async fn trash(&self) -> Result<Vec<TrashedDocument>, RestError> {
        #[derive(Deserialize)]
        struct Answer {
            documents: Vec<TrashedDocument>,
        }
        let answer: Answer = self.json(self.request(Method::GET, "api/documents/trash")).await?;
        Ok(answer.documents)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.server.join(path))
    }

    /// A question whose parameters may be left out.
    fn asking(&self, path: &str, asked: &[(&str, &Option<String>)]) -> RequestBuilder {
        let mut url = self.server.join(path);
        for (name, value) in asked {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.http.get(url)
    }

    async fn json<T: for<'de> Deserialize<'de>>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, RestError> {
        let response = self.send(request).await?;
        self.read_json(response).await
    }

    async fn read_json<T: for<'de> Deserialize<'de>>(
        &self,
        response: Response,
    ) -> Result<T, RestError> {
        let body = self.body(response).await?;
        serde_json::from_slice(&body)
            .map_err(|error| RestError::Answer { reason: error.to_string() })
    }

    /// Asks as whoever has logged in. A token that the server refuses is changed for another one,
    /// once.
    async fn send(&self, request: RequestBuilder) -> Result<Response, RestError> {
        let Some(tokens) = &self.tokens else { return self.send_as(request, None).await };
        let again = request.try_clone();
        let token = tokens.token(None).await.map_err(|error| self.without_token(error))?;
        match (self.send_as(request, Some(&token)).await, again) {
            (Err(RestError::LoginNeeded { .. }), Some(again)) => {
                let other = tokens.token(Some(&token)).await;
                let other = other.map_err(|error| self.without_token(error))?;
                self.send_as(again, Some(&other)).await
            }
            (answer, _) => answer,
        }
    }

    fn without_token(&self, error: TokenError) -> RestError {
        match error {
            TokenError::LoginNeeded { reason } => RestError::LoginNeeded { reason },
            TokenError::Unavailable { reason } => {
                RestError::Unreachable { server: self.server.to_string(), reason }
            }
        }
    }

    async fn send_as(
        &self,
        request: RequestBuilder,
        token: Option<&AccessToken>,
    ) -> Result<Response, RestError> {
        let request = match token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_server_error() {
            return Err(RestError::Failed { status: status.as_u16() });
        }
        let problem: Problem = match self.body(response).await {
            Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
            Err(_) => Problem::default(),
        };
        // Other things that are not there have a code and a sentence of their own.
        let is_document = matches!(problem.code.as_str(), "" | "document_not_found" | "not_found");
        if status == StatusCode::NOT_FOUND && is_document {
            return Err(RestError::NotFound);
        }
        let detail = [problem.detail, problem.title, "no reason given".into()]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        if status == StatusCode::UNAUTHORIZED {
            return Err(RestError::LoginNeeded { reason: detail });
        }
        Err(RestError::Refused { status: status.as_u16(), code: problem.code, detail })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RestError> {
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + part.len() > BODY_BYTES_MAX {
                let reason = format!("more than {BODY_BYTES_MAX} bytes");
                return Err(RestError::Answer { reason });
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> RestError {
        let reason = if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            innermost(error).to_string()
        };
        RestError::Unreachable { server: self.server.to_string(), reason }
    }
}

/// The error at the bottom of a chain: "connection refused" says more than "error sending request".
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a dyn std::error::Error {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
