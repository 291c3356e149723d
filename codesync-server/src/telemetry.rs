//! Logs: structured, to standard error, pretty for people or JSON for machines.
//!
//! Fields name documents, clients and revisions. No text of a document and no secret is logged
//! anywhere; the formatters escape control characters of what comes from outside.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Libraries that would log what people type, whatever the filter says.
const WORDY: [&str; 3] = ["tungstenite=info", "tokio_tungstenite=info", "sqlx=info"];

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum LogFormat {
    #[default]
    Pretty,
    Json,
}

/// The log filter is not one.
#[derive(Debug, thiserror::Error)]
#[error(
    "the log filter {filter:?} cannot be read: {source}; a good one is info, or codesync_server=debug"
)]
pub struct FilterError {
    filter: String,
    source: tracing_subscriber::filter::ParseError,
}

/// Sends this process's logs to standard error. Does nothing if something else did so before.
pub fn start(format: LogFormat, filter: &str) -> Result<(), FilterError> {
    let unreadable = |source| FilterError { filter: filter.to_owned(), source };
    let mut allowed = EnvFilter::try_new(filter).map_err(unreadable)?;
    for quiet in WORDY {
        allowed = allowed.add_directive(quiet.parse().map_err(unreadable)?);
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(allowed)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let _ = match format {
        LogFormat::Pretty => logs.with_target(false).compact().try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    Ok(())
}
