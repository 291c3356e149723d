//! Recorded editing sessions of real people; see `codesync-core/tests/traces/README.md`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The sequential traces kept in the repository.
pub const SEQUENTIAL: &[&str] = &[
    "clownschool_flat",
    "friendsforever_flat",
    "json-crdt-blog-post",
    "json-crdt-patch",
    "rustcode",
    "seph-blog1",
    "sveltecomponent",
];

/// The concurrent traces kept in the repository.
pub const CONCURRENT: &[&str] = &["clownschool", "friendsforever"];

/// One edit: at an offset in chars, delete so many chars and insert a text.
#[derive(Clone, Debug, Deserialize)]
pub struct Patch(pub usize, pub usize, pub String);

/// One person's session, or several people's flattened into one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sequential {
    /// The text before; empty in all of them.
    pub start_content: String,
    /// The text after.
    pub end_content: String,
    txns: Vec<SequentialTransaction>,
}

#[derive(Clone, Debug, Deserialize)]
struct SequentialTransaction {
    patches: Vec<Patch>,
}

impl Sequential {
    /// All edits in order, each on the text that the one before left.
    pub fn patches(&self) -> impl Iterator<Item = &Patch> {
        self.txns.iter().flat_map(|txn| &txn.patches)
    }
}

/// Several people's session as it happened: a graph of transactions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Concurrent {
    /// The text that every correct merge ends with.
    pub end_content: String,
    /// How many people there are.
    pub num_agents: usize,
    /// Transactions in an order in which parents stand before their children.
    pub txns: Vec<ConcurrentTransaction>,
}

/// One person's edits on the merge of its parents.
#[derive(Clone, Debug, Deserialize)]
pub struct ConcurrentTransaction {
    /// Indices of the transactions whose merge was edited; none for the empty text.
    pub parents: Vec<usize>,
    /// Who edited, from 0.
    pub agent: usize,
    /// The edits, each on the text that the one before left.
    pub patches: Vec<Patch>,
}

/// Loads a sequential trace by name.
///
/// # Panics
///
/// If there is no such trace, or it is not a trace.
#[must_use]
pub fn sequential(name: &str) -> Sequential {
    load("sequential", name)
}

/// Loads a concurrent trace by name.
///
/// # Panics
///
/// If there is no such trace, or it is not a trace.
#[must_use]
pub fn concurrent(name: &str) -> Concurrent {
    load("concurrent", name)
}

/// The names to run sequentially: those in the repository, and `automerge-paper` if
/// `CODESYNC_TRACES` names a folder that has it.
#[must_use]
pub fn sequential_names() -> Vec<&'static str> {
    const ELSEWHERE: &str = "automerge-paper";
    let elsewhere = std::env::var_os("CODESYNC_TRACES")
        .map(|folder| file(Path::new(&folder), "sequential", ELSEWHERE))
        .filter(|file| file.exists());
    SEQUENTIAL.iter().copied().chain(elsewhere.map(|_| ELSEWHERE)).collect()
}

fn load<T: DeserializeOwned>(kind: &str, name: &str) -> T {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let mut path = file(&here, kind, name);
    if let (false, Some(elsewhere)) = (path.exists(), std::env::var_os("CODESYNC_TRACES")) {
        path = file(Path::new(&elsewhere), kind, name);
    }
    let packed = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_reader(BufReader::new(GzDecoder::new(BufReader::new(packed))))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file(folder: &Path, kind: &str, name: &str) -> PathBuf {
    folder.join(kind).join(format!("{name}.json.gz"))
}
