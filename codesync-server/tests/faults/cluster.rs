//! Three servers, what they share, and a wire between every two.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_core::{DocumentId, Revision};
use codesync_server::oplog::Epoch;
use codesync_server::snapshots::s3::{AccessKey, S3Options, S3Snapshots};
use codesync_server::snapshots::{Objects, SnapshotKey};
use codesync_testing::{Postgres, Redis, S3, Signal};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::instance::{self, Instance, Role, Settings};
use crate::proxy::{Proxy, Speech};

pub(crate) const SERVERS: usize = 3;
const ROLES: [Role; SERVERS] = [Role::All, Role::All, Role::WebSocket];
const SECRET: &str = "a secret of the test run, 0123456789 abcdefghij";

/// The wires of one server.
pub(crate) struct Wires {
    pub(crate) database: Proxy,
    pub(crate) redis: Proxy,
    pub(crate) objects: Proxy,
}

pub(crate) struct Cluster {
    servers: Vec<Mutex<Instance>>,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) wires: Vec<Wires>,
    redis: Mutex<Redis>,
    postgres: Mutex<Postgres>,
    /// Past all wires.
    pub(crate) database_url: String,
    settings: Settings,
    s3: S3,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self> {
        let (postgres, redis, s3) = block_in_place(|| {
            Ok::<_, anyhow::Error>((Postgres::start()?, Redis::start()?, S3::start()?))
        })?;
        let bucket = reqwest::Client::new().put(format!("{}/codesync", s3.url())).send().await?;
        ensure!(bucket.status().is_success(), "no bucket: {}", bucket.status());
        let [database, bus, objects] =
            [postgres.url(), redis.url(), s3.url()].map(|url| place(&url));
        let (database, bus, objects) = (database?, bus?, objects?);
        let straight = settings(database, bus, objects);
        block_in_place(|| instance::command(&straight, "migrate"))?;
        let (mut servers, mut wires, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for role in ROLES {
            let own = Wires {
                database: Proxy::to(Speech::Other, database).await?,
                redis: Proxy::to(Speech::Redis, bus).await?,
                objects: Proxy::to(Speech::Other, objects).await?,
            };
            let settings = settings(own.database.address, own.redis.address, own.objects.address);
            let mut server = Instance::new(role, settings)?;
            block_in_place(|| server.start())?;
            addresses.push(server.address);
            servers.push(Mutex::new(server));
            wires.push(own);
        }
        Ok(Self {
            servers,
            addresses,
            wires,
            database_url: postgres.url(),
            redis: Mutex::new(redis),
            postgres: Mutex::new(postgres),
            settings: straight,
            s3,
        })
    }

    pub(crate) fn server(&self, number: usize) -> MutexGuard<'_, Instance> {
        self.servers[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a server in this way, and starts it again after a while.
    pub(crate) async fn replace_server(
        &self,
        number: usize,
        signal: Signal,
        away: Duration,
    ) -> Result<()> {
        block_in_place(|| self.server(number).end(signal));
        sleep(away).await;
        block_in_place(|| self.server(number).start())
    }

    pub(crate) async fn pause_server(&self, number: usize, time: Duration) {
        self.server(number).send(Signal::Stop);
        sleep(time).await;
        self.server(number).send(Signal::Continue);
    }

    pub(crate) fn end_redis(&self) {
        block_in_place(|| lock(&self.redis).end(Signal::Kill));
    }

    pub(crate) fn restart_redis(&self) -> Result<()> {
        block_in_place(|| lock(&self.redis).restart())
    }

    pub(crate) async fn pause_redis(&self, time: Duration) {
        lock(&self.redis).send(Signal::Stop);
        sleep(time).await;
        lock(&self.redis).send(Signal::Continue);
    }

    pub(crate) fn flush_redis(&self) -> Result<()> {
        use std::io::{Read, Write};
        let address = place(&lock(&self.redis).url())?;
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"FLUSHALL\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        ensure!(&answer == b"+OK\r\n", "Redis does not forget");
        Ok(())
    }

    pub(crate) fn end_postgres(&self, signal: Signal) {
        block_in_place(|| lock(&self.postgres).end(signal));
    }

    pub(crate) fn restart_postgres(&self) -> Result<()> {
        block_in_place(|| lock(&self.postgres).restart())
    }

    /// The sum of a counter over all servers.
    pub(crate) fn counted(&self, name: &str) -> Result<f64> {
        block_in_place(|| (0..SERVERS).map(|number| self.server(number).counted(name)).sum())
    }

    /// I10: ends all servers in good order, and reads everything again from the first edit on.
    pub(crate) fn verify(&self) -> Result<()> {
        let said = block_in_place(|| {
            (0..SERVERS).for_each(|number| self.server(number).end(Signal::Terminate));
            instance::command(&self.settings, "verify").context("I10 snapshot")
        })?;
        ensure!(!said.contains(" 0 snapshots"), "I10 snapshot: there was none: {said}");
        Ok(())
    }

    /// Puts the newest snapshot where the one of the revision before it would be.
    pub(crate) async fn forge_snapshot(&self, document: DocumentId) -> Result<()> {
        let (id, secret) = ("test".to_owned(), "test".to_owned());
        let store = S3Snapshots::new(S3Options {
            prefix: "objects".to_owned(),
            endpoint: Some(self.s3.url()),
            path_style: true,
            access_key: Some(AccessKey { id, secret }),
            ..S3Options::new("codesync")
        });
        let store = store.await;
        let keys: Vec<SnapshotKey> = store.list(document, Epoch::FIRST).await?;
        let newest = keys.first().context("no snapshot")?;
        let content = store.get(newest).await?;
        let before = newest.revision.get().checked_sub(1).context("a snapshot of nothing")?;
        let key = SnapshotKey::of(document, Epoch::FIRST, Revision::new(before), &content);
        Ok(store.put(&key, content).await?)
    }

    /// The last of what the servers said.
    pub(crate) fn logs(&self) -> String {
        let log = |number| format!("server {number}:\n{}\n", self.server(number).log());
        (0..SERVERS).map(log).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address in a URL.
fn place(url: &str) -> Result<SocketAddr> {
    let (_, rest) = url.split_once("//").context("no URL")?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    Ok(rest.split('/').next().unwrap_or_default().parse()?)
}

fn settings(database: SocketAddr, redis: SocketAddr, objects: SocketAddr) -> Settings {
    vec![
        // The commands beside `serve` want to know of a folder, and write nothing there.
        ("HOME", std::env::temp_dir().display().to_string()),
        ("CODESYNC_DATABASE_URL", format!("postgres://postgres@{database}/postgres")),
        ("CODESYNC_REDIS_URL", format!("redis://{redis}")),
        ("CODESYNC_OBJECTS", "s3://codesync/objects".to_owned()),
        ("CODESYNC_S3_ENDPOINT", format!("http://{objects}")),
        ("CODESYNC_S3_REGION", "us-east-1".to_owned()),
        ("CODESYNC_S3_PATH_STYLE", "on".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("CODESYNC_ACCOUNTS", "on".to_owned()),
        ("CODESYNC_JWT_SECRET", SECRET.to_owned()),
        ("CODESYNC_LOG", "warn".to_owned()),
        ("CODESYNC_MESSAGES_PER_SECOND", "10000".to_owned()),
    ]
}
