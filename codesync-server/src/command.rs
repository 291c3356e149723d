//! The commands of the binary.

pub mod healthcheck;
pub mod password;
pub mod people;
pub mod stores;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command::people::UserCommand;
use crate::config::flags::Flags;

/// The CodeSync server.
#[derive(Debug, Parser)]
#[command(name = "codesync-server", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What the program shall do. Each command reads the same settings, and takes from them what it
/// needs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve documents.
    Serve(Flags),
    /// Read the settings as `serve` would, and say all that is wrong with them.
    CheckConfig(Flags),
    /// Ask the server of the same settings whether it can do its work; for containers.
    Healthcheck(Flags),
    /// Bring the schema of the database forward; safe while servers of the release before run.
    Migrate(Flags),
    /// Write everything into one file, while people go on typing.
    Backup(WithFile),
    /// Fill an empty server from a file that backup wrote, on either kind of database.
    Restore(WithFile),
    /// Read every document from its first edit on, and compare it with all that is derived from it.
    Verify(Flags),
    /// Print the description of the REST interface (OpenAPI).
    Openapi,
    /// Print what this program is made of: each package, its version and its hash (CycloneDX).
    Sbom,
    /// Make accounts, give them passwords, shut and list them.
    User {
        #[command(flatten)]
        flags: Flags,
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Give everything that was made before there were accounts to one of them.
    Adopt {
        #[command(flatten)]
        flags: Flags,
        login: String,
    },
}

#[derive(Args, Debug)]
pub struct WithFile {
    /// The file; - is standard output or input.
    pub file: PathBuf,
    #[command(flatten)]
    pub flags: Flags,
}
