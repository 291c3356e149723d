//! Real Redis, Postgres and S3 for tests: on loopback, on free ports, in temporary folders.
//!
//! [`redis_url`], [`postgres_url`] and [`s3_url`] name servers that many tests share, each test
//! within a prefix, database or bucket of its own. `cargo xtask services -- COMMAND` starts them
//! once for a whole run and hands their addresses over in `CODESYNC_TEST_REDIS`,
//! `CODESYNC_TEST_POSTGRES` and `CODESYNC_TEST_S3`; without these a process starts its own.
//!
//! [`Redis`], [`Postgres`] and [`S3`] are servers for one test alone, which may kill them:
//!
//! ```no_run
//! use codesync_testing::{Redis, Signal};
//!
//! # fn example() -> anyhow::Result<()> {
//! let mut redis = Redis::start()?;
//! println!("{}", redis.url());
//! redis.end(Signal::Kill);
//! redis.restart()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Guard`] does the same for any other program.
//!
//! Nothing of it is left behind, however the process that asked for it ends. It is for Unix, and
//! knows nothing of CodeSync.

#![forbid(unsafe_code)]

pub mod programs;

mod guard;
mod port;
mod postgres;
mod redis;
mod s3;

use std::env;
use std::sync::OnceLock;

use anyhow::Result;

pub use self::guard::{Guard, Signal};
pub use self::port::free as free_port;
pub use self::postgres::Postgres;
pub use self::redis::Redis;
pub use self::s3::S3;

/// Redis of this test run: `redis://127.0.0.1:PORT`.
pub const REDIS: &str = "CODESYNC_TEST_REDIS";
/// Postgres of this test run: `postgres://postgres@127.0.0.1:PORT/postgres`.
pub const POSTGRES: &str = "CODESYNC_TEST_POSTGRES";
/// The S3 server of this test run: `http://127.0.0.1:PORT`.
pub const S3_ENDPOINT: &str = "CODESYNC_TEST_S3";

/// The Redis that this run's tests share.
pub fn redis_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| shared(REDIS, Redis::start, Redis::url))
}

/// The Postgres that this run's tests share; its superuser and his own database.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| shared(POSTGRES, Postgres::start, Postgres::url))
}

/// The S3 server that this run's tests share. It takes any key and secret.
pub fn s3_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| shared(S3_ENDPOINT, S3::start, S3::url))
}

fn shared<T>(name: &str, start: fn() -> Result<T>, url: fn(&T) -> String) -> String {
    if let Ok(url) = env::var(name) {
        return url;
    }
    match start() {
        // It ends with the process, which is what leaks it.
        Ok(server) => url(Box::leak(Box::new(server))),
        Err(error) => panic!(
            "{name} is not set, and nothing can be started in its place: {error:#}\n\
             run the tests as `cargo xtask test --only tests`, \
             or a few of them as `cargo xtask services -- cargo nextest run …`"
        ),
    }
}
