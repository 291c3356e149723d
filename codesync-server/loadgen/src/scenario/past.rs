//! A document with very many edits: how long does the text of any of its revisions take?

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::{DocumentId, Revision, Text};
use codesync_server::oplog::OpLog;
use codesync_server::oplog::archive::ArchivedLog;
use codesync_server::snapshots::{SnapshotKey, SnapshotStore};
use tokio::time::Instant;

use super::Setting;
use super::text_size::prose;
use crate::dice::Dice;
use crate::report::{Cell, Table};
use crate::rest;
use crate::sample::Sample;
use crate::written::{Author, Pen};

const TEXT_BYTES: usize = 80_000;
/// Revisions that are read, spread over the past by chance.
const READS: usize = 40;
const COLUMNS: &[&str] =
    &["edits", "a snapshot each", "read p50 ms", "read p95 ms", "slowest ms", "server CPU ms/read"];

/// Reads revisions of documents with so many edits, of which every `kept`th has a snapshot.
///
/// # Errors
///
/// If a text is not the one to which the log leads.
pub async fn run(setting: &Setting, edits: &[usize], kept: usize) -> Result<Table> {
    let mut table = Table::new("Past: any revision of a document with many edits", COLUMNS);
    for &edits in edits {
        one(&mut table, setting, edits, kept)
            .await
            .with_context(|| format!("the past of {edits} edits"))?;
    }
    table.note("Read with GET …/content?revision=…, from the log in Postgres and segments in S3.");
    table.note("Checked: each text is the one to which the log leads.");
    Ok(table)
}

async fn one(table: &mut Table, setting: &Setting, edits: usize, kept: usize) -> Result<()> {
    let place = Arc::new(setting.services.place().await?);
    let text = prose(TEXT_BYTES);
    let document = {
        let fleet = setting.fleet_at(place.clone(), 1).await?;
        rest::create(fleet.address(0), "past", &text).await?
    };
    let past = {
        let (database, snapshots) = (place.database().await?, Arc::new(place.snapshots().await));
        let log = ArchivedLog::new(database.clone(), snapshots.clone());
        let past = write(&log, snapshots.as_ref(), document, setting.seed, edits, kept).await?;
        database.close().await;
        past
    };

    let fleet = setting.fleet_at(place, 1).await?;
    rest::create(fleet.address(0), "first", "").await?;
    let (mut taken, before) = (Sample::default(), fleet.cpu());
    for (revision, text) in &past {
        let began = Instant::now();
        let read = rest::content_at(fleet.address(0), document, revision.get()).await?;
        taken.add(began.elapsed());
        ensure!(*text == read.as_str(), "revision {revision} has another text");
    }
    let cpu = fleet.cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
    let cpu = cpu.unwrap_or(Duration::ZERO).as_secs_f64() * 1000.0 / past.len() as f64;
    table.row(vec![
        edits.into(),
        kept.into(),
        Cell::figure(taken.percentile_ms(50.0), 1),
        Cell::figure(taken.percentile_ms(95.0), 1),
        Cell::figure(taken.percentile_ms(100.0), 1),
        Cell::figure(cpu, 1),
    ]);
    Ok(())
}

/// Writes the past, with snapshots and segments as servers leave them behind; answers with the texts
/// of some revisions.
async fn write(
    log: &dyn OpLog,
    snapshots: &dyn SnapshotStore,
    document: DocumentId,
    seed: u64,
    edits: usize,
    kept: usize,
) -> Result<Vec<(Revision, Text)>> {
    let mut dice = Dice::new(seed, 1);
    let mut stops: Vec<(usize, bool)> = (0..READS).map(|_| (dice.below(edits), true)).collect();
    stops.extend((1..=edits / kept).map(|number| (number * kept, false)));
    stops.sort_unstable();
    let mut pen = Pen::take(log, document).await?;
    let mut author = Author::new(&prose(TEXT_BYTES), seed);
    let (mut past, mut at) = (Vec::new(), 0);
    for (stop, is_read) in stops {
        pen.write(&mut author, stop - at).await?;
        at = stop;
        if is_read {
            past.push((pen.head(), author.text()));
            continue;
        }
        let content: bytes::Bytes = author.text().to_string().into();
        let head = log.heads(&[document]).await?.pop().context("the document is gone")?;
        let key = SnapshotKey::of(document, head.epoch, pen.head(), &content);
        snapshots.put(&key, content).await?;
        log.compact(document, head.epoch, pen.head()).await?;
    }
    pen.write(&mut author, edits - at).await?;
    Ok(past)
}
