//! One document that people at several servers write into at once: how often do servers collide?

use anyhow::{Context, Result, ensure};

use super::Setting;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::fleet::Fleet;
use crate::report::{Cell, Table};
use crate::sample::median;

/// Edits a second from everybody together, where people type by the clock.
const EDITS_PER_SECOND: f64 = 200.0;
const COLUMNS: &[&str] = &[
    "typing",
    "instances",
    "edits/s",
    "× one",
    "ack p50 ms",
    "ack p95 ms",
    "seen p50 ms",
    "seen p95 ms",
    "appends",
    "edits/append",
    "conflicts %",
    "CPU µs/edit",
    "generator %",
];

/// What was measured, and what the servers counted meanwhile.
struct Run {
    outcome: Outcome,
    appends: f64,
    /// Appends that met entries of another server.
    conflicts: f64,
}

/// Runs it for each number of instances, as fast as edits are saved and by the clock.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(setting: &Setting, instances: &[usize], people: usize) -> Result<Table> {
    let mut table = Table::new("Hot: one document, written through several instances", COLUMNS);
    let together = format!("{EDITS_PER_SECOND} a second");
    let paces =
        [(Pace::AsFastAsSaved, "as saved"), (Pace::Together(EDITS_PER_SECOND), together.as_str())];
    for (pace, typing) in paces {
        let plan = Plan {
            documents: 1,
            people,
            first_text: String::new(),
            pace,
            typing: setting.typing,
            seed: setting.seed,
        };
        let mut runs: Vec<Vec<Run>> = instances.iter().map(|_| Vec::new()).collect();
        for round in 0..setting.rounds {
            for (&count, runs) in instances.iter().zip(&mut runs) {
                let at = || format!("{count} instances, {typing}, round {}", round + 1);
                let fleet = setting.fleet(count).await.with_context(at)?;
                runs.push(one(&plan, &fleet).await.with_context(at)?);
            }
        }
        for (&count, of_count) in instances.iter().zip(&runs) {
            row(&mut table, typing, count, of_count, &runs[0]);
        }
    }
    table.note(format!(
        "{people} people, spread evenly. An append that another instance was faster than counts \
         as a conflict, and again as an append when it is tried anew."
    ));
    table.note(
        "Checked: all copies equal each other and every instance's text; each edit was \
         acknowledged once, is in the text once, was seen once by everybody else, and the \
         instances counted no more commits than that.",
    );
    Ok(table)
}

async fn one(plan: &Plan, fleet: &Fleet) -> Result<Run> {
    let outcome = crowd::run(plan, fleet).await?;
    let committed = fleet.metric("codesync_edits_committed_total").await?;
    // What is typed while an edit is on its way leaves with the next one, as one.
    ensure!(
        committed > 0.0 && committed <= outcome.edits as f64,
        "the instances say that they committed {committed} edits of {}",
        outcome.edits
    );
    Ok(Run {
        outcome,
        appends: fleet.metric("codesync_append_seconds_count").await?,
        conflicts: fleet.metric("codesync_append_conflicts_total").await?,
    })
}

fn row(table: &mut Table, typing: &str, instances: usize, runs: &[Run], with_first: &[Run]) {
    let of = |figure: &dyn Fn(&Run) -> Option<f64>| median(runs.iter().map(figure));
    let outcome = |figure: &dyn Fn(&Outcome) -> Option<f64>| of(&|run| figure(&run.outcome));
    let ratio = runs.iter().zip(with_first);
    let ratio = ratio.map(|(own, first)| {
        Some(own.outcome.edits_per_second() / first.outcome.edits_per_second())
    });
    table.row(vec![
        typing.into(),
        instances.into(),
        Cell::figure(outcome(&|it| Some(it.edits_per_second())), 0),
        Cell::figure(median(ratio), 2),
        Cell::figure(outcome(&|it| it.acknowledged.percentile_ms(50.0)), 2),
        Cell::figure(outcome(&|it| it.acknowledged.percentile_ms(95.0)), 2),
        Cell::figure(outcome(&|it| it.seen.percentile_ms(50.0)), 2),
        Cell::figure(outcome(&|it| it.seen.percentile_ms(95.0)), 2),
        Cell::figure(of(&|run| Some(run.appends)), 0),
        Cell::figure(of(&|run| Some(run.outcome.edits as f64 / run.appends)), 1),
        Cell::figure(of(&|run| Some(run.conflicts / run.appends * 100.0)), 1),
        Cell::figure(outcome(&Outcome::cpu_per_edit_us), 1),
        Cell::figure(outcome(&Outcome::generator_percent), 0),
    ]);
}
