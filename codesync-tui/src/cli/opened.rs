//! What `codesync open` opens: a document, or a file as one of its own.

use std::path::Path;

use codesync_client::{DocumentInfo, DocumentQuery, NewDocument};

use super::resolve::{Target, resolve};
use super::sync::memory::Memory;
use super::sync::mirror::{Keep, Mirror};
use super::{Context, Exit, Failure, text_file, when};
use crate::{fuzzy, sanitize};

/// Documents that are offered to choose from.
const OFFERED_MAX: u32 = 20;

/// What is opened.
pub(super) enum Opened<'a> {
    Document(Box<Target>),
    /// A file is brought up to date before and after.
    File(Box<Mirror<'a>>),
}

/// Tells a file from a document. What is written as a path is a file; any other word is a document
/// if there is one, and else perhaps a file.
pub(super) async fn find<'a>(context: &'a Context, text: &str) -> Result<Opened<'a>, Failure> {
    let path = Path::new(text);
    let is_path = ["./", "../", "/", "~/"].iter().any(|start| text.starts_with(start))
        || (cfg!(windows) && path.is_absolute());
    if !is_path {
        match resolve(context, text).await {
            Err(failure) if failure.is_not_found() && path.is_file() => {}
            other => return other.map(|target| Opened::Document(Box::new(target))),
        }
    }
    // Whatever is wrong with the file is said before anything is asked.
    let first = text_file::read_path(path)?;
    text_file::may_be_written(path)?;
    let linked = Memory::of(path)?.and_then(|memory| memory.document());
    let (target, keep) = match linked {
        Some((server, id)) => (Target { server, id, info: None }, None),
        None => (create(context, path, first).await?, Some(Keep::File)),
    };
    let mirror = Mirror::begin(context, target, path, keep).await?;
    Ok(Opened::File(Box::new(mirror.silent())))
}

/// A document of a file that has none. Nothing is shared unasked.
async fn create(context: &Context, path: &Path, text: String) -> Result<Target, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let question = format!("Create private document {name} from this file?");
    if !context.confirm(&question, true)? {
        return Err(Failure::with(Exit::Interrupted, "nothing was done"));
    }
    let server = context.server()?;
    let rest = context.rest(&server);
    let wanted = NewDocument { name, text: Some(text), language: None };
    let made = context.wait("creating the document", rest.create(&wanted)).await;
    let info = made.map_err(|error| {
        Failure::rest(&error, &server).kept(format!("{} is as it was", path.display()))
    })?;
    Ok(Target { server, id: info.id, info: Some(info) })
}

/// Lets the person choose among the documents, the last changed first.
pub(super) async fn choose(context: &Context) -> Result<Target, Failure> {
    let server = context.server()?;
    let rest = context.rest(&server);
    let query = DocumentQuery { search: None, limit: Some(OFFERED_MAX), cursor: None };
    let page = context.wait("listing the documents", rest.documents(&query)).await;
    let documents = page.map_err(|error| Failure::rest(&error, &server))?.documents;
    if documents.is_empty() {
        return Err(Failure::with(Exit::NotFound, "there is no document yet")
            .help("codesync new notes.md creates one"));
    }
    for (n, document) in documents.iter().enumerate() {
        let name = sanitize::shorten(&document.name, 40);
        eprintln!("{:>3}  {}  {name}", n + 1, when::minute(&document.updated_at));
    }
    let otherwise = "name a document: codesync open notes.md";
    let answer = context.ask("Which one? Its number, or part of its name: ", otherwise)?;
    let by_number = answer.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let info = match by_number.and_then(|n| documents.get(n)) {
        Some(info) => info,
        None => best(&documents, &answer).ok_or_else(|| {
            Failure::with(Exit::NotFound, format!("none of these is called {answer}"))
        })?,
    };
    Ok(Target { server, id: info.id, info: Some(info.clone()) })
}

/// The name that fits best what was typed; of several, the newest.
fn best<'a>(documents: &'a [DocumentInfo], typed: &str) -> Option<&'a DocumentInfo> {
    let scored =
        documents.iter().rev().filter_map(|info| Some((fuzzy::score(typed, &info.name)?, info)));
    // The newest stand first, and the last of equals would be taken.
    scored.max_by_key(|(score, _)| *score).map(|(_, info)| info).filter(|_| !typed.is_empty())
}

/// Brings the file's own changes into the document, before anybody edits it.
pub(super) async fn bring_in(context: &Context, mirror: &mut Mirror<'_>) -> Result<(), Failure> {
    match mirror.settle().await {
        Err(failure) if failure.is_unreachable() => {
            context.note(&format!("{}; the file may be ahead", failure.sentence()));
            Ok(())
        }
        other => other,
    }
}

/// Brings into the file what the document has become.
pub(super) async fn bring_back(context: &Context, mirror: &mut Mirror<'_>) -> Result<(), Failure> {
    match mirror.refresh().await {
        Ok(()) => mirror.settle().await,
        Err(failure) if failure.is_unreachable() => {
            context.note("the file has what the server had; opening it again brings the rest");
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<DocumentInfo> {
        let info = |name: &&str| {
            serde_json::from_value(serde_json::json!({
                "id": "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11",
                "name": name,
                "revision": 1,
                "language": null,
                "line_ending": "lf",
                "bytes": 0,
                "created_at": "2026-11-22T21:00:00Z",
                "updated_at": "2026-11-22T21:00:00Z",
            }))
            .expect("a document as the server describes it")
        };
        names.iter().map(info).collect()
    }

    #[test]
    fn part_of_a_name_or_some_of_its_letters_will_do() {
        let documents = named(&["main.rs", "domain.rs", "README.md"]);
        let chosen = |typed: &str| best(&documents, typed).map(|info| info.name.as_str());
        assert_eq!(chosen("MAIN"), Some("main.rs"));
        assert_eq!(chosen("dom"), Some("domain.rs"));
        assert_eq!(chosen("rdm"), Some("README.md"));
        assert_eq!(chosen("zebra"), None);
        assert_eq!(chosen(""), None);
    }
}
