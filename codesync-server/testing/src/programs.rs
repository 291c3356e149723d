//! Where the servers' programs are, and what brings one that is missing.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The server itself.
pub fn redis() -> Result<PathBuf> {
    find("redis-server", path(), "the Debian package redis-server")
}

/// A program of Postgres, which Debian keeps out of the path, one folder a version.
pub fn postgres(name: &str) -> Result<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    find(name, path().chain(folders.into_iter().rev()), "the Debian package postgresql")
}

/// The S3 server, in the virtual environment that `xtask/install.sh` makes, the same for all builds
/// of this repository, wherever they go.
pub fn moto() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto/bin");
    find("moto_server", [own].into_iter().chain(path()), "`cargo xtask services -- true`")
}

fn path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn find(name: &str, folders: impl IntoIterator<Item = PathBuf>, remedy: &str) -> Result<PathBuf> {
    let mut paths = folders.into_iter().map(|folder| folder.join(name));
    match paths.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("there is no {name}: {remedy} brings it"),
    }
}
