//! A database of its own for each test, on the Postgres server that the tests were started with.

use codesync_server::db::{Database, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Names the server: `postgres://user@127.0.0.1:port/postgres`.
pub(crate) const VARIABLE: &str = "CODESYNC_TEST_POSTGRES";

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
    let server = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} names no Postgres server; cargo xtask test --only tests starts one")
    });
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    let name = format!("test_{:016x}", u64::from_le_bytes(bytes));
    let mut connection = PgConnection::connect(&server).await.expect("the server answers");
    let create = format!("create database {name}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await.expect("created");
    connection.close().await.expect("closed");
    let (place, _) = server.rsplit_once('/').expect("the URL names a database");
    format!("{place}/{name}")
}
