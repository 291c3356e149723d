//! One suite for every op log: what the rest of the server relies on.

use std::sync::Arc;

use bytes::Bytes;
use codesync_core::{Author, ClientId, DocumentId, LineEnding, Revision, Seq};
use codesync_server::access::AccessVersion;
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::ids::UserId;
use codesync_server::oplog::archive::ArchivedLog;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{
    Append, AppendError, Entry, Epoch, LogError, OpLog, ReadLimit, Registration,
};
use codesync_server::snapshots::memory::MemorySnapshots;

use crate::support;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const UNKNOWN: DocumentId = DocumentId::from_bytes([9; 16]);
const ADA: ClientId = ClientId::from_bytes([1; 16]);
const BOB: ClientId = ClientId::from_bytes([2; 16]);

/// More documents, for appends at once.
fn pages() -> impl Iterator<Item = DocumentId> {
    (101..=112).map(|number| DocumentId::from_bytes([number; 16]))
}

async fn create_all(database: &Database) {
    for document in pages().chain([DOCUMENT]) {
        database.create(new_document(document)).await.expect("created");
    }
}

/// A log with empty documents, and what keeps its files.
struct Fixture {
    log: Arc<dyn OpLog>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    fn memory() -> Self {
        let log = MemoryLog::default();
        pages().chain([DOCUMENT]).for_each(|document| log.create(document, Vec::new()));
        Self { log: Arc::new(log), _folder: None }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        create_all(&database).await;
        Self { log: Arc::new(database), _folder: Some(folder) }
    }

    /// The same behind an archive, which has nothing to say as long as nothing is packed away.
    async fn archived() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        create_all(&database).await;
        let log = ArchivedLog::new(database, Arc::new(MemorySnapshots::default()));
        Self { log: Arc::new(log), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = support::postgres::database().await;
        create_all(&database).await;
        Self { log: Arc::new(database), _folder: None }
    }
}

fn new_document(id: DocumentId) -> NewDocument {
    NewDocument {
        id,
        owner: UserId::LOCAL,
        name: "test".to_owned(),
        language: None,
        line_ending: LineEnding::Lf,
        entries: Vec::new(),
        bytes: 0,
    }
}

/// Runs each test on every log.
macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::memory()).await; })*
        }
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite().await).await; })*
        }
        mod archived {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::archived().await).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres().await).await; })*
        }
    };
}

conformance! {
    a_client_keeps_its_author_number,
    two_registrations_at_once_give_one_number,
    a_client_id_belongs_to_the_user_who_registered_it_first,
    an_append_is_read_back_as_it_was,
    an_append_advances_the_dedupe_row_of_every_author_in_it,
    an_append_at_another_head_changes_nothing,
    an_append_with_a_seq_that_does_not_follow_changes_nothing,
    an_append_under_an_old_epoch_changes_nothing,
    of_many_appends_at_one_head_exactly_one_wins,
    of_appends_to_many_documents_at_once_those_are_written_that_fit,
    a_read_stops_at_its_limits_but_never_returns_nothing,
    unknown_documents_are_told_apart,
    documents_do_not_mix,
}

fn entry(revision: u64, author: Author, seq: u64, operation: &[u8]) -> Entry {
    Entry {
        revision: Revision::new(revision),
        author,
        seq: Seq::new(seq),
        operation: Bytes::copy_from_slice(operation),
        base_length: revision as usize * 3,
    }
}

fn append(expected_head: u64, entries: Vec<Entry>) -> Append {
    Append {
        document: DOCUMENT,
        epoch: Epoch::FIRST,
        access: AccessVersion::default(),
        expected_head: Revision::new(expected_head),
        entries,
        text_bytes: 7,
    }
}

async fn author(log: &dyn OpLog, client: ClientId) -> Author {
    log.register(Registration::local(DOCUMENT, client)).await.expect("registered").author
}

async fn all(log: &dyn OpLog) -> Vec<Entry> {
    let limit = ReadLimit::default();
    log.read(DOCUMENT, Revision::ZERO, limit).await.expect("read").entries
}

async fn a_client_keeps_its_author_number(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let (ada, bob) = (author(log, ADA).await, author(log, BOB).await);
    assert_eq!((ada, bob), (Author::new(1), Author::new(2)));
    assert_eq!(author(log, ADA).await, ada);
    assert_eq!(log.register(Registration::local(UNKNOWN, ADA)).await, Err(LogError::NotFound));
}

async fn two_registrations_at_once_give_one_number(fixture: Fixture) {
    let register = || {
        let log = fixture.log.clone();
        tokio::spawn(async move { author(log.as_ref(), ADA).await })
    };
    let tasks: Vec<_> = (0..8).map(|_| register()).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Author::new(1));
    }
}

async fn a_client_id_belongs_to_the_user_who_registered_it_first(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let user = |number| UserId::from_bytes([number; 16]);
    let registration =
        |number| Registration { user: user(number), ..Registration::local(DOCUMENT, ADA) };
    let record = log.register(registration(1)).await.expect("registered");
    assert_eq!(log.register(registration(2)).await, Err(LogError::ClientTaken));
    let renamed = Registration { person: "Ada".to_owned(), ..registration(1) };
    assert_eq!(log.register(renamed).await, Ok(record));
    assert_eq!(log.register(registration(2)).await, Err(LogError::ClientTaken));
}

async fn an_append_is_read_back_as_it_was(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let ada = author(log, ADA).await;
    let entries = vec![entry(1, ada, 1, b"one"), entry(2, ada, 2, b""), entry(3, ada, 3, b"\xff")];
    log.append(append(0, entries.clone())).await.expect("appended");
    let page = log.read(DOCUMENT, Revision::ZERO, ReadLimit::default()).await.expect("read");
    assert_eq!((page.head, page.entries), (Revision::new(3), entries.clone()));
    let page = log.read(DOCUMENT, Revision::new(2), ReadLimit::default()).await.expect("read");
    assert_eq!(page.entries, entries[2..]);
    let heads = log.heads(&[UNKNOWN, DOCUMENT]).await.expect("heads");
    let heads: Vec<_> = heads.iter().map(|head| (head.document, head.revision.get())).collect();
    assert_eq!(heads, [(DOCUMENT, 3)]);
}

async fn an_append_advances_the_dedupe_row_of_every_author_in_it(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let (ada, bob) = (author(log, ADA).await, author(log, BOB).await);
    let entries = vec![entry(1, ada, 1, b"a"), entry(2, bob, 1, b"b"), entry(3, ada, 2, b"c")];
    log.append(append(0, entries)).await.expect("appended");
    let row = |record: codesync_server::oplog::ClientRecord| {
        (record.last_seq.get(), record.last_revision.get())
    };
    assert_eq!(row(log.register(Registration::local(DOCUMENT, ADA)).await.expect("known")), (2, 3));
    assert_eq!(row(log.register(Registration::local(DOCUMENT, BOB)).await.expect("known")), (1, 2));
}

async fn an_append_at_another_head_changes_nothing(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let ada = author(log, ADA).await;
    log.append(append(0, vec![entry(1, ada, 1, b"a")])).await.expect("appended");
    for head in [0, 2] {
        let late = append(head, vec![entry(head + 1, ada, 2, b"b")]);
        let conflict = AppendError::Conflict { head: Revision::new(1) };
        assert_eq!(log.append(late).await, Err(conflict));
    }
    assert_eq!(all(log).await.len(), 1);
    assert_eq!(
        log.register(Registration::local(DOCUMENT, ADA)).await.expect("known").last_seq,
        Seq::new(1)
    );
}

async fn an_append_with_a_seq_that_does_not_follow_changes_nothing(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let (ada, bob) = (author(log, ADA).await, author(log, BOB).await);
    log.append(append(0, vec![entry(1, ada, 1, b"a")])).await.expect("appended");
    for seqs in [[1, 1], [1, 3], [1, 0]] {
        // Bob's entry is sound, and must not be left behind by Ada's.
        let entries = vec![entry(2, bob, seqs[0], b"b"), entry(3, ada, seqs[1], b"c")];
        let error = log.append(append(1, entries)).await.expect_err("refused");
        assert!(matches!(error, AppendError::Conflict { .. }), "{error}");
    }
    assert_eq!(all(log).await.len(), 1);
    assert_eq!(
        log.register(Registration::local(DOCUMENT, BOB)).await.expect("known").last_seq,
        Seq::ZERO
    );
    assert_eq!(log.heads(&[DOCUMENT]).await.expect("heads")[0].revision, Revision::new(1));
}

async fn an_append_under_an_old_epoch_changes_nothing(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let ada = author(log, ADA).await;
    let old = Append { epoch: Epoch::new(7), ..append(0, vec![entry(1, ada, 1, b"a")]) };
    assert_eq!(log.append(old).await, Err(AppendError::OldEpoch));
    assert_eq!(all(log).await, []);
}

async fn of_many_appends_at_one_head_exactly_one_wins(fixture: Fixture) {
    let mut tasks = Vec::new();
    for number in 1..=8 {
        let client = ClientId::from_bytes([number; 16]);
        let author = author(fixture.log.as_ref(), client).await;
        let log = fixture.log.clone();
        let one = append(0, vec![entry(1, author, 1, &[number])]);
        tasks.push(tokio::spawn(async move { log.append(one).await }));
    }
    let mut won = 0;
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(()) => won += 1,
            Err(error) => assert_eq!(error, AppendError::Conflict { head: Revision::new(1) }),
        }
    }
    assert_eq!((won, all(fixture.log.as_ref()).await.len()), (1, 1));
}

async fn of_appends_to_many_documents_at_once_those_are_written_that_fit(fixture: Fixture) {
    for number in 1..=4_u64 {
        // Each time another head is wrong, and the last time none.
        let wrong = (number < 4).then(|| number as usize * 3);
        let appends = pages().enumerate().map(|(place, document)| {
            let log = fixture.log.clone();
            async move {
                let registration = Registration::local(document, ADA);
                let seq = log.register(registration).await.expect("registered").last_seq.get() + 1;
                let head = if wrong == Some(place) { 77 } else { seq - 1 };
                // Some of several entries, so that their count is no power of two.
                let entries = (0..=place as u64 % 3)
                    .map(|n| entry(head + 1 + n, Author::new(1), seq + n, &[place as u8]))
                    .collect();
                (place, log.append(Append { document, ..append(head, entries) }).await)
            }
        });
        for (place, appended) in futures_util::future::join_all(appends).await {
            match appended {
                Ok(()) => assert_ne!(wrong, Some(place)),
                Err(AppendError::Conflict { .. }) => assert_eq!(wrong, Some(place)),
                Err(error) => panic!("{error}"),
            }
        }
    }
    for (place, document) in pages().enumerate() {
        let limit = ReadLimit::default();
        let page = fixture.log.read(document, Revision::ZERO, limit).await.expect("read");
        let appends = if [3, 6, 9].contains(&place) { 3 } else { 4 };
        assert_eq!(page.entries.len(), appends * (1 + place % 3), "{place}");
        assert!(page.entries.iter().all(|entry| entry.operation == [place as u8][..]));
    }
}

async fn a_read_stops_at_its_limits_but_never_returns_nothing(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let ada = author(log, ADA).await;
    let entries = (1..=10).map(|n| entry(n, ada, n, &[0; 100])).collect();
    log.append(append(0, entries)).await.expect("appended");
    let count = async |entries_max, bytes_max| {
        let limit = ReadLimit { entries_max, bytes_max };
        let page = log.read(DOCUMENT, Revision::new(2), limit).await.expect("read");
        assert_eq!(page.entries[0].revision, Revision::new(3));
        assert_eq!(page.head, Revision::new(10));
        page.entries.len()
    };
    assert_eq!(count(3, 10_000).await, 3);
    assert_eq!(count(100, 10_000).await, 8);
    assert_eq!(count(100, 450).await, 4);
    assert_eq!(count(100, 1).await, 1);
    assert_eq!(count(0, 0).await, 1);
}

async fn unknown_documents_are_told_apart(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let read = log.read(UNKNOWN, Revision::ZERO, ReadLimit::default()).await;
    assert_eq!(read, Err(LogError::NotFound));
    let ada = author(log, ADA).await;
    let lost = Append { document: UNKNOWN, ..append(0, vec![entry(1, ada, 1, b"a")]) };
    assert_eq!(log.append(lost).await, Err(AppendError::NotFound));
    assert_eq!(log.heads(&[UNKNOWN]).await, Ok(Vec::new()));
    assert_eq!(log.heads(&[]).await, Ok(Vec::new()));
    assert_eq!(log.ready().await, Ok(()));
}

async fn documents_do_not_mix(fixture: Fixture) {
    let log = fixture.log.as_ref();
    let ada = author(log, ADA).await;
    log.append(append(0, vec![entry(1, ada, 1, b"a")])).await.expect("appended");
    let page = log.read(DOCUMENT, Revision::new(1), ReadLimit::default()).await.expect("read");
    assert_eq!((page.entries, page.head), (Vec::new(), Revision::new(1)));
}

#[tokio::test]
async fn a_log_in_sqlite_is_the_same_after_it_was_closed_and_opened() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("log.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    database.create(new_document(DOCUMENT)).await.expect("created");
    let ada = author(&database, ADA).await;
    let entries = vec![entry(1, ada, 1, b"a"), entry(2, ada, 2, b"b")];
    database.append(append(0, entries.clone())).await.expect("appended");
    database.close().await;

    let database =
        Database::open_file(&path, SqliteOptions::default()).await.expect("opened again");
    assert_eq!(all(&database).await, entries);
    assert_eq!(
        database.register(Registration::local(DOCUMENT, ADA)).await.expect("known").last_seq,
        Seq::new(2)
    );
    let record = database.find(DOCUMENT).await.expect("found");
    assert_eq!((record.revision, record.bytes), (Revision::new(2), 7));
}
