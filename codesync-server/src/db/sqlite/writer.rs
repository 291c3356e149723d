//! The one writer: a task that owns the writing connection and commits what has gathered.
//!
//! While one transaction is being committed, further changes wait in a bounded queue; when it is
//! done, all of them go into the next. There is no timer: an idle writer starts at once, a busy one
//! batches by itself. What only appends to the log goes into one statement, which needs no
//! transaction. Otherwise, and when one of those is refused, each change runs in a savepoint, so that
//! the others are left be.

use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::finish;
use crate::db::engine::Connection;
use crate::db::trouble::Trouble;
use crate::db::write::{Stop, Write, WriteError, Written};
use crate::oplog::{self, Append};

/// Changes that may wait for the writer; beyond it, callers wait to hand theirs in.
const QUEUE_MAX: usize = 1024;
/// Changes in one transaction.
const BATCH_MAX: usize = 128;

/// A handle on the writing task.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    trouble: Arc<Mutex<Option<String>>>,
    stop: CancellationToken,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    pub(crate) fn spawn(
        path: Arc<Path>,
        options: SqliteConnectOptions,
        connection: SqliteConnection,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let trouble = Arc::new(Mutex::new(None));
        let stop = CancellationToken::new();
        let task = WriterTask {
            path,
            options,
            connection: Some(connection),
            trouble: trouble.clone(),
            warned: AtomicBool::new(false),
        };
        let task = tokio::spawn(task.run(queue, stop.clone()));
        Self { jobs, trouble, stop, task: Arc::new(Mutex::new(Some(task))) }
    }

    pub(crate) async fn write<W: Write>(&self, work: W) -> Written<W> {
        let closed = || WriteError::Unavailable("the database is closed".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work, result: None, reply: Some(reply) });
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Changes that wait for the next transaction.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    pub(crate) async fn trouble(&self) -> Option<String> {
        self.current_trouble()?;
        // A probe finds out whether there is room again.
        let _ = self.write(Probe).await;
        self.current_trouble()
    }

    fn current_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn close(&self) {
        self.stop.cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

/// Needs room for a moment, as much as the largest edit does.
struct Probe;

#[async_trait]
impl Write for Probe {
    type Done = ();
    type Refusal = std::convert::Infallible;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<Self::Refusal>> {
        let fill = "insert into probes (content) values (zeroblob(65536))";
        connection.execute(fill, Vec::new()).await?;
        connection.execute("delete from probes", Vec::new()).await?;
        Ok(())
    }
}

/// How a transaction went.
#[derive(Clone, Debug)]
enum Outcome {
    Committed,
    /// Nothing was written.
    Failed(Trouble),
    Unknown(String),
}

/// What one change left in the open transaction.
enum Step {
    Keep,
    Undo,
    /// The transaction cannot go on.
    Abort(Trouble),
}

/// A [`Write`] with its type put away.
#[async_trait]
trait Job: Send {
    /// What it appends to the log, if that is all that it does.
    fn append(&self) -> Option<&Append>;
    /// Notes that this was appended.
    fn note_appended(&mut self);
    async fn run(&mut self, connection: &mut SqliteConnection) -> Step;
    fn settle(self: Box<Self>, outcome: &Outcome);
}

struct Pending<W: Write> {
    work: W,
    result: Option<Written<W>>,
    reply: Option<oneshot::Sender<Written<W>>>,
}

#[async_trait]
impl<W: Write> Job for Pending<W> {
    fn append(&self) -> Option<&Append> {
        self.work.as_append().map(|(append, _)| append)
    }

    fn note_appended(&mut self) {
        self.result = self.work.as_append().map(|(_, done)| Ok(done));
    }

    async fn run(&mut self, connection: &mut SqliteConnection) -> Step {
        match self.work.run(&mut Connection::Sqlite(connection)).await {
            Ok(done) => {
                self.result = Some(Ok(done));
                Step::Keep
            }
            Err(Stop::Refused(refusal)) => {
                self.result = Some(Err(WriteError::Refused(refusal)));
                Step::Undo
            }
            Err(Stop::Failed(error)) => match Trouble::of(&error) {
                Trouble::Other(text) | Trouble::Collision(text) => {
                    self.result = Some(Err(WriteError::Unavailable(text)));
                    Step::Undo
                }
                trouble => Step::Abort(trouble),
            },
        }
    }

    fn settle(mut self: Box<Self>, outcome: &Outcome) {
        let result = match (self.result.take(), outcome) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(done)), Outcome::Committed) => Ok(done),
            (None, Outcome::Committed) => {
                Err(WriteError::Unavailable("the change was left out".to_owned()))
            }
            (_, Outcome::Failed(Trouble::Full)) => Err(WriteError::Full),
            (_, Outcome::Failed(Trouble::Damaged(text))) => Err(WriteError::Damaged(text.clone())),
            (
                _,
                Outcome::Failed(
                    Trouble::Io(text) | Trouble::Collision(text) | Trouble::Other(text),
                ),
            ) => Err(WriteError::Unavailable(text.clone())),
            (_, Outcome::Unknown(text)) => Err(WriteError::Unknown(text.clone())),
        };
        if let Some(reply) = self.reply.take() {
            // Whoever asked may have gone; the change stands all the same.
            let _ = reply.send(result);
        }
    }
}

struct WriterTask {
    path: Arc<Path>,
    options: SqliteConnectOptions,
    /// Absent after a failure, until it can be opened again.
    connection: Option<SqliteConnection>,
    trouble: Arc<Mutex<Option<String>>>,
    warned: AtomicBool,
}

impl WriterTask {
    async fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let mut stopped = pin!(stop.cancelled());
        loop {
            tokio::select! {
                biased;
                () = &mut stopped, if !queue.is_closed() => queue.close(),
                count = queue.recv_many(&mut batch, BATCH_MAX) => {
                    if count == 0 {
                        break;
                    }
                    let outcome = self.transact(&mut batch).await;
                    self.note(&outcome);
                    for job in batch.drain(..) {
                        job.settle(&outcome);
                    }
                }
            }
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = finish(connection).await
        {
            tracing::warn!(path = %self.path.display(), %error, "database closed with an error");
        }
    }

    async fn transact(&mut self, batch: &mut [Box<dyn Job>]) -> Outcome {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.connect().await {
                Ok(connection) => connection,
                Err(error) => return Outcome::Failed(Trouble::of(&error)),
            },
        };
        let outcome = match append_all(&mut connection, batch).await {
            Some(outcome) => outcome,
            None => transact(&mut connection, batch).await,
        };
        // After a failure the connection's state is doubtful; the next batch opens a fresh one.
        if let Outcome::Committed = outcome {
            self.connection = Some(connection);
        } else if let Err(error) = sqlx::Connection::close(connection).await {
            tracing::debug!(%error, "closing the writing connection");
        }
        outcome
    }

    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        oplog::equip(&mut connection).await?;
        Ok(connection)
    }

    /// Remembers how writing goes, and says so once when that changes.
    fn note(&self, outcome: &Outcome) {
        let text = match outcome {
            Outcome::Committed => None,
            Outcome::Failed(Trouble::Full) => Some(format!(
                "there is no room to write {}; make room on the disk, the server goes on by itself",
                self.path.display()
            )),
            Outcome::Failed(Trouble::Damaged(text)) => Some(format!(
                "the database {} is damaged: {text}; stop the server and restore it from a backup or with: sqlite3 {} .recover",
                self.path.display(),
                self.path.display()
            )),
            Outcome::Failed(
                Trouble::Io(text) | Trouble::Collision(text) | Trouble::Other(text),
            )
            | Outcome::Unknown(text) => {
                Some(format!("cannot write {}: {text}", self.path.display()))
            }
        };
        match &text {
            Some(text) if !self.warned.swap(true, Ordering::Relaxed) => tracing::error!("{text}"),
            None if self.warned.swap(false, Ordering::Relaxed) => {
                tracing::info!(path = %self.path.display(), "the database can be written again");
            }
            _ => {}
        }
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Runs a batch of nothing but appends, as one statement. `None` where that is not possible, and
/// nothing was written.
async fn append_all(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Job>],
) -> Option<Outcome> {
    let appends: Option<Vec<&Append>> = batch.iter().map(|job| job.append()).collect();
    match oplog::append_together(&mut Connection::Sqlite(connection), &appends?).await {
        Ok(true) => batch.iter_mut().for_each(|job| job.note_appended()),
        Ok(false) => return None,
        Err(error) => match Trouble::of(&error) {
            Trouble::Collision(_) | Trouble::Other(_) => return None,
            trouble => return Some(uncommitted(trouble)),
        },
    }
    Some(Outcome::Committed)
}

async fn transact(connection: &mut SqliteConnection, batch: &mut [Box<dyn Job>]) -> Outcome {
    // Whatever it says, it is one message to the connection's thread and one back.
    let mut next = vec!["begin immediate"];
    for job in batch {
        let is_guarded = job.append().is_none();
        if is_guarded {
            next.push("savepoint job");
        }
        let step = match say(connection, &mut next).await {
            Ok(()) => job.run(connection).await,
            Err(error) => Step::Abort(Trouble::of(&error)),
        };
        match step {
            Step::Keep if is_guarded => next.push("release job"),
            Step::Undo if is_guarded => next.extend(["rollback to job", "release job"]),
            Step::Keep | Step::Undo => {}
            Step::Abort(trouble) => {
                roll_back(connection).await;
                return Outcome::Failed(trouble);
            }
        }
    }
    next.push("commit");
    match say(connection, &mut next).await {
        Ok(()) => Outcome::Committed,
        Err(error) => {
            roll_back(connection).await;
            uncommitted(Trouble::of(&error))
        }
    }
}

/// Runs these statements, if there are any, and forgets them.
async fn say(
    connection: &mut SqliteConnection,
    statements: &mut Vec<&'static str>,
) -> Result<(), sqlx::Error> {
    match std::mem::take(statements).as_slice() {
        [] => {}
        [one] => {
            Connection::Sqlite(connection).execute(*one, Vec::new()).await?;
        }
        several => {
            sqlx::query(AssertSqlSafe(several.join("; "))).execute(connection).await?;
        }
    }
    Ok(())
}

/// What a failed commit comes to.
fn uncommitted(trouble: Trouble) -> Outcome {
    match trouble {
        // Found before the last frame of a commit is written, with which it counts.
        trouble @ (Trouble::Full | Trouble::Damaged(_)) => Outcome::Failed(trouble),
        Trouble::Io(text) | Trouble::Collision(text) | Trouble::Other(text) => {
            Outcome::Unknown(text)
        }
    }
}

/// Ends the transaction; SQLite may have done so itself, so an error means nothing.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = sqlx::query("rollback").execute(connection).await;
}
