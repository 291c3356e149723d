//! Where a server keeps things: its database, its objects, and what carries news between servers.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use url::Url;

use super::fault::Faults;
use super::flags::Flags;
use super::secret::Secret;
use super::source::{Environment, Given, Reader};
use crate::data_dir;

/// Where everything is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreConfig {
    /// The folder of SQLite, files and what the server keeps for itself.
    pub data: PathBuf,
    pub database: DatabaseConfig,
    pub objects: ObjectsConfig,
    pub bus: BusConfig,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DatabaseConfig {
    /// One file in the data folder, and one server.
    Sqlite,
    Postgres {
        url: Secret,
        connections: u32,
    },
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ObjectsConfig {
    Files(PathBuf),
    S3(S3Config),
}

/// A part of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3Config {
    pub bucket: String,
    /// In front of every key; empty, or ends with a slash.
    pub prefix: String,
    /// Of an S3-compatible store.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub path_style: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BusConfig {
    InProcess,
    Redis(Secret),
}

impl StoreConfig {
    /// Reads what commands need that work on the stores of a server.
    pub fn read(flags: &Flags, environment: &Environment<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(flags, environment);
        reader.refuse_unknown();
        let config = Self::from(&mut reader);
        Faults::or(reader.faults, config)
    }

    pub(super) fn from(reader: &mut Reader<'_>) -> Option<Self> {
        let data = data(reader);
        let database = database(reader);
        let objects = objects(reader, data.as_deref());
        let bus = redis(reader);
        Some(Self { data: data?, database: database?, objects: objects?, bus: bus? })
    }

    /// Whether all of it lies on this machine, in one folder.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.database == DatabaseConfig::Sqlite
    }
}

fn data(reader: &mut Reader<'_>) -> Option<PathBuf> {
    if let Some(given) = reader.given("data") {
        if given.text.is_empty() {
            reader.wrong(&given, "a folder", "name one such as /var/lib/codesync");
            return None;
        }
        return Some(PathBuf::from(given.text));
    }
    let environment = reader.environment;
    let path =
        data_dir::default_in(environment.folder("XDG_DATA_HOME"), environment.folder("HOME"));
    if path.is_none() {
        let remedy = "set HOME, or name a folder with --data";
        reader.fault("--data", "nothing, and no home folder", "a folder", remedy);
    }
    path
}

fn database(reader: &mut Reader<'_>) -> Option<DatabaseConfig> {
    let connections = number(reader, "database-connections", 2..=1000, 16);
    let Some((given, url)) = reader.secret("database-url") else {
        return Some(DatabaseConfig::Sqlite);
    };
    let schemes = ["postgres", "postgresql"];
    let remedy = "for SQLite leave it away: that lies in the folder of --data";
    check_address(reader, &given, &schemes, "postgres://user:password@host/database", remedy)?;
    Some(DatabaseConfig::Postgres { url, connections: connections? })
}

fn redis(reader: &mut Reader<'_>) -> Option<BusConfig> {
    let Some((given, url)) = reader.secret("redis-url") else { return Some(BusConfig::InProcess) };
    let expected = "redis://host:6379, or rediss:// with TLS";
    check_address(reader, &given, &["redis", "rediss"], expected, "leave it away for one server")?;
    Some(BusConfig::Redis(url))
}

/// Whether an address that may hold a password is one, and stands where it may.
fn check_address(
    reader: &mut Reader<'_>,
    given: &Given,
    schemes: &[&str],
    expected: &str,
    remedy: &str,
) -> Option<()> {
    let url = Url::parse(&given.text).ok();
    let url = url.filter(|url| schemes.contains(&url.scheme()) && url.has_host());
    let Some(url) = url else {
        reader.wrong(given, expected, remedy);
        return None;
    };
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        reader.password_in_flag(given);
    }
    Some(())
}

fn objects(reader: &mut Reader<'_>, data: Option<&Path>) -> Option<ObjectsConfig> {
    let endpoint = endpoint(reader);
    let region =
        reader.read("s3-region", "a name such as eu-central-1", "see your bucket", |text| {
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (!text.is_empty() && text.bytes().all(sound)).then(|| text.to_owned())
        });
    let path_style = switch(reader, "s3-path-style").unwrap_or(false);
    let given = reader.given("objects");
    let Some(given) = given else {
        only_with_s3(reader);
        return data.map(|data| ObjectsConfig::Files(data_dir::snapshots_in(data)));
    };
    if let Some(path) = given.text.strip_prefix("file://").filter(|path| path.starts_with('/')) {
        let path = PathBuf::from(path);
        only_with_s3(reader);
        return Some(ObjectsConfig::Files(path));
    }
    let Some((bucket, prefix)) = given.text.strip_prefix("s3://").and_then(bucket_and_prefix)
    else {
        let remedy = "leave it away for files in the folder of --data";
        reader.wrong(&given, "s3://bucket/prefix or file:///folder", remedy);
        return None;
    };
    Some(ObjectsConfig::S3(S3Config { bucket, prefix, endpoint, region, path_style }))
}

fn only_with_s3(reader: &mut Reader<'_>) {
    for name in ["s3-endpoint", "s3-region", "s3-path-style"] {
        if let Some(given) = reader.given(name) {
            let remedy = "remove it, or say --objects s3://bucket/prefix";
            reader.wrong(&given, "nothing, for the objects are files", remedy);
        }
    }
}

fn endpoint(reader: &mut Reader<'_>) -> Option<String> {
    let remedy = "leave it away for AWS";
    reader.read("s3-endpoint", "an address such as https://storage.example.org", remedy, |text| {
        let url = Url::parse(text).ok()?;
        let sound = matches!(url.scheme(), "http" | "https") && url.has_host();
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (sound && bare).then(|| text.trim_end_matches('/').to_owned())
    })
}

/// Splits `bucket/some/prefix`. Rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
fn bucket_and_prefix(place: &str) -> Option<(String, String)> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let of_bucket =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let of_prefix = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let prefix = prefix.trim_end_matches('/');
    let parts_are_sound = prefix.is_empty()
        || prefix.split('/').all(|part| {
            !part.is_empty() && !matches!(part, "." | "..") && part.bytes().all(of_prefix)
        });
    let is_bucket = (3..=63).contains(&bucket.len()) && bucket.bytes().all(of_bucket);
    let slash = if prefix.is_empty() { "" } else { "/" };
    (is_bucket && parts_are_sound).then(|| (bucket.to_owned(), format!("{prefix}{slash}")))
}

/// A number between bounds; the default where nothing is said.
pub(super) fn number(
    reader: &mut Reader<'_>,
    name: &str,
    allowed: RangeInclusive<u32>,
    default: u32,
) -> Option<u32> {
    let Some(given) = reader.given(name) else { return Some(default) };
    let number = given.text.parse().ok().filter(|number| allowed.contains(number));
    if number.is_none() {
        let expected = format!("a number from {} to {}", allowed.start(), allowed.end());
        reader.wrong(&given, &expected, &format!("{default} is the usual one"));
    }
    number
}

/// `on` or `off`, if anything is said.
pub(super) fn switch(reader: &mut Reader<'_>, name: &str) -> Option<bool> {
    reader.read(name, "on or off", "write one of the two", |text| match text {
        "on" | "true" => Some(true),
        "off" | "false" => Some(false),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_its_prefix_are_told_apart() {
        let split = |place| bucket_and_prefix(place).map(|(bucket, prefix)| bucket + "|" + &prefix);
        assert_eq!(split("code-1").as_deref(), Some("code-1|"));
        assert_eq!(split("code-1/").as_deref(), Some("code-1|"));
        assert_eq!(split("code-1/a/b").as_deref(), Some("code-1|a/b/"));
        for wrong in ["", "ab", "Code", "code/../x", "code//x", "code/a b", "code/./x"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
