//! `codesync log DOC`: who changed a document and when, the newest first.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use clap::Args;
use codesync_client::{Rest, RestError, TimelineGroup, Version};
use codesync_core::DocumentId;
use serde::Serialize;

use super::cache::Cache;
use super::resolve::resolve;
use super::{Context, Failure, output};
use crate::past::{self, Told, called};
use crate::{sanitize, when};

/// Groups of one call.
const PAGE: u32 = 100;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// At most so many entries.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
    max: usize,
}

/// An entry as JSON: what the server says, and what people called its revisions.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    group: &'a TimelineGroup,
    tags: Vec<&'a str>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let cache = Cache::of(&target.server);
    let asked = fetch(&rest, target.id, options.max);
    let (groups, versions) = match context.wait("fetching the history", asked).await {
        Ok((groups, versions)) => {
            if let Some(cache) = cache {
                cache.keep_log(target.id, &groups);
            }
            (groups, versions)
        }
        Err(error @ RestError::Unreachable { .. }) => {
            let kept = cache.and_then(|cache| cache.log(target.id));
            let Some(mut kept) = kept else { return Err(Failure::rest(&error, &target.server)) };
            context.note(&format!("{error}; this is the history as this machine last had it"));
            kept.truncate(options.max);
            (kept, Vec::new())
        }
        Err(error) => return Err(Failure::rest(&error, &target.server)),
    };
    let tags = |group: &TimelineGroup| -> Vec<&str> {
        versions
            .iter()
            .filter(|it| (group.first_revision..=group.last_revision).contains(&it.revision))
            .filter_map(|version| version.name.as_deref())
            .collect()
    };
    if context.json {
        let shown: Vec<Shown<'_>> =
            groups.iter().map(|group| Shown { group, tags: tags(group) }).collect();
        return output::json(&shown);
    }
    let is_table = io::stdout().is_terminal();
    let mut text = String::new();
    for group in &groups {
        let line = match is_table {
            true => table_line(group, &tags(group), context.has_color()),
            false => tabbed_line(group, &tags(group)),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    }
    context.show(&text)
}

async fn fetch(
    rest: &Rest,
    document: DocumentId,
    max: usize,
) -> Result<(Vec<TimelineGroup>, Vec<Version>), RestError> {
    let mut told = Told::default();
    while told.groups.len() < max || told.goes_on {
        let page = rest.timeline(document, Some(PAGE), told.next.take()).await?;
        told.add(page);
        if told.next.is_none() {
            break;
        }
    }
    told.groups.truncate(max);
    Ok((told.groups, past::named(rest, document).await?))
}

fn span(group: &TimelineGroup) -> String {
    match group.first_revision == group.last_revision {
        true => group.last_revision.to_string(),
        false => format!("{}-{}", group.first_revision, group.last_revision),
    }
}

/// For people.
fn table_line(group: &TimelineGroup, tags: &[&str], has_color: bool) -> String {
    let paint = |code: &str, text: String| match has_color {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text,
    };
    let span = paint("33", format!("{:>13}", span(group)));
    let name = sanitize::shorten(called(&group.person), 24);
    let plus = paint("32", format!("+{}", group.inserted_chars));
    let minus = paint("31", format!("-{}", group.deleted_chars));
    let tags: Vec<String> = tags.iter().map(|tag| sanitize::one_line(tag)).collect();
    let tags = match tags.is_empty() {
        true => String::new(),
        false => paint("36", format!("  ({})", tags.join(", "))),
    };
    format!("{span}  {}  {name}  {plus} {minus}{tags}", when::minute(&group.to))
}

/// For programs: revisions, moments, the person, characters that came and went, names.
fn tabbed_line(group: &TimelineGroup, tags: &[&str]) -> String {
    [
        group.first_revision.to_string(),
        group.last_revision.to_string(),
        group.from.clone(),
        group.to.clone(),
        called(&group.person).to_owned(),
        group.inserted_chars.to_string(),
        group.deleted_chars.to_string(),
        tags.join(","),
    ]
    .map(|field| sanitize::one_record(&field))
    .join("\t")
}
