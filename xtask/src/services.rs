//! `cargo xtask services -- COMMAND`: Redis, Postgres and S3 for tests, as long as a command runs.
//!
//! `codesync-testing` starts them and says what the variables mean; here they are installed.

use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow};
use codesync_testing::{self as testing, Postgres, Redis, S3, programs};

use crate::tools::{check, install_debian, install_python, root};

pub(crate) fn run(words: &[String]) -> Result<()> {
    let words = words.strip_prefix(&["--".to_owned()]).unwrap_or(words);
    let (program, arguments) = words.split_first().context("`services` takes -- COMMAND")?;
    check_served(Command::new(program).args(arguments).current_dir(root()))
}

/// Runs a command that finds the three servers in its environment, and fails if it failed.
pub(crate) fn check_served(command: &mut Command) -> Result<()> {
    install()?;
    let postgres = thread::spawn(Postgres::start);
    let (redis, s3) = (Redis::start()?, S3::start()?);
    let postgres = postgres.join().map_err(|_| anyhow!("starting Postgres panicked"))??;
    command.env(testing::REDIS, redis.url()).env(testing::S3_ENDPOINT, s3.url());
    check(command.env(testing::POSTGRES, postgres.url()))
}

fn install() -> Result<()> {
    let redis = programs::redis().is_err().then_some("redis-server");
    let postgres = programs::postgres("initdb").is_err().then_some("postgresql");
    let packages: Vec<_> = redis.into_iter().chain(postgres).collect();
    if !packages.is_empty() {
        install_debian(&packages.join(" "))?;
    }
    if programs::moto().is_err() {
        install_python(&programs::moto_folder(), programs::MOTO_PACKAGES)?;
    }
    Ok(())
}
