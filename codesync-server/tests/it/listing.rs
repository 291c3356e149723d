//! One suite for every list of documents.

use std::sync::Arc;

use codesync_core::{DocumentId, LineEnding, Revision};
use codesync_server::db::documents::{
    DocumentChange, DocumentRecord, Documents, ListPosition, Listing, NewDocument,
};
use codesync_server::db::memory::MemoryDocuments;
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::document::import;
use codesync_server::ids::UserId;
use codesync_server::oplog::LogError;
use codesync_server::oplog::memory::MemoryLog;

use crate::support;

struct Fixture {
    documents: Arc<dyn Documents>,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn memory() -> Self {
        let documents = MemoryDocuments::new(Arc::new(MemoryLog::default()));
        Self { documents: Arc::new(documents), _folder: None }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        Self { documents: Arc::new(database), _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        Self { documents: Arc::new(support::postgres::database().await), _folder: None }
    }
}

macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::memory().await).await; })*
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
    what_is_made_is_found,
    a_change_leaves_the_rest_as_it_was,
    a_search_knows_no_case_in_any_script_and_no_wildcards,
    pages_follow_each_other_without_a_gap,
}

fn id(number: u8) -> DocumentId {
    DocumentId::from_bytes([number; 16])
}

async fn create(documents: &dyn Documents, number: u8, name: &str) -> DocumentRecord {
    let text = "two\nlines";
    let document = NewDocument {
        id: id(number),
        owner: UserId::LOCAL,
        name: name.to_owned(),
        language: Some("rust".to_owned()),
        line_ending: LineEnding::Crlf,
        entries: import::entries(text),
        bytes: text.len() as u64,
    };
    documents.create(document).await.expect("created")
}

async fn search(documents: &dyn Documents, search: &str) -> Vec<String> {
    let listing =
        Listing { user: UserId::LOCAL, search: Some(search.to_owned()), limit: 100, after: None };
    let found = documents.list(listing).await.expect("listed");
    found.into_iter().map(|listed| listed.record.name).collect()
}

async fn what_is_made_is_found(fixture: Fixture) {
    let documents = fixture.documents.as_ref();
    let made = create(documents, 1, "name").await;
    assert_eq!((made.revision, made.bytes), (Revision::new(1), 9));
    assert_eq!(documents.find(id(1)).await, Ok(made));
    assert_eq!(documents.find(id(2)).await, Err(LogError::NotFound));
}

async fn a_change_leaves_the_rest_as_it_was(fixture: Fixture) {
    let documents = fixture.documents.as_ref();
    let made = create(documents, 1, "before").await;
    let change = async |name: Option<&str>, language| {
        let change = DocumentChange { name: name.map(str::to_owned), language };
        documents.change(id(1), change).await.expect("changed")
    };
    assert_eq!(change(None, None).await, made);
    let renamed = change(Some("after"), None).await;
    assert_eq!(renamed, DocumentRecord { name: "after".to_owned(), ..made });
    assert_eq!(change(None, Some(None)).await, DocumentRecord { language: None, ..renamed });
    assert_eq!(search(documents, "before").await, [] as [&str; 0]);
    let nothing = DocumentChange::default();
    assert_eq!(documents.change(id(9), nothing).await, Err(LogError::NotFound));
}

async fn a_search_knows_no_case_in_any_script_and_no_wildcards(fixture: Fixture) {
    let documents = fixture.documents.as_ref();
    for (number, name) in [(1, "ÜBUNG.rs"), (2, "100%_sure"), (3, "Привет")] {
        create(documents, number, name).await;
    }
    assert_eq!(search(documents, "übung").await, ["ÜBUNG.rs"]);
    assert_eq!(search(documents, "ПРИВ").await, ["Привет"]);
    assert_eq!(search(documents, "%_").await, ["100%_sure"]);
    assert_eq!(search(documents, "'; drop table documents; --").await, [] as [&str; 0]);
    assert_eq!(search(documents, "").await.len(), 3);
}

async fn pages_follow_each_other_without_a_gap(fixture: Fixture) {
    let documents = fixture.documents.as_ref();
    for number in 0..10 {
        create(documents, number, &number.to_string()).await;
    }
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = documents
            .list(Listing { user: UserId::LOCAL, search: None, limit: 3, after })
            .await
            .expect("a page");
        let Some(last) = page.last() else { break };
        after = Some(ListPosition { updated_at: last.record.updated_at, id: last.record.id });
        names.extend(page.into_iter().map(|listed| listed.record.name));
    }
    names.sort_unstable();
    assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
}
