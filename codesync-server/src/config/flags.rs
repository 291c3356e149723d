//! The settings as flags of the command line.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::settings::{SETTINGS, Secrecy, Setting};

/// What the command line says, unread: by the names of the settings.
///
/// Clap would stop at the first value that it cannot read; here all of them are read together with
/// the environment, so that all that is wrong is said at once.
#[derive(Clone, Debug, Default)]
pub struct Flags(BTreeMap<&'static str, String>);

impl Flags {
    #[must_use]
    pub fn get(&self, setting: &Setting) -> Option<&str> {
        self.0.get(setting.name).map(String::as_str)
    }

    /// Flags as a test or another program gives them.
    #[must_use]
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let named = |(name, value): (&str, &str)| (Setting::named(name).name, value.to_owned());
        Self(pairs.into_iter().map(named).collect())
    }
}

fn settable() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.secrecy != Secrecy::Secret)
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(settable().map(|setting| {
            let Setting { name, value, default, about, .. } = setting;
            let help = format!("{about} [{}] [default: {default}]", setting.variable());
            // An empty value is one, and wrong: the fault says so.
            Arg::new(*name).long(*name).value_name(*value).help(help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = settable().filter_map(|setting| {
            let value = matches.get_one::<String>(setting.name)?;
            Some((setting.name, value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}
