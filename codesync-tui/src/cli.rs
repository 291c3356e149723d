//! The command line: what can be asked for, and how answers and failures are told.
//!
//! Data goes to standard output, talk to standard error. A failure is a sentence, where it helps a
//! second one, and an exit code that scripts can rely on.

mod cat;
mod failure;
mod ls;
mod new;
mod open;
mod resolve;
#[cfg(feature = "serve")]
mod serve;

use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use codesync_client::ServerUrl;

pub(crate) use failure::{Exit, Failure};

/// Edit documents together: from terminals and browsers, online and offline.
#[derive(Debug, Parser)]
#[command(name = "codesync", bin_name = "codesync", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The server.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "CODESYNC_SERVER",
        default_value = "http://localhost:3000"
    )]
    server: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Edit a document.
    #[command(override_usage = "codesync open [OPTIONS] <DOC|LINK> [+LINE[:COL]]")]
    Open(open::Options),
    /// Create a document and print its link.
    New(new::Options),
    /// List the documents, the last changed first.
    Ls(ls::Options),
    /// Print the text of a document.
    Cat(cat::Options),
    /// Host documents on this machine.
    #[cfg(feature = "serve")]
    Serve(serve::Options),
}

impl Common {
    fn server(&self) -> Result<ServerUrl, Failure> {
        self.server.parse().map_err(|error| {
            Failure::usage(format!("server address: {error}"))
                .help("--server http://localhost:3000, or CODESYNC_SERVER in the environment")
        })
    }
}

/// Runs what the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Asked for nothing, wherever the server comes from: that is a question.
        Err(error) if error.kind() == ErrorKind::MissingSubcommand => {
            eprint!("{}", Cli::command().render_help());
            return Exit::Usage.into();
        }
        // Help and version are no failures; everything else is a wrong use.
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return code.into();
        }
    };
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return Failure::new(format!("no threads: {error}")).tell(),
        };
    let done = runtime.block_on(dispatch(cli));
    // A name that is still being looked up does not keep anybody waiting.
    runtime.shutdown_background();
    match done {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => failure.tell(),
    }
}

/// What became of printing. Whoever reads may have had enough, as `head` does.
fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::new(format!("standard output: {error}"))),
    }
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Open(options) => open::run(&cli.common, options).await,
        Command::New(options) => new::run(&cli.common, options).await,
        Command::Ls(options) => ls::run(&cli.common, options).await,
        Command::Cat(options) => cat::run(&cli.common, options).await,
        #[cfg(feature = "serve")]
        Command::Serve(options) => serve::run(options).await,
    }
}
