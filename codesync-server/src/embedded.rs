//! A whole server in one process, with no other service: SQLite, files, and a bus within.
//!
//! It has no accounts, and therefore listens on this machine only; whoever has the link of a
//! document may edit it.
//!
//! ```no_run
//! use codesync_server::embedded::{Options, bind};
//! use tokio_util::sync::CancellationToken;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let server = bind(Options::new("/var/lib/codesync")).await?;
//! println!("http://localhost:{}", server.address().port());
//! server.run(CancellationToken::new()).await;
//! # Ok(())
//! # }
//! ```

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bus::in_process::InProcessBus;
use crate::data_dir::{DataDir, DataDirError};
use crate::db::{Database, OpenError, SqliteOptions};
use crate::document::registry::{Registry, Stores};
use crate::http::{self, Http};
use crate::snapshots::files::FileSnapshots;
use crate::ws::{self, SocketLimits, Sockets};

/// Port where nothing else is said.
pub const PORT: u16 = 3000;
/// Time over which clients are asked to come back after the server has gone down.
const RECONNECT_WINDOW: Duration = Duration::from_secs(2);
/// How long going down may take before what still runs is given up. Nothing acknowledged is lost.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// An address of this machine itself.
    pub host: IpAddr,
    /// Zero means any free port.
    pub port: u16,
    /// The folder that everything is kept in.
    pub data: PathBuf,
    pub sockets: SocketLimits,
    pub database: SqliteOptions,
}

impl Options {
    /// The usual server, keeping its documents in `data`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: PORT,
            data: data.into(),
            sockets: SocketLimits::default(),
            database: SqliteOptions::default(),
        }
    }
}

/// The server cannot start. Each sentence says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "{host} can be reached from other machines, and this server has no accounts; use an address of this machine such as 127.0.0.1"
    )]
    NotLoopback { host: IpAddr },
    #[error(
        "port {port} is in use; stop the program that listens there, or choose another with --port"
    )]
    PortInUse { port: u16 },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// A server that has its port and its data, and is about to [`run`](Server::run).
pub struct Server {
    address: SocketAddr,
    listeners: Vec<TcpListener>,
    router: Router,
    registry: Registry,
    sockets: Sockets,
    database: Database,
    draining: Arc<AtomicBool>,
    _data: DataDir,
}

/// Takes the port, locks the data and opens the database.
pub async fn bind(options: Options) -> Result<Server, BindError> {
    if !options.host.is_loopback() {
        return Err(BindError::NotLoopback { host: options.host });
    }
    let listeners = listen(options.host, options.port).await?;
    let address = local_address(&listeners[0], options.port)?;
    let data = DataDir::open(&options.data)?;
    let database = Database::open_file(&data.database(), options.database).await?;

    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(BindError::Random)?;
    let stores = Stores {
        log: Arc::new(database.clone()),
        documents: Arc::new(database.clone()),
        snapshots: Arc::new(FileSnapshots::new(data.snapshots())),
        bus: Arc::new(InProcessBus::default()),
    };
    let (log, documents) = (stores.log.clone(), stores.documents.clone());
    let registry = Registry::new(stores, u64::from_le_bytes(seed));
    let sockets = Sockets::new(registry.clone(), options.sockets);
    let draining = Arc::new(AtomicBool::new(false));
    let http = Http { documents, log, registry: registry.clone(), draining: draining.clone() };
    let router = http::protect(http::router(http).merge(ws::router(sockets.clone())));
    Ok(Server { address, listeners, router, registry, sockets, database, draining, _data: data })
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is cancelled, then goes down in good order: clients are asked to come
    /// back, documents keep what they have, the database is closed.
    pub async fn run(self, stop: CancellationToken) {
        let closing = CancellationToken::new();
        let mut listeners = JoinSet::new();
        for listener in self.listeners {
            listeners.spawn(http::serve::serve(listener, self.router.clone(), closing.clone()));
        }
        drop(self.router);
        stop.cancelled().await;
        tracing::info!(sockets = self.sockets.count(), "going down");
        self.draining.store(true, Ordering::Relaxed);
        let drain = async {
            self.sockets.drain(RECONNECT_WINDOW).await;
            closing.cancel();
            listeners.join_all().await;
            self.registry.close().await;
            self.database.close().await;
        };
        match tokio::time::timeout(DRAIN_MAX, drain).await {
            Ok(()) => tracing::info!("stopped"),
            Err(_) => tracing::warn!(after = ?DRAIN_MAX, "stopped with work under way"),
        }
    }
}

/// Listens on the address and, where that is 127.0.0.1, on ::1 too: browsers try both.
async fn listen(host: IpAddr, port: u16) -> Result<Vec<TcpListener>, BindError> {
    let first = bind_one(SocketAddr::new(host, port)).await?;
    let port = local_address(&first, port)?.port();
    let mut listeners = vec![first];
    if host == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        match bind_one(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await {
            Ok(second) => listeners.push(second),
            Err(error @ BindError::PortInUse { .. }) => return Err(error),
            Err(error) => tracing::debug!(%error, "no IPv6 on this machine"),
        }
    }
    Ok(listeners)
}

async fn bind_one(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::PortInUse { port: address.port() },
        _ => BindError::Listen { address, source },
    })
}

fn local_address(listener: &TcpListener, port: u16) -> Result<SocketAddr, BindError> {
    listener.local_addr().map_err(|source| {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        BindError::Listen { address, source }
    })
}
