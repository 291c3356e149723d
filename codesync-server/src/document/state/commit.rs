//! The way of an edit: *transform → append (durable) → commit in memory → acknowledge → fan out*.
//!
//! While one append is in flight, what arrives waits in a queue; when the append returns, all of
//! it goes as one batch. There is no timer, unless other servers write too (`turns`), or so many
//! people are here that the next edit is about to come anyway (`gathers_until`). If another
//! server won the revision, or nobody knows how an append ended, the log is read and what is still
//! missing is prepared anew: an entry that turns out to be in the log is recognised there by its
//! author and seq.

use std::time::Duration;

use codesync_core::bugs::{self, Bug};
use codesync_core::document::{Batch, Prepared, PushError, Submission, SubmitError};
use codesync_core::protocol::{RejectCode, ServerDocument};
use codesync_core::{Author, Entry, History, Revision, Seq};

use super::feed::Subscriber;
use super::queue::{Phase, Waiting, Work};
use super::turns::Turn;
use super::{CROWD, DocumentState, Reading, encode, tick};
use crate::document::recent::encode_ack;
use crate::document::{EditRefusal, Output, SubscriberId};
use crate::ids::UserId;
use crate::metrics::metrics;
use crate::oplog::{self, Append, AppendError, LogError};

/// Submissions that may wait in one document; beyond it the answer is "busy".
const WAITING_MAX: usize = 2048;
/// Submissions of one subscriber that may wait. An honest client has one in flight.
const WAITING_PER_SUBSCRIBER_MAX: usize = 8;
/// Lost races in a row before the clients are asked to wait.
const ATTEMPTS_MAX: u32 = 8;
/// Times an edit from before the window is tried again because the window moved meanwhile.
const OLDER_ATTEMPTS_MAX: u32 = 3;

impl DocumentState {
    pub(super) fn enqueue(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        user: UserId,
        author: Author,
        submission: Submission,
    ) {
        let own = self.committer.waiting.iter().filter(|it| it.subscriber == subscriber).count();
        if self.committer.waiting.len() >= WAITING_MAX || own >= WAITING_PER_SUBSCRIBER_MAX {
            let retry_ms = self.committer.jitter_ms(1000);
            self.reject(subscriber, submission.seq, RejectCode::Busy, None, Some(retry_ms));
            return;
        }
        let received_at = self.subscribers.get(&subscriber).map_or(Revision::ZERO, |it| it.at);
        let work = Work::Submission(submission);
        let waiting = Waiting {
            subscriber,
            user,
            author,
            work,
            since: now,
            received_at,
            older: None,
            older_attempts: 0,
        };
        self.wait(now, waiting);
    }

    /// An edit takes its place behind those that wait.
    pub(super) fn wait(&mut self, now: Duration, waiting: Waiting) {
        self.committer.waiting.push_back(waiting);
        self.start_append(now);
    }

    /// Prepares what waits, as far as one batch holds it, and asks for its append.
    pub(super) fn start_append(&mut self, now: Duration) {
        if !self.committer.may_begin()
            || self.committer.waiting.is_empty()
            || self.failed
            || self.reading != Reading::No
            || !self.knows_access(now)
        {
            // The answer that is awaited begins it again. A log that is being read may hold entries of
            // others: before they are here, an append would only lose a race.
            return;
        }
        if let Some(until) = self.gathers_until(now) {
            self.committer.phase = Phase::Gathering { until };
            return;
        }
        let turn = self.turns.turn(now);
        if let Turn::Wish(until) | Turn::Others(until) = turn {
            self.committer.phase = Phase::AwaitingTurn { until };
            if matches!(turn, Turn::Wish(_)) {
                self.outputs.push_back(Output::Wish);
            }
            return;
        }
        self.committer.phase = Phase::Idle;
        let (flying, entries) = loop {
            let Some(next) = self.committer.waiting.front() else {
                self.turns.give_up(now);
                return;
            };
            let prepared =
                if next.work.is_whole() { self.prepare_whole() } else { self.prepare_batch() };
            if !prepared.1.is_empty() {
                break prepared;
            }
        };
        if bugs::active(Bug::AcknowledgeBeforeAppend) {
            for (waiting, entry) in flying.iter().zip(&entries) {
                let ack = encode_ack(self.channel, entry.seq, entry.revision);
                self.deliver(waiting.subscriber, ack);
            }
        }
        let stored: Vec<_> = entries.iter().map(stored).collect();
        let append = Append {
            document: self.id,
            epoch: self.epoch,
            access: self.access.version(),
            expected_head: self.head(),
            entries: stored.clone(),
            text_bytes: self.text_bytes_after(&entries),
        };
        self.outputs.push_back(Output::Append(append));
        if bugs::active(Bug::CommitBeforeAppend) {
            self.commit_all(&entries, &stored);
            self.after_entries(now);
        }
        self.committer.phase = Phase::Appending { began: now, flying, entries, stored };
    }

    /// In a crowd, until when more may come for the same append: an append, and a frame for each of
    /// those who see it, then serve several edits. Once everybody has handed in his, there is nothing
    /// to wait for: each has one under way at most.
    fn gathers_until(&self, now: Duration) -> Option<Duration> {
        let people = self.subscribers.len();
        if people <= CROWD || self.committer.waiting.len() >= people {
            return None;
        }
        let until = self.committer.appended_at? + tick(people);
        (until > now).then_some(until)
    }

    /// As many of the next submissions as one batch holds, and their entries.
    fn prepare_batch(&mut self) -> (Vec<Waiting>, Vec<Entry>) {
        let (mut flying, mut answers) = (Vec::new(), Vec::new());
        let mut batch = Batch::new(&self.document);
        while let Some(waiting) = self.committer.waiting.pop_front() {
            let Work::Submission(submission) = &waiting.work else {
                self.committer.waiting.push_front(waiting);
                break;
            };
            if self.is_forbidden(&waiting) {
                answers.push((waiting, Answer::Forbidden));
                continue;
            }
            let author = waiting.author;
            let pushed = match &waiting.older {
                None => batch.push(author, submission),
                Some(older) => batch.push_from(older, author, submission),
            };
            match pushed {
                Ok(Prepared::Entry(_)) => flying.push(waiting),
                Ok(Prepared::Duplicate { revision }) => {
                    answers.push((waiting, Answer::Duplicate { revision }));
                }
                Err(PushError::Full) => {
                    self.committer.waiting.push_front(waiting);
                    break;
                }
                Err(PushError::Submit(error)) => answers.push((waiting, Answer::Refused(error))),
            }
        }
        let entries = batch.into_entries();
        for (waiting, answer) in answers {
            self.answer(waiting, answer);
        }
        (flying, entries)
    }

    /// Whether its author may not write now, and the log does not have it already.
    pub(super) fn is_forbidden(&self, waiting: &Waiting) -> bool {
        !self.may_commit(waiting.user, waiting.author, waiting.work.seq())
            && !bugs::active(Bug::QueueKeptAfterDemotion)
    }

    fn text_bytes_after(&self, entries: &[Entry]) -> u64 {
        let mut text = self.document.text().clone();
        for entry in entries {
            text.apply(&entry.operation).expect("a batch was prepared for this text");
        }
        text.len_bytes() as u64
    }

    /// The append is over.
    pub(super) fn settle(&mut self, now: Duration, answer: Result<(), AppendError>) {
        let phase = std::mem::replace(&mut self.committer.phase, Phase::Idle);
        let Phase::Appending { began, flying, entries, stored } = phase else {
            self.committer.phase = phase;
            return;
        };
        self.turns.handle_append(now, now.saturating_sub(began));
        match answer {
            Ok(()) => {
                for waiting in &flying {
                    metrics().acknowledged(now.saturating_sub(waiting.since));
                }
                self.committer.appended_at = Some(began);
                self.appended(now, &flying, &entries, stored);
            }
            Err(AppendError::Unknown(_)) if bugs::active(Bug::UnknownAppendTakenForDone) => {
                self.appended(now, &flying, &entries, stored);
            }
            Err(AppendError::Unknown(_)) if bugs::active(Bug::UnknownAppendTakenForFailed) => {
                for waiting in flying {
                    self.turn_away(&waiting, RejectCode::MalformedOperation, None, None);
                }
            }
            Err(AppendError::Conflict { .. })
                if bugs::active(Bug::ConflictRetriedWithoutTransform) =>
            {
                self.retry_untransformed(now, flying, entries);
            }
            Err(error @ (AppendError::Conflict { .. } | AppendError::Unknown(_))) => {
                if matches!(error, AppendError::Conflict { .. }) {
                    self.turns.handle_lost(now);
                    self.outputs.push_back(Output::Wish);
                }
                self.committer.attempts += 1;
                if self.committer.attempts > ATTEMPTS_MAX {
                    self.committer.attempts = 0;
                    self.reject_all(flying, Busy::TryAgain);
                    self.read_log();
                } else {
                    self.put_back(flying);
                    self.committer.phase = Phase::Resolving;
                    self.read_log();
                }
            }
            Err(AppendError::AccessChanged { version }) => {
                self.committer.attempts += 1;
                if self.committer.attempts > ATTEMPTS_MAX {
                    self.committer.attempts = 0;
                    self.reject_all(flying, Busy::TryAgain);
                } else {
                    self.put_back(flying);
                }
                self.append_met_access(version);
            }
            Err(AppendError::Full) => {
                self.reject_all(flying, Busy::Full);
                self.reject_waiting(Busy::Full);
            }
            Err(AppendError::Log(LogError::Full)) => {
                self.reject_all(flying, Busy::Full);
                self.reject_waiting(Busy::Full);
            }
            Err(AppendError::Log(_)) => {
                self.reject_all(flying, Busy::TryAgain);
                self.reject_waiting(Busy::TryAgain);
            }
            Err(AppendError::NotFound) => self.fail(RejectCode::DocumentDeleted),
            Err(AppendError::OldEpoch) => self.fail(RejectCode::DocumentUnavailable),
        }
        self.start_append(now);
    }

    fn appended(
        &mut self,
        now: Duration,
        flying: &[Waiting],
        entries: &[Entry],
        stored: Vec<oplog::Entry>,
    ) {
        self.committer.attempts = 0;
        self.commit_all(entries, &stored);
        self.tell_whole(flying, entries);
        self.outputs.push_back(Output::Publish(stored));
        // Whatever was to be gathered was gathered before the append.
        self.broadcast(now);
    }

    /// Commits our entries, unless they came from the log or the bus before the append's answer.
    fn commit_all(&mut self, entries: &[Entry], stored: &[oplog::Entry]) {
        for (entry, stored) in entries.iter().zip(stored) {
            let known = entry.revision <= self.head();
            if !known && !self.commit_entry(entry.clone(), &stored.operation) {
                return;
            }
        }
    }

    fn put_back(&mut self, flying: Vec<Waiting>) {
        for waiting in flying.into_iter().rev() {
            self.committer.waiting.push_front(waiting);
        }
    }

    /// The log was read to its end: what did not make it is tried again after a moment.
    pub(super) fn log_was_read(&mut self, now: Duration) {
        if matches!(self.committer.phase, Phase::Resolving) {
            let wait = self.committer.jitter_ms(4 << self.committer.attempts);
            let until = now + Duration::from_millis(u64::from(wait));
            self.committer.phase = Phase::BackingOff { until };
        }
        self.start_append(now);
    }

    /// The log cannot be read: nothing can be acknowledged.
    pub(super) fn log_unavailable(&mut self, now: Duration) {
        if matches!(self.committer.phase, Phase::Resolving) {
            self.committer.phase = Phase::Idle;
            self.reject_waiting(Busy::TryAgain);
        }
        self.start_append(now);
    }

    /// Nobody can say who may write: nothing can be acknowledged.
    pub(super) fn access_unavailable(&mut self) {
        if matches!(self.committer.phase, Phase::Idle) {
            self.reject_waiting(Busy::TryAgain);
        }
    }

    /// A server committed, or our wish came back: the turn is another's, perhaps ours.
    pub(super) fn turn_moved(&mut self, now: Duration) {
        if matches!(self.committer.phase, Phase::AwaitingTurn { .. } | Phase::BackingOff { .. }) {
            self.committer.phase = Phase::Idle;
            self.start_append(now);
        }
    }

    pub(super) fn commit_timeout(&mut self, now: Duration) {
        if self.committer.due().is_some_and(|due| due <= now) {
            self.committer.phase = Phase::Idle;
            self.start_append(now);
        }
    }

    /// Forgets what is known of an author who is not here and of whom nothing waits.
    ///
    /// As long as somebody is on his way in, nobody is forgotten: it may be this very author, and
    /// his row may have been read from the log before his last commit came to it.
    pub(super) fn forget_if_gone(&mut self, author: Author) {
        if self.authors.contains_key(&author) || self.committer.holds_edit_of(author) {
            return;
        }
        let careless = bugs::active(Bug::AuthorForgottenWhileArriving);
        if self.is_somebody_arriving() && !careless {
            self.gone.insert(author);
        } else {
            self.document.forget(author);
        }
    }

    fn is_somebody_arriving(&self) -> bool {
        !self.edits.is_empty() || self.subscribers.values().any(Subscriber::is_arriving)
    }

    /// Forgets those who could not be forgotten before.
    pub(super) fn forget_gone(&mut self) {
        if !self.gone.is_empty() && !self.is_somebody_arriving() {
            for author in std::mem::take(&mut self.gone) {
                self.forget_if_gone(author);
            }
        }
    }

    pub(super) fn answer(&mut self, waiting: Waiting, answer: Answer) {
        let (subscriber, author) = (waiting.subscriber, waiting.author);
        match answer {
            Answer::Duplicate { revision } => match &waiting.work {
                // One acknowledged before is acknowledged again. Otherwise that happens in its place.
                Work::Submission(submission) if revision <= waiting.received_at => {
                    let ack = encode_ack(self.channel, submission.seq, revision);
                    self.deliver(subscriber, ack);
                }
                Work::Submission(_) => {}
                Work::Whole { .. } => self.tell_edited(subscriber, Ok(revision)),
            },
            Answer::Refused(SubmitError::BaseTooOld { base, start })
                if waiting.older_attempts < OLDER_ATTEMPTS_MAX =>
            {
                let parked = Waiting { older_attempts: waiting.older_attempts + 1, ..waiting };
                self.committer.parked.insert(subscriber, parked);
                let older = Output::ReadOlder { subscriber, from: base, to: start };
                self.outputs.push_back(older);
                return;
            }
            Answer::Forbidden => self.turn_away(&waiting, RejectCode::ReadOnly, None, None),
            Answer::Refused(error) => {
                self.turn_away(&waiting, error.code(), Some(error.to_string()), None);
            }
            Answer::Moved => {
                let head = self.head();
                self.tell_edited(subscriber, Err(EditRefusal::Moved { head }));
            }
        }
        self.forget_if_gone(author);
    }

    /// Refuses an edit, in the words of whoever handed it in.
    fn turn_away(
        &mut self,
        waiting: &Waiting,
        code: RejectCode,
        message: Option<String>,
        retry_ms: Option<u32>,
    ) {
        match &waiting.work {
            Work::Submission(submission) => {
                self.reject(waiting.subscriber, submission.seq, code, message, retry_ms);
            }
            Work::Whole { .. } => self.refuse_edit(waiting.subscriber, code, message),
        }
    }

    pub(super) fn is_parked(&self, subscriber: SubscriberId) -> bool {
        self.committer.parked.contains_key(&subscriber)
    }

    /// The entries that a parked edit waited for.
    pub(super) fn unpark(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        answer: Result<History, LogError>,
    ) {
        let Some(mut waiting) = self.committer.parked.remove(&subscriber) else { return };
        match answer {
            Ok(older) => {
                waiting.older = Some(older);
                self.committer.waiting.push_front(waiting);
                self.start_append(now);
            }
            Err(_) => self.reject_all(vec![waiting], Busy::TryAgain),
        }
    }

    fn reject_waiting(&mut self, busy: Busy) {
        let waiting = std::mem::take(&mut self.committer.waiting);
        self.reject_all(waiting.into(), busy);
    }

    fn reject_all(&mut self, edits: Vec<Waiting>, busy: Busy) {
        for waiting in edits {
            let (ms_max, message) = match busy {
                Busy::TryAgain => (500, None),
                Busy::Full => (2000, Some("there is no room left on the server's disk".to_owned())),
            };
            let retry_ms = self.committer.jitter_ms(ms_max);
            self.turn_away(&waiting, RejectCode::Busy, message, Some(retry_ms));
            self.forget_if_gone(waiting.author);
        }
    }

    pub(super) fn reject(
        &mut self,
        subscriber: SubscriberId,
        seq: Seq,
        code: RejectCode,
        message: Option<String>,
        retry_ms: Option<u32>,
    ) {
        metrics().rejected(code);
        let message = message.map_or_else(|| code.sentence().into(), Into::into);
        let channel = self.channel;
        let rejected = ServerDocument::Rejected { channel, seq, code, message, retry_ms };
        self.deliver(subscriber, encode(rejected));
    }

    /// A seeded mistake: the entries of a lost race, renumbered and sent again as they were.
    fn retry_untransformed(
        &mut self,
        now: Duration,
        flying: Vec<Waiting>,
        mut entries: Vec<Entry>,
    ) {
        self.read_log();
        let head = self.head();
        for (entry, revision) in entries.iter_mut().zip(head.get() + 1..) {
            entry.revision = Revision::new(revision + 1);
        }
        let stored: Vec<_> = entries.iter().map(stored).collect();
        let append = Append {
            document: self.id,
            epoch: self.epoch,
            access: self.access.version(),
            expected_head: head.next(),
            entries: stored.clone(),
            text_bytes: self.document.text().len_bytes() as u64,
        };
        self.outputs.push_back(Output::Append(append));
        self.committer.phase = Phase::Appending { began: now, flying, entries, stored };
    }
}

pub(super) enum Answer {
    Duplicate {
        revision: Revision,
    },
    Refused(SubmitError),
    /// Its author may not write any longer.
    Forbidden,
    /// The document is not where an exact edit was made for.
    Moved,
}

/// Why a client shall come again with the same edit.
#[derive(Clone, Copy)]
enum Busy {
    TryAgain,
    Full,
}

/// An entry as the log keeps it.
fn stored(entry: &Entry) -> oplog::Entry {
    oplog::Entry {
        revision: entry.revision,
        author: entry.author,
        seq: entry.seq,
        operation: entry.operation.encode().into(),
        base_length: entry.operation.base_len(),
    }
}
