//! Data on standard output.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// What became of printing. Whoever reads may have had enough, as `head` does.
pub(crate) fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::new(format!("standard output: {error}"))),
    }
}

/// One line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    printed(writeln!(io::stdout(), "{text}"))
}

/// One JSON value.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(format!("no JSON of the answer: {error}")))?;
    line(&text)
}

/// One JSON value on a line of its own, for a list that grows.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::new(format!("no JSON of the answer: {error}")))?;
    line(&text)
}
