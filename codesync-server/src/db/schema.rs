//! The schema: one set of migrations for both engines, which only ever moves forward.
//!
//! Migrations are written in SQLite's words. Postgres has the same tables: `blob` is called `bytea`
//! there, `integer` (which SQLite stores in as many bits as it takes) `bigint`, and `strict` and
//! `without rowid` go without saying.
//!
//! A new release adds tables and columns and takes none away that the release before reads, so that
//! servers of both can run side by side while one replaces the other.

use sqlx::migrate::{Migration, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::db::engine::{Connection, values};
use crate::db::now_ms;
use crate::ids::UserId;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The newest version of the schema that this program knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The migrations in SQLite's words. A file that a newer release wrote is refused.
pub(crate) fn for_sqlite() -> &'static Migrator {
    &MIGRATIONS
}

/// The migrations in Postgres' words. Tables may be ahead: a newer release is taking over.
pub(crate) fn for_postgres() -> Migrator {
    let translated = MIGRATIONS.iter().map(|migration| {
        let sql = AssertSqlSafe(in_postgres(migration.sql.as_str())).into_sql_str();
        let Migration { version, description, migration_type, no_tx, .. } = migration.clone();
        Migration::new(version, description, migration_type, sql, no_tx)
    });
    let mut migrator = Migrator::with_migrations(translated.collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// What every database holds, whatever version it comes from: the machine's own user, who owns what
/// nobody else does.
pub(crate) async fn settle(connection: &mut Connection<'_>) -> Result<(), sqlx::Error> {
    let values = values![UserId::LOCAL, now_ms()];
    connection
        .execute(
            "insert into users (id, kind, name, created_at) values ($1, 'local', 'local', $2) on conflict (id) do nothing",
            values.clone(),
        )
        .await?;
    connection
        .execute(
            "insert into members (document, user_id, role, created_at) select id, $1, 'owner', $2 from documents where not exists (select 1 from members where members.document = documents.id)",
            values,
        )
        .await?;
    Ok(())
}

/// A migration as Postgres says it.
fn in_postgres(sql: &str) -> String {
    let words = sql.split_inclusive(|char: char| !char.is_alphanumeric() && char != '_');
    let translated: String = words
        .map(|word| {
            let name = word.trim_end_matches(|char: char| !char.is_alphanumeric() && char != '_');
            match name {
                "blob" => word.replacen("blob", "bytea", 1),
                "integer" => word.replacen("integer", "bigint", 1),
                _ => word.to_owned(),
            }
        })
        .collect();
    translated.replace(") strict, without rowid;", ");").replace(") strict;", ");")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_translated_and_names_are_not() {
        let sqlite = "create table t (\n    blob_size integer not null,\n    a blob check (length(a) = 16)\n) strict, without rowid;\ncreate table u (b integer) strict;";
        let postgres = "create table t (\n    blob_size bigint not null,\n    a bytea check (length(a) = 16)\n);\ncreate table u (b bigint);";
        assert_eq!(in_postgres(sqlite), postgres);
    }

    #[test]
    fn the_migrations_are_numbered_without_a_gap() {
        let versions: Vec<_> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=newest()).collect::<Vec<_>>());
    }
}
