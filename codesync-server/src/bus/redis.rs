//! The bus between servers: channels of Redis, one for each document that is open and one for
//! notices.
//!
//! One task owns the connection. It subscribes, publishes what waits in a bounded queue, and asks
//! once a second whether Redis is still there. When it is not, nothing waits for it: hints are
//! dropped, [`is_connected`](Bus::is_connected) says so, and the task connects again. Then
//! whoever listens is told that something was lost, and where we could not speak, we say that.
//!
//! The client's own resubscription is not used: it does not tell when it is done, or that it
//! failed.

mod message;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Pipeline, PushInfo, PushKind, RedisResult, Value};
use async_trait::async_trait;
use codesync_core::DocumentId;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::bus::listeners::Listeners;
use crate::bus::{Bus, Heard, Hint, Notice, Origin, Subscription};
use crate::redis::{CONNECT_MAX, Redis};

/// Messages that may wait for Redis, and their bytes; beyond it they are dropped.
const QUEUE_MAX: usize = 1024;
const QUEUE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Messages sent at once.
const BATCH_MAX: usize = 64;
/// Channels subscribed to at once.
const SUBSCRIBE_AT_ONCE: usize = 500;
/// Channels remembered as ones on which we failed to say something.
const UNSAID_MAX: usize = 4096;
/// How long Redis may take for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// How often it is asked whether it is there.
const ASK_INTERVAL: Duration = Duration::from_secs(1);
/// How long somebody who begins to listen waits for Redis to know.
const SUBSCRIBE_MAX: Duration = Duration::from_millis(500);
const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(1);

/// A bus through Redis.
pub struct RedisBus {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Outgoing>,
    wishes: mpsc::Sender<Wish>,
    _task: AbortOnDropHandle<()>,
}

struct Shared {
    redis: Redis,
    listeners: Listeners,
    connected: AtomicBool,
    queue_bytes: AtomicUsize,
    /// Where something could not be said.
    unsaid: Mutex<BTreeSet<Topic>>,
}

/// What a channel is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Topic {
    Document(DocumentId),
    Notices,
}

struct Outgoing {
    topic: Topic,
    payload: Vec<u8>,
}

/// Somebody listens to a document, and wants to know when Redis knows.
struct Wish {
    document: DocumentId,
    done: oneshot::Sender<()>,
}

impl RedisBus {
    /// A bus for all servers that use this Redis with this prefix. It connects by itself.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        let shared = Arc::new(Shared {
            redis,
            listeners: Listeners::default(),
            connected: AtomicBool::new(false),
            queue_bytes: AtomicUsize::new(0),
            unsaid: Mutex::default(),
        });
        let (queue, outgoing) = mpsc::channel(QUEUE_MAX);
        let (wishes, wished) = mpsc::channel(QUEUE_MAX);
        let task = Task { shared: shared.clone(), outgoing, wished, subscribed: BTreeSet::new() };
        let task = AbortOnDropHandle::new(tokio::spawn(task.run()));
        Self { shared, queue, wishes, _task: task }
    }

    fn say(&self, topic: Topic, payload: Option<Vec<u8>>) {
        let queued = payload.is_some_and(|payload| {
            let shared = &self.shared;
            let bytes = payload.len();
            let is_room =
                |waiting: usize| (waiting + bytes <= QUEUE_BYTES_MAX).then_some(waiting + bytes);
            let order = Ordering::Relaxed;
            if !shared.connected.load(order)
                || shared.queue_bytes.fetch_update(order, order, is_room).is_err()
            {
                return false;
            }
            let queued = self.queue.try_send(Outgoing { topic, payload }).is_ok();
            if !queued {
                shared.queue_bytes.fetch_sub(bytes, order);
            }
            queued
        });
        if !queued {
            self.shared.left_unsaid([topic]);
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    fn publish(&self, document: DocumentId, hint: Hint) {
        self.say(Topic::Document(document), message::encode_hint(hint));
    }

    async fn subscribe(
        &self,
        document: DocumentId,
        listener: Origin,
    ) -> Box<dyn Subscription<Hint>> {
        let subscription = self.shared.listeners.listen(document, listener);
        if self.is_connected() {
            let (done, is_done) = oneshot::channel();
            let known = async {
                // If the task is busy beyond measure, the log will do.
                if self.wishes.send(Wish { document, done }).await.is_ok() {
                    let _ = is_done.await;
                }
            };
            if timeout(SUBSCRIBE_MAX, known).await.is_err() {
                tracing::debug!(doc = %document, "listening later; Redis is slow");
            }
        }
        subscription
    }

    fn announce(&self, notice: Notice) {
        for payload in message::encode_notice(&notice) {
            self.say(Topic::Notices, Some(payload));
        }
    }

    async fn notices(&self) -> Box<dyn Subscription<Notice>> {
        self.shared.listeners.listen_to_notices()
    }

    fn is_connected(&self) -> bool {
        self.shared.connected.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn unsaid(&self) -> MutexGuard<'_, BTreeSet<Topic>> {
        self.unsaid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left_unsaid(&self, topics: impl IntoIterator<Item = Topic>) {
        let mut unsaid = self.unsaid();
        for topic in topics {
            if unsaid.len() < UNSAID_MAX {
                unsaid.insert(topic);
            }
        }
    }

    fn channel(&self, topic: Topic) -> String {
        match topic {
            Topic::Document(id) => self.redis.key(format_args!("doc:{id}")),
            Topic::Notices => self.redis.key("notices"),
        }
    }

    fn topic(&self, channel: &[u8]) -> Option<Topic> {
        let channel = std::str::from_utf8(channel).ok()?;
        if channel == self.channel(Topic::Notices) {
            return Some(Topic::Notices);
        }
        let id = channel.rsplit_once(':')?.1.parse().ok()?;
        Some(Topic::Document(id))
    }

    /// Redis has a message for us.
    fn hear(&self, push: &PushInfo) {
        let [Value::BulkString(channel), Value::BulkString(payload)] = push.data.as_slice() else {
            return;
        };
        match self.topic(channel) {
            Some(Topic::Document(id)) => self.listeners.tell(id, &message::decode_hint(payload)),
            Some(Topic::Notices) => self.listeners.tell_all(&message::decode_notice(payload)),
            None => {}
        }
    }
}

/// Owns the connection.
struct Task {
    shared: Arc<Shared>,
    outgoing: mpsc::Receiver<Outgoing>,
    wished: mpsc::Receiver<Wish>,
    subscribed: BTreeSet<DocumentId>,
}

impl Task {
    async fn run(mut self) {
        let (mut pause, mut is_told) = (RECONNECT_MIN, false);
        loop {
            let ended = self.serve().await;
            if self.shared.connected.swap(false, Ordering::Relaxed) {
                (pause, is_told) = (RECONNECT_MIN, false);
            }
            if !std::mem::replace(&mut is_told, true) {
                let error = ended.err().map_or("it hung up".to_owned(), |error| error.to_string());
                tracing::warn!(error, "the bus has no Redis; the log is asked more often");
            }
            // Too old to be sent when Redis is back.
            while let Ok(Outgoing { topic, payload }) = self.outgoing.try_recv() {
                self.shared.queue_bytes.fetch_sub(payload.len(), Ordering::Relaxed);
                self.shared.left_unsaid([topic]);
            }
            sleep(jitter(pause)).await;
            pause = (pause * 2).min(RECONNECT_MAX);
        }
    }

    /// Connects, and stays with the connection until it ends.
    async fn serve(&mut self) -> RedisResult<()> {
        let (shared, gone) = (self.shared.clone(), Arc::new(Notify::new()));
        let ended = gone.clone();
        let hear = move |push: PushInfo| {
            match push.kind {
                PushKind::Message => shared.hear(&push),
                PushKind::Disconnection => ended.notify_one(),
                _ => {}
            }
            Ok::<_, Infallible>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_push_sender(hear)
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(ANSWER_MAX));
        let client = self.shared.redis.client();
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        self.subscribe_to_all(&mut connection).await?;
        tracing::info!(documents = self.subscribed.len(), "the bus is connected to Redis");

        let mut ticks = interval(ASK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            tokio::select! {
                biased;
                () = gone.notified() => return Ok(()),
                Some(wish) = self.wished.recv() => self.grant(&mut connection, wish).await?,
                _ = ticks.tick() => self.tidy(&mut connection).await?,
                count = self.outgoing.recv_many(&mut batch, BATCH_MAX) => {
                    if count == 0 {
                        // The bus is being dropped, and this task with it.
                        return Ok(());
                    }
                    self.publish(&mut connection, &mut batch).await?;
                }
            }
        }
    }

    /// After connecting. Whatever was said meanwhile was not heard.
    async fn subscribe_to_all(
        &mut self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<()> {
        self.shared.listeners.sweep();
        self.subscribed = self.shared.listeners.ids().into_iter().collect();
        let topics = self.subscribed.iter().map(|id| Topic::Document(*id)).chain([Topic::Notices]);
        let channels: Vec<_> = topics.map(|topic| self.shared.channel(topic)).collect();
        for channels in channels.chunks(SUBSCRIBE_AT_ONCE) {
            connection.subscribe(channels).await?;
        }
        for id in &self.subscribed {
            self.shared.listeners.tell(*id, &Heard::Lost);
        }
        self.shared.listeners.tell_all(&Heard::Lost);
        // Whoever comes from here on has missed nothing.
        self.shared.connected.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn grant(
        &mut self,
        connection: &mut MultiplexedConnection,
        wish: Wish,
    ) -> RedisResult<()> {
        if self.subscribed.insert(wish.document) {
            let channel = self.shared.channel(Topic::Document(wish.document));
            connection.subscribe(channel).await?;
        }
        // Whoever wished it may have lost patience, and has read the log long ago.
        if wish.done.send(()).is_err() {
            self.shared.listeners.tell(wish.document, &Heard::Lost);
        }
        Ok(())
    }

    /// Once a second: is Redis there, who listens, and what was left unsaid?
    async fn tidy(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let () = ::redis::cmd("PING").exec_async(connection).await?;
        let left = self.shared.listeners.sweep();
        let channel = |id: &DocumentId| self.shared.channel(Topic::Document(*id));
        let channels: Vec<_> = left.iter().map(channel).collect();
        for channels in channels.chunks(SUBSCRIBE_AT_ONCE) {
            connection.unsubscribe(channels).await?;
        }
        for id in left {
            self.subscribed.remove(&id);
        }
        // Whoever began to listen while we connected had nobody to wish it of.
        for id in self.shared.listeners.ids() {
            if self.subscribed.insert(id) {
                connection.subscribe(self.shared.channel(Topic::Document(id))).await?;
                self.shared.listeners.tell(id, &Heard::Lost);
            }
        }
        self.say_lost(connection).await
    }

    async fn publish(
        &mut self,
        connection: &mut MultiplexedConnection,
        batch: &mut Vec<Outgoing>,
    ) -> RedisResult<()> {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        let mut topics = Vec::with_capacity(batch.len());
        for outgoing in batch.drain(..) {
            pipeline.publish(self.shared.channel(outgoing.topic), &outgoing.payload).ignore();
            topics.push(outgoing.topic);
            self.shared.queue_bytes.fetch_sub(outgoing.payload.len(), Ordering::Relaxed);
        }
        let sent = pipeline.exec_async(connection).await;
        if sent.is_err() {
            self.shared.left_unsaid(topics);
            return sent;
        }
        self.say_lost(connection).await
    }

    async fn say_lost(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let topics = std::mem::take(&mut *self.shared.unsaid());
        if topics.is_empty() {
            return Ok(());
        }
        let (mut pipeline, lost) = (Pipeline::with_capacity(topics.len()), message::encode_lost());
        for topic in &topics {
            pipeline.publish(self.shared.channel(*topic), &lost).ignore();
        }
        let sent = pipeline.exec_async(connection).await;
        if sent.is_err() {
            self.shared.left_unsaid(topics);
        }
        sent
    }
}

/// Between half of a time and all of it, so that the servers do not come back in step.
fn jitter(time: Duration) -> Duration {
    let chance = getrandom::u32().unwrap_or(0);
    time / 2 + time.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0)
}
