//! One open document, without any IO: who takes part, what is waiting, what goes out.
//!
//! News and wishes come in through `handle_…` methods, each with the time `now` since a moment the
//! driver chose; afterwards the driver drains [`DocumentState::poll_output`], performs what it asks
//! for, and waits until [`DocumentState::poll_timeout`] at the latest. Nothing here knows tasks,
//! sockets, files or chance: a simulation with virtual time drives exactly this code, two of them
//! on one log.
//!
//! - `membership` lets people in and out.
//! - `access` knows what each of them may do, and hears when that changes.
//! - `commit` keeps the sacred order of an edit.
//! - `edit` takes edits of those who have not joined.
//! - `feed` brings every subscriber to the document's head and never lets one fill memory.
//! - `turns` keeps servers that write at once from racing.
//! - `others` shows them the people at other servers.

mod access;
mod commit;
mod edit;
mod feed;
mod membership;
mod others;
mod queue;
mod turns;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use codesync_core::bugs::{self, Bug};
use codesync_core::document::{Checkpoint, Document, Submission};
use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, codec};
use codesync_core::{
    Author, Channel, DocumentId, History, Operation, OperationLimits, Revision, Selection, Text,
};

use crate::access::AccessVersion;
use crate::bus::Origin;
use crate::document::presence::Presence;
use crate::document::recent::Recent;
use crate::document::{Output, SubscriberId};
use crate::oplog::{AppendError, Entry, Epoch, LogError, Page};

use access::Access;
use edit::Arriving;
use feed::Subscriber;
use queue::Committer;
use turns::Turns;

/// Shortest time between two snapshots of a document that changes.
pub const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(5);
/// Shortest time between two differences of clients' texts that the operator is told of.
pub const MISMATCH_INTERVAL: Duration = Duration::from_secs(60);
/// With more subscribers than this, edits that follow each other closely are appended and sent out
/// together.
pub const CROWD: usize = 4;
/// Shortest time between two of these, for each subscriber: nobody sees so little, and each frame
/// costs a call of the system.
pub const TICK_EACH: Duration = Duration::from_millis(2);
/// And in all.
pub const TICK_MAX: Duration = Duration::from_millis(25);
/// Presence made for a text this many revisions ago is not worth carrying forward.
const PRESENCE_REVISIONS_MAX: u64 = 256;

/// What a document is opened with.
#[derive(Debug)]
pub struct Opened {
    pub id: DocumentId,
    pub epoch: Epoch,
    /// The state of the document's permissions.
    pub access: AccessVersion,
    pub name: String,
    /// At the head of the log, as far as is known.
    pub document: Document,
    /// The revision of the newest snapshot, or zero.
    pub snapshot: Revision,
    pub channel: Channel,
    /// Names this server on the bus.
    pub origin: Origin,
    /// Where chance comes from.
    pub seed: u64,
    /// Time since 1970 at the moment from which `now` counts.
    pub unix_start: Duration,
    /// Most who may take part at once.
    pub subscribers_max: usize,
}

/// One open document.
#[derive(Debug)]
pub struct DocumentState {
    id: DocumentId,
    epoch: Epoch,
    access: Access,
    subscribers_max: usize,
    channel: Channel,
    name: String,
    document: Document,
    committer: Committer,
    turns: Turns,
    reading: Reading,
    subscribers: BTreeMap<SubscriberId, Subscriber>,
    authors: BTreeMap<Author, SubscriberId>,
    /// Edits of those who have not joined, on their way into the queue.
    edits: BTreeMap<SubscriberId, Arriving>,
    /// Authors to be forgotten once nobody is on his way in.
    gone: BTreeSet<Author>,
    recent: Recent,
    checkpoint: Option<Checkpoint>,
    /// When the operator was told last that a client's text differed.
    mismatch_told: Option<Duration>,
    presence: Presence,
    snapshots: Snapshots,
    broadcast: Broadcast,
    outputs: VecDeque<Output>,
    failed: bool,
}

/// Reading the log from the head on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    No,
    UnderWay,
    /// Under way, but it may have begun too early to see what is looked for.
    Again,
}

/// When the next snapshot is due.
#[derive(Debug)]
struct Snapshots {
    /// Dirty is judged by revision: is there anything after this one?
    kept: Revision,
    writing: bool,
    not_before: Duration,
}

/// When entries of other servers go out to a crowd.
#[derive(Debug, Default)]
struct Broadcast {
    due: Option<Duration>,
    last: Option<Duration>,
}

impl DocumentState {
    #[must_use]
    pub fn new(opened: Opened) -> Self {
        let Opened { id, epoch, access, name, document, snapshot, channel, seed, .. } = opened;
        Self {
            id,
            epoch,
            access: Access::new(access, opened.unix_start),
            subscribers_max: opened.subscribers_max,
            channel,
            name,
            committer: Committer::new(seed),
            turns: Turns::new(opened.origin),
            reading: Reading::No,
            subscribers: BTreeMap::new(),
            authors: BTreeMap::new(),
            edits: BTreeMap::new(),
            gone: BTreeSet::new(),
            recent: Recent::new(channel, document.head()),
            checkpoint: None,
            mismatch_told: None,
            presence: Presence::new(channel),
            snapshots: Snapshots { kept: snapshot, writing: false, not_before: Duration::ZERO },
            broadcast: Broadcast::default(),
            outputs: VecDeque::new(),
            failed: false,
            document,
        }
    }

    // Questions.

    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The state of the permissions that everybody here was checked against.
    #[must_use]
    pub fn access(&self) -> AccessVersion {
        self.access.version()
    }

    #[must_use]
    pub fn head(&self) -> Revision {
        self.document.head()
    }

    /// The text at head; the clone is cheap.
    #[must_use]
    pub fn text(&self) -> Text {
        self.document.text().clone()
    }

    #[must_use]
    pub fn subscriber_count(&self) -> usize {
        self.subscribers.len()
    }

    /// Whether nobody takes part and nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.subscribers.is_empty() && !self.is_busy()
    }

    /// Whether an answer of the log or the snapshots is awaited, or an edit waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.committer.is_busy()
            || !self.edits.is_empty()
            || self.reading != Reading::No
            || self.access.is_asking()
            || self.snapshots.writing
    }

    /// Whether there is something that no snapshot has.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.head() > self.snapshots.kept
    }

    // Wishes.

    /// Somebody hands in an edit.
    pub fn handle_submit(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        submission: Submission,
    ) {
        let Some(entry) = self.subscribers.get(&subscriber) else { return };
        let (user, Some(author)) = (entry.user, entry.author()) else { return };
        if self.may_commit(user, author, submission.seq) {
            self.enqueue(now, subscriber, user, author, submission);
        } else {
            self.refuse_trespass(subscriber, submission.seq);
        }
    }

    /// Somebody's selections are these, in the text at `revision`.
    pub fn handle_select(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        revision: Revision,
        selections: Vec<Selection>,
    ) {
        let author = self.subscribers.get(&subscriber).and_then(Subscriber::author);
        let Some(author) = author else { return };
        // From a future that we have not reached: the next news will do.
        if revision > self.head() {
            return;
        }
        if let Some((head, selections)) = self.bring_forward(revision, selections) {
            self.presence.select(author, head, selections);
            self.tell_presence(now);
        }
    }

    /// The document has another name.
    pub fn handle_renamed(&mut self, name: String) {
        self.name = name;
        let channel = self.channel;
        let name = std::mem::take(&mut self.name);
        let renamed = ServerDocument::Renamed { channel, name: name.as_str().into() };
        let renamed = encode(renamed);
        self.name = name;
        let ids: Vec<_> = self.authors.values().copied().collect();
        for id in ids {
            self.deliver(id, renamed.clone());
        }
    }

    // News.

    /// A server committed these, or so it says.
    pub fn handle_hint(&mut self, now: Duration, origin: Origin, entries: &[Entry]) {
        for entry in entries {
            let next = self.head().next();
            let trusted = bugs::active(Bug::BusEntryTrustedWithoutRevision);
            let revision = if trusted { next } else { entry.revision };
            if revision < next {
                continue;
            }
            if revision > next {
                self.read_log();
                break;
            }
            if !self.take_over(entry) {
                return;
            }
        }
        self.after_entries(now);
        self.turns.handle_committed(now, origin);
        self.turn_moved(now);
    }

    /// A server, perhaps this one, would like to commit.
    pub fn handle_wish(&mut self, now: Duration, origin: Origin) {
        self.turns.handle_wish(now, origin);
        self.turn_moved(now);
    }

    /// The log is at least here.
    pub fn handle_head(&mut self, head: Revision) {
        let hears_only = bugs::active(Bug::PollNeverReadsLog);
        if head > self.head() && !self.committer.is_appending() && !hears_only {
            self.read_log();
        }
    }

    /// Hints may have been lost.
    pub fn handle_hints_lost(&mut self) {
        self.presence.missed();
        self.read_log();
    }

    /// The log's answer to [`Output::ReadLog`].
    pub fn handle_log(&mut self, now: Duration, answer: Result<Page, LogError>) {
        let again = self.reading == Reading::Again;
        self.reading = Reading::No;
        let page = match answer {
            Ok(page) => page,
            Err(LogError::NotFound) => return self.fail(RejectCode::DocumentDeleted),
            Err(_) => {
                self.refuse_behind(now, RejectCode::DocumentUnavailable);
                self.refuse_edits();
                return self.log_unavailable(now);
            }
        };
        for entry in &page.entries {
            if entry.revision > self.head() && !self.take_over(entry) {
                return;
            }
        }
        if again || (page.head > self.head() && !page.entries.is_empty()) {
            self.read_log();
        } else {
            self.admit_behind(now);
            self.admit_edits(now);
            self.log_was_read(now);
        }
        self.after_entries(now);
    }

    /// The log's answer to [`Output::ReadOlder`].
    pub fn handle_older(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        answer: Result<History, LogError>,
    ) {
        if self.is_parked(subscriber) {
            self.unpark(now, subscriber, answer);
        } else {
            self.catch_up_over(now, subscriber, answer);
        }
    }

    /// The log's answer to [`Output::Append`].
    pub fn handle_appended(&mut self, now: Duration, answer: Result<(), AppendError>) {
        self.settle(now, answer);
    }

    /// The answer to [`Output::Snapshot`]: the newest revision that is kept now.
    pub fn handle_snapshot(&mut self, now: Duration, kept: Option<Revision>) {
        self.snapshots.writing = false;
        self.snapshots.not_before = now + SNAPSHOT_INTERVAL;
        if let Some(kept) = kept {
            self.snapshots.kept = self.snapshots.kept.max(kept);
        }
    }

    /// A subscriber has taken everything that was delivered to him.
    pub fn handle_room(&mut self, now: Duration, subscriber: SubscriberId) {
        if let Some(entry) = self.subscribers.get_mut(&subscriber) {
            entry.refill();
            self.pump(now, subscriber);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.access_timeout(now);
        self.commit_timeout(now);
        self.feed_timeout(now);
        self.presence_timeout(now);
        if self.is_dirty() && !self.snapshots.writing && self.snapshots.not_before <= now {
            self.snapshot_now();
        }
    }

    /// Asks for a snapshot without waiting for its time, if there is something to keep.
    pub fn snapshot_now(&mut self) {
        if !self.is_dirty() || self.snapshots.writing || self.failed {
            return;
        }
        let ahead = u64::from(bugs::active(Bug::SnapshotOneRevisionAhead));
        let revision = Revision::new(self.head().get() + ahead);
        self.snapshots.writing = true;
        self.outputs.push_back(Output::Snapshot { revision, text: self.text() });
    }

    // Work for the driver.

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let snapshot = (self.is_dirty() && !self.snapshots.writing && !self.failed)
            .then_some(self.snapshots.not_before);
        let parts = [self.committer.due(), self.feed_due(), self.presence.due(), snapshot];
        let parts = parts.into_iter().chain([self.access.due().filter(|_| !self.failed)]);
        parts.flatten().min()
    }

    // Below: what several of them need.

    /// Commits an entry that is in the log. False if it cannot be, and the document has failed.
    fn take_over(&mut self, entry: &Entry) -> bool {
        let limits = OperationLimits::REPRESENTABLE;
        let decoded = Operation::decode(&entry.operation, entry.base_length, &limits);
        let Ok(operation) = decoded else {
            self.fail(RejectCode::DocumentUnavailable);
            return false;
        };
        let committed = codesync_core::Entry {
            revision: entry.revision,
            author: entry.author,
            seq: entry.seq,
            operation,
        };
        self.commit_entry(committed, &entry.operation)
    }

    fn commit_entry(&mut self, entry: codesync_core::Entry, encoded: &[u8]) -> bool {
        let (revision, author, seq) = (entry.revision, entry.author, entry.seq);
        self.presence.apply(&entry.operation, author, revision);
        if self.document.commit(entry).is_err() {
            // The log holds what does not follow from it: better no document than a wrong one.
            self.fail(RejectCode::DocumentUnavailable);
            return false;
        }
        let checkpoint = self.document.checkpoint_due();
        self.recent.push(author, seq, encoded, checkpoint);
        self.forget_if_gone(author);
        true
    }

    fn read_log(&mut self) {
        if self.failed {
            return;
        }
        if self.reading == Reading::No {
            self.reading = Reading::UnderWay;
            self.outputs.push_back(Output::ReadLog { after: self.head() });
        } else {
            self.reading = Reading::Again;
        }
    }
}

/// Shortest time between two sendings to so many people.
fn tick(people: usize) -> Duration {
    if people <= CROWD {
        return Duration::ZERO;
    }
    TICK_EACH.saturating_mul(u32::try_from(people).unwrap_or(u32::MAX)).min(TICK_MAX)
}

fn encode(message: ServerDocument<'_>) -> Bytes {
    Bytes::from(codec::encode_server(&ServerMessage::Document(message)))
}
