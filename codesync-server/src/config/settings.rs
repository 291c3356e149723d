//! Everything that can be set, in one table: flags, variables, help and the manual come from it.

/// Variables that belong to us begin so.
pub const PREFIX: &str = "CODESYNC_";

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The flag is `--name`, the variable [`PREFIX`] and the name in capitals.
    pub name: &'static str,
    /// What a value looks like.
    pub value: &'static str,
    /// What holds where nothing is said, for people to read; it may depend on other settings.
    pub default: &'static str,
    pub about: &'static str,
    pub secrecy: Secrecy,
}

/// How much of a setting others may see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Secrecy {
    /// Flag and variable, shown as it is.
    Open,
    /// An address that may hold a password: then no flag, and never shown. `_FILE` names a file.
    Address,
    /// No flag, which every user of the machine could read. `_FILE` names a file.
    Secret,
}

impl Setting {
    /// The variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// The variable that names a file with the value in it, for what may be secret.
    #[must_use]
    pub fn file_variable(&self) -> Option<String> {
        (self.secrecy != Secrecy::Open).then(|| format!("{}_FILE", self.variable()))
    }

    /// The setting of this name.
    ///
    /// # Panics
    ///
    /// If the table has none, which is a mistake of ours.
    #[must_use]
    pub fn named(name: &str) -> &'static Self {
        let found = SETTINGS.iter().find(|setting| setting.name == name);
        found.expect("whoever reads a setting has put it into the table")
    }
}

const fn open(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { name, value, default, about, secrecy: Secrecy::Open }
}

const fn address(name: &'static str, value: &'static str, about: &'static str) -> Setting {
    Setting { name, value, default: "none", about, secrecy: Secrecy::Address }
}

const fn secret(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, value: "SECRET", default, about, secrecy: Secrecy::Secret }
}

/// All settings, in the order in which people read of them.
pub const SETTINGS: &[Setting] = &[
    open("role", "ROLE", "all", "What this process serves: all, api or websocket"),
    open("host", "ADDRESS", "127.0.0.1", "Address to listen on"),
    open(
        "port",
        "PORT",
        "3000",
        "Port of the API and the page, and of the socket in role all; 0 takes any free one",
    ),
    open("websocket-port", "PORT", "3001", "Port of the socket in role websocket"),
    open("admin-host", "ADDRESS", "127.0.0.1", "Address of the admin port"),
    open("admin-port", "PORT", "none", "Port for metrics, /livez and /readyz; not for the public"),
    open(
        "data",
        "DIR",
        "~/.local/share/codesync",
        "Folder for SQLite, files and what the server keeps for itself",
    ),
    address("database-url", "URL", "postgres://… instead of SQLite in the data folder"),
    open("database-connections", "N", "16", "Connections to Postgres at most"),
    open(
        "objects",
        "PLACE",
        "files in the data folder",
        "Where snapshots lie: s3://bucket/prefix, or file:///folder",
    ),
    open("s3-endpoint", "URL", "that of AWS", "Address of an S3-compatible store"),
    open("s3-region", "REGION", "from AWS_REGION", "Region of the bucket"),
    open(
        "s3-path-style",
        "on|off",
        "off",
        "Whether the bucket stands in the path, as many S3-compatible stores want it",
    ),
    address("redis-url", "URL", "redis://… that carries news between several servers"),
    open(
        "public-url",
        "URL,…",
        "http://localhost",
        "Addresses under which people reach this server through a browser",
    ),
    open(
        "trusted-proxies",
        "NETWORK,…",
        "this machine if only it is listened to, else none",
        "Proxies whose X-Forwarded-For and Request-Id are believed",
    ),
    open("accounts", "on|off", "off on one machine, else on", "Whether people log in"),
    open("registration", "open|closed", "open", "Whether anybody may make an account"),
    secret(
        "jwt-secret",
        "kept in the data folder with SQLite",
        "Signs access tokens: at least 32 random bytes",
    ),
    secret("jwt-secret-previous", "none", "The key before that, accepted while its tokens live"),
    open(
        "messages-per-second",
        "N",
        "30",
        "Messages of one socket in the long run; twice as many at once",
    ),
    open("bytes-per-second", "N", "262144", "Bytes of edits of one socket in the long run"),
    open("joins-per-minute", "N", "30", "Documents that one socket joins; twice as many at once"),
    open("sockets-per-user", "N", "20", "Sockets of one person at once"),
    open(
        "sockets-per-address",
        "N",
        "50",
        "Sockets from one address at once; an office has one address",
    ),
    open("people-per-document", "N", "500", "Most who may take part in one document at once"),
    open("requests-per-minute", "N", "600", "Requests of one user"),
    open(
        "requests-per-minute-per-address",
        "N",
        "300",
        "Requests from one address by people who are not logged in",
    ),
    open("creations-per-hour", "N", "60", "Documents and links that one user makes"),
    open(
        "log",
        "FILTER",
        "info",
        "What is logged: error, warn, info, debug, or a filter for parts",
    ),
    open("log-format", "pretty|json", "pretty", "How log lines are written"),
    open(
        "drain-notice-seconds",
        "N",
        "0",
        "Time between readiness turning red and the first client being asked to leave",
    ),
    open("drain-seconds", "N", "30", "Longest time for going down, 60 at most"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_one_name_in_both_places() {
        let jwt = Setting::named("jwt-secret");
        assert_eq!(jwt.variable(), "CODESYNC_JWT_SECRET");
        assert_eq!(jwt.file_variable().as_deref(), Some("CODESYNC_JWT_SECRET_FILE"));
        assert_eq!(Setting::named("port").file_variable(), None);
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut variables: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
        variables.extend(SETTINGS.iter().filter_map(Setting::file_variable));
        variables.sort_unstable();
        let count = variables.len();
        variables.dedup();
        assert_eq!(variables.len(), count);
    }

    #[test]
    fn what_is_deployed_sets_what_there_is() {
        let files = [
            include_str!("../../../Dockerfile"),
            include_str!("../../../compose.yaml"),
            include_str!("../../../deploy/codesync.service"),
            include_str!("../../../deploy/secrets.sh"),
            include_str!("../../../terraform/main.tf"),
            include_str!("../../../terraform/modules/database/migration.tf"),
            include_str!("../../../terraform/modules/ecs-service/main.tf"),
        ];
        let known: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
        for file in files {
            let ends =
                |char: char| !char.is_ascii_uppercase() && !char.is_ascii_digit() && char != '_';
            let words = file.split(ends);
            for word in words.filter(|word| word.starts_with(PREFIX)) {
                assert!(known.iter().any(|it| it == word), "{word}");
            }
        }
    }

    #[test]
    fn the_manual_names_every_setting() {
        let manual = include_str!("../../../docs/operations.md");
        for setting in SETTINGS {
            assert!(manual.contains(&format!("`{}`", setting.variable())), "{}", setting.name);
        }
    }
}
