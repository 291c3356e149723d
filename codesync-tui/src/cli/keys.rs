//! `codesync keys`: the editor's keys, from the table that the editor itself obeys.

use serde::Serialize;

use super::table::Table;
use super::{Context, Failure, output};
use crate::config;

/// A key as JSON.
#[derive(Serialize)]
struct Shown {
    key: String,
    action: &'static str,
}

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (keymap, problems) = config::keymap(context.settings.file.as_deref());
    problems.iter().for_each(|problem| context.note(problem));
    if context.json {
        let all: Vec<Shown> = keymap.help().map(|(key, action)| Shown { key, action }).collect();
        return output::json(&all);
    }
    let mut table = Table::new(["KEY", "ACTION"]);
    for (key, action) in keymap.help() {
        table.push([key, action.to_owned()]);
    }
    table.print()
}
