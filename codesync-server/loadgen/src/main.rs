//! The command line of the load generator.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use codesync_loadgen::host::Host;
use codesync_loadgen::machine::{self, Cores};
use codesync_loadgen::relay::Relay;
use codesync_loadgen::report::Table;
use codesync_loadgen::sample::Sample;
use codesync_loadgen::scenario::{
    Setting, batching, fanout, hot, idle, join, kill, offline_merge, open, past, text_size,
    throughput, visibility,
};
use codesync_loadgen::server::Program;
use codesync_loadgen::services::Services;
use serde_json::json;

const FAN_OUT: &[usize] = &[2, 10, 50, 200];
const DOCUMENTS: &[usize] = &[1, 20, 100];
const CONNECTIONS: &[usize] = &[1000, 5000];
const REVISIONS: &[u64] = &[0, 10_000];
const SIZES: &[usize] = &[1_000, 80_000];
const HOT_INSTANCES: &[usize] = &[1, 3];
const HOT_PEOPLE: usize = 24;
const VISIBILITY_INSTANCES: &[usize] = &[1, 2];
const VISIBILITY_PEOPLE: usize = 200;
const BATCHING_DOCUMENTS: &[usize] = &[100];
const TAILS: &[usize] = &[0, 10_000];
const OPEN_TEXT_BYTES: usize = 1_000_000;
const OPEN_DOCUMENTS: usize = 100;
const PAST_EDITS: &[usize] = &[100_000];
const PAST_KEPT: usize = 20_000;

/// Puts load on a CodeSync server, measures it, and checks that nothing was lost or doubled.
#[derive(Debug, Parser)]
#[command(name = "codesync-loadgen", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Args, Debug)]
struct Choice {
    /// Measure this server binary instead of the server that is built in.
    #[arg(long, global = true, env = "CODESYNC_SERVER_BIN", value_name = "FILE")]
    server_bin: Option<PathBuf>,
    /// Use a server that runs already, on this machine; its own processor time is not seen.
    #[arg(long, global = true, value_name = "URL", conflicts_with = "server_bin")]
    url: Option<String>,
    #[command(flatten)]
    services: Services,
    /// Seconds that people type in one run.
    #[arg(long, global = true, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// How often each run is repeated, taking turns; what is said is the median.
    #[arg(long, global = true, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=25))]
    rounds: u16,
    /// Where chance comes from.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// Leave it to the system which process runs on which core.
    #[arg(long, global = true)]
    no_pin: bool,
    /// Write the figures to this file, too.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One document, many people; beside it the same frames through a bare relay.
    Fanout {
        /// How many people [default: 2, 10, 50 and 200]
        #[arg(long, value_delimiter = ',', value_parser = people)]
        clients: Vec<usize>,
        /// Edits a second, from all people together.
        #[arg(long, default_value_t = 200.0, value_parser = rate)]
        edits_per_second: f64,
    },
    /// Many documents, two people at each, typing as fast as they are answered.
    Throughput {
        /// How many documents [default: 1, 20 and 100]
        #[arg(long, value_delimiter = ',', value_parser = documents)]
        documents: Vec<usize>,
    },
    /// An edit in a short text and in a long one.
    TextSize {
        /// Edits a second, from both people together.
        #[arg(long, default_value_t = 200.0, value_parser = rate)]
        edits_per_second: f64,
    },
    /// Many people who do nothing.
    Idle {
        /// How many people [default: 1000 and 5000]
        #[arg(long, value_delimiter = ',', value_parser = connections)]
        connections: Vec<usize>,
    },
    /// Joining a document with a long past.
    Join {
        /// Bytes of its first text.
        #[arg(long, default_value_t = 80_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
        text_bytes: u64,
        /// Edits in its past [default: 0 and 10000]
        #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(0..=200_000))]
        revisions: Vec<u64>,
    },
    /// One person away with many edits comes back among as many of others.
    OfflineMerge {
        /// How many.
        #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=5_000))]
        edits: u64,
    },
    /// The server is killed again and again.
    Kill {
        /// How often.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000))]
        kills: u64,
    },
    /// On Postgres: many documents, and beside it one commit for each operation.
    Batching {
        /// How many documents [default: 100]
        #[arg(long, value_delimiter = ',', value_parser = documents)]
        documents: Vec<usize>,
    },
    /// On Postgres, Redis and S3: one document, written through several instances.
    Hot {
        /// How many instances; ratios are to the first [default: 1 and 3]
        #[arg(long, value_delimiter = ',', value_parser = instances)]
        instances: Vec<usize>,
        /// How many people.
        #[arg(long, default_value_t = HOT_PEOPLE, value_parser = people)]
        people: usize,
    },
    /// On Postgres, Redis and S3: many typists in one document at several instances.
    Visibility {
        /// How many instances [default: 1 and 2]
        #[arg(long, value_delimiter = ',', value_parser = instances)]
        instances: Vec<usize>,
        /// How many people.
        #[arg(long, default_value_t = VISIBILITY_PEOPLE, value_parser = people)]
        people: usize,
        /// Edits a second, from all people together.
        #[arg(long, default_value_t = 200.0, value_parser = rate)]
        edits_per_second: f64,
    },
    /// On Postgres and S3: opening a long text with edits after its newest snapshot.
    Open {
        /// Bytes of the text.
        #[arg(long, default_value_t = OPEN_TEXT_BYTES, value_parser = text_bytes)]
        text_bytes: usize,
        /// Edits after the snapshot [default: 0 and 10000]
        #[arg(long, value_delimiter = ',', value_parser = edits)]
        tail: Vec<usize>,
        /// How many such documents are opened.
        #[arg(long, default_value_t = OPEN_DOCUMENTS, value_parser = documents)]
        documents: usize,
    },
    /// On Postgres and S3: the text of any revision of a document with many edits.
    Past {
        /// How many edits [default: 100000]
        #[arg(long, value_delimiter = ',', value_parser = edits)]
        edits: Vec<usize>,
        /// Edits between two snapshots that are kept.
        #[arg(long, default_value_t = PAST_KEPT, value_parser = edits)]
        kept: usize,
    },
    /// Everything that needs no other service, one after the other.
    All,
    /// Everything on Postgres, Redis and S3, one after the other.
    Cloud,
    #[command(hide = true)]
    Server(Host),
    #[command(hide = true)]
    Relay(Relay),
}

fn within(word: &str, least: f64, most: f64) -> Result<f64, String> {
    let number: f64 = word.parse().map_err(|_| "not a number".to_owned())?;
    if !(least..=most).contains(&number) {
        return Err(format!("must be {least} to {most}"));
    }
    Ok(number)
}

fn seconds(word: &str) -> Result<f64, String> {
    within(word, 0.1, 600.0)
}

fn rate(word: &str) -> Result<f64, String> {
    within(word, 1.0, 10_000.0)
}

fn people(word: &str) -> Result<usize, String> {
    within(word, 2.0, 500.0).map(|number| number as usize)
}

fn documents(word: &str) -> Result<usize, String> {
    within(word, 1.0, 500.0).map(|number| number as usize)
}

fn instances(word: &str) -> Result<usize, String> {
    within(word, 1.0, 4.0).map(|number| number as usize)
}

fn text_bytes(word: &str) -> Result<usize, String> {
    within(word, 1.0, 5_000_000.0).map(|number| number as usize)
}

fn edits(word: &str) -> Result<usize, String> {
    within(word, 0.0, 2_000_000.0).map(|number| number as usize)
}

fn connections(word: &str) -> Result<usize, String> {
    within(word, 100.0, 20_000.0).map(|number| number as usize)
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Server(host) => host.run(),
        Command::Relay(relay) => relay.run(),
        command => measure(command, &cli.choice),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codesync-loadgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(command: Command, choice: &Choice) -> Result<()> {
    machine::raise_file_limit();
    let cores = if choice.no_pin { Cores::Shared } else { Cores::pin() };
    let setting = Setting {
        program: program(choice)?,
        services: choice.services.clone(),
        cores,
        typing: Duration::from_secs_f64(choice.seconds),
        rounds: usize::from(choice.rounds),
        seed: choice.seed,
    };
    let disk: Sample = machine::disk_syncs(&std::env::temp_dir())?.into_iter().collect();
    let sync = disk.percentile_ms(50.0).unwrap_or_default();
    println!("{}", about(&setting));
    println!("{cores}; disk: fdatasync of 4 KiB takes {sync:.2} ms (p50)");

    // All people live in one thread: what they measure includes no waiting for each other's locks.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (tables, failures) = runtime.block_on(run(command, &setting));
    if let Some(file) = &choice.json {
        let tables: Vec<_> = tables.iter().map(Table::json).collect();
        let report = json!({
            "about": about(&setting),
            "pinning": cores.to_string(),
            "fdatasync p50 ms": sync,
            "tables": tables,
            "failures": failures,
        });
        std::fs::write(file, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    ensure!(failures.is_empty(), "{} of the runs failed", failures.len());
    println!("\nEvery run was checked and right.");
    Ok(())
}

fn about(setting: &Setting) -> String {
    let server = match &setting.program {
        Program::Binary(file) => file.display().to_string(),
        Program::Elsewhere(address) => format!("the server at {address}"),
        Program::Durable | Program::InMemory | Program::Relay | Program::Instance { .. } => {
            "the built-in server".to_owned()
        }
    };
    let build = if cfg!(debug_assertions) { "DEBUG BUILD: figures mean little" } else { "release" };
    format!(
        "codesync-loadgen {} ({build}), {server}, {:?} a run, {} rounds, seed {}",
        env!("CARGO_PKG_VERSION"),
        setting.typing,
        setting.rounds,
        setting.seed
    )
}

fn program(choice: &Choice) -> Result<Program> {
    if let Some(url) = &choice.url {
        let address = url.trim_end_matches('/');
        let address = address.strip_prefix("http://").unwrap_or(address);
        let address = address.replace("localhost", "127.0.0.1");
        let address: SocketAddr =
            address.parse().with_context(|| format!("{url} is not like http://127.0.0.1:3000"))?;
        ensure!(address.ip().is_loopback(), "{url} is not on this machine");
        return Ok(Program::Elsewhere(address));
    }
    Ok(choice.server_bin.clone().map_or(Program::Durable, Program::Binary))
}

/// Runs what was asked for; a kind of run that fails does not keep the next one from running.
async fn run(command: Command, setting: &Setting) -> (Vec<Table>, Vec<String>) {
    let (all, cloud) = (matches!(command, Command::All), matches!(command, Command::Cloud));
    let (mut tables, mut failures) = (Vec::new(), Vec::new());
    let mut note = |done: Result<Table>| match done {
        Ok(table) => {
            println!("{}", table.shown().trim_end());
            tables.push(table);
        }
        Err(error) => {
            eprintln!("\nFAILED: {error:#}");
            failures.push(format!("{error:#}"));
        }
    };
    let rate = 200.0;
    match command {
        Command::Fanout { clients, edits_per_second } => {
            note(fanout::run(setting, or(&clients, FAN_OUT), edits_per_second).await);
        }
        Command::Throughput { documents } => {
            note(throughput::run(setting, or(&documents, DOCUMENTS)).await);
        }
        Command::TextSize { edits_per_second } => {
            note(text_size::run(setting, SIZES, edits_per_second).await);
        }
        Command::Idle { connections } => {
            note(idle::run(setting, or(&connections, CONNECTIONS)).await);
        }
        Command::Join { text_bytes, revisions } => {
            note(join::run(setting, text_bytes as usize, or(&revisions, REVISIONS)).await);
        }
        Command::OfflineMerge { edits } => note(offline_merge::run(setting, edits as usize).await),
        Command::Kill { kills } => note(kill::run(setting, kills).await),
        Command::Batching { documents } => {
            note(batching::run(setting, or(&documents, BATCHING_DOCUMENTS)).await);
        }
        Command::Hot { instances, people } => {
            note(hot::run(setting, or(&instances, HOT_INSTANCES), people).await);
        }
        Command::Visibility { instances, people, edits_per_second } => {
            let instances = or(&instances, VISIBILITY_INSTANCES);
            note(visibility::run(setting, instances, people, edits_per_second).await);
        }
        Command::Open { text_bytes, tail, documents } => {
            note(open::run(setting, text_bytes, or(&tail, TAILS), documents).await);
        }
        Command::Past { edits, kept } => {
            note(past::run(setting, or(&edits, PAST_EDITS), kept).await);
        }
        Command::All | Command::Cloud | Command::Server(_) | Command::Relay(_) => {}
    }
    if all {
        note(fanout::run(setting, FAN_OUT, rate).await);
        note(throughput::run(setting, DOCUMENTS).await);
        note(text_size::run(setting, SIZES, rate).await);
        note(idle::run(setting, CONNECTIONS).await);
        note(join::run(setting, 80_000, REVISIONS).await);
        note(offline_merge::run(setting, 2000).await);
        note(kill::run(setting, 50).await);
    }
    if cloud {
        note(batching::run(setting, BATCHING_DOCUMENTS).await);
        note(hot::run(setting, HOT_INSTANCES, HOT_PEOPLE).await);
        note(visibility::run(setting, VISIBILITY_INSTANCES, VISIBILITY_PEOPLE, rate).await);
        note(open::run(setting, OPEN_TEXT_BYTES, TAILS, OPEN_DOCUMENTS).await);
        note(past::run(setting, PAST_EDITS, PAST_KEPT).await);
    }
    (tables, failures)
}

fn or<'a, T>(chosen: &'a [T], usual: &'a [T]) -> &'a [T] {
    if chosen.is_empty() { usual } else { chosen }
}
