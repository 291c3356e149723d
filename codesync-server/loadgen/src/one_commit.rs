//! What a server would do that does not gather edits: each operation is a commit of its own.
//!
//! It writes into the server's own tables, by one statement each, and leaves everything else away:
//! no socket, no transforming, and no two connections that want the same document. So it is as fast
//! as a plain server on this database could ever be.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::{Author, ClientId, DocumentId, LineEnding, Operation};
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::ids::UserId;
use codesync_server::oplog::{OpLog, Registration};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::crowd::{Outcome, Plan};
use crate::machine;
use crate::rest;
use crate::sample::Sample;
use crate::scenario::Setting;
use crate::services::Place;
use crate::tag;

/// Connections at work, as many as a server has for everything but appending.
const CONNECTIONS: usize = 16;

const COMMIT: &str = "
with moved as (
    update documents set head = head + 1, bytes = $3,
        updated_at = case when updated_at <= $4 - 1000 then $4 else updated_at end
    where id = $1 and head = $2 returning id
), advanced as (
    update clients set last_seq = $6, last_revision = $2 + 1
    from moved where clients.document = moved.id and clients.author = $5
)
insert into entries (document, revision, author, seq, operation, base_length, committed_at)
select id, $2 + 1, $5, $6, $7, $8, $4 from moved";

/// One document, and what is in it.
struct Page {
    document: DocumentId,
    authors: Vec<Author>,
    edits: u32,
}

/// Commits as fast as it goes, for as long and at as many documents as the plan says.
///
/// # Errors
///
/// If an edit is not in its document's text once afterwards.
pub async fn run(plan: &Plan, setting: &Setting, place: Arc<Place>) -> Result<Outcome> {
    let mut shares: Vec<Vec<Page>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    let database = place.database().await?;
    for number in 0..plan.documents {
        shares[number % CONNECTIONS].push(page(&database, number, plan.people).await?);
    }
    let mut connections = Vec::new();
    for share in shares.into_iter().filter(|share| !share.is_empty()) {
        connections.push((PgConnection::connect(place.database_url().as_str()).await?, share));
    }

    let own = std::process::id();
    let used = || (machine::cpu(own), place.postmaster().and_then(machine::family_cpu));
    let (before, began) = (used(), Instant::now());
    let mut work = JoinSet::new();
    for (connection, share) in connections {
        work.spawn(write(connection, share, began + plan.typing));
    }
    let mut outcome = Outcome::default();
    let mut pages = Vec::new();
    while let Some(done) = work.join_next().await {
        let (share, taken) = done??;
        pages.extend(share);
        outcome.acknowledged.merge(&taken);
    }
    outcome.wall = began.elapsed();
    let after = used();
    outcome.server_cpu = since(after.0, before.0);
    outcome.generator_cpu = outcome.server_cpu;
    outcome.database_cpu = since(after.1, before.1);
    outcome.edits = pages.iter().map(|page| u64::from(page.edits)).sum();

    database.close().await;
    let fleet = setting.fleet_at(place, 1).await?;
    for page in pages {
        let text = rest::content(fleet.address(0), page.document).await?;
        tag::check_once(&text, page.edits, 0).with_context(|| page.document.to_string())?;
    }
    Ok(outcome)
}

async fn page(database: &(impl Documents + OpLog), number: usize, people: usize) -> Result<Page> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).context("the system gives no random numbers")?;
    let document = DocumentId::from_bytes(id);
    let new = NewDocument {
        id: document,
        owner: UserId::LOCAL,
        name: format!("page {number}"),
        language: None,
        line_ending: LineEnding::Lf,
        entries: Vec::new(),
        bytes: 0,
    };
    database.create(new).await?;
    let mut authors = Vec::new();
    for person in 0..people {
        let client = ClientId::from_bytes([u8::try_from(person + 1)?; 16]);
        authors.push(database.register(Registration::local(document, client)).await?.author);
    }
    Ok(Page { document, authors, edits: 0 })
}

/// Lets everybody at these documents write in turn, always at the end.
async fn write(
    mut connection: PgConnection,
    mut pages: Vec<Page>,
    until: Instant,
) -> Result<(Vec<Page>, Sample)> {
    let mut taken = Sample::default();
    'all: for turn in 0.. {
        for page in &mut pages {
            if Instant::now() >= until {
                break 'all;
            }
            let began = Instant::now();
            commit(&mut connection, page, turn).await?;
            taken.add(began.elapsed());
        }
    }
    connection.close().await?;
    Ok((pages, taken))
}

async fn commit(connection: &mut PgConnection, page: &mut Page, turn: usize) -> Result<()> {
    let length = page.edits as usize;
    let letter = tag::char_of(page.edits).to_string();
    let operation = Operation::replace(length, length..length, &letter).encode();
    let author = page.authors[turn % page.authors.len()];
    let seq = i64::try_from(turn / page.authors.len() + 1)?;
    let written = sqlx::query(COMMIT)
        .bind(page.document.to_bytes().to_vec())
        .bind(i64::from(page.edits))
        .bind(i64::try_from(3 * (length + 1))?)
        .bind(now_ms())
        .bind(i64::from(author.get()))
        .bind(seq)
        .bind(operation)
        .bind(i64::try_from(length)?)
        .execute(connection)
        .await?;
    ensure!(written.rows_affected() == 1, "an operation was not written");
    page.edits += 1;
    Ok(())
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

fn since(after: Option<Duration>, before: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}
