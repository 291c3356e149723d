//! The op log in memory: for simulations and tests, with the same answers as the real one.
//!
//! Its methods are plain and synchronous, so that a simulation can call them at a moment of its own
//! choosing; the trait only wraps them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use codesync_core::{Author, ClientId, DocumentId, Revision, Seq};

use crate::access::{AccessTable, AccessVersion, Rights, Role};
use crate::ids::UserId;
use crate::oplog::{
    AUTHORS_MAX, Append, AppendError, ClientRecord, Entry, Epoch, Head, LogError, OpLog, Page,
    ReadLimit, Registration,
};

/// All logs, behind one lock that is never held across a wait.
#[derive(Debug, Default)]
pub struct MemoryLog {
    documents: Mutex<BTreeMap<DocumentId, Log>>,
}

#[derive(Debug)]
struct Log {
    epoch: Epoch,
    entries: Vec<Entry>,
    access: AccessVersion,
    rights: BTreeMap<UserId, Rights>,
    clients: BTreeMap<ClientId, (Author, UserId)>,
    records: BTreeMap<Author, ClientRecord>,
}

impl MemoryLog {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Log>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the log of a document, with the entries of an imported text if there are any. The
    /// machine's own user owns it.
    pub fn create(&self, document: DocumentId, entries: Vec<Entry>) {
        let log = Log {
            epoch: Epoch::FIRST,
            entries,
            access: AccessVersion::default(),
            rights: BTreeMap::from([(UserId::LOCAL, Rights { role: Role::Owner, until: None })]),
            clients: BTreeMap::new(),
            records: BTreeMap::new(),
        };
        self.documents().entry(document).or_insert(log);
    }

    /// Gives a user these rights, or takes all away. Appends under the state before write nothing.
    pub fn set_rights(
        &self,
        document: DocumentId,
        user: UserId,
        rights: Option<Rights>,
    ) -> Result<AccessVersion, LogError> {
        let mut documents = self.documents();
        let log = documents.get_mut(&document).ok_or(LogError::NotFound)?;
        match rights {
            Some(rights) => log.rights.insert(user, rights),
            None => log.rights.remove(&user),
        };
        log.access = AccessVersion::new(log.access.get() + 1);
        Ok(log.access)
    }

    /// What these users may do.
    pub fn access_now(
        &self,
        document: DocumentId,
        users: &[UserId],
    ) -> Result<AccessTable, LogError> {
        let documents = self.documents();
        let log = documents.get(&document).ok_or(LogError::NotFound)?;
        let rights = users.iter().filter_map(|user| Some((*user, *log.rights.get(user)?)));
        Ok(AccessTable { version: log.access, rights: rights.collect() })
    }

    /// See [`OpLog::register`].
    pub fn register_now(&self, registration: &Registration) -> Result<ClientRecord, LogError> {
        let mut documents = self.documents();
        let log = documents.get_mut(&registration.document).ok_or(LogError::NotFound)?;
        let count = u32::try_from(log.clients.len()).unwrap_or(AUTHORS_MAX);
        let author = match log.clients.get(&registration.client) {
            Some((_, user)) if *user != registration.user => return Err(LogError::ClientTaken),
            Some((author, _)) => *author,
            None if count >= AUTHORS_MAX => return Err(LogError::TooManyAuthors),
            None => Author::new(count + 1),
        };
        log.clients.insert(registration.client, (author, registration.user));
        let fresh = ClientRecord { author, last_seq: Seq::ZERO, last_revision: Revision::ZERO };
        Ok(*log.records.entry(author).or_insert(fresh))
    }

    /// See [`OpLog::append`].
    pub fn append_now(&self, append: Append) -> Result<(), AppendError> {
        let mut documents = self.documents();
        let log = documents.get_mut(&append.document).ok_or(AppendError::NotFound)?;
        if log.epoch != append.epoch {
            return Err(AppendError::OldEpoch);
        }
        let head = log.head();
        if head != append.expected_head {
            return Err(AppendError::Conflict { head });
        }
        if log.access != append.access {
            return Err(AppendError::AccessChanged { version: log.access });
        }
        let mut records = log.records.clone();
        for (entry, revision) in append.entries.iter().zip(head.get() + 1..) {
            assert_eq!(entry.revision.get(), revision, "entries are numbered without a gap");
            let record = records.get_mut(&entry.author).ok_or(AppendError::Conflict { head })?;
            if entry.seq != record.last_seq.next() {
                return Err(AppendError::Conflict { head });
            }
            record.last_seq = entry.seq;
            record.last_revision = entry.revision;
        }
        log.records = records;
        log.entries.extend(append.entries);
        Ok(())
    }

    /// See [`OpLog::read`].
    pub fn read_now(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError> {
        let documents = self.documents();
        let log = documents.get(&document).ok_or(LogError::NotFound)?;
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX).min(log.entries.len());
        let mut bytes = 0;
        let entries = log.entries[start..]
            .iter()
            .take(limit.entries_max.max(1))
            .enumerate()
            .take_while(|(index, entry)| {
                bytes += entry.operation.len();
                *index == 0 || bytes <= limit.bytes_max
            })
            .map(|(_, entry)| entry.clone())
            .collect();
        Ok(Page { entries, head: log.head() })
    }

    /// See [`OpLog::heads`].
    #[must_use]
    pub fn heads_now(&self, documents: &[DocumentId]) -> Vec<Head> {
        let logs = self.documents();
        let head = |document: &DocumentId| {
            let log = logs.get(document)?;
            Some(Head {
                document: *document,
                epoch: log.epoch,
                revision: log.head(),
                access: log.access,
            })
        };
        documents.iter().filter_map(head).collect()
    }
}

impl Log {
    fn head(&self) -> Revision {
        Revision::new(self.entries.len() as u64)
    }
}

#[async_trait]
impl OpLog for MemoryLog {
    async fn register(&self, registration: Registration) -> Result<ClientRecord, LogError> {
        self.register_now(&registration)
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        self.append_now(append)
    }

    async fn read(
        &self,
        document: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError> {
        self.read_now(document, after, limit)
    }

    async fn ready(&self) -> Result<(), LogError> {
        Ok(())
    }

    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError> {
        Ok(self.heads_now(documents))
    }
}
