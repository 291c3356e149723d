//! One open document without any IO: virtual time, a log in memory, and faults where wanted.

mod access;
mod edit;
mod others;
mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use codesync_core::document::{Document, Submission};
use codesync_core::protocol::{
    CloseCode, RejectCode, ServerDocument, ServerMessage, ServerPresence, codec,
};
use codesync_core::{
    Channel, ClientId, DocumentId, Operation, Peers, Revision, Selection, Seq, Text,
};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::bus::{Origin, Presence};
use codesync_server::document::load;
use codesync_server::document::state::{DocumentState, Opened};
use codesync_server::document::{EditRefusal, Join, Output, SubscriberId};
use codesync_server::ids::UserId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{
    Append, AppendError, Entry, Epoch, LogError, ReadLimit, Registration,
};

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
/// The server that most tests are about.
const OWN: Origin = Origin::new(1);
/// What time it is when the document is opened.
const UNIX_START: Duration = Duration::from_secs(1_800_000_000);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A server's copy of the document, and the hands that do what it asks for.
struct Bench<'a> {
    log: &'a MemoryLog,
    state: DocumentState,
    now: Duration,
    /// Appends that were asked for and not answered yet.
    appends: VecDeque<Append>,
    reads: VecDeque<Revision>,
    /// Whose rights were asked for.
    asked: VecDeque<Vec<UserId>>,
    /// Whether appends, reads and questions are performed at once.
    automatic: bool,
    read_older: usize,
    snapshots: Vec<Revision>,
    received: BTreeMap<SubscriberId, Vec<String>>,
    /// Whom each of them was told of.
    seen: BTreeMap<SubscriberId, Peers>,
    /// What was said to other servers and not passed on yet.
    said: Vec<Presence>,
    /// Entries that other servers were told of, and have not heard yet.
    committed: Vec<Vec<Entry>>,
    starved: Vec<SubscriberId>,
    closed: Vec<(SubscriberId, CloseCode)>,
    trespasses: Vec<SubscriberId>,
    /// What became of edits of those who have not joined.
    edited: Vec<(SubscriberId, Result<Revision, EditRefusal>)>,
    failed: Option<RejectCode>,
}

impl<'a> Bench<'a> {
    fn open(log: &'a MemoryLog) -> Self {
        Self::open_at(log, Document::new(Revision::ZERO, Text::new()))
    }

    fn open_at(log: &'a MemoryLog, document: Document) -> Self {
        Self::open_as(OWN, log, document)
    }

    fn open_as(origin: Origin, log: &'a MemoryLog, document: Document) -> Self {
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
            starved: Vec::new(),
            closed: Vec::new(),
            trespasses: Vec::new(),
            edited: Vec::new(),
            failed: None,
        };
        bench.state.handle_hints_lost();
        bench.drain();
        bench
    }

    fn drain(&mut self) {
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

    fn is_awaited(&self) -> bool {
        !(self.appends.is_empty() && self.reads.is_empty() && self.asked.is_empty())
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Register { subscriber, registration } => {
                let answer = self.log.register_now(&registration);
                self.state.handle_registered(self.now, subscriber, answer);
            }
            Output::Append(append) => self.appends.push_back(append),
            Output::ReadLog { after } => self.reads.push_back(after),
            Output::ReadAccess { users } => self.asked.push_back(users),
            Output::Trespassed { subscriber } => self.trespasses.push(subscriber),
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
            Output::Detach { .. } => {}
        }
    }

    /// Time passes, with everything that it brings.
    fn wait(&mut self, duration: Duration) {
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

    fn join(&mut self, number: u8, at: Option<u64>) -> SubscriberId {
        self.join_as(number, UserId::LOCAL, at)
    }

    /// A client of a user who may see the document.
    fn join_as(&mut self, number: u8, user: UserId, at: Option<u64>) -> SubscriberId {
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
    fn submit(
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

    fn answer_append(&mut self, answer: Result<(), AppendError>) {
        self.appends.pop_front().expect("an append is under way");
        self.state.handle_appended(self.now, answer);
        self.drain();
    }

    fn append(&mut self) {
        let append = self.appends.front().expect("an append is under way").clone();
        let answer = self.log.append_now(append);
        self.answer_append(answer);
    }

    fn read(&mut self) {
        let after = self.reads.pop_front().expect("a read is under way");
        let page = self.log.read_now(DOCUMENT, after, ReadLimit::default());
        self.state.handle_log(self.now, page);
        self.drain();
    }

    /// What a subscriber got since this was asked last.
    fn news(&mut self, subscriber: SubscriberId) -> Vec<String> {
        self.received.get_mut(&subscriber).map(std::mem::take).unwrap_or_default()
    }

    fn text(&self) -> String {
        self.state.text().to_string()
    }
}

/// Keeps what a client would.
fn see(peers: &mut Peers, presence: ServerPresence<'_>) {
    match presence {
        ServerPresence::Arrived { author, name, color, .. } => peers.arrived(author, &name, color),
        ServerPresence::Moved { author, revision, selections, .. } => {
            peers.moved(author, revision, selections);
        }
        ServerPresence::Departed { author, .. } => peers.departed(author),
    }
}

/// A join of whoever sits at the machine.
fn local(client: ClientId, at: Option<u64>) -> Join {
    Join {
        request: 1,
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
fn describe(message: &ServerMessage<'_>) -> String {
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

fn empty_log() -> MemoryLog {
    let log = MemoryLog::default();
    log.create(DOCUMENT, Vec::new());
    log
}

#[test]
fn nothing_is_acknowledged_before_the_log_has_it() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.news(ada);
    bench.news(bob);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!((bench.news(ada), bench.news(bob)), (vec![], vec![]));
    assert_eq!(bench.text(), "");
    bench.append();
    assert_eq!(bench.news(ada), ["acked 1 at 1"]);
    assert_eq!(bench.news(bob), ["applied 1 by 1"]);
    assert_eq!(bench.text(), "a");
}

#[test]
fn what_arrives_during_an_append_goes_as_one_batch() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let people: Vec<_> = (1..=6).map(|number| bench.join(number, Some(0))).collect();
    bench.automatic = false;
    for person in &people {
        bench.submit(*person, 1, 0, 0, "x");
    }
    assert_eq!(bench.appends.len(), 1);
    assert_eq!(bench.appends[0].entries.len(), 1, "an idle document does not wait");
    bench.append();
    assert_eq!(bench.appends[0].entries.len(), 5);
    bench.append();
    assert_eq!(bench.text(), "xxxxxx");
    let news = bench.news(people[2]);
    assert!(
        news.ends_with(
            &["applied 2 by 2", "acked 1 at 3", "applied 4 by 4"]
                .map(str::to_owned)
                .into_iter()
                .chain(["applied 5 by 5".to_owned(), "applied 6 by 6".to_owned()])
                .collect::<Vec<_>>()
        ),
        "{news:?}"
    );
}

#[test]
fn two_servers_on_one_log_end_in_one_text() {
    let log = empty_log();
    let (mut left, mut right) = (Bench::open(&log), Bench::open(&log));
    let (ada, bob) = (left.join(1, Some(0)), right.join(2, Some(0)));
    left.news(ada);
    right.news(bob);
    (left.automatic, right.automatic) = (false, false);
    left.submit(ada, 1, 0, 0, "a");
    right.submit(bob, 1, 0, 0, "b");
    left.append();
    right.append();
    assert_eq!(right.news(bob), [] as [&str; 0], "the race is lost, the edit is kept");
    right.read();
    assert_eq!(right.news(bob), ["applied 1 by 1"]);
    right.wait(ms(1000));
    right.append();
    assert_eq!(right.news(bob), ["acked 1 at 2"]);
    left.state.handle_head(Revision::new(2));
    left.drain();
    left.read();
    assert_eq!(left.news(ada), ["acked 1 at 1", "applied 2 by 2"]);
    assert_eq!((left.text(), right.text()), ("ba".to_owned(), "ba".to_owned()));
}

#[test]
fn an_append_of_unknown_outcome_is_resolved_by_the_log() {
    for written in [true, false] {
        let log = empty_log();
        let mut bench = Bench::open(&log);
        let ada = bench.join(1, Some(0));
        bench.news(ada);
        bench.automatic = false;
        bench.submit(ada, 1, 0, 0, "a");
        if written {
            log.append_now(bench.appends[0].clone()).expect("appended");
        }
        bench.answer_append(Err(AppendError::Unknown("cut off".to_owned())));
        bench.automatic = true;
        bench.drain();
        bench.read_all();
        bench.wait(ms(1000));
        assert_eq!(bench.news(ada), ["acked 1 at 1"], "written: {written}");
        assert_eq!(bench.text(), "a");
    }
}

impl Bench<'_> {
    fn read_all(&mut self) {
        while !self.reads.is_empty() {
            self.read();
        }
    }
}

#[test]
fn after_eight_lost_races_the_client_is_asked_to_wait() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    for _ in 0..8 {
        bench.answer_append(Err(AppendError::Conflict { head: Revision::new(1) }));
        bench.read_all();
        bench.wait(ms(2000));
        assert_eq!(bench.appends.len(), 1, "tried again");
        assert_eq!(bench.news(ada), [] as [&str; 0]);
    }
    bench.answer_append(Err(AppendError::Conflict { head: Revision::new(1) }));
    assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
}

#[test]
fn while_the_log_is_away_everybody_is_asked_to_come_again() {
    let log = empty_log();
    for error in [AppendError::Full, AppendError::Log(LogError::Unavailable("gone".to_owned()))] {
        let mut bench = Bench::open(&log);
        let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
        bench.news(ada);
        bench.news(bob);
        bench.automatic = false;
        bench.submit(ada, 1, 0, 0, "a");
        bench.submit(bob, 1, 0, 0, "b");
        bench.answer_append(Err(error));
        assert_eq!(bench.news(ada), ["rejected 1: 310, again"]);
        assert_eq!(bench.news(bob), ["rejected 1: 310, again"]);
        assert_eq!((bench.text(), bench.state.is_busy()), (String::new(), false));
    }
}

#[test]
fn a_document_that_was_started_anew_ends_for_everybody() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.answer_append(Err(AppendError::OldEpoch));
    assert_eq!(bench.news(ada), ["ended: 204"]);
    assert_eq!(bench.failed, Some(RejectCode::DocumentUnavailable));
    let late = bench.join(2, Some(0));
    assert_eq!(bench.news(late), ["refused: 204"]);
}

#[test]
fn a_submission_that_came_twice_is_committed_once() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.news(ada);
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.submit(ada, 1, 0, 0, "a");
    bench.append();
    bench.submit(ada, 1, 0, 0, "a");
    assert_eq!(bench.appends.len(), 0);
    assert_eq!(bench.news(ada)[0], "acked 1 at 1");
    assert_eq!((bench.text().as_str(), bench.state.head()), ("a", Revision::new(1)));
}

#[test]
fn an_edit_in_flight_when_its_author_reconnects_is_acknowledged_to_him() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let before = bench.join(1, Some(0));
    bench.automatic = false;
    bench.submit(before, 1, 0, 0, "a");
    bench.state.handle_leave(bench.now, before);
    let after = bench.join(1, Some(0));
    bench.submit(after, 1, 0, 0, "a");
    bench.append();
    let news = bench.news(after);
    assert_eq!(news.iter().filter(|it| *it == "acked 1 at 1").count(), 1, "{news:?}");
    assert_eq!((bench.text().as_str(), bench.appends.len()), ("a", 0));
}

/// A document of which only a recent snapshot is in memory, and a log of all its `entries`.
fn with_long_log(log: &MemoryLog, entries: u64) -> Document {
    let mut bench = Bench::open(log);
    let writer = bench.join(100, Some(0));
    for seq in 1..=entries {
        bench.submit(writer, seq, 0, seq as usize - 1, "w");
    }
    Document::new(Revision::new(entries), bench.state.text())
}

#[test]
fn who_was_away_since_before_the_window_is_caught_up_from_the_log() {
    let log = empty_log();
    let document = with_long_log(&log, 50);
    let mut bench = Bench::open_at(&log, document);
    let ada = bench.join(1, Some(10));
    assert_eq!(bench.read_older, 1);
    assert_eq!(bench.news(ada), ["joined 50, seq 0", "caught up 10 to 50", "checkpoint 50"]);
    // What he wrote on the text of then is carried over everything since.
    bench.submit(ada, 1, 20, 20, "ada ");
    assert_eq!(bench.read_older, 2);
    assert_eq!(bench.news(ada), ["acked 1 at 51"]);
    assert!(bench.text().contains("ada "));
    assert_eq!(bench.text().len(), 54);
}

#[test]
fn a_returning_author_gets_his_last_commit_as_an_acknowledgement_in_its_place() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.submit(bob, 1, 0, 0, "1");
    bench.submit(ada, 1, 0, 0, "2");
    bench.submit(bob, 2, 0, 1, "3");
    bench.state.handle_leave(bench.now, ada);
    let ada = bench.join(1, Some(0));
    let news = bench.news(ada);
    let expected =
        ["joined 3, seq 1", "caught up 0 to 1", "acked 1 at 2", "caught up 2 to 3", "checkpoint 3"];
    assert_eq!(news[..5], expected);
}

#[test]
fn a_checkpoint_comes_after_a_join_and_every_256_revisions() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, None), bench.join(2, Some(0)));
    assert_eq!(bench.news(ada)[..2], ["joined 0, seq 0", "checkpoint 0"]);
    for seq in 1..=300 {
        bench.submit(bob, seq, 0, seq as usize - 1, "x");
    }
    let news = bench.news(ada);
    let at = news.iter().position(|it| it == "checkpoint 256").expect("a checkpoint");
    assert_eq!(news[at - 1], "applied 256 by 2");
    let own = bench.news(bob);
    let at = own.iter().position(|it| it == "checkpoint 256").expect("a checkpoint");
    assert_eq!(own[at - 1], "acked 256 at 256");
    let late = bench.join(3, None);
    assert_eq!(bench.news(late)[..3], ["joined 300, seq 0", "text 300", "checkpoint 300"]);
}

/// Fills the credit of everybody who does not take what he gets.
fn flood(bench: &mut Bench<'_>, writer: SubscriberId, from: u64, edits: u64) {
    for seq in from..from + edits {
        let base_len = bench.state.text().len();
        bench.submit(writer, seq, 0, base_len, &"x".repeat(30_000));
        bench.state.handle_room(bench.now, writer);
        bench.drain();
    }
}

#[test]
fn a_slow_reader_falls_behind_without_memory_and_is_caught_up_at_once() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (slow, writer) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.news(slow);
    flood(&mut bench, writer, 1, 40);
    assert_eq!(bench.starved, [slow], "asked once for room");
    let news = bench.news(slow);
    assert!(news.len() < 12, "credit bounds what waits: {news:?}");
    bench.state.handle_select(bench.now, writer, bench.state.head(), vec![Selection::caret(1)]);
    bench.wait(ms(1000));
    assert_eq!(bench.news(slow), [] as [&str; 0], "presence is left out first");

    bench.state.handle_room(bench.now, slow);
    bench.drain();
    for _ in 0..20 {
        bench.state.handle_room(bench.now, slow);
        bench.drain();
    }
    let caught_up = bench.news(slow);
    assert_eq!(caught_up.last().map(String::as_str), Some("moved 2"), "{caught_up:?}");
    let to_head =
        |it: &String| it.ends_with("to 40") || it == "applied 40 by 2" || it == "checkpoint 40";
    assert!(caught_up.iter().any(to_head), "{caught_up:?}");
}

#[test]
fn who_takes_nothing_for_fifteen_seconds_is_closed_with_a_code_of_its_own() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (slow, writer) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    flood(&mut bench, writer, 1, 20);
    bench.wait(ms(14_900));
    assert_eq!(bench.closed, []);
    bench.wait(ms(200));
    assert_eq!(bench.closed, [(slow, CloseCode::TooSlow)]);
    assert_eq!(bench.state.subscriber_count(), 1);
}

#[test]
fn in_a_crowd_entries_are_gathered_but_acknowledgements_are_not() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let people: Vec<_> = (1..=60).map(|number| bench.join(number, Some(0))).collect();
    bench.wait(ms(1000));
    let (writer, reader) = (people[0], people[1]);
    bench.submit(writer, 1, 0, 0, "a");
    bench.news(writer);
    bench.news(reader);
    for seq in 2..=5 {
        bench.submit(writer, seq, 0, seq as usize - 1, "b");
        assert_eq!(bench.news(writer), [format!("acked {seq} at {seq}")]);
    }
    assert_eq!(bench.news(reader), [] as [&str; 0]);
    bench.wait(ms(25));
    let gathered: Vec<_> = (2..=5).map(|revision| format!("applied {revision} by 1")).collect();
    assert_eq!(bench.news(reader), gathered);
}

#[test]
fn presence_is_told_ten_times_a_second_at_most() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let (ada, bob) = (bench.join(1, Some(0)), bench.join(2, Some(0)));
    bench.submit(ada, 1, 0, 0, "some text");
    bench.wait(ms(1000));
    bench.news(bob);
    let head = bench.state.head();
    for step in 0..100 {
        bench.state.handle_select(bench.now, ada, head, vec![Selection::caret(step % 9)]);
        bench.drain();
        bench.wait(ms(10));
    }
    let told = bench.news(bob).iter().filter(|it| *it == "moved 1").count();
    assert!((9..=11).contains(&told), "{told}");
}

#[test]
fn a_snapshot_is_written_every_five_seconds_at_most_and_only_of_something_new() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.wait(ms(60_000));
    assert_eq!(bench.snapshots, []);
    for seq in 1..=100 {
        bench.submit(ada, seq, 0, seq as usize - 1, "x");
        bench.wait(ms(100));
        if let Some(revision) = bench.snapshots.last().copied().filter(|_| bench.state.is_busy()) {
            bench.state.handle_snapshot(bench.now, Some(revision));
            bench.drain();
        }
    }
    bench.wait(ms(60_000));
    assert_eq!(bench.snapshots.len(), 3, "{:?}", bench.snapshots);
    assert_eq!(bench.snapshots.last(), Some(&Revision::new(100)));
}

#[test]
fn a_row_read_before_the_last_commit_does_not_make_a_returning_client_forgotten() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let ada = bench.join(1, Some(0));
    bench.automatic = false;
    bench.submit(ada, 1, 0, 0, "a");
    bench.state.handle_leave(bench.now, ada);
    let again = SubscriberId::new(99);
    let client = ClientId::from_bytes([1; 16]);
    bench.state.handle_join(again, local(client, Some(0)));
    let mut asked = std::iter::from_fn(|| bench.state.poll_output());
    assert!(asked.any(|it| matches!(it, Output::Register { .. })), "a row is asked for");
    let row = log.register_now(&Registration::local(DOCUMENT, client));
    bench.append();
    bench.state.handle_registered(bench.now, again, row);
    bench.drain();
    assert_eq!(bench.news(again)[..2], ["joined 1, seq 1", "acked 1 at 1"]);
}

#[test]
fn of_two_joins_of_one_client_the_later_stands_in_whatever_order_the_log_answers() {
    let log = empty_log();
    let mut bench = Bench::open(&log);
    let client = ClientId::from_bytes([1; 16]);
    let (dead, alive) = (SubscriberId::new(1), SubscriberId::new(2));
    for subscriber in [dead, alive] {
        bench.state.handle_join(subscriber, local(client, None));
        let asked = bench.state.poll_output();
        assert!(matches!(asked, Some(Output::Register { .. })), "{asked:?}");
    }
    for subscriber in [alive, dead] {
        bench.state.handle_registered(
            bench.now,
            subscriber,
            log.register_now(&Registration::local(DOCUMENT, client)),
        );
        bench.drain();
    }
    assert_eq!(bench.news(dead), ["refused: 203"]);
    let news = bench.news(alive);
    assert_eq!(news[0], "joined 0, seq 0");
    assert!(!news.contains(&"ended: 203".to_owned()), "{news:?}");
    assert_eq!(bench.state.subscriber_count(), 1);
}
