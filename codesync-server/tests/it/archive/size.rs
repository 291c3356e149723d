//! What an edit takes on the disk: as a row, and packed away.

use std::path::Path;
use std::sync::Arc;

use codesync_core::test_support::traces;
use codesync_core::{ClientId, DocumentId, LineEnding, Operation, Revision, Seq};
use codesync_server::access::AccessVersion;
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::ids::UserId;
use codesync_server::oplog::archive::RUN_ENTRIES;
use codesync_server::oplog::segment;
use codesync_server::oplog::{Append, Entry, Epoch, OpLog, Recorded, Registration};

use crate::support::Dice;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);

/// The edits of a recorded session as the log has them, a few a second.
fn recorded(name: &str) -> Vec<Recorded> {
    let (mut dice, mut at, mut length) = (Dice::new(7), 1_700_000_000_000_i64, 0);
    let trace = traces::sequential(name);
    let author = codesync_core::Author::new(1);
    let recorded = |(patch, n): (&traces::Patch, u64)| {
        let operation = Operation::replace(length, patch.0..patch.0 + patch.1, &patch.2);
        let base_length = std::mem::replace(&mut length, operation.target_len());
        at += 60 + dice.below(240) as i64;
        let (revision, seq) = (Revision::new(n), Seq::new(n));
        let operation = operation.encode().into();
        let entry = Entry { revision, author, seq, operation, base_length };
        Recorded { entry, committed_at: at }
    };
    trace.patches().zip(1..).map(recorded).collect()
}

/// Bytes of a database that holds these entries, beyond those of an empty one.
async fn bytes_as_rows(folder: &Path, entries: &[Recorded]) -> u64 {
    std::fs::create_dir(folder).expect("a folder");
    let mut sizes = [0; 2];
    for (size, entries) in sizes.iter_mut().zip([&entries[..0], entries]) {
        let path = folder.join(format!("{}.sqlite3", entries.len()));
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        let document = NewDocument {
            id: DOCUMENT,
            owner: UserId::LOCAL,
            name: "a session".to_owned(),
            language: None,
            line_ending: LineEnding::Lf,
            entries: Vec::new(),
            bytes: 0,
        };
        database.create(document).await.expect("created");
        let client = ClientId::from_bytes([1; 16]);
        database.register(Registration::local(DOCUMENT, client)).await.expect("registered");
        for entries in entries.chunks(1000) {
            let append = Append {
                document: DOCUMENT,
                epoch: Epoch::FIRST,
                access: AccessVersion::default(),
                expected_head: Revision::new(entries[0].revision().get() - 1),
                entries: entries.iter().map(|it| it.entry.clone()).collect(),
                text_bytes: 0,
            };
            database.append(append).await.expect("appended");
        }
        database.close().await;
        *size = std::fs::metadata(&path).expect("a file").len();
    }
    sizes[1] - sizes[0]
}

#[tokio::test]
async fn an_edit_of_a_recorded_session_takes_few_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut edits, mut rows, mut packed) = (0, 0, 0);
    println!("| session | edits | row, bytes an edit | packed, bytes an edit |");
    println!("|---|---|---|---|");
    for name in traces::SEQUENTIAL {
        let entries = Arc::new(recorded(name));
        let as_rows = bytes_as_rows(&folder.path().join(name), &entries).await;
        let segments = entries.chunks(RUN_ENTRIES).map(|run| {
            let bytes = segment::encode(run).expect("packed");
            assert_eq!(segment::decode(&bytes).as_deref(), Ok(run));
            bytes.len() as u64
        });
        let in_segments: u64 = segments.sum();
        let count = entries.len() as f64;
        println!(
            "| {name} | {} | {:.1} | {:.2} |",
            entries.len(),
            as_rows as f64 / count,
            in_segments as f64 / count
        );
        edits += entries.len() as u64;
        rows += as_rows;
        packed += in_segments;
    }
    let each = |bytes: u64| bytes as f64 / edits as f64;
    println!("| all | {edits} | {:.1} | {:.2} |", each(rows), each(packed));
    assert!(packed * 12 < rows, "{packed} bytes packed, {rows} as rows");
}
