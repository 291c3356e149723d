//! A connection's place in one document: the replica, and how it stands with the server.

mod news;

pub(super) use news::Admission;

use std::borrow::Cow;
use std::time::Duration;

use super::backoff::Backoff;
use super::journal::{Record, Replayed, Writer};
use super::output::{ConflictReason, Context, Event, Output};
use super::pending::Pending;
use super::presence::Announcer;
use super::replica::{Replica, Standing, State, Status};
use crate::bugs::{self, Bug};
use crate::ids::{Channel, ClientId, DocumentId, Revision, Seq};
use crate::limits::{ANSWER_MS_MAX, SUBMIT_ALONE_FACTOR};
use crate::operation::Operation;
use crate::protocol::{ClientDocument, ClientMessage, ClientPresence, RejectCode};
use crate::text::TextBuilder;

/// One document of a connection.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) replica: Replica,
    link: Link,
    /// Whether the server's text must be fetched, because there is none here that can go on.
    afresh: bool,
    /// The revision whose text turned out to differ from the server's, until the server has heard
    /// of it.
    differed_at: Option<Revision>,
    journal: Writer,
    announcer: Announcer,
    backoff: Backoff,
    /// The status that the user interface was last told of.
    reported: Option<Status>,
    peers_changed: bool,
    /// The last submission sent, since this copy was taken up or fetched. What was outstanding then
    /// may have been sent before.
    last_sent: Option<Sent>,
}

/// A submission that left, and when.
#[derive(Clone, Copy, Debug)]
struct Sent {
    seq: Seq,
    at: Duration,
}

/// How the document stands with the server.
#[derive(Debug)]
enum Link {
    /// Not joined; to be joined from this moment on, when there is a socket.
    Apart { join_at: Duration },
    /// Asked to join.
    Joining { request: u32, deadline: Duration },
    /// Joined, and the text is arriving.
    Receiving {
        channel: Channel,
        standing: Standing,
        bytes_left: u64,
        text: TextBuilder,
        deadline: Duration,
    },
    /// Joined.
    Joined { channel: Channel, flight: Flight },
    /// Over, for a reason that asking again does not change.
    Ended,
}

/// What becomes of the outstanding operation on this socket.
#[derive(Clone, Copy, Debug)]
enum Flight {
    /// Nothing was sent, or it was acknowledged.
    Ready,
    /// Sent, or known to be committed; the acknowledgement is to come by then, or else we ask
    /// where we stand by joining again.
    Sent { deadline: Duration },
    /// To be sent at this time: the server asked for it, or we would speak too fast.
    Held { until: Duration },
    /// Never sent; what is typed until then goes with it.
    Gathering { until: Duration },
}

impl Flight {
    fn sent(now: Duration) -> Self {
        Self::Sent { deadline: now + Duration::from_millis(ANSWER_MS_MAX) }
    }
}

impl Seat {
    /// A document that this client has nothing of.
    pub(super) fn new(document: DocumentId, client: ClientId, now: Duration) -> Self {
        Self::with(Replica::new(document, client), Writer::default(), true, now)
    }

    /// A document as its journal has it.
    pub(super) fn restored(replayed: Replayed, now: Duration) -> Self {
        let Replayed { replica, valid_bytes, is_outdated, .. } = replayed;
        let base_len = replica.text().len_bytes();
        let journal = Writer::after(valid_bytes, base_len, is_outdated);
        Self::with(replica, journal, false, now)
    }

    fn with(replica: Replica, journal: Writer, afresh: bool, now: Duration) -> Self {
        Self {
            replica,
            link: Link::Apart { join_at: now },
            afresh,
            differed_at: None,
            journal,
            announcer: Announcer::default(),
            backoff: Backoff::default(),
            reported: None,
            peers_changed: false,
            last_sent: None,
        }
    }

    fn document(&self) -> DocumentId {
        self.replica.document()
    }

    /// The channel on which news of this document comes, if it is joined.
    pub(super) fn channel(&self) -> Option<Channel> {
        match self.link {
            Link::Receiving { channel, .. } | Link::Joined { channel, .. } => Some(channel),
            Link::Apart { .. } | Link::Joining { .. } | Link::Ended => None,
        }
    }

    /// The request that is to be answered, if one is.
    pub(super) fn request(&self) -> Option<u32> {
        match self.link {
            Link::Joining { request, .. } => Some(request),
            _ => None,
        }
    }

    /// Whether a join should be asked for now.
    pub(super) fn wants_to_join(&self, now: Duration) -> bool {
        matches!(self.link, Link::Apart { join_at } if join_at <= now)
    }

    /// Asks to join: for what came after our revision, or for the text. Where ours turned out to
    /// differ from the server's, this is how it hears of that.
    pub(super) fn join(&mut self, request: u32, now: Duration) -> ClientMessage<'static> {
        self.link = Link::Joining { request, deadline: now + Duration::from_millis(ANSWER_MS_MAX) };
        ClientMessage::Document(ClientDocument::Join {
            request,
            client: self.replica.client(),
            document: self.document(),
            at: if self.afresh { self.differed_at } else { Some(self.replica.revision()) },
            text: self.afresh,
        })
    }

    /// Takes no further part on this socket, if it does.
    pub(super) fn leave(&mut self, context: &mut Context) {
        if let Some(channel) = self.channel() {
            context.send(&ClientMessage::Document(ClientDocument::Leave { channel }));
        }
    }

    /// The socket is gone.
    pub(super) fn disconnected(&mut self, now: Duration) {
        if !matches!(self.link, Link::Ended) {
            self.link = Link::Apart { join_at: now };
        }
        self.peers_changed |= self.replica.forget_peers();
        if bugs::active(Bug::BufferDroppedOnReconnect) {
            self.replica.lose_buffer();
        }
    }

    /// Leaves and joins again on the same socket: at once, or after a while if that happens often.
    fn rejoin(&mut self, now: Duration, context: &mut Context) {
        self.leave(context);
        let wait = self.backoff.wait_unless_first(now, &mut context.chance);
        self.link = Link::Apart { join_at: now + wait };
        self.peers_changed |= self.replica.forget_peers();
    }

    /// This copy cannot go on. Its text is handed to the user and the server's is fetched.
    ///
    /// The journal stays as it is until that text has arrived: should the process end before, the
    /// next one comes to the same conflict again instead of finding nothing.
    ///
    /// What was sent may still be on its way through another server and be committed there, under
    /// its number. That number must then not mean anything else: this copy goes on as another client.
    fn conflict(&mut self, reason: ConflictReason, now: Duration, context: &mut Context) {
        let is_demotion = reason == ConflictReason::Rejected(RejectCode::ReadOnly);
        if !(is_demotion && bugs::active(Bug::UnsentDroppedOnDemotion)) {
            self.hand_over(reason, context);
        }
        if reason.is_difference() {
            self.differed_at = Some(self.replica.revision());
        }
        self.start_afresh(context);
        self.rejoin(now, context);
    }

    /// From here on the server knows this copy as another client, and its text is to be fetched.
    ///
    /// Nothing is sent under the new identity before the journal says it: what could be sent is
    /// typed into the fetched text, and the journal begins anew with that. A process that ends
    /// before comes back as who it was, and nobody else was ever heard of.
    fn start_afresh(&mut self, context: &mut Context) {
        self.afresh = true;
        self.last_sent = None;
        let fresh = context.chance.next();
        if !bugs::active(Bug::NumberUsedAgainAfterConflict) {
            self.replica.renew_client(fresh);
        }
        self.replica.set_state(State::Loading);
    }

    /// What the user may not send any longer becomes a conflict copy, once it is certain that
    /// nothing of it was committed on its way.
    fn give_up_unsendable(&mut self, now: Duration, context: &mut Context) {
        let is_certain = match self.link {
            Link::Joined {
                flight: Flight::Ready | Flight::Held { .. } | Flight::Gathering { .. },
                ..
            } => true,
            Link::Joined { flight: Flight::Sent { .. }, .. }
            | Link::Apart { .. }
            | Link::Joining { .. }
            | Link::Receiving { .. }
            | Link::Ended => false,
        };
        let is_idle = *self.replica.pending() == Pending::Synchronized;
        if is_certain && !self.replica.is_writable() && !is_idle {
            self.conflict(ConflictReason::Rejected(RejectCode::ReadOnly), now, context);
        }
    }

    fn hand_over(&mut self, reason: ConflictReason, context: &mut Context) {
        let (document, text) = (self.document(), self.replica.text().to_string());
        context.event(Event::Conflict { document, text, reason });
    }

    /// Makes an own edit, which the caller has checked.
    pub(super) fn edit(&mut self, operation: Operation, context: &mut Context) {
        debug_assert!(!self.afresh, "a document is edited after its text has arrived");
        context.scratch.clear();
        operation.encode_into(&mut context.scratch);
        let bytes = Cow::Borrowed(&*context.scratch);
        let is_gathering = match self.link {
            Link::Joined { flight: Flight::Gathering { .. }, .. } => true,
            Link::Joined { flight: Flight::Sent { .. }, .. } => {
                bugs::active(Bug::SentOperationExtended)
            }
            _ => false,
        };
        let made = if is_gathering {
            self.journal.push(&Record::Extended { operation: bytes });
            self.replica.extended(operation)
        } else {
            self.journal.push(&Record::Edited { operation: bytes });
            self.replica.edited(operation)
        };
        made.expect("an own edit is made for the local text");
        if self.replica.pending().buffer().is_some() {
            // It has become too much for one submission.
            self.end_gathering();
        }
    }

    /// What is to be done at `now` by itself; answers whether the server failed to answer in time.
    pub(super) fn handle_timeout(&mut self, now: Duration, context: &mut Context) -> bool {
        match &mut self.link {
            Link::Joining { deadline, .. } | Link::Receiving { deadline, .. } => *deadline <= now,
            Link::Joined { flight, .. } => {
                match flight {
                    Flight::Held { until } | Flight::Gathering { until } if *until <= now => {
                        *flight = Flight::Ready;
                    }
                    Flight::Sent { deadline } if *deadline <= now => self.rejoin(now, context),
                    Flight::Ready
                    | Flight::Sent { .. }
                    | Flight::Held { .. }
                    | Flight::Gathering { .. } => {}
                }
                false
            }
            Link::Apart { .. } | Link::Ended => false,
        }
    }

    /// When there is something to be done by itself, given that there is a socket.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match &self.link {
            Link::Apart { join_at } => Some(*join_at),
            Link::Joining { deadline, .. } | Link::Receiving { deadline, .. } => Some(*deadline),
            Link::Joined { flight, .. } => {
                let next = match flight {
                    Flight::Ready => None,
                    Flight::Sent { deadline: at }
                    | Flight::Held { until: at }
                    | Flight::Gathering { until: at } => Some(*at),
                };
                next.into_iter().chain(self.announcer.due(&self.replica)).min()
            }
            Link::Ended => None,
        }
    }

    /// Brings out what follows from all that happened: first what must be durable, then what
    /// depends on it.
    pub(super) fn settle(&mut self, now: Duration, context: &mut Context) {
        self.give_up_unsendable(now, context);
        if bugs::active(Bug::SavedAfterSending) {
            self.submit(now, context);
        }
        self.save(context);
        self.submit(now, context);
        self.announce(now, context);
        self.report(context);
    }

    /// Hands out the journal's new records, or a shorter journal.
    pub(super) fn save(&mut self, context: &mut Context) {
        let document = self.document();
        if self.journal.is_to_begin_anew() && !self.afresh {
            self.compact(context);
        } else if let Some(record) = self.journal.take() {
            context.push(Output::Save { document, record });
        }
    }

    fn compact(&mut self, context: &mut Context) {
        let records = self.journal.begin(&Record::Base(self.replica.base()));
        context.push(Output::Compact { document: self.document(), records });
    }

    /// Sends the outstanding operation, if it is not on its way.
    pub(super) fn submit(&mut self, now: Duration, context: &mut Context) {
        let Link::Joined { channel, flight: Flight::Ready } = self.link else { return };
        let Some(outstanding) = self.replica.pending().outstanding() else { return };
        let seq = outstanding.ticket.seq;
        let wait = match self.gathers_until(seq, now, context) {
            Some(until) => Some(Flight::Gathering { until }),
            None => context.pace.ready_at(now).map(|until| Flight::Held { until }),
        };
        if let Some(flight) = wait {
            self.link = Link::Joined { channel, flight };
            return;
        }
        context.pace.spend(now);
        let mut bytes = std::mem::take(&mut context.scratch);
        bytes.clear();
        match bugs::active(Bug::SentOperationRebased) {
            false => outstanding.sent.encode_into(&mut bytes),
            true => outstanding.operation.encode_into(&mut bytes),
        }
        context.send(&ClientMessage::Submit {
            channel,
            seq,
            since: outstanding.ticket.since,
            operation: Cow::Borrowed(&bytes),
        });
        context.scratch = bytes;
        self.last_sent = Some(Sent { seq, at: now });
        self.link = Link::Joined { channel, flight: Flight::sent(now) };
    }

    /// Until when a submission waits for more to be typed, if it does.
    fn gathers_until(&self, seq: Seq, now: Duration, context: &Context) -> Option<Duration> {
        let last = self.last_sent.filter(|last| last.seq < seq)?;
        let is_whole = self.replica.pending().buffer().is_none();
        let factor = if self.replica.is_alone() { SUBMIT_ALONE_FACTOR } else { 1 };
        let until = last.at + context.submit_interval * factor;
        (is_whole && until > now).then_some(until)
    }

    /// What is typed by now waits for no more to be typed.
    pub(super) fn hurry(&mut self) {
        self.last_sent = None;
        self.end_gathering();
    }

    /// Asks again whether what is typed by now may be sent.
    fn end_gathering(&mut self) {
        if let Link::Joined { flight: flight @ Flight::Gathering { .. }, .. } = &mut self.link {
            *flight = Flight::Ready;
        }
    }

    /// Tells the others where the user is, if they do not know.
    fn announce(&mut self, now: Duration, context: &mut Context) {
        let Link::Joined { channel, .. } = self.link else { return };
        if let Some(selections) = self.announcer.take(&self.replica, now) {
            context.pace.spend(now);
            let revision = self.replica.revision();
            let select = ClientPresence::Select { channel, revision, selections };
            context.send(&ClientMessage::Presence(select));
        }
    }

    /// Tells the user interface what is not as it was.
    fn report(&mut self, context: &mut Context) {
        let document = self.document();
        let state = match self.link {
            Link::Ended => State::Ended,
            _ if self.afresh => State::Loading,
            _ if !self.replica.is_writable() => State::ReadOnly,
            Link::Joined { .. } if *self.replica.pending() == Pending::Synchronized => {
                State::Synchronized
            }
            Link::Joined { .. } => State::Sending,
            Link::Apart { .. } | Link::Joining { .. } | Link::Receiving { .. } => State::Waiting,
        };
        self.replica.set_state(state);
        let status = self.replica.status();
        if self.reported != Some(status) {
            self.reported = Some(status);
            context.event(Event::Status { document });
        }
        if std::mem::take(&mut self.peers_changed) {
            context.event(Event::Peers { document });
        }
    }
}
