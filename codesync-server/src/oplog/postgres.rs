//! Appending to Postgres: what has gathered for many documents goes in one statement.
//!
//! A few connections append. While each waits for its commit, appends of other documents gather in a
//! bounded queue; the first that is free again takes all of it. There is no timer. A document's
//! append is taken or refused by itself: the statement moves only those heads that are where they
//! are expected, and writes entries for no others. Being one statement, it is one transaction and
//! one message each way.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use codesync_core::DocumentId;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::db::engine::{Connection, Row, values};
use crate::db::now_ms;
use crate::db::postgres::ANSWER_MAX;
use crate::db::trouble::Trouble;
use crate::oplog::database::head;
use crate::oplog::{Append, AppendError, LogError};

/// Appends that may wait for a worker; beyond it, documents wait to hand theirs in.
const QUEUE_MAX: usize = 1024;
/// Connections that append. With more, less gathers for each, and a statement costs as much as eight
/// of the edits in it.
const WORKERS: usize = 2;
/// Appends in one statement.
const BATCH_MAX: usize = 128;
/// Runs of a statement that ended in a deadlock.
const ATTEMPTS_MAX: u32 = 3;

/// Hands appends to the workers. A clone hands them to the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Appender {
    queue: Arc<Mutex<Option<mpsc::Sender<Waiting>>>>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
struct Waiting {
    append: Append,
    reply: oneshot::Sender<Result<(), AppendError>>,
}

impl Appender {
    pub(crate) fn spawn(options: PgConnectOptions) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let task = tokio::spawn(dispatch(waiting, options));
        Self { queue: Arc::new(Mutex::new(Some(queue))), task: Arc::new(Mutex::new(Some(task))) }
    }

    pub(crate) async fn append(&self, append: Append) -> Result<(), AppendError> {
        if append.entries.is_empty() {
            return Ok(());
        }
        let closed =
            || AppendError::Log(LogError::Unavailable("the database is closed".to_owned()));
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        queue.send(Waiting { append, reply }).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Appends that wait for a worker.
    pub(crate) fn waiting(&self) -> usize {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// Finishes what was handed in and ends the workers.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It only ends early if it panicked, and then there is nothing to wait for.
            let _ = task.await;
        }
    }
}

/// Gives what has gathered to a worker that is free.
async fn dispatch(mut queue: mpsc::Receiver<Waiting>, options: PgConnectOptions) {
    let worker = || Worker { options: options.clone(), connection: None };
    let mut free: Vec<Worker> = (0..WORKERS).map(|_| worker()).collect();
    let mut busy: JoinSet<Worker> = JoinSet::new();
    let mut batch = Vec::new();
    loop {
        while let Some(ended) = busy.try_join_next() {
            free.push(ended.unwrap_or_else(|_| worker()));
        }
        let Some(next) = free.pop() else {
            if let Some(ended) = busy.join_next().await {
                free.push(ended.unwrap_or_else(|_| worker()));
            }
            continue;
        };
        if batch.is_empty() && queue.recv_many(&mut batch, BATCH_MAX).await == 0 {
            break;
        }
        let later = later(&mut batch);
        busy.spawn(next.serve(std::mem::replace(&mut batch, later)));
    }
    busy.join_all().await;
}

struct Worker {
    options: PgConnectOptions,
    /// Absent at first, and after a failure.
    connection: Option<PgConnection>,
}

impl Worker {
    async fn serve(mut self, batch: Vec<Waiting>) -> Self {
        let answers = self.append(&batch).await;
        for (waiting, answer) in batch.into_iter().zip(answers) {
            // Whoever asked may have gone; the append stands all the same.
            let _ = waiting.reply.send(answer);
        }
        self
    }

    /// The answer to each append, in their order.
    async fn append(&mut self, batch: &[Waiting]) -> Vec<Result<(), AppendError>> {
        let appends: Vec<_> = batch.iter().map(|waiting| &waiting.append).collect();
        let attempt = tokio::time::timeout(ANSWER_MAX, self.attempts(&appends));
        let failure = match attempt.await {
            Ok(Ok(answers)) => return answers,
            Ok(Err(failure)) => failure,
            Err(_) => AppendError::Unknown("the database does not answer".to_owned()),
        };
        // The connection's state is doubtful; the next batch opens a fresh one.
        self.connection = None;
        batch.iter().map(|_| Err(failure.clone())).collect()
    }

    async fn attempts(
        &mut self,
        appends: &[&Append],
    ) -> Result<Vec<Result<(), AppendError>>, AppendError> {
        let mut attempt = 1;
        loop {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                absent => {
                    // Nothing was sent yet, so that nothing can have been written.
                    let connected = connect(&self.options).await.map_err(|error| {
                        AppendError::Log(LogError::Unavailable(error.to_string()))
                    })?;
                    absent.insert(connected)
                }
            };
            match append(&mut Connection::Postgres(connection), appends).await {
                Ok(answers) => return Ok(answers),
                Err(error) => match Trouble::of(&error) {
                    Trouble::Collision(_) if attempt < ATTEMPTS_MAX => attempt += 1,
                    Trouble::Full => return Err(AppendError::Full),
                    trouble => return Err(failure(&error, trouble)),
                },
            }
        }
    }
}

/// A connection that plans the statement once: left to itself, the database plans it anew for the
/// arrays of each batch, which costs a quarter of an append and finds the same plan.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    connection.execute("set plan_cache_mode = force_generic_plan").await?;
    Ok(connection)
}

fn failure(error: &sqlx::Error, trouble: Trouble) -> AppendError {
    match (error, trouble) {
        // The database says itself that it wrote nothing.
        (sqlx::Error::Database(_), _) => AppendError::Log(LogError::Unavailable(error.to_string())),
        _ => AppendError::Unknown(error.to_string()),
    }
}

/// Takes out what must wait for the next statement: a document stands in each only once.
fn later(batch: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut documents = BTreeSet::new();
    let (now, later) =
        batch.drain(..).partition(|waiting| documents.insert(waiting.append.document));
    *batch = now;
    later
}

/// Moves the heads that are where they are expected, in one order everywhere so that two servers
/// never wait for each other, then the authors of those documents, then writes their entries.
///
/// That an author's row is where the entries say it is needs no lock: it moves only with the head.
///
/// Strangers are an array because the database cannot know that there are none, and would look for each
/// document among them by reading the batch's authors again. A document's time is to the second because
/// it moves the document in an index; otherwise an update changes none.
const APPEND: &str = "
with asked as (
    select * from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        as asked (id, epoch, expected, head, bytes, access)
), authors as (
    select * from unnest($8::bytea[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
        as authors (document, author, seq_before, last_seq, last_revision)
), strangers as (
    select authors.document from authors left join clients
        on clients.document = authors.document and clients.author = authors.author
        and clients.last_seq = authors.seq_before
    where clients.document is null
), locked as (
    select documents.id from documents join asked on asked.id = documents.id
    where documents.epoch = asked.epoch and documents.head = asked.expected
        and documents.access = asked.access
        and documents.id <> all (array(select document from strangers))
    order by documents.id for update of documents
), moved as (
    update documents set head = asked.head, bytes = asked.bytes,
        updated_at = case when documents.updated_at <= $7 - 1000 then $7 else documents.updated_at end
    from asked join locked on locked.id = asked.id
    where documents.id = asked.id and documents.head = asked.expected
        and documents.epoch = asked.epoch and documents.access = asked.access
    returning documents.id
), advanced as (
    update clients set last_seq = authors.last_seq, last_revision = authors.last_revision
    from authors join moved on moved.id = authors.document
    where clients.document = authors.document and clients.author = authors.author
), written as (
    insert into entries (document, revision, author, seq, operation, base_length, committed_at)
    select entry.document, entry.revision, entry.author, entry.seq, entry.operation,
        entry.base_length, $7
    from unnest($13::bytea[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[], $18::bigint[])
        as entry (document, revision, author, seq, operation, base_length)
    join moved on moved.id = entry.document
)
select id from moved";

async fn append(
    connection: &mut Connection<'_>,
    appends: &[&Append],
) -> Result<Vec<Result<(), AppendError>>, sqlx::Error> {
    let mut columns = Columns::default();
    for append in appends {
        columns.push(append);
    }
    let Connection::Postgres(postgres) = connection else {
        unreachable!("only Postgres has this statement");
    };
    let moved = columns.send(postgres).await?;
    let mut refused: Vec<DocumentId> = Vec::new();
    for append in appends {
        if !moved.contains(&append.document) {
            refused.push(append.document);
        }
    }
    let heads = if refused.is_empty() { Vec::new() } else { heads(connection, &refused).await? };
    let answer = |append: &&Append| {
        if moved.contains(&append.document) {
            return Ok(());
        }
        let head = heads.iter().find(|head| head.document == append.document).copied();
        Err(append.why_refused(head))
    };
    Ok(appends.iter().map(answer).collect())
}

async fn heads(
    connection: &mut Connection<'_>,
    documents: &[DocumentId],
) -> Result<Vec<crate::oplog::Head>, sqlx::Error> {
    let mut heads = Vec::with_capacity(documents.len());
    for document in documents {
        let sql = "select id, epoch, head, access from documents where id = $1";
        let row: Option<Row> = connection.row(sql, values![*document]).await?;
        heads.extend(row.as_ref().map(head).transpose()?);
    }
    Ok(heads)
}

/// A batch, column by column.
#[derive(Default)]
struct Columns {
    documents: Ids,
    document_numbers: [Vec<i64>; 5],
    authors: Ids,
    author_numbers: [Vec<i64>; 4],
    entries: Ids,
    entry_numbers: [Vec<i64>; 4],
    operations: Vec<Vec<u8>>,
}

type Ids = Vec<Vec<u8>>;

impl Columns {
    /// Entries that leave a gap are left out, and with them the document: its append is refused.
    fn push(&mut self, append: &Append) {
        let (Some(last), Some(authors)) = (append.entries.last(), append.authors()) else { return };
        let id = append.document.to_bytes().to_vec();
        self.documents.push(id.clone());
        push(
            &mut self.document_numbers,
            [
                append.epoch.get().into(),
                append.expected_head.get(),
                last.revision.get(),
                append.text_bytes,
                append.access.get(),
            ],
        );
        for author in authors {
            self.authors.push(id.clone());
            push(
                &mut self.author_numbers,
                [
                    author.author.get().into(),
                    author.seq_before,
                    author.last_seq.get(),
                    author.last_revision.get(),
                ],
            );
        }
        for entry in &append.entries {
            self.entries.push(id.clone());
            self.operations.push(entry.operation.to_vec());
            push(
                &mut self.entry_numbers,
                [
                    entry.revision.get(),
                    entry.author.get().into(),
                    entry.seq.get(),
                    entry.base_length as u64,
                ],
            );
        }
    }

    /// The documents whose heads were moved.
    async fn send(
        self,
        connection: &mut PgConnection,
    ) -> Result<BTreeSet<DocumentId>, sqlx::Error> {
        let [epochs, expected, heads, bytes, access] = self.document_numbers;
        let [authors, seqs_before, last_seqs, last_revisions] = self.author_numbers;
        let [revisions, entry_authors, seqs, base_lengths] = self.entry_numbers;
        let moved: Vec<Vec<u8>> = sqlx::query_scalar(APPEND)
            .bind(self.documents)
            .bind(epochs)
            .bind(expected)
            .bind(heads)
            .bind(bytes)
            .bind(access)
            .bind(now_ms())
            .bind(self.authors)
            .bind(authors)
            .bind(seqs_before)
            .bind(last_seqs)
            .bind(last_revisions)
            .bind(self.entries)
            .bind(revisions)
            .bind(entry_authors)
            .bind(seqs)
            .bind(self.operations)
            .bind(base_lengths)
            .fetch_all(connection)
            .await?;
        let id = |bytes: Vec<u8>| <[u8; 16]>::try_from(bytes).ok().map(DocumentId::from_bytes);
        Ok(moved.into_iter().filter_map(id).collect())
    }
}

fn push<const N: usize>(columns: &mut [Vec<i64>; N], row: [u64; N]) {
    for (column, number) in columns.iter_mut().zip(row) {
        column.push(i64::try_from(number).unwrap_or(i64::MAX));
    }
}
