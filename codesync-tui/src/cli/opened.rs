//! What `codesync open` opens: a document, or a file as one of its own.

use std::path::Path;

use codesync_client::{NewDocument, Outbox};

use super::resolve::{Target, resolve};
use super::sync::memory::Memory;
use super::sync::mirror::{Keep, Mirror};
use super::{Context, Exit, Failure, text_file};
use crate::app::App;
use crate::config;
use crate::live::{self, list_documents};

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

/// Lets the person choose among the documents, the last changed first; without the server, among
/// those of this machine.
pub(super) async fn choose(context: &Context) -> Result<Target, Failure> {
    if !context.may_ask() {
        return Err(Failure::usage("there is nobody to ask which document is meant")
            .help("name a document: codesync open notes.md"));
    }
    let server = context.server()?;
    let outbox = Outbox::usual(&server);
    let rest = context.rest(&server);
    let asked = list_documents(&rest, outbox.as_ref());
    let documents = context.wait("listing the documents", asked).await;
    let documents = documents.map_err(|error| Failure::rest(&error, &server))?;
    if documents.is_empty() {
        return Err(Failure::with(Exit::NotFound, "there is no document yet")
            .help("codesync new notes.md creates one"));
    }
    let mut app = App::new("", 80, 24);
    let theme = config::apply(&mut app, context.settings.file.as_deref(), false, None);
    let chosen = live::choose(app, documents, &theme).await;
    let chosen = chosen.map_err(|error| Failure::new(format!("terminal: {error}")))?;
    let id = chosen.ok_or_else(|| Failure::with(Exit::Interrupted, "nothing was chosen"))?;
    Ok(Target { server, id, info: None })
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
