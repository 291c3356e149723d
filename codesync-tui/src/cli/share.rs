//! `codesync share FILE`: one file as a live document, now, from this machine.
//!
//! A server of its own, and the file kept the same as its document as `codesync sync` does it. What
//! others type is in the file; the history stays for the next time the file is shared.

use std::path::PathBuf;

use clap::Args;
use codesync_client::{DocumentInfo, DocumentQuery, NewDocument, Rest, ServerUrl, places};
use codesync_core::text::TextHash;

use super::resolve::Target;
use super::serve::Host;
use super::sync::follow;
use super::sync::mirror::{Keep, Mirror};
use super::{Context, Failure, output, text_file};

#[derive(Debug, Args)]
pub(crate) struct Options {
    file: PathBuf,
    /// Port to listen on, on this machine only; any that is free if it is left out.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    // What is no text is not shared, and nothing is started for it.
    let text = text_file::read_path(&options.file)?;
    text_file::may_be_written(&options.file)?;
    let path =
        options.file.canonicalize().map_err(|error| text_file::unusable(&options.file, &error))?;
    let state = places::state().ok_or_else(|| {
        Failure::new("there is no home folder to keep the history in")
            .help("set HOME, or XDG_STATE_HOME")
    })?;
    let hash = TextHash::of(&path.to_string_lossy());
    let host = Host::start(state.join("shared").join(hash.to_string()), options.port).await?;
    let server: ServerUrl = host
        .address
        .parse()
        .map_err(|error| Failure::new(format!("the server's own address: {error}")))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let info = document(&server, name, text).await?;
    let link = server.link(info.id);
    let target = Target { server, id: info.id, info: Some(info) };
    let mut mirror = Mirror::begin(context, target, &path, Some(Keep::File)).await?;
    match context.json {
        true => output::json_line(&serde_json::json!({ "link": link.to_string() }))?,
        false => output::line(&link.to_string())?,
    }
    context.say(&format!(
        "shared until Ctrl-C, on this machine; here: codesync open {link}\n\
         from another machine: ssh -L {port}:localhost:{port} THIS-MACHINE, then the same",
        port = host.address.rsplit(':').next().unwrap_or_default(),
    ));
    let followed = follow(context, &mut mirror).await;
    let stopped = host.stop().await;
    followed.and(stopped)
}

/// The document that this file was shared as before, or a new one.
async fn document(server: &ServerUrl, name: String, text: String) -> Result<DocumentInfo, Failure> {
    let rest = Rest::new(server.clone());
    let failed = |error| Failure::rest(&error, server);
    let query = DocumentQuery { search: None, limit: Some(1), cursor: None };
    let page = rest.documents(&query).await.map_err(failed)?;
    match page.documents.into_iter().next() {
        Some(document) => Ok(document),
        None => {
            let wanted = NewDocument { name, text: Some(text), language: None };
            rest.create(&wanted).await.map_err(failed)
        }
    }
}
