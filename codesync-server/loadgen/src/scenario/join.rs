//! Joining a document with a long past: bytes and time must follow its text.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::DocumentId;
use codesync_core::TextEdit;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Setting;
use super::text_size::prose;
use crate::client::Client;
use crate::dice::Dice;
use crate::report::{Cell, Table};
use crate::rest;
use crate::sample::{Sample, median};
use crate::server::Server;
use crate::tag;

/// Who make the past together. More of them make it faster.
const AUTHORS: usize = 16;
/// Of so many letters typed one stays.
const KEPT: u32 = 8;
/// How often the document is joined.
const JOINS: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

const COLUMNS: &[&str] = &[
    "text bytes",
    "revisions",
    "join bytes",
    "bytes over text",
    "× text",
    "join p50 ms",
    "join p95 ms",
    "cold join ms",
];

/// Runs it for each number of revisions on a first text of `text_bytes`.
///
/// # Errors
///
/// If somebody who joins does not get the text.
pub async fn run(setting: &Setting, text_bytes: usize, revisions: &[u64]) -> Result<Table> {
    let mut table = Table::new("Join: a long past behind a text", COLUMNS);
    for &revisions in revisions {
        let mut server = setting.server().await?;
        one(&mut table, setting, &mut server, text_bytes, revisions)
            .await
            .with_context(|| format!("joining after {revisions} revisions"))?;
    }
    table.note(
        "Checked: everybody who joined has the server's text, in which each kept edit is once.",
    );
    table.note("Bytes are all that the joining socket received, the HTTP upgrade included.");
    Ok(table)
}

async fn one(
    table: &mut Table,
    setting: &Setting,
    server: &mut Server,
    text_bytes: usize,
    revisions: u64,
) -> Result<()> {
    let document = rest::create(server.address(), "long past", &prose(text_bytes)).await?;
    let past = Past { server: &*server, document, seed: setting.seed };
    past.make(revisions, text_bytes).await?;
    let text = rest::content(server.address(), document).await?;
    let head = rest::revision(server.address(), document).await?;

    let (mut times, mut bytes) = (Sample::default(), Vec::new());
    for number in 0..JOINS {
        let (time, received) = join(server, document, 1000 + number, &text).await?;
        times.add(time);
        bytes.push(Some(received as f64));
    }
    let cold = if server.is_own() {
        server.kill().await?;
        server.restart().await?;
        Some(join(server, document, 2000, &text).await?.0.as_secs_f64() * 1000.0)
    } else {
        None
    };
    let bytes = median(bytes).unwrap_or_default();
    table.row(vec![
        text.len().into(),
        head.into(),
        Cell::figure(bytes, 0),
        Cell::figure(bytes - text.len() as f64, 0),
        Cell::figure(bytes / text.len() as f64, 3),
        Cell::figure(times.percentile_ms(50.0), 2),
        Cell::figure(times.percentile_ms(95.0), 2),
        Cell::figure(cold, 2),
    ]);
    Ok(())
}

/// Joins afresh: the time until the text is there, and the bytes it took.
async fn join(
    server: &Server,
    document: DocumentId,
    number: u64,
    text: &str,
) -> Result<(Duration, u64)> {
    let began = Instant::now();
    let mut client = Client::open(server.address(), document, number);
    client.until_saved(PATIENCE).await?;
    let time = began.elapsed();
    ensure!(client.text() == text, "who joined has another text");
    Ok((time, client.traffic().down()))
}

/// How a document comes to a long past and a short text: most of what is typed is taken back.
struct Past<'a> {
    server: &'a Server,
    document: DocumentId,
    seed: u64,
}

impl Past<'_> {
    async fn make(&self, revisions: u64, text_bytes: usize) -> Result<()> {
        let each = u32::try_from(revisions / AUTHORS as u64)?;
        let mut authors = JoinSet::new();
        for number in 0..AUTHORS {
            let client = Client::open(self.server.address(), self.document, number as u64 + 1);
            authors.spawn(write(client, number as u32, each, Dice::new(self.seed, number as u64)));
        }
        let mut typed = 0;
        while let Some(ended) = authors.join_next().await {
            typed = ended??.max(typed);
        }
        let text = rest::content(self.server.address(), self.document).await?;
        let mut kept = text.chars().filter_map(tag::number_of).collect::<Vec<_>>();
        let count = kept.len();
        kept.sort_unstable();
        kept.dedup();
        ensure!(kept.len() == count, "an edit is in the text twice");
        let letters =
            (0..AUTHORS as u32).map(|number| letters(number, each).count()).sum::<usize>();
        ensure!(count == letters, "{count} kept edits are in the text, not {letters}");
        ensure!(text.chars().count() == text_bytes + count, "something foreign is in the text");
        Ok(())
    }
}

/// The tags that an author leaves in the text after `edits` edits, of which every second one takes
/// back what the one before it typed, unless that is kept.
fn letters(author: u32, edits: u32) -> impl Iterator<Item = u32> {
    let (mut next, mut open, mut done) = (0, false, 0);
    std::iter::from_fn(move || {
        while done < edits {
            done += 1;
            if open {
                open = false;
                continue;
            }
            let tag = next * AUTHORS as u32 + author;
            next += 1;
            if next.is_multiple_of(KEPT) || done == edits {
                return Some(tag);
            }
            open = true;
        }
        None
    })
}

async fn write(mut client: Client, author: u32, edits: u32, mut dice: Dice) -> Result<u32> {
    client.until_saved(PATIENCE).await?;
    let (mut next, mut open): (u32, Option<char>) = (0, None);
    for done in 1..=edits {
        let text = client.text();
        let edit = match open.take() {
            Some(letter) => {
                let mut chars = text.chars_from(0);
                let place = chars.position(|char| char == letter);
                let place = place.context("a letter is lost")?;
                TextEdit { range: place..place + 1, text: String::new() }
            }
            None => {
                let letter = tag::char_of(next * AUTHORS as u32 + author);
                next += 1;
                let kept = next.is_multiple_of(KEPT) || done == edits;
                open = (!kept).then_some(letter);
                let place = dice.below(text.len() + 1);
                TextEdit { range: place..place, text: letter.to_string() }
            }
        };
        client.edit(&[edit])?;
        client.until_saved(PATIENCE).await?;
    }
    Ok(next)
}
