//! How a command fails: a sentence, what was kept, a remedy, and an exit code.

use std::process::ExitCode;

use codesync_client::{RestError, ServerUrl};

use crate::sanitize;

/// Exit codes, as scripts know them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    /// No such document, or no access to it.
    NotFound = 3,
    /// The server wants to know who asks.
    LoginNeeded = 4,
    /// The server was not reached; work is kept.
    Unreachable = 5,
    /// What was asked for no longer fits what is there.
    Changed = 6,
    /// The person said stop.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: String,
    kept: Option<String>,
    help: Option<String>,
}

impl Failure {
    pub(crate) fn new(error: impl Into<String>) -> Self {
        Self::with(Exit::Failed, error)
    }

    pub(crate) fn usage(error: impl Into<String>) -> Self {
        Self::with(Exit::Usage, error)
    }

    pub(crate) fn with(exit: Exit, error: impl Into<String>) -> Self {
        Self { exit, error: error.into(), kept: None, help: None }
    }

    #[must_use]
    pub(crate) fn kept(mut self, kept: impl Into<String>) -> Self {
        self.kept = Some(kept.into());
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What a call to the server failed with.
    pub(crate) fn rest(error: &RestError, server: &ServerUrl) -> Self {
        match error {
            RestError::NotFound => Self::with(Exit::NotFound, "no such document")
                .help("codesync ls shows the documents there are"),
            RestError::Unreachable { .. } => {
                Self::with(Exit::Unreachable, error.to_string()).help(format!(
                    "is the server running? codesync serve starts one here; --server names another than {server}"
                ))
            }
            RestError::LoginNeeded { .. } => Self::with(Exit::LoginNeeded, error.to_string())
                .help(format!("codesync login --server {server}")),
            RestError::Refused { status: 412, detail, .. } => {
                Self::with(Exit::Changed, detail.clone())
                    .help("codesync pull brings what is there now")
            }
            RestError::Refused { code, detail, .. } => Self::refused(code, detail, server),
            other => Self::new(other.to_string()),
        }
    }

    fn refused(code: &str, detail: &str, server: &ServerUrl) -> Self {
        match code {
            "role_too_low" | "guests_cannot" | "guests_not_allowed" | "link_not_found" => {
                Self::with(Exit::NotFound, detail)
            }
            "no_accounts" => Self::new(detail)
                .help(format!("whoever reaches {server} may edit what has a link there")),
            "revision_not_found" => {
                Self::new(detail).help("codesync log shows the revisions there are")
            }
            _ => Self::new(detail),
        }
    }

    /// What went wrong, without the remedy.
    pub(crate) fn sentence(&self) -> &str {
        &self.error
    }

    /// Whether it is for want of a document.
    pub(crate) fn is_not_found(&self) -> bool {
        self.exit == Exit::NotFound
    }

    /// Whether it is for want of a server.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.exit == Exit::Unreachable
    }

    /// Prints it and gives its exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        eprintln!("error: {}", sanitize::lines(&self.error));
        if let Some(kept) = &self.kept {
            eprintln!("kept: {}", sanitize::lines(kept));
        }
        if let Some(help) = &self.help {
            eprintln!("help: {}", sanitize::lines(help));
        }
        self.exit.into()
    }
}
