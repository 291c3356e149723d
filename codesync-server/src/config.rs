//! What a server is told: by flags, by variables, by files that variables name.
//!
//! [`settings`] is the table of all that can be set. [`Config::read`] is a pure function from flags
//! and [`Environment`] to a [`Config`] or to everything that is wrong, and nothing in the rest of
//! the server reads variables. Flags win over variables; secrets have no flag.

pub mod fault;
pub mod flags;
pub mod reach;
pub mod secret;
pub mod settings;
pub mod source;
pub mod stores;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::rate::{Quota, Quotas};
use crate::telemetry::LogFormat;
use crate::ws::{SOCKETS_MAX, SocketLimits};

use fault::Faults;
use flags::Flags;
use reach::Reach;
use secret::Secret;
use source::{Environment, Reader};
use stores::{BusConfig, DatabaseConfig, ObjectsConfig, StoreConfig, number, switch};

/// Bytes that a key for signing has at least: as many as its HMAC-SHA-256 (RFC 7518, section 3.2).
pub const JWT_SECRET_BYTES_MIN: usize = 32;
/// Different bytes in a key that somebody chose with care.
const JWT_SECRET_VARIETY_MIN: usize = 10;
/// Longest time for going down.
const DRAIN_SECONDS_MAX: u32 = 60;

/// Everything that a server is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    pub role: Role,
    pub listen: Listen,
    /// Where metrics and the state of health are read, if anywhere.
    pub admin: Option<SocketAddr>,
    pub stores: StoreConfig,
    pub reach: Reach,
    pub accounts: AccountsConfig,
    pub sockets: SocketLimits,
    /// How often people may ask, on a server with accounts.
    pub quotas: Quotas,
    pub log: LogConfig,
    pub drain: Drain,
}

/// What one process serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The REST interface, the page and the socket, on one port.
    All,
    /// The REST interface and the page.
    Api,
    /// The socket.
    WebSocket,
}

/// An address of this machine, or all of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Listen {
    pub host: IpAddr,
    /// Zero means any free one.
    pub port: u16,
}

/// Whether people log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AccountsConfig {
    /// Whoever reaches the server is its machine's own user.
    Off,
    On {
        /// Whether anybody may make an account.
        registration: bool,
        keys: KeysConfig,
    },
}

/// The keys that access tokens are signed with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeysConfig {
    Given {
        current: Secret,
        previous: Option<Secret>,
    },
    /// Made at the first start and kept in the data folder.
    Kept,
}

/// How logs are written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogConfig {
    pub format: LogFormat,
    pub filter: String,
}

/// How the server goes down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drain {
    /// From readiness turning red to the first client being asked to leave.
    pub notice: Duration,
    /// For all of it; nothing acknowledged is lost when it is over.
    pub max: Duration,
}

impl Config {
    /// Reads everything, or says everything that is wrong.
    pub fn read(flags: &Flags, environment: &Environment<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(flags, environment);
        reader.refuse_unknown();
        let config = Self::from(&mut reader);
        Faults::or(reader.faults, config)
    }

    fn from(reader: &mut Reader<'_>) -> Option<Self> {
        let role = role(reader);
        let listen = reach::listen(reader, role);
        let admin = reach::admin(reader);
        let stores = StoreConfig::from(reader);
        let reach = reach::reach(reader, listen.map(|listen| listen.host));
        let beyond = listen
            .zip(reach.as_ref())
            .map(|(listen, reach)| !listen.host.is_loopback() || reach.names_other_machines());
        let accounts = accounts(reader, stores.as_ref(), beyond);
        let sockets = sockets(reader);
        let quotas = quotas(reader);
        let log = log(reader);
        let drain = drain(reader);
        if let (Some(role), Some(stores)) = (role, &stores) {
            fits_role(reader, role, stores);
        }
        Some(Self {
            role: role?,
            listen: listen?,
            admin: admin?,
            stores: stores?,
            reach: reach?,
            accounts: accounts?,
            sockets: sockets?,
            quotas: quotas?,
            log: log?,
            drain: drain?,
        })
    }
}

fn role(reader: &mut Reader<'_>) -> Option<Role> {
    if reader.given("role").is_none() {
        return Some(Role::All);
    }
    let remedy = "all serves everything in one process";
    reader.read("role", "all, api or websocket", remedy, |text| match text {
        "all" => Some(Role::All),
        "api" => Some(Role::Api),
        "websocket" => Some(Role::WebSocket),
        _ => None,
    })
}

/// One of several processes keeps nothing that the others cannot see.
fn fits_role(reader: &mut Reader<'_>, role: Role, stores: &StoreConfig) {
    if role == Role::All {
        return;
    }
    let given = reader.given("role").map_or("--role".to_owned(), |given| given.origin);
    if stores.database == DatabaseConfig::Sqlite {
        let expected = "a database that several processes can share";
        let remedy = "name a Postgres in CODESYNC_DATABASE_URL, or serve everything with role all";
        reader.fault(&given, "a role of several processes with SQLite", expected, remedy);
    }
    let shared =
        matches!(stores.objects, ObjectsConfig::S3(_)) || reader.given("objects").is_some();
    if !shared {
        let expected = "objects that every process can read";
        let remedy = "say --objects s3://bucket/prefix, or file:///folder if all of them share it";
        let met = "a role of several processes with objects in its own data folder";
        reader.fault(&given, met, expected, remedy);
    }
}

/// `beyond` tells whether people of other machines can come, if that is known.
fn accounts(
    reader: &mut Reader<'_>,
    stores: Option<&StoreConfig>,
    beyond: Option<bool>,
) -> Option<AccountsConfig> {
    let faults = reader.faults.len();
    let said = switch(reader, "accounts");
    let either = "open or closed";
    let registration =
        reader.read("registration", either, "write one of the two", |text| match text {
            "open" => Some(true),
            "closed" => Some(false),
            _ => None,
        });
    let current = key(reader, "jwt-secret");
    let previous = key(reader, "jwt-secret-previous");
    let (embedded, beyond) = (stores?.is_embedded(), beyond?);
    if reader.faults.len() > faults {
        return None;
    }
    let on = said.unwrap_or(beyond || !embedded);
    if !on && beyond {
        let met = "no accounts, and people of other machines";
        let remedy = "switch them on, or listen to 127.0.0.1 without a public address";
        reader.fault("--accounts", met, "accounts beyond this machine", remedy);
        return None;
    }
    if !on {
        return Some(AccountsConfig::Off);
    }
    let keys = match current {
        Some(current) => KeysConfig::Given { current, previous },
        None if embedded => KeysConfig::Kept,
        None => {
            let expected = format!("at least {JWT_SECRET_BYTES_MIN} random bytes");
            let remedy =
                "all servers of one database need the same; make one with: openssl rand -base64 48";
            reader.fault("CODESYNC_JWT_SECRET", "nothing", &expected, remedy);
            return None;
        }
    };
    Some(AccountsConfig::On { registration: registration.unwrap_or(true), keys })
}

/// A key for signing, if one is given that can be used.
fn key(reader: &mut Reader<'_>, name: &str) -> Option<Secret> {
    let (given, secret) = reader.secret(name)?;
    let bytes = secret.expose().as_bytes();
    let variety = bytes.iter().collect::<BTreeSet<_>>().len();
    if bytes.len() < JWT_SECRET_BYTES_MIN || variety < JWT_SECRET_VARIETY_MIN {
        let expected = format!("at least {JWT_SECRET_BYTES_MIN} random bytes");
        reader.wrong(&given, &expected, "make one with: openssl rand -base64 48");
        return None;
    }
    Some(secret)
}

fn sockets(reader: &mut Reader<'_>) -> Option<SocketLimits> {
    let usual = SocketLimits::default();
    let messages = number(reader, "messages-per-second", 1..=1_000_000, usual.messages_per_second);
    let bytes = number(reader, "bytes-per-second", 1..=u32::MAX, usual.bytes_per_second);
    let per_user = most(reader, "sockets-per-user", usual.sockets_per_user);
    let per_address = most(reader, "sockets-per-address", usual.sockets_per_address);
    let people = most(reader, "people-per-document", usual.people_per_document);
    let joins = number(reader, "joins-per-minute", 1..=1_000_000, usual.joins_per_minute);
    let (messages, joins) = (messages?, joins?);
    Some(SocketLimits {
        sockets_per_user: per_user?,
        sockets_per_address: per_address?,
        people_per_document: people?,
        messages_per_second: messages,
        messages_burst: messages.saturating_mul(2),
        bytes_per_second: bytes?,
        joins_per_minute: joins,
        joins_burst: joins.saturating_mul(2),
        ..usual
    })
}

/// How many sockets of something there may be: no more than a server has.
fn most(reader: &mut Reader<'_>, name: &str, usual: usize) -> Option<usize> {
    let number = number(reader, name, 1..=SOCKETS_MAX as u32, usual as u32);
    number.map(|number| number as usize)
}

fn quotas(reader: &mut Reader<'_>) -> Option<Quotas> {
    let usual = Quotas::default();
    let user = number(reader, "requests-per-minute", 1..=1_000_000, usual.user.count);
    let name = "requests-per-minute-per-address";
    let address = number(reader, name, 1..=1_000_000, usual.address.count);
    let made = number(reader, "creations-per-hour", 1..=1_000_000, usual.creations.count);
    Some(Quotas {
        creations: Quota { count: made?, ..usual.creations },
        user: Quota { count: user?, ..usual.user },
        address: Quota { count: address?, ..usual.address },
        ..usual
    })
}

fn log(reader: &mut Reader<'_>) -> Option<LogConfig> {
    let format = match reader.given("log-format") {
        None => Some(LogFormat::Pretty),
        Some(_) => {
            reader.read("log-format", "pretty or json", "json is for programs", |text| match text {
                "pretty" => Some(LogFormat::Pretty),
                "json" => Some(LogFormat::Json),
                _ => None,
            })
        }
    };
    let expected = "error, warn, info, debug, trace, or a filter for parts";
    let remedy = "a good one is info, or codesync_server=debug";
    let filter = match reader.given("log") {
        None => Some("info".to_owned()),
        Some(_) => reader.read("log", expected, remedy, |text| {
            EnvFilter::try_new(text).is_ok().then(|| text.to_owned())
        }),
    };
    Some(LogConfig { format: format?, filter: filter? })
}

fn drain(reader: &mut Reader<'_>) -> Option<Drain> {
    let max = number(reader, "drain-seconds", 1..=DRAIN_SECONDS_MAX, 30)?;
    let notice = number(reader, "drain-notice-seconds", 0..=max - 1, 0)?;
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    Some(Drain { notice: seconds(notice), max: seconds(max) })
}

impl Config {
    /// What works, and will disappoint all the same.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.stores.bus == BusConfig::InProcess && self.role != Role::All {
            warnings.push(
                "without CODESYNC_REDIS_URL people on different servers see each other's edits up to a second late, and not each other's carets",
            );
        }
        if self.admin.is_some_and(|admin| !admin.ip().is_loopback()) {
            warnings
                .push("the admin port can be reached from other machines; keep it from the public");
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
