//! What is particular to a bus through Redis: Redis is killed, paused and emptied, and messages
//! are too many or too long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use codesync_core::{Author, DocumentId, Revision, Seq};
use codesync_server::bus::redis::RedisBus;
use codesync_server::bus::{Bus, Heard, Hint, Subscription};
use codesync_server::ids::UserId;
use codesync_server::oplog::Entry;
use codesync_server::redis::{Redis, RedisDown};
use codesync_testing::Signal;

use super::{DOCUMENT, LISTENER, ORIGIN, committed, news, next};
use crate::support::{PATIENCE, eventually};

/// A prefix that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{}", UserId::random().expect("random bytes"))
}

pub(crate) async fn connected(address: &str, prefix: &str) -> Arc<dyn Bus> {
    let bus = Arc::new(RedisBus::new(Redis::new(address, prefix).expect("an address")));
    until_connected(bus.as_ref(), true).await;
    bus
}

async fn until_connected(bus: &dyn Bus, connected: bool) {
    eventually("the bus notices", || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        bus.is_connected() == connected
    })
    .await;
}

/// Two buses through a Redis of their own, and somebody who listens on the right one.
struct Stage {
    redis: codesync_testing::Redis,
    left: Arc<dyn Bus>,
    right: Arc<dyn Bus>,
    heard: Box<dyn Subscription<Hint>>,
}

impl Stage {
    async fn new() -> Self {
        let redis = codesync_testing::Redis::start().expect("Redis starts");
        let left = connected(&redis.url(), "stage").await;
        let right = connected(&redis.url(), "stage").await;
        let heard = right.subscribe(DOCUMENT, LISTENER).await;
        Self { redis, left, right, heard }
    }

    async fn until_connected(&self, connected: bool) {
        until_connected(self.left.as_ref(), connected).await;
        until_connected(self.right.as_ref(), connected).await;
    }

    /// What is published now is heard, after the loss that was told or without one.
    async fn is_heard(&mut self, revision: u64) {
        self.left.publish(DOCUMENT, committed(revision));
        loop {
            match next(&mut self.heard).await {
                Heard::Lost => {}
                Heard::News(hint) => return assert_eq!(*hint, committed(revision)),
            }
        }
    }
}

#[tokio::test]
async fn a_redis_that_was_killed_is_found_again_and_the_loss_is_told() {
    let mut stage = Stage::new().await;
    stage.is_heard(1).await;
    let mut notices = stage.right.notices().await;
    stage.redis.end(Signal::Kill);
    stage.until_connected(false).await;
    let began = Instant::now();
    for revision in 2..10_000 {
        stage.left.publish(DOCUMENT, committed(revision));
    }
    let new = stage.right.subscribe(DocumentId::from_bytes([8; 16]), LISTENER).await;
    assert!(began.elapsed() < Duration::from_secs(1), "nobody waits: {:?}", began.elapsed());

    stage.redis.restart().expect("Redis starts again");
    stage.until_connected(true).await;
    assert_eq!(next(&mut stage.heard).await, Heard::Lost);
    assert_eq!(next(&mut notices).await, Heard::Lost);
    stage.is_heard(10_000).await;
    let mut new = new;
    assert_eq!(next(&mut new).await, Heard::Lost, "whoever came meanwhile is subscribed too");
    stage.left.publish(DocumentId::from_bytes([8; 16]), committed(1));
    loop {
        match next(&mut new).await {
            Heard::Lost => {}
            Heard::News(hint) => break assert_eq!(*hint, committed(1)),
        }
    }
}

#[tokio::test]
async fn a_redis_that_says_nothing_is_noticed_and_nobody_waits_for_it() {
    let mut stage = Stage::new().await;
    stage.redis.send(Signal::Stop);
    let began = Instant::now();
    for revision in 1..100 {
        stage.left.publish(DOCUMENT, committed(revision));
    }
    drop(stage.right.subscribe(DocumentId::from_bytes([8; 16]), LISTENER).await);
    assert!(began.elapsed() < Duration::from_secs(2), "nobody waits: {:?}", began.elapsed());
    stage.until_connected(false).await;
    stage.redis.send(Signal::Continue);
    stage.until_connected(true).await;
    stage.is_heard(100).await;
}

#[tokio::test]
async fn emptying_redis_harms_nobody() {
    let mut stage = Stage::new().await;
    let redis = Redis::new(&stage.redis.url(), "stage").expect("an address");
    for revision in 1..20 {
        stage.is_heard(revision).await;
        redis.query::<()>(&redis::cmd("FLUSHALL")).await.expect("emptied");
    }
    assert!(stage.left.is_connected() && stage.right.is_connected());
}

#[tokio::test]
async fn a_batch_that_is_too_long_is_heard_as_where_the_log_is() {
    let mut stage = Stage::new().await;
    let entry = Entry {
        revision: Revision::new(7),
        author: Author::new(1),
        seq: Seq::new(1),
        operation: Bytes::from(vec![0; 200 * 1024]),
        base_length: 0,
    };
    stage.left.publish(DOCUMENT, Hint::Committed { origin: ORIGIN, entries: vec![entry] });
    assert_eq!(news(&mut stage.heard).await, Hint::Head(Revision::new(7)));
}

#[tokio::test]
async fn what_does_not_fit_into_the_queue_is_told_as_a_loss() {
    let mut stage = Stage::new().await;
    // The task that empties the queue has no turn before the end of this loop.
    for revision in 1..=2000 {
        stage.left.publish(DOCUMENT, committed(revision));
    }
    let mut last = 0;
    loop {
        match next(&mut stage.heard).await {
            Heard::Lost => break,
            Heard::News(hint) => {
                let Hint::Committed { entries, .. } = hint.as_ref() else { panic!("another kind") };
                assert_eq!(entries[0].revision.get(), last + 1, "in order up to the loss");
                last += 1;
            }
        }
    }
    assert!(last < 2000, "{last}");
}

#[tokio::test]
async fn other_prefixes_are_not_heard() {
    let mut stage = Stage::new().await;
    let other = connected(&stage.redis.url(), "other").await;
    let longer = connected(&stage.redis.url(), "stage:doc").await;
    for bus in [other, longer] {
        bus.publish(DOCUMENT, committed(99));
    }
    stage.is_heard(1).await;
    stage.is_heard(2).await;
}

#[tokio::test]
async fn a_command_has_an_answer_soon_or_none_and_comes_back_by_itself() {
    let mut server = codesync_testing::Redis::start().expect("Redis starts");
    let redis = Redis::new(&server.url(), "commands").expect("an address");
    let mut count = redis::cmd("INCR");
    count.arg(redis.key("counter"));
    assert_eq!(redis.query::<u64>(&count).await.expect("an answer"), 1);

    let mut wrong = redis::cmd("LPUSH");
    wrong.arg(redis.key("counter")).arg(1);
    let error = redis.query::<u64>(&wrong).await.expect_err("no list");
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
    assert!(redis.is_up(), "it did answer");

    for signal in [Signal::Stop, Signal::Kill] {
        if signal == Signal::Stop {
            server.send(signal)
        } else {
            server.end(signal)
        }
        let began = Instant::now();
        redis.query::<u64>(&count).await.expect_err("nobody answers");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert!(!redis.is_up());
        let error = redis.query::<u64>(&count).await.expect_err("nobody asks");
        assert!(matches!(error, RedisDown::Paused), "{error}");

        if signal == Signal::Stop {
            server.send(Signal::Continue);
        } else {
            server.restart().expect("Redis starts again");
        }
        let came_back = async {
            while redis.query::<u64>(&count).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, came_back).await.expect("Redis answers again");
        assert!(redis.is_up());
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_a_password_is_not_shown() {
    let error = Redis::new("127.0.0.1:6379", "x").expect_err("no scheme").to_string();
    assert!(error.contains("redis://host:6379"), "{error}");
    let redis = Redis::new("redis://user:canary@127.0.0.1:1", "x").expect("an address");
    assert!(!format!("{redis:?}").contains("canary"));
}
