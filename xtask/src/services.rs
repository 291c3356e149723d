//! `cargo xtask services -- COMMAND`: Redis, Postgres and S3 for tests, as long as a command runs.
//!
//! `codesync-testing` starts them and says what the variables mean.

use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow};
use codesync_testing::{self as testing, Postgres, Redis, S3};

use crate::tools::{check, root, shell};

pub(crate) fn run(words: &[String]) -> Result<()> {
    let words = words.strip_prefix(&["--".to_owned()]).unwrap_or(words);
    let (program, arguments) = words.split_first().context("`services` takes -- COMMAND")?;
    check_served(Command::new(program).args(arguments).current_dir(root()))
}

/// Runs a command that finds the three servers in its environment, and fails if it failed.
pub(crate) fn check_served(command: &mut Command) -> Result<()> {
    check(&mut shell("install_services"))?;
    let postgres = thread::spawn(Postgres::start);
    let (redis, s3) = (Redis::start()?, S3::start()?);
    let postgres = postgres.join().map_err(|_| anyhow!("starting Postgres panicked"))??;
    command.env(testing::REDIS, redis.url()).env(testing::S3_ENDPOINT, s3.url());
    check(command.env(testing::POSTGRES, postgres.url()))
}
