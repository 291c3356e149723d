//! What is particular to a bucket: versions, pages, and a server that fails or says nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use bytes::Bytes;
use codesync_server::oplog::Epoch;
use codesync_server::snapshots::s3::{S3Options, S3Snapshots};
use codesync_server::snapshots::{Objects, SnapshotError, SnapshotKey};
use codesync_testing::Signal;
use tokio::net::TcpListener;

use super::{DOCUMENT, key, put};
use crate::support::PATIENCE;
use crate::support::bucket::{Bucket, options};

/// Longer than what a page of names holds.
const MANY: u64 = 1005;

#[tokio::test]
async fn an_object_that_is_put_again_has_no_second_version() {
    let bucket = Bucket::new().await;
    let options = S3Options { prefix: "/deep/er/".to_owned(), ..bucket.options() };
    let store = S3Snapshots::new(options).await;
    let key = put(&store, 1, "text").await;
    put(&store, 1, "text").await;
    let place = format!("deep/er/{key}");
    assert_eq!(bucket.versions().await, [(place.clone(), false)]);
    store.delete(&key).await.expect("deleted");
    assert_eq!(bucket.versions().await, [(place.clone(), false), (place, true)]);
}

#[tokio::test]
async fn two_prefixes_in_one_bucket_do_not_mix() {
    let bucket = Bucket::new().await;
    let with = |prefix: &str| S3Options { prefix: prefix.to_owned(), ..bucket.options() };
    let (left, right) = (S3Snapshots::new(with("a")).await, S3Snapshots::new(with("ab")).await);
    let key = put(&left, 1, "text").await;
    assert!(right.get(&key).await.is_err());
    let listed: Vec<SnapshotKey> = right.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    assert_eq!(listed, []);
}

#[tokio::test]
async fn what_somebody_else_put_under_a_key_is_not_given_back() {
    let bucket = Bucket::new().await;
    let store = S3Snapshots::new(bucket.options()).await;
    let key = put(&store, 1, "text").await;
    let put = bucket.client.put_object().bucket(&bucket.name).key(key.to_string());
    put.body(Bytes::from_static(b"test").into()).send().await.expect("put");
    let error = store.get(&key).await.expect_err("damaged");
    assert!(matches!(error, SnapshotError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let bucket = Bucket::new().await;
    let store = Arc::new(S3Snapshots::new(bucket.options()).await);
    let next = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (store, next) = (store.clone(), next.clone());
            tokio::spawn(async move {
                loop {
                    let revision = next.fetch_add(1, Ordering::Relaxed) as u64;
                    if revision >= MANY {
                        return;
                    }
                    put(store.as_ref(), revision, "x").await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let keys: Vec<SnapshotKey> = store.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    let revisions: Vec<_> = keys.iter().map(|key| key.revision.get()).collect();
    assert_eq!(revisions, (0..MANY).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn an_error_names_the_bucket_and_the_key_and_no_secret() {
    let bucket = Bucket::new().await;
    let mut options = S3Options { bucket: "missing".to_owned(), ..bucket.options() };
    options.access_key.as_mut().expect("a key").secret = "canary".to_owned();
    assert!(!format!("{options:?}").contains("canary"));
    let store = S3Snapshots::new(options).await;
    let key = key(1, b"text");
    let error = store.put(&key, Bytes::from_static(b"text")).await.expect_err("no bucket");
    let told = error.to_string();
    assert!(told.contains("bucket missing") && told.contains(&key.to_string()), "{told}");
    assert!(told.contains("NoSuchBucket") && !told.contains("canary"), "{told}");
    let listed: Result<Vec<SnapshotKey>, _> = store.list(DOCUMENT, Epoch::FIRST).await;
    assert!(listed.is_err(), "an error is no empty list");
    assert!(matches!(store.get(&key).await, Err(SnapshotError::Bucket { .. })));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time_and_found_again() {
    let server = codesync_testing::S3::start().expect("an S3 server");
    let bucket = Bucket::at(&server.url()).await;
    let patience = Duration::from_millis(1500);
    let store = S3Snapshots::new(S3Options { patience, ..bucket.options() }).await;
    let key = put(&store, 1, "text").await;

    server.send(Signal::Stop);
    let began = Instant::now();
    let error = store.get(&key).await.expect_err("nobody answers");
    assert!(error.to_string().contains(&key.to_string()), "{error}");
    assert!(began.elapsed() < 2 * patience, "{:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..100 {
        let listed: Result<Vec<SnapshotKey>, _> = store.list(DOCUMENT, Epoch::FIRST).await;
        let error = listed.expect_err("nobody asks").to_string();
        assert!(error.contains("a moment ago"), "{error}");
    }
    assert!(began.elapsed() < patience, "nobody waits: {:?}", began.elapsed());

    server.send(Signal::Continue);
    let came_back = async {
        while store.get(&key).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, came_back).await.expect("it answers again");
    put(&store, 2, "text").await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_at_once() {
    let options = S3Options { bucket: "nowhere".to_owned(), ..options("http://127.0.0.1:9") };
    let store = S3Snapshots::new(options).await;
    let error = store.get(&key(1, b"text")).await.expect_err("nobody is there").to_string();
    assert!(error.contains("the bucket nowhere"), "{error}");
}

#[tokio::test]
async fn errors_that_pass_are_not_seen() {
    let bucket = Bucket::new().await;
    let (address, failures) = stumbling(codesync_testing::s3_url()).await;
    let options = S3Options { endpoint: Some(address), ..bucket.options() };
    let store = S3Snapshots::new(options).await;
    failures.store(2, Ordering::SeqCst);
    let key = put(&store, 1, "text").await;
    failures.store(2, Ordering::SeqCst);
    assert_eq!(store.get(&key).await.expect("given"), "text");
    failures.store(2, Ordering::SeqCst);
    let listed: Vec<SnapshotKey> = store.list(DOCUMENT, Epoch::FIRST).await.expect("listed");
    assert_eq!(listed, std::slice::from_ref(&key));

    failures.store(3, Ordering::SeqCst);
    store.get(&key).await.expect_err("after three attempts");
    assert_eq!(failures.load(Ordering::SeqCst), 0, "and not more");
}

/// A way to a server on which the next few requests are answered with 500, and how many.
async fn stumbling(server: &'static str) -> (String, Arc<AtomicUsize>) {
    let failures = Arc::new(AtomicUsize::new(0));
    let (left, client) = (failures.clone(), reqwest::Client::new());
    let handle = move |request: Request| {
        let (left, client) = (left.clone(), client.clone());
        async move {
            let one_less = |n: usize| n.checked_sub(1);
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
            let url = format!("{server}{}", head.uri);
            let request = client.request(head.method, url).headers(head.headers).body(body);
            let answer = request.send().await.expect("an answer");
            let (status, headers) = (answer.status(), answer.headers().clone());
            (status, headers, answer.bytes().await.expect("a body")).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().fallback(handle);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), failures)
}
