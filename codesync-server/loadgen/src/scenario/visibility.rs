//! Many people in one document at several instances: how soon does everybody see an edit?

use anyhow::{Context, Result};

use super::Setting;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::report::{Cell, Table};
use crate::sample::median;

const COLUMNS: &[&str] = &[
    "typists",
    "instances",
    "edits/s",
    "ack p50 ms",
    "ack p95 ms",
    "seen p50 ms",
    "seen p95 ms",
    "seen p99 ms",
    "CPU µs/delivery",
    "generator %",
];

/// Runs it for each number of instances: `edits_per_second` from all people together.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(
    setting: &Setting,
    instances: &[usize],
    people: usize,
    edits_per_second: f64,
) -> Result<Table> {
    let mut table = Table::new("Visibility: one document, many typists, instances", COLUMNS);
    let plan = Plan {
        documents: 1,
        people,
        first_text: String::new(),
        pace: Pace::Together(edits_per_second),
        typing: setting.typing,
        seed: setting.seed,
    };
    for &count in instances {
        let mut outcomes = Vec::new();
        for round in 0..setting.rounds {
            let at = || format!("{count} instances, round {}", round + 1);
            let fleet = setting.fleet(count).await.with_context(at)?;
            outcomes.push(crowd::run(&plan, &fleet).await.with_context(at)?);
        }
        let of = |figure: &dyn Fn(&Outcome) -> Option<f64>| median(outcomes.iter().map(figure));
        table.row(vec![
            people.into(),
            count.into(),
            Cell::figure(of(&|it| Some(it.edits_per_second())), 0),
            Cell::figure(of(&|it| it.acknowledged.percentile_ms(50.0)), 2),
            Cell::figure(of(&|it| it.acknowledged.percentile_ms(95.0)), 2),
            Cell::figure(of(&|it| it.seen.percentile_ms(50.0)), 2),
            Cell::figure(of(&|it| it.seen.percentile_ms(95.0)), 2),
            Cell::figure(of(&|it| it.seen.percentile_ms(99.0)), 2),
            Cell::figure(of(&Outcome::cpu_per_delivery_us), 2),
            Cell::figure(of(&Outcome::generator_percent), 0),
        ]);
    }
    table.note("Checked as fan-out is, and the text of every instance is the same.");
    Ok(table)
}
