//! What the editor asks the server besides editing: each question is a task of its own, and the loop
//! takes the answers as they come.
//!
//! Words of others leave here harmless to show.

mod history;
mod sharing;

use std::sync::Arc;
use std::time::Duration;

use codesync_client::{Account, DocumentInfo, DocumentQuery, Outbox, Rest, RestError, ServerUrl};
use codesync_core::text::diff;
use codesync_core::{DocumentId, LineEnding, Revision, Text};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use crate::app::{Listed, Question, Reply, compare};
use crate::when;

/// Documents that are listed to go to another one.
const LISTED_MAX: u32 = 100;
/// Questions that wait for an answer. The editor asks one of a kind.
const ASKED_MAX: usize = 16;
/// How long leaving the editor waits for what was to be done on the server.
const FAREWELL_MS_MAX: u64 = 2_000;

/// Whom to ask, about which document, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) rest: Rest,
    pub(crate) server: ServerUrl,
    pub(crate) document: DocumentId,
    /// What a server without accounts calls the person.
    pub(crate) name: String,
    pub(crate) outbox: Option<Outbox>,
}

/// The questions that are not answered yet. Dropping them ends them.
#[derive(Debug)]
pub(crate) struct Enquiries {
    desk: Arc<Desk>,
    asked: JoinSet<Reply>,
    /// How many of them change something.
    changing: usize,
}

impl Enquiries {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk: Arc::new(desk), asked: JoinSet::new(), changing: 0 }
    }

    /// Asks; false if too much is asked already.
    pub(crate) fn ask(&mut self, question: Question) -> bool {
        if self.asked.len() >= ASKED_MAX {
            return false;
        }
        self.changing += usize::from(matches!(question, Question::Sharing(_)));
        let desk = Arc::clone(&self.desk);
        self.asked.spawn(async move { desk.answer(question).await });
        true
    }

    /// The next answer; `None` while nothing is asked.
    pub(crate) async fn next(&mut self) -> Option<Reply> {
        loop {
            // One that failed has said so on its own; it answers nothing.
            if let Ok(reply) = self.asked.join_next().await? {
                self.changing -= usize::from(matches!(reply, Reply::Sharing(_)));
                return Some(reply);
            }
        }
    }

    /// Waits a moment for what was to be changed.
    pub(crate) async fn finish(mut self) {
        let changed = async { while self.changing > 0 && self.next().await.is_some() {} };
        // It may have reached the server all the same; what is so is seen the next time.
        let _ = timeout(Duration::from_millis(FAREWELL_MS_MAX), changed).await;
    }
}

impl Desk {
    async fn answer(&self, question: Question) -> Reply {
        match question {
            Question::Documents => {
                let listed = list_documents(&self.rest, self.outbox.as_ref()).await;
                Reply::Documents(said(listed))
            }
            Question::Timeline(told) => Reply::Timeline(said(self.timeline(told).await)),
            Question::TextAt(revision) => {
                Reply::TextAt(revision, said(self.text_at(revision).await))
            }
            Question::Compare { revision, before, after } => {
                let compared = apart(move || compare(&before, &after)).await;
                Reply::Compare(revision, compared)
            }
            Question::Restore { revision, text, wanted } => {
                let (text, edits) = apart(move || {
                    let edits = diff(&text.to_string(), &wanted.to_string());
                    (text, edits)
                })
                .await;
                Reply::Restore { revision, text, edits }
            }
            Question::Writers { number, text } => {
                Reply::Writers(number, said(self.writers(text).await))
            }
            Question::Since(revision) => Reply::Since(said(self.since(revision).await)),
            Question::Sharing(wish) => Reply::Sharing(self.sharing(wish).await),
        }
    }

    async fn text_at(&self, revision: Revision) -> Result<Text, RestError> {
        let content = self.rest.content_at(self.document, Some(revision)).await?;
        Ok(Text::from(&*LineEnding::normalize(&content.text)))
    }
}

/// Who somebody is on this server.
struct Own<'a> {
    account: Account,
    name: &'a str,
}

impl Own<'_> {
    fn has_accounts(&self) -> bool {
        self.account.kind != "local"
    }

    /// Whether this person wrote it. Without accounts there is only the name to go by.
    fn wrote(&self, author: &codesync_client::Author) -> bool {
        match self.has_accounts() {
            true => author.id.as_deref() == Some(self.account.id.as_str()),
            false => author.name.as_deref() == Some(self.name),
        }
    }
}

impl Desk {
    async fn own(&self) -> Result<Own<'_>, RestError> {
        Ok(Own { account: self.rest.me().await?, name: &self.name })
    }
}

/// The documents of the server, or without it those that this machine has; the last changed first.
pub(crate) async fn list_documents(
    rest: &Rest,
    outbox: Option<&Outbox>,
) -> Result<Vec<Listed>, RestError> {
    let query = DocumentQuery { search: None, limit: Some(LISTED_MAX), cursor: None };
    match (rest.documents(&query).await, outbox) {
        (Ok(page), _) => Ok(page.documents.into_iter().map(listed).collect()),
        (Err(error), None) => Err(error),
        (Err(error), Some(outbox)) => here(outbox.clone()).await.ok_or(error),
    }
}

/// The documents that this machine has, if there are any.
async fn here(outbox: Outbox) -> Option<Vec<Listed>> {
    let known = spawn_blocking(move || outbox.documents()).await.ok()?;
    let known: Vec<Listed> = known
        .into_iter()
        .map(|(id, about)| Listed { id, name: about.name, detail: "on this machine".to_owned() })
        .collect();
    (!known.is_empty()).then_some(known)
}

fn listed(info: DocumentInfo) -> Listed {
    Listed { id: info.id, name: info.name, detail: when::minute(&info.updated_at) }
}

fn said<T>(answer: Result<T, RestError>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

/// Work that takes as long as the texts are, on a thread where nobody waits for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        // It is never cancelled while the runtime is there.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
