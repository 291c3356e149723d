//! Snapshots in a bucket of S3, or of a server that speaks like it.
//!
//! Objects are written once and never overwritten, so a bucket that keeps versions keeps one of
//! each. What fails is tried again a few times; every call ends within [`S3Options::patience`],
//! whatever the other side does, and after one that had no answer the next ones fail at once.
//! Nobody who types waits for it, and whoever opens a document waits once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use codesync_core::DocumentId;

use crate::oplog::Epoch;
use crate::pause::{Change, Pause};
use crate::snapshots::{Key, Objects, SnapshotError};

/// How often a call is made, if the first ones fail in a way that may pass.
const ATTEMPTS_MAX: u32 = 3;
/// Longest wait before the first of these attempts; later ones wait longer.
const BACKOFF: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// Bytes of an object that are read; nothing that was put here is longer.
const OBJECT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Pages of a list, with a thousand names each.
const PAGES_MAX: usize = 1000;

/// Where the bucket is, and how it is reached.
#[derive(Clone, Debug)]
pub struct S3Options {
    pub bucket: String,
    /// Stands in front of all keys, with a slash between; may be empty.
    pub prefix: String,
    /// URL of a server other than Amazon's.
    pub endpoint: Option<String>,
    /// Where the bucket is; otherwise the environment says so, as for Amazon's other programs.
    pub region: Option<String>,
    /// Whether the bucket stands in the path of a URL instead of its host.
    pub path_style: bool,
    /// Otherwise the environment says who we are, or the machine's role.
    pub access_key: Option<AccessKey>,
    /// How long one call may take with all its attempts.
    pub patience: Duration,
}

impl S3Options {
    /// A bucket at Amazon, reached as the environment says.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            endpoint: None,
            region: None,
            path_style: false,
            access_key: None,
            patience: Duration::from_secs(10),
        }
    }
}

/// A pair of names for whoever may use a bucket; the secret one is never shown.
#[derive(Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

/// A bucket of snapshots.
#[derive(Debug)]
pub struct S3Snapshots {
    client: Client,
    bucket: String,
    prefix: String,
    patience: Duration,
    pause: Pause,
    /// Whether the server knows "put if there is none yet", as far as we know.
    conditional: AtomicBool,
}

impl S3Snapshots {
    /// Finds out how the bucket is reached. Asks nothing of the bucket itself yet.
    pub async fn new(options: S3Options) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        let elsewhere = options.endpoint.as_ref().map(|_| "us-east-1".to_owned());
        if let Some(region) = options.region.or(elsewhere) {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = options.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(AccessKey { id, secret }) = options.access_key {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
        }
        let retry = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_MAX)
            .with_initial_backoff(BACKOFF)
            .with_max_backoff(BACKOFF_MAX);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_MAX)
            .operation_attempt_timeout(options.patience / 2)
            .build();
        let config = aws_sdk_s3::config::Builder::from(&loader.load().await)
            .force_path_style(options.path_style)
            .retry_config(retry)
            .timeout_config(timeouts)
            .build();
        Self {
            client: Client::from_conf(config),
            bucket: options.bucket,
            prefix: options.prefix.trim_matches('/').to_owned(),
            patience: options.patience,
            pause: Pause::new(options.patience),
            conditional: AtomicBool::new(true),
        }
    }

    fn place(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    /// Gives the work its time, and its error a place.
    async fn bounded<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, SnapshotError> {
        let failed = |detail| {
            let (bucket, name) = (self.bucket.clone(), self.place(name));
            SnapshotError::Bucket { bucket, name, detail }
        };
        if !self.pause.may_ask() {
            return Err(failed("it did not answer a moment ago".to_owned()));
        }
        let answer = tokio::time::timeout(self.patience, work).await.unwrap_or_else(|_| {
            Err(Failure { answered: false, detail: format!("no answer in {:?}", self.patience) })
        });
        let answered = answer.as_ref().err().is_none_or(|failure| failure.answered);
        match self.pause.answered(answered) {
            Change::Gone => tracing::warn!(bucket = self.bucket, "S3 does not answer"),
            Change::Back => tracing::info!(bucket = self.bucket, "S3 answers again"),
            Change::Nothing => {}
        }
        answer.map_err(|failure| failed(failure.detail))
    }

    async fn write(&self, place: String, content: Bytes) -> Result<(), Failure> {
        let put = |content| {
            let put = self.client.put_object().bucket(&self.bucket).key(&place);
            put.content_type("application/octet-stream").body(ByteStream::from(content))
        };
        if self.conditional.load(Ordering::Relaxed) {
            let Err(error) = put(content.clone()).if_none_match("*").send().await else {
                return Ok(());
            };
            match status(&error) {
                // It is there already, perhaps from an attempt whose answer was lost.
                Some(412) => return Ok(()),
                // Somebody puts the same or deletes it just now.
                Some(409) => {}
                Some(501) => self.conditional.store(false, Ordering::Relaxed),
                _ => return Err(told(error)),
            }
        }
        put(content).send().await.map(drop).map_err(told)
    }

    /// The object, or nothing if there is none.
    async fn read(&self, place: String) -> Result<Option<Bytes>, Failure> {
        let get = self.client.get_object().bucket(&self.bucket).key(place);
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|it| it.is_no_such_key()) => {
                return Ok(None);
            }
            Err(error) => return Err(told(error)),
        };
        let (mut body, mut content) = (object.body, BytesMut::new());
        while let Some(piece) = body.try_next().await.map_err(Failure::later)? {
            if content.len() + piece.len() > OBJECT_BYTES_MAX {
                return Err(Failure::later(format!("it is longer than {OBJECT_BYTES_MAX} bytes")));
            }
            content.extend_from_slice(&piece);
        }
        Ok(Some(content.freeze()))
    }

    /// Names in a folder, without those in folders below it.
    async fn names(&self, folder: String) -> Result<Vec<String>, Failure> {
        let list = self.client.list_objects_v2().bucket(&self.bucket);
        let list = list.prefix(&folder).delimiter("/");
        let (mut names, mut more) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page = list.clone().set_continuation_token(more).send().await.map_err(told)?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            names.extend(keys.filter_map(|key| key.strip_prefix(&folder)).map(ToOwned::to_owned));
            more = page.next_continuation_token().map(ToOwned::to_owned);
            if more.is_none() {
                return Ok(names);
            }
        }
        Err(Failure::later(format!("there are more than {PAGES_MAX} pages of names")))
    }
}

#[async_trait]
impl<K: Key> Objects<K> for S3Snapshots {
    async fn put(&self, key: &K, content: Bytes) -> Result<(), SnapshotError> {
        let name = key.to_string();
        self.bounded(&name, self.write(self.place(&name), content)).await
    }

    async fn get(&self, key: &K) -> Result<Bytes, SnapshotError> {
        let (name, matching) = (key.to_string(), key.clone());
        let read = async {
            let Some(content) = self.read(self.place(&name)).await? else { return Ok(None) };
            let hashed = tokio::task::spawn_blocking(move || (matching.matches(&content), content));
            hashed.await.map(Some).map_err(Failure::later)
        };
        match self.bounded(&name, read).await? {
            None => Err(SnapshotError::NotFound { key: name }),
            Some((false, _)) => Err(SnapshotError::Damaged { key: name }),
            Some((true, content)) => Ok(content),
        }
    }

    async fn list(&self, document: DocumentId, epoch: Epoch) -> Result<Vec<K>, SnapshotError> {
        let folder = format!("{}/", K::folder(document, epoch));
        let names = self.bounded(&folder, self.names(self.place(&folder))).await?;
        let mut keys: Vec<K> =
            names.iter().filter_map(|name| K::parse(document, epoch, name)).collect();
        keys.sort_unstable_by(|left, right| right.cmp(left));
        Ok(keys)
    }

    async fn delete(&self, key: &K) -> Result<(), SnapshotError> {
        let name = key.to_string();
        let delete = self.client.delete_object().bucket(&self.bucket).key(self.place(&name)).send();
        self.bounded(&name, async { delete.await.map(drop).map_err(told) }).await
    }
}

/// A call that failed.
struct Failure {
    /// Whether the other side said something.
    answered: bool,
    detail: String,
}

impl Failure {
    /// After there was an answer.
    fn later(cause: impl fmt::Display) -> Self {
        Self { answered: true, detail: cause.to_string() }
    }
}

/// The HTTP status of an answer that is an error.
fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// What went wrong, with what caused it.
fn told<E: std::error::Error + 'static>(error: SdkError<E>) -> Failure {
    let answered = error.raw_response().is_some();
    Failure { answered, detail: DisplayErrorContext(error).to_string() }
}
