//! The program itself, for a few seconds: it starts servers, measures, checks and says so.

use std::process::{Command, Output};

fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codesync-loadgen"));
    // Whatever else runs on this machine meanwhile shall have room.
    command.args(words).args(["--rounds", "1", "--no-pin"]).env_remove("CODESYNC_SERVER_BIN");
    for service in ["POSTGRES", "REDIS", "S3"] {
        command.env_remove(format!("CODESYNC_TEST_{service}"));
    }
    command.output().expect("the program starts")
}

/// Runs it, and reads the rows of its first table from the JSON file.
#[track_caller]
fn rows(words: &[&str]) -> Vec<serde_json::Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("report.json");
    let name = file.to_str().expect("UTF-8");
    let output = run(&[words, &["--json", name]].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Every run was checked and right."), "{said}");
    let report = std::fs::read(file).expect("it was written");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    report["tables"][0]["rows"].as_array().expect("rows").clone()
}

#[test]
fn fan_out_is_measured_beside_a_bare_relay() {
    let rows = rows(&["fanout", "--clients", "2,10", "--seconds", "2"]);
    let names: Vec<_> = rows.iter().map(|row| (&row["clients"], &row["server"])).collect();
    assert_eq!(names.len(), 6, "three servers for each number of people: {names:?}");
    for row in &rows {
        assert!(row["edits/s"].as_f64() > Some(0.0), "{row}");
        assert!(row["seen p50 ms"].as_f64() > Some(0.0), "{row}");
        if cfg!(target_os = "linux") {
            assert!(row["CPU µs/delivery"].as_f64() > Some(0.0), "{row}");
        }
    }
}

#[test]
fn killed_servers_and_people_lose_nothing() {
    let rows = rows(&["kill", "--kills", "5"]);
    assert_eq!(rows[0]["kills"], 5);
}

#[test]
fn every_other_kind_of_run_comes_to_its_end() {
    rows(&["throughput", "--documents", "3", "--seconds", "0.5"]);
    rows(&["text-size", "--seconds", "0.5"]);
    rows(&["idle", "--connections", "100"]);
    rows(&["join", "--text-bytes", "20000", "--revisions", "200"]);
    rows(&["offline-merge", "--edits", "200"]);
}

#[test]
fn every_kind_of_run_on_shared_services_comes_to_its_end() {
    let services = [
        "--postgres",
        codesync_testing::postgres_url(),
        "--redis",
        codesync_testing::redis_url(),
        "--s3",
        codesync_testing::s3_url(),
    ];
    let rows = |words: &[&str]| rows(&[words, &services].concat());
    let hot = rows(&["hot", "--instances", "1,3", "--people", "6", "--seconds", "0.5"]);
    assert_eq!(hot.len(), 4, "two numbers of instances, two ways to type: {hot:?}");
    assert_eq!(hot[0]["conflicts %"], 0.0, "there is nobody to lose a race against");
    rows(&["batching", "--documents", "3", "--seconds", "0.5"]);
    rows(&["visibility", "--people", "10", "--seconds", "0.5"]);
    rows(&["open", "--text-bytes", "20000", "--tail", "700", "--documents", "3"]);
    rows(&["past", "--edits", "3000", "--kept", "1000"]);
}

#[test]
fn what_is_missing_is_named() {
    let output = run(&["hot", "--seconds", "0.1", "--redis", "redis://127.0.0.1:1"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--postgres is not named"), "{said}");
}

#[test]
fn a_server_that_cannot_be_reached_is_a_failure() {
    // Port 1 is nobody's.
    let output =
        run(&["fanout", "--clients", "2", "--seconds", "0.1", "--url", "http://127.0.0.1:1"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("127.0.0.1:1"));
}

#[test]
fn only_this_machine_is_put_under_load() {
    let output = run(&["fanout", "--url", "http://192.0.2.1:3000"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not on this machine"));
}
