//! A change of the database, and how it may end.

use async_trait::async_trait;

use crate::db::engine::Connection;

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

    /// Whether all that it writes is one statement, of which nothing remains when it is refused.
    /// SQLite then needs no transaction around it, and no savepoint in one.
    fn is_one_statement(&self) -> bool {
        false
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
