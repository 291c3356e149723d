//! What several people really typed together, typed again by as many live clients through the real
//! server: all ends must be equal, and equal to what the people ended with.
//!
//! ```text
//!   recording ──script──▶ player ──codesync-client──▶ server   killed, in some tests, and
//!                           └── progress ──┘                   a player in a process apart, too
//! ```
//!
//! `CODESYNC_SEED=n` says when the kills of a run come; each run prints its own.

mod apart;
mod killed;
mod player;
mod progress;
mod script;
mod stage;

use std::time::Instant;

use codesync_core::test_support::traces;

use script::Script;
use stage::Stage;

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
    let (server, stage) = Stage::set(name).await;
    let began = Instant::now();
    let ends = stage.in_time(stage.play(0..stage.people())).await;
    println!("{name} in {:?}", began.elapsed());
    stage.check(&server, &ends).await;
}
