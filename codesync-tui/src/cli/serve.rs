//! `codesync serve`: a server on this machine. The one file that knows the server's library.

use std::path::PathBuf;

use clap::Args;
use codesync_server::data_dir::DataDir;
use codesync_server::embedded::{Options as ServerOptions, PORT, bind};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::live::ended;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Port to listen on, on this machine only.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Folder in which documents are kept [default: $XDG_DATA_HOME/codesync].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let data = match options.data {
        Some(data) => data,
        None => DataDir::default_path().map_err(|error| failed(&error))?,
    };
    let mut wanted = ServerOptions::new(data);
    wanted.port = options.port;
    let server = bind(wanted).await.map_err(|error| failed(&error))?;
    let address = format!("http://localhost:{}", server.address().port());
    println!("{address}");
    eprintln!("serving until Ctrl-C; codesync --server {address} new notes.md creates a document");
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        ended().await;
        stopped.cancel();
    });
    server.run(stop).await;
    Ok(())
}
