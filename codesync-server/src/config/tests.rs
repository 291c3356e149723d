use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::*;

const KEY: &str = "3q2+7wAAAAB1c2UgYSByYW5kb20ga2V5IGhlcmU=";

/// The one file that there is.
fn file(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/run/secrets/jwt") => Ok(format!("{KEY}\n")),
        Some("/run/secrets/long") => Ok("x".repeat(5000)),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn read(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let home = [("HOME", "/home/ada"), ("PATH", "/bin")];
    let variables = home.iter().chain(variables);
    let owned = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::read(&Flags::of(flags.iter().copied()), &Environment::new(owned, &file))
}

#[track_caller]
fn good(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Config {
    read(flags, variables).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Checks that exactly these settings are refused, each with these words.
#[track_caller]
fn refused(flags: &[(&str, &str)], variables: &[(&str, &str)], expected: &[(&str, &str)]) {
    let faults = match read(flags, variables) {
        Ok(config) => panic!("{config:?}"),
        Err(faults) => faults,
    };
    let met: Vec<_> = faults.iter().map(|fault| fault.setting.as_str()).collect();
    let settings: Vec<_> = expected.iter().map(|(setting, _)| *setting).collect();
    assert_eq!(met, settings, "{faults}");
    for (fault, (_, words)) in faults.iter().zip(expected) {
        assert!(fault.to_string().contains(words), "{fault} has no {words:?}");
    }
}

const POSTGRES: (&str, &str) = ("CODESYNC_DATABASE_URL", "postgres://code:pass-canary@db/code");
const PUBLIC: (&str, &str) = ("CODESYNC_PUBLIC_URL", "https://code.example.org");
const SIGNED: (&str, &str) = ("CODESYNC_JWT_SECRET", KEY);

#[test]
fn nothing_said_is_a_server_of_this_machine() {
    let config = good(&[], &[]);
    assert_eq!(config.role, Role::All);
    assert_eq!((config.listen.host.to_string().as_str(), config.listen.port), ("127.0.0.1", 3000));
    assert_eq!(config.admin, None);
    assert_eq!(config.stores.data, Path::new("/home/ada/.local/share/codesync"));
    assert_eq!(config.stores.database, DatabaseConfig::Sqlite);
    assert_eq!(config.accounts, AccountsConfig::Off);
    assert_eq!(config.reach, Reach::MACHINE);
    assert_eq!(config.drain.max, Duration::from_secs(30));
    assert!(config.warnings().is_empty());
}

#[test]
fn a_flag_wins_over_a_variable() {
    let variables = [("CODESYNC_PORT", "4000"), ("CODESYNC_LOG", "debug")];
    let config = good(&[("port", "5000")], &variables);
    assert_eq!((config.listen.port, config.log.filter.as_str()), (5000, "debug"));
}

#[test]
fn each_role_has_its_port() {
    let shared = [POSTGRES, SIGNED, ("CODESYNC_OBJECTS", "s3://code/prod")];
    let port = |role| good(&[("role", role)], &shared).listen.port;
    assert_eq!((port("all"), port("api"), port("websocket")), (3000, 3000, 3001));
}

#[test]
fn a_server_on_postgres_has_accounts_and_wants_a_key() {
    let config = good(&[], &[POSTGRES, PUBLIC, SIGNED, ("CODESYNC_REGISTRATION", "closed")]);
    let AccountsConfig::On { registration: false, keys } = config.accounts else { panic!("on") };
    assert_eq!(keys, KeysConfig::Given { current: Secret::new(KEY), previous: None });
    refused(&[], &[POSTGRES, PUBLIC], &[("CODESYNC_JWT_SECRET", "openssl rand")]);
}

#[test]
fn a_single_server_keeps_its_own_key() {
    let config = good(&[("accounts", "on")], &[]);
    assert_eq!(config.accounts, AccountsConfig::On { registration: true, keys: KeysConfig::Kept });
}

#[test]
fn a_key_may_lie_in_a_file() {
    let config = good(&[], &[POSTGRES, ("CODESYNC_JWT_SECRET_FILE", "/run/secrets/jwt")]);
    let AccountsConfig::On { keys: KeysConfig::Given { current, .. }, .. } = config.accounts else {
        panic!("a key")
    };
    assert_eq!(current.expose(), KEY);
}

#[test]
fn a_secret_has_no_flag_and_is_never_shown() {
    use clap::Parser;
    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }
    assert!(Line::try_parse_from(["x", "--port", "1"]).is_ok());
    assert!(Line::try_parse_from(["x", "--jwt-secret", KEY]).is_err());
    let config = good(&[], &[POSTGRES, SIGNED, ("CODESYNC_REDIS_URL", "redis://:pass-canary@r")]);
    let printed = format!("{config:?}{config:#?}");
    assert!(!printed.contains("canary") && !printed.contains(KEY), "{printed}");
    let wrong = [
        ("CODESYNC_DATABASE_URL", "mysql://u:pass-canary@db"),
        ("CODESYNC_REDIS_URL", "pass-canary"),
        ("CODESYNC_JWT_SECRET", "secret-canary"),
    ];
    let faults = read(&[], &wrong).expect_err("three faults").to_string();
    assert!(!faults.contains("canary"), "{faults}");
}

#[test]
fn a_public_server_tells_its_names_and_its_proxies() {
    let proxies = ("CODESYNC_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7");
    let config = good(&[("host", "0.0.0.0")], &[PUBLIC, proxies]);
    assert_eq!(config.reach.origins[0].to_string(), "https://code.example.org");
    assert!(config.reach.trusts("192.0.2.7".parse().expect("an address")));
    assert!(matches!(config.accounts, AccountsConfig::On { .. }));
    let behind = good(&[], &[PUBLIC]);
    assert!(behind.reach.trusts("127.0.0.1".parse().expect("an address")));
}

#[test]
fn everything_wrong_is_said_at_once() {
    refused(
        &[("role", "both"), ("port", "http"), ("host", "everywhere")],
        &[
            ("CODESYNC_ADMIN_PORT", "70000"),
            ("CODESYNC_DATABASE_URL", "sqlite:x"),
            ("CODESYNC_LOG_FORMAT", "xml"),
            ("CODESYNC_LOG", "a=b=c"),
            ("CODESYNC_DRAIN_SECONDS", "61"),
            ("CODESYNC_OBJECTS", "gs://x"),
            ("CODESYNC_PUBLIC_URL", "https://a.example, code.example.org/x"),
            ("CODESYNC_TRUSTED_PROXIES", "proxy"),
            ("CODESYNC_MESSAGES_PER_SECOND", "0"),
            ("CODESYNC_ACCOUNTS", "maybe"),
            ("CODESYNC_REGISTRATION", ""),
            ("CODESYNC_JWT_SECRET_FILE", "/nowhere"),
        ],
        &[
            ("--role", "all, api or websocket"),
            ("--host", "\"everywhere\", expected an IP address; 127.0.0.1"),
            ("--port", "met \"http\", expected a port from 0 to 65535"),
            ("CODESYNC_ADMIN_PORT", "70000"),
            ("CODESYNC_DATABASE_URL", "*** (8 bytes)"),
            ("CODESYNC_OBJECTS", "s3://bucket/prefix"),
            ("CODESYNC_PUBLIC_URL", "\"code.example.org/x\""),
            ("CODESYNC_TRUSTED_PROXIES", "10.0.0.0/16"),
            ("CODESYNC_ACCOUNTS", "on or off"),
            ("CODESYNC_REGISTRATION", "open or closed"),
            ("CODESYNC_JWT_SECRET_FILE", "/nowhere"),
            ("CODESYNC_MESSAGES_PER_SECOND", "a number from 1"),
            ("CODESYNC_LOG_FORMAT", "pretty or json"),
            ("CODESYNC_LOG", "codesync_server=debug"),
            ("CODESYNC_DRAIN_SECONDS", "a number from 1 to 60"),
        ],
    );
}

#[test]
fn a_misspelt_variable_is_refused_with_what_was_meant() {
    refused(
        &[],
        &[("CODESYNC_DATABSE_URL", "x"), ("CODESYNC_COLOUR", "x"), ("CODESYNC_SERVER", "x")],
        &[
            ("CODESYNC_COLOUR", "remove it"),
            ("CODESYNC_DATABSE_URL", "did you mean CODESYNC_DATABASE_URL?"),
        ],
    );
}

#[test]
fn without_accounts_nobody_beyond_the_machine_comes() {
    let beyond = &[("--accounts", "switch them on")];
    refused(&[("accounts", "off"), ("host", "0.0.0.0")], &[PUBLIC], beyond);
    refused(&[("accounts", "off")], &[PUBLIC], beyond);
    let local = ("CODESYNC_PUBLIC_URL", "http://localhost:8080");
    refused(&[("accounts", "off"), ("host", "::")], &[local], beyond);
    assert_eq!(good(&[("accounts", "off")], &[POSTGRES]).accounts, AccountsConfig::Off);
}

#[test]
fn a_server_that_others_reach_says_under_which_name() {
    refused(&[("host", "192.0.2.1")], &[], &[("CODESYNC_PUBLIC_URL", "192.0.2.1")]);
}

#[test]
fn one_of_several_processes_shares_what_it_keeps() {
    refused(
        &[("role", "websocket")],
        &[],
        &[("--role", "CODESYNC_DATABASE_URL"), ("--role", "s3://bucket/prefix")],
    );
    let files = ("CODESYNC_OBJECTS", "file:///mnt/shared");
    let config = good(&[("role", "api")], &[POSTGRES, SIGNED, files]);
    assert_eq!(config.stores.objects, ObjectsConfig::Files("/mnt/shared".into()));
    assert_eq!(config.warnings().len(), 1, "no Redis");
}

#[test]
fn a_password_does_not_stand_on_the_command_line() {
    refused(
        &[("database-url", "postgres://u:pass-canary@db/code")],
        &[SIGNED],
        &[("--database-url", "CODESYNC_DATABASE_URL_FILE")],
    );
    good(&[("database-url", "postgres://u@db/code")], &[SIGNED]);
}

#[test]
fn a_limit_may_be_chosen_but_not_left_out() {
    let config = good(&[("joins-per-minute", "90"), ("sockets-per-user", "5")], &[]);
    assert_eq!((config.sockets.joins_per_minute, config.sockets.joins_burst), (90, 180));
    assert_eq!((config.sockets.sockets_per_user, config.sockets.sockets_per_address), (5, 50));
    let asked = [("people-per-document", "40"), ("creations-per-hour", "7"), ("accounts", "on")];
    let config = good(&asked, &[]);
    assert_eq!(config.sockets.people_per_document, 40);
    assert_eq!(config.quotas.creations.count, 7);
    for name in [
        "joins-per-minute",
        "sockets-per-user",
        "sockets-per-address",
        "people-per-document",
        "creations-per-hour",
    ] {
        for none in ["0", "none", "-1", ""] {
            refused(&[(name, none)], &[], &[(&format!("--{name}"), "a number from 1")]);
        }
    }
}

#[test]
fn a_weak_key_is_refused() {
    for weak in ["secret", &"a".repeat(64), "changemechangemechangemechangeme", ""] {
        refused(&[], &[POSTGRES, ("CODESYNC_JWT_SECRET", weak)], &[("CODESYNC_JWT_SECRET", "32")]);
    }
    let both = [POSTGRES, SIGNED, ("CODESYNC_JWT_SECRET_PREVIOUS", "old")];
    refused(&[], &both, &[("CODESYNC_JWT_SECRET_PREVIOUS", "*** (3 bytes)")]);
}

#[test]
fn a_value_is_given_once() {
    let twice = [POSTGRES, SIGNED, ("CODESYNC_JWT_SECRET_FILE", "/run/secrets/jwt")];
    refused(&[], &twice, &[("CODESYNC_JWT_SECRET and CODESYNC_JWT_SECRET_FILE", "one of them")]);
    let long = [POSTGRES, ("CODESYNC_JWT_SECRET_FILE", "/run/secrets/long")];
    refused(&[], &long, &[("CODESYNC_JWT_SECRET_FILE", "5000 bytes")]);
}

#[test]
fn settings_of_s3_want_s3() {
    let endpoint = ("CODESYNC_S3_ENDPOINT", "http://127.0.0.1:9000/");
    refused(&[], &[endpoint], &[("CODESYNC_S3_ENDPOINT", "--objects s3://")]);
    let place = ("CODESYNC_OBJECTS", "s3://code/prod/");
    let config = good(&[("s3-path-style", "on")], &[place, endpoint]);
    let ObjectsConfig::S3(s3) = config.stores.objects else { panic!("S3") };
    assert_eq!((s3.bucket.as_str(), s3.prefix.as_str(), s3.path_style), ("code", "prod/", true));
    assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
}

#[test]
fn a_notice_leaves_time_for_the_rest() {
    let config = good(&[("drain-seconds", "20"), ("drain-notice-seconds", "5")], &[]);
    assert_eq!((config.drain.notice.as_secs(), config.drain.max.as_secs()), (5, 20));
    let late = [("drain-seconds", "20"), ("drain-notice-seconds", "20")];
    refused(&late, &[], &[("--drain-notice-seconds", "0 to 19")]);
}

#[test]
fn without_a_home_the_folder_must_be_named() {
    let config = Config::read(&Flags::default(), &Environment::new([], &file));
    let faults = config.expect_err("no folder");
    assert!(faults.to_string().contains("set HOME"), "{faults}");
}

#[test]
fn an_office_behind_one_address_can_be_let_in() {
    let config = good(
        &[("sockets-per-address", "4000"), ("requests-per-minute-per-address", "9000")],
        &[PUBLIC, ("CODESYNC_SOCKETS_PER_USER", "3"), ("CODESYNC_PEOPLE_PER_DOCUMENT", "12")],
    );
    let SocketLimits { sockets_per_user, sockets_per_address, people_per_document, .. } =
        config.sockets;
    assert_eq!((sockets_per_user, sockets_per_address, people_per_document), (3, 4000, 12));
    assert_eq!((config.quotas.user.count, config.quotas.address.count), (600, 9000));
    refused(
        &[("sockets-per-user", "8001"), ("requests-per-minute", "0")],
        &[],
        &[("--sockets-per-user", "1 to 8000"), ("--requests-per-minute", "1 to 1000000")],
    );
}
