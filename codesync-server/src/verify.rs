//! `verify`: every document read from its first edit on, and compared with all that is derived
//! from it. Changes nothing, and may run beside a server.
//!
//! The log is the truth; heads, lengths, dedupe rows and snapshots follow from it. Whatever does
//! not is a [`Finding`]. What was committed never changes, so that a document which people are
//! typing in is judged at the head that it had when its turn came.

use std::collections::BTreeMap;
use std::fmt;

use codesync_core::document::Document;
use codesync_core::{Author, DocumentId, Entry, Revision, Seq, Text};

use crate::db::Database;
use crate::db::engine::{Connection, values};
use crate::document::load;
use crate::oplog::{Epoch, LogError, OpLog, ReadLimit};
use crate::snapshots::{SnapshotError, SnapshotKey, SnapshotStore};

/// Documents whose rows are read at once.
const DOCUMENTS_MAX: i64 = 128;
/// Author of what nobody typed: the text that a document was made with.
const NOBODY: Author = Author::ZERO;

/// Something that does not follow from the log, or a log that does not follow from itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    pub document: DocumentId,
    pub fault: Fault,
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("entry {revision} is missing; the head is {head}")]
    Missing { revision: Revision, head: Revision },
    #[error("entry {revision} does not follow from what is before it: {detail}")]
    Broken { revision: Revision, detail: String },
    #[error("entry {revision} has seq {met} of author {author}, whose next one is {expected}")]
    Seq { revision: Revision, author: u32, met: Seq, expected: Seq },
    #[error("the text at the head has {met} bytes, and {noted} are noted")]
    Length { met: u64, noted: u64 },
    #[error(
        "author {author} has seq {noted} at revision {noted_at} noted, and {met} at {met_at} in the log"
    )]
    Dedupe { author: u32, noted: Seq, noted_at: Revision, met: Seq, met_at: Revision },
    #[error("author {author} is in the log and has no row")]
    UnknownAuthor { author: u32 },
    #[error("the snapshot at {revision} holds another text than the log gives there")]
    Snapshot { revision: Revision },
    #[error("the snapshot at {revision} is ahead of the head {head}")]
    Ahead { revision: Revision, head: Revision },
    #[error("the snapshot at {revision} cannot be used: {detail}")]
    Unusable { revision: Revision, detail: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.document, self.fault)
    }
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    pub documents: u64,
    pub entries: u64,
    pub snapshots: u64,
}

/// A document's rows, as they were at one moment.
struct Noted {
    document: DocumentId,
    epoch: Epoch,
    head: Revision,
    bytes: u64,
    clients: BTreeMap<Author, (Seq, Revision)>,
}

/// Looks at every document, and tells `report` what is wrong. `log` is the database's, with whatever
/// of it lies elsewhere. An error means that it could not be
/// looked at.
pub async fn verify(
    database: &Database,
    log: &dyn OpLog,
    snapshots: &dyn SnapshotStore,
    mut report: impl FnMut(Finding),
) -> Result<Seen, LogError> {
    let mut seen = Seen::default();
    let mut after = DocumentId::from_bytes([0; 16]);
    loop {
        let page = noted(database, after).await.map_err(|error| database.log_error(&error))?;
        let Some(last) = page.last() else { return Ok(seen) };
        after = last.document;
        for noted in page {
            let document = noted.document;
            let mut check = Check { noted, snapshots, seen: &mut seen, faults: Vec::new() };
            check.run(log).await?;
            check.faults.into_iter().for_each(|fault| report(Finding { document, fault }));
        }
    }
}

async fn noted(database: &Database, after: DocumentId) -> Result<Vec<Noted>, sqlx::Error> {
    let mut state = database.reading_one_state().await?;
    let mut connection = state.connection();
    let sql = "select id, epoch, head, bytes from documents where id > $1 order by id limit $2";
    let rows = connection.rows(sql, values![after, DOCUMENTS_MAX]).await?;
    let mut page = Vec::with_capacity(rows.len());
    for row in rows {
        let document = DocumentId::from_bytes(row.fixed("id")?);
        page.push(Noted {
            document,
            epoch: Epoch::new(row.small("epoch")?),
            head: Revision::new(row.number("head")?),
            bytes: row.number("bytes")?,
            clients: clients(&mut connection, document).await?,
        });
    }
    Ok(page)
}

async fn clients(
    connection: &mut Connection<'_>,
    document: DocumentId,
) -> Result<BTreeMap<Author, (Seq, Revision)>, sqlx::Error> {
    let sql = "select author, last_seq, last_revision from clients where document = $1";
    let rows = connection.rows(sql, values![document]).await?;
    rows.iter()
        .map(|row| {
            let last =
                (Seq::new(row.number("last_seq")?), Revision::new(row.number("last_revision")?));
            Ok((Author::new(row.small("author")?), last))
        })
        .collect()
}

/// One document on its way through its log.
struct Check<'a> {
    noted: Noted,
    snapshots: &'a dyn SnapshotStore,
    seen: &'a mut Seen,
    faults: Vec<Fault>,
}

impl Check<'_> {
    async fn run(&mut self, log: &dyn OpLog) -> Result<(), LogError> {
        self.seen.documents += 1;
        let mut keys: Vec<SnapshotKey> =
            match self.snapshots.list(self.noted.document, self.noted.epoch).await {
                Ok(keys) => keys,
                Err(error) => {
                    self.unusable(Revision::ZERO, &error);
                    Vec::new()
                }
            };
        // From the oldest on, as the log is read.
        keys.sort_unstable_by_key(|key| std::cmp::Reverse(key.revision));
        let mut document = Document::new(Revision::ZERO, Text::new());
        let mut authors = BTreeMap::new();
        self.snapshots_at(&mut keys, Revision::ZERO, document.text()).await;
        while document.head() < self.noted.head {
            let page = log.read(self.noted.document, document.head(), ReadLimit::default()).await;
            let page = match page {
                // Deleted for good since its turn came.
                Err(LogError::NotFound) => return Ok(()),
                page => page?,
            };
            if page.entries.is_empty() {
                let (revision, head) = (document.head().next(), self.noted.head);
                self.faults.push(Fault::Missing { revision, head });
                return Ok(());
            }
            let head = self.noted.head;
            for entry in page.entries.iter().filter(|entry| entry.revision <= head) {
                if !self.commit(&mut document, &mut authors, entry) {
                    return Ok(());
                }
                self.snapshots_at(&mut keys, document.head(), document.text()).await;
            }
        }
        let met = document.text().len_bytes() as u64;
        if met != self.noted.bytes {
            self.faults.push(Fault::Length { met, noted: self.noted.bytes });
        }
        self.dedupe(&authors);
        self.ahead(keys, log).await
    }

    /// One entry more. False if it cannot follow, and nothing after it can.
    fn commit(
        &mut self,
        document: &mut Document,
        authors: &mut BTreeMap<Author, (Seq, Revision)>,
        entry: &crate::oplog::Entry,
    ) -> bool {
        self.seen.entries += 1;
        let (revision, author, seq) = (entry.revision, entry.author, entry.seq);
        if revision != document.head().next() {
            let (revision, head) = (document.head().next(), self.noted.head);
            self.faults.push(Fault::Missing { revision, head });
            return false;
        }
        let expected = authors.get(&author).map_or(Seq::ZERO, |(seq, _)| *seq).next();
        if author != NOBODY && seq != expected {
            self.faults.push(Fault::Seq { revision, author: author.get(), met: seq, expected });
        }
        authors.insert(author, (seq, revision));
        let committed = load::decode(entry).and_then(|operation| {
            let entry = Entry { revision, author, seq, operation };
            document.commit(entry).map_err(|error| error.to_string())
        });
        if let Err(detail) = committed {
            self.faults.push(Fault::Broken { revision, detail });
            return false;
        }
        // Judged above; here it would only grow.
        document.forget(author);
        true
    }

    /// Compares the snapshots of this revision with what the log gives.
    async fn snapshots_at(&mut self, keys: &mut Vec<SnapshotKey>, at: Revision, text: &Text) {
        while let Some(key) = keys.pop_if(|key| key.revision == at) {
            self.seen.snapshots += 1;
            match self.snapshots.get(&key).await {
                Ok(content) if text.to_string().as_bytes() == content => {}
                Ok(_) => self.faults.push(Fault::Snapshot { revision: at }),
                // Replaced by a newer one meanwhile.
                Err(SnapshotError::NotFound { .. }) => {}
                Err(error) => self.unusable(at, &error),
            }
        }
    }

    fn unusable(&mut self, revision: Revision, error: &SnapshotError) {
        self.faults.push(Fault::Unusable { revision, detail: error.to_string() });
    }

    /// Once-only commits stand on these rows.
    fn dedupe(&mut self, authors: &BTreeMap<Author, (Seq, Revision)>) {
        for (author, (noted, noted_at)) in &self.noted.clients {
            let (met, met_at) = authors.get(author).copied().unwrap_or_default();
            if (met, met_at) != (*noted, *noted_at) {
                let (noted, noted_at, author) = (*noted, *noted_at, author.get());
                self.faults.push(Fault::Dedupe { author, noted, noted_at, met, met_at });
            }
        }
        let unknown = authors
            .keys()
            .filter(|author| **author != NOBODY && !self.noted.clients.contains_key(author));
        let unknown: Vec<_> =
            unknown.map(|author| Fault::UnknownAuthor { author: author.get() }).collect();
        self.faults.extend(unknown);
    }

    /// Snapshots after the head are of edits that came since, or of a log that lost its end.
    async fn ahead(&mut self, keys: Vec<SnapshotKey>, log: &dyn OpLog) -> Result<(), LogError> {
        let Some(newest) = keys.first() else { return Ok(()) };
        let Some(now) = log.heads(&[self.noted.document]).await?.pop() else { return Ok(()) };
        if newest.revision > now.revision {
            let (revision, head) = (newest.revision, now.revision);
            self.faults.push(Fault::Ahead { revision, head });
        }
        Ok(())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { documents, entries, snapshots } = self;
        write!(f, "{documents} documents with {entries} edits and {snapshots} snapshots")
    }
}
