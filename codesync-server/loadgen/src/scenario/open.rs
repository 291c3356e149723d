//! Opening a long text with a long tail: what was edited since its newest snapshot.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::DocumentId;
use tokio::time::{Instant, sleep};

use super::Setting;
use super::text_size::prose;
use crate::client::Client;
use crate::fleet::Fleet;
use crate::report::{Cell, Table};
use crate::rest;
use crate::sample::Sample;
use crate::written::{Author, Pen};

const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether the snapshots are there.
const LOOK: Duration = Duration::from_millis(50);
const COLUMNS: &[&str] = &[
    "text bytes",
    "tail edits",
    "documents",
    "open p50 ms",
    "open p95 ms",
    "open p99 ms",
    "warm p50 ms",
    "server CPU ms/open",
];

/// Opens so many documents, each for the first time, with a tail of each length.
///
/// # Errors
///
/// If somebody does not get the text.
pub async fn run(
    setting: &Setting,
    text_bytes: usize,
    tails: &[usize],
    documents: usize,
) -> Result<Table> {
    let mut table = Table::new("Open: a long text with a tail, on Postgres and S3", COLUMNS);
    for &tail in tails {
        one(&mut table, setting, text_bytes, tail, documents)
            .await
            .with_context(|| format!("opening with a tail of {tail}"))?;
    }
    table.note(
        "Open: from dialling until the text is there, of a document that no server has open; warm: \
         of somebody who comes later.",
    );
    table.note("Checked: everybody has the text to which the log leads.");
    Ok(table)
}

async fn one(
    table: &mut Table,
    setting: &Setting,
    text_bytes: usize,
    tail: usize,
    documents: usize,
) -> Result<()> {
    let place = Arc::new(setting.services.place().await?);
    let text = prose(text_bytes);
    let ids = {
        let fleet = setting.fleet_at(place.clone(), 1).await?;
        with_snapshots(&fleet, &text, documents).await?
    };
    let log = place.database().await?;
    let mut expected = None;
    for id in &ids {
        let mut author = Author::new(&text, setting.seed);
        Pen::take(&log, *id).await?.write(&mut author, tail).await?;
        expected = Some(author.text());
    }
    log.close().await;
    let expected = expected.context("no document was asked for")?;

    let fleet = setting.fleet_at(place, 1).await?;
    // Who comes first pays for connections that a server at work has.
    rest::create(fleet.address(0), "first", "").await?;
    let before = fleet.cpu();
    let mut opened = Sample::default();
    for id in &ids {
        opened.add(join(&fleet, *id, 1, &expected).await?);
    }
    let cpu = fleet.cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
    let mut warm = Sample::default();
    let last = *ids.last().context("no document was asked for")?;
    for number in 0..documents as u64 {
        warm.add(join(&fleet, last, 2 + number, &expected).await?);
    }
    table.row(vec![
        text.len().into(),
        tail.into(),
        documents.into(),
        Cell::figure(opened.percentile_ms(50.0), 1),
        Cell::figure(opened.percentile_ms(95.0), 1),
        Cell::figure(opened.percentile_ms(99.0), 1),
        Cell::figure(warm.percentile_ms(50.0), 1),
        Cell::figure(cpu.map(|cpu| cpu.as_secs_f64() * 1000.0 / documents as f64), 1),
    ]);
    Ok(())
}

/// Makes documents and opens them, so that there is a snapshot of each.
async fn with_snapshots(fleet: &Fleet, text: &str, documents: usize) -> Result<Vec<DocumentId>> {
    let mut ids = Vec::with_capacity(documents);
    for number in 0..documents {
        let id = rest::create(fleet.address(0), &format!("tail {number}"), text).await?;
        Client::open(fleet.address(0), id, 1000).until_saved(PATIENCE).await?;
        ids.push(id);
    }
    let deadline = Instant::now() + PATIENCE;
    while fleet.metric("codesync_snapshot_seconds_count").await? < documents as f64 {
        ensure!(Instant::now() < deadline, "no snapshots are kept");
        sleep(LOOK).await;
    }
    let failed = fleet.metric("codesync_snapshot_failures_total").await?;
    ensure!(failed == 0.0, "{failed} snapshots could not be kept");
    Ok(ids)
}

/// Joins afresh: the time until the text is there.
async fn join(
    fleet: &Fleet,
    document: DocumentId,
    number: u64,
    text: &codesync_core::Text,
) -> Result<Duration> {
    let began = Instant::now();
    let mut client = Client::open(fleet.address(0), document, number);
    client.until_saved(PATIENCE).await?;
    let time = began.elapsed();
    ensure!(client.text() == *text, "who opened it has another text");
    Ok(time)
}
