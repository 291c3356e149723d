//! What the database holds in the end, read past all servers.

use anyhow::{Context, Result};
use bytes::Bytes;
use codesync_core::{Author, ClientId, DocumentId, Revision, Seq};
use sqlx::{Connection, PgConnection, Row as _};

/// An entry of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Logged {
    pub(crate) revision: Revision,
    pub(crate) author: Author,
    pub(crate) seq: Seq,
    pub(crate) operation: Bytes,
    /// Milliseconds since 1970, by the clock of this machine.
    pub(crate) committed_at: i64,
}

/// A client's row: whose it is, and what the servers take for his last commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    pub(crate) author: Author,
    pub(crate) client: ClientId,
    pub(crate) last_seq: Seq,
    pub(crate) last_revision: Revision,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) head: Revision,
    pub(crate) log: Vec<Logged>,
    pub(crate) clients: Vec<Row>,
}

pub(crate) async fn read(url: &str, document: DocumentId) -> Result<Truth> {
    let mut connection = PgConnection::connect(url).await?;
    let id = document.to_bytes().to_vec();
    let head: i64 = sqlx::query_scalar("select head from documents where id = $1")
        .bind(&id)
        .fetch_one(&mut connection)
        .await?;
    let clients = "select author, client, last_seq, last_revision from clients where document = $1";
    let rows = sqlx::query(clients).bind(&id).fetch_all(&mut connection).await?;
    let clients = rows.iter().map(client).collect::<Result<_>>()?;
    let log = after(&mut connection, document, Revision::ZERO).await?;
    Ok(Truth { head: Revision::new(head.cast_unsigned()), log, clients })
}

/// The entries after a revision, in their order.
pub(crate) async fn after(
    connection: &mut PgConnection,
    document: DocumentId,
    revision: Revision,
) -> Result<Vec<Logged>> {
    let entries = "select revision, author, seq, operation, committed_at from entries \
                   where document = $1 and revision > $2 order by revision";
    let rows = sqlx::query(entries)
        .bind(document.to_bytes().to_vec())
        .bind(revision.get().cast_signed())
        .fetch_all(connection)
        .await?;
    rows.iter().map(logged).collect()
}

fn logged(row: &sqlx::postgres::PgRow) -> Result<Logged> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
    Ok(Logged {
        revision: Revision::new(number("revision")?),
        author: Author::new(u32::try_from(number("author")?)?),
        seq: Seq::new(number("seq")?),
        operation: row.try_get::<Vec<u8>, _>("operation")?.into(),
        committed_at: row.try_get("committed_at")?,
    })
}

fn client(row: &sqlx::postgres::PgRow) -> Result<Row> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
    let id: Vec<u8> = row.try_get("client")?;
    Ok(Row {
        author: Author::new(u32::try_from(number("author")?)?),
        client: ClientId::from_bytes(id.try_into().ok().context("an id of another length")?),
        last_seq: Seq::new(number("last_seq")?),
        last_revision: Revision::new(number("last_revision")?),
    })
}
