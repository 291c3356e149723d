//! One suite for every list of versions, and who the people of a log are.

use std::collections::BTreeSet;
use std::sync::Arc;

use codesync_core::{Author, ClientId, DocumentId, LineEnding, Revision};
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::memory::MemoryVersions;
use codesync_server::db::versions::{
    NAMED_MAX, NameError, NewVersion, VersionPosition, VersionRecord, Versions,
};
use codesync_server::db::writers::Person;
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::ids::{UserId, VersionId};
use codesync_server::oplog::{OpLog, Registration};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::support;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const OTHER: DocumentId = DocumentId::from_bytes([2; 16]);

struct Fixture {
    versions: Arc<dyn Versions>,
    _folder: Option<tempfile::TempDir>,
}

async fn with_documents(database: Database) -> Database {
    for id in [DOCUMENT, OTHER] {
        let document = NewDocument {
            id,
            owner: UserId::LOCAL,
            name: "test".to_owned(),
            language: None,
            line_ending: LineEnding::Lf,
            entries: Vec::new(),
            bytes: 0,
        };
        database.create(document).await.expect("created");
    }
    database
}

/// A database in a file, and the folder that it is in.
async fn file() -> (Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("list.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    (with_documents(database).await, folder)
}

/// The same file, for what the program itself never writes.
async fn beside(folder: &tempfile::TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("list.sqlite3"));
    options.connect().await.expect("opened")
}

impl Fixture {
    fn memory() -> Self {
        Self { versions: Arc::new(MemoryVersions::default()), _folder: None }
    }

    async fn sqlite() -> Self {
        let (database, folder) = file().await;
        Self { versions: Arc::new(database), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        let database = with_documents(support::postgres::database().await).await;
        Self { versions: Arc::new(database), _folder: None }
    }

    async fn keep(&self, number: u8, revision: u64) {
        let id = VersionId::from_bytes([number; 16]);
        self.versions.keep(DOCUMENT, id, Revision::new(revision)).await.expect("kept");
    }

    async fn list(&self, after: Option<VersionPosition>, limit: u32) -> Vec<VersionRecord> {
        self.versions.list(DOCUMENT, after, limit).await.expect("listed")
    }
}

fn named(number: u8, revision: u64, name: &str) -> NewVersion {
    NewVersion {
        id: VersionId::from_bytes([number; 16]),
        document: DOCUMENT,
        revision: Revision::new(revision),
        name: name.to_owned(),
        user: UserId::LOCAL,
    }
}

macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::memory()).await; })*
        }
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite().await).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres().await).await; })*
        }
    };
}

conformance! {
    what_was_named_is_found_until_it_is_forgotten,
    a_state_is_kept_once_and_may_be_named_as_often_as_wanted,
    the_newest_revision_is_listed_first_page_by_page,
}

async fn what_was_named_is_found_until_it_is_forgotten(fixture: Fixture) {
    let versions = fixture.versions.as_ref();
    let made = versions.name(named(1, 7, "draft")).await.expect("named");
    assert_eq!((made.revision.get(), made.name.as_deref()), (7, Some("draft")));
    assert_eq!(made.created_by, Some(UserId::LOCAL));
    assert_eq!(versions.find(DOCUMENT, made.id).await.expect("found"), Some(made.clone()));
    assert_eq!(versions.find(OTHER, made.id).await.expect("looked for"), None);
    assert!(!versions.forget(OTHER, made.id).await.expect("tried"));
    assert!(versions.forget(DOCUMENT, made.id).await.expect("forgotten"));
    assert!(!versions.forget(DOCUMENT, made.id).await.expect("tried"));
    assert_eq!(versions.find(DOCUMENT, made.id).await.expect("looked for"), None);
}

async fn a_state_is_kept_once_and_may_be_named_as_often_as_wanted(fixture: Fixture) {
    fixture.keep(1, 5).await;
    fixture.keep(2, 5).await;
    fixture.keep(3, 6).await;
    for (number, name) in [(4, "a"), (5, "b")] {
        fixture.versions.name(named(number, 5, name)).await.expect("named");
    }
    let listed = fixture.list(None, 100).await;
    let unnamed = listed.iter().filter(|version| version.name.is_none());
    let unnamed: Vec<_> = unnamed.map(|it| (it.revision.get(), it.created_by)).collect();
    assert_eq!((listed.len(), unnamed), (4, vec![(6, None), (5, None)]));
    let revisions = fixture.versions.revisions(DOCUMENT).await.expect("listed");
    let revisions: BTreeSet<_> = revisions.into_iter().map(Revision::get).collect();
    assert_eq!(revisions, BTreeSet::from([5, 6]));
    assert_eq!(fixture.versions.revisions(OTHER).await.expect("listed"), []);
}

async fn the_newest_revision_is_listed_first_page_by_page(fixture: Fixture) {
    for (number, revision) in [(3, 10), (1, 10), (2, 9), (5, 300)] {
        fixture.versions.name(named(number, revision, "v")).await.expect("named");
    }
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.list(after, 1).await;
        let Some(last) = page.last() else { break };
        after = Some(VersionPosition { revision: last.revision, id: last.id });
        met.extend(page.iter().map(|it| (it.revision.get(), it.id.to_bytes()[0])));
    }
    assert_eq!(met, [(300, 5), (10, 3), (10, 1), (9, 2)]);
}

#[tokio::test]
async fn so_many_versions_may_be_named_and_not_one_more() {
    let (database, _folder) = file().await;
    let version = |n: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        NewVersion { id: VersionId::from_bytes(id), ..named(0, n, "v") }
    };
    for n in 0..NAMED_MAX {
        database.name(version(n)).await.expect("named");
    }
    assert_eq!(database.name(version(NAMED_MAX)).await, Err(NameError::TooMany));
    let kept = database.keep(DOCUMENT, VersionId::from_bytes([9; 16]), Revision::ZERO).await;
    kept.expect("what the server keeps does not count");
    assert!(database.forget(DOCUMENT, version(3).id).await.expect("forgotten"));
    database.name(version(NAMED_MAX)).await.expect("named");
}

#[tokio::test]
async fn old_versions_that_nobody_named_thin_out() {
    let (database, folder) = file().await;
    let mut beside = beside(&folder).await;
    for number in 1..=6 {
        let id = VersionId::from_bytes([number; 16]);
        database.keep(DOCUMENT, id, Revision::new(number.into())).await.expect("kept");
        database.name(named(100 + number, number.into(), "stays")).await.expect("named");
    }
    // Three hours ago, all within a quarter of an hour.
    let age = "update versions set created_at = created_at / 3600000 * 3600000 - 10800000 + revision * 60000";
    sqlx::query(age).execute(&mut beside).await.expect("aged");
    let id = VersionId::from_bytes([7; 16]);
    database.keep(DOCUMENT, id, Revision::new(7)).await.expect("kept");
    let listed = Versions::list(&database, DOCUMENT, None, 100).await.expect("listed");
    let (named, unnamed): (Vec<_>, Vec<_>) = listed.iter().partition(|it| it.name.is_some());
    let revisions: Vec<_> = unnamed.iter().map(|it| it.revision.get()).collect();
    assert_eq!((named.len(), revisions), (6, vec![7, 6]));
}

#[tokio::test]
async fn whose_account_is_gone_is_not_named_any_more() {
    let (database, folder) = file().await;
    let mut beside = beside(&folder).await;
    let users = [(2_u8, "person", false), (3, "guest", false), (4, "person", true)];
    for (number, kind, gone) in users {
        let insert =
            "insert into users (id, kind, name, created_at, deleted_at) values ($1, $2, $3, 0, $4)";
        let insert = sqlx::query(insert).bind(vec![number; 16]).bind(kind);
        let insert = insert.bind(format!("User {number}")).bind(gone.then_some(1_i64));
        insert.execute(&mut beside).await.expect("added");
    }
    let mut authors = Vec::new();
    for number in 1..=5_u8 {
        let user = if number == 1 { UserId::LOCAL } else { UserId::from_bytes([number; 16]) };
        let client = ClientId::from_bytes([number; 16]);
        let person = format!("came as {number}");
        let registration = Registration { document: DOCUMENT, client, user, person };
        authors.push(database.register(registration).await.expect("registered").author);
    }
    let unknown = Author::new(99);
    let asked: Vec<_> = authors.iter().copied().chain([Author::ZERO, unknown]).collect();
    let people = database.writers(DOCUMENT, &asked).await.expect("found");
    let user = |n: u8| Person::User { id: UserId::from_bytes([n; 16]), name: format!("User {n}") };
    let local = Person::Local { name: "came as 1".to_owned() };
    let expected = [local, user(2), user(3), Person::Former, Person::Former];
    let met: Vec<_> = authors.iter().map(|author| people[author].clone()).collect();
    assert_eq!(met, expected);
    assert_eq!(people[&Author::ZERO], Person::Local { name: String::new() }, "who made it");
    assert_eq!(people.get(&unknown), None);
    let asked: Vec<_> = (2..=5).map(|n| UserId::from_bytes([n; 16])).collect();
    let users = database.users_by_id(&asked).await.expect("found");
    let met: Vec<_> = asked.iter().map(|user| users.get(user).cloned()).collect();
    assert_eq!(met, [Some(user(2)), Some(user(3)), Some(Person::Former), None]);
}
