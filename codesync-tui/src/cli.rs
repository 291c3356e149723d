//! The command line: what can be asked for, and how answers and failures are told.
//!
//! ```text
//!   arguments ──▶ Context (settings, talk, tokens) ──▶ a command ──▶ Rest, Session
//! ```
//!
//! Data goes to standard output, talk to standard error. A failure is a sentence, what was kept,
//! where it helps a remedy, and an exit code that scripts can rely on. Each command, or small family
//! of them, has a file; what they share stands in files of its own.

mod cache;
mod context;
mod failure;
mod names;
mod opened;
mod output;
mod pager;
mod progress;
mod prompt;
mod resolve;
mod revision;
mod settings;
mod table;
mod text_file;

mod account;
mod blame;
mod cat;
mod completions;
mod config;
mod diff;
mod doctor;
mod invite;
mod keys;
mod licences;
mod link;
mod log;
mod ls;
mod man;
mod mv;
mod new;
mod open;
mod pull;
mod push;
mod restore;
mod rm;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "serve")]
mod share;
mod sync;

use std::io;
use std::panic::resume_unwind;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

pub(crate) use context::Context;
pub(crate) use failure::{Exit, Failure};
use output::printed;

/// Edit documents together: from terminals and browsers, online and offline.
#[derive(Debug, Parser)]
#[command(name = "codesync", bin_name = "codesync", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
DOC is a document's id, its name if only one has it, OWNER/NAME, or a link.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 no such document or no access, 4 login needed, \
5 server not reached (work is kept), 6 changed meanwhile, 130 interrupted.";

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The server [env: CODESYNC_SERVER] [default: http://localhost:3000].
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    server: Option<String>,
    /// Data as JSON.
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
    /// Say nothing but data and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    quiet: bool,
    /// Say what is done and where.
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    verbose: bool,
    /// Ask nothing; fail where an answer is needed.
    #[arg(long, global = true, help_heading = "Everywhere")]
    no_input: bool,
    /// No colour, as with NO_COLOR in the environment.
    #[arg(long, global = true, help_heading = "Everywhere")]
    no_color: bool,
    /// Yes to every question.
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Edit a document, or a file as one.
    #[command(override_usage = "codesync open [OPTIONS] [DOC|LINK|FILE] [+LINE[:COL]]")]
    Open(open::Options),
    /// Host documents on this machine.
    #[cfg(feature = "serve")]
    Serve(serve::Options),
    /// Host one file now, until Ctrl-C, and print its link.
    #[cfg(feature = "serve")]
    Share(share::Options),
    /// Make an account and log in.
    Register(account::Register),
    /// Log in.
    Login(account::Login),
    /// End the login on this machine.
    Logout,
    /// Say who is logged in.
    Whoami,
    /// Change the password. Every other login ends.
    Passwd(account::Passwd),
    /// Create a document and print its link.
    New(new::Options),
    /// List the documents, the last changed first.
    Ls(ls::Options),
    /// Print the text of a document.
    Cat(cat::Options),
    /// Write a file into a document; it merges with what others typed since the last pull.
    Push(push::Options),
    /// Write a document into a file.
    Pull(pull::Options),
    /// Put a document into the trash, for thirty days.
    Rm(rm::Options),
    /// Give a document another name.
    Mv(mv::Options),
    /// Keep a file and a document the same, live, for any editor.
    Sync(sync::Options),
    /// List who may do what with a document.
    Members(invite::MembersOptions),
    /// Make somebody with an account a member, or change his role.
    Invite(invite::Options),
    /// Make a link that lets in whoever has it, and print it.
    Link(link::Options),
    /// End a link, and the membership of everybody who came through it.
    Unlink(link::UnlinkOptions),
    /// Show who changed a document, and when.
    Log(log::Options),
    /// Show what differs between two revisions.
    Diff(diff::Options),
    /// Show who wrote each line.
    Blame(blame::Options),
    /// Make the text what it was, by a new edit.
    Restore(restore::Options),
    /// Name a revision, so that it can be found again.
    Tag(restore::TagOptions),
    /// Look for what is wrong: settings, server, login, terminal, disk.
    Doctor,
    /// Show the settings and where they come from, or change one.
    Config(config::Options),
    /// Print the editor's keys.
    Keys,
    /// Print completions for a shell.
    Completions(completions::Options),
    /// Print the manual.
    Man(man::Options),
    /// Print the licences of what the program has within.
    Licences,
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
    let runtime = match runtime(&cli.command) {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(format!("no threads: {error}")).tell(),
    };
    let done = runtime.block_on(async {
        let context = Context::new(&cli.common)?;
        // Boxed: the largest command would otherwise be the size of every other.
        Box::pin(dispatch(&context, cli.command)).await
    });
    // A name that is still being looked up does not keep anybody waiting.
    runtime.shutdown_background();
    match done {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => failure.tell(),
    }
}

/// An editor's frames go between socket and screen in one thread: handing them to another costs more
/// than there is to do with them. What takes long has threads of its own, and others commands may
/// have more to do at once.
fn runtime(command: &Command) -> io::Result<Runtime> {
    let mut builder = match command {
        Command::Open(_) => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(2).enable_all().build()
}

async fn dispatch(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Open(options) => {
            // On a task of its own: to wake what the runtime is blocked on takes two calls of the
            // system for every frame that comes.
            let context = context.clone();
            let task = tokio::spawn(async move { open::run(&context, options).await });
            task.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
        }
        #[cfg(feature = "serve")]
        Command::Serve(options) => serve::run(context, options).await,
        #[cfg(feature = "serve")]
        Command::Share(options) => share::run(context, options).await,
        Command::Register(options) => account::register(context, options).await,
        Command::Login(options) => account::login(context, options).await,
        Command::Logout => account::logout(context).await,
        Command::Whoami => account::whoami(context).await,
        Command::Passwd(options) => account::passwd(context, options).await,
        Command::New(options) => new::run(context, options).await,
        Command::Ls(options) => ls::run(context, options).await,
        Command::Cat(options) => cat::run(context, options).await,
        Command::Push(options) => push::run(context, options).await,
        Command::Pull(options) => pull::run(context, options).await,
        Command::Rm(options) => rm::run(context, options).await,
        Command::Mv(options) => mv::run(context, options).await,
        Command::Sync(options) => sync::run(context, options).await,
        Command::Members(options) => invite::members(context, options).await,
        Command::Invite(options) => invite::run(context, options).await,
        Command::Link(options) => link::run(context, options).await,
        Command::Unlink(options) => link::unlink(context, options).await,
        Command::Log(options) => log::run(context, options).await,
        Command::Diff(options) => diff::run(context, options).await,
        Command::Blame(options) => blame::run(context, options).await,
        Command::Restore(options) => restore::run(context, options).await,
        Command::Tag(options) => restore::tag(context, options).await,
        Command::Doctor => doctor::run(context).await,
        Command::Config(options) => config::run(context, options),
        Command::Keys => keys::run(context),
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(options),
        Command::Licences => licences::run(),
    }
}
