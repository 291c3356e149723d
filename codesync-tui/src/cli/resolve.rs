//! Which document is meant: an id, a link, or a name that only one document has.

use std::time::Duration;

use codesync_client::{DocumentInfo, DocumentQuery, Link, Outbox, Rest, RestError, ServerUrl};
use codesync_core::DocumentId;
use tokio::time::timeout;

use super::{Common, Exit, Failure};
use crate::sanitize;

/// How long the server may take to look up a name that this machine knows already.
const LOOK_UP_MS_MAX: u64 = 1_500;
/// Documents whose names are compared for "did you mean".
const NAMES_MAX: u32 = 100;
/// Names that are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// A document, and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) server: ServerUrl,
    pub(crate) id: DocumentId,
    /// What the server said, when it was asked and answered.
    pub(crate) info: Option<DocumentInfo>,
}

enum Wanted {
    Id(DocumentId),
    Name(String),
}

/// Finds the document that `text` means. Ids and links are taken as they are; whether there is
/// such a document is for the caller to find out.
pub(crate) async fn resolve(common: &Common, text: &str) -> Result<Target, Failure> {
    let (server, wanted) = read(common, text)?;
    match wanted {
        Wanted::Id(id) => Ok(Target { server, id, info: None }),
        Wanted::Name(name) => by_name(server, &name).await,
    }
}

fn read(common: &Common, text: &str) -> Result<(ServerUrl, Wanted), Failure> {
    if text.starts_with("http://") || text.starts_with("https://") {
        let link: Link = text.parse().map_err(|error| {
            Failure::usage(format!("{text}: {error}")).help(
                "a link looks like http://localhost:3000/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11",
            )
        })?;
        return Ok((link.server, Wanted::Id(link.document)));
    }
    let wanted = match text.parse() {
        Ok(id) => Wanted::Id(id),
        Err(_) => Wanted::Name(text.to_owned()),
    };
    Ok((common.server()?, wanted))
}

async fn by_name(server: ServerUrl, name: &str) -> Result<Target, Failure> {
    let known: Vec<DocumentId> = Outbox::usual(&server)
        .map(|outbox| outbox.documents())
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, about)| about.name == name)
        .map(|(id, _)| id)
        .collect();
    let rest = Rest::new(server.clone());
    let query =
        DocumentQuery { search: Some(name.to_owned()), limit: Some(NAMES_MAX), cursor: None };
    let asked = match known.as_slice() {
        [] => rest.documents(&query).await,
        _ => timeout(Duration::from_millis(LOOK_UP_MS_MAX), rest.documents(&query))
            .await
            .unwrap_or_else(|_| {
                let reason = "no answer in time".to_owned();
                Err(RestError::Unreachable { server: server.to_string(), reason })
            }),
    };
    let page = match (asked, known.as_slice()) {
        (Ok(page), _) => page,
        (Err(RestError::Unreachable { .. }), [id]) => {
            return Ok(Target { server, id: *id, info: None });
        }
        (Err(error), _) => return Err(Failure::rest(&error, &server)),
    };
    let mut exact = page.documents.into_iter().filter(|document| document.name == name);
    match (exact.next(), exact.next()) {
        (Some(document), None) => Ok(Target { server, id: document.id, info: Some(document) }),
        (Some(first), Some(second)) => {
            let ids: Vec<String> =
                [first, second].into_iter().chain(exact).map(|d| d.id.to_string()).collect();
            Err(Failure::usage(format!("{} documents are called {name}", ids.len()))
                .help(format!("name one by its id:\n  {}", ids.join("\n  "))))
        }
        (None, _) => Err(unknown(&rest, name).await),
    }
}

/// "No such document", with names that come near.
async fn unknown(rest: &Rest, name: &str) -> Failure {
    let query = DocumentQuery { search: None, limit: Some(NAMES_MAX), cursor: None };
    let documents = rest.documents(&query).await.map(|page| page.documents).unwrap_or_default();
    let mut near: Vec<(usize, String)> = documents
        .into_iter()
        .filter_map(|document| Some((nearness(name, &document.name)?, document.name)))
        .collect();
    near.sort();
    near.dedup();
    let names: Vec<String> =
        near.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| sanitize::one_line(&name)).collect();
    let help = match names.as_slice() {
        [] => "codesync ls shows the documents there are, codesync new creates one".to_owned(),
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Failure::with(Exit::NotFound, format!("no document is called {name}")).help(help)
}

/// How far two names are apart; `None` when they have little in common.
fn nearness(wanted: &str, name: &str) -> Option<usize> {
    let (wanted, name) = (wanted.to_lowercase(), name.to_lowercase());
    let file = name.rsplit('/').next().unwrap_or(&name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let distance =
        [name.as_str(), file, stem].into_iter().map(|other| edits_between(&wanted, other)).min()?;
    if distance <= (wanted.chars().count() / 3).max(1) {
        Some(distance)
    } else {
        name.contains(&wanted).then_some(distance)
    }
}

/// Levenshtein's distance, in one row.
fn edits_between(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(200).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_told_from_strangers() {
        assert_eq!(nearness("mian.rs", "main.rs"), Some(2));
        assert_eq!(nearness("notes", "Notes.md"), Some(0));
        assert_eq!(nearness("main", "src/main.rs"), Some(0));
        assert_eq!(nearness("read", "README.md"), Some(2));
        assert_eq!(nearness("zebra", "main.rs"), None);
    }
}
