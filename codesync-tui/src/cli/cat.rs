//! `codesync cat DOC`: the text of a document, with its own line endings.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use codesync_client::{Outbox, Rest, RestError};

use super::resolve::resolve;
use super::{Common, Failure, printed};
use crate::sanitize;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Id, unique name or link of the document.
    document: String,
}

pub(crate) async fn run(common: &Common, options: Options) -> Result<(), Failure> {
    let target = resolve(common, &options.document).await?;
    let rest = Rest::new(target.server.clone());
    let text = match rest.content(target.id).await {
        Ok(content) => content.text,
        Err(error @ RestError::Unreachable { .. }) => {
            let cached = Outbox::usual(&target.server)
                .and_then(|outbox| outbox.cached_text(target.id))
                .ok_or_else(|| Failure::rest(&error, &target.server))?;
            eprintln!("note: {error}; this is the text as this machine last had it");
            cached
        }
        Err(error) => return Err(Failure::rest(&error, &target.server)),
    };
    let mut out = io::stdout().lock();
    // What others wrote must not steer a terminal; a file or a program gets it as it is.
    let written = if out.is_terminal() {
        out.write_all(sanitize::lines(&text).as_bytes())
    } else {
        out.write_all(text.as_bytes())
    };
    printed(written.and_then(|()| out.flush()))
}
