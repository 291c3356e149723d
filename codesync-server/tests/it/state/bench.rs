//! A server's copy of a document, and the hands that do what it asks for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::document::{Document, Submission};
use codesync_core::protocol::{
    CloseCode, RejectCode, ServerDocument, ServerMessage, ServerPresence, codec,
};
use codesync_core::{Channel, ClientId, DocumentId, Operation, Peers, Revision, Seq, Text};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::bus::{Origin, Presence};
use codesync_server::document::load;
use codesync_server::document::state::{DocumentState, Opened};
use codesync_server::document::{EditRefusal, Join, Output, SubscriberId};
use codesync_server::ids::UserId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{Append, AppendError, Entry, Epoch, ReadLimit};

pub(super) const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
/// The server that most tests are about.
pub(super) const OWN: Origin = Origin::new(1);
/// What time it is when the document is opened.
pub(super) const UNIX_START: Duration = Duration::from_secs(1_800_000_000);

pub(super) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A server's copy of the document, and the hands that do what it asks for.
pub(super) struct Bench<'a> {
    pub(super) log: &'a MemoryLog,
    pub(super) state: DocumentState,
    pub(super) now: Duration,
    /// Appends that were asked for and not answered yet.
    pub(super) appends: VecDeque<Append>,
    pub(super) reads: VecDeque<Revision>,
    /// Whose rights were asked for.
    pub(super) asked: VecDeque<Vec<UserId>>,
    /// Whether appends, reads and questions are performed at once.
    pub(super) automatic: bool,
    pub(super) read_older: usize,
    pub(super) snapshots: Vec<Revision>,
    pub(super) received: BTreeMap<SubscriberId, Vec<String>>,
    /// Whom each of them was told of.
    pub(super) seen: BTreeMap<SubscriberId, Peers>,
    /// What was said to other servers and not passed on yet.
    pub(super) said: Vec<Presence>,
    /// Entries that other servers were told of, and have not heard yet.
    pub(super) committed: Vec<Vec<Entry>>,
    /// How often other servers were told that this one lost a race, and have not heard yet.
    pub(super) wishes: u32,
    pub(super) starved: Vec<SubscriberId>,
    pub(super) closed: Vec<(SubscriberId, CloseCode)>,
    pub(super) trespasses: Vec<SubscriberId>,
    /// Of what clients said that their text differed: the revisions.
    pub(super) mismatches: Vec<Revision>,
    /// What became of edits of those who have not joined.
    pub(super) edited: Vec<(SubscriberId, Result<Revision, EditRefusal>)>,
    pub(super) failed: Option<RejectCode>,
}

impl<'a> Bench<'a> {
    pub(super) fn open(log: &'a MemoryLog) -> Self {
        Self::open_at(log, Document::new(Revision::ZERO, Text::new()))
    }

    pub(super) fn open_at(log: &'a MemoryLog, document: Document) -> Self {
        Self::open_as(OWN, log, document)
    }

    pub(super) fn open_as(origin: Origin, log: &'a MemoryLog, document: Document) -> Self {
        let state = DocumentState::new(Opened {
            id: DOCUMENT,
            epoch: Epoch::FIRST,
            access: AccessVersion::default(),
            name: "test".to_owned(),
            snapshot: document.head(),
            document,
            channel: Channel::new(5),
            origin,
            seed: 7,
            unix_start: UNIX_START,
            subscribers_max: 500,
        });
        let mut bench = Self {
            log,
            state,
            now: Duration::ZERO,
            appends: VecDeque::new(),
            reads: VecDeque::new(),
            asked: VecDeque::new(),
            automatic: true,
            read_older: 0,
            snapshots: Vec::new(),
            received: BTreeMap::new(),
            seen: BTreeMap::new(),
            said: Vec::new(),
            committed: Vec::new(),
            wishes: 0,
            starved: Vec::new(),
            closed: Vec::new(),
            trespasses: Vec::new(),
            mismatches: Vec::new(),
            edited: Vec::new(),
            failed: None,
        };
        bench.state.handle_hints_lost();
        bench.drain();
        bench
    }

    pub(super) fn drain(&mut self) {
        while let Some(output) = self.state.poll_output() {
            self.perform(output);
            while self.automatic && self.is_awaited() {
                while let Some(append) = self.appends.pop_front() {
                    let answer = self.log.append_now(append);
                    self.state.handle_appended(self.now, answer);
                }
                while let Some(after) = self.reads.pop_front() {
                    let page = self.log.read_now(DOCUMENT, after, ReadLimit::default());
                    self.state.handle_log(self.now, page);
                }
                while let Some(users) = self.asked.pop_front() {
                    let table = self.log.access_now(DOCUMENT, &users);
                    self.state.handle_access(self.now, table);
                }
            }
        }
    }

    pub(super) fn is_awaited(&self) -> bool {
        !(self.appends.is_empty() && self.reads.is_empty() && self.asked.is_empty())
    }

    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::Register { subscriber, registration } => {
                let answer = self.log.register_now(&registration);
                self.state.handle_registered(self.now, subscriber, answer);
            }
            Output::Append(append) => self.appends.push_back(append),
            Output::ReadLog { after } => self.reads.push_back(after),
            Output::ReadAccess { users } => self.asked.push_back(users),
            Output::Trespassed { subscriber } => self.trespasses.push(subscriber),
            Output::Mismatched { revision, .. } => self.mismatches.push(revision),
            Output::ReadOlder { subscriber, from, to } => {
                self.read_older += 1;
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let runtime = runtime.expect("a runtime");
                let older = runtime.block_on(load::older(self.log, DOCUMENT, from, to));
                self.state.handle_older(self.now, subscriber, older);
            }
            Output::Deliver { subscriber, messages } => {
                for message in codec::decode_server(&messages).expect("a frame") {
                    let message = message.expect("a message");
                    self.received.entry(subscriber).or_default().push(describe(&message));
                    if let ServerMessage::Presence(presence) = message {
                        see(self.seen.entry(subscriber).or_default(), presence);
                    }
                }
            }
            Output::AwaitRoom { subscriber } => self.starved.push(subscriber),
            Output::Edited { edit, answer } => self.edited.push((edit, answer)),
            Output::Close { subscriber, code } => self.closed.push((subscriber, code)),
            Output::Snapshot { revision, .. } => self.snapshots.push(revision),
            Output::Failed { code } => self.failed = Some(code),
            Output::Presence(presence) => self.said.push(presence),
            Output::Publish(entries) => self.committed.push(entries),
            Output::Wish => self.wishes += 1,
            Output::Detach { .. } => {}
        }
    }

    /// Time passes, with everything that it brings.
    pub(super) fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(due) = self.state.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.state.handle_timeout(self.now);
            self.drain();
            if self.state.poll_timeout().is_some_and(|next| next <= due) {
                break;
            }
        }
        self.now = end;
        self.state.handle_timeout(self.now);
        self.drain();
    }

    pub(super) fn join(&mut self, number: u8, at: Option<u64>) -> SubscriberId {
        self.join_as(number, UserId::LOCAL, at)
    }

    /// A client of a user who may see the document.
    pub(super) fn join_as(&mut self, number: u8, user: UserId, at: Option<u64>) -> SubscriberId {
        let subscriber = SubscriberId::new(u64::from(number) + 1000 * self.received.len() as u64);
        let client = ClientId::from_bytes([number; 16]);
        let person = format!("person {number}");
        let table = self.log.access_now(DOCUMENT, &[user]).expect("a document");
        let join = Join {
            user,
            access: table.version,
            rights: table.rights[&user],
            person,
            ..local(client, at)
        };
        self.state.handle_join(subscriber, join);
        self.drain();
        subscriber
    }

    /// Types in front, made for the text at `base`; a client's first edit.
    pub(super) fn submit(
        &mut self,
        subscriber: SubscriberId,
        seq: u64,
        since: u64,
        base_len: usize,
        text: &str,
    ) {
        let operation = Operation::replace(base_len, 0..0, text).encode();
        let submission = Submission { seq: Seq::new(seq), since, operation };
        self.state.handle_submit(self.now, subscriber, submission);
        self.drain();
    }

    pub(super) fn answer_append(&mut self, answer: Result<(), AppendError>) {
        self.appends.pop_front().expect("an append is under way");
        self.state.handle_appended(self.now, answer);
        self.drain();
    }

    pub(super) fn append(&mut self) {
        let append = self.appends.front().expect("an append is under way").clone();
        let answer = self.log.append_now(append);
        self.answer_append(answer);
    }

    pub(super) fn read(&mut self) {
        let after = self.reads.pop_front().expect("a read is under way");
        let page = self.log.read_now(DOCUMENT, after, ReadLimit::default());
        self.state.handle_log(self.now, page);
        self.drain();
    }

    /// What a subscriber got since this was asked last.
    pub(super) fn news(&mut self, subscriber: SubscriberId) -> Vec<String> {
        self.received.get_mut(&subscriber).map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        self.state.text().to_string()
    }
}

/// Keeps what a client would.
pub(super) fn see(peers: &mut Peers, presence: ServerPresence<'_>) {
    match presence {
        ServerPresence::Arrived { author, name, color, .. } => peers.arrived(author, &name, color),
        ServerPresence::Moved { author, revision, selections, .. } => {
            peers.moved(author, revision, selections);
        }
        ServerPresence::Departed { author, .. } => peers.departed(author),
    }
}

/// A join of whoever sits at the machine.
pub(super) fn local(client: ClientId, at: Option<u64>) -> Join {
    Join {
        request: 1,
        socket: 0,
        client,
        user: UserId::LOCAL,
        access: AccessVersion::default(),
        rights: Rights::lasting(Role::Owner),
        person: String::new(),
        at: at.map(Revision::new),
        text: at.is_none(),
    }
}

/// A message in a few words.
pub(super) fn describe(message: &ServerMessage<'_>) -> String {
    match message {
        ServerMessage::Applied { revision, author, .. } => {
            format!("applied {revision} by {author}")
        }
        ServerMessage::Acked { seq, revision, .. } => format!("acked {seq} at {revision}"),
        ServerMessage::Document(message) => match message {
            ServerDocument::Joined { head, last_seq, .. } => {
                format!("joined {head}, seq {last_seq}")
            }
            ServerDocument::TextPart { bytes, .. } => format!("text {}", bytes.len()),
            ServerDocument::CaughtUp { from, to, .. } => format!("caught up {from} to {to}"),
            ServerDocument::Checkpoint { revision, .. } => format!("checkpoint {revision}"),
            ServerDocument::Rejected { seq, code, retry_ms, .. } => {
                let again = if retry_ms.is_some() { ", again" } else { "" };
                format!("rejected {seq}: {}{again}", code.number())
            }
            ServerDocument::Refused { code, .. } => format!("refused: {}", code.number()),
            ServerDocument::Renamed { name, .. } => format!("renamed {name}"),
            ServerDocument::Ended { code, .. } => format!("ended: {}", code.number()),
            ServerDocument::Role { writable: true, .. } => "may write".to_owned(),
            ServerDocument::Role { writable: false, .. } => "may read".to_owned(),
        },
        ServerMessage::Presence(ServerPresence::Arrived { author, .. }) => {
            format!("arrived {author}")
        }
        ServerMessage::Presence(ServerPresence::Moved { author, .. }) => format!("moved {author}"),
        ServerMessage::Presence(ServerPresence::Departed { author, .. }) => {
            format!("departed {author}")
        }
        ServerMessage::Session(_) => "session".to_owned(),
    }
}

pub(super) fn empty_log() -> MemoryLog {
    let log = MemoryLog::default();
    log.create(DOCUMENT, Vec::new());
    log
}
