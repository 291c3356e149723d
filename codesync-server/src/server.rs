//! A whole server, put together from what its configuration names.
//!
//! ```text
//!   Config ──▶ Parts (log, documents, snapshots, bus) ──▶ Registry ──▶ Sockets
//!                                                            └──────▶ http
//!   role all | api | websocket ──▶ public listener     admin port ──▶ admin listener
//! ```
//!
//! [`bind`] takes the ports and opens the stores, [`Server::run`] serves until it is told to stop
//! and then goes down in good order. Nothing here knows what an edit is.

pub mod listen;
pub(crate) mod parts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::accounts::Registration;
use crate::bus::Bus;
use crate::config::{AccountsConfig, Config, Drain, KeysConfig, Role};
use crate::data_dir::DataDirError;
use crate::db::{OpenError, SqliteOptions};
use crate::document::registry::{Registry, Stores};
use crate::housekeeping::Housekeeping;
use crate::http::admin::{self, Admin};
use crate::http::exports::Exports;
use crate::http::{self, Http};
use crate::password::hashing::{Cost, HashError};
use crate::people::{People, PeopleOptions, Together};
use crate::rate::Quotas;
use crate::tokens::keys::{KeyError, Keys};
use crate::ws::{self, Farewells, Sockets};

use listen::{ListenError, Listeners};
use parts::{Closing, Parts};

/// Time over which the clients of a single server are asked to come back to its next run.
const RETURN_WINDOW: Duration = Duration::from_secs(2);
/// Longest time over which clients are sent on to the other servers, one after the other.
const LEAVE_WINDOW_MAX: Duration = Duration::from_secs(10);
/// Time between two clients that are sent on, if that makes less.
const LEAVE_EACH: Duration = Duration::from_millis(10);
/// Time over which those who were sent on arrive there.
const ARRIVE_WINDOW: Duration = Duration::from_millis(500);

/// The server cannot start. Each sentence says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("the secret for tokens cannot be used: {0}")]
    Key(#[from] KeyError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[cfg(feature = "cloud")]
    #[error(transparent)]
    Redis(#[from] crate::redis::AddressError),
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    #[error("this build of the program has no {what}; {remedy}")]
    NotBuilt { what: &'static str, remedy: &'static str },
}

/// What no operator has a reason to change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tuning {
    pub sqlite: SqliteOptions,
    /// What a password costs.
    pub cost: Cost,
}

/// A server that has its ports and its stores, and is about to [`run`](Server::run).
pub struct Server {
    public: Listeners,
    admin: Option<Listeners>,
    router: Router,
    admin_router: Router,
    registry: Registry,
    sockets: Sockets,
    housekeeping: Housekeeping,
    closing: Closing,
    draining: Arc<AtomicBool>,
    drain: Drain,
    several: bool,
}

/// Takes the ports and opens the stores.
pub async fn bind(config: Config, tuning: Tuning) -> Result<Server, StartError> {
    let public = Listeners::bind(config.listen.host, config.listen.port, "--port").await?;
    let admin = match config.admin {
        Some(admin) => Some(Listeners::bind(admin.ip(), admin.port(), "--admin-port").await?),
        None => None,
    };
    let several = !config.stores.is_embedded();
    let Parts { stores, past, together, closing } =
        Parts::open(&config.stores, tuning.sqlite).await?;

    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(StartError::Random)?;
    let Stores { log, documents, versions, bus, .. } = stores.clone();
    let housekeeping = Housekeeping::new(closing.database.clone(), stores.snapshots.clone());
    let People { auth, accounts, limits } =
        people(config.accounts, config.quotas, tuning, &closing, bus.clone(), &together)?;
    let people_max = config.sockets.people_per_document;
    let registry = Registry::new(stores, u64::from_le_bytes(seed), people_max);
    let sockets = Sockets::new(registry.clone(), auth.clone(), bus.clone(), config.sockets);
    let draining = Arc::new(AtomicBool::new(false));

    let state = Admin {
        log: log.clone(),
        database: closing.database.clone(),
        bus: bus.clone(),
        draining: draining.clone(),
        registry: registry.clone(),
        sockets: sockets.clone(),
    };
    let http = Http {
        rights: together.rights(documents.clone()),
        documents,
        log,
        registry: registry.clone(),
        versions,
        past,
        draining: draining.clone(),
        database: closing.database.clone(),
        bus,
        auth,
        accounts,
        limits,
        exports: Exports::default(),
    };
    let router = match config.role {
        Role::All => http::router(http).merge(ws::router(sockets.clone())),
        Role::Api => http::router(http),
        Role::WebSocket => ws::router(sockets.clone()).merge(http::nothing_else()),
    };
    Ok(Server {
        public,
        admin,
        router: http::protect(router, Arc::new(config.reach)),
        admin_router: admin::router(state),
        registry,
        sockets,
        housekeeping,
        closing,
        draining,
        drain: config.drain,
        several,
    })
}

impl Server {
    /// Where the public finds it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.public.address()
    }

    /// Where its operators find it.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Listeners::address)
    }

    /// Serves until `stop` is cancelled, then goes down in good order: readiness turns red, clients
    /// are asked to come back, documents keep what they have, the database is closed.
    pub async fn run(self, stop: CancellationToken) {
        let (closing, closing_admin) = (CancellationToken::new(), CancellationToken::new());
        let (mut public, mut admin) = (JoinSet::new(), JoinSet::new());
        self.public.serve(&mut public, &self.router, &closing);
        if let Some(listeners) = self.admin {
            listeners.serve(&mut admin, &self.admin_router, &closing_admin);
        }
        drop((self.router, self.admin_router));
        let housekeeping = tokio::spawn(self.housekeeping.run(closing.clone()));
        stop.cancelled().await;

        let sockets = self.sockets.count();
        tracing::info!(sockets, "going down");
        self.draining.store(true, Ordering::Relaxed);
        let Drain { notice, max } = self.drain;
        let farewells = farewells(self.several, sockets, max.saturating_sub(notice));
        let drain = async {
            // Whoever sends people here has time to see that it should not.
            tokio::time::sleep(notice).await;
            self.sockets.drain(farewells).await;
            closing.cancel();
            public.join_all().await;
            if let Err(error) = housekeeping.await {
                tracing::error!(%error, "housekeeping ended");
            }
            self.registry.close().await;
            self.closing.close().await;
            // Last of all, so that the end can be watched.
            closing_admin.cancel();
            admin.join_all().await;
        };
        match tokio::time::timeout(max, drain).await {
            Ok(()) => tracing::info!("stopped"),
            Err(_) => tracing::warn!(after = ?max, "stopped with work under way"),
        }
    }
}

/// Who may use the server.
fn people(
    accounts: AccountsConfig,
    quotas: Quotas,
    tuning: Tuning,
    closing: &Closing,
    bus: Arc<dyn Bus>,
    together: &Together,
) -> Result<People, StartError> {
    let AccountsConfig::On { registration, keys } = accounts else {
        return Ok(People::of_machine());
    };
    let keys = match keys {
        KeysConfig::Given { current, previous } => {
            let previous = previous.as_ref().map(|secret| secret.expose().as_bytes());
            Keys::new(current.expose().as_bytes(), previous)?
        }
        KeysConfig::Kept => Keys::new(&closing.token_secret()?, None)?,
    };
    let registration = if registration { Registration::Open } else { Registration::Closed };
    let options = PeopleOptions { registration, quotas, cost: tuning.cost };
    Ok(People::open(options, keys, closing.database.clone(), bus, together)?)
}

/// How people are asked to leave. A single server is back in a moment: all are asked at once and
/// come back one after the other. Of several, the others take them over as they leave.
fn farewells(several: bool, sockets: usize, time: Duration) -> Farewells {
    if several {
        let each = LEAVE_EACH * u32::try_from(sockets).unwrap_or(u32::MAX);
        let over = LEAVE_WINDOW_MAX.min(time / 3).min(each);
        Farewells { over, arriving_over: ARRIVE_WINDOW }
    } else {
        Farewells { over: Duration::ZERO, arriving_over: RETURN_WINDOW }
    }
}
