//! Commands that work on the stores of a server: `migrate`, `backup`, `restore`, `verify`.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use crate::backup::restore::{self, RestoreError};
use crate::backup::{self, BackupError, Summary};
use crate::config::stores::{DatabaseConfig, StoreConfig};
use crate::db::{Database, OpenError, SqliteOptions};
use crate::oplog::LogError;
use crate::oplog::archive::ArchivedLog;
use crate::server::{StartError, parts};
use crate::verify::{self, Finding, Seen};

/// A command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("cannot use the file {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
}

/// Brings the schema forward.
pub async fn migrate(config: &StoreConfig) -> Result<(), StoresError> {
    match &config.database {
        DatabaseConfig::Sqlite => {
            let (database, _lock) = parts::database(config, SqliteOptions::default()).await?;
            database.close().await;
        }
        DatabaseConfig::Postgres { url, connections } => {
            Database::migrate(&parts::postgres(url, *connections)?).await?;
        }
    }
    Ok(())
}

/// Writes everything into one file, which appears when it is whole.
pub async fn backup(config: &StoreConfig, to: &Path) -> Result<Summary, StoresError> {
    let snapshots = parts::snapshots(&config.objects).await?;
    let database = parts::database_for_reading(config).await?;
    let kept = if to == Path::new("-") {
        let written = backup::write(&database, snapshots.as_ref(), io::stdout()).await;
        written.map(|(summary, _)| summary)
    } else {
        let failed = |cause| StoresError::File { path: to.to_owned(), cause };
        let new = beside(to);
        let file = create_private(&new).map_err(failed)?;
        let written = backup::write(&database, snapshots.as_ref(), BufWriter::new(file)).await;
        match written {
            Ok((summary, file)) => {
                finish(file, &new, to).map_err(failed)?;
                Ok(summary)
            }
            Err(error) => {
                // Half a file is worth nothing.
                let _ = fs::remove_file(&new);
                Err(error)
            }
        }
    };
    database.close().await;
    Ok(kept?)
}

/// Where a file is written until it is whole.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Every text is in it: nobody else shall read it.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn finish(file: BufWriter<File>, new: &Path, to: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(new, to)?;
    match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Fills an empty server from a file.
pub async fn restore(config: &StoreConfig, from: &Path) -> Result<Summary, StoresError> {
    let snapshots = parts::snapshots(&config.objects).await?;
    let failed = |cause| StoresError::File { path: from.to_owned(), cause };
    let file: Box<dyn io::Read + Send> = if from == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(BufReader::new(File::open(from).map_err(failed)?))
    };
    let (database, _lock) = parts::database(config, SqliteOptions::default()).await?;
    let restored = restore::restore(&database, snapshots, file).await;
    database.close().await;
    Ok(restored?)
}

/// Looks at every document, and tells `report` what is wrong with it.
pub async fn verify(
    config: &StoreConfig,
    report: impl FnMut(Finding),
) -> Result<Seen, StoresError> {
    let snapshots = parts::snapshots(&config.objects).await?;
    let database = parts::database_for_reading(config).await?;
    let log = ArchivedLog::new(database.clone(), snapshots.clone());
    let seen = verify::verify(&database, &log, snapshots.as_ref(), report).await;
    database.close().await;
    Ok(seen?)
}
