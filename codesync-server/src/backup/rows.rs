//! Rows of any table as lines of JSON, and back.
//!
//! Columns are found in the database itself, so that a migration which adds one is kept without a
//! word here. Numbers and text are JSON's own, bytes are base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;

use crate::db::engine::{Connection, Row, Value, values};

/// Rows in one part of a file, and in one statement.
const ROWS_MAX: usize = 128;

/// A table that is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Its primary key.
    key: &'static [&'static str],
}

/// All tables that are kept, each after those that it refers to.
#[rustfmt::skip]
pub(super) static TABLES: [Table; 11] = [
    Table { name: "users", key: &["id"] },
    Table { name: "documents", key: &["id"] },
    Table { name: "clients", key: &["document", "author"] },
    Table { name: "entries", key: &["document", "revision"] },
    Table { name: "sessions", key: &["id"] },
    Table { name: "links", key: &["id"] },
    Table { name: "members", key: &["document", "user_id"] },
    Table { name: "versions", key: &["id"] },
    Table { name: "segments", key: &["document", "epoch", "first_revision"] },
    Table { name: "idempotency", key: &["user_id", "key"] },
    Table { name: "audit", key: &["id"] },
];

/// What a running server keeps for itself.
#[cfg(test)]
const LEFT_OUT: [&str; 2] = ["_sqlx_migrations", "probes"];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    name: String,
    kind: Kind,
}

/// Some rows of a table.
#[derive(Debug)]
pub(super) struct Page {
    columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// A line does not fit the table.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("there is no table {0}; the backup is of a newer release")]
    Table(String),
    #[error("table {table} has no column {column}; the backup is of a newer release")]
    Column { table: String, column: String },
    #[error("a row of table {table} cannot be read: {detail}")]
    Row { table: String, detail: String },
}

impl Table {
    pub(super) fn named(name: &str) -> Result<&'static Self, LineError> {
        let found = TABLES.iter().find(|table| table.name == name);
        found.ok_or_else(|| LineError::Table(name.to_owned()))
    }

    /// What the table consists of.
    pub(super) async fn columns(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<Column>, sqlx::Error> {
        let sql = match connection {
            Connection::Sqlite(_) => {
                "select name, type as kind from pragma_table_info($1) order by cid"
            }
            Connection::Postgres(_) => {
                "select column_name::text as name, data_type::text as kind from information_schema.columns where table_schema = current_schema() and table_name = $1 order by ordinal_position"
            }
        };
        let rows = connection.rows(sql, values![self.name]).await?;
        rows.iter()
            .map(|row| {
                let kind = match row.get::<String>("kind")?.to_lowercase().as_str() {
                    "integer" | "bigint" => Kind::Number,
                    "text" => Kind::Text,
                    "blob" | "bytea" => Kind::Bytes,
                    other => return Err(sqlx::Error::ColumnNotFound(other.to_owned())),
                };
                Ok(Column { name: row.get("name")?, kind })
            })
            .collect()
    }

    /// The rows after the one with this key, as many as a part holds.
    pub(super) async fn page(
        &self,
        connection: &mut Connection<'_>,
        columns: &[Column],
        after: Option<&[Value]>,
    ) -> Result<Page, sqlx::Error> {
        let key = self.key.join(", ");
        let after = after.unwrap_or_default();
        let place = match after.len() {
            0 => String::new(),
            count => format!(" where ({key}) > ({})", places(1, count)),
        };
        let (names, table) = (names(columns), self.name);
        let sql = format!("select {names} from {table}{place} order by {key} limit {ROWS_MAX}");
        let rows = connection.rows(AssertSqlSafe(sql), after.to_vec()).await?;
        Ok(Page { columns: columns.to_vec(), rows })
    }

    /// Puts back the rows of one part. How many there were.
    pub(super) async fn insert(
        &self,
        connection: &mut Connection<'_>,
        lines: &[u8],
    ) -> Result<Result<u64, LineError>, sqlx::Error> {
        let known = self.columns(connection).await?;
        let (columns, rows) = match parse(self.name, &known, lines) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(error)),
        };
        for rows in rows.chunks(ROWS_MAX) {
            let places: Vec<_> = (0..rows.len())
                .map(|row| format!("({})", places(1 + row * columns.len(), columns.len())))
                .collect();
            let (names, table) = (names(&columns), self.name);
            let sql = format!("insert into {table} ({names}) values {}", places.join(", "));
            connection.execute(AssertSqlSafe(sql), rows.concat()).await?;
        }
        Ok(Ok(rows.len() as u64))
    }
}

impl Page {
    /// The key of the last row, if there is one.
    pub(super) fn last_key(&self, table: &Table) -> Result<Option<Vec<Value>>, sqlx::Error> {
        let Some(row) = self.rows.last() else { return Ok(None) };
        let column = |name: &&str| self.columns.iter().find(|column| column.name == *name);
        let of_key = table.key.iter().filter_map(column);
        of_key.map(|column| value(row, column)).collect::<Result<_, _>>().map(Some)
    }

    /// The part of a file that holds these rows.
    pub(super) fn lines(&self) -> Result<Vec<u8>, sqlx::Error> {
        let names = self.columns.iter().map(|column| Json::from(column.name.as_str()));
        let mut lines = Json::Array(names.collect()).to_string();
        for row in &self.rows {
            lines.push('\n');
            let values = self.columns.iter().map(|column| value(row, column).map(json));
            lines.push_str(&Json::Array(values.collect::<Result<_, _>>()?).to_string());
        }
        lines.push('\n');
        Ok(lines.into_bytes())
    }
}

fn names(columns: &[Column]) -> String {
    // `key` is a word of SQL to some, and a column of ours.
    columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

/// `$1, $2, …`.
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

fn value(row: &Row, column: &Column) -> Result<Value, sqlx::Error> {
    let name = column.name.as_str();
    Ok(match column.kind {
        Kind::Number => Value::Number(row.get(name)?),
        Kind::Text => Value::Text(row.get(name)?),
        Kind::Bytes => Value::Bytes(row.get(name)?),
    })
}

fn json(value: Value) -> Json {
    match value {
        Value::Number(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => bytes.map(|bytes| BASE64.encode(bytes)).into(),
    }
}

type Parsed = (Vec<Column>, Vec<Vec<Value>>);

fn parse(table: &str, known: &[Column], lines: &[u8]) -> Result<Parsed, LineError> {
    let unread = |detail: String| LineError::Row { table: table.to_owned(), detail };
    let mut lines = serde_json::Deserializer::from_slice(lines).into_iter::<Json>();
    let names = match lines.next() {
        Some(Ok(Json::Array(names))) => names,
        other => return Err(unread(format!("{other:?} is no list of columns"))),
    };
    let columns: Vec<Column> = names
        .iter()
        .map(|name| {
            let name = name.as_str().unwrap_or_default();
            let found = known.iter().find(|column| column.name == name).cloned();
            let (table, column) = (table.to_owned(), name.to_owned());
            found.ok_or(LineError::Column { table, column })
        })
        .collect::<Result<_, _>>()?;
    let rows = lines
        .map(|line| match line {
            Ok(Json::Array(cells)) if cells.len() == columns.len() => {
                let cells = cells.into_iter().zip(&columns);
                let values = cells.map(|(cell, column)| parse_cell(cell, column.kind));
                let values: Option<Vec<_>> = values.collect();
                values.ok_or_else(|| unread("a value has another type than its column".to_owned()))
            }
            Ok(_) => Err(unread("it has another length than its columns".to_owned())),
            Err(error) => Err(unread(error.to_string())),
        })
        .collect::<Result<_, _>>()?;
    Ok((columns, rows))
}

fn parse_cell(cell: Json, kind: Kind) -> Option<Value> {
    Some(match (kind, cell) {
        (Kind::Number, Json::Null) => Value::Number(None),
        (Kind::Text, Json::Null) => Value::Text(None),
        (Kind::Bytes, Json::Null) => Value::Bytes(None),
        (Kind::Number, Json::Number(number)) => Value::Number(Some(number.as_i64()?)),
        (Kind::Text, Json::String(text)) => Value::Text(Some(text)),
        (Kind::Bytes, Json::String(text)) => Value::Bytes(Some(BASE64.decode(text).ok()?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Database, SqliteOptions};

    async fn database() -> (Database, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("test.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        (database, folder)
    }

    #[tokio::test]
    async fn every_table_is_kept_or_left_out_on_purpose() {
        let (database, _folder) = database().await;
        let mut reading = database.reading().await.expect("a connection");
        let mut connection = reading.connection();
        let sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
        let rows = connection.rows(sql, Vec::new()).await.expect("rows");
        let met: Vec<String> = rows.iter().map(|row| row.get("name").expect("a name")).collect();
        let mut named: Vec<_> = TABLES.iter().map(|table| table.name).chain(LEFT_OUT).collect();
        named.sort_unstable();
        assert_eq!(met, named);
        for table in &TABLES {
            let columns = table.columns(&mut connection).await.expect("columns");
            for key in table.key {
                assert!(columns.iter().any(|it| it.name == *key), "{} {key}", table.name);
            }
        }
        drop(reading);
        database.close().await;
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let known = [
            Column { name: "id".to_owned(), kind: Kind::Bytes },
            Column { name: "n".to_owned(), kind: Kind::Number },
        ];
        let parse = |lines: &str| parse("t", &known, lines.as_bytes());
        let (_, rows) = parse("[\"n\",\"id\"]\n[1,\"AQI=\"]\n[null,null]\n").expect("sound");
        assert_eq!(rows[0], [Value::Number(Some(1)), Value::Bytes(Some(vec![1, 2]))]);
        assert_eq!(rows[1], [Value::Number(None), Value::Bytes(None)]);
        assert!(matches!(parse("[\"other\"]\n"), Err(LineError::Column { .. })));
        for wrong in
            ["", "{}", "[\"n\"]\n[\"x\"]", "[\"n\"]\n[1,2]", "[\"n\"]\n[1", "[\"id\"]\n[\"*\"]"]
        {
            assert!(matches!(parse(wrong), Err(LineError::Row { .. })), "{wrong}");
        }
    }
}
