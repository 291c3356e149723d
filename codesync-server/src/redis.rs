//! Redis: one connection that comes back by itself, asked with little patience.
//!
//! Nothing is kept in it that is not elsewhere too. Whoever asks must know what to do without an
//! answer: [`Redis::query`] gives one within [`COMMAND_MAX`], and while Redis is away it says so
//! at once instead of letting everybody wait that long.
//!
//! ```no_run
//! use codesync_server::redis::Redis;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let redis = Redis::new("redis://127.0.0.1", "codesync")?;
//! let mut count = redis::cmd("INCR");
//! count.arg(redis.key("logins:10.0.0.7"));
//! let logins: Option<u64> = redis.query(&count).await.ok();
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Client, Cmd, ConnectionInfo, FromRedisValue, Pipeline, ProtocolVersion, RedisError,
    RedisResult, ScriptInvocation,
};

use crate::pause::{Change, Pause};

/// How long a command may take.
pub const COMMAND_MAX: Duration = Duration::from_millis(250);
/// How long a new connection may take.
pub const CONNECT_MAX: Duration = Duration::from_secs(1);
/// Longest wait between two attempts to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// After a command that had no answer: how long nobody asks again.
const PAUSE: Duration = Duration::from_millis(500);

/// The address is none that can be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the address of Redis is not like redis://host:6379 or rediss://user:password@host:6379: {0}"
)]
pub struct AddressError(String);

/// Redis gave no answer; go on without it.
#[derive(Debug, thiserror::Error)]
pub enum RedisDown {
    #[error("Redis did not answer a moment ago")]
    Paused,
    #[error("Redis: {0}")]
    Failed(#[from] RedisError),
    #[error("Redis did not answer within {COMMAND_MAX:?}")]
    TimedOut,
}

/// A Redis that several servers share. A clone uses the same connection.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    manager: ConnectionManager,
    prefix: String,
    pause: Pause,
}

impl Redis {
    /// Prepares to connect when something is asked. All names begin with `prefix` and a colon.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(address: &str, prefix: impl Into<String>) -> Result<Self, AddressError> {
        let client = client(address).map_err(|error| AddressError(error.to_string()))?;
        // It never gives up: after its last attempt it would stay with an error like "loading".
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(usize::MAX)
            .set_max_delay(RECONNECT_MAX)
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(COMMAND_MAX));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config)
            .map_err(|error| AddressError(error.to_string()))?;
        let (prefix, pause) = (prefix.into(), Pause::new(PAUSE));
        Ok(Self { shared: Arc::new(Shared { client, manager, prefix, pause }) })
    }

    /// A name of ours.
    #[must_use]
    pub fn key(&self, name: impl std::fmt::Display) -> String {
        format!("{}:{name}", self.shared.prefix)
    }

    /// Whether the last command was answered.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.pause.is_over()
    }

    /// Runs one command.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisDown> {
        let mut connection = self.shared.manager.clone();
        self.bounded(command.query_async(&mut connection)).await
    }

    /// Runs several commands in one go.
    pub async fn pipeline<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, RedisDown> {
        let mut connection = self.shared.manager.clone();
        self.bounded(commands.query_async(&mut connection)).await
    }

    /// Runs a script.
    pub async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, RedisDown> {
        let mut connection = self.shared.manager.clone();
        self.bounded(script.invoke_async(&mut connection)).await
    }

    /// Where others connect for themselves.
    pub(crate) fn client(&self) -> &Client {
        &self.shared.client
    }

    async fn bounded<T>(&self, ask: impl Future<Output = RedisResult<T>>) -> Result<T, RedisDown> {
        if !self.shared.pause.may_ask() {
            return Err(RedisDown::Paused);
        }
        let answer = tokio::time::timeout(COMMAND_MAX, ask).await;
        let answered = match &answer {
            Ok(Ok(_)) => true,
            // It did answer, and did not like the question.
            Ok(Err(error)) => !error.is_io_error() && !error.is_unrecoverable_error(),
            Err(_) => false,
        };
        match self.shared.pause.answered(answered) {
            Change::Gone => tracing::warn!("Redis does not answer; going on without it"),
            Change::Back => tracing::info!("Redis answers again"),
            Change::Nothing => {}
        }
        match answer {
            Ok(answer) => answer.map_err(RedisDown::Failed),
            Err(_) => Err(RedisDown::TimedOut),
        }
    }
}

impl std::fmt::Debug for Redis {
    /// The address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redis({})", self.shared.prefix)
    }
}

fn client(address: &str) -> RedisResult<Client> {
    let info: ConnectionInfo = address.parse()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.set_redis_settings(settings);
    Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}
