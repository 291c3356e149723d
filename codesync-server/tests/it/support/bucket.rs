//! A bucket of its own for each test, on the S3 server that the tests share.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use codesync_server::snapshots::s3::{AccessKey, S3Options};

use super::PATIENCE;

/// A bucket that keeps versions, and the plain client of whoever looks into it.
pub(crate) struct Bucket {
    pub(crate) client: Client,
    pub(crate) name: String,
    endpoint: String,
}

impl Bucket {
    pub(crate) async fn new() -> Self {
        Self::at(codesync_testing::s3_url()).await
    }

    /// A bucket at another server.
    pub(crate) async fn at(endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("random bytes");
        let name = format!("test-{:016x}", u64::from_le_bytes(bytes));
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .force_path_style(true)
            .build();
        let client = Client::from_conf(config);
        client.create_bucket().bucket(&name).send().await.expect("a bucket");
        let versions =
            VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let keep = client.put_bucket_versioning().bucket(&name).versioning_configuration(versions);
        keep.send().await.expect("a bucket that keeps versions");
        Self { client, name, endpoint }
    }

    /// How the server reaches it.
    pub(crate) fn options(&self) -> S3Options {
        S3Options { bucket: self.name.clone(), ..options(&self.endpoint) }
    }

    /// All versions of all objects, as many as one answer has: key, and whether it is a deletion.
    pub(crate) async fn versions(&self) -> Vec<(String, bool)> {
        let answer = self.client.list_object_versions().bucket(&self.name).send().await;
        let answer = answer.expect("a list of versions");
        let kept = answer.versions().iter().filter_map(|it| Some((it.key()?.to_owned(), false)));
        let gone =
            answer.delete_markers().iter().filter_map(|it| Some((it.key()?.to_owned(), true)));
        kept.chain(gone).collect()
    }
}

/// How a bucket without a name is reached at a server that may not exist.
pub(crate) fn options(endpoint: &str) -> S3Options {
    S3Options {
        endpoint: Some(endpoint.to_owned()),
        path_style: true,
        access_key: Some(AccessKey { id: "test".to_owned(), secret: "test".to_owned() }),
        patience: PATIENCE,
        ..S3Options::new("nowhere")
    }
}
