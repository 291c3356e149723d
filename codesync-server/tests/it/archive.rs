//! The log with its oldest part packed away: the same log, whatever happens on the way.

mod faults;
mod size;

use std::sync::Arc;

use bytes::Bytes;
use codesync_core::{Author, ClientId, DocumentId, LineEnding, Operation, Revision, Seq, Text};
use codesync_server::access::AccessVersion;
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::document::load;
use codesync_server::ids::UserId;
use codesync_server::oplog::archive::{ArchivedLog, RUN_ENTRIES, WINDOW};
use codesync_server::oplog::{
    Append, AppendError, Entry, Epoch, LogError, OpLog, ReadLimit, Registration,
};
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::{Objects, SegmentKey, SnapshotKey};

use crate::support;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const CLIENTS: u8 = 3;
/// Runs that may be packed away in the tests' document, and some entries more.
const RUNS: u64 = 3;
const HEAD: u64 = RUNS * RUN_ENTRIES as u64 + WINDOW + 100;

struct Fixture {
    database: Database,
    store: Arc<MemorySnapshots>,
    log: ArchivedLog,
    /// The log as it was before anything was packed away.
    entries: Vec<Entry>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        Self { _folder: Some(folder), ..Self::of(database).await }
    }

    async fn postgres() -> Self {
        Self::of(support::postgres::database().await).await
    }

    /// A document that three people have typed.
    async fn of(database: Database) -> Self {
        let document = NewDocument {
            id: DOCUMENT,
            owner: UserId::LOCAL,
            name: "long".to_owned(),
            language: None,
            line_ending: LineEnding::Lf,
            entries: Vec::new(),
            bytes: 0,
        };
        database.create(document).await.expect("created");
        let store = Arc::new(MemorySnapshots::default());
        let log = ArchivedLog::new(database.clone(), store.clone());
        let mut authors = Vec::new();
        for client in 1..=CLIENTS {
            let registration = Registration::local(DOCUMENT, ClientId::from_bytes([client; 16]));
            authors.push(log.register(registration).await.expect("registered").author);
        }
        let entries = typed(&authors);
        for entries in entries.chunks(1000) {
            append(&log, entries).await.expect("appended");
        }
        Self { database, store, log, entries, _folder: None }
    }

    async fn archive(&self) -> usize {
        let head = Revision::new(HEAD);
        self.log.archive(DOCUMENT, Epoch::FIRST, head).await.expect("packed away")
    }

    /// Segments in the store, whether the database knows them or not.
    async fn segments(&self) -> Vec<SegmentKey> {
        self.store.list(DOCUMENT, Epoch::FIRST).await.expect("listed")
    }

    /// Checks that the log says what it always said, from any revision on.
    #[track_caller]
    fn check(&self) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let (mut read, mut at) = (Vec::new(), Revision::ZERO);
            while at < Revision::new(HEAD) {
                // Not the same steps as segments have.
                let limit = ReadLimit { entries_max: 1500, bytes_max: 100_000 };
                let page = self.log.read(DOCUMENT, at, limit).await.expect("read");
                assert_eq!(page.head, Revision::new(HEAD), "{caller}");
                at = page.entries.last().map_or(at, |entry| entry.revision);
                assert!(!page.entries.is_empty(), "{caller}: nothing after {at}");
                read.extend(page.entries);
            }
            assert!(read == self.entries, "{caller}: the log is another");
        }
    }
}

/// Entries of people who type in turns, the first ones without a pause.
fn typed(authors: &[Author]) -> Vec<Entry> {
    let mut seqs = vec![0; authors.len()];
    let entry = |n: u64| {
        let who = (n / 7) as usize % authors.len();
        seqs[who] += 1;
        let length = n as usize - 1;
        let place = if n.is_multiple_of(50) { length / 2 } else { length };
        Entry {
            revision: Revision::new(n),
            author: authors[who],
            seq: Seq::new(seqs[who]),
            operation: Operation::replace(length, place..place, "x").encode().into(),
            base_length: length,
        }
    };
    (1..=HEAD).map(entry).collect()
}

async fn append(log: &dyn OpLog, entries: &[Entry]) -> Result<(), AppendError> {
    log.append(Append {
        document: DOCUMENT,
        epoch: Epoch::FIRST,
        access: AccessVersion::default(),
        expected_head: Revision::new(entries[0].revision.get() - 1),
        entries: entries.to_vec(),
        text_bytes: 0,
    })
    .await
}

macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite().await).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres().await).await; })*
        }
    };
}

on_both_engines! {
    the_log_reads_as_before_from_any_revision_on,
    what_a_client_sent_is_known_as_before,
    a_document_loads_from_its_snapshot_or_from_nothing,
    only_whole_runs_well_before_the_snapshot_are_packed,
    two_servers_pack_each_run_once,
    an_older_epoch_packs_nothing,
    a_segment_that_cannot_be_read_is_an_error_and_no_hole,
}

async fn the_log_reads_as_before_from_any_revision_on(fixture: Fixture) {
    fixture.check().await;
    assert_eq!(fixture.archive().await, RUNS as usize);
    fixture.check().await;
    let seam = RUN_ENTRIES as u64;
    for after in [0, 1, seam - 1, seam, seam + 1, RUNS * seam - 1, RUNS * seam, HEAD - 1] {
        for entries_max in [1, 2, 5000] {
            let limit = ReadLimit { entries_max, ..ReadLimit::default() };
            let page = fixture.log.read(DOCUMENT, Revision::new(after), limit).await.expect("read");
            assert!((1..=entries_max).contains(&page.entries.len()), "after {after}");
            let expected = &fixture.entries[after as usize..][..page.entries.len()];
            assert_eq!(page.entries, expected, "after {after}");
        }
    }
    let limit = ReadLimit::default();
    let recorded = fixture.log.recorded(DOCUMENT, Revision::ZERO, limit).await.expect("read");
    assert!(recorded.entries.iter().all(|it| it.committed_at > 1_700_000_000_000));
    assert_eq!(fixture.archive().await, 0, "all that may be packed is packed");
}

async fn what_a_client_sent_is_known_as_before(fixture: Fixture) {
    fixture.archive().await;
    let client = ClientId::from_bytes([1; 16]);
    let record = fixture.log.register(Registration::local(DOCUMENT, client)).await.expect("known");
    let last = fixture.entries.iter().rfind(|entry| entry.author == record.author);
    let last = last.expect("he has typed").clone();
    assert_eq!((record.last_seq, record.last_revision), (last.seq, last.revision));
    let revision = Revision::new(HEAD + 1);
    let again = append(&fixture.log, &[Entry { revision, ..last.clone() }]).await;
    assert_eq!(again, Err(AppendError::Conflict { head: Revision::new(HEAD) }));
    let next = Entry { revision, seq: last.seq.next(), ..last };
    append(&fixture.log, &[next]).await.expect("appended");
}

async fn a_document_loads_from_its_snapshot_or_from_nothing(fixture: Fixture) {
    fixture.archive().await;
    let (log, store) = (&fixture.log, fixture.store.as_ref());
    let expected = "x".repeat(HEAD as usize);
    let loaded = load::load(log, store, DOCUMENT).await.expect("loaded");
    assert_eq!(
        (loaded.snapshot, loaded.document.text()),
        (Revision::ZERO, &Text::from(&*expected))
    );

    let at = Revision::new(HEAD - 10);
    let content = Bytes::from("x".repeat(HEAD as usize - 10));
    let key = SnapshotKey::of(DOCUMENT, Epoch::FIRST, at, &content);
    store.put(&key, content).await.expect("kept");
    for segment in fixture.segments().await {
        store.delete(&segment).await.expect("deleted");
    }
    let fresh = ArchivedLog::new(fixture.database.clone(), fixture.store.clone());
    let loaded = load::load(&fresh, store, DOCUMENT).await.expect("needs no segment");
    assert_eq!((loaded.snapshot, loaded.document.text()), (at, &Text::from(&*expected)));
    let older = load::older(&fresh, DOCUMENT, Revision::new(HEAD - WINDOW), at).await;
    older.expect("whoever was away needs no segment either");
}

async fn only_whole_runs_well_before_the_snapshot_are_packed(fixture: Fixture) {
    let one_run = WINDOW + RUN_ENTRIES as u64;
    for (snapshot, packed) in [(0, 0), (WINDOW, 0), (one_run - 1, 0), (one_run, 1), (one_run, 0)] {
        let snapshot = Revision::new(snapshot);
        let made = fixture.log.archive(DOCUMENT, Epoch::FIRST, snapshot).await;
        assert_eq!(made.expect("no trouble"), packed, "with a snapshot at {snapshot}");
    }
    let segments = fixture.segments().await;
    assert_eq!(segments.len(), 1);
    let range = (segments[0].first.get(), segments[0].last.get());
    assert_eq!(range, (1, RUN_ENTRIES as u64));
    fixture.check().await;
}

async fn two_servers_pack_each_run_once(fixture: Fixture) {
    let other = ArchivedLog::new(fixture.database.clone(), fixture.store.clone());
    let head = Revision::new(HEAD);
    let (here, there) = tokio::join!(
        fixture.log.archive(DOCUMENT, Epoch::FIRST, head),
        other.archive(DOCUMENT, Epoch::FIRST, head),
    );
    // Whoever comes second in a run gives up until the next snapshot.
    assert!(here.is_ok() || there.is_ok(), "{here:?} {there:?}");
    fixture.archive().await;
    assert_eq!(fixture.segments().await.len(), RUNS as usize);
    fixture.check().await;
}

async fn an_older_epoch_packs_nothing(fixture: Fixture) {
    let made = fixture.log.archive(DOCUMENT, Epoch::new(2), Revision::new(HEAD)).await;
    assert!(made.is_err());
    fixture.check().await;
    assert_eq!(fixture.archive().await, RUNS as usize);
}

async fn a_segment_that_cannot_be_read_is_an_error_and_no_hole(fixture: Fixture) {
    fixture.archive().await;
    let segments = fixture.segments().await;
    let middle = &segments[1];
    fixture.store.delete(middle).await.expect("deleted");
    let read = async |after: u64| {
        let log = ArchivedLog::new(fixture.database.clone(), fixture.store.clone());
        log.read(DOCUMENT, Revision::new(after), ReadLimit::default()).await
    };
    let missing = read(middle.first.get() - 1).await;
    assert!(matches!(missing, Err(LogError::Unavailable(_))), "{missing:?}");
    assert!(read(middle.first.get() - 2).await.is_ok());
    assert!(read(middle.last.get()).await.is_ok());
    fixture.store.put(middle, Bytes::from_static(b"something else")).await.expect("put");
    let damaged = read(middle.first.get()).await;
    assert!(matches!(damaged, Err(LogError::Unavailable(_))), "{damaged:?}");
}
