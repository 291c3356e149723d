//! What a command runs in: the settings, whom it may ask, how much it says, and as whom it calls.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use codesync_client::{FileTokens, FixedToken, LoginFile, Rest, ServerUrl, TokenSource};

use super::settings::{Settings, Source};
use super::{Common, Failure};
use crate::sanitize;

/// Whoever starts a command, and how.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    /// Data as JSON.
    pub(crate) json: bool,
    /// Yes to every question.
    pub(crate) yes: bool,
    pub(crate) is_quiet: bool,
    is_verbose: bool,
    no_input: bool,
    no_color: bool,
}

impl Context {
    pub(crate) fn new(common: &Common) -> Result<Self, Failure> {
        Ok(Self {
            settings: Settings::load(common.server.as_deref())?,
            json: common.json,
            yes: common.yes,
            is_quiet: common.quiet,
            is_verbose: common.verbose,
            no_input: common.no_input,
            no_color: common.no_color || env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty()),
        })
    }

    /// The server that is meant when nothing else names one.
    pub(crate) fn server(&self) -> Result<ServerUrl, Failure> {
        let chosen = &self.settings.server;
        let server = chosen.value.parse().map_err(|error| {
            let from = match &chosen.source {
                Source::Flag | Source::Default => String::new(),
                other => format!(" (from {other})"),
            };
            Failure::usage(format!("server address: {error}{from}"))
                .help("--server http://localhost:3000, or CODESYNC_SERVER in the environment")
        })?;
        self.detail(&format!("server {server} (from {})", chosen.source));
        Ok(server)
    }

    /// What others call this person.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name.value
    }

    /// A caller of this server, as whoever is logged in there.
    pub(crate) fn rest(&self, server: &ServerUrl) -> Rest {
        let rest = Rest::new(server.clone());
        match self.tokens(server) {
            Some(tokens) => rest.with_tokens(tokens),
            None => rest,
        }
    }

    /// Proof of who this is, for this server and no other: what a link leads to must not see it.
    pub(crate) fn tokens(&self, server: &ServerUrl) -> Option<Arc<dyn TokenSource>> {
        if let Some(token) = self.token_from_environment(server) {
            return Some(Arc::new(FixedToken::new(token.into())));
        }
        let file = LoginFile::usual(server)?;
        if !file.path().exists() {
            return None;
        }
        Some(Arc::new(FileTokens::new(Rest::new(server.clone()), file)))
    }

    /// An access token in the environment, which counts for the chosen server.
    pub(crate) fn token_from_environment(&self, server: &ServerUrl) -> Option<String> {
        let token = env::var("CODESYNC_TOKEN").ok().filter(|token| !token.is_empty())?;
        let chosen: ServerUrl = self.settings.server.value.parse().ok()?;
        (chosen == *server).then_some(token)
    }

    /// Whether there is somebody to ask.
    pub(crate) fn may_ask(&self) -> bool {
        !self.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether standard output is a terminal that shows colours.
    pub(crate) fn has_color(&self) -> bool {
        let is_dumb = env::var("TERM").is_ok_and(|term| term == "dumb");
        !self.no_color && !is_dumb && io::stdout().is_terminal()
    }

    /// Says something that a person should know.
    pub(crate) fn note(&self, sentence: &str) {
        if !self.is_quiet {
            eprintln!("note: {}", sanitize::lines(sentence));
        }
    }

    /// Says what was done.
    pub(crate) fn say(&self, sentence: &str) {
        if !self.is_quiet {
            eprintln!("{}", sanitize::lines(sentence));
        }
    }

    /// Says what only somebody wants to know who asked for it.
    pub(crate) fn detail(&self, sentence: &str) {
        if self.is_verbose {
            eprintln!("{}", sanitize::lines(sentence));
        }
    }
}
