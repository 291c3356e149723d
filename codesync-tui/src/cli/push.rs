//! `codesync push FILE|- DOC`: a file's text into a document.
//!
//! Where the file came from the document by `pull`, `push` or `sync`, what was changed since then is
//! one edit of that revision, which merges with what others typed meanwhile. Any other text takes
//! the place of the present one; nothing is lost by that, for the history has it.

use clap::Args;
use codesync_client::{Precondition, RestError};
use codesync_core::{LineEnding, Revision};

use super::resolve::resolve;
use super::sync::memory::{Base, Memory};
use super::{Context, Failure, output, text_file};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE|-")]
    file: String,
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// The revision that the text was made from: it merges with what was typed since.
    #[arg(long, value_name = "REV", conflicts_with = "unchanged")]
    base: Option<u64>,
    /// Write only if the document still is at this revision; else fail with exit code 6.
    #[arg(long, value_name = "REV")]
    unchanged: Option<u64>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let text = text_file::read(&options.file)?;
    let kept = match options.file.as_str() {
        "-" => "nothing was written".to_owned(),
        file => format!("{file} is as it was, and so is the document"),
    };
    let target = resolve(context, &options.document).await?;
    let memory = match options.file.as_str() {
        "-" => None,
        file => Memory::of(file.as_ref())?,
    };
    let base = memory.as_ref().and_then(|memory| memory.base(target.id));
    let precondition = match (options.base, options.unchanged, &base) {
        (Some(base), _, _) => Precondition::Base(Revision::new(base)),
        (None, Some(revision), _) => Precondition::Unchanged(Revision::new(revision)),
        (None, None, Some(base)) => Precondition::Base(base.revision),
        (None, None, None) => Precondition::Replace,
    };
    let rest = context.rest(&target.server);
    let written = rest.write(target.id, text.clone(), precondition, context.name(), None);
    let written = context.wait("sending the text", written).await;
    let committed = match written {
        Ok(committed) => committed,
        Err(error @ RestError::Unreachable { .. }) => {
            return Err(Failure::rest(&error, &target.server).kept(kept));
        }
        Err(error) => return Err(Failure::rest(&error, &target.server).kept(kept)),
    };
    if let Some(memory) = memory {
        remember(context, &rest, &target, &memory, &text, committed.revision).await?;
    }
    if context.json {
        return output::json(&committed);
    }
    context.say(&format!("{} is at revision {} now", target.called(), committed.revision));
    Ok(())
}

/// If nobody typed meanwhile, the file is what the document is, and the next push can merge. If
/// somebody did, the file lacks it, and stays a child of the revision it was made from.
async fn remember(
    context: &Context,
    rest: &codesync_client::Rest,
    target: &super::resolve::Target,
    memory: &Memory,
    text: &str,
    revision: Revision,
) -> Result<(), Failure> {
    let content = rest.content_at(target.id, Some(revision)).await;
    let content = content.map_err(|error| Failure::rest(&error, &target.server))?;
    let text = LineEnding::normalize(text).into_owned();
    if LineEnding::normalize(&content.text) == text {
        return memory.keep(&target.server, target.id, &Base { revision, text });
    }
    memory.forget()?;
    context.note("others typed meanwhile, which the file lacks; codesync pull brings it");
    Ok(())
}
