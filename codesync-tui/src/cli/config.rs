//! `codesync config`: the settings, where each comes from, and changing one in the file.

use std::fs;
use std::io;

use clap::{Args, Subcommand};
use codesync_client::ServerUrl;
use serde::Serialize;

use super::names::did_you_mean;
use super::settings::{Chosen, KEYS, with};
use super::table::Table;
use super::{Context, Failure, output, text_file};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print one setting.
    Get { key: String },
    /// Write one setting into the file.
    Set { key: String, value: String },
    /// Print where the file is.
    Path,
}

/// A setting as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    key: &'static str,
    value: &'a str,
    source: String,
}

pub(crate) fn run(context: &Context, options: Options) -> Result<(), Failure> {
    match options.action {
        None => list(context),
        Some(Action::Get { key }) => output::line(&chosen(context, known(&key)?).value),
        Some(Action::Set { key, value }) => set(context, known(&key)?, &value),
        Some(Action::Path) => output::line(&file(context)?.display().to_string()),
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let all = KEYS.map(|key| (key, chosen(context, key)));
    if context.json {
        let shown = all.map(|(key, chosen)| Shown {
            key,
            value: &chosen.value,
            source: chosen.source.to_string(),
        });
        return output::json(&shown);
    }
    let mut table = Table::new(["KEY", "VALUE", "FROM"]);
    for (key, chosen) in all {
        table.push([key.to_owned(), chosen.value.clone(), chosen.source.to_string()]);
    }
    table.print()
}

fn chosen<'a>(context: &'a Context, key: &str) -> &'a Chosen {
    match key {
        "server" => &context.settings.server,
        "name" => &context.settings.name,
        _ => &context.settings.pager,
    }
}

fn known(key: &str) -> Result<&'static str, Failure> {
    KEYS.into_iter().find(|known| *known == key).ok_or_else(|| {
        let help = did_you_mean(key, KEYS.map(str::to_owned))
            .unwrap_or_else(|| format!("settings are {}", KEYS.join(", ")));
        Failure::usage(format!("there is no setting {key}")).help(help)
    })
}

fn set(context: &Context, key: &'static str, value: &str) -> Result<(), Failure> {
    if key == "server" {
        let _: ServerUrl =
            value.parse().map_err(|error| Failure::usage(format!("server address: {error}")))?;
    }
    let path = file(context)?;
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(text_file::unusable(&path, &error)),
    };
    let after = with(&before, key, value)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    if let Some(folder) = path.parent() {
        text_file::private_folder(folder).map_err(|error| text_file::unusable(folder, &error))?;
    }
    text_file::write(&path, &after)?;
    context.say(&format!("{key} is {value} in {}", path.display()));
    let source = &chosen(context, key).source;
    if matches!(source, super::settings::Source::Variable(_) | super::settings::Source::Flag) {
        context.note(&format!("{source} goes before the file"));
    }
    Ok(())
}

fn file(context: &Context) -> Result<std::path::PathBuf, Failure> {
    context.settings.file.clone().ok_or_else(|| {
        Failure::new("there is no home folder for settings")
            .help("set HOME, XDG_CONFIG_HOME or CODESYNC_CONFIG")
    })
}
