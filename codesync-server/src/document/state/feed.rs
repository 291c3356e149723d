//! Bringing every subscriber to the head, at the pace at which he reads.
//!
//! Each subscriber has a *credit* of bytes. What is delivered uses it up; when it is gone, nothing
//! more is delivered until the driver says that everything was taken. Meanwhile the subscriber only
//! falls behind, which costs no memory: afterwards he gets what he missed as one composed
//! operation. Presence is the first thing to be left out. Whoever takes nothing for
//! [`LAG_MAX`] is closed. No operation is ever dropped.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use codesync_core::document::{CatchUp, CatchUpError, Checkpoint};
use codesync_core::limits::TEXT_PART_BYTES_MAX;
use codesync_core::protocol::{CloseCode, RejectCode, ServerDocument};
use codesync_core::{Author, History, Revision, Text};

use super::{DocumentState, encode, tick};
use crate::document::recent::{encode_ack, encode_checkpoint};
use crate::document::{Join, Output, SubscriberId};
use crate::ids::UserId;
use crate::oplog::{ClientRecord, LogError};

/// Bytes delivered to one subscriber that he may not have taken yet.
pub(crate) const CREDIT_BYTES: usize = 256 * 1024;
/// With less credit than this, presence is left out.
const PRESENCE_CREDIT_MIN: usize = CREDIT_BYTES / 2;
/// How long a subscriber may take nothing.
pub(crate) const LAG_MAX: Duration = Duration::from_secs(15);

/// One who takes part, or is about to.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) user: UserId,
    /// By which he came: the later he came, the higher.
    pub(super) socket: u64,
    pub(super) stage: Stage,
    author: Option<Author>,
    /// Everything up to here was delivered.
    pub(super) at: Revision,
    credit: usize,
    /// Since when there has been no credit.
    starved: Option<Duration>,
    /// Whether we are told when he has taken everything.
    room_awaited: bool,
    /// Whether he has missed presence, or has not had any yet.
    presence_due: bool,
    /// Who left while he could not be told.
    departed: BTreeSet<Author>,
    /// Whether an edit can be on its way that he made before he heard that he may not.
    pub(super) is_forgiven_one: bool,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// The log is asked who he is.
    Registering { join: Join },
    /// The log or the permissions are not where we are, and have to be read before he is let in.
    Behind { join: Join, record: ClientRecord },
    /// He gets the text at the revision of his join, from `offset` on.
    Text { text: Text, offset: usize, revision: Revision },
    /// He gets what he missed, composed.
    CatchingUp { steps: VecDeque<CatchUp> },
    /// As above, but entries from before the window have to be read first.
    ReadingOlder,
    /// He gets entries as they are committed.
    Live,
}

impl Subscriber {
    pub(super) fn new(join: Join) -> Self {
        Self {
            user: join.user,
            socket: join.socket,
            stage: Stage::Registering { join },
            author: None,
            at: Revision::ZERO,
            credit: CREDIT_BYTES,
            starved: None,
            room_awaited: false,
            presence_due: false,
            departed: BTreeSet::new(),
            is_forgiven_one: false,
        }
    }

    pub(super) fn admit(&mut self, author: Author, at: Revision, stage: Stage) {
        self.author = Some(author);
        self.at = at;
        self.stage = stage;
        self.presence_due = true;
    }

    /// Whether he has not been let in yet.
    pub(super) fn is_arriving(&self) -> bool {
        self.author.is_none()
    }

    /// Who he is, once he has been let in.
    pub(super) fn author(&self) -> Option<Author> {
        self.author
    }

    /// The number of his join, as long as it was not answered.
    pub(super) fn request_pending(&self) -> Option<u32> {
        match &self.stage {
            Stage::Registering { join } | Stage::Behind { join, .. } => Some(join.request),
            _ => None,
        }
    }

    pub(super) fn refill(&mut self) {
        self.credit = CREDIT_BYTES;
        self.starved = None;
        self.room_awaited = false;
    }

    fn takes_presence(&self) -> bool {
        self.author.is_some() && !self.presence_due && self.credit >= PRESENCE_CREDIT_MIN
    }
}

impl DocumentState {
    /// Hands out messages and counts them. Control messages are few, and go out without credit too.
    pub(super) fn deliver(&mut self, id: SubscriberId, messages: Bytes) {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        subscriber.credit = subscriber.credit.saturating_sub(messages.len());
        self.outputs.push_back(Output::Deliver { subscriber: id, messages });
    }

    /// After entries of other servers: whoever may have them gets them, in a crowd after a pause.
    pub(super) fn after_entries(&mut self, now: Duration) {
        let pause = tick(self.subscribers.len());
        let next = self.broadcast.last.map_or(now, |last| last + pause);
        if next <= now {
            self.broadcast(now);
        } else {
            self.broadcast.due.get_or_insert(next);
        }
    }

    /// Whoever may have entries gets them.
    pub(super) fn broadcast(&mut self, now: Duration) {
        self.broadcast.due = None;
        self.broadcast.last = Some(now);
        let ids: Vec<_> = self.authors.values().copied().collect();
        for id in ids {
            self.pump(now, id);
        }
    }

    /// Delivers to one subscriber until he is at the head or his credit is gone.
    pub(super) fn pump(&mut self, now: Duration, id: SubscriberId) {
        while self.step(now, id) {}
    }

    /// One piece. False if there is nothing to deliver, or not now.
    fn step(&mut self, now: Duration, id: SubscriberId) -> bool {
        let head = self.head();
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return false };
        let Some(author) = subscriber.author else { return false };
        if subscriber.credit == 0 {
            subscriber.starved.get_or_insert(now);
            self.await_room(id);
            return false;
        }
        match &mut subscriber.stage {
            Stage::Registering { .. } | Stage::Behind { .. } | Stage::ReadingOlder => false,
            Stage::Text { text, offset, revision } => {
                if *offset < text.len() {
                    let (part, end) = text_part(text, *offset);
                    *offset = end;
                    let part =
                        ServerDocument::TextPart { channel: self.channel, bytes: part.into() };
                    let part = encode(part);
                    self.deliver(id, part);
                } else {
                    let checkpoint = Checkpoint { revision: *revision, hash: text.hash() };
                    subscriber.stage = Stage::Live;
                    self.deliver(id, encode_checkpoint(self.channel, checkpoint));
                }
                true
            }
            Stage::CatchingUp { steps } => match steps.pop_front() {
                Some(step) => {
                    self.deliver_step(id, step);
                    true
                }
                None if subscriber.at == head => {
                    subscriber.stage = Stage::Live;
                    let checkpoint = self.checkpoint_at_head();
                    self.deliver(id, encode_checkpoint(self.channel, checkpoint));
                    true
                }
                None => {
                    let at = subscriber.at;
                    let steps = self.document.catch_up(at, author);
                    self.catch_up(now, id, at, steps)
                }
            },
            Stage::Live if subscriber.at < head => {
                if !self.recent.reaches_back_to(subscriber.at) {
                    subscriber.stage = Stage::CatchingUp { steps: VecDeque::new() };
                    return true;
                }
                let (messages, at) = self.recent.run(subscriber.at, author);
                subscriber.at = at;
                for messages in messages {
                    self.deliver(id, messages);
                }
                true
            }
            Stage::Live if subscriber.presence_due && subscriber.credit >= PRESENCE_CREDIT_MIN => {
                subscriber.presence_due = false;
                let departed = std::mem::take(&mut subscriber.departed);
                for author in departed {
                    let message = self.presence.departed(author);
                    self.deliver(id, message);
                }
                for messages in self.presence.table(author) {
                    self.deliver(id, messages);
                }
                true
            }
            Stage::Live if subscriber.presence_due => {
                // Nothing else may ever use up what credit is left.
                self.await_room(id);
                false
            }
            Stage::Live => false,
        }
    }

    fn await_room(&mut self, id: SubscriberId) {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        if !std::mem::replace(&mut subscriber.room_awaited, true) {
            self.outputs.push_back(Output::AwaitRoom { subscriber: id });
        }
    }

    fn deliver_step(&mut self, id: SubscriberId, step: CatchUp) {
        let channel = self.channel;
        let (at, message) = match step {
            CatchUp::Range { from, to, operation } => {
                let operation = operation.encode().into();
                (to, encode(ServerDocument::CaughtUp { channel, from, to, operation }))
            }
            CatchUp::Own { seq, revision } => (revision, encode_ack(channel, seq, revision)),
        };
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            subscriber.at = at;
        }
        self.deliver(id, message);
    }

    /// Takes the steps of a catch-up, or asks for what is needed to find them.
    fn catch_up(
        &mut self,
        now: Duration,
        id: SubscriberId,
        from: Revision,
        steps: Result<Vec<CatchUp>, CatchUpError>,
    ) -> bool {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return false };
        match steps {
            Ok(steps) => {
                subscriber.stage = Stage::CatchingUp { steps: steps.into() };
                true
            }
            Err(CatchUpError::TooOld { start, .. }) => {
                subscriber.stage = Stage::ReadingOlder;
                self.outputs.push_back(Output::ReadOlder { subscriber: id, from, to: start });
                false
            }
            Err(CatchUpError::FutureRevision { .. }) => {
                self.end(now, id, RejectCode::RevisionAhead);
                false
            }
        }
    }

    /// The entries from before the window that a catch-up waited for.
    pub(super) fn catch_up_over(
        &mut self,
        now: Duration,
        id: SubscriberId,
        answer: Result<History, LogError>,
    ) {
        let Some(subscriber) = self.subscribers.get(&id) else { return };
        let (Stage::ReadingOlder, Some(author)) = (&subscriber.stage, subscriber.author) else {
            return;
        };
        let at = subscriber.at;
        match answer {
            Ok(older) => {
                let steps = self.document.catch_up_from(&older, at, author);
                self.catch_up(now, id, at, steps);
                self.pump(now, id);
            }
            Err(_) => self.end(now, id, RejectCode::DocumentUnavailable),
        }
    }

    fn checkpoint_at_head(&mut self) -> Checkpoint {
        let head = self.head();
        match self.checkpoint {
            Some(checkpoint) if checkpoint.revision == head => checkpoint,
            _ => *self.checkpoint.insert(self.document.checkpoint()),
        }
    }

    pub(super) fn feed_due(&self) -> Option<Duration> {
        let starved = self.subscribers.values().filter_map(|it| it.starved).min();
        let lag = starved.map(|since| since + LAG_MAX);
        [lag, self.broadcast.due].into_iter().flatten().min()
    }

    pub(super) fn feed_timeout(&mut self, now: Duration) {
        if self.broadcast.due.is_some_and(|due| due <= now) {
            self.broadcast(now);
        }
        let slow: Vec<_> = self
            .subscribers
            .iter()
            .filter(|(_, it)| it.starved.is_some_and(|since| since + LAG_MAX <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in slow {
            self.close(now, id, CloseCode::TooSlow);
        }
    }

    pub(super) fn tell_all(&mut self, messages: &Bytes) {
        self.tell(None, messages);
    }

    pub(super) fn tell_others(&mut self, but: SubscriberId, messages: &Bytes) {
        self.tell(Some(but), messages);
    }

    pub(super) fn tell_departed(&mut self, author: Author, message: &Bytes) {
        for subscriber in self.subscribers.values_mut().filter(|it| !it.takes_presence()) {
            subscriber.departed.insert(author);
        }
        self.tell(None, message);
    }

    /// Presence to all who take it; the others get the whole table later.
    fn tell(&mut self, but: Option<SubscriberId>, messages: &Bytes) {
        let (mut takers, mut full) = (Vec::with_capacity(self.subscribers.len()), Vec::new());
        for (id, subscriber) in &mut self.subscribers {
            if Some(*id) == but {
                continue;
            }
            if subscriber.takes_presence() {
                takers.push(*id);
                continue;
            }
            subscriber.presence_due = true;
            if subscriber.credit < PRESENCE_CREDIT_MIN {
                full.push(*id);
            }
        }
        for id in takers {
            self.deliver(id, messages.clone());
        }
        for id in full {
            self.await_room(id);
        }
    }
}

/// As much of a text as one message holds, and where it ends.
fn text_part(text: &Text, from: usize) -> (Vec<u8>, usize) {
    let mut part = Vec::with_capacity(TEXT_PART_BYTES_MAX);
    let mut end = from;
    for chunk in text.chunks_in(from..text.len()) {
        let room = TEXT_PART_BYTES_MAX - part.len();
        let taken = &chunk[..chunk.floor_char_boundary(room)];
        part.extend_from_slice(taken.as_bytes());
        end += taken.chars().count();
        if taken.len() < chunk.len() {
            break;
        }
    }
    (part, end)
}
