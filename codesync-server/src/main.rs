//! The binary: reads the command line, starts the server, and ends it in good order.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use codesync_server::config::{Cli, CliCommand, Serve};
use codesync_server::http::page;
use codesync_server::{embedded, telemetry};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let CliCommand::Serve(serve) = Cli::parse().command;
    match run(&serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codesync-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(serve: &Serve) -> anyhow::Result<()> {
    telemetry::start(serve.log_format, &serve.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    runtime.block_on(async {
        let server = embedded::bind(serve.options()?).await?;
        let stop = CancellationToken::new();
        let signals = tokio::spawn(stop_on_signal(stop.clone()));
        if !page::is_built() {
            tracing::info!(
                "the browser editor is not part of this build; cargo xtask run builds it"
            );
        }
        // The one line on standard output: for people, and for programs that wait for it.
        println!("http://localhost:{}", server.address().port());
        server.run(stop).await;
        signals.abort();
        Ok(())
    })
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
