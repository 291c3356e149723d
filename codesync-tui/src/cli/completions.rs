//! `codesync completions SHELL`: what a shell needs to complete commands and options.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::printed;
use super::{Cli, Failure};

#[derive(Debug, Args)]
#[command(after_help = "\
bash: codesync completions bash > ~/.local/share/bash-completion/completions/codesync
zsh:  codesync completions zsh > a folder of $fpath, as _codesync
fish: codesync completions fish > ~/.config/fish/completions/codesync.fish")]
pub(crate) struct Options {
    shell: Shell,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "codesync", &mut script);
    printed(io::stdout().write_all(&script))
}
