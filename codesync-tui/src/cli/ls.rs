//! `codesync ls`: the documents, the last changed first. A table for people, tabs for programs.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use codesync_client::{DocumentInfo, DocumentQuery, Outbox, Rest, RestError};
use unicode_width::UnicodeWidthStr;

use super::{Common, Failure};
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
    /// One JSON array.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(common: &Common, options: Options) -> Result<(), Failure> {
    let server = common.server()?;
    let rest = Rest::new(server.clone());
    match fetch(&rest, options.search.as_deref()).await {
        Ok(documents) => print(&documents, options.json).map_err(write_failure),
        Err(error @ RestError::Unreachable { .. }) => {
            let cached = Outbox::usual(&server).map(|outbox| outbox.documents());
            let wanted = options.search.unwrap_or_default().to_lowercase();
            let names: Vec<_> = cached
                .unwrap_or_default()
                .into_iter()
                .filter(|(_, about)| about.name.to_lowercase().contains(&wanted))
                .collect();
            if names.is_empty() || options.json {
                return Err(Failure::rest(&error, &server));
            }
            eprintln!("note: {error}; these documents are known on this machine");
            let mut out = io::stdout().lock();
            for (id, about) in names {
                let name = sanitize::one_line(&about.name);
                writeln!(out, "{name}\t{id}").map_err(write_failure)?;
            }
            Ok(())
        }
        Err(error) => Err(Failure::rest(&error, &server)),
    }
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

fn print(documents: &[DocumentInfo], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let text = serde_json::to_string_pretty(documents).map_err(io::Error::other)?;
        return writeln!(out, "{text}");
    }
    let is_table = out.is_terminal();
    for document in documents {
        let name = sanitize::shorten(&document.name, NAME_COLUMNS_MAX);
        let changed = sanitize::one_line(&document.updated_at);
        let (id, revision) = (document.id, document.revision.get());
        if is_table {
            let pad = " ".repeat(NAME_COLUMNS_MAX - name.width().min(NAME_COLUMNS_MAX));
            let day = changed.get(..16).unwrap_or(&changed).replace('T', " ");
            writeln!(out, "{name}{pad}  {revision:>8}  {day}  {id}")?;
        } else {
            let name = sanitize::one_line(&document.name);
            writeln!(out, "{name}\t{revision}\t{changed}\t{id}")?;
        }
    }
    Ok(())
}

fn write_failure(error: io::Error) -> Failure {
    Failure::new(format!("standard output: {error}"))
}
