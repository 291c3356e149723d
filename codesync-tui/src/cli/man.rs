//! `codesync man`: the manual, made from the very definitions that read the command line.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::names::did_you_mean;
use super::output::printed;
use super::{Cli, Exit, Failure, text_file};

#[derive(Debug, Args)]
#[command(after_help = "codesync man | man -l -   reads it here")]
pub(crate) struct Options {
    /// A command; the whole program if it is left out.
    command: Option<String>,
    /// Write the pages of all commands into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut program = Cli::command();
    program.build();
    if let Some(folder) = options.dir {
        return write_all(&program, &folder);
    }
    let page = match options.command {
        None => page(&program)?,
        Some(wanted) => {
            let found = program.get_subcommands().find(|command| command.get_name() == wanted);
            let Some(command) = found else {
                let names = program.get_subcommands().map(|command| command.get_name().to_owned());
                let failure = Failure::with(Exit::Usage, format!("there is no command {wanted}"));
                return Err(match did_you_mean(&wanted, names) {
                    Some(help) => failure.help(help),
                    None => failure,
                });
            };
            page(command)?
        }
    };
    printed(io::stdout().write_all(&page))
}

fn write_all(program: &clap::Command, folder: &PathBuf) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| text_file::unusable(folder, &error))?;
    for command in program.get_subcommands().chain([program]) {
        let path = folder.join(format!("{}.1", called(command)));
        text_file::replace(&path, &page(command)?)
            .map_err(|error| text_file::unusable(&path, &error))?;
    }
    Ok(())
}

/// The page of a command is called after the program too, as git's are.
fn called(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::new(format!("the manual: {error}")))?;
    Ok(page)
}
