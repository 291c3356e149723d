//! A change of the database, and how it may end.

use async_trait::async_trait;

use crate::db::engine::Connection;
use crate::oplog::Append;

/// One change, run in a transaction of either engine. It may be run again from its beginning when
/// others were in the way.
#[async_trait]
pub(crate) trait Write: Send + 'static {
    /// What the change answers once it is durable.
    type Done: Send + 'static;
    /// Why it decided against itself, after which nothing of it remains.
    type Refusal: Send + 'static;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Self::Done, Stop<Self::Refusal>>;

    /// What it appends to the log, if that is all that it does, and what it answers then. SQLite
    /// takes several of these together, and needs no savepoint for one: it is one statement, of
    /// which nothing remains when it is refused.
    fn as_append(&self) -> Option<(&Append, Self::Done)> {
        None
    }
}

/// A change did not run to its end.
#[derive(Debug)]
pub(crate) enum Stop<R> {
    Refused(R),
    Failed(sqlx::Error),
}

impl<R> From<sqlx::Error> for Stop<R> {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

/// A change was not made, or nobody knows.
#[derive(Debug)]
pub(crate) enum WriteError<R> {
    Refused(R),
    Full,
    Damaged(String),
    Unavailable(String),
    /// The disk or the network failed during the commit: the change may be found there later.
    Unknown(String),
}

/// What a change comes to.
pub(crate) type Written<W> = Result<<W as Write>::Done, WriteError<<W as Write>::Refusal>>;
