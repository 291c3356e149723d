//! One suite for every bus: who hears what, in which order, and that a loss is told.

pub(crate) mod redis;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use codesync_core::{Author, DocumentId, Operation, Revision, Selection, Seq};
use codesync_server::access::AccessVersion;
use codesync_server::bus::in_process::InProcessBus;
use codesync_server::bus::{
    Bus, Heard, Hint, Notice, Origin, Person, Presence, Sessions, Subscription,
};
use codesync_server::ids::{SessionId, UserId};
use codesync_server::oplog::Entry;

use crate::support::PATIENCE;

const DOCUMENT: DocumentId = DocumentId::from_bytes([1; 16]);
const OTHER: DocumentId = DocumentId::from_bytes([2; 16]);
const ORIGIN: Origin = Origin::new(u64::MAX);
const LISTENER: Origin = Origin::new(1);

/// Two servers' ends of one bus.
struct Fixture {
    left: Arc<dyn Bus>,
    right: Arc<dyn Bus>,
}

impl Fixture {
    async fn in_process() -> Self {
        let bus = Arc::new(InProcessBus::default());
        Self { left: bus.clone(), right: bus }
    }

    async fn through_redis() -> Self {
        let prefix = redis::prefix();
        let connect = || redis::connected(codesync_testing::redis_url(), &prefix);
        Self { left: connect().await, right: connect().await }
    }
}

macro_rules! conformance {
    ($bus:ident: $($name:ident),* $(,)?) => {
        mod $bus {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::$bus().await).await; })*
        }
    };
    ($($name:ident),* $(,)?) => {
        conformance!(in_process: $($name),*);
        conformance!(through_redis: $($name),*);
    };
}

conformance! {
    every_kind_of_hint_arrives_as_it_was_sent,
    hints_are_heard_in_order_and_only_for_their_document,
    nobody_hears_his_own_entries_and_presence_but_his_wishes,
    notices_reach_all_servers_their_own_included,
    whoever_listens_too_slowly_is_told_that_something_is_lost,
    waiting_may_be_given_up_without_losing_anything,
    a_bus_that_others_hear_says_so,
}

fn committed(revision: u64) -> Hint {
    let entry = Entry {
        revision: Revision::new(revision),
        author: Author::new(7),
        seq: Seq::new(revision),
        operation: Bytes::from(Operation::replace(3, 1..2, "é\u{1f680}").encode()),
        base_length: 3,
    };
    Hint::Committed { origin: ORIGIN, entries: vec![entry] }
}

fn ended(sessions: Sessions) -> Notice {
    Notice::SessionsEnded { user: UserId::from_bytes([9; 16]), sessions }
}

async fn next<T: 'static>(subscription: &mut Box<dyn Subscription<T>>) -> Heard<T> {
    tokio::time::timeout(PATIENCE, subscription.next()).await.expect("something is heard")
}

/// The next news. Who begins to listen while a bus looks after its channels may hear of a loss that
/// was none.
async fn news<T: Clone + 'static>(subscription: &mut Box<dyn Subscription<T>>) -> T {
    loop {
        if let Heard::News(news) = next(subscription).await {
            return news.as_ref().clone();
        }
    }
}

async fn every_kind_of_hint_arrives_as_it_was_sent(bus: Fixture) {
    let mut heard = bus.right.subscribe(DOCUMENT, LISTENER).await;
    let person = Person {
        author: Author::new(3),
        name: "Åsa 🚀".to_owned(),
        color: 5,
        selections: vec![Selection::new(4, 2), Selection::caret(9)],
        revision: Revision::new(u64::from(u32::MAX) + 1),
    };
    let presences = [
        Presence::Here(vec![person]),
        Presence::Everyone(vec![Author::new(3), Author::new(900_000)]),
        Presence::Everyone(Vec::new()),
        Presence::Who,
    ];
    let presences = presences.map(|presence| Hint::Presence { origin: ORIGIN, presence });
    let others =
        [committed(1), Hint::Head(Revision::new(300)), Hint::Access(AccessVersion::new(12))];
    for hint in others.into_iter().chain(presences) {
        bus.left.publish(DOCUMENT, hint.clone());
        assert_eq!(news(&mut heard).await, hint);
    }
}

async fn hints_are_heard_in_order_and_only_for_their_document(bus: Fixture) {
    let mut heard = bus.right.subscribe(DOCUMENT, LISTENER).await;
    let mut other = bus.left.subscribe(OTHER, LISTENER).await;
    for revision in 1..=100 {
        bus.left.publish(DOCUMENT, committed(revision));
        bus.left.publish(OTHER, committed(1000 + revision));
    }
    for revision in 1..=100 {
        assert_eq!(news(&mut heard).await, committed(revision));
        assert_eq!(news(&mut other).await, committed(1000 + revision));
    }
}

async fn nobody_hears_his_own_entries_and_presence_but_his_wishes(bus: Fixture) {
    let mut own = bus.left.subscribe(DOCUMENT, ORIGIN).await;
    let mut other = bus.right.subscribe(DOCUMENT, LISTENER).await;
    let presence = Hint::Presence { origin: ORIGIN, presence: Presence::Who };
    for hint in [committed(1), presence, Hint::Wish(ORIGIN)] {
        bus.left.publish(DOCUMENT, hint.clone());
        assert_eq!(news(&mut other).await, hint);
    }
    assert_eq!(news(&mut own).await, Hint::Wish(ORIGIN));
}

async fn notices_reach_all_servers_their_own_included(bus: Fixture) {
    let (mut left, mut right) = (bus.left.notices().await, bus.right.notices().await);
    let these = vec![SessionId::from_bytes([1; 16]), SessionId::from_bytes([2; 16])];
    for notice in [ended(Sessions::All), ended(Sessions::These(these))] {
        bus.left.announce(notice.clone());
        assert_eq!(news(&mut left).await, notice);
        assert_eq!(news(&mut right).await, notice);
    }
}

async fn whoever_listens_too_slowly_is_told_that_something_is_lost(bus: Fixture) {
    let mut slow = bus.right.subscribe(DOCUMENT, LISTENER).await;
    let mut quick = bus.right.subscribe(DOCUMENT, LISTENER).await;
    for revision in 1..=1000 {
        bus.left.publish(DOCUMENT, committed(revision));
        assert_eq!(news(&mut quick).await, committed(revision));
    }
    assert_eq!(next(&mut slow).await, Heard::Lost);
    // What it still hears is the newest, in order and without another gap.
    let Hint::Committed { entries, .. } = news(&mut slow).await else { panic!("another kind") };
    for revision in entries[0].revision.get() + 1..=1000 {
        assert_eq!(news(&mut slow).await, committed(revision));
    }
}

async fn a_bus_that_others_hear_says_so(bus: Fixture) {
    assert!(bus.left.is_connected() && bus.right.is_connected());
}

async fn waiting_may_be_given_up_without_losing_anything(bus: Fixture) {
    let mut heard = bus.right.subscribe(DOCUMENT, LISTENER).await;
    for revision in 1..=20 {
        let soon = tokio::time::timeout(Duration::from_millis(1), heard.next());
        // That something may be lost is said at any time.
        let said = soon.await;
        assert!(!matches!(said, Ok(Heard::News(_))), "nothing was said: {said:?}");
        bus.left.publish(DOCUMENT, committed(revision));
        assert_eq!(news(&mut heard).await, committed(revision));
    }
}
