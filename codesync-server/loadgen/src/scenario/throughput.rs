//! Many documents, two people at each, typing as fast as they are answered.

use anyhow::{Context, Result};

use super::Setting;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::machine;
use crate::report::{Cell, Table};
use crate::sample::{Sample, median};

/// People at each document.
const WRITERS: usize = 2;
const COLUMNS: &[&str] = &[
    "documents",
    "server",
    "edits/s",
    "× memory",
    "ack p50 ms",
    "ack p95 ms",
    "ack p99 ms",
    "disk sync p50 ms",
    "CPU µs/edit",
    "RSS MiB",
    "generator %",
];

/// Runs it for each number of documents.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(setting: &Setting, documents: &[usize]) -> Result<Table> {
    let mut table = Table::new("Throughput: two writers at each document", COLUMNS);
    for &documents in documents {
        let plan = Plan {
            documents,
            people: WRITERS,
            first_text: String::new(),
            pace: Pace::AsFastAsSaved,
            typing: setting.typing,
            seed: setting.seed,
        };
        let (mut durable, mut in_memory, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..setting.rounds {
            let at = || format!("throughput of {documents} documents, round {}", round + 1);
            let server = setting.server().await?;
            let disk: Sample = machine::disk_syncs(server.folder())?.into_iter().collect();
            syncs.push(disk.percentile_ms(50.0));
            durable.push(crowd::run(&plan, &server.into()).await.with_context(at)?);
            if let Some(server) = setting.in_memory().await? {
                in_memory.push(crowd::run(&plan, &server.into()).await.with_context(at)?);
            }
        }
        let sync = median(syncs);
        row(&mut table, documents, "SQLite log", &durable, &in_memory, sync);
        if !in_memory.is_empty() {
            row(&mut table, documents, "memory log", &in_memory, &in_memory, None);
        }
    }
    table.note(
        "Checked: all copies equal each other and the server's text; each edit was acknowledged \
         once, is in the text once, and was seen once by the other writer.",
    );
    Ok(table)
}

fn row(
    table: &mut Table,
    documents: usize,
    name: &str,
    outcomes: &[Outcome],
    in_memory: &[Outcome],
    sync: Option<f64>,
) {
    let of = |figure: &dyn Fn(&Outcome) -> Option<f64>| median(outcomes.iter().map(figure));
    let ratio = outcomes.iter().zip(in_memory);
    let ratio = ratio.map(|(own, memory)| Some(own.edits_per_second() / memory.edits_per_second()));
    table.row(vec![
        documents.into(),
        name.into(),
        Cell::figure(of(&|it| Some(it.edits_per_second())), 0),
        Cell::figure(median(ratio), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(50.0)), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(95.0)), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(99.0)), 2),
        Cell::figure(sync, 2),
        Cell::figure(of(&Outcome::cpu_per_edit_us), 1),
        Cell::figure(of(&|it| Some(it.resident_bytes? as f64 / (1 << 20) as f64)), 1),
        Cell::figure(of(&Outcome::generator_percent), 0),
    ]);
}
