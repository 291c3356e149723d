//! Postgres, Redis and S3: where they are, and a place in them for one run.

use std::env;
use std::net::IpAddr;

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use clap::Args;
use codesync_server::db::{Database, PostgresOptions};
use codesync_server::snapshots::s3::{AccessKey, S3Options, S3Snapshots};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::{Host, Url};

use crate::machine;

/// Objects that one request deletes, and one page of a list has.
const OBJECTS_AT_ONCE: i32 = 1000;
const REGION: &str = "us-east-1";

/// Where the services are that several servers share; all of them on this machine.
#[derive(Args, Clone, Debug, Default)]
pub struct Services {
    /// Postgres, reached by somebody who may make databases.
    #[arg(long, global = true, env = "CODESYNC_TEST_POSTGRES", value_name = "URL")]
    postgres: Option<Url>,
    /// Redis.
    #[arg(long, global = true, env = "CODESYNC_TEST_REDIS", value_name = "URL")]
    redis: Option<Url>,
    /// An S3 server, with the key of `AWS_ACCESS_KEY_ID` if there is one.
    #[arg(long, global = true, env = "CODESYNC_TEST_S3", value_name = "URL")]
    s3: Option<Url>,
}

/// A database and a bucket of a run's own. They are removed with the value: whoever uses them has
/// to have ended by then.
///
/// In Redis nothing is kept but what ends by itself, under the random ids of documents.
pub struct Place {
    name: String,
    postgres: Url,
    redis: Url,
    s3: Url,
    /// The process under which the database runs, if it is one of this machine.
    postmaster: Option<u32>,
}

impl Services {
    /// Makes a place with the schema in it.
    ///
    /// # Errors
    ///
    /// If a service is not named, is not on this machine, or does not answer.
    pub async fn place(&self) -> Result<Place> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
        let mut place = Place {
            name: format!("codesync-load-{:016x}", u64::from_le_bytes(bytes)),
            postgres: near(self.postgres.as_ref(), "--postgres")?,
            redis: near(self.redis.as_ref(), "--redis")?,
            s3: near(self.s3.as_ref(), "--s3")?,
            postmaster: None,
        };
        place.make().await.with_context(|| format!("making {}", place.name))?;
        Ok(place)
    }
}

/// The address of a service, if it is on this machine.
fn near(url: Option<&Url>, flag: &str) -> Result<Url> {
    let url = url.with_context(|| {
        format!("{flag} is not named; `cargo xtask services -- COMMAND` starts all three")
    })?;
    let is_near = match url.host() {
        // Of a scheme that is not the web's, numbers are a name too.
        Some(Host::Domain("localhost")) => true,
        Some(Host::Domain(name)) => name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    ensure!(is_near, "what {flag} names is not on this machine");
    Ok(url.clone())
}

impl Place {
    /// What a server has to find in its environment to work here.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let AccessKey { id, secret } = access_key();
        vec![
            ("CODESYNC_DATABASE_URL", self.database_url().to_string()),
            ("CODESYNC_REDIS_URL", self.redis.to_string()),
            ("CODESYNC_OBJECTS", format!("s3://{}", self.name)),
            ("CODESYNC_S3_ENDPOINT", self.s3.to_string()),
            ("CODESYNC_S3_PATH_STYLE", "on".to_owned()),
            ("CODESYNC_ACCOUNTS", "off".to_owned()),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]
    }

    /// The address of the database.
    #[must_use]
    pub fn database_url(&self) -> Url {
        let mut url = self.postgres.clone();
        url.set_path(&self.name);
        url
    }

    /// The database as a server sees it.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub async fn database(&self) -> Result<Database> {
        Ok(Database::connect(self.options()?).await?)
    }

    /// The bucket as a server sees it.
    pub async fn snapshots(&self) -> S3Snapshots {
        let options = S3Options {
            endpoint: Some(self.s3.to_string()),
            region: Some(REGION.to_owned()),
            path_style: true,
            access_key: Some(access_key()),
            ..S3Options::new(&self.name)
        };
        S3Snapshots::new(options).await
    }

    /// The process under which the database runs, if it can be measured.
    #[must_use]
    pub fn postmaster(&self) -> Option<u32> {
        self.postmaster
    }

    fn options(&self) -> Result<PostgresOptions> {
        Ok(PostgresOptions::from_url(self.database_url().as_str())?)
    }

    async fn make(&mut self) -> Result<()> {
        let mut connection = PgConnection::connect(self.postgres.as_str()).await?;
        let create = format!("create database \"{}\"", self.name);
        sqlx::query(AssertSqlSafe(create)).execute(&mut connection).await?;
        let backend: i32 =
            sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
        self.postmaster = u32::try_from(backend).ok().and_then(machine::parent);
        connection.close().await?;
        Database::migrate(&self.options()?).await?;
        self.bucket().create_bucket().bucket(&self.name).send().await?;
        Ok(())
    }

    async fn remove(&self) -> Result<()> {
        let mut connection = PgConnection::connect(self.postgres.as_str()).await?;
        let drop = format!("drop database if exists \"{}\" with (force)", self.name);
        sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await?;
        connection.close().await?;
        let bucket = self.bucket();
        loop {
            let list = bucket.list_objects_v2().bucket(&self.name).max_keys(OBJECTS_AT_ONCE);
            let list = list.send().await?;
            for key in list.contents().iter().filter_map(|object| object.key()) {
                bucket.delete_object().bucket(&self.name).key(key).send().await?;
            }
            if list.is_truncated() != Some(true) {
                break;
            }
        }
        bucket.delete_bucket().bucket(&self.name).send().await?;
        Ok(())
    }

    fn bucket(&self) -> aws_sdk_s3::Client {
        let AccessKey { id, secret } = access_key();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(self.s3.as_str())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(id, secret, None, None, "environment"))
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }
}

/// The environment's, or one that a server for tests takes as well as any.
fn access_key() -> AccessKey {
    let variable = |name| env::var(name).unwrap_or_else(|_| "codesync".to_owned());
    AccessKey { id: variable("AWS_ACCESS_KEY_ID"), secret: variable("AWS_SECRET_ACCESS_KEY") }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A thread of its own, for it may be dropped where a runtime is at work.
        let removed = std::thread::scope(|scope| {
            let remove = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.remove())
            };
            scope.spawn(remove).join()
        });
        if !matches!(removed, Ok(Ok(()))) {
            eprintln!("{} is left behind: {removed:?}", self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_of_this_machine_are_used() {
        let is_near = |url: &str| near(Some(&url.parse().expect("a URL")), "--redis").is_ok();
        assert!(is_near("redis://127.0.0.1:6379"));
        assert!(is_near("redis://[::1]:6379"));
        assert!(is_near("http://localhost:5000"));
        assert!(!is_near("redis://192.0.2.1:6379"));
        assert!(!is_near("redis://127.0.0.1.example.org"));
        assert!(near(None, "--redis").is_err());
    }
}
