//! `codesync doctor`: what works and what does not, each with its remedy.

use std::env;
use std::io::{self, IsTerminal};

use codesync_client::{LoginFile, Outbox, Rest, RestError, ServerUrl, places};
use serde::Serialize;

use super::{Context, Failure, output, text_file};
use crate::sanitize;

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// It works, but not as well as it might.
    Odd,
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Finding {
    fn new(what: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { what, state, found: found.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let mut findings = vec![
        Finding::new("program", State::Good, concat!("codesync ", env!("CARGO_PKG_VERSION"))),
        settings(context),
        disk(),
        terminal(context),
    ];
    match context.server() {
        Ok(server) => {
            findings.push(waiting(&server));
            findings.extend(context.wait("asking the server", at_server(context, &server)).await);
        }
        Err(failure) => findings.push(Finding::new("server", State::Bad, failure.sentence())),
    }
    if context.json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            output::line(&shown(finding, context.has_color()))?;
        }
    }
    match findings.iter().filter(|finding| finding.state == State::Bad).count() {
        0 => Ok(()),
        bad => Err(Failure::new(format!("{bad} of {} do not work", findings.len()))),
    }
}

fn shown(finding: &Finding, has_color: bool) -> String {
    let (word, color) = match finding.state {
        State::Good => ("good", "32"),
        State::Odd => ("odd ", "33"),
        State::Bad => ("bad ", "31"),
    };
    let word = if has_color { format!("\x1b[{color}m{word}\x1b[0m") } else { word.to_owned() };
    let mut line = format!("{word}  {:<9} {}", finding.what, sanitize::one_line(&finding.found));
    if let Some(help) = &finding.help {
        line.push_str(&format!("\n      help: {}", sanitize::one_line(help)));
    }
    line
}

fn settings(context: &Context) -> Finding {
    match &context.settings.file {
        Some(path) if path.exists() => {
            Finding::new("settings", State::Good, path.display().to_string())
        }
        Some(path) => Finding::new("settings", State::Good, format!("none in {}", path.display())),
        None => Finding::new("settings", State::Odd, "there is no home folder for them")
            .help("set HOME, XDG_CONFIG_HOME or CODESYNC_CONFIG"),
    }
}

/// Whether unsent work can be kept.
fn disk() -> Finding {
    let Some(folder) = places::state() else {
        return Finding::new("disk", State::Bad, "there is no home folder to keep unsent work in")
            .help("set HOME, or XDG_STATE_HOME");
    };
    let probe = folder.join(format!(".doctor.{}", std::process::id()));
    let tried = text_file::private_folder(&folder)
        .and_then(|()| text_file::replace(&probe, b"probe"))
        .and_then(|()| std::fs::remove_file(&probe));
    let called = folder.display();
    match tried {
        Ok(()) => Finding::new("disk", State::Good, format!("unsent work is kept in {called}")),
        Err(error) => Finding::new("disk", State::Bad, format!("{called}: {error}"))
            .help("without it, unsent work is lost when the program ends"),
    }
}

fn terminal(context: &Context) -> Finding {
    let term = env::var("TERM").unwrap_or_default();
    if !io::stdout().is_terminal() {
        return Finding::new("terminal", State::Odd, "standard output is none");
    }
    if term.is_empty() || term == "dumb" {
        return Finding::new("terminal", State::Bad, format!("it calls itself {term:?}"))
            .help("set TERM to what it is, such as xterm-256color; codesync cat works without");
    }
    let colors = match (context.has_color(), env::var("COLORTERM")) {
        (false, _) => "no colour",
        (true, Ok(kind)) if kind == "truecolor" || kind == "24bit" => "16 million colours",
        (true, _) => "its own colours",
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let found = format!("{term}, {colors}");
    match locale {
        Some(locale) if locale.to_lowercase().replace('-', "").contains("utf8") => {
            Finding::new("terminal", State::Good, found)
        }
        locale => {
            let locale = locale.unwrap_or_else(|| "none".to_owned());
            Finding::new("terminal", State::Odd, format!("{found}, locale {locale}"))
                .help("set LANG to one with UTF-8, such as C.UTF-8, for anything but ASCII")
        }
    }
}

/// What was typed here and is not known to be on the server.
fn waiting(server: &ServerUrl) -> Finding {
    let documents = Outbox::usual(server).map(|outbox| outbox.documents()).unwrap_or_default();
    let found = format!("documents of {server} kept on this machine: {}", documents.len());
    Finding::new("outbox", State::Good, found)
}

async fn at_server(context: &Context, server: &ServerUrl) -> Vec<Finding> {
    let health = Rest::new(server.clone()).health().await;
    let mut findings = vec![match &health {
        Ok(health) => {
            let found = format!("{server} answers, version {}", health.version);
            Finding::new("server", State::Good, found)
        }
        Err(error) => Finding::new("server", State::Bad, error.to_string())
            .help("codesync serve starts one here; --server names another"),
    }];
    if health.is_err() {
        return findings;
    }
    let is_logged_in = LoginFile::usual(server).is_some_and(|file| file.path().exists());
    findings.push(match context.rest(server).me().await {
        Ok(account) if account.kind == "local" => {
            Finding::new("login", State::Good, "none is needed: this server has no accounts")
        }
        Ok(account) => Finding::new("login", State::Good, account.name),
        Err(RestError::LoginNeeded { .. }) if !is_logged_in => {
            Finding::new("login", State::Odd, "nobody is logged in")
                .help(format!("codesync login --server {server}"))
        }
        Err(error) => Finding::new("login", State::Bad, error.to_string())
            .help(format!("codesync login --server {server}")),
    });
    findings
}
