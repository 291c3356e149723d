//! `codesync ls`: the documents, the last changed first. A table for people, tabs for programs.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use codesync_client::{DocumentInfo, DocumentQuery, Outbox, Rest, RestError, ServerUrl};
use codesync_core::DocumentId;
use unicode_width::UnicodeWidthStr;

use super::cache::Cache;
use super::{Context, Failure, output, printed};
use crate::sanitize;

/// Documents of one call.
const PAGE: u32 = 100;
/// Documents that are listed at most.
const DOCUMENTS_MAX: usize = 10_000;
/// Columns of a name in the table.
const NAME_COLUMNS_MAX: usize = 40;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only names that contain this.
    search: Option<String>,
}

/// A line of the list. What is not known is empty.
struct Row<'a> {
    name: &'a str,
    revision: Option<u64>,
    changed: &'a str,
    id: DocumentId,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let server = context.server()?;
    let rest = context.rest(&server);
    let search = options.search.as_deref();
    match context.wait("listing the documents", fetch(&rest, search)).await {
        Ok(documents) => {
            if let Some(cache) = Cache::of(&server).filter(|_| search.is_none()) {
                cache.keep_documents(&documents);
            }
            show(context, &documents, &[])
        }
        Err(error @ RestError::Unreachable { .. }) => {
            let (listed, edited) = known_here(&server, search.unwrap_or_default());
            if listed.is_empty() && edited.is_empty() {
                return Err(Failure::rest(&error, &server));
            }
            context.note(&format!("{error}; these documents are known on this machine"));
            show(context, &listed, &edited)
        }
        Err(error) => Err(Failure::rest(&error, &server)),
    }
}

/// What the server listed last, and what was edited here besides.
fn known_here(server: &ServerUrl, search: &str) -> (Vec<DocumentInfo>, Vec<(DocumentId, String)>) {
    let wanted = search.to_lowercase();
    let is_wanted = |name: &str| name.to_lowercase().contains(&wanted);
    let mut listed = Cache::of(server).map(|cache| cache.documents()).unwrap_or_default();
    listed.retain(|info| is_wanted(&info.name));
    let edited = Outbox::usual(server).map(|outbox| outbox.documents()).unwrap_or_default();
    let edited = edited
        .into_iter()
        .map(|(id, about)| (id, about.name))
        .filter(|(id, name)| is_wanted(name) && listed.iter().all(|info| info.id != *id))
        .collect();
    (listed, edited)
}

fn show(
    context: &Context,
    listed: &[DocumentInfo],
    edited: &[(DocumentId, String)],
) -> Result<(), Failure> {
    if context.json {
        let brief = |(id, name): &(DocumentId, String)| serde_json::json!({ "id": id.to_string(), "name": name });
        let full = |info: &DocumentInfo| {
            serde_json::to_value(info)
                .map_err(|error| Failure::new(format!("no JSON of the answer: {error}")))
        };
        let mut all = listed.iter().map(full).collect::<Result<Vec<_>, _>>()?;
        all.extend(edited.iter().map(brief));
        return output::json(&all);
    }
    let full = listed.iter().map(|document| Row {
        name: &document.name,
        revision: Some(document.revision.get()),
        changed: &document.updated_at,
        id: document.id,
    });
    let brief = edited.iter().map(|(id, name)| Row { name, revision: None, changed: "", id: *id });
    printed(print(full.chain(brief)))
}

async fn fetch(rest: &Rest, search: Option<&str>) -> Result<Vec<DocumentInfo>, RestError> {
    let mut documents = Vec::new();
    let mut cursor = None;
    while documents.len() < DOCUMENTS_MAX {
        let search = search.map(str::to_owned);
        let page = rest.documents(&DocumentQuery { search, limit: Some(PAGE), cursor }).await?;
        documents.extend(page.documents);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(documents)
}

fn print<'a>(rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let is_table = out.is_terminal();
    for row in rows {
        let line = if is_table { table_line(&row) } else { tabbed_line(&row) };
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// For people: aligned, and harmless to the terminal.
fn table_line(row: &Row<'_>) -> String {
    let name = sanitize::shorten(row.name, NAME_COLUMNS_MAX);
    let pad = " ".repeat(NAME_COLUMNS_MAX - name.width().min(NAME_COLUMNS_MAX));
    let revision = row.revision.map(|revision| revision.to_string()).unwrap_or_default();
    let changed = sanitize::one_line(row.changed);
    let minute = changed.get(..16).unwrap_or(&changed).replace('T', " ");
    format!("{name}{pad}  {revision:>8}  {minute:16}  {}", row.id)
}

/// For programs: the name as it is, so that it can be handed to another command.
fn tabbed_line(row: &Row<'_>) -> String {
    let name = sanitize::one_record(row.name);
    let revision = row.revision.map(|revision| revision.to_string()).unwrap_or_default();
    let changed = sanitize::one_record(row.changed);
    format!("{name}\t{revision}\t{changed}\t{}", row.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11";

    fn row(name: &str) -> Row<'_> {
        let id = ID.parse().expect("an id");
        Row { name, revision: Some(7), changed: "2026-11-22T21:00:00Z", id }
    }

    #[test]
    fn programs_get_a_name_as_it_is_and_people_get_it_marked() {
        let odd = row("\u{202e}a\tb.txt");
        assert_eq!(
            tabbed_line(&odd),
            format!("\u{202e}a\u{fffd}b.txt\t7\t2026-11-22T21:00:00Z\t{ID}")
        );
        assert!(table_line(&odd).starts_with("‹U+202E›a b.txt "), "{}", table_line(&odd));
    }

    #[test]
    fn what_is_not_known_leaves_its_column_empty() {
        let known = row("a.txt");
        let unknown = Row { revision: None, changed: "", ..row("a.txt") };
        assert_eq!(tabbed_line(&unknown), format!("a.txt\t\t\t{ID}"));
        assert_eq!(table_line(&unknown).len(), table_line(&known).len());
        assert!(table_line(&unknown).ends_with(ID));
    }
}
