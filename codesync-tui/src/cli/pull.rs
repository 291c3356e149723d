//! `codesync pull DOC [FILE|-]`: a document's text into a file.
//!
//! What the file holds and the document lacks is not overwritten unasked.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use codesync_client::Rest;
use codesync_core::{LineEnding, Revision};

use super::cache::Cache;
use super::resolve::{Target, resolve_at};
use super::sync::memory::{Base, Memory};
use super::{Context, Exit, Failure, output, printed, text_file};
use crate::sanitize;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document, and a revision of it or the name of one.
    #[arg(value_name = "DOC[@REV]")]
    document: String,
    /// The file, or - for standard output; the document's name here if it is left out.
    #[arg(value_name = "FILE|-")]
    file: Option<String>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let (target, revision) = resolve_at(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let path = match options.file {
        Some(file) => PathBuf::from(file),
        None => own_path(&rest, &target).await?,
    };
    let asked = rest.content_at(target.id, revision);
    let content = context.wait("fetching the text", asked).await.map_err(|error| {
        let failure = Failure::rest(&error, &target.server);
        match path.exists() {
            true => failure.kept(format!("{} is as it was", path.display())),
            false => failure,
        }
    })?;
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        let text = match out.is_terminal() {
            true => sanitize::lines(&content.text),
            false => content.text,
        };
        return printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }
    let memory = Memory::of(&path)?;
    let text = LineEnding::normalize(&content.text).into_owned();
    let has_all = may_be_replaced(&path, memory.as_ref(), &target, &text)?;
    if !has_all {
        let question = format!("{} holds what the document lacks. Replace it?", path.display());
        if !context.yes && !context.may_ask() {
            return Err(Failure::with(
                Exit::Changed,
                format!("{} holds what the document lacks", path.display()),
            )
            .kept("the file is as it was")
            .help("codesync push brings it into the document, pull -y replaces it"));
        }
        if !context.confirm(&question, false)? {
            return Err(Failure::with(Exit::Interrupted, "nothing was done"));
        }
    }
    text_file::write(&path, &content.text)?;
    let at = content.revision.unwrap_or(Revision::ZERO);
    if let Some(memory) = memory {
        memory.keep(&target.server, target.id, &Base { revision: at, text })?;
    }
    if let Some(cache) = Cache::of(&target.server).filter(|_| revision.is_none()) {
        cache.keep_text(target.id, &content.text);
    }
    if context.json {
        let path = path.display().to_string();
        return output::json(&serde_json::json!({ "path": path, "revision": at }));
    }
    context.say(&format!("{} is {} at revision {at}", path.display(), target.called()));
    Ok(())
}

/// Whether the file holds nothing that would be lost.
fn may_be_replaced(
    path: &Path,
    memory: Option<&Memory>,
    target: &Target,
    fresh: &str,
) -> Result<bool, Failure> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(true);
    }
    text_file::may_be_written(path)?;
    // What is no text cannot have come from a document.
    let Ok(present) = text_file::read_path(path) else { return Ok(false) };
    let present = LineEnding::normalize(&present);
    let base = memory.and_then(|memory| memory.base(target.id));
    Ok(present.is_empty() || present == fresh || base.is_some_and(|base| base.text == present))
}

/// The document's name, as a file of this folder and of no other.
async fn own_path(rest: &Rest, target: &Target) -> Result<PathBuf, Failure> {
    let name = match &target.info {
        Some(info) => info.name.clone(),
        None => {
            let info = rest.document(target.id).await;
            info.map_err(|error| Failure::rest(&error, &target.server))?.name
        }
    };
    let last = name.rsplit(['/', '\\']).next().unwrap_or(&name);
    let is_plain = !matches!(last, "" | "." | "..") && !last.contains(char::is_control);
    match is_plain {
        true => Ok(PathBuf::from(last)),
        false => {
            Err(Failure::usage(format!("{} is no name for a file", sanitize::one_line(&name)))
                .help("name one: codesync pull DOC FILE"))
        }
    }
}
