//! The list of documents in memory, beside a log in memory: for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use codesync_core::{DocumentId, Revision};

use crate::access::{AccessTable, Rights, Role};
use crate::db::documents::{
    DocumentChange, DocumentRecord, Documents, ListedDocument, Listing, NewDocument, PAGE_MAX, fold,
};
use crate::db::versions::{NameError, NewVersion, VersionPosition, VersionRecord, Versions};
use crate::ids::{UserId, VersionId};
use crate::oplog::LogError;
use crate::oplog::memory::MemoryLog;

/// Settings of documents whose entries are in `log`. Time is a number that counts up.
#[derive(Debug)]
pub struct MemoryDocuments {
    log: Arc<MemoryLog>,
    records: Mutex<BTreeMap<DocumentId, DocumentRecord>>,
    time: AtomicI64,
}

impl MemoryDocuments {
    #[must_use]
    pub fn new(log: Arc<MemoryLog>) -> Self {
        Self { log, records: Mutex::default(), time: AtomicI64::new(1) }
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<DocumentId, DocumentRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record with what the log knows of its document.
    fn current(&self, record: &DocumentRecord) -> DocumentRecord {
        let head = self.log.heads_now(&[record.id]).pop();
        let revision = head.map_or(Revision::ZERO, |head| head.revision);
        DocumentRecord { revision, ..record.clone() }
    }
}

#[async_trait]
impl Documents for MemoryDocuments {
    async fn create(&self, document: NewDocument) -> Result<DocumentRecord, LogError> {
        let NewDocument { id, owner, name, language, line_ending, entries, bytes } = document;
        let now = self.time.fetch_add(1, Ordering::Relaxed);
        let revision = Revision::new(entries.len() as u64);
        self.log.create(id, entries);
        if owner != UserId::LOCAL {
            self.log.set_rights(id, UserId::LOCAL, None)?;
            self.log.set_rights(id, owner, Some(Rights { role: Role::Owner, until: None }))?;
        }
        let (created_at, updated_at) = (now, now);
        let record = DocumentRecord {
            id,
            name,
            language,
            line_ending,
            revision,
            bytes,
            created_at,
            updated_at,
        };
        self.records().insert(id, record.clone());
        Ok(record)
    }

    async fn find(&self, id: DocumentId) -> Result<DocumentRecord, LogError> {
        let record = self.records().get(&id).cloned().ok_or(LogError::NotFound)?;
        Ok(self.current(&record))
    }

    /// Nobody has a name in memory: documents are listed without their owners.
    async fn list(&self, listing: Listing) -> Result<Vec<ListedDocument>, LogError> {
        let search = listing.search.as_deref().map(fold).unwrap_or_default();
        let position = |record: &DocumentRecord| (record.updated_at, record.id);
        let after = listing.after.map(|after| (after.updated_at, after.id));
        let mut records: Vec<_> = self
            .records()
            .values()
            .filter(|record| {
                let access = self.log.access_now(record.id, &[listing.user]);
                access.is_ok_and(|table| !table.rights.is_empty())
            })
            .filter(|record| fold(&record.name).contains(&search))
            .filter(|record| after.is_none_or(|after| position(record) < after))
            .cloned()
            .collect();
        records.sort_unstable_by_key(|record| std::cmp::Reverse(position(record)));
        records.truncate(listing.limit.min(PAGE_MAX + 1) as usize);
        let listed = |it| ListedDocument { record: self.current(it), owner: None };
        Ok(records.iter().map(listed).collect())
    }

    async fn change(
        &self,
        id: DocumentId,
        change: DocumentChange,
    ) -> Result<DocumentRecord, LogError> {
        let mut records = self.records();
        let record = records.get_mut(&id).ok_or(LogError::NotFound)?;
        if let Some(name) = change.name {
            record.name = name;
        }
        if let Some(language) = change.language {
            record.language = language;
        }
        Ok(self.current(record))
    }

    async fn access(&self, id: DocumentId, users: &[UserId]) -> Result<AccessTable, LogError> {
        self.log.access_now(id, users)
    }
}

/// Versions in memory, the older ones first. None of them is ever worth too little to stay.
#[derive(Debug, Default)]
pub struct MemoryVersions {
    records: Mutex<Vec<(DocumentId, VersionRecord)>>,
}

impl MemoryVersions {
    fn records(&self) -> MutexGuard<'_, Vec<(DocumentId, VersionRecord)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Versions for MemoryVersions {
    async fn name(&self, version: NewVersion) -> Result<VersionRecord, NameError> {
        let NewVersion { id, document, revision, name, user } = version;
        let (name, created_by) = (Some(name), Some(user));
        let record = VersionRecord { id, revision, name, created_by, created_at: 0 };
        self.records().push((document, record.clone()));
        Ok(record)
    }

    async fn keep(
        &self,
        document: DocumentId,
        id: VersionId,
        revision: Revision,
    ) -> Result<(), LogError> {
        let mut records = self.records();
        let is_kept = |(of, it): &(DocumentId, VersionRecord)| {
            *of == document && it.revision == revision && it.name.is_none()
        };
        if !records.iter().any(is_kept) {
            let record =
                VersionRecord { id, revision, name: None, created_by: None, created_at: 0 };
            records.push((document, record));
        }
        Ok(())
    }

    async fn list(
        &self,
        document: DocumentId,
        after: Option<VersionPosition>,
        limit: u32,
    ) -> Result<Vec<VersionRecord>, LogError> {
        let position = |it: &VersionRecord| (it.revision, it.id);
        let records = self.records();
        let mut listed: Vec<_> = records
            .iter()
            .filter(|(of, it)| {
                let is_later = |after: VersionPosition| position(it) < (after.revision, after.id);
                *of == document && after.is_none_or(is_later)
            })
            .map(|(_, it)| it.clone())
            .collect();
        listed.sort_by_key(|it| std::cmp::Reverse(position(it)));
        listed.truncate(limit as usize);
        Ok(listed)
    }

    async fn find(
        &self,
        document: DocumentId,
        id: VersionId,
    ) -> Result<Option<VersionRecord>, LogError> {
        let records = self.records();
        let found = records.iter().find(|(of, it)| *of == document && it.id == id);
        Ok(found.map(|(_, it)| it.clone()))
    }

    async fn forget(&self, document: DocumentId, id: VersionId) -> Result<bool, LogError> {
        let mut records = self.records();
        let before = records.len();
        records.retain(|(of, it)| *of != document || it.id != id);
        Ok(records.len() < before)
    }

    async fn revisions(&self, document: DocumentId) -> Result<Vec<Revision>, LogError> {
        let of_document =
            |(of, it): &(DocumentId, VersionRecord)| (*of == document).then_some(it.revision);
        Ok(self.records().iter().filter_map(of_document).collect())
    }
}
