//! `codesync keys`: the editor's keys, from the table that the editor itself obeys.

use serde::Serialize;

use super::table::Table;
use super::{Context, Failure, output};
use crate::keymap::Keymap;

/// A key as JSON.
#[derive(Serialize)]
struct Shown {
    key: String,
    action: &'static str,
}

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    if context.json {
        let all: Vec<Shown> = Keymap::help().map(|(key, action)| Shown { key, action }).collect();
        return output::json(&all);
    }
    let mut table = Table::new(["KEY", "ACTION"]);
    for (key, action) in Keymap::help() {
        table.push([key, action.to_owned()]);
    }
    table.print()
}
