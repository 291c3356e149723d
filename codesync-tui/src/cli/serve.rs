//! `codesync serve`: a server on this machine. The one file that knows the server's library.

use std::path::PathBuf;

use clap::Args;
use codesync_server::data_dir::DataDir;
use codesync_server::embedded::{Options as ServerOptions, PORT, bind};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Context, Failure, output};
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

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let data = match options.data {
        Some(data) => data,
        None => DataDir::default_path().map_err(|error| Failure::new(error.to_string()))?,
    };
    let host = Host::start(data, options.port).await?;
    let end = ended();
    match context.json {
        true => output::json_line(&serde_json::json!({ "server": host.address }))?,
        false => output::line(&host.address)?,
    }
    context.say(&format!(
        "serving until Ctrl-C; codesync --server {} new notes.md creates a document",
        host.address
    ));
    end.await;
    host.stop().await
}

/// A server in this process.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) address: String,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Host {
    /// Starts a server that keeps its documents in `data`. Port 0 takes any that is free.
    pub(super) async fn start(data: PathBuf, port: u16) -> Result<Self, Failure> {
        let mut wanted = ServerOptions::new(data);
        wanted.port = port;
        let server = bind(wanted).await.map_err(|error| Failure::new(error.to_string()))?;
        let address = format!("http://localhost:{}", server.address().port());
        let stop = CancellationToken::new();
        let running = tokio::spawn(server.run(stop.clone()));
        Ok(Self { address, stop, running })
    }

    /// Ends it in good order.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        self.running.await.map_err(|error| Failure::new(format!("the server failed: {error}")))
    }
}
