//! Many people who have a document open and do nothing: what memory do they cost?

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::Setting;
use crate::client::Client;
use crate::crowd::{Post, Stages};
use crate::report::{Cell, Table};
use crate::rest;
use crate::server::Server;

/// People at one document.
const PEOPLE: usize = 50;
/// People who come before memory is looked at first: whatever a first one costs is paid then.
const FIRST: usize = 50;
/// People who come at once.
const TOGETHER: usize = 100;
/// Nothing is typed; time for what joining caused to end.
const QUIET: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
const TEXT: &str = "An idle document.\n";

const COLUMNS: &[&str] = &[
    "connections",
    "documents",
    "RSS before MiB",
    "RSS after MiB",
    "KiB/connection",
    "idle CPU ms/s",
];

/// Runs it for each number of connections.
///
/// # Errors
///
/// If not all of them stay, or one has another text.
pub async fn run(setting: &Setting, connections: &[usize]) -> Result<Table> {
    let mut table = Table::new("Idle connections: fifty people at each document", COLUMNS);
    for &connections in connections {
        let server = setting.server().await?;
        one(&mut table, &server, connections)
            .await
            .with_context(|| format!("{connections} idle connections"))?;
    }
    table.note("Checked: the server still holds every connection, and all have the text.");
    Ok(table)
}

async fn one(table: &mut Table, server: &Server, connections: usize) -> Result<()> {
    let documents = connections.div_ceil(PEOPLE);
    let mut ids = Vec::with_capacity(documents);
    for number in 0..documents {
        ids.push(rest::create(server.address(), &format!("idle {number}"), TEXT).await?);
    }
    let mut stages = Stages::new();
    let mut before = None;
    for number in 0..connections {
        let client = Client::open(server.address(), ids[number / PEOPLE], number as u64);
        stages.spawn(live(client, stages.post()));
        if number + 1 == FIRST {
            stages.all_ready(FIRST, PATIENCE).await?;
            before = server.resident_bytes();
        } else if number >= FIRST && (number + 1 - FIRST).is_multiple_of(TOGETHER) {
            stages.all_ready(TOGETHER, PATIENCE).await.with_context(|| format!("{number} came"))?;
        }
    }
    let left = connections.saturating_sub(FIRST) % TOGETHER;
    stages.all_ready(left, PATIENCE).await?;
    tokio::time::sleep(QUIET).await;
    let cpu = server.cpu();
    tokio::time::sleep(QUIET).await;
    let cpu = server.cpu().zip(cpu).map(|(after, before)| after.saturating_sub(before));
    let after = server.resident_bytes();
    let held = rest::sockets(server.address()).await?;
    ensure!(held >= connections as u64, "the server holds {held} connections only");
    let people = stages.leave().await?;
    ensure!(people.iter().all(|text| text == TEXT), "somebody has another text");

    let mebibytes = |bytes: Option<u64>| Cell::figure(bytes.map(|it| it as f64 / 1048576.0), 1);
    let each = after.zip(before).map(|(after, before)| {
        after.saturating_sub(before) as f64 / 1024.0 / (connections - FIRST).max(1) as f64
    });
    table.row(vec![
        connections.into(),
        documents.into(),
        mebibytes(before),
        mebibytes(after),
        Cell::figure(each, 1),
        Cell::figure(cpu.map(|it| it.as_secs_f64() * 1000.0 / QUIET.as_secs_f64()), 1),
    ]);
    Ok(())
}

async fn live(mut client: Client, mut post: Post) -> Result<String> {
    client.until_saved(PATIENCE).await?;
    post.ready();
    let far = tokio::time::Instant::now() + 100 * PATIENCE;
    loop {
        tokio::select! {
            changed = post.stage.changed() => {
                changed?;
                return Ok(client.text().to_string());
            }
            () = client.step(far) => while client.next_event()?.is_some() {},
        }
    }
}
