//! Opening documents once, closing idle ones, and two servers that share one log.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use codesync_core::document::Submission;
use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, ServerPresence, codec};
use codesync_core::{Author, ClientId, DocumentId, LineEnding, Operation, Revision, Seq};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::bus::in_process::InProcessBus;
use codesync_server::bus::{Bus, Heard, Hint, Notice, Origin, Subscription};
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::memory::{MemoryDocuments, MemoryVersions};
use codesync_server::document::handle::{Command, DocumentHandle};
use codesync_server::document::outbox::{Item, Outbox};
use codesync_server::document::registry::{Admitted, OpenError, Registry, SUBSCRIBERS_MAX, Stores};
use codesync_server::document::{Edit, Join, SubscriberId};
use codesync_server::ids::UserId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{
    Append, AppendError, ClientRecord, Epoch, Head, LogError, OpLog, Page, ReadLimit, Registration,
};
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::{SnapshotKey, SnapshotStore};
use codesync_testing::Signal;

use crate::bus::redis;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);

/// A log that counts how often it is read, and how often at once.
#[derive(Default)]
struct CountingLog {
    log: Arc<MemoryLog>,
    reads: AtomicUsize,
    reading: AtomicUsize,
    reading_most: AtomicUsize,
}

#[async_trait]
impl OpLog for CountingLog {
    async fn register(&self, registration: Registration) -> Result<ClientRecord, LogError> {
        self.log.register(registration).await
    }

    async fn append(&self, append: Append) -> Result<(), AppendError> {
        self.log.append(append).await
    }

    async fn read(
        &self,
        id: DocumentId,
        after: Revision,
        limit: ReadLimit,
    ) -> Result<Page, LogError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let reading = self.reading.fetch_add(1, Ordering::Relaxed) + 1;
        self.reading_most.fetch_max(reading, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.reading.fetch_sub(1, Ordering::Relaxed);
        self.log.read(id, after, limit).await
    }

    async fn ready(&self) -> Result<(), LogError> {
        Ok(())
    }

    async fn heads(&self, documents: &[DocumentId]) -> Result<Vec<Head>, LogError> {
        self.log.heads(documents).await
    }
}

/// A bus that loses everything.
struct SilentBus;

struct Silence;

#[async_trait]
impl Bus for SilentBus {
    fn publish(&self, _: DocumentId, _: Hint) {}

    async fn subscribe(&self, _: DocumentId, _: Origin) -> Box<dyn Subscription<Hint>> {
        Box::new(Silence)
    }

    fn announce(&self, _: Notice) {}

    async fn notices(&self) -> Box<dyn Subscription<Notice>> {
        Box::new(Silence)
    }

    fn is_connected(&self) -> bool {
        true
    }
}

impl<T: 'static> Subscription<T> for Silence {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Heard<T>> {
        Poll::Pending
    }
}

struct Fixture {
    log: Arc<CountingLog>,
    stores: Stores,
}

impl Fixture {
    async fn new(bus: Arc<dyn Bus>) -> Self {
        let log = Arc::new(CountingLog::default());
        let documents = Arc::new(MemoryDocuments::new(log.log.clone()));
        let document = NewDocument {
            id: DOCUMENT,
            owner: UserId::LOCAL,
            name: "shared".to_owned(),
            language: None,
            line_ending: LineEnding::Lf,
            entries: Vec::new(),
            bytes: 0,
        };
        documents.create(document).await.expect("created");
        let snapshots = Arc::new(MemorySnapshots::default());
        let versions = Arc::new(MemoryVersions::default());
        let stores = Stores { log: log.clone(), documents, snapshots, versions, bus };
        Self { log, stores }
    }

    fn server(&self, seed: u64) -> Registry {
        Registry::new(self.stores.clone(), seed, SUBSCRIBERS_MAX)
    }

    /// A server with its own way to the others.
    fn server_on(&self, bus: Arc<dyn Bus>, seed: u64) -> Registry {
        Registry::new(Stores { bus, ..self.stores.clone() }, seed, SUBSCRIBERS_MAX)
    }

    async fn snapshots(&self) -> Vec<SnapshotKey> {
        self.stores.snapshots.list(DOCUMENT, Epoch::FIRST).await.expect("listed")
    }

    /// The revisions that have a version, the newest first.
    async fn versions(&self) -> Vec<u64> {
        let versions = self.stores.versions.list(DOCUMENT, None, 100).await.expect("listed");
        versions.iter().map(|version| version.revision.get()).collect()
    }
}

/// Somebody at one server.
struct Person {
    document: DocumentHandle,
    subscriber: SubscriberId,
    outbox: Outbox,
}

impl Person {
    async fn join(registry: &Registry, number: u8) -> Self {
        Self::join_as(registry, number, UserId::LOCAL).await
    }

    async fn join_as(registry: &Registry, number: u8, user: UserId) -> Self {
        let admitted = registry.open_for(DOCUMENT, user).await.expect("opened");
        let Admitted { document, access, rights } = admitted;
        let (subscriber, outbox) = (registry.next_subscriber(), Outbox::default());
        let client = ClientId::from_bytes([number; 16]);
        let join = Join {
            request: 1,
            socket: 0,
            client,
            user,
            access,
            rights,
            person: String::new(),
            at: None,
            text: true,
        };
        document.send(Command::Join { subscriber, join, outbox: outbox.clone() }).await;
        let person = Self { document, subscriber, outbox };
        person
            .until(|message| {
                matches!(message, ServerMessage::Document(ServerDocument::Joined { .. }))
            })
            .await;
        person
    }

    async fn types(&self, seq: u64, text: &str) {
        self.types_before(0, seq, text).await;
    }

    /// Types in front of the chars that were there after his edit before.
    async fn types_before(&self, length: usize, seq: u64, text: &str) {
        let operation = Operation::replace(length, 0..0, text).encode();
        let submission = Submission { seq: Seq::new(seq), since: 0, operation };
        self.document.send(Command::Submit { subscriber: self.subscriber, submission }).await;
        self.until(|message| matches!(message, ServerMessage::Acked { .. })).await;
    }

    async fn sees(&self, expected: u64) {
        let expected = Revision::new(expected);
        let is_it = |message: &ServerMessage<'_>| match message {
            ServerMessage::Applied { revision, .. } => *revision == expected,
            _ => false,
        };
        self.until(is_it).await;
    }

    async fn leaves(self) {
        self.document.send(Command::Leave { subscriber: self.subscriber }).await;
    }

    async fn meets(&self, other: u32) {
        let other = Author::new(other);
        let is_it = |message: &ServerMessage<'_>| match message {
            ServerMessage::Presence(ServerPresence::Arrived { author, .. }) => *author == other,
            _ => false,
        };
        self.until(is_it).await;
    }

    async fn loses(&self, other: u32) {
        let other = Author::new(other);
        let is_it = |message: &ServerMessage<'_>| match message {
            ServerMessage::Presence(ServerPresence::Departed { author, .. }) => *author == other,
            _ => false,
        };
        self.until(is_it).await;
    }

    async fn until(&self, holds: impl Fn(&ServerMessage<'_>) -> bool) {
        let waiting = async {
            loop {
                for item in self.outbox.take(1).await.items {
                    let Item::Messages(messages) = item else { continue };
                    let messages = codec::decode_server(&messages).expect("a frame");
                    if messages.map(|it| it.expect("a message")).any(|it| holds(&it)) {
                        return;
                    }
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it comes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_is_opened_once_however_many_ask() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let open = || {
        let registry = registry.clone();
        tokio::spawn(async move { registry.open(DOCUMENT).await.expect("opened").channel() })
    };
    let tasks: Vec<_> = (0..50).map(|_| open()).collect();
    let mut channels = Vec::new();
    for task in tasks {
        channels.push(task.await.expect("no panic"));
    }
    assert!(channels.windows(2).all(|pair| pair[0] == pair[1]), "{channels:?}");
    let reads = fixture.log.reads.load(Ordering::Relaxed);
    assert!(reads <= 2, "loaded once, and looked at again after subscribing; met {reads}");
    assert_eq!(registry.open_count(), 1);
    registry.close().await;
}

#[tokio::test(start_paused = true)]
async fn two_documents_are_loaded_at_once_and_the_others_wait() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let ids: Vec<_> = (10..30).map(|number| DocumentId::from_bytes([number; 16])).collect();
    for id in &ids {
        let document = NewDocument {
            id: *id,
            owner: UserId::LOCAL,
            name: "one of many".to_owned(),
            language: None,
            line_ending: LineEnding::Lf,
            entries: Vec::new(),
            bytes: 0,
        };
        fixture.stores.documents.create(document).await.expect("created");
    }
    let registry = fixture.server(1);
    let opened = ids.iter().map(|id| registry.open(*id));
    for opened in futures_util::future::join_all(opened).await {
        opened.expect("opened");
    }
    // Two that are being loaded, and the two before them, which look for what came meanwhile.
    let most = fixture.log.reading_most.load(Ordering::Relaxed);
    assert!(most <= 4, "{most} were read at once");
    registry.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_that_does_not_exist_is_not_remembered() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let unknown = DocumentId::from_bytes([9; 16]);
    for _ in 0..3 {
        assert_eq!(registry.open(unknown).await.err(), Some(OpenError::NotFound));
    }
    assert_eq!(registry.open_count(), 0);
    registry.close().await;
    assert_eq!(registry.open(DOCUMENT).await.err(), Some(OpenError::Closing));
}

#[tokio::test(start_paused = true)]
async fn an_idle_document_is_closed_after_its_snapshot_and_opened_again() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let ada = Person::join(&registry, 1).await;
    ada.types(1, "kept").await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(registry.open_count(), 1, "somebody is in it");

    let Person { document, subscriber, .. } = ada;
    document.send(Command::Leave { subscriber }).await;
    drop(document);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(registry.open_count(), 0);
    let (revision, text) = registry.text(DOCUMENT).await.expect("read");
    assert_eq!((revision, text.to_string()), (Revision::new(1), "kept".to_owned()));
    assert_eq!(registry.open_count(), 0, "a look does not keep it open");

    let kept = fixture.snapshots().await;
    assert_eq!(kept.first().map(|key| key.revision), Some(Revision::new(1)));
    let bob = Person::join(&registry, 2).await;
    bob.types(1, "again ").await;
    assert_eq!(registry.text(DOCUMENT).await.expect("read").1.to_string(), "again kept");
    registry.close().await;
}

#[tokio::test(start_paused = true)]
async fn only_the_last_snapshots_are_kept() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let ada = Person::join(&registry, 1).await;
    for seq in 1..=10_u64 {
        let base_len = seq as usize - 1;
        let operation = Operation::replace(base_len, 0..0, "x").encode();
        let submission = Submission { seq: Seq::new(seq), since: 0, operation };
        ada.document.send(Command::Submit { subscriber: ada.subscriber, submission }).await;
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
    registry.close().await;
    let snapshots: &dyn SnapshotStore = fixture.stores.snapshots.as_ref();
    let kept = fixture.snapshots().await;
    let revisions: Vec<_> = kept.iter().map(|key| key.revision.get()).collect();
    assert_eq!(revisions, [10, 9, 8]);
    assert_eq!(snapshots.get(&kept[0]).await.expect("given"), Bytes::from("x".repeat(10)));
}

#[tokio::test(start_paused = true)]
async fn a_version_is_kept_when_a_document_comes_to_rest_and_its_snapshot_stays() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let ada = Person::join(&registry, 1).await;
    ada.types(1, "a").await;
    ada.types(2, "b").await;
    tokio::time::sleep(Duration::from_secs(119)).await;
    assert!(fixture.versions().await.is_empty());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(fixture.versions().await, [2]);
    for seq in 3..=9 {
        ada.types(seq, "x").await;
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
    let kept: Vec<_> = fixture.snapshots().await.iter().map(|key| key.revision.get()).collect();
    assert_eq!(kept, [9, 8, 7, 2]);
    registry.close().await;
    assert_eq!(fixture.versions().await, [9, 2], "what is unkept is kept at the end");
}

#[tokio::test(start_paused = true)]
async fn two_servers_keep_one_version_of_one_state() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let (here, there) = (fixture.server(1), fixture.server(2));
    let ada = Person::join(&here, 1).await;
    let bob = Person::join(&there, 2).await;
    ada.types(1, "a").await;
    bob.sees(1).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(fixture.versions().await, [1]);
    here.close().await;
    there.close().await;
    assert_eq!(fixture.versions().await, [1]);
}

#[tokio::test]
async fn an_edit_opens_a_document_and_is_committed_though_nobody_is_there() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let edit = Edit {
        client: ClientId::from_bytes([9; 16]),
        user: UserId::LOCAL,
        access: AccessVersion::default(),
        rights: Rights { role: Role::Editor, until: None },
        person: String::new(),
        base: Revision::ZERO,
        operation: Operation::replace(0, 0..0, "written"),
        exact: false,
    };
    for _ in 0..2 {
        let answer = registry.edit(DOCUMENT, edit.clone()).await.expect("opened");
        assert_eq!(answer, Ok(Revision::new(1)));
    }
    let (_, text) = registry.text(DOCUMENT).await.expect("read");
    assert_eq!(text.to_string(), "written");
    registry.close().await;
    assert_eq!(registry.edit(DOCUMENT, edit).await, Err(OpenError::Closing));
}

#[tokio::test(start_paused = true)]
async fn two_servers_tell_each_other_by_the_bus_and_by_the_log_when_the_bus_is_silent() {
    let buses: [(Arc<dyn Bus>, u64); 2] =
        [(Arc::new(InProcessBus::default()), 100), (Arc::new(SilentBus), 2000)];
    for (bus, ms_max) in buses {
        let fixture = Fixture::new(bus).await;
        let (left, right) = (fixture.server(1), fixture.server(2));
        let (ada, bob) = (Person::join(&left, 1).await, Person::join(&right, 2).await);
        let started = tokio::time::Instant::now();
        ada.types(1, "hello").await;
        bob.sees(1).await;
        let elapsed = started.elapsed();
        assert!(elapsed <= Duration::from_millis(ms_max), "{elapsed:?}");
        bob.types(1, "and ").await;
        ada.sees(2).await;
        let text = left.text(DOCUMENT).await.expect("read").1.to_string();
        assert_eq!(text, right.text(DOCUMENT).await.expect("read").1.to_string());
        left.close().await;
        right.close().await;
    }
}

async fn see_each_other_come_and_go(left: Registry, right: Registry) {
    let ada = Person::join(&left, 1).await;
    let bob = Person::join(&right, 2).await;
    ada.meets(2).await;
    bob.meets(1).await;
    let cy = Person::join(&right, 3).await;
    cy.meets(1).await;
    ada.meets(3).await;
    ada.leaves().await;
    bob.loses(1).await;

    let dee = Person::join(&left, 4).await;
    bob.meets(4).await;
    dee.meets(2).await;
    right.close().await;
    dee.loses(2).await;
    left.close().await;
}

#[tokio::test(start_paused = true)]
async fn people_at_two_servers_see_each_other_come_and_go() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    see_each_other_come_and_go(fixture.server(1), fixture.server(2)).await;
}

#[tokio::test]
async fn people_at_two_servers_see_each_other_through_redis() {
    let fixture = Fixture::new(Arc::new(SilentBus)).await;
    let prefix = redis::prefix();
    let bus = || redis::connected(codesync_testing::redis_url(), &prefix);
    let (left, right) = (bus().await, bus().await);
    see_each_other_come_and_go(fixture.server_on(left, 1), fixture.server_on(right, 2)).await;
}

#[tokio::test]
async fn edits_go_on_while_redis_is_down_and_are_seen_within_two_seconds() {
    let mut server = codesync_testing::Redis::start().expect("Redis starts");
    let fixture = Fixture::new(Arc::new(SilentBus)).await;
    let address = server.url();
    let bus = || redis::connected(&address, "down");
    let (left, right) = (bus().await, bus().await);
    let (left, right) = (fixture.server_on(left, 1), fixture.server_on(right, 2));
    let (ada, bob) = (Person::join(&left, 1).await, Person::join(&right, 2).await);
    ada.types(1, "one ").await;
    bob.sees(1).await;
    server.end(Signal::Kill);
    for (length, seq) in [(4, 2), (9, 3)] {
        let began = std::time::Instant::now();
        ada.types_before(length, seq, "more ").await;
        bob.sees(seq).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    let cy = Person::join(&right, 3).await;
    server.restart().expect("Redis starts again");
    cy.meets(1).await;
    bob.types(1, "and ").await;
    ada.sees(4).await;
    left.close().await;
    right.close().await;
}

#[tokio::test(start_paused = true)]
async fn for_a_stranger_there_is_no_such_document_and_none_is_loaded() {
    let fixture = Fixture::new(Arc::new(InProcessBus::default())).await;
    let registry = fixture.server(1);
    let (stranger, unknown) = (UserId::from_bytes([7; 16]), DocumentId::from_bytes([9; 16]));
    for document in [DOCUMENT, unknown] {
        let opened = registry.open_for(document, stranger).await;
        assert_eq!(opened.err(), Some(OpenError::NotFound));
    }
    assert_eq!((registry.open_count(), fixture.log.reads.load(Ordering::Relaxed)), (0, 0));
    registry.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_may_no_longer_read_is_let_go_by_a_word_or_by_a_look_within_a_second() {
    let buses: [(Arc<dyn Bus>, u64); 2] =
        [(Arc::new(InProcessBus::default()), 100), (Arc::new(SilentBus), 1200)];
    for (bus, ms_max) in buses {
        let fixture = Fixture::new(bus).await;
        let (log, user) = (&fixture.log.log, UserId::from_bytes([7; 16]));
        let viewer = Some(Rights::lasting(Role::Viewer));
        log.set_rights(DOCUMENT, user, viewer).expect("a document");
        let registry = fixture.server(1);
        let ada = Person::join_as(&registry, 1, user).await;
        let started = tokio::time::Instant::now();
        let version = log.set_rights(DOCUMENT, user, None).expect("a document");
        fixture.stores.bus.publish(DOCUMENT, Hint::Access(version));
        let is_end = |code: RejectCode| code == RejectCode::AccessWithdrawn;
        ada.until(|message| match message {
            ServerMessage::Document(ServerDocument::Ended { code, .. }) => is_end(*code),
            _ => false,
        })
        .await;
        let elapsed = started.elapsed();
        assert!(elapsed <= Duration::from_millis(ms_max), "{elapsed:?}");
        registry.close().await;
    }
}
