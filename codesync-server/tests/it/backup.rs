//! Backup, restore and verify: on both engines, while people type, and with every kind of damage.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use codesync_core::{DocumentId, Revision};
use codesync_server::backup::archive::{self, Member};
use codesync_server::backup::restore::{RestoreError, restore};
use codesync_server::backup::{self, BackupError, Summary};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::document::load;
use codesync_server::oplog::Epoch;
use codesync_server::snapshots::files::FileSnapshots;
use codesync_server::snapshots::{Key, SegmentKey, SnapshotStore};
use codesync_server::verify::{self, Fault, Finding};
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::support::editor::Editor;
use crate::support::{TestServer, postgres};

/// An empty store of either kind.
struct Store {
    database: Database,
    snapshots: Arc<dyn SnapshotStore>,
    folder: tempfile::TempDir,
}

impl Store {
    fn beside(database: Database, folder: tempfile::TempDir) -> Self {
        let snapshots = Arc::new(FileSnapshots::new(folder.path().join("snapshots")));
        Self { database, snapshots, folder }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("codesync.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        Self::beside(database, folder)
    }

    async fn postgres() -> Self {
        Self::beside(postgres::database().await, tempfile::tempdir().expect("a temporary folder"))
    }

    async fn backup(&self) -> (Summary, Vec<u8>) {
        backup(&self.database, self.snapshots.as_ref()).await
    }

    async fn restore(&self, file: Vec<u8>) -> Result<Summary, RestoreError> {
        restore(&self.database, self.snapshots.clone(), Cursor::new(file)).await
    }

    async fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let found = |finding| findings.push(finding);
        let seen = verify::verify(&self.database, &self.database, self.snapshots.as_ref(), found);
        seen.await.expect("looked at");
        findings
    }

    /// Changes the file behind the program's back.
    async fn tamper(&self, sql: &str) {
        let path = self.folder.path().join("codesync.sqlite3");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut connection = options.foreign_keys(false).connect().await.expect("connected");
        let changed = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
        assert!(changed.expect("changed").rows_affected() > 0, "{sql} changes nothing");
        sqlx::Connection::close(connection).await.expect("closed");
    }
}

async fn backup(database: &Database, snapshots: &dyn SnapshotStore) -> (Summary, Vec<u8>) {
    backup::write(database, snapshots, Vec::new()).await.expect("kept")
}

/// The rows of a file, of which two are the same if they hold the same.
fn contents(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut contents = Vec::new();
    archive::read(file, |member| {
        contents.push(match member {
            Member::Rows { table, lines } => (table, lines.to_vec()),
            Member::Object { key, content } => (key, content.to_vec()),
        });
        Ok(())
    })
    .expect("sound");
    contents
}

/// A store in which two people have typed into two documents, and a snapshot was kept.
async fn typed() -> (Store, [DocumentId; 2]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(folder.path(), |_| {}).await;
    let first = server.create("notes – 漢字", &"imported text\n".repeat(10_000)).await;
    let second = server.create("empty", "").await;
    let mut ada = Editor::open(server.address, first, "Ada", 1).await;
    let mut ben = Editor::open(server.address, second, "Ben", 2).await;
    for word in ["one ", "two ", "three 👩‍🚀 "] {
        ada.append(word).await;
        ada.until_saved().await;
        ben.append(word).await;
        ben.until_saved().await;
    }
    server.stop().await;
    let path = folder.path().join("codesync.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    (Store::beside(database, folder), [first, second])
}

async fn text(store: &Store, id: DocumentId) -> (Revision, String) {
    let loaded = load::load(&store.database, store.snapshots.as_ref(), id).await.expect("loads");
    (loaded.document.head(), loaded.document.text().to_string())
}

#[tokio::test]
async fn a_laptop_moves_to_postgres_and_back() {
    let (laptop, ids) = typed().await;
    let (summary, file) = laptop.backup().await;
    assert_eq!((summary.count("documents"), summary.objects), (2, 2), "{summary}");
    let cloud = Store::postgres().await;
    assert_eq!(cloud.restore(file.clone()).await.expect("restored"), summary);
    let (_, from_cloud) = cloud.backup().await;
    assert_eq!(contents(&from_cloud), contents(&file));
    let back = Store::sqlite().await;
    back.restore(from_cloud).await.expect("restored");
    assert_eq!(contents(&back.backup().await.1), contents(&file));
    for id in ids {
        let (revision, expected) = text(&laptop, id).await;
        assert_eq!(text(&cloud, id).await, (revision, expected.clone()));
        assert_eq!(text(&back, id).await, (revision, expected));
    }
    for store in [&laptop, &cloud, &back] {
        assert_eq!(store.findings().await, []);
    }
}

#[tokio::test]
async fn pieces_of_the_log_that_lie_beside_it_come_along() {
    let (store, [id, _]) = typed().await;
    let content = b"a sealed piece of the log";
    let run = (Revision::new(1), Revision::new(2));
    let key = SegmentKey::of(id, Epoch::FIRST, run, content);
    store.snapshots.put(&key, content.as_slice().into()).await.expect("kept");
    let name = key.file_name();
    let (_, hash) = name.rsplit_once('-').expect("a hash");
    let noted = format!(
        "insert into segments (document, epoch, first_revision, last_revision, hash, bytes, created_at) select id, 1, 1, 2, x'{hash}', 25, 0 from documents where name <> 'empty'"
    );
    store.tamper(&noted).await;
    let (summary, file) = store.backup().await;
    assert_eq!((summary.count("segments"), summary.objects), (1, 3), "{summary}");
    let target = Store::sqlite().await;
    assert_eq!(target.restore(file).await.expect("restored"), summary);
    assert_eq!(target.snapshots.get(&key).await.expect("there"), content.as_slice());

    // Without it there is no whole backup.
    store.snapshots.delete(&key).await.expect("deleted");
    let error = backup::write(&store.database, store.snapshots.as_ref(), Vec::new()).await;
    assert!(
        matches!(error, Err(BackupError::Object(_))),
        "{:?}",
        error.map(|(summary, _)| summary)
    );
}

#[tokio::test]
async fn a_backup_while_people_type_is_of_one_moment() {
    let server = TestServer::start_unlimited().await;
    let id = server.create("busy", "").await;
    let path = server.data().join("codesync.sqlite3");
    let snapshots = FileSnapshots::new(server.data().join("snapshots"));
    let mut editor = Editor::open(server.address, id, "Ada", 1).await;
    let mut heads = Vec::new();
    for round in 0..5 {
        let typing = async {
            for word in 0..40 {
                editor.append(&format!("{round}.{word} ")).await;
            }
            editor.until_saved().await;
        };
        let keeping = async {
            let database = Database::open_for_reading(&path).await.expect("opened beside it");
            let kept = backup(&database, &snapshots).await;
            database.close().await;
            kept
        };
        let ((), (_, file)) = tokio::join!(typing, keeping);
        let store = Store::sqlite().await;
        store.restore(file).await.expect("restored");
        assert_eq!(store.findings().await, []);
        let (head, kept) = text(&store, id).await;
        assert!(editor.text().starts_with(&kept), "{kept} is no beginning of what was typed");
        heads.push(head);
    }
    assert!(heads.is_sorted(), "{heads:?}");
    server.stop().await;
}

#[tokio::test]
async fn only_an_empty_server_is_filled() {
    let (store, _) = typed().await;
    let (_, file) = store.backup().await;
    for full in [&store, &{ typed().await.0 }] {
        let before = full.backup().await.1;
        let error = full.restore(file.clone()).await.expect_err("refused");
        assert!(matches!(error, RestoreError::NotEmpty), "{error}");
        assert_eq!(contents(&full.backup().await.1), contents(&before));
    }
}

#[tokio::test]
async fn a_damaged_file_restores_nothing() {
    let (store, _) = typed().await;
    let (_, file) = store.backup().await;
    let target = Store::sqlite().await;
    let middle = file.len() / 2;
    let turned: Vec<_> =
        file.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == middle)).collect();
    let torn = file[..middle].to_vec();
    let without_end = file[..file.len() - 600].to_vec();
    for damaged in [turned, torn, without_end, b"no backup at all".to_vec(), Vec::new()] {
        let error = target.restore(damaged).await.expect_err("refused");
        assert!(matches!(error, RestoreError::Read(_)), "{error}");
        assert_eq!(target.backup().await.0.count("documents"), 0);
    }
    // And the sound one still goes in.
    target.restore(file).await.expect("restored");
    assert_eq!(target.findings().await, []);
}

/// A change behind the program's back, and what it is noticed as.
type Tampering = (&'static str, fn(&Fault) -> bool);

#[tokio::test]
async fn verify_finds_what_does_not_follow_from_the_log() {
    let checks: [Tampering; 6] = [
        ("delete from entries where revision = 2 and seq = 2 and author = 1", |fault| {
            matches!(fault, Fault::Missing { .. })
        }),
        ("update entries set operation = x'00' where revision = 1 and author = 1", |fault| {
            matches!(fault, Fault::Broken { .. })
        }),
        ("update entries set seq = seq + 1 where revision = 3 and author = 1", |fault| {
            matches!(fault, Fault::Seq { .. })
        }),
        ("update documents set bytes = bytes + 1 where name = 'empty'", |fault| {
            matches!(fault, Fault::Length { .. })
        }),
        ("update clients set last_seq = last_seq + 1", |fault| {
            matches!(fault, Fault::Dedupe { .. })
        }),
        ("delete from clients", |fault| matches!(fault, Fault::UnknownAuthor { .. })),
    ];
    for (sql, expected) in checks {
        let (store, _) = typed().await;
        assert_eq!(store.findings().await, []);
        store.tamper(sql).await;
        let findings = store.findings().await;
        assert!(findings.iter().any(|it| expected(&it.fault)), "{sql}: {findings:?}");
    }
}

#[tokio::test]
async fn verify_compares_snapshots_with_the_log() {
    let (store, [first, second]) = typed().await;
    let folder = |id: DocumentId| store.folder.path().join(format!("snapshots/docs/{id}/1"));
    let snapshot = |folder: &Path| {
        let mut entries = std::fs::read_dir(folder).expect("a folder");
        entries.next().expect("a snapshot").expect("read").path()
    };
    std::fs::write(snapshot(&folder(first)), "something else").expect("written");
    let findings = store.findings().await;
    assert!(
        matches!(&findings[..], [Finding { document, fault: Fault::Unusable { .. } }] if *document == first),
        "{findings:?}"
    );

    // One that is sound by itself, and not of this document's log.
    let foreign = codesync_server::snapshots::SnapshotKey::of(
        second,
        Epoch::FIRST,
        Revision::new(1),
        b"foreign",
    );
    store.snapshots.put(&foreign, "foreign".into()).await.expect("kept");
    let findings = store.findings().await;
    let expected = Fault::Snapshot { revision: Revision::new(1) };
    assert!(findings.contains(&Finding { document: second, fault: expected }), "{findings:?}");
}

#[tokio::test]
async fn the_commands_do_the_same() {
    let (store, [id, _]) = typed().await;
    let (revision, expected) = text(&store, id).await;
    let data = store.folder.path().to_str().expect("UTF-8").to_owned();
    store.database.close().await;
    let other = tempfile::tempdir().expect("a temporary folder");
    let file = other.path().join("backup.tar.gz");
    let file = file.to_str().expect("UTF-8");
    let restored = other.path().join("data");
    let restored = restored.to_str().expect("UTF-8");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_codesync-server"));
        let output = command.env_clear().args(arguments).output().expect("the binary runs");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        (output.status.code(), said)
    };
    let (code, said) = run(&["backup", file, "--data", &data]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 documents"), "{said}");
    let (code, said) = run(&["restore", file, "--data", restored]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&["restore", file, "--data", restored]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("empty"), "{said}");
    let (code, said) = run(&["verify", "--data", restored]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("0 faults"), "{said}");

    let path = Path::new(restored).join("codesync.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    let moved = Store::beside(database, tempfile::tempdir().expect("a temporary folder"));
    assert_eq!(text(&moved, id).await, (revision, expected));
    moved.database.close().await;
    let broken = Store { folder: other, ..moved };
    std::fs::rename(&path, broken.folder.path().join("codesync.sqlite3")).expect("moved");
    broken.tamper("update documents set bytes = bytes + 1 where name = 'empty'").await;
    std::fs::rename(broken.folder.path().join("codesync.sqlite3"), &path).expect("moved back");
    let (code, said) = run(&["verify", "--data", restored]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("1 faults"), "{said}");
}
