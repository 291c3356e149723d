//! Logs: structured, to standard error, pretty for people or JSON for machines.
//!
//! Fields name documents, clients and revisions. No text of a document and no secret is logged
//! anywhere; what comes from outside cannot forge a line or hide one.

mod encode;

use std::io::{self, IsTerminal, stderr};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

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
    let colours = format == LogFormat::Pretty && stderr().is_terminal();
    let _ = subscriber(format, filter, colours, stderr)?.try_init();
    Ok(())
}

/// What makes lines of events, with every one of them encoded on its way out.
fn subscriber<W: io::Write + 'static>(
    format: LogFormat,
    filter: &str,
    colours: bool,
    out: impl Fn() -> W + Send + Sync + 'static,
) -> Result<Box<dyn Subscriber + Send + Sync>, FilterError> {
    let unreadable = |source| FilterError { filter: filter.to_owned(), source };
    let mut allowed = EnvFilter::try_new(filter).map_err(unreadable)?;
    for library in WORDY {
        let quiet = format!("{library}=info");
        allowed = allowed.add_directive(quiet.parse().map_err(unreadable)?);
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(allowed)
        .with_ansi(colours)
        .with_writer(move || Encoded { out: out(), colours });
    Ok(match format {
        LogFormat::Pretty => Box::new(logs.with_target(false).compact().finish()),
        LogFormat::Json => Box::new(logs.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;
    use crate::names::is_hidden;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged of somebody whose name is an attack.
    fn logged(format: LogFormat, colours: bool) -> String {
        const NAME: &str = "eve\n\x1b[2J\x1b[8m\x1b]0;t\x07\r\u{9b}K\u{202e}INFO forged\u{2028}";
        let lines = Lines::default();
        let out = lines.clone();
        let subscriber = subscriber(format, "info", colours, move || out.clone());
        tracing::subscriber::with_default(subscriber.expect("a filter"), || {
            tracing::info!(name = NAME, %NAME, debug = ?NAME, "{NAME}");
        });
        let lines = lines.0.lock().expect("no panic").clone();
        String::from_utf8(lines).expect("text")
    }

    #[test]
    fn nobody_forges_a_line_or_gives_orders_in_one() {
        for format in [LogFormat::Pretty, LogFormat::Json] {
            let log = logged(format, false);
            let line = log.strip_suffix('\n').expect("a line");
            assert_eq!(line.chars().find(|char| is_hidden(*char)), None, "{line:?}");
            assert!(line.contains("INFO forged"), "{line}");
        }
    }

    #[test]
    fn in_a_terminal_lines_have_colours_and_nobody_hides_anything() {
        let log = logged(LogFormat::Pretty, true);
        let line = log.strip_suffix('\n').expect("a line");
        let mut parts = line.split("\x1b[");
        let coloured = parts.next().into_iter().chain(parts.map(|part| {
            let (colour, rest) = part.split_once('m').expect("a colour");
            assert!(["0", "2", "3", "32"].contains(&colour), "{line:?}");
            rest
        }));
        let shown: String = coloured.collect();
        assert!(line.len() > shown.len(), "there are colours");
        assert_eq!(shown.chars().find(|char| is_hidden(*char)), None, "{line:?}");
    }
}
