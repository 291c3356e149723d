//! Does an edit cost more in a longer text?

use anyhow::{Context, Result};

use super::Setting;
use crate::crowd::{self, Outcome, Pace, Plan};
use crate::report::{Cell, Table};
use crate::sample::median;

const WRITERS: usize = 2;
const COLUMNS: &[&str] = &["text bytes", "edits/s", "CPU µs/edit", "× smallest", "ack p50 ms"];

/// Runs it for each length of text, the smallest first.
///
/// # Errors
///
/// If a run is not right.
pub async fn run(setting: &Setting, sizes: &[usize], edits_per_second: f64) -> Result<Table> {
    let mut table = Table::new("Text size: two writers in a short and a long text", COLUMNS);
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); sizes.len()];
    for round in 0..setting.rounds {
        for (&bytes, outcomes) in sizes.iter().zip(&mut outcomes) {
            let plan = Plan {
                documents: 1,
                people: WRITERS,
                first_text: prose(bytes),
                pace: Pace::Together(edits_per_second),
                typing: setting.typing,
                seed: setting.seed,
            };
            let server = setting.server().await?;
            let outcome = crowd::run(&plan, &server.into()).await;
            outcomes.push(outcome.with_context(|| format!("{bytes} bytes, round {}", round + 1))?);
        }
    }
    for (&bytes, of_size) in sizes.iter().zip(&outcomes) {
        let of = |figure: &dyn Fn(&Outcome) -> Option<f64>| median(of_size.iter().map(figure));
        let ratio = of_size.iter().zip(&outcomes[0]);
        let ratio =
            ratio.map(|(own, first)| Some(own.cpu_per_edit_us()? / first.cpu_per_edit_us()?));
        table.row(vec![
            bytes.into(),
            Cell::figure(of(&|it| Some(it.edits_per_second())), 0),
            Cell::figure(of(&Outcome::cpu_per_edit_us), 1),
            Cell::figure(median(ratio), 2),
            Cell::figure(of(&|it| it.acknowledged.percentile_ms(50.0)), 2),
        ]);
    }
    table.note("Checked as fan-out is.");
    Ok(table)
}

/// So many bytes of ASCII in lines.
#[must_use]
pub fn prose(bytes: usize) -> String {
    "the quick brown fox jumps over the lazy dog, once more\n".chars().cycle().take(bytes).collect()
}
