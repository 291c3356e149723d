//! The task of one open document: a thin shell that performs what the state asks for.
//!
//! It owns the state, the document's outboxes and the work under way. It ends when nobody has
//! taken part for a while, when the server goes down, or when the document failed; each time what
//! is not in a snapshot yet is kept first.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, codec};
use codesync_core::{DocumentId, History, Revision, Text};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tracing::Instrument;

use crate::access::AccessTable;
use crate::bus::{self, Bus, Heard, Hint, Origin, Subscription};
use crate::db::documents::Documents;
use crate::db::versions::Versions;
use crate::document::handle::{Command, DocumentHandle, EditAnswer, Place};
use crate::document::keeper::Keeper;
use crate::document::outbox::{Item, Outbox};
use crate::document::registry::Retire;
use crate::document::state::DocumentState;
use crate::document::{Output, SubscriberId, load};
use crate::ids::VersionId;
use crate::metrics::metrics;
use crate::oplog::{AppendError, ClientRecord, Epoch, LogError, OpLog, Page, ReadLimit};
use crate::snapshots::{SnapshotKey, SnapshotStore};

/// How long a document stays open with nobody in it.
pub const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long a document sleeps that waits for nothing but others.
const QUIET_MAX: Duration = Duration::from_secs(3600);
/// Commands taken before outputs are performed.
const COMMANDS_AT_ONCE: usize = 128;
/// Newest snapshots of a document that are kept; beside them those of its versions.
const SNAPSHOTS_KEPT: usize = 3;

/// What a document's task works with.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) log: Arc<dyn OpLog>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) snapshots: Arc<dyn SnapshotStore>,
    pub(crate) versions: Arc<dyn Versions>,
    pub(crate) bus: Arc<dyn Bus>,
    /// Bounds how many clients' long catch-ups are worked out at once.
    pub(crate) heavy: Arc<Semaphore>,
    /// Bounds how many clients' numbers are asked for at once: a question takes kilobytes while it
    /// waits for the database.
    pub(crate) registering: Arc<Semaphore>,
    /// Names this server on the bus.
    pub(crate) origin: Origin,
}

pub(crate) struct Actor {
    id: DocumentId,
    epoch: Epoch,
    state: DocumentState,
    keeper: Keeper,
    services: Services,
    mailbox: mpsc::Receiver<Command>,
    own: mpsc::WeakSender<Command>,
    place: Arc<Place>,
    subscription: Box<dyn Subscription<Hint>>,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    outboxes: BTreeMap<SubscriberId, Outbox>,
    /// Who waits to hear what became of an edit.
    edits: BTreeMap<SubscriberId, oneshot::Sender<EditAnswer>>,
    started: Instant,
    end: End,
}

/// How near the end is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// Open. If nobody takes part: since when.
    NotYet { idle: Option<Instant> },
    /// Nobody can find it any more; the last handles are on their way out.
    Retired,
    /// Everybody has gone, or must.
    Closing,
    /// What could be kept is being kept.
    Flushing,
}

/// Work that has ended.
enum Done {
    Registered(SubscriberId, Result<ClientRecord, LogError>),
    Access(Result<AccessTable, LogError>),
    Appended(Result<(), AppendError>),
    Log(Result<Page, LogError>),
    Older(SubscriberId, Result<History, LogError>),
    Snapshot(Option<Revision>),
    Version(Option<Revision>),
    Compacted,
}

impl Actor {
    pub(crate) fn new(
        id: DocumentId,
        epoch: Epoch,
        state: DocumentState,
        services: Services,
        subscription: Box<dyn Subscription<Hint>>,
    ) -> (Self, DocumentHandle) {
        let place = Arc::new(Place::default());
        place.set(state.head(), state.access());
        let (handle, mailbox) = DocumentHandle::new(id, state.channel(), place.clone());
        let actor = Self {
            id,
            epoch,
            keeper: Keeper::new(state.head()),
            state,
            services,
            mailbox,
            own: handle.downgrade(),
            place,
            subscription,
            work: FuturesUnordered::new(),
            outboxes: BTreeMap::new(),
            edits: BTreeMap::new(),
            started: Instant::now(),
            end: End::NotYet { idle: Some(Instant::now()) },
        };
        (actor, handle)
    }

    pub(crate) async fn run(mut self, retire: Retire, stop: CancellationToken) {
        // A look at the log after subscribing: what was committed in between is found here.
        self.state.handle_hints_lost();
        // Made once and not for each edit: to set an alarm takes a lock that all tasks share.
        let mut alarm = pin!(tokio::time::sleep_until(self.deadline()));
        let mut stopped = pin!(stop.cancelled());
        loop {
            if self.perform() {
                // Failed. Whoever still has a handle finds it closed and opens the document anew.
                break;
            }
            self.place.set(self.state.head(), self.state.access());
            self.keep_version_if_due();
            if self.is_over(&retire) {
                break;
            }
            // One that rings too early does no harm, and is set anew then.
            let deadline = self.deadline();
            if deadline < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(deadline);
            }
            poll_fn(|context| self.poll_news(context, alarm.as_mut(), stopped.as_mut())).await;
        }
        retire.now();
        if self.state.subscriber_count() > 0 {
            // They have not left; the server goes down.
            self.say(bus::Presence::Everyone(Vec::new()));
        }
        tracing::debug!(doc = %self.id, revision = %self.state.head(), "document closed");
    }

    /// Takes something from each source that has anything, so that none keeps another waiting.
    fn poll_news(
        &mut self,
        context: &mut Context<'_>,
        alarm: Pin<&mut Sleep>,
        stopped: Pin<&mut WaitForCancellationFuture<'_>>,
    ) -> Poll<()> {
        let mut news = Poll::Pending;
        if let Poll::Ready(Some(done)) = self.work.poll_next_unpin(context) {
            self.done(done);
            news = Poll::Ready(());
        }
        if let Poll::Ready(heard) = self.subscription.poll_next(context) {
            self.heard(heard);
            news = Poll::Ready(());
        }
        if alarm.poll(context).is_ready() {
            let now = self.now();
            self.state.handle_timeout(now);
            news = Poll::Ready(());
        }
        if self.has_no_handles() {
            return news;
        }
        if stopped.poll(context).is_ready() {
            self.end = End::Closing;
            return Poll::Ready(());
        }
        match self.mailbox.poll_recv(context) {
            Poll::Ready(Some(command)) => self.commands(command),
            Poll::Ready(None) => self.end = End::Closing,
            Poll::Pending => return news,
        }
        Poll::Ready(())
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn has_no_handles(&self) -> bool {
        matches!(self.end, End::Closing | End::Flushing)
    }

    /// Moves towards the end as far as that goes now. True at the end itself.
    fn is_over(&mut self, retire: &Retire) -> bool {
        match self.end {
            End::NotYet { idle } => {
                self.end = match (self.state.is_idle(), idle) {
                    (false, _) => End::NotYet { idle: None },
                    (true, None) => End::NotYet { idle: Some(Instant::now()) },
                    (true, Some(since)) if since.elapsed() >= IDLE_MAX => {
                        retire.now();
                        End::Retired
                    }
                    (true, idle) => End::NotYet { idle },
                };
                false
            }
            End::Retired => false,
            End::Closing if self.state.is_busy() => false,
            End::Closing => {
                self.end = End::Flushing;
                self.state.snapshot_now();
                let failed = self.perform();
                if self.keeper.take_last() {
                    self.keep_version();
                }
                failed || !self.is_flushing()
            }
            End::Flushing => !self.is_flushing(),
        }
    }

    fn is_flushing(&self) -> bool {
        self.state.is_busy() || self.keeper.is_keeping()
    }

    fn keep_version_if_due(&mut self) {
        let now = self.now();
        self.keeper.handle_head(now, self.state.head());
        if self.keeper.take(now) {
            self.keep_version();
        }
    }

    /// Keeps the present text as a version.
    fn keep_version(&self) {
        let (services, id, epoch) = (self.services.clone(), self.id, self.epoch);
        let (revision, text) = (self.state.head(), self.state.text());
        self.work.push(Box::pin(async move {
            Done::Version(keep_version(&services, id, epoch, revision, text).await)
        }));
    }

    fn deadline(&self) -> Instant {
        let since_start = |due: Duration| self.started + due;
        let state = self.state.poll_timeout().map(since_start);
        let idle = match self.end {
            End::NotYet { idle } => idle.map(|since| since + IDLE_MAX),
            End::Retired | End::Closing | End::Flushing => None,
        };
        let version = self.keeper.due().map(since_start);
        let due = [state, idle, version].into_iter().flatten().min();
        due.unwrap_or_else(|| Instant::now() + QUIET_MAX)
    }

    fn commands(&mut self, first: Command) {
        self.command(first);
        for _ in 1..COMMANDS_AT_ONCE {
            match self.mailbox.try_recv() {
                Ok(command) => self.command(command),
                Err(_) => break,
            }
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Join { subscriber, join, outbox } => {
                metrics().joined();
                self.outboxes.insert(subscriber, outbox);
                self.state.handle_join(subscriber, join);
            }
            Command::Leave { subscriber } => {
                self.outboxes.remove(&subscriber);
                self.state.handle_leave(now, subscriber);
            }
            Command::Submit { subscriber, submission } => {
                self.state.handle_submit(now, subscriber, submission);
            }
            Command::Edit { id, edit, reply } => {
                self.edits.insert(id, reply);
                self.state.handle_edit(id, *edit);
            }
            Command::Select { subscriber, revision, selections } => {
                self.state.handle_select(now, subscriber, revision, selections);
            }
            Command::Room { subscriber } => self.state.handle_room(now, subscriber),
            Command::Renamed { name } => self.state.handle_renamed(name),
            Command::Head { head } => {
                self.state.handle_access_version(head.access);
                self.state.handle_head(head.revision);
            }
            Command::Text { reply } => {
                // Whoever asked may have gone.
                let _ = reply.send((self.state.head(), self.state.text()));
            }
        }
    }

    fn done(&mut self, done: Done) {
        let now = self.now();
        match done {
            Done::Registered(subscriber, answer) => {
                self.state.handle_registered(now, subscriber, answer);
            }
            Done::Access(answer) => {
                if let Err(error) = &answer {
                    tracing::warn!(doc = %self.id, %error, "reading permissions");
                }
                self.state.handle_access(now, answer);
            }
            Done::Appended(answer) => {
                match &answer {
                    // Counted; it is made again and nobody is the worse for it.
                    Ok(()) | Err(AppendError::Conflict { .. }) => {}
                    Err(error) => {
                        tracing::warn!(doc = %self.id, revision = %self.state.head(), %error, "append");
                    }
                }
                self.state.handle_appended(now, answer);
            }
            Done::Log(answer) => {
                if let Err(error) = &answer {
                    tracing::warn!(doc = %self.id, %error, "reading the log");
                }
                self.state.handle_log(now, answer);
            }
            Done::Older(subscriber, answer) => {
                if let Err(error) = &answer {
                    tracing::warn!(doc = %self.id, %error, "reading older entries");
                }
                self.state.handle_older(now, subscriber, answer);
            }
            Done::Snapshot(kept) => {
                self.state.handle_snapshot(now, kept);
                if let Some(kept) = kept {
                    self.compact(kept);
                }
            }
            Done::Version(kept) => self.keeper.handle_kept(now, kept),
            Done::Compacted => {}
        }
    }

    fn heard(&mut self, heard: Heard<Hint>) {
        let Heard::News(hint) = heard else {
            metrics().hints_lost();
            return self.state.handle_hints_lost();
        };
        match hint.as_ref() {
            Hint::Committed { origin, entries } => {
                let now = self.now();
                self.state.handle_hint(now, *origin, entries);
            }
            Hint::Wish(origin) => {
                let now = self.now();
                self.state.handle_wish(now, *origin);
            }
            Hint::Head(revision) => self.state.handle_head(*revision),
            Hint::Presence { origin, presence } => {
                let now = self.now();
                self.state.handle_presence(now, *origin, presence);
            }
            Hint::Access(version) => self.state.handle_access_version(*version),
        }
    }

    /// Does what the state asks for. True if the document has failed.
    fn perform(&mut self) -> bool {
        let mut failed = false;
        while let Some(output) = self.state.poll_output() {
            match output {
                Output::Deliver { subscriber, messages } => {
                    self.to_socket(subscriber, Item::Messages(messages));
                }
                Output::AwaitRoom { subscriber } => {
                    if let Some(outbox) = self.outboxes.get(&subscriber) {
                        outbox.await_room(subscriber, self.own.clone());
                    }
                }
                Output::Detach { subscriber } => {
                    self.to_socket(subscriber, Item::Detached(subscriber));
                    self.outboxes.remove(&subscriber);
                }
                Output::Trespassed { subscriber } => self.to_socket(subscriber, Item::Trespassed),
                Output::Close { subscriber, code } => {
                    self.to_socket(subscriber, Item::Close(code));
                    self.outboxes.remove(&subscriber);
                }
                Output::Mismatched { user, revision } => {
                    tracing::error!(doc = %self.id, %user, %revision, "a client's text differed");
                    metrics().mismatched();
                }
                Output::Edited { edit, answer } => {
                    if let Some(reply) = self.edits.remove(&edit) {
                        // Whoever asked may have gone; the edit stands all the same.
                        let _ = reply.send(answer);
                    }
                }
                Output::Publish(entries) => {
                    let hint = Hint::Committed { origin: self.services.origin, entries };
                    self.services.bus.publish(self.id, hint);
                }
                Output::Wish => {
                    self.services.bus.publish(self.id, Hint::Wish(self.services.origin));
                }
                Output::Presence(presence) => self.say(presence),
                Output::Failed { code } => {
                    tracing::error!(doc = %self.id, %code, "document failed");
                    failed = true;
                }
                Output::Register { .. }
                | Output::ReadAccess { .. }
                | Output::Append(_)
                | Output::ReadLog { .. }
                | Output::ReadOlder { .. }
                | Output::Snapshot { .. } => self.begin(output),
            }
        }
        failed
    }

    fn say(&self, presence: bus::Presence) {
        let hint = Hint::Presence { origin: self.services.origin, presence };
        self.services.bus.publish(self.id, hint);
    }

    fn to_socket(&self, subscriber: SubscriberId, item: Item) {
        if let Some(outbox) = self.outboxes.get(&subscriber) {
            outbox.push(item);
        }
    }

    /// Begins work whose end comes back as [`Done`].
    fn begin(&self, output: Output) {
        let (id, log) = (self.id, self.services.log.clone());
        let work: BoxFuture<'static, Done> = match output {
            Output::Register { subscriber, registration } => {
                let registering = self.services.registering.clone();
                Box::pin(async move {
                    let _permit = registering.acquire_owned().await;
                    Done::Registered(subscriber, log.register(registration).await)
                })
            }
            Output::ReadAccess { users } => {
                let documents = self.services.documents.clone();
                Box::pin(async move { Done::Access(documents.access(id, &users).await) })
            }
            Output::Append(append) => {
                let (began, entries) = (Instant::now(), append.entries.len());
                let span = tracing::debug_span!("append", doc = %id, entries);
                let append = async move {
                    let answer = log.append(append).await;
                    metrics().appended(entries, began.elapsed(), &answer);
                    Done::Appended(answer)
                };
                Box::pin(append.instrument(span))
            }
            Output::ReadLog { after } => {
                Box::pin(async move { Done::Log(log.read(id, after, ReadLimit::default()).await) })
            }
            Output::ReadOlder { subscriber, from, to } => {
                let heavy = self.services.heavy.clone();
                Box::pin(async move {
                    let _permit = heavy.acquire_owned().await;
                    Done::Older(subscriber, load::older(log.as_ref(), id, from, to).await)
                })
            }
            Output::Snapshot { revision, text } => {
                let (services, epoch) = (self.services.clone(), self.epoch);
                let span = tracing::debug_span!("snapshot", doc = %id, %revision);
                let keep = async move {
                    let began = Instant::now();
                    let kept = keep(services.snapshots.as_ref(), id, epoch, revision, text).await;
                    metrics().snapshot(began.elapsed(), kept.is_some());
                    if kept.is_some() {
                        prune(&services, id, epoch).await;
                    }
                    Done::Snapshot(kept)
                };
                Box::pin(keep.instrument(span))
            }
            Output::Publish(_)
            | Output::Wish
            | Output::Presence(_)
            | Output::Deliver { .. }
            | Output::AwaitRoom { .. }
            | Output::Detach { .. }
            | Output::Trespassed { .. }
            | Output::Mismatched { .. }
            | Output::Edited { .. }
            | Output::Close { .. }
            | Output::Failed { .. } => unreachable!("performed at once"),
        };
        self.work.push(work);
    }

    /// Lets the log pack away what the snapshot made old. Whether it gets to its end matters to
    /// nobody: if the document is closed first, it is left for the next time.
    fn compact(&self, snapshot: Revision) {
        let (log, id, epoch) = (self.services.log.clone(), self.id, self.epoch);
        self.work.push(Box::pin(async move {
            if let Err(error) = log.compact(id, epoch, snapshot).await {
                tracing::warn!(doc = %id, %error, "the log stays as it is");
            }
            Done::Compacted
        }));
    }
}

/// Whatever ends the task, a panic included: nobody is left waiting for a document that is gone.
impl Drop for Actor {
    fn drop(&mut self) {
        let code = RejectCode::DocumentUnavailable;
        let (channel, message) = (self.state.channel(), code.sentence().into());
        let ended = ServerDocument::Ended { channel, code, message };
        let ended = Bytes::from(codec::encode_server(&ServerMessage::Document(ended)));
        for (subscriber, outbox) in &self.outboxes {
            outbox.push(Item::Messages(ended.clone()));
            outbox.push(Item::Detached(*subscriber));
        }
    }
}

/// Keeps a snapshot. Its revision, if it worked.
async fn keep(
    snapshots: &dyn SnapshotStore,
    id: DocumentId,
    epoch: Epoch,
    revision: Revision,
    text: Text,
) -> Option<Revision> {
    let content = tokio::task::spawn_blocking(move || {
        let content = Bytes::from(text.to_string());
        (SnapshotKey::of(id, epoch, revision, &content), content)
    });
    let (key, content) = content.await.ok()?;
    if let Err(error) = snapshots.put(&key, content).await {
        tracing::warn!(doc = %id, %revision, %error, "snapshot not kept; the log has everything");
        return None;
    }
    Some(revision)
}

/// Lets go of old snapshots, but for those of versions.
async fn prune(services: &Services, id: DocumentId, epoch: Epoch) {
    let versions = match services.versions.revisions(id).await {
        Ok(versions) => versions,
        Err(error) => return tracing::warn!(doc = %id, %error, "old snapshots stay"),
    };
    let keys: Result<Vec<SnapshotKey>, _> = services.snapshots.list(id, epoch).await;
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return tracing::warn!(doc = %id, %error, "old snapshots stay"),
    };
    for old in keys.iter().skip(SNAPSHOTS_KEPT).filter(|key| !versions.contains(&key.revision)) {
        if let Err(error) = services.snapshots.delete(old).await {
            tracing::warn!(doc = %id, %error, "old snapshot stays");
        }
    }
}

/// Keeps a version with its snapshot. Its revision, if it worked.
async fn keep_version(
    services: &Services,
    id: DocumentId,
    epoch: Epoch,
    revision: Revision,
    text: Text,
) -> Option<Revision> {
    // Without its snapshot a version still has its text in the log.
    keep(services.snapshots.as_ref(), id, epoch, revision, text).await;
    let version = VersionId::random().ok()?;
    match services.versions.keep(id, version, revision).await {
        Ok(()) => Some(revision),
        Err(error) => {
            tracing::warn!(doc = %id, %revision, %error, "version not kept");
            None
        }
    }
}
