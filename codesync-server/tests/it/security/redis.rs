//! What several servers remember, count and tell each other together, against a real Redis, and
//! without it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codesync_core::protocol::{CloseCode, RejectCode};
use codesync_core::{DocumentId, LineEnding};
use codesync_server::access::Role;
use codesync_server::accounts::{Accounts, Visit};
use codesync_server::auth::{Auth, AuthError};
use codesync_server::bus::in_process::InProcessBus;
use codesync_server::config::Config;
use codesync_server::config::flags::Flags;
use codesync_server::config::source::Environment;
use codesync_server::db::documents::{Documents, NewDocument};
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::ids::UserId;
use codesync_server::people::{People, PeopleOptions, Together};
use codesync_server::rate::{Charge, GROWN_MAX, Limiter, Quota, gcra};
use codesync_server::redis::Redis;
use codesync_server::rights::RightsOf;
use codesync_server::server::{self, Tuning};
use codesync_server::tokens::keys::Keys;
use codesync_testing::Signal;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::api::{CHEAP, PASSWORD, Someone};
use crate::support::postgres;
use crate::support::raw::Raw;

/// Within this an ended login closes its sockets, whether or not Redis is there to tell of it.
const FELT_MAX: Duration = Duration::from_secs(5);

const KEY: &str = "Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o";

/// A Redis that all tests share, under a name of one's own.
fn redis() -> Redis {
    let mut name = [0; 8];
    getrandom::fill(&mut name).expect("random bytes");
    let name = format!("test{:016x}", u64::from_le_bytes(name));
    Redis::new(codesync_testing::redis_url(), name).expect("an address")
}

/// Several servers of one database.
struct Servers {
    database: Database,
    redis: Redis,
    _folder: tempfile::TempDir,
}

impl Servers {
    async fn new(redis: Redis) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("people.sqlite3");
        let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
        Self { database, redis, _folder: folder }
    }

    /// One more of them.
    fn start(&self) -> (Auth, Accounts) {
        let keys = Keys::new(KEY.as_bytes(), None).expect("keys");
        let options = PeopleOptions { cost: CHEAP, ..PeopleOptions::default() };
        let together = Together { redis: Some(self.redis.clone()) };
        let bus = Arc::new(InProcessBus::default());
        let people = People::open(options, keys, self.database.clone(), bus, &together);
        let people = people.expect("opened");
        (people.auth, people.accounts.expect("accounts"))
    }
}

fn visit() -> Visit {
    Visit { agent: "test".to_owned(), address: "127.0.0.1".to_owned() }
}

async fn register(accounts: &Accounts, login: &str) {
    let (login, name) = (login.parse().expect("a login"), login.to_owned());
    accounts.register(login, name, PASSWORD.to_owned(), &visit()).await.expect("registered");
}

#[tokio::test]
async fn a_logout_on_one_server_is_one_on_all_of_them_at_once() {
    let servers = Servers::new(redis()).await;
    let ((here, accounts), (there, _)) = (servers.start(), servers.start());
    register(&accounts, "ada").await;
    let grant = accounts.log_in("ada", PASSWORD.to_owned(), &visit()).await.expect("logged in");
    let token = Some(grant.access_token.as_str());
    // The first use is noted in the database, the second may be remembered.
    for _ in 0..2 {
        assert_eq!(here.authenticate(token).await.expect("let in").user, grant.user.id);
    }
    accounts.log_out(grant.user.id, grant.session, &visit()).await.expect("logged out");
    assert_eq!(here.authenticate(token).await, Err(AuthError::Ended));
    // This one has not asked before and finds what the other one wrote.
    assert_eq!(there.authenticate(token).await, Err(AuthError::Ended));
}

#[tokio::test]
async fn a_session_is_remembered_without_the_database() {
    let servers = Servers::new(redis()).await;
    let ((here, accounts), (there, _)) = (servers.start(), servers.start());
    register(&accounts, "ada").await;
    let grant = accounts.log_in("ada", PASSWORD.to_owned(), &visit()).await.expect("logged in");
    let token = Some(grant.access_token.as_str());
    here.authenticate(token).await.expect("let in");
    here.authenticate(token).await.expect("let in");
    servers.database.close().await;
    let caller = there.authenticate(token).await.expect("remembered");
    assert_eq!((caller.user, caller.name.as_deref()), (grant.user.id, Some("ada")));
    // Whoever is not remembered is not let in while nobody can tell.
    let fresh = Servers { redis: redis(), ..servers }.start().0;
    assert!(matches!(fresh.authenticate(token).await, Err(AuthError::Unavailable(_))));
}

#[tokio::test]
async fn a_server_that_read_just_before_a_logout_does_not_bring_the_session_back() {
    use codesync_server::auth::shared::SharedSessions;
    let servers = Servers::new(redis()).await;
    let (auth, accounts) = servers.start();
    register(&accounts, "ada").await;
    let grant = accounts.log_in("ada", PASSWORD.to_owned(), &visit()).await.expect("logged in");
    auth.authenticate(Some(&grant.access_token)).await.expect("let in");
    let read = servers.database.live_session(grant.session).await.expect("read").expect("live");
    accounts.log_out(grant.user.id, grant.session, &visit()).await.expect("logged out");
    let shared = SharedSessions::new(servers.redis.clone());
    shared.put(grant.session, &read).await;
    assert_eq!(shared.get(grant.session).await, Some(None));
}

#[tokio::test]
async fn without_redis_the_database_is_asked_and_login_is_stricter() {
    let mut server = codesync_testing::Redis::start().expect("a Redis of our own");
    let servers = Servers::new(Redis::new(&server.url(), "test").expect("an address")).await;
    let (auth, accounts) = servers.start();
    register(&accounts, "ada").await;
    let limiter = Limiter::shared(servers.redis.clone());
    let quota = codesync_server::rate::Quotas::default().login;
    let charge = [Charge { quota, key: "{192.0.2.1}:ada".to_owned() }];
    assert_eq!(
        limiter.charge(&charge).await.expect("let through").first().map(|it| it.remaining),
        Some(4)
    );
    server.end(Signal::Kill);

    let grant = accounts.log_in("ada", PASSWORD.to_owned(), &visit()).await.expect("logged in");
    let token = Some(grant.access_token.as_str());
    auth.authenticate(token).await.expect("let in");
    accounts.log_out(grant.user.id, grant.session, &visit()).await.expect("logged out");
    assert_eq!(auth.authenticate(token).await, Err(AuthError::Ended));
    for remaining in [1, 0] {
        let standings = limiter.charge(&charge).await.expect("let through");
        assert_eq!((standings[0].quota.count, standings[0].remaining), (2, remaining));
    }
    assert!(limiter.charge(&charge).await.is_err());
}

#[tokio::test]
async fn servers_count_together() {
    let redis = redis();
    let (here, there) = (Limiter::shared(redis.clone()), Limiter::shared(redis));
    let quota = codesync_server::rate::Quotas::default().login;
    let charge = [Charge { quota, key: "{192.0.2.1}:ada".to_owned() }];
    for limiter in [&here, &there, &here, &there, &here] {
        limiter.charge(&charge).await.expect("let through");
    }
    let refused = there.charge(&charge).await.expect_err("used up");
    assert_eq!(refused.remaining, 0);
    assert!(refused.refused.is_some_and(|wait| wait > Duration::from_secs(12)));
}

#[tokio::test]
async fn the_script_counts_as_the_algorithm_does() {
    let limiter = Limiter::shared(redis());
    let quota = |name, count, window_ms, grows| Quota {
        name,
        count,
        window: Duration::from_millis(window_ms),
        grows,
    };
    // An hour's window: what passes between two requests here is nothing to it.
    let quotas = [quota("plain", 7, 3_600_000, false), quota("grows", 4, 3_600_000, true)];
    let mut whole_at: BTreeMap<&str, Duration> = BTreeMap::new();
    for round in 0..20 {
        for quota in quotas {
            let moment = whole_at.entry(quota.name).or_default();
            let (moved, expected) = gcra::charge(&quota, *moment, Duration::ZERO);
            *moment = moved;
            let charged = limiter.charge(&[Charge { quota, key: "{k}".to_owned() }]).await;
            let met = charged.map_or_else(|refused| refused, |standings| standings[0]);
            let near = |a: Duration, b: Duration| a.abs_diff(b) < Duration::from_secs(60);
            let context = format!("round {round}: {met:?} instead of {expected:?}");
            assert_eq!(met.refused.is_some(), expected.refused.is_some(), "{context}");
            assert!(near(met.reset, expected.reset), "{context}");
            let waits = (met.refused.unwrap_or_default(), expected.refused.unwrap_or_default());
            assert!(near(waits.0, waits.1), "{context}");
            assert!(met.remaining.abs_diff(expected.remaining) <= 1, "{context}");
            assert!(met.reset <= quota.window + GROWN_MAX, "{context}");
        }
    }
}

async fn document(database: &Database, owner: UserId) -> DocumentId {
    let mut id = [0; 16];
    getrandom::fill(&mut id).expect("random bytes");
    let new = NewDocument {
        id: DocumentId::from_bytes(id),
        owner,
        name: "shared".to_owned(),
        language: None,
        line_ending: LineEnding::Lf,
        entries: Vec::new(),
        bytes: 0,
    };
    database.create(new).await.expect("created").id
}

#[tokio::test]
async fn rights_are_remembered_until_they_change() {
    let servers = Servers::new(redis()).await;
    let document = document(&servers.database, UserId::LOCAL).await;
    let list: Arc<dyn Documents> = Arc::new(servers.database.clone());
    let here = RightsOf::shared(list.clone(), servers.redis.clone());
    let there = RightsOf::shared(list.clone(), servers.redis.clone());
    let role = async |rights: &RightsOf, user| {
        rights.find(document, user).await.expect("an answer").map(|rights| rights.role)
    };
    let stranger = UserId::from_bytes([7; 16]);
    assert_eq!(role(&here, UserId::LOCAL).await, Some(Role::Owner));
    assert_eq!(role(&here, stranger).await, None);
    // Another server reads what this one wrote: the database could not tell it.
    let table = list.access(document, &[UserId::LOCAL]).await.expect("a table");
    servers.database.close().await;
    assert_eq!(role(&there, UserId::LOCAL).await, Some(Role::Owner));
    assert_eq!(role(&there, stranger).await, None);
    assert!(there.find(document, UserId::from_bytes([8; 16])).await.is_err());
    // What was written under older permissions counts no more.
    let newer = codesync_server::access::AccessVersion::new(table.version.get() + 1);
    here.changed(document, newer).await;
    assert!(there.find(document, UserId::LOCAL).await.is_err());
}

/// A whole server of several, which tell each other by Redis.
struct Whole {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Whole {
    async fn start(postgres: &str, redis: &str, data: &Path) -> Self {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let data = data.to_str().expect("UTF-8");
        let flags = Flags::of([("data", data), ("port", "0"), ("accounts", "on")]);
        let variables = [
            ("CODESYNC_JWT_SECRET", KEY),
            ("CODESYNC_DATABASE_URL", postgres),
            ("CODESYNC_REDIS_URL", redis),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let variables = Vec::<(OsString, OsString)>::from(variables);
        let config = Config::read(&flags, &Environment::new(variables, &nothing));
        let config = config.unwrap_or_else(|faults| panic!("{faults}"));
        let tuning = Tuning { cost: CHEAP, ..Tuning::default() };
        let server = server::bind(config, tuning).await.expect("it starts without Redis, too");
        let (address, stop) = (server.address(), CancellationToken::new());
        let serving = tokio::spawn(server.run(stop.clone()));
        Self { address, stop, serving }
    }

    async fn person(&self, login: &str) -> Someone {
        let stranger = Someone::stranger(self.address);
        let asked = json!({ "login": login, "password": PASSWORD });
        stranger.post("/api/auth/register", asked).await.expect(202);
        stranger.log_in(login).await
    }

    async fn end(self) {
        self.stop.cancel();
        self.serving.await.expect("no panic");
    }
}

/// Ends logins at one of two servers, and sees the sockets close at both.
async fn check_sockets_close(postgres: &str, redis: &str, away: impl FnOnce()) {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let here = Whole::start(postgres, redis, folders[0].path()).await;
    let there = Whole::start(postgres, redis, folders[1].path()).await;
    let (leaves, changes) = (here.person("leaves").await, here.person("changes").await);
    let mut sockets = Vec::new();
    for who in [&leaves, &changes] {
        for server in [&here, &there] {
            let token = who.access.as_deref();
            sockets.push(Raw::greeted_as(server.address, "raw", token).await);
        }
    }
    away();
    let begun = Instant::now();
    leaves.post("/api/auth/logout", json!({})).await.expect(204);
    let change = json!({ "current": PASSWORD, "new": "another password" });
    changes.post("/api/auth/password", change).await.expect(200);
    for socket in &mut sockets {
        let ended = (CloseCode::SessionEnded.number(), Some(RejectCode::SessionEnded));
        let closed =
            tokio::time::timeout(FELT_MAX.saturating_sub(begun.elapsed()), socket.closed());
        assert_eq!(closed.await.expect("it is felt in time"), ended);
    }
    here.end().await;
    there.end().await;
}

#[tokio::test]
async fn without_redis_an_ended_login_closes_its_sockets_everywhere_within_five_seconds() {
    let mut redis = codesync_testing::Redis::start().expect("a Redis of our own");
    let address = redis.url();
    let database = async || {
        let url = postgres::url().await;
        let options = codesync_server::db::PostgresOptions::from_url(&url).expect("a URL");
        Database::migrate(&options).await.expect("migrated");
        url
    };
    let url = database().await;
    check_sockets_close(&url, &address, || redis.end(Signal::Kill)).await;
    // One that does not answer at all, and one that was never there.
    redis.restart().expect("a Redis of our own");
    let url = database().await;
    check_sockets_close(&url, &address, || redis.send(Signal::Stop)).await;
    redis.send(Signal::Continue);
    drop(redis);
    let url = database().await;
    check_sockets_close(&url, &address, || {}).await;
}
