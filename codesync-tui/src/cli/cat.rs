//! `codesync cat DOC[@REV]`: the text of a document, with its own line endings.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use codesync_client::{Content, Outbox, RestError};
use serde::Serialize;

use super::cache::Cache;
use super::resolve::{Target, resolve_at};
use super::{Context, Failure, output, printed};
use crate::sanitize;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document, and a revision of it or the name of one.
    #[arg(value_name = "DOC[@REV]")]
    document: String,
}

/// A text as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    /// Not known of a text that this machine kept.
    revision: Option<u64>,
    text: &'a str,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let (target, revision) = resolve_at(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let asked = rest.content_at(target.id, revision);
    let content = match context.wait("fetching the text", asked).await {
        Ok(content) => {
            if let Some(cache) = Cache::of(&target.server).filter(|_| revision.is_none()) {
                cache.keep_text(target.id, &content.text);
            }
            content
        }
        Err(error @ RestError::Unreachable { .. }) if revision.is_none() => {
            let kept = kept_here(&target).ok_or_else(|| Failure::rest(&error, &target.server))?;
            context.note(&format!("{error}; this is the text as this machine last had it"));
            Content { text: kept, revision: None }
        }
        Err(error) => return Err(Failure::rest(&error, &target.server)),
    };
    if context.json {
        let revision = content.revision.map(|revision| revision.get());
        let id = target.id.to_string();
        return output::json(&Shown { id, revision, text: &content.text });
    }
    let mut out = io::stdout().lock();
    // What others wrote must not steer a terminal; a file or a program gets it as it is.
    let written = if out.is_terminal() {
        out.write_all(sanitize::lines(&content.text).as_bytes())
    } else {
        out.write_all(content.text.as_bytes())
    };
    printed(written.and_then(|()| out.flush()))
}

/// What was edited here goes before what was only read here.
fn kept_here(target: &Target) -> Option<String> {
    Outbox::usual(&target.server)
        .and_then(|outbox| outbox.cached_text(target.id))
        .or_else(|| Cache::of(&target.server)?.text(target.id))
}
