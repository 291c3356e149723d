//! Answers about the past, out of the log and the snapshots.
//!
//! Each answer has a bound on what it reads: a page of the timeline stops after so many revisions,
//! a text starts from the nearest snapshot, and only a few texts and blames are worked out at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use codesync_core::{Author, DocumentId, Operation, Revision, Text};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::db::Database;
use crate::db::writers::Person;
use crate::document::load::{self, LoadError};
use crate::history::blame::{Blame, Run, Touch};
use crate::history::change::{Counts, Place, places};
use crate::history::timeline::{Group, Moment, Timeline};
use crate::ids::UserId;
use crate::oplog::archive::ArchivedLog;
use crate::oplog::{LogError, OpLog, ReadLimit, Recorded};
use crate::snapshots::{SnapshotKey, SnapshotStore};

/// Texts and blames that are worked out at once.
const HEAVY_MAX: usize = 2;
/// Revisions read at once for the timeline, from the newest back.
const WINDOW: u64 = 256;
/// Revisions and bytes of operations after which a page of the timeline ends.
const SCANNED_MAX: usize = 4096;
const SCANNED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the server knows of the past of its documents. A clone knows the same.
#[derive(Clone)]
pub struct Past {
    database: Database,
    log: ArchivedLog,
    snapshots: Arc<dyn SnapshotStore>,
    heavy: Arc<Semaphore>,
}

/// A part of the timeline, from the newest back.
#[derive(Debug)]
pub struct TimelinePage {
    pub groups: Vec<Group<Person>>,
    /// Whether the last group goes on on the next page.
    pub goes_on: bool,
    /// The next page begins before this revision, if there is one.
    pub next: Option<Revision>,
}

/// One revision, as it changed the text before it.
#[derive(Debug)]
pub struct Change {
    pub moment: Moment<Person>,
    pub edits: Vec<Edit>,
}

/// One place that a revision changed.
#[derive(Debug)]
pub struct Edit {
    /// In the text before, in chars.
    pub offset: usize,
    /// Its line in the text before, from 0 on.
    pub line: usize,
    pub deleted: String,
    pub inserted: String,
}

impl Past {
    #[must_use]
    pub fn new(database: Database, log: ArchivedLog, snapshots: Arc<dyn SnapshotStore>) -> Self {
        Self { database, log, snapshots, heavy: Arc::new(Semaphore::new(HEAVY_MAX)) }
    }

    /// The newest revision.
    pub async fn head(&self, id: DocumentId) -> Result<Revision, LogError> {
        let head = self.log.heads(&[id]).await?.pop().ok_or(LogError::NotFound)?;
        Ok(head.revision)
    }

    /// The text at a revision.
    pub async fn text(&self, id: DocumentId, revision: Revision) -> Result<Text, LoadError> {
        let _permit = self.permit().await;
        load::text_at(&self.log, self.snapshots.as_ref(), id, revision).await
    }

    /// Keeps the text at a revision in a snapshot, so that it is quick to read for good.
    pub async fn keep_snapshot(&self, id: DocumentId, revision: Revision) -> Result<(), LoadError> {
        let head = self.log.heads(&[id]).await?.pop().ok_or(LogError::NotFound)?;
        let text = self.text(id, revision).await?;
        let keyed = move || {
            let content = Bytes::from(text.to_string());
            (SnapshotKey::of(id, head.epoch, revision, &content), content)
        };
        let (key, content) = tokio::task::spawn_blocking(keyed).await.map_err(cancelled)?;
        if let Err(error) = self.snapshots.put(&key, content).await {
            tracing::warn!(doc = %id, %revision, %error, "snapshot of a version not kept");
        }
        Ok(())
    }

    /// Who these users are.
    pub async fn users(&self, users: &[UserId]) -> Result<BTreeMap<UserId, Person>, LogError> {
        self.database.users_by_id(users).await
    }

    /// Groups of revisions before one, or up to the head, as many as asked for or as one page takes.
    pub async fn timeline(
        &self,
        id: DocumentId,
        before: Option<Revision>,
        groups_max: usize,
    ) -> Result<TimelinePage, LoadError> {
        let head = self.head(id).await?;
        let mut end =
            before.map_or(head.get(), |before| before.get().saturating_sub(1).min(head.get()));
        let (mut timeline, mut groups) = (Timeline::default(), Vec::new());
        let (mut scanned, mut bytes) = (0, 0);
        let mut people = BTreeMap::new();
        while end > 0 {
            if scanned >= SCANNED_MAX || bytes >= SCANNED_BYTES_MAX {
                let open = timeline.finish();
                let next = open.as_ref().map(|group| group.first);
                groups.extend(open);
                return Ok(TimelinePage { groups, goes_on: true, next });
            }
            let start = end.saturating_sub(WINDOW);
            let entries = self.entries(id, Revision::new(start), Revision::new(end)).await?;
            self.meet(id, &entries, &mut people).await?;
            for recorded in entries.iter().rev() {
                bytes += recorded.entry.operation.len();
                let moment = moment(recorded, &people)?.0;
                groups.extend(timeline.push(moment));
                if groups.len() == groups_max {
                    // The group that was begun just now is the next page's.
                    let next = Some(recorded.revision().next());
                    return Ok(TimelinePage { groups, goes_on: false, next });
                }
            }
            scanned += entries.len();
            end = start;
        }
        groups.extend(timeline.finish());
        Ok(TimelinePage { groups, goes_on: false, next: None })
    }

    /// What one revision changed.
    pub async fn change(&self, id: DocumentId, revision: Revision) -> Result<Change, LoadError> {
        let head = self.head(id).await?;
        if revision == Revision::ZERO || revision > head {
            return Err(LoadError::NotYet { revision, head });
        }
        let before = Revision::new(revision.get() - 1);
        let entries = self.entries(id, before, revision).await?;
        let mut people = BTreeMap::new();
        self.meet(id, &entries, &mut people).await?;
        let text = self.text(id, before).await?;
        let [recorded] = entries.as_slice() else { return Err(missing(revision)) };
        let (moment, operation) = moment(recorded, &people)?;
        if operation.base_len() != text.len() {
            let detail = format!("it is made for {} chars", operation.base_len());
            return Err(LoadError::Broken { revision, detail });
        }
        let edit = |place: Place<'_>| Edit {
            offset: place.before,
            line: text.line_of(place.before),
            deleted: text.slice(place.before..place.before + place.deleted).into_owned(),
            inserted: place.inserted.into_owned(),
        };
        Ok(Change { moment, edits: places(&operation).into_iter().map(edit).collect() })
    }

    /// Who touched each line of a revision last. Reads all of the log up to there.
    pub async fn blame(
        &self,
        id: DocumentId,
        revision: Revision,
    ) -> Result<Vec<(Run, Person)>, LoadError> {
        let head = self.head(id).await?;
        if revision > head {
            return Err(LoadError::NotYet { revision, head });
        }
        let _permit = self.permit().await;
        let (mut blame, mut at) = (Blame::new(), Revision::ZERO);
        while at < revision {
            let page = self.log.recorded(id, at, ReadLimit::default()).await?;
            let entries: Vec<_> =
                page.entries.into_iter().take_while(|it| it.revision() <= revision).collect();
            let Some(last) = entries.last().map(Recorded::revision) else {
                return Err(missing(at.next()));
            };
            // A page takes milliseconds: not where others wait.
            let walk = move || {
                for Recorded { entry, committed_at: at } in &entries {
                    let (revision, author, at) = (entry.revision, entry.author, *at);
                    let broken = |detail| LoadError::Broken { revision, detail };
                    let operation = load::decode(entry).map_err(broken)?;
                    blame
                        .apply(&operation, Touch { revision, author, at })
                        .map_err(|error| broken(error.to_string()))?;
                }
                Ok::<_, LoadError>(blame)
            };
            blame = tokio::task::spawn_blocking(walk).await.map_err(cancelled)??;
            at = last;
        }
        self.named(id, blame).await
    }

    /// The runs of a blame, each with who it was.
    async fn named(&self, id: DocumentId, blame: Blame) -> Result<Vec<(Run, Person)>, LoadError> {
        let runs = blame.runs();
        let authors: BTreeSet<_> = runs.iter().map(|run| run.touch.author).collect();
        let authors: Vec<_> = authors.into_iter().collect();
        let people = self.database.writers(id, &authors).await?;
        let person = |run: &Run| people.get(&run.touch.author).cloned().unwrap_or(Person::Former);
        Ok(runs.into_iter().map(|run| (run, person(&run))).collect())
    }

    /// All entries after `from` up to `to`.
    async fn entries(
        &self,
        id: DocumentId,
        from: Revision,
        to: Revision,
    ) -> Result<Vec<Recorded>, LoadError> {
        let mut entries: Vec<Recorded> = Vec::new();
        let mut at = from;
        while at < to {
            let left = usize::try_from(to.since(at).unwrap_or(0)).unwrap_or(usize::MAX);
            let limit = ReadLimit { entries_max: left, ..ReadLimit::default() };
            let page = self.log.recorded(id, at, limit).await?;
            match page.entries.last().map(Recorded::revision) {
                Some(last) if page.entries[0].revision() == at.next() => at = last,
                _ => return Err(missing(at.next())),
            }
            entries.extend(page.entries);
        }
        Ok(entries)
    }

    /// Makes the authors of these entries known.
    async fn meet(
        &self,
        id: DocumentId,
        entries: &[Recorded],
        people: &mut BTreeMap<Author, Person>,
    ) -> Result<(), LogError> {
        let authors: BTreeSet<_> = entries.iter().map(|it| it.entry.author).collect();
        let new: Vec<_> = authors.into_iter().filter(|it| !people.contains_key(it)).collect();
        if !new.is_empty() {
            people.extend(self.database.writers(id, &new).await?);
        }
        Ok(())
    }

    async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.heavy.acquire().await.ok()
    }
}

fn moment(
    recorded: &Recorded,
    people: &BTreeMap<Author, Person>,
) -> Result<(Moment<Person>, Operation), LoadError> {
    let revision = recorded.revision();
    let operation =
        load::decode(&recorded.entry).map_err(|detail| LoadError::Broken { revision, detail })?;
    let person = people.get(&recorded.entry.author).cloned().unwrap_or(Person::Former);
    let (at, counts) = (recorded.committed_at, Counts::of(&operation));
    Ok((Moment { revision, person, at, counts }, operation))
}

fn missing(revision: Revision) -> LoadError {
    LoadError::Broken { revision, detail: "it is missing".to_owned() }
}

fn cancelled(error: tokio::task::JoinError) -> LoadError {
    LoadError::Log(LogError::Unavailable(error.to_string()))
}
