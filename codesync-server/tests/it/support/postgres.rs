//! A database of its own for each test, on the Postgres server that the tests share.

use codesync_server::db::{Database, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// An empty database with the schema in it.
pub(crate) async fn database() -> Database {
    Database::connect(options().await).await.expect("connected")
}

/// How an empty database with the schema in it is reached.
pub(crate) async fn options() -> PostgresOptions {
    let options = PostgresOptions::from_url(&url().await).expect("a URL");
    Database::migrate(&options).await.expect("migrated");
    options
}

/// The address of a database without anything in it.
pub(crate) async fn url() -> String {
    let server = codesync_testing::postgres_url();
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    let name = format!("test_{:016x}", u64::from_le_bytes(bytes));
    let mut connection = PgConnection::connect(server).await.expect("the server answers");
    let create = format!("create database {name}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.expect("created");
    connection.close().await.expect("closed");
    let (place, _) = server.rsplit_once('/').expect("the URL names a database");
    format!("{place}/{name}")
}
