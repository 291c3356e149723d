//! A whole server in one process, with no other service: SQLite, files, and a bus within.
//!
//! Usually it has no accounts, and therefore listens on this machine only; whoever has the link of a
//! document may edit it. With accounts it may be reached from elsewhere. It is the [`crate::server`] of every configuration with the one
//! that needs nothing said.
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

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::accounts::Registration;
use crate::config::reach::Reach;
use crate::config::stores::{BusConfig, DatabaseConfig, ObjectsConfig, StoreConfig};
use crate::config::{AccountsConfig, Config, Drain, KeysConfig, Listen, LogConfig, Role};
use crate::data_dir;
use crate::db::SqliteOptions;
use crate::people::PeopleOptions;
use crate::server::{self, Server, StartError, Tuning};
use crate::telemetry::LogFormat;
use crate::ws::SocketLimits;

pub use crate::config::reach::PORT;

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
    /// Who may ask.
    pub reach: Reach,
    /// None: whoever reaches the server is the machine's own user.
    pub people: Option<PeopleOptions>,
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
            reach: Reach::MACHINE,
            people: None,
        }
    }

    fn config(self) -> Config {
        let objects = ObjectsConfig::Files(data_dir::snapshots_in(&self.data));
        Config {
            role: Role::All,
            listen: Listen { host: self.host, port: self.port },
            admin: None,
            stores: StoreConfig {
                data: self.data,
                database: DatabaseConfig::Sqlite,
                objects,
                bus: BusConfig::InProcess,
            },
            reach: self.reach,
            accounts: match self.people {
                None => AccountsConfig::Off,
                Some(people) => AccountsConfig::On {
                    registration: people.registration == Registration::Open,
                    keys: KeysConfig::Kept,
                },
            },
            sockets: self.sockets,
            quotas: self.people.unwrap_or_default().quotas,
            log: LogConfig { format: LogFormat::Pretty, filter: "info".to_owned() },
            drain: Drain { notice: Duration::ZERO, max: DRAIN_MAX },
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
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Takes the port, locks the data and opens the database.
pub async fn bind(options: Options) -> Result<Server, BindError> {
    if options.people.is_none() && !options.host.is_loopback() {
        return Err(BindError::NotLoopback { host: options.host });
    }
    let cost = options.people.unwrap_or_default().cost;
    let tuning = Tuning { sqlite: options.database, cost };
    Ok(server::bind(options.config(), tuning).await?)
}
