//! Logs: structured, to standard error, pretty for people or JSON for machines.
//!
//! Fields name documents, clients and revisions. No text of a document and no secret is logged
//! anywhere; what comes from outside cannot forge a line or hide one.

mod encode;

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use encode::Encoded;

/// Libraries that would log what people type, or a secret, whatever the filter says. A name stands
/// for all that begin with it.
const WORDY: [&str; 8] =
    ["aws", "h2", "hyper", "redis", "rustls", "sqlx", "tokio_tungstenite", "tungstenite"];

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
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
    for library in WORDY {
        let quiet = format!("{library}=info");
        allowed = allowed.add_directive(quiet.parse().map_err(unreadable)?);
    }
    let logs = tracing_subscriber::fmt().with_env_filter(allowed);
    let _ = match format {
        // Colours are escape sequences of the formatter's own, which then encodes those of others.
        LogFormat::Pretty if stderr().is_terminal() => {
            logs.with_writer(stderr).with_target(false).compact().try_init()
        }
        LogFormat::Pretty => {
            let logs = logs.with_writer(|| Encoded(stderr())).with_ansi(false);
            logs.with_target(false).compact().try_init()
        }
        LogFormat::Json => {
            logs.with_writer(|| Encoded(stderr())).json().flatten_event(true).try_init()
        }
    };
    Ok(())
}
