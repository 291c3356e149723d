//! The table `sessions`: logins, from which their users can be logged out one by one.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;

use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, Value, values};
use crate::db::users::{self, UserKind};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::{SessionId, UserId};
use crate::oplog::{LogError, places};
use crate::tokens::keys::Keys;
use crate::tokens::refresh::{
    Exchanges, IDLE_MAX, Presented, RefreshHash, RefreshToken, SESSION_LIFE,
};

/// Sessions that a user has at once; beyond it the one that was not used for longest ends.
pub const SESSIONS_MAX: u32 = 100;
/// Bytes that are kept of what a client says it is.
const AGENT_BYTES_MAX: usize = 256;
/// Sessions asked for in one statement.
const ASKED_MAX: usize = 512;

/// A condition that holds of sessions which still let somebody in. `$1` is now, `$2` the moment
/// before which idle ones have ended.
const IS_LIVE: &str = "sessions.ended_at is null and sessions.expires_at > $1 and sessions.used_at > $2 and users.disabled_at is null and users.deleted_at is null";

/// A login as its user sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionRecord {
    pub id: SessionId,
    /// What the client said it is.
    pub agent: String,
    pub address: String,
    /// Milliseconds since 1970, as all times here.
    pub created_at: i64,
    pub used_at: i64,
    pub expires_at: i64,
}

/// What a live session says about whoever shows its token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LiveSession {
    pub user: UserId,
    pub kind: UserKind,
    pub name: String,
    pub generation: u64,
    pub confirmed: bool,
}

fn is_live_at(now: i64) -> [Value; 2] {
    [now.into(), (now - milliseconds(IDLE_MAX)).into()]
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Database {
    /// What a session says, as long as it lets somebody in.
    pub async fn live_session(&self, id: SessionId) -> Result<Option<LiveSession>, LogError> {
        let sql = format!(
            "select users.id, users.kind, users.name, sessions.generation, sessions.confirmed from sessions join users on users.id = sessions.user_id where {IS_LIVE} and sessions.id = $3"
        );
        let mut values = is_live_at(now_ms()).to_vec();
        values.push(id.into());
        let found = async {
            let mut reading = self.reading().await?;
            let row = reading.connection().row(AssertSqlSafe(sql), values).await?;
            row.as_ref().map(live).transpose()
        };
        self.bounded(found).await
    }

    /// Which of these sessions let somebody in.
    pub async fn live_sessions(&self, ids: &[SessionId]) -> Result<Vec<SessionId>, LogError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ASKED_MAX) {
            // The places of the ids come first; two more follow for the times.
            let sql = format!(
                "select sessions.id from sessions join users on users.id = sessions.user_id where sessions.id in ({}) and {}",
                places(ids.len()),
                IS_LIVE
                    .replace("$1", &format!("${}", ids.len() + 1))
                    .replace("$2", &format!("${}", ids.len() + 2)),
            );
            let mut values: Vec<Value> = ids.iter().copied().map(Value::from).collect();
            values.extend(is_live_at(now_ms()));
            let live = async {
                let mut reading = self.reading().await?;
                let rows = reading.connection().rows(AssertSqlSafe(sql), values).await?;
                rows.iter().map(|row| row.fixed("id").map(SessionId::from_bytes)).collect()
            };
            found.extend(self.bounded::<Vec<_>>(live).await?);
        }
        Ok(found)
    }

    /// The logins of a user that let him in, the latest used first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<SessionRecord>, LogError> {
        let sql = format!(
            "select sessions.id, sessions.agent, sessions.address, sessions.created_at, sessions.used_at, sessions.expires_at from sessions join users on users.id = sessions.user_id where {IS_LIVE} and users.id = $3 order by sessions.used_at desc, sessions.id limit {SESSIONS_MAX}"
        );
        let mut values = is_live_at(now_ms()).to_vec();
        values.push(user.into());
        let found = async {
            let mut reading = self.reading().await?;
            let rows = reading.connection().rows(AssertSqlSafe(sql), values).await?;
            rows.iter().map(record).collect()
        };
        self.bounded(found).await
    }
}

fn live(row: &Row) -> Result<LiveSession, sqlx::Error> {
    Ok(LiveSession {
        user: UserId::from_bytes(row.fixed("id")?),
        kind: users::kind(row)?,
        name: row.get("name")?,
        generation: row.number("generation")?,
        confirmed: row.get::<i64>("confirmed")? != 0,
    })
}

fn record(row: &Row) -> Result<SessionRecord, sqlx::Error> {
    Ok(SessionRecord {
        id: SessionId::from_bytes(row.fixed("id")?),
        agent: row.get("agent")?,
        address: row.get("address")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// A login that is about to begin.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    pub(crate) user: UserId,
    pub(crate) first: RefreshToken,
    pub(crate) agent: String,
    pub(crate) address: String,
}

/// Begins a login. Which older ones had to end for it.
#[async_trait]
impl Write for NewSession {
    type Done = Vec<SessionId>;
    type Refusal = std::convert::Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<SessionId>, Stop<Self::Refusal>> {
        let by = Actor { user: Some(self.user), address: self.address.clone() };
        audit::record(connection, Event::new(Action::LoggedIn, &by).to(self.user)).await?;
        Ok(begin(connection, self).await?)
    }
}

/// Writes a new login's row. The caller has the transaction.
pub(crate) async fn begin(
    connection: &mut Connection<'_>,
    session: &NewSession,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let now = now_ms();
    let kept = SESSIONS_MAX - 1;
    let sql = format!(
        "update sessions set ended_at = $1 where ended_at is null and user_id = $2 and id not in (select id from sessions where ended_at is null and user_id = $2 order by used_at desc, id limit {kept}) returning id"
    );
    let ended = ids(&connection.rows(AssertSqlSafe(sql), values![now, session.user]).await?)?;
    let first = Exchanges::begin(&session.first, now);
    connection
        .execute(
            "insert into sessions (id, user_id, refresh_hash, generation, agent, address, created_at, used_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
            values![
                session.first.session(),
                session.user,
                first.current.to_bytes(),
                first.generation,
                cut(&session.agent, AGENT_BYTES_MAX),
                session.address.as_str(),
                now,
                now + milliseconds(SESSION_LIFE),
            ],
        )
        .await?;
    Ok(ended)
}

/// As much of a text as fits, without a character cut in two.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Exchanges a refresh token for the next one.
pub(crate) struct Exchange {
    pub(crate) keys: Keys,
    pub(crate) presented: RefreshToken,
    pub(crate) address: String,
}

/// What an exchange comes to.
#[derive(Debug)]
pub(crate) enum Exchanged {
    Given {
        user: UserId,
        generation: u64,
        next: RefreshToken,
    },
    /// There is no such session, or no longer.
    Ended,
    /// It ended just now, because a token came that had been exchanged before.
    Reused {
        user: UserId,
    },
}

/// Runs of an exchange that another one was in the way of.
const RACES_MAX: usize = 3;

#[async_trait]
impl Write for Exchange {
    type Done = Exchanged;
    type Refusal = std::convert::Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Exchanged, Stop<Self::Refusal>> {
        for _ in 0..RACES_MAX {
            if let Some(exchanged) = self.attempt(connection).await? {
                return Ok(exchanged);
            }
        }
        Ok(Exchanged::Ended)
    }
}

impl Exchange {
    /// `None` if another exchange of the same session came in between.
    async fn attempt(
        &self,
        connection: &mut Connection<'_>,
    ) -> Result<Option<Exchanged>, sqlx::Error> {
        let (session, now) = (self.presented.session(), now_ms());
        let Some((user, kept)) = find_exchanges(connection, session, now).await? else {
            return Ok(Some(Exchanged::Ended));
        };
        match kept.judge(self.presented.hash(), now) {
            Presented::Current => {
                let next = self.keys.refresh_token(session, kept.generation + 1);
                let after = kept.exchanged(&next, now);
                let moved = connection
                    .execute(
                        "update sessions set refresh_hash = $1, previous_hash = $2, generation = $3, confirmed = 0, used_at = $4 where id = $5 and refresh_hash = $2 and ended_at is null",
                        values![
                            after.current.to_bytes(),
                            kept.current.to_bytes(),
                            after.generation,
                            now,
                            session,
                        ],
                    )
                    .await?;
                let given = Exchanged::Given { user, generation: after.generation, next };
                Ok((moved == 1).then_some(given))
            }
            Presented::Again => match self.keys.refresh_token_again(session, &kept) {
                Some(next) => {
                    Ok(Some(Exchanged::Given { user, generation: kept.generation, next }))
                }
                // Both keys have been replaced since: nobody can tell the lost answer any more.
                None => {
                    end_one(connection, user, session).await?;
                    Ok(Some(Exchanged::Ended))
                }
            },
            Presented::Stolen => {
                end_one(connection, user, session).await?;
                let by = Actor { user: None, address: self.address.clone() };
                let event = Event::new(Action::TokenReused, &by).to(user);
                audit::record(connection, event.saying(session.to_string())).await?;
                Ok(Some(Exchanged::Reused { user }))
            }
        }
    }
}

async fn find_exchanges(
    connection: &mut Connection<'_>,
    session: SessionId,
    now: i64,
) -> Result<Option<(UserId, Exchanges)>, sqlx::Error> {
    let sql = format!(
        "select users.id, sessions.generation, sessions.refresh_hash, sessions.previous_hash, sessions.confirmed, sessions.used_at from sessions join users on users.id = sessions.user_id where {IS_LIVE} and sessions.id = $3"
    );
    let mut values = is_live_at(now).to_vec();
    values.push(session.into());
    let Some(row) = connection.row(AssertSqlSafe(sql), values).await? else { return Ok(None) };
    let exchanges = Exchanges {
        generation: row.number("generation")?,
        current: RefreshHash::from_bytes(row.fixed("refresh_hash")?),
        previous: row.fixed_if_any("previous_hash")?.map(RefreshHash::from_bytes),
        confirmed: row.get::<i64>("confirmed")? != 0,
        exchanged_at: row.get("used_at")?,
    };
    Ok(Some((UserId::from_bytes(row.fixed("id")?), exchanges)))
}

/// Notes that the answer of the latest exchange has arrived.
pub(crate) struct Confirm {
    pub(crate) session: SessionId,
    pub(crate) generation: u64,
}

#[async_trait]
impl Write for Confirm {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let sql = "update sessions set confirmed = 1 where id = $1 and generation = $2";
        connection.execute(sql, values![self.session, self.generation]).await?;
        Ok(())
    }
}

/// Which of a user's logins end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    One(SessionId),
    /// All but the one that asks.
    Others(SessionId),
}

/// Ends logins of a user. Which ones ended.
pub(crate) struct EndSessions {
    pub(crate) user: UserId,
    pub(crate) which: Ending,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for EndSessions {
    type Done = Vec<SessionId>;
    type Refusal = std::convert::Infallible;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Vec<SessionId>, Stop<Self::Refusal>> {
        let ended = match self.which {
            Ending::One(session) => end_one(connection, self.user, session).await?,
            Ending::Others(session) => end_others(connection, self.user, session).await?,
        };
        if !ended.is_empty() {
            let event = Event::new(Action::LoggedOut, &self.by).to(self.user);
            audit::record(connection, event.saying(format!("{} ended", ended.len()))).await?;
        }
        Ok(ended)
    }
}

async fn end_one(
    connection: &mut Connection<'_>,
    user: UserId,
    session: SessionId,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let sql = "update sessions set ended_at = $1 where id = $2 and user_id = $3 and ended_at is null returning id";
    ids(&connection.rows(sql, values![now_ms(), session, user]).await?)
}

async fn end_others(
    connection: &mut Connection<'_>,
    user: UserId,
    kept: SessionId,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let sql = "update sessions set ended_at = $1 where id <> $2 and user_id = $3 and ended_at is null returning id";
    ids(&connection.rows(sql, values![now_ms(), kept, user]).await?)
}

/// Ends every login of a user. The caller has the transaction.
pub(crate) async fn end_all(
    connection: &mut Connection<'_>,
    user: UserId,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let sql =
        "update sessions set ended_at = $1 where user_id = $2 and ended_at is null returning id";
    ids(&connection.rows(sql, values![now_ms(), user]).await?)
}

fn ids(rows: &[Row]) -> Result<Vec<SessionId>, sqlx::Error> {
    rows.iter().map(|row| row.fixed("id").map(SessionId::from_bytes)).collect()
}
