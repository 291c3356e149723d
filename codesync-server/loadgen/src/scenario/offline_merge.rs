//! One person is away and types on; another types as much meanwhile. Then they meet.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::TextEdit;
use tokio::time::Instant;

use super::Setting;
use super::text_size::prose;
use crate::client::Client;
use crate::dice::Dice;
use crate::report::{Cell, Table};
use crate::rest;
use crate::sample::median;
use crate::server::Server;
use crate::tag;

/// The text that both edit.
const TEXT_BYTES: usize = 100_000;
/// Edits in one place before the next one, where people type in bursts.
const BURST: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);

const COLUMNS: &[&str] = &[
    "edits away",
    "edits of others",
    "kind",
    "server CPU ms",
    "until equal ms",
    "up bytes",
    "down bytes",
];

/// Runs it for edits all over the text and for edits in bursts.
///
/// # Errors
///
/// If the copies are not equal afterwards, or an edit is not in them once.
pub async fn run(setting: &Setting, edits: usize) -> Result<Table> {
    let mut table = Table::new("Offline merge: away with edits, back among others", COLUMNS);
    for (kind, burst) in [("scattered", 1), ("bursts", BURST)] {
        let mut merges = Vec::new();
        for round in 0..setting.rounds {
            let server = setting.server().await?;
            let dice = Dice::new(setting.seed, round as u64);
            let merge = one(&server, edits, burst, dice).await;
            merges.push(merge.with_context(|| format!("{kind} edits, round {}", round + 1))?);
        }
        let of = |figure: &dyn Fn(&Merge) -> Option<f64>| median(merges.iter().map(figure));
        table.row(vec![
            edits.into(),
            edits.into(),
            kind.into(),
            Cell::figure(of(&|it| Some(it.cpu?.as_secs_f64() * 1000.0)), 2),
            Cell::figure(of(&|it| Some(it.time.as_secs_f64() * 1000.0)), 2),
            Cell::figure(of(&|it| Some(it.up as f64)), 0),
            Cell::figure(of(&|it| Some(it.down as f64)), 0),
        ]);
    }
    table.note("Checked: both copies equal the server's text, and each edit is in it once.");
    table.note("Measured from the return to the network until both are equal.");
    Ok(table)
}

struct Merge {
    cpu: Option<Duration>,
    time: Duration,
    up: u64,
    down: u64,
}

async fn one(server: &Server, edits: usize, burst: usize, mut dice: Dice) -> Result<Merge> {
    let document = rest::create(server.address(), "merge", &prose(TEXT_BYTES)).await?;
    let mut away = Client::open(server.address(), document, 1);
    let mut other = Client::open(server.address(), document, 2);
    away.until_saved(PATIENCE).await?;
    other.until_saved(PATIENCE).await?;
    away.leave_network();
    let mut next = 0;
    for made in 0..edits {
        type_one(&mut away, made % burst, &mut dice, &mut next)?;
    }
    for made in 0..edits {
        type_one(&mut other, made % burst, &mut dice, &mut next)?;
        other.until_saved(PATIENCE).await?;
    }

    let (cpu, began) = (server.cpu(), Instant::now());
    let (up, down) = (away.traffic().up(), away.traffic().down());
    away.return_to_network();
    let deadline = began + PATIENCE;
    while !(away.is_saved() && away.text() == other.text()) {
        ensure!(Instant::now() < deadline, "the copies do not become equal");
        tokio::select! {
            () = away.step(deadline) => while away.next_event()?.is_some() {},
            () = other.step(deadline) => while other.next_event()?.is_some() {},
        }
    }
    let merge = Merge {
        cpu: server.cpu().zip(cpu).map(|(after, before)| after.saturating_sub(before)),
        time: began.elapsed(),
        up: away.traffic().up() - up,
        down: away.traffic().down() - down,
    };
    let text = rest::content(server.address(), document).await?;
    ensure!(away.text() == text.as_str(), "the copies are not the server's text");
    tag::check_once(&text, next, TEXT_BYTES)?;
    Ok(merge)
}

/// Types one letter: somewhere, or where the last one was.
fn type_one(client: &mut Client, in_burst: usize, dice: &mut Dice, next: &mut u32) -> Result<()> {
    let text = client.text();
    let last = next.checked_sub(1).filter(|_| in_burst > 0).map(tag::char_of);
    let place = match last {
        Some(last) => text.chars_from(0).position(|char| char == last).context("it is lost")? + 1,
        None => dice.below(text.len() + 1),
    };
    let letter = tag::char_of(*next).to_string();
    *next += 1;
    client.edit(&[TextEdit { range: place..place, text: letter }])
}
