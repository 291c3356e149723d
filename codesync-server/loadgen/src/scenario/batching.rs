//! Many documents on Postgres, and beside it one commit for each operation on the same database.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Setting;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::one_commit;
use crate::report::{Cell, Table};
use crate::sample::median;

/// People at each document.
const WRITERS: usize = 2;
const COLUMNS: &[&str] = &[
    "documents",
    "writes",
    "edits/s",
    "× one commit",
    "ack p50 ms",
    "ack p95 ms",
    "CPU µs/edit",
    "of it the database's",
    "× one commit's CPU",
    "generator %",
];

/// Runs it for each number of documents.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(setting: &Setting, documents: &[usize]) -> Result<Table> {
    let mut table = Table::new("Batching: two writers at each document, on Postgres", COLUMNS);
    for &documents in documents {
        let plan = Plan {
            documents,
            people: WRITERS,
            first_text: String::new(),
            pace: Pace::AsFastAsSaved,
            typing: setting.typing,
            seed: setting.seed,
        };
        let (mut batched, mut single) = (Vec::new(), Vec::new());
        for round in 0..setting.rounds {
            let at = || format!("{documents} documents on Postgres, round {}", round + 1);
            let fleet = setting.fleet(1).await.with_context(at)?;
            batched.push(crowd::run(&plan, &fleet).await.with_context(at)?);
            drop(fleet);
            let place = Arc::new(setting.services.place().await.with_context(at)?);
            single.push(one_commit::run(&plan, setting, place).await.with_context(at)?);
        }
        row(&mut table, documents, "server", &batched, &single);
        row(&mut table, documents, "one commit each", &single, &single);
    }
    table.note(
        "One commit each: one statement that moves head and author and inserts the entry, over \
         16 connections, without sockets, transforming or waiting for each other. Its CPU is the \
         generator's own.",
    );
    table.note("Checked as throughput is; a server finds each single commit in the text once.");
    Ok(table)
}

/// Processor time for an edit with the database's, in microseconds.
fn cpu_us(outcome: &Outcome) -> Option<f64> {
    let cpu: Duration = outcome.server_cpu? + outcome.database_cpu?;
    Some(cpu.as_secs_f64() * 1e6 / outcome.edits as f64)
}

fn row(table: &mut Table, documents: usize, name: &str, own: &[Outcome], single: &[Outcome]) {
    let of = |figure: &dyn Fn(&Outcome) -> Option<f64>| median(own.iter().map(figure));
    let against = |figure: &dyn Fn(&Outcome) -> Option<f64>| {
        let ratio = |(own, single): (&Outcome, &Outcome)| Some(figure(own)? / figure(single)?);
        median(own.iter().zip(single).map(ratio))
    };
    let rate = |it: &Outcome| Some(it.edits_per_second());
    table.row(vec![
        documents.into(),
        name.into(),
        Cell::figure(of(&rate), 0),
        Cell::figure(against(&rate), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(50.0)), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(95.0)), 2),
        Cell::figure(of(&cpu_us), 1),
        Cell::figure(of(&|it| Some(it.database_cpu?.as_secs_f64() * 1e6 / it.edits as f64)), 1),
        Cell::figure(against(&cpu_us), 2),
        Cell::figure(of(&Outcome::generator_percent), 0),
    ]);
}
