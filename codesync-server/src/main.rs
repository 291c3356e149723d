//! The binary: reads the command line, does what it says, and ends in good order.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use codesync_server::command::{Cli, Command, healthcheck, password, people, stores};
use codesync_server::config::Config;
use codesync_server::config::flags::Flags;
use codesync_server::config::source::Environment;
use codesync_server::config::stores::StoreConfig;
use codesync_server::db::Database;
use codesync_server::http::{api, page};
use codesync_server::sbom;
use codesync_server::server::{self, Tuning};
use codesync_server::telemetry;
use codesync_server::telemetry::LogFormat;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codesync-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    runtime.block_on(async {
        match command {
            Command::Serve(flags) => serve(read(&flags)?).await,
            Command::CheckConfig(flags) => check_config(&read(&flags)?),
            Command::Healthcheck(flags) => Ok(healthcheck::ask(&read(&flags)?).await?),
            Command::Migrate(flags) => Ok(stores::migrate(&read_stores(&flags)?).await?),
            Command::Backup(to) => {
                let summary = stores::backup(&read_stores(&to.flags)?, &to.file).await?;
                eprintln!("kept {summary}");
                Ok(())
            }
            Command::Restore(from) => {
                let summary = stores::restore(&read_stores(&from.flags)?, &from.file).await?;
                eprintln!("restored {summary}");
                Ok(())
            }
            Command::Openapi => Ok(std::io::stdout().write_all(api::json().as_bytes())?),
            Command::Sbom => Ok(std::io::stdout().write_all(sbom::JSON.as_bytes())?),
            Command::Verify(flags) => verify(&read_stores(&flags)?).await,
            Command::User { flags, command } => {
                at_database(&flags, async |database| {
                    people::run(command, database, password::read, &mut std::io::stdout()).await
                })
                .await
            }
            Command::Adopt { flags, login } => {
                at_database(&flags, async |database| {
                    people::adopt(database, &login, &mut std::io::stdout()).await
                })
                .await
            }
        }
    })
}

fn read(flags: &Flags) -> Result<Config> {
    Ok(Config::read(flags, &Environment::of_process())?)
}

/// What the commands need that work on the stores. What goes wrong in passing is logged.
fn read_stores(flags: &Flags) -> Result<StoreConfig> {
    let config = StoreConfig::read(flags, &Environment::of_process())?;
    telemetry::start(LogFormat::Pretty, "warn")?;
    Ok(config)
}

/// Does some work at the database that a server of these settings uses.
async fn at_database(flags: &Flags, work: impl AsyncFnOnce(&Database) -> Result<()>) -> Result<()> {
    let (database, _locked) = people::open(&read_stores(flags)?).await?;
    let done = work(&database).await;
    database.close().await;
    done
}

async fn verify(config: &StoreConfig) -> Result<()> {
    let mut findings = 0_u64;
    let seen = stores::verify(config, |finding| {
        findings += 1;
        println!("{finding}");
    })
    .await?;
    println!("{seen}, {findings} faults");
    ensure!(findings == 0, "documents are at fault; keep what is there, and see the manual");
    Ok(())
}

fn check_config(config: &Config) -> Result<()> {
    for warning in config.warnings() {
        eprintln!("codesync-server: {warning}");
    }
    println!("the settings are sound");
    Ok(())
}

async fn serve(config: Config) -> Result<()> {
    telemetry::start(config.log.format, &config.log.filter)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let role = config.role;
    let server = server::bind(config, Tuning::default()).await?;
    let stop = CancellationToken::new();
    let signals = tokio::spawn(stop_on_signal(stop.clone()));
    if !page::is_built() {
        tracing::info!("the browser editor is not part of this build; cargo xtask run builds it");
    }
    let admin = server.admin_address().map(tracing::field::display);
    tracing::info!(?role, address = %server.address(), admin, "serving");
    // The one line on standard output: for people, and for programs that wait for it.
    println!("http://localhost:{}", server.address().port());
    server.run(stop).await;
    signals.abort();
    Ok(())
}

/// The first signal ends the server in good order, the second one at once.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be watched; the server ends without asking clients first");
        return;
    };
    for order in 0.. {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if order > 0 {
            std::process::exit(130);
        }
        stop.cancel();
    }
}
