//! What the server says about one document, and what follows from it.

use std::borrow::Cow;
use std::time::Duration;

use super::{Flight, Link, Seat};
use crate::bugs::{self, Bug};
use crate::client::connection::FrameError;
use crate::client::journal::Record;
use crate::client::output::{Cause, ConflictReason, Context, Event};
use crate::client::pending::Pending;
use crate::client::replica::{Standing, State};
use crate::ids::{Author, Channel, Revision, Seq};
use crate::limits::{
    ANSWER_MS_MAX, COMMITTED, DOCUMENT_BYTES_CEILING, NUMBER_MAX, RETRY_MS_DEFAULT, RETRY_MS_MAX,
};
use crate::operation::Operation;
use crate::protocol::{RejectCode, ServerPresence};
use crate::text::{Text, TextBuilder, TextHash};

/// What [`Joined`](crate::protocol::ServerDocument::Joined) says.
pub(in crate::client) struct Admission<'a> {
    pub(in crate::client) channel: Channel,
    pub(in crate::client) author: Author,
    pub(in crate::client) standing: Standing,
    pub(in crate::client) name: &'a str,
    pub(in crate::client) writable: bool,
    pub(in crate::client) document_bytes_max: u64,
    pub(in crate::client) text_bytes: Option<u64>,
}

impl Seat {
    /// The server let us join.
    pub(in crate::client) fn joined(
        &mut self,
        admission: &Admission<'_>,
        now: Duration,
        context: &mut Context,
    ) -> Result<(), FrameError> {
        let Admission { channel, standing, .. } = *admission;
        let Standing { head, last_seq, last_revision } = standing;
        if head.get() > NUMBER_MAX || last_seq.get() > NUMBER_MAX || last_revision > head {
            return Err(FrameError::Numbers);
        }
        self.differed_at = None;
        self.replica.set_terms(admission.author, admission.document_bytes_max);
        self.set_writable(admission.writable);
        self.rename(admission.name, context);
        self.announcer.reset();
        if self.afresh {
            let bytes_left = admission.text_bytes.ok_or(FrameError::TextMissing)?;
            if bytes_left > DOCUMENT_BYTES_CEILING {
                return Err(FrameError::TextTooLong { bytes: bytes_left });
            }
            let deadline = now + Duration::from_millis(ANSWER_MS_MAX);
            let text = TextBuilder::new();
            self.link = Link::Receiving { channel, standing, bytes_left, text, deadline };
            return self.text_part(&[], now, context);
        }
        self.link = Link::Joined { channel, flight: Flight::Ready };
        match self.compare_standing(standing, now) {
            Err(reason) => self.conflict(reason, now, context),
            Ok(flight) => self.link = Link::Joined { channel, flight },
        }
        if bugs::active(Bug::SeqReusedAfterReconnect)
            && *self.replica.pending() == Pending::Synchronized
        {
            self.replica.reuse_seq();
        }
        Ok(())
    }

    /// Whether the server knows of us what we know of ourselves, and what that means for the
    /// outstanding operation.
    fn compare_standing(
        &self,
        standing: Standing,
        now: Duration,
    ) -> Result<Flight, ConflictReason> {
        let Standing { head, last_seq, last_revision } = standing;
        let replica = &self.replica;
        if head < replica.revision() {
            return Err(ConflictReason::ServerBehind);
        }
        if last_seq > replica.last_seq() {
            return Err(ConflictReason::JournalReused);
        }
        let acked = match replica.pending().outstanding() {
            // It arrived, only its acknowledgement did not; that is part of what follows.
            Some(_) if last_seq == replica.last_seq() => {
                let news = last_revision > replica.revision();
                return news.then(|| Flight::sent(now)).ok_or(ConflictReason::ServerBehind);
            }
            Some(outstanding) => Seq::new(outstanding.ticket.seq.get() - 1),
            None => replica.last_seq(),
        };
        let known = last_seq == acked && last_revision == replica.last_revision();
        known.then_some(Flight::Ready).ok_or(ConflictReason::ServerBehind)
    }

    /// A piece of the text arrived.
    pub(in crate::client) fn text_part(
        &mut self,
        part: &[u8],
        now: Duration,
        context: &mut Context,
    ) -> Result<(), FrameError> {
        let Link::Receiving { channel, standing, bytes_left, text, deadline } = &mut self.link
        else {
            return Ok(());
        };
        let part_bytes = part.len() as u64;
        *bytes_left = bytes_left
            .checked_sub(part_bytes)
            .ok_or(FrameError::TextTooLong { bytes: text.len_bytes() as u64 + part_bytes })?;
        text.push(std::str::from_utf8(part).map_err(|_| FrameError::TextNotUtf8)?);
        *deadline = now + Duration::from_millis(ANSWER_MS_MAX);
        if *bytes_left > 0 {
            return Ok(());
        }
        let (text, standing, channel) = (std::mem::take(text).finish(), *standing, *channel);
        self.replica.load(text, standing);
        self.afresh = false;
        self.link = Link::Joined { channel, flight: Flight::Ready };
        self.compact(context);
        let (document, text) = (self.document(), self.replica.text().clone());
        context.event(Event::Opened { document, text });
        Ok(())
    }

    /// Others committed something: one operation, or several as one.
    pub(in crate::client) fn applied(
        &mut self,
        from: Revision,
        to: Revision,
        by: Option<Author>,
        bytes: &[u8],
        now: Duration,
        context: &mut Context,
    ) {
        if !self.is_joined() {
            return;
        }
        let revision = self.replica.revision();
        if to <= revision {
            // It came twice.
            return;
        }
        if from != revision && !bugs::active(Bug::GapSkipped) {
            return self.rejoin(now, context);
        }
        let fitting = match to.get() <= NUMBER_MAX {
            true => Operation::decode(bytes, self.replica.confirmed_len(), &COMMITTED).ok(),
            false => None,
        };
        let Some(operation) = fitting else {
            return self.conflict(ConflictReason::Unfitting, now, context);
        };
        self.announcer.others(&operation);
        if !bugs::active(Bug::RemoteEditsNotJournaled) {
            self.journal.push(&Record::Applied { revision: to, operation: Cow::Borrowed(bytes) });
        }
        let document = self.document();
        let tell = |before: &Text, local: &Operation| {
            if !local.is_identity() {
                let edits = local.edits(before, context.event_encoding);
                context.event(Event::Changed { document, edits, cause: Cause::Remote });
            }
        };
        self.replica
            .applied(to, by, operation, tell)
            .expect("the operation was read over the confirmed length");
    }

    /// The server committed our submission `seq`.
    pub(in crate::client) fn acked(
        &mut self,
        seq: Seq,
        revision: Revision,
        now: Duration,
        context: &mut Context,
    ) {
        if !self.is_joined() {
            return;
        }
        let outstanding = self.replica.pending().outstanding().map(|own| own.ticket.seq);
        if outstanding != Some(seq) {
            if seq > self.replica.last_seq() {
                self.conflict(ConflictReason::JournalReused, now, context);
            }
            // Otherwise an acknowledgement that came twice.
            return;
        }
        let next = self.replica.revision().next();
        if revision < next {
            return self.conflict(ConflictReason::ServerBehind, now, context);
        }
        if revision > next {
            return self.rejoin(now, context);
        }
        let committed = self.replica.acked().expect("something is outstanding");
        self.announcer.own(&committed);
        self.journal.push(&Record::Acked { revision: next });
        if let Link::Joined { flight, .. } = &mut self.link {
            *flight = Flight::Ready;
        }
    }

    /// The fingerprint of the text as the server has it at a revision.
    pub(in crate::client) fn checkpoint(
        &mut self,
        revision: Revision,
        hash: TextHash,
        now: Duration,
        context: &mut Context,
    ) {
        if self.is_joined() && self.replica.compare(revision, hash) == Some(false) {
            self.conflict(ConflictReason::Mismatch, now, context);
        }
    }

    /// The server did not commit our submission `seq`.
    pub(in crate::client) fn rejected(
        &mut self,
        seq: Seq,
        code: RejectCode,
        retry_ms: Option<u32>,
        now: Duration,
        context: &mut Context,
    ) {
        let outstanding = self.replica.pending().outstanding().map(|own| own.ticket.seq);
        let Link::Joined { flight, .. } = &mut self.link else { return };
        if outstanding != Some(seq) {
            return;
        }
        if retry_ms.is_some() || code.is_retryable() {
            let wait = retry_ms.map_or(RETRY_MS_DEFAULT, u64::from).min(RETRY_MS_MAX);
            *flight = Flight::Held { until: now + Duration::from_millis(wait) };
        } else if code == RejectCode::UnknownChannel {
            // The server has let us go and we did not hear of it; the edit is as good as ever.
            self.rejoin(now, context);
        } else {
            self.conflict(ConflictReason::Rejected(code), now, context);
        }
    }

    /// The server does not let us join.
    pub(in crate::client) fn refused(
        &mut self,
        code: RejectCode,
        message: &str,
        now: Duration,
        context: &mut Context,
    ) {
        self.link = Link::Apart { join_at: now };
        if code == RejectCode::RevisionAhead && !self.afresh {
            self.conflict(ConflictReason::ServerBehind, now, context);
        } else if code == RejectCode::RevisionAhead && self.differed_at.is_some() {
            // The server has gone back to before the text that differed. Its own is wanted all the
            // same, and the next join says no more than that.
            self.differed_at = None;
        } else if code == RejectCode::ClientIdTaken {
            self.client_taken(now, context);
        } else {
            self.turned_away(code, message, now, context);
        }
    }

    /// Another person came with our client id first: whoever was logged in here before, say. What
    /// waits was typed as that person and is handed over; everything else goes on.
    fn client_taken(&mut self, now: Duration, context: &mut Context) {
        if *self.replica.pending() != Pending::Synchronized && !self.afresh {
            let reason = ConflictReason::Rejected(RejectCode::ClientIdTaken);
            return self.conflict(reason, now, context);
        }
        self.start_afresh(context);
        let wait = self.backoff.wait(now, &mut context.chance);
        self.link = Link::Apart { join_at: now + wait };
    }

    /// We take no part any longer: until later, or for good.
    pub(in crate::client) fn turned_away(
        &mut self,
        code: RejectCode,
        message: &str,
        now: Duration,
        context: &mut Context,
    ) {
        self.peers_changed |= self.replica.forget_peers();
        if code.is_retryable() {
            let wait = self.backoff.wait(now, &mut context.chance);
            self.link = Link::Apart { join_at: now + wait };
            return;
        }
        self.link = Link::Ended;
        if *self.replica.pending() != Pending::Synchronized && !self.afresh {
            self.hand_over(ConflictReason::Ended(code), context);
        }
        self.replica.set_state(State::Ended);
        let (document, message) = (self.document(), message.to_owned());
        context.event(Event::Refused { document, code, message });
    }

    /// The user may write, or may not.
    pub(in crate::client) fn set_writable(&mut self, writable: bool) {
        if self.replica.is_writable() != writable {
            self.replica.set_writable(writable);
            self.journal.push(&Record::Role { writable });
        }
    }

    /// The document's name is this.
    pub(in crate::client) fn rename(&mut self, name: &str, context: &mut Context) {
        if self.replica.name() == name {
            return;
        }
        self.replica.set_name(name);
        self.journal.push(&Record::Renamed { name: Cow::Borrowed(name) });
        context.event(Event::Renamed { document: self.document(), name: name.to_owned() });
    }

    /// News of where others are.
    pub(in crate::client) fn presence(&mut self, news: ServerPresence<'_>) {
        if !self.is_joined() {
            return;
        }
        match news {
            ServerPresence::Arrived { author, name, color, .. } => {
                self.replica.peer_arrived(author, &name, color);
                self.end_gathering();
            }
            ServerPresence::Moved { author, revision, selections, .. } => {
                self.replica.peer_moved(author, revision, selections);
            }
            ServerPresence::Departed { author, .. } => self.replica.peer_departed(author),
        }
        self.peers_changed = true;
    }

    fn is_joined(&self) -> bool {
        matches!(self.link, Link::Joined { .. })
    }
}
