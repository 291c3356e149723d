//! Other people's tools: how they are called, and how a missing one is got.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

/// The repository's top folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Cargo's target folder, which the environment may have moved.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A program of the workspace, in the profile `ci`, which suits heavy tests and a first start alike.
pub(crate) fn program(name: &str) -> PathBuf {
    target().join("ci").join(name)
}

/// A command of words with blanks between, run in the top folder. It does not inherit the library
/// path that Cargo set for this process, which would lead another compiler to the wrong files.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a command has a first word"));
    command.args(words).current_dir(root()).stdin(Stdio::null()).env_remove("LD_LIBRARY_PATH");
    command
}

/// Says what is run, runs it, and fails if it failed.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    println!("$ {line}");
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// What a command wrote, or nothing if it could not be started or failed.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A function of `steps.sh` or `install.sh`, with its words.
pub(crate) fn shell(line: &str) -> Command {
    let mut shell = command("sh -euc");
    shell.arg(format!(". xtask/install.sh; . xtask/steps.sh; {line}"));
    shell
}

/// When a file last changed; the beginning of time for one that is absent.
pub(crate) fn changed(path: &Path) -> SystemTime {
    path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}
