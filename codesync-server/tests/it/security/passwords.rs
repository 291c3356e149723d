//! Accounts: how passwords are kept and compared, and what strangers learn of it.

use std::sync::Arc;

use codesync_server::accounts::{AccountError, Accounts, Registration, Visit};
use codesync_server::bus::in_process::InProcessBus;
use codesync_server::db::{Database, SqliteOptions};
use codesync_server::password::hashing::Cost;
use codesync_server::people::{People, PeopleOptions, Together};
use codesync_server::tokens::keys::Keys;
use serde_json::json;

use crate::support::TestServer;
use crate::support::api::{Answer, PASSWORD};

/// Reads what is in the server's database while it runs.
pub(crate) async fn query(server: &TestServer, sql: &'static str) -> Vec<String> {
    let path = server.data().join("codesync.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
    let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("answered");
    sqlx::Connection::close(connection).await.expect("closed");
    rows
}

#[tokio::test]
async fn a_password_is_kept_as_argon2id_and_nothing_else_of_it() {
    let server = TestServer::with_accounts().await;
    server.person("ada").await;
    let kept = query(&server, "select password from users where login = 'ada'").await;
    assert!(kept[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept:?}");
    let database = std::fs::read(server.data().join("codesync.sqlite3-wal")).expect("a file");
    let password = PASSWORD.as_bytes();
    assert!(!database.windows(password.len()).any(|window| window == password));
    server.stop().await;
}

#[tokio::test]
async fn a_cheaper_hash_is_replaced_at_the_next_login() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let people = |passes| PeopleOptions {
        cost: Cost { memory_kib: 64, passes, lanes: 1 },
        ..PeopleOptions::default()
    };
    let kept = "select password from users where login = 'ada'";
    let server =
        TestServer::start_in(folder.path(), |options| options.people = Some(people(1))).await;
    server.person("ada").await;
    assert!(query(&server, kept).await[0].contains("m=64,t=1,"));
    server.stop().await;
    let server =
        TestServer::start_in(folder.path(), |options| options.people = Some(people(2))).await;
    let wrong = json!({ "login": "ada", "password": "not the password" });
    server.stranger().post("/api/auth/login", wrong).await.expect(401);
    assert!(query(&server, kept).await[0].contains("m=64,t=1,"), "only who knows it");
    server.stranger().log_in("ada").await;
    assert!(query(&server, kept).await[0].contains("m=64,t=2,"));
    server.stranger().log_in("ada").await;
    server.stop().await;
}

#[tokio::test]
async fn a_password_has_eight_characters_and_is_none_of_the_common_ones() {
    let server = TestServer::with_accounts().await;
    let register = async |password: &str| {
        let asked = json!({ "login": "ada", "password": password });
        server.stranger().post("/api/auth/register", asked).await
    };
    for password in ["", "sevench", "password123", "qwertyuiop", "Trustno1", "aaaaaaaaa"] {
        register(password).await.problem(422, "invalid_password");
    }
    register(&"y".repeat(1025)).await.problem(422, "invalid_password");
    register(&("long enough ".repeat(85) + "4end")).await.expect(202);
    server.stop().await;
}

#[tokio::test]
async fn sixty_four_characters_and_more_count_to_the_last_one() {
    let server = TestServer::with_accounts().await;
    let long = "ä".repeat(1023) + "x";
    let register = json!({ "login": "ada", "password": long });
    server.stranger().post("/api/auth/register", register).await.expect(202);
    let log_in = async |password: &str| {
        let asked = json!({ "login": "ada", "password": password });
        server.stranger().post("/api/auth/login", asked).await
    };
    log_in(&("ä".repeat(1023) + "y")).await.problem(401, "wrong_credentials");
    log_in(&"ä".repeat(72)).await.problem(401, "wrong_credentials");
    log_in(&(long.clone() + "z")).await.problem(401, "wrong_credentials");
    log_in(&long).await.expect(200);
    server.stop().await;
}

/// Everything of an answer that its sender could learn from, but for his request's number.
fn visible(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "request-id", "ratelimit"].contains(&name.as_str()));
    let shown = |value: &reqwest::header::HeaderValue| value.to_str().expect("text").to_owned();
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), shown(value))).collect();
    headers.sort();
    (answer.status, headers, answer.text.clone())
}

#[tokio::test]
async fn login_answers_the_same_for_known_and_unknown_accounts() {
    let server = TestServer::with_accounts().await;
    server.person("known").await;
    let attempt = async |login: &str| {
        let asked = json!({ "login": login, "password": "not the password" });
        visible(&server.stranger().post("/api/auth/login", asked).await)
    };
    let known = attempt("known").await;
    assert_eq!(known.0, 401);
    for unknown in ["unknown", "not even a login", "", &"x".repeat(1000), "ünknown", "a\0b"] {
        assert_eq!(attempt(unknown).await, known, "{unknown}");
    }
    server.stop().await;
}

#[tokio::test]
async fn registering_answers_the_same_for_known_and_unknown_accounts() {
    let server = TestServer::with_accounts().await;
    server.person("known").await;
    let register = async |login: &str| {
        let asked = json!({ "login": login, "password": "another password" });
        visible(&server.stranger().post("/api/auth/register", asked).await)
    };
    let (status, headers, body) = register("known").await;
    assert_eq!(status, 202);
    let unknown = register("other").await;
    assert_eq!(unknown, (status, headers, body.replace("known", "other")));
    // It was not taken over.
    let asked = json!({ "login": "known", "password": "another password" });
    server.stranger().post("/api/auth/login", asked).await.problem(401, "wrong_credentials");
    server.stranger().log_in("known").await;
    server.stop().await;
}

/// Accounts that nothing stands in front of, where passwords cost what they do for everybody.
async fn accounts() -> (Accounts, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("people.sqlite3");
    let database = Database::open_file(&path, SqliteOptions::default()).await.expect("opened");
    let keys = Keys::new(b"Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o", None).expect("keys");
    let bus = Arc::new(InProcessBus::default());
    let (options, together) = (PeopleOptions::default(), Together::default());
    let people = People::open(options, keys, database, bus, &together).expect("opened");
    (people.accounts.expect("accounts"), folder)
}

fn visit() -> Visit {
    Visit { agent: String::new(), address: "127.0.0.1".to_owned() }
}

async fn register(accounts: &Accounts, login: &str) {
    let (login, name) = (login.parse().expect("a login"), login.to_owned());
    accounts.register(login, name, PASSWORD.to_owned(), &visit()).await.expect("registered");
}

#[tokio::test]
async fn known_and_unknown_accounts_cost_the_same_work() {
    let (accounts, folder) = accounts().await;
    // A row is a transaction, and a transaction waits for the disk.
    let spent = async || (accounts.password_computations(), written_down(folder.path()).await);
    let since = async |(computations, rows): (u64, i64)| {
        let now = spent().await;
        (now.0 - computations, now.1 - rows)
    };
    let try_register = async |login: &str, password: &str| {
        let (before, login) = (spent().await, login.parse().expect("a login"));
        let (name, password) = ("name".to_owned(), password.to_owned());
        let registered = accounts.register(login, name, password, &visit()).await;
        (registered.is_ok(), since(before).await)
    };
    let log_in = async |login: &str, password: &str| {
        let before = spent().await;
        let granted = accounts.log_in(login, password.to_owned(), &visit()).await;
        (granted.is_ok(), since(before).await)
    };
    assert_eq!(try_register("known", PASSWORD).await, (true, (1, 1)));
    assert_eq!(try_register("known", "another password").await, (true, (1, 1)));
    // What is refused without a look at the accounts costs nothing, known or not.
    assert_eq!(try_register("known", "short").await, (false, (0, 0)));
    assert_eq!(try_register("unknown", "short").await, (false, (0, 0)));
    assert_eq!(log_in("known", PASSWORD).await, (true, (1, 1)));
    for login in ["known", "unknown", "not even a login", ""] {
        assert_eq!(log_in(login, "not the password").await, (false, (1, 1)), "{login}");
    }
}

/// Rows of the audit log.
async fn written_down(folder: &std::path::Path) -> i64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("people.sqlite3"));
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("connected");
    let rows = sqlx::query_scalar("select count(*) from audit").fetch_one(&mut connection).await;
    sqlx::Connection::close(connection).await.expect("closed");
    rows.expect("answered")
}

/// Within this much of each other two times are the same.
const SAME: f64 = 1.05;
/// Pairs after which a machine is too busy to say more; on a quiet one some twenty are enough.
const PAIRS_MAX: usize = 60;

/// Does two kinds of work in pairs until it is certain whether they take the same time, and fails once
/// it is certain that they do not.
///
/// What else the machine does lengthens both of a pair or either of them alike, so that the median
/// of the ratios stays where it is; how far it may be off is told by the ratios around it. That the
/// work is the same is shown without a clock by `known_and_unknown_accounts_cost_the_same_work`.
async fn check_same_time(what: &str, mut work: impl AsyncFnMut(&str)) {
    let mut ratios = Vec::new();
    while ratios.len() < PAIRS_MAX {
        // Neither always finds what the other left behind.
        let kinds = [("known", 0), ("unknown", 1)];
        let order = if ratios.len() % 2 == 0 { kinds } else { [kinds[1], kinds[0]] };
        let mut times = [0.0; 2];
        for (kind, place) in order {
            let begun = std::time::Instant::now();
            work(kind).await;
            times[place] = begun.elapsed().as_secs_f64();
        }
        ratios.push(times[0] / times[1]);
        ratios.sort_unstable_by(f64::total_cmp);
        let (low, high) = around_median(&ratios);
        assert!(low < SAME && high > 1.0 / SAME, "{what}: known is {low} to {high} of unknown");
        if ratios.len() >= 20 && low > 1.0 / SAME && high < SAME {
            return;
        }
    }
    println!("{what}: known is {:?} of unknown, on a busy machine", around_median(&ratios));
}

/// Two of these sorted values, between which the median of all that might have been seen lies in 997
/// cases of 1000: three deviations of the binomial distribution on either side.
fn around_median(sorted: &[f64]) -> (f64, f64) {
    let middle = sorted.len() / 2;
    let away = (3.0 * (sorted.len() as f64).sqrt() / 2.0).ceil() as usize;
    match middle.checked_sub(away) {
        Some(low) => (sorted[low], sorted[(middle + away).min(sorted.len() - 1)]),
        None => (0.0, f64::INFINITY),
    }
}

#[tokio::test]
async fn logging_in_takes_the_same_time_for_known_and_unknown_accounts() {
    let (accounts, _folder) = accounts().await;
    register(&accounts, "known").await;
    check_same_time("a login", async |kind| {
        let granted = accounts.log_in(kind, "not the password".to_owned(), &visit()).await;
        assert!(matches!(granted, Err(AccountError::WrongCredentials)));
    })
    .await;
}

#[tokio::test]
async fn registering_takes_the_same_time_for_known_and_unknown_accounts() {
    let (accounts, _folder) = accounts().await;
    register(&accounts, "known").await;
    let mut made = 0;
    check_same_time("registering", async |kind| {
        made += 1;
        let fresh = format!("{kind}.{made}");
        register(&accounts, if kind == "known" { kind } else { &fresh }).await;
    })
    .await;
}

#[tokio::test]
async fn a_closed_registration_lets_nobody_in() {
    let server = TestServer::with_people(|people| people.registration = Registration::Closed).await;
    let asked = json!({ "login": "ada", "password": PASSWORD });
    let answer = server.stranger().post("/api/auth/register", asked.clone()).await;
    answer.problem(403, "registration_closed");
    server.stranger().post("/api/auth/login", asked).await.problem(401, "wrong_credentials");
    server.stop().await;
}

#[tokio::test]
async fn unknown_fields_and_wrong_types_are_refused() {
    let server = TestServer::with_accounts().await;
    let ada = server.person("ada").await;
    let register = async |more: serde_json::Value| {
        let mut asked = json!({ "login": "eve", "password": PASSWORD });
        asked.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        server.stranger().post("/api/auth/register", asked).await
    };
    let mut forbidden = Vec::new();
    for field in ["kind", "id", "role", "admin", "disabled_at", "created_at"] {
        forbidden.push(register(json!({ field: "admin" })).await);
    }
    forbidden.push(ada.patch("/api/users/me", json!({ "name": "A", "kind": "admin" })).await);
    forbidden.push(ada.patch("/api/users/me", json!({ "name": "A", "login": "root" })).await);
    forbidden.push(ada.post("/api/documents", json!({ "name": "n", "owner": ada.user })).await);
    forbidden.push(ada.post("/api/documents", json!({ "name": 7 })).await);
    let document = ada.create("mine").await;
    forbidden.push(ada.patch(&document, json!({ "role": "owner" })).await);
    let members = format!("{document}/members");
    forbidden.push(ada.post(&members, json!({ "login": "eve", "role": "god" })).await);
    let links = format!("{document}/links");
    forbidden.push(ada.post(&links, json!({ "role": "owner" })).await);
    forbidden.push(ada.post(&links, json!({ "role": "viewer", "secret": "mine" })).await);
    for answer in forbidden {
        answer.problem(422, "invalid_body");
    }
    let large = json!({ "login": "x".repeat(20_000), "password": PASSWORD });
    server.stranger().post("/api/auth/login", large).await.problem(413, "body_too_large");
    server.stop().await;
}
