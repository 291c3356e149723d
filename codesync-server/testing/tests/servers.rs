//! The servers start, are killed and come back, and leave nothing behind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use codesync_testing::{Guard, Postgres, Redis, S3, Signal};

/// Connects to where a URL leads.
fn connect(url: &str) -> std::io::Result<TcpStream> {
    let place = url.rsplit_once("//").expect("a URL").1;
    let place = place.split('/').next().expect("an address");
    TcpStream::connect(place.rsplit('@').next().expect("an address"))
}

#[test]
fn a_killed_redis_comes_back_empty_at_the_same_address() {
    let mut redis = Redis::start().expect("Redis starts");
    let url = redis.url();
    let ask = |question: &str, length: usize| {
        let mut stream = connect(&url).expect("connected");
        stream.write_all(question.as_bytes()).expect("written");
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).expect("an answer");
        String::from_utf8(answer).expect("text")
    };
    assert_eq!(ask("SET a b\r\n", 5), "+OK\r\n");
    assert_eq!(ask("DBSIZE\r\n", 4), ":1\r\n");
    redis.end(Signal::Kill);
    assert!(connect(&url).is_err(), "nobody listens");
    redis.restart().expect("Redis starts again");
    assert_eq!(ask("DBSIZE\r\n", 4), ":0\r\n");
}

#[test]
fn a_killed_postgres_comes_back_at_the_same_address() {
    let mut postgres = Postgres::start().expect("Postgres starts");
    let url = postgres.url();
    for signal in [Signal::Kill, Signal::Interrupt] {
        connect(&url).expect("connected");
        postgres.end(signal);
        assert!(connect(&url).is_err(), "nobody listens");
        postgres.restart().expect("Postgres starts again");
    }
}

#[test]
fn a_server_ends_with_its_owner_and_takes_its_folder_along() {
    let s3 = S3::start().expect("the S3 server starts");
    let (url, folder) = (s3.url(), s3.folder().to_owned());
    connect(&url).expect("connected");
    assert!(folder.is_dir());
    drop(s3);
    assert!(connect(&url).is_err(), "nobody listens");
    assert!(!folder.exists());
}

#[test]
fn a_program_that_ends_before_it_answers_is_told_of_at_once_and_may_be_started_again() {
    let mut guard = Guard::new("short").expect("a folder");
    for _ in 0..2 {
        let began = Instant::now();
        let words = ["sh", "-c", "echo no such luck; exit 3"];
        let started = guard.start(words, Signal::Terminate, || false);
        let said = format!("{:#}", started.expect_err("it has ended"));
        assert!(said.contains("no such luck"), "{said}");
        assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
    }
}
