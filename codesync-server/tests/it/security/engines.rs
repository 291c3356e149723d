//! One story through every statement of accounts and sharing, told on both engines.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use codesync_server::auth::seen::SEEN_MAX;
use codesync_server::auth::{Auth, AuthError};
use codesync_server::command::people::{UserCommand, adopt, run};
use codesync_server::config::Config;
use codesync_server::config::flags::Flags;
use codesync_server::config::source::Environment;
use codesync_server::db::{Database, PostgresOptions, SqliteOptions};
use codesync_server::housekeeping::Housekeeping;
use codesync_server::ids::SessionId;
use codesync_server::server::{self, Tuning};
use codesync_server::snapshots::files::FileSnapshots;
use codesync_server::tokens::keys::Keys;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection};
use tokio_util::sync::CancellationToken;

use crate::support::api::{CHEAP, PASSWORD, Someone};
use crate::support::{eventually, postgres};

const KEY: &str = "Ye1fSuN3yZ0q8hXbLwPmT5dVcKjRgA2o";

fn keys() -> Keys {
    Keys::new(KEY.as_bytes(), None).expect("keys")
}

/// Where the rows are.
enum Engine {
    Sqlite(PathBuf),
    Postgres {
        /// As the server reaches it.
        url: String,
        /// As its operator does.
        operator: String,
    },
}

impl Engine {
    async fn open(&self) -> Database {
        match self {
            Self::Sqlite(path) => Database::open_file(path, SqliteOptions::default()).await,
            Self::Postgres { operator, .. } => {
                Database::connect(PostgresOptions::from_url(operator).expect("a URL")).await
            }
        }
        .expect("opened")
    }

    /// Changes rows as only time could.
    async fn change(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let connection = sqlx::SqliteConnection::connect_with(&options).await;
                let mut connection = connection.expect("connected");
                let sql = AssertSqlSafe(sql.to_owned());
                sqlx::query(sql).execute(&mut connection).await.expect("changed");
                connection.close().await.expect("closed");
            }
            Self::Postgres { operator, .. } => execute(operator, sql).await.expect("changed"),
        }
    }
}

/// Runs one statement, as whoever the address names.
async fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = sqlx::PgConnection::connect(url).await?;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    connection.close().await
}

/// A server on that engine, and what runs beside it.
struct Stage {
    engine: Engine,
    database: Database,
    address: SocketAddr,
    housekeeping: Housekeeping,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn on(engine: Engine, folder: tempfile::TempDir) -> Self {
        let tuning = Tuning { cost: CHEAP, ..Tuning::default() };
        let mut config = config(&engine, folder.path());
        config.quotas.login.count = 1000;
        config.quotas.logins.count = 1000;
        let server = server::bind(config, tuning).await.expect("it starts");
        let (address, stop) = (server.address(), CancellationToken::new());
        let serving = tokio::spawn(server.run(stop.clone()));
        let database = engine.open().await;
        let snapshots = Arc::new(FileSnapshots::new(folder.path().join("snapshots")));
        let housekeeping = Housekeeping::new(database.clone(), snapshots);
        Self { engine, database, address, housekeeping, stop, serving, _folder: folder }
    }

    fn stranger(&self) -> Someone {
        Someone::stranger(self.address)
    }

    async fn person(&self, login: &str) -> Someone {
        let asked = json!({ "login": login, "password": PASSWORD });
        self.stranger().post("/api/auth/register", asked).await.expect(202);
        self.stranger().log_in(login).await
    }

    async fn command(&self, command: UserCommand) -> String {
        let mut said = Vec::new();
        let password = || Ok("the operator's choice".to_owned());
        run(command, &self.database, password, &mut said).await.expect("done");
        String::from_utf8(said).expect("text")
    }

    async fn end(self) {
        self.stop.cancel();
        self.serving.await.expect("no panic");
        self.database.close().await;
    }
}

fn config(engine: &Engine, data: &Path) -> Config {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let data = data.to_str().expect("UTF-8");
    let flags = Flags::of([("data", data), ("port", "0"), ("accounts", "on")]);
    let mut variables = vec![("CODESYNC_JWT_SECRET", KEY)];
    if let Engine::Postgres { url, .. } = engine {
        variables.push(("CODESYNC_DATABASE_URL", url));
    }
    let owned = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
    let owned: Vec<(OsString, OsString)> = owned.collect();
    Config::read(&flags, &Environment::new(owned, &nothing))
        .unwrap_or_else(|faults| panic!("{faults}"))
}

async fn sqlite() -> Stage {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::Sqlite(folder.path().join("codesync.sqlite3"));
    Stage::on(engine, folder).await
}

/// A Postgres whose server has no right to change the schema, and none to change what was written
/// down in the audit log.
async fn postgres() -> Stage {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let operator = postgres::url().await;
    let options = PostgresOptions::from_url(&operator).expect("a URL");
    Database::migrate(&options).await.expect("migrated");
    let (place, name) = operator.rsplit_once('/').expect("a database");
    // Roles are the whole server's; the database's name makes this one's its own.
    let role = format!("serves_{name}");
    for sql in [
        format!("create role {role} login"),
        format!("grant select, insert, update, delete on all tables in schema public to {role}"),
        format!("revoke update, delete on audit from {role}"),
    ] {
        execute(&operator, &sql).await.expect("granted");
    }
    let (_, host) = place.rsplit_once('@').expect("a user and a host");
    let url = format!("postgres://{role}@{host}/{name}");
    execute(&url, "create table t (a bigint)").await.expect_err("it may not change the schema");
    execute(&url, "delete from audit").await.expect_err("it may not forget what happened");
    Stage::on(Engine::Postgres { url, operator }, folder).await
}

macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::sqlite().await).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::postgres().await).await; })*
        }
    };
}

on_both_engines! {
    logins_come_and_go,
    documents_are_shared_and_taken_back,
    what_was_deleted_comes_back_or_is_gone,
    an_operator_does_his_work,
    exchanges_at_the_same_moment_give_one_answer,
    every_server_learns_of_a_logout_within_a_second,
    whatever_ends_a_login_is_seen_by_open_sockets,
}

async fn refresh(who: &Someone, token: &str) -> crate::support::api::Answer {
    who.post("/api/auth/refresh", json!({ "refresh_token": token })).await
}

async fn logins_come_and_go(stage: Stage) {
    let ada = stage.person("ada").await;
    let wrong = json!({ "login": "ada", "password": "not the password" });
    let stranger = stage.stranger();
    stranger.post("/api/auth/login", wrong).await.problem(401, "wrong_credentials");
    let odd = json!({ "login": "a\0b", "password": "not the password" });
    stranger.post("/api/auth/login", odd).await.problem(401, "wrong_credentials");
    let again = json!({ "login": "ada", "password": "another password" });
    stranger.post("/api/auth/register", again).await.expect(202);

    let second = stranger.holding(refresh(&stranger, &ada.refresh).await.expect(200));
    let lost = stranger.holding(refresh(&stranger, &ada.refresh).await.expect(200));
    assert_eq!(lost.refresh, second.refresh);
    second.get("/api/users/me").await.expect(200);
    let third = stranger.holding(refresh(&stranger, &second.refresh).await.expect(200));
    refresh(&stranger, &ada.refresh).await.problem(401, "session_ended");
    third.get("/api/users/me").await.problem(401, "session_ended");

    let ada = stage.stranger().log_in("ada").await;
    let other = stage.stranger().log_in("ada").await;
    let list = ada.get("/api/users/me/sessions").await;
    assert_eq!(list.expect(200).body["sessions"].as_array().expect("a list").len(), 2);
    ada.delete(&format!("/api/users/me/sessions/{}", other.session)).await.expect(204);
    other.get("/api/users/me").await.problem(401, "session_ended");
    let other = stage.stranger().log_in("ada").await;
    ada.delete("/api/users/me/sessions").await.expect(204);
    other.get("/api/users/me").await.problem(401, "session_ended");
    ada.patch("/api/users/me", json!({ "name": "Ada" })).await.expect(200);
    let found = ada.get("/api/users?search=ADA").await;
    assert_eq!(found.expect(200).body["users"][0]["name"], json!("Ada"));
    let change = json!({ "current": PASSWORD, "new": "another password" });
    let ada = ada.holding(ada.post("/api/auth/password", change).await.expect(200));
    ada.post("/api/auth/logout", json!({})).await.expect(204);
    ada.get("/api/users/me").await.problem(401, "session_ended");
    stage.end().await;
}

/// Whose somebody's list says that its first document is.
async fn owner_in_list_of(who: &Someone) -> String {
    let list = who.get("/api/documents").await;
    let name = &list.expect(200).body["documents"][0]["owner"]["name"];
    name.as_str().expect("a name").to_owned()
}

async fn documents_are_shared_and_taken_back(stage: Stage) {
    let (ada, bob) = (stage.person("ada").await, stage.person("bob").await);
    let document = ada.create("shared").await;
    ada.invite(&document, &bob, "viewer").await;
    let member = format!("{document}/members/{}", bob.user);
    ada.patch(&member, json!({ "role": "editor" })).await.expect(200);
    let own = format!("{document}/members/{}", ada.user);
    ada.delete(&own).await.problem(409, "last_owner");
    assert_eq!(bob.get(&document).await.expect(200).body["role"], json!("editor"));
    assert_eq!(owner_in_list_of(&ada).await, "ada");
    assert_eq!(owner_in_list_of(&bob).await, "ada");
    ada.patch(&member, json!({ "role": "owner" })).await.expect(200);
    assert_eq!(owner_in_list_of(&ada).await, "ada");
    assert_eq!(owner_in_list_of(&bob).await, "bob", "of two owners, whoever asks");
    ada.delete(&member).await.expect(204);
    bob.get(&document).await.problem(404, "document_not_found");

    ada.invite(&document, &bob, "viewer").await;
    let editors = json!({ "role": "editor", "guests": true, "expires_in": 3600 });
    let (link, secret) = ada.link(&document, editors).await;
    let asked = json!({ "secret": secret });
    let came = bob.post("/api/links/redeem", asked.clone()).await;
    assert_eq!(came.expect(200).text_at("role"), "editor");
    let guest = json!({ "secret": secret, "name": "Grace" });
    let stranger = stage.stranger();
    let guest = stranger.holding(stranger.post("/api/links/redeem", guest).await.expect(201));
    assert_eq!(guest.get(&document).await.expect(200).body["role"], json!("editor"));
    let links = ada.get(&format!("{document}/links")).await;
    assert_eq!(links.expect(200).body["links"][0]["members"], json!(2));
    let members = ada.get(&format!("{document}/members")).await;
    assert_eq!(members.expect(200).body["members"].as_array().expect("a list").len(), 3);
    let list = guest.get("/api/documents").await;
    assert_eq!(list.expect(200).body["documents"][0]["name"], json!("shared"));

    ada.delete(&format!("{document}/links/{link}")).await.expect(204);
    assert_eq!(bob.get(&document).await.expect(200).body["role"], json!("viewer"));
    guest.get(&document).await.problem(404, "document_not_found");
    bob.post("/api/links/redeem", asked).await.problem(404, "link_not_found");

    let (_, secret) = ada.link(&document, json!({ "role": "editor", "expires_in": 3600 })).await;
    bob.post("/api/links/redeem", json!({ "secret": secret })).await.expect(200);
    stage.engine.change("update links set expires_at = 1 where revoked_at is null").await;
    assert_eq!(bob.get(&document).await.expect(200).body["role"], json!("viewer"));
    stage.housekeeping.work().await.expect("done");
    assert_eq!(bob.get(&document).await.expect(200).body["role"], json!("viewer"));
    bob.delete(&member).await.expect(204);
    stage.end().await;
}

async fn what_was_deleted_comes_back_or_is_gone(stage: Stage) {
    let (ada, bob) = (stage.person("ada").await, stage.person("bob").await);
    let (kept, gone) = (ada.create("kept").await, ada.create("gone").await);
    ada.invite(&kept, &bob, "editor").await;
    ada.delete(&kept).await.expect(204);
    let trash = ada.get("/api/documents/trash").await;
    assert_eq!(trash.expect(200).body["documents"][0]["name"], json!("kept"));
    bob.post(&format!("{kept}/restore"), json!({})).await.problem(404, "document_not_found");
    ada.post(&format!("{kept}/restore"), json!({})).await.expect(204);
    ada.delete(&gone).await.expect(204);
    stage.engine.change("update documents set trashed_at = 1 where trashed_at is not null").await;
    stage.housekeeping.work().await.expect("done");
    let trash = ada.get("/api/documents/trash").await;
    assert_eq!(trash.expect(200).body["documents"], json!([]));

    let asked = Some(json!({ "password": PASSWORD }));
    ada.send(Method::DELETE, "/api/users/me", asked.clone()).await.expect(204);
    let log_in = json!({ "login": "ada", "password": PASSWORD });
    let stranger = stage.stranger();
    stranger.post("/api/auth/login", log_in.clone()).await.problem(403, "deletion_pending");
    let restored = stranger.post("/api/auth/restore", log_in.clone()).await;
    let ada = stranger.holding(restored.expect(200));
    ada.get(&kept).await.expect(200);
    ada.send(Method::DELETE, "/api/users/me", asked).await.expect(204);
    stage.engine.change("update users set deleted_at = 1 where deleted_at is not null").await;
    stage.housekeeping.work().await.expect("done");
    stranger.post("/api/auth/restore", log_in).await.problem(401, "wrong_credentials");
    assert_eq!(bob.get(&kept).await.expect(200).body["role"], json!("owner"));
    stage.end().await;
}

async fn an_operator_does_his_work(stage: Stage) {
    let login = || "ada".to_owned();
    let said = stage.command(UserCommand::Add { login: login(), name: None }).await;
    assert_eq!(said, "ada can log in\n");
    let said = stage.command(UserCommand::List).await;
    assert_eq!(said, "ada\topen\tada\n");
    let log_in = json!({ "login": "ada", "password": "the operator's choice" });
    let stranger = stage.stranger();
    let ada = stranger.post("/api/auth/login", log_in.clone()).await;
    let ada = stranger.holding(ada.expect(200));
    let said = stage.command(UserCommand::Disable { login: login() }).await;
    assert_eq!(said, "ada is shut; 1 logins ended\n");
    ada.get("/api/users/me").await.problem(401, "session_ended");
    stage.command(UserCommand::Enable { login: login() }).await;
    stage.command(UserCommand::Passwd { login: login() }).await;
    stranger.post("/api/auth/login", log_in).await.expect(200);
    let mut said = Vec::new();
    adopt(&stage.database, "ada", &mut said).await.expect("done");
    assert_eq!(String::from_utf8(said).expect("text"), "ada has got 0 documents\n");
    stage.end().await;
}

async fn exchanges_at_the_same_moment_give_one_answer(stage: Stage) {
    let mut ada = stage.person("ada").await;
    let stranger = stage.stranger();
    for _ in 0..5 {
        let ask = || refresh(&stranger, &ada.refresh);
        let answers = tokio::join!(ask(), ask(), ask(), ask());
        let answers = [answers.0, answers.1, answers.2, answers.3];
        let tokens: Vec<Value> =
            answers.iter().map(|answer| answer.expect(200).body["refresh_token"].clone()).collect();
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]), "{tokens:?}");
        ada = stranger.holding(&answers[0]);
    }
    ada.get("/api/users/me").await.expect(200);
    stage.end().await;
}

async fn every_server_learns_of_a_logout_within_a_second(stage: Stage) {
    let other = Auth::accounts(keys(), stage.database.clone());
    let ada = stage.person("ada").await;
    let token = ada.access.as_deref();
    other.authenticate(token).await.expect("let in");
    ada.post("/api/auth/logout", json!({})).await.expect(204);
    let begun = Instant::now();
    eventually("the login ends there, too", async || {
        other.authenticate(token).await == Err(AuthError::Ended)
    })
    .await;
    // A second, and as much again for a machine that is busy.
    assert!(begun.elapsed() < 2 * SEEN_MAX, "after {:?}", begun.elapsed());
    stage.end().await;
}

async fn whatever_ends_a_login_is_seen_by_open_sockets(stage: Stage) {
    let auth = Auth::accounts(keys(), stage.database.clone());
    let people = [
        stage.person("logs.out").await,
        stage.person("changes").await,
        stage.person("deletes").await,
        stage.person("is.shut").await,
        stage.person("expires").await,
        stage.person("sleeps").await,
        stage.person("stays").await,
    ];
    let ids = people.clone().map(|someone| someone.session.parse::<SessionId>().expect("an id"));
    assert_eq!(auth.ended_sessions(&ids).await, Ok(Vec::new()));
    let [logs_out, changes, deletes, ..] = &people;
    logs_out.post("/api/auth/logout", json!({})).await.expect(204);
    let change = json!({ "current": PASSWORD, "new": "another password" });
    changes.post("/api/auth/password", change).await.expect(200);
    let password = Some(json!({ "password": PASSWORD }));
    deletes.send(Method::DELETE, "/api/users/me", password).await.expect(204);
    stage.command(UserCommand::Disable { login: "is.shut".to_owned() }).await;
    let of =
        |login: &str| format!("where user_id in (select id from users where login = '{login}')");
    stage.engine.change(&format!("update sessions set expires_at = 1 {}", of("expires"))).await;
    stage.engine.change(&format!("update sessions set used_at = 1 {}", of("sleeps"))).await;
    assert_eq!(auth.ended_sessions(&ids).await, Ok(ids[..6].to_vec()));
    let many: Vec<_> = (0..1200_u128).map(|n| SessionId::from_bytes(n.to_be_bytes())).collect();
    assert_eq!(auth.ended_sessions(&many).await, Ok(many.clone()), "more than one statement takes");
    stage.end().await;
}
