//! One document, more and more people: what does an edit cost that reaches them all?

use anyhow::{Context, Result};

use super::Setting;
use crate::baseline;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::report::{Cell, Table};
use crate::sample::median;
use crate::server::{Program, Server};

const COLUMNS: &[&str] = &[
    "clients",
    "server",
    "edits/s",
    "ack p50 ms",
    "ack p95 ms",
    "ack p99 ms",
    "seen p50 ms",
    "seen p95 ms",
    "CPU µs/delivery",
    "× relay",
    "RSS MiB",
    "up B/edit",
    "down B/delivery",
    "generator %",
];

/// Runs it for each number of people: `edits_per_second` from all of them together.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(setting: &Setting, clients: &[usize], edits_per_second: f64) -> Result<Table> {
    let mut table = Table::new("Fan-out: one document, many people", COLUMNS);
    for &people in clients {
        let plan = Plan {
            documents: 1,
            people,
            first_text: String::new(),
            pace: Pace::Together(edits_per_second),
            typing: setting.typing,
            seed: setting.seed,
        };
        let (mut durable, mut in_memory, mut relayed) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..setting.rounds {
            let at = || format!("fan-out to {people}, round {}", round + 1);
            let server = setting.server().await?;
            let outcome = crowd::run(&plan, &server.into()).await.with_context(at)?;
            let frames = baseline::Plan {
                people,
                frames_per_second: edits_per_second,
                frame_bytes: outcome.frame_bytes(),
                typing: setting.typing,
            };
            durable.push(outcome);
            if let Some(server) = setting.in_memory().await? {
                in_memory.push(crowd::run(&plan, &server.into()).await.with_context(at)?);
            }
            let relay = Server::start(Program::Relay, setting.cores).await?;
            relayed.push(baseline::run(frames, &relay.into()).await.with_context(at)?);
        }
        row(&mut table, people, "SQLite log", &durable, &relayed);
        if !in_memory.is_empty() {
            row(&mut table, people, "memory log", &in_memory, &relayed);
        }
        row(&mut table, people, "bare relay", &relayed, &relayed);
    }
    table.note(
        "Checked: all copies equal each other and the server's text; each edit was acknowledged \
         once, is in the text once, and was seen once by everybody else.",
    );
    table.note("The relay carries frames of the same size at the same rate, and passed on each.");
    Ok(table)
}

fn row(table: &mut Table, people: usize, name: &str, outcomes: &[Outcome], relayed: &[Outcome]) {
    let of = |figure: &dyn Fn(&Outcome) -> Option<f64>| median(outcomes.iter().map(figure));
    let ratio = outcomes
        .iter()
        .zip(relayed)
        .map(|(own, relay)| Some(own.cpu_per_delivery_us()? / relay.cpu_per_delivery_us()?));
    table.row(vec![
        people.into(),
        name.into(),
        Cell::figure(of(&|it| Some(it.edits_per_second())), 0),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(50.0)), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(95.0)), 2),
        Cell::figure(of(&|it| it.acknowledged.percentile_ms(99.0)), 2),
        Cell::figure(of(&|it| it.seen.percentile_ms(50.0)), 2),
        Cell::figure(of(&|it| it.seen.percentile_ms(95.0)), 2),
        Cell::figure(of(&Outcome::cpu_per_delivery_us), 2),
        Cell::figure(median(ratio), 2),
        Cell::figure(of(&|it| Some(it.resident_bytes? as f64 / (1 << 20) as f64)), 1),
        Cell::figure(of(&|it| Some(it.up as f64 / it.edits as f64)), 1),
        Cell::figure(of(&|it| Some(it.down as f64 / it.deliveries as f64)), 1),
        Cell::figure(of(&Outcome::generator_percent), 0),
    ]);
}
