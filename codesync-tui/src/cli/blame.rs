//! `codesync blame DOC[@REV]`: who wrote each line.

use std::io::{self, IsTerminal};

use clap::Args;
use codesync_client::BlameRun;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::resolve::resolve_at;
use super::{Context, Failure, output};
use crate::past::called;
use crate::{sanitize, when};

/// Columns of a name.
const NAME_COLUMNS_MAX: usize = 16;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document, and a revision of it or the name of one.
    #[arg(value_name = "DOC[@REV]")]
    document: String,
}

/// A line as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    line: u64,
    revision: u64,
    at: &'a str,
    person: &'a str,
    text: &'a str,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let (target, revision) = resolve_at(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    let asked = rest.blame(target.id, revision);
    let blame = context.wait("finding out who wrote it", asked).await.map_err(failed)?;
    // The very text that those lines are of, whatever was typed since.
    let content = rest.content_at(target.id, Some(blame.revision)).await.map_err(failed)?;
    let mut lines = content.text.lines();
    let runs = blame.runs.iter().flat_map(|run| (0..run.lines).map(move |n| (run, run.line + n)));
    let lines = runs.map(|(run, line)| Shown {
        line,
        revision: run.revision.get(),
        at: &run.at,
        person: called(&run.person),
        text: lines.next().unwrap_or_default(),
    });
    if context.json {
        return output::json(&lines.collect::<Vec<_>>());
    }
    let is_table = io::stdout().is_terminal();
    let digits =
        blame.runs.last().map_or(1, |run: &BlameRun| (run.line + run.lines).to_string().len());
    let text: String = lines
        .map(|line| match is_table {
            true => table_line(&line, digits),
            false => tabbed_line(&line),
        })
        .collect();
    context.show(&text)
}

/// For people.
fn table_line(line: &Shown<'_>, digits: usize) -> String {
    let name = sanitize::shorten(line.person, NAME_COLUMNS_MAX);
    let pad = " ".repeat(NAME_COLUMNS_MAX - name.width().min(NAME_COLUMNS_MAX));
    let (number, day) = (line.line, when::day(line.at));
    let text = sanitize::lines(line.text);
    format!("{:>7} {day} {name}{pad} {number:>digits$}  {text}\n", line.revision)
}

/// For programs; the line of text comes last, for it may hold tabs.
fn tabbed_line(line: &Shown<'_>) -> String {
    let [at, person] = [line.at, line.person].map(sanitize::one_record);
    format!("{}\t{}\t{at}\t{person}\t{}\n", line.line, line.revision, line.text)
}
