//! What the command line and the environment say.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::data_dir::{DataDir, DataDirError};
use crate::embedded::{Options, PORT};
use crate::telemetry::LogFormat;
use crate::ws::SocketLimits;

/// The CodeSync server.
#[derive(Debug, Parser)]
#[command(name = "codesync-server", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: CliCommand,
}

#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Serve documents to this machine, from one folder and without any other service.
    Serve(Serve),
}

#[derive(Args, Debug)]
pub struct Serve {
    /// Address to listen on; one of this machine itself.
    #[arg(long, env = "CODESYNC_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "CODESYNC_PORT", default_value_t = PORT)]
    pub port: u16,
    /// Folder to keep documents in [default: ~/.local/share/codesync]
    #[arg(long, env = "CODESYNC_DATA")]
    pub data: Option<PathBuf>,
    /// Messages a second that one socket may send in the long run.
    #[arg(long, env = "CODESYNC_MESSAGES_PER_SECOND", default_value_t = SocketLimits::default().messages_per_second)]
    pub messages_per_second: u32,
    /// Bytes of edits a second that one socket may send in the long run.
    #[arg(long, env = "CODESYNC_BYTES_PER_SECOND", default_value_t = SocketLimits::default().bytes_per_second)]
    pub bytes_per_second: u32,
    /// How log lines are written.
    #[arg(long, env = "CODESYNC_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter for parts of the program.
    #[arg(long, env = "CODESYNC_LOG", default_value = "info")]
    pub log: String,
}

impl Serve {
    /// The server that was asked for.
    pub fn options(&self) -> Result<Options, DataDirError> {
        let data = match &self.data {
            Some(data) => data.clone(),
            None => DataDir::default_path()?,
        };
        let sockets = SocketLimits {
            messages_per_second: self.messages_per_second.max(1),
            messages_burst: self.messages_per_second.max(1).saturating_mul(2),
            bytes_per_second: self.bytes_per_second.max(1),
            ..SocketLimits::default()
        };
        Ok(Options { host: self.host, port: self.port, sockets, ..Options::new(data) })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
