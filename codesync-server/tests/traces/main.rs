//! What several people really typed together, typed again by as many live clients through the real
//! server: all ends must be equal, and equal to what the people ended with.

mod player;
mod script;

use std::time::{Duration, Instant};

use codesync_core::test_support::traces;
use codesync_loadgen::machine::Cores;
use codesync_loadgen::rest;
use codesync_loadgen::server::{Program, Server};
use futures_util::future::try_join_all;

use player::{Player, Progress};
use script::Script;

/// Only a failing test ever takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_script_plays_to_the_recorded_end_without_a_network() {
    for name in traces::CONCURRENT {
        let trace = traces::concurrent(name);
        let script = Script::read(&trace);
        assert_eq!(script.merged(), trace.end_content, "{name}");
    }
}

#[tokio::test]
async fn clownschool_typed_by_three_live_people_ends_as_recorded() {
    replay("clownschool").await;
}

#[tokio::test]
async fn friendsforever_typed_by_two_live_people_ends_as_recorded() {
    replay("friendsforever").await;
}

async fn replay(name: &str) {
    let trace = traces::concurrent(name);
    let script = Script::read(&trace);
    let binary = env!("CARGO_BIN_EXE_codesync-server").into();
    let server = Server::start(Program::Binary(binary), Cores::Shared).await.expect("it starts");
    let document = rest::create(server.address(), name, "").await.expect("a document");

    let began = Instant::now();
    let progress = Progress::new(trace.txns.len());
    let people = (0..trace.num_agents)
        .map(|agent| Player::open(server.address(), document, agent, &script, &progress).arrive());
    let people = try_join_all(people).await.expect("everybody comes");
    let ends = try_join_all(people.into_iter().map(Player::play));
    let ends = tokio::time::timeout(PATIENCE, ends).await.expect("it comes to an end");
    let ends = ends.expect("nobody is turned away");
    let revisions = rest::revision(server.address(), document).await.expect("an answer");
    println!(
        "{name}: {} transactions as {revisions} operations in {:?}",
        trace.txns.len(),
        began.elapsed()
    );

    let kept = rest::content(server.address(), document).await.expect("an answer");
    for (agent, end) in ends.iter().enumerate() {
        assert!(*end == kept, "the copy of person {agent} is not the server's text");
    }
    assert!(revisions > trace.num_agents as u64, "there was nothing to bring together");
    assert_eq!(script.recorded(&kept), trace.end_content);
}
