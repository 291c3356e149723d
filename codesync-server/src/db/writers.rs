//! Who wrote: from the author numbers of a document's log to people.
//!
//! A client belongs to a user, and a user has a name. On a server without accounts everybody is the
//! machine's own user, and the name is the one that the client came under. Of somebody whose
//! account is gone nothing is told but that he was here.

use std::collections::BTreeMap;

use codesync_core::{Author, DocumentId};
use sqlx::AssertSqlSafe;

use crate::db::Database;
use crate::db::engine::{Row, Value, values};
use crate::ids::UserId;
use crate::oplog::LogError;

const CREATOR: &str = "select documents.created_by as user_id, cast(null as text) as person, users.kind, users.name, users.deleted_at from documents left join users on users.id = documents.created_by where documents.id = $1";

/// Authors or users asked for in one statement.
const ASKED_MAX: usize = 256;

/// Somebody who wrote, as others may see him.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Person {
    /// The server, which imported a text when it was not yet noted for whom.
    Server,
    /// Somebody with an account, or a guest.
    User { id: UserId, name: String },
    /// Somebody at the machine of a server without accounts, under the name that he gave.
    Local { name: String },
    /// Somebody whose account is gone.
    Former,
}

impl Database {
    /// Who these authors of a document are. Whoever is unknown is left out.
    pub async fn writers(
        &self,
        document: DocumentId,
        authors: &[Author],
    ) -> Result<BTreeMap<Author, Person>, LogError> {
        let people = async {
            let mut people = BTreeMap::new();
            let mut reading = self.reading().await?;
            if authors.contains(&Author::ZERO) {
                // What nobody typed came with whoever made the document.
                let row = reading.connection().row(CREATOR, values![document]).await?;
                let creator = row.map(|row| creator(&row)).transpose()?;
                people.insert(Author::ZERO, creator.unwrap_or(Person::Server));
            }
            for authors in authors.chunks(ASKED_MAX) {
                let places: Vec<_> = (2..=authors.len() + 1).map(|n| format!("${n}")).collect();
                let sql = format!(
                    "select author, clients.person, clients.user_id, users.kind, users.name, users.deleted_at from clients left join users on users.id = clients.user_id where document = $1 and author in ({})",
                    places.join(", ")
                );
                let asked = authors.iter().map(|author| Value::from(author.get()));
                let values = values![document].into_iter().chain(asked).collect();
                for row in reading.connection().rows(AssertSqlSafe(sql), values).await? {
                    people.insert(Author::new(row.small("author")?), person(&row)?);
                }
            }
            Ok(people)
        };
        self.bounded(people).await
    }

    /// Who these users are. Whoever is unknown is left out.
    pub async fn users_by_id(
        &self,
        users: &[UserId],
    ) -> Result<BTreeMap<UserId, Person>, LogError> {
        let people = async {
            let mut people = BTreeMap::new();
            let mut reading = self.reading().await?;
            for users in users.chunks(ASKED_MAX) {
                let places: Vec<_> = (1..=users.len()).map(|n| format!("${n}")).collect();
                let sql = format!(
                    "select id as user_id, kind, name, deleted_at, cast(null as text) as person from users where id in ({})",
                    places.join(", ")
                );
                let values = users.iter().copied().map(Value::from).collect();
                for row in reading.connection().rows(AssertSqlSafe(sql), values).await? {
                    people.insert(UserId::from_bytes(row.fixed("user_id")?), person(&row)?);
                }
            }
            Ok(people)
        };
        self.bounded(people).await
    }
}

fn creator(row: &Row) -> Result<Person, sqlx::Error> {
    match row.fixed_if_any::<16>("user_id")? {
        Some(_) => person(row),
        None => Ok(Person::Server),
    }
}

fn person(row: &Row) -> Result<Person, sqlx::Error> {
    let name = || Ok::<_, sqlx::Error>(row.get::<Option<String>>("person")?.unwrap_or_default());
    let Some(id) = row.fixed_if_any("user_id")?.map(UserId::from_bytes) else {
        // A client from before there were accounts.
        return Ok(Person::Local { name: name()? });
    };
    let kind = row.get::<Option<String>>("kind")?;
    let gone = row.get::<Option<i64>>("deleted_at")?.is_some();
    Ok(match (kind.as_deref(), row.get::<Option<String>>("name")?) {
        (None, _) | (_, None) => Person::Former,
        _ if gone => Person::Former,
        (Some("local"), _) => Person::Local { name: name()? },
        (Some(_), Some(name)) => Person::User { id, name },
    })
}
