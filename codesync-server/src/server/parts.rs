//! The stores of a server, opened as its configuration names them.

use std::sync::Arc;

use crate::bus::Bus;
use crate::bus::in_process::InProcessBus;
use crate::config::secret::Secret;
use crate::config::stores::{BusConfig, DatabaseConfig, ObjectsConfig, S3Config, StoreConfig};
use crate::data_dir::{self, DataDir};
use crate::db::{Database, OpenError, PostgresOptions, SqliteOptions};
use crate::document::registry::Stores;
use crate::history::past::Past;
use crate::oplog::archive::ArchivedLog;
use crate::people::Together;
use crate::server::StartError;
use crate::snapshots::SnapshotStore;
use crate::snapshots::files::FileSnapshots;

/// Everything that a registry works with, and what has to be closed afterwards.
pub(crate) struct Parts {
    pub(crate) stores: Stores,
    pub(crate) past: Past,
    pub(crate) together: Together,
    pub(crate) closing: Closing,
}

/// What outlives the registry, to be closed when nothing uses it any more.
pub(crate) struct Closing {
    pub(crate) database: Database,
    /// Keeps a second server out.
    data: Option<DataDir>,
}

impl Parts {
    pub(crate) async fn open(
        config: &StoreConfig,
        sqlite: SqliteOptions,
    ) -> Result<Self, StartError> {
        let (database, data) = database(config, sqlite).await?;
        let (bus, together) = together(&config.bus)?;
        let snapshots = snapshots(&config.objects).await?;
        let log = ArchivedLog::new(database.clone(), snapshots.clone());
        let past = Past::new(database.clone(), log.clone(), snapshots.clone());
        let stores = Stores {
            log: Arc::new(log),
            documents: Arc::new(database.clone()),
            snapshots,
            versions: Arc::new(database.clone()),
            bus,
        };
        Ok(Self { stores, past, together, closing: Closing { database, data } })
    }
}

impl Closing {
    /// The secret that signs tokens, of a server that keeps its own.
    pub(crate) fn token_secret(&self) -> Result<Vec<u8>, StartError> {
        let data = self.data.as_ref().ok_or(StartError::NotBuilt {
            what: "folder to keep a secret for tokens in",
            remedy: "name one in CODESYNC_JWT_SECRET",
        })?;
        Ok(data.token_secret()?)
    }

    pub(crate) async fn close(self) {
        self.database.close().await;
    }
}

/// The database, and the lock on the folder of one that lies there.
pub(crate) async fn database(
    config: &StoreConfig,
    sqlite: SqliteOptions,
) -> Result<(Database, Option<DataDir>), StartError> {
    match &config.database {
        DatabaseConfig::Sqlite => {
            let data = DataDir::open(&config.data)?;
            Ok((Database::open_file(&data.database(), sqlite).await?, Some(data)))
        }
        DatabaseConfig::Postgres { url, connections } => {
            let options = postgres(url, *connections)?;
            Ok((Database::connect(options).await?, None))
        }
    }
}

/// The database to read alone, while servers may be working on it.
pub(crate) async fn database_for_reading(config: &StoreConfig) -> Result<Database, OpenError> {
    match &config.database {
        DatabaseConfig::Sqlite => {
            Database::open_for_reading(&data_dir::database_in(&config.data)).await
        }
        DatabaseConfig::Postgres { url, connections } => {
            Database::connect(postgres(url, *connections)?).await
        }
    }
}

/// How the database of this address is reached.
pub(crate) fn postgres(url: &Secret, connections: u32) -> Result<PostgresOptions, OpenError> {
    let mut options = PostgresOptions::from_url(url.expose())?;
    options.connections_max = connections;
    Ok(options)
}

/// Where snapshots lie.
pub(crate) async fn snapshots(
    config: &ObjectsConfig,
) -> Result<Arc<dyn SnapshotStore>, StartError> {
    match config {
        ObjectsConfig::Files(folder) => Ok(Arc::new(FileSnapshots::new(folder.to_owned()))),
        ObjectsConfig::S3(config) => cloud::snapshots(config).await,
    }
}

/// What carries news between servers, and what they remember together.
fn together(config: &BusConfig) -> Result<(Arc<dyn Bus>, Together), StartError> {
    match config {
        BusConfig::InProcess => Ok((Arc::new(InProcessBus::default()), Together::default())),
        BusConfig::Redis(address) => cloud::together(address),
    }
}

/// What several servers share.
#[cfg(feature = "cloud")]
mod cloud {
    use super::{Arc, Bus, S3Config, Secret, SnapshotStore, StartError, Together};
    use crate::bus::redis::RedisBus;
    use crate::redis::Redis;
    use crate::snapshots::s3::{S3Options, S3Snapshots};

    /// Stands in front of all names in Redis.
    const PREFIX: &str = "codesync";

    pub(super) async fn snapshots(config: &S3Config) -> Result<Arc<dyn SnapshotStore>, StartError> {
        let S3Config { bucket, prefix, endpoint, region, path_style } = config.clone();
        let prefix = prefix.trim_end_matches('/').to_owned();
        let options = S3Options { prefix, endpoint, region, path_style, ..S3Options::new(bucket) };
        Ok(Arc::new(S3Snapshots::new(options).await))
    }

    pub(super) fn together(address: &Secret) -> Result<(Arc<dyn Bus>, Together), StartError> {
        let redis = Redis::new(address.expose(), PREFIX)?;
        let together = Together { redis: Some(redis.clone()) };
        Ok((Arc::new(RedisBus::new(redis)), together))
    }
}

#[cfg(not(feature = "cloud"))]
mod cloud {
    use super::{Arc, Bus, S3Config, Secret, SnapshotStore, StartError, Together};

    pub(super) async fn snapshots(_: &S3Config) -> Result<Arc<dyn SnapshotStore>, StartError> {
        Err(StartError::NotBuilt {
            what: "S3",
            remedy: "leave CODESYNC_OBJECTS away for files in the data folder",
        })
    }

    pub(super) fn together(_: &Secret) -> Result<(Arc<dyn Bus>, Together), StartError> {
        Err(StartError::NotBuilt {
            what: "Redis",
            remedy: "leave CODESYNC_REDIS_URL away for a single server",
        })
    }
}
