//! The same crowd in front of the relay: frames of the same size at the same rate, and nothing in
//! them but a number.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, timeout_at};

use crate::client::{Traffic, Wire};
use crate::crowd::{Board, Outcome, Post, Stage, Stages};
use crate::fleet::Fleet;
use crate::sample::Sample;

const PATIENCE: Duration = Duration::from_secs(60);
/// How often somebody who has everything looks whether the others are through.
const LOOK: Duration = Duration::from_millis(5);

/// What is sent through the relay.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many sockets.
    pub people: usize,
    /// Frames a second from all of them together.
    pub frames_per_second: f64,
    /// Bytes in each.
    pub frame_bytes: usize,
    /// For how long.
    pub typing: Duration,
}

struct Done {
    seen: Sample,
    received: u64,
    up: u64,
    down: u64,
}

/// Runs a plan through a relay; each frame must reach each other socket once.
///
/// # Errors
///
/// If one does not.
pub async fn run(plan: Plan, relay: &Fleet) -> Result<Outcome> {
    let board = Arc::new(Board::default());
    let mut stages = Stages::new();
    for number in 0..plan.people {
        board.begin_typing();
        stages.spawn(live(plan, relay.address(0), number, board.clone(), stages.post()));
    }
    let (mut outcome, people) = stages.run(plan.typing, relay).await?;
    outcome.edits = board.total().context("somebody sends on")? as u64;
    outcome.deliveries = outcome.edits * (plan.people as u64 - 1);
    let mut received = 0;
    for person in people {
        outcome.seen.merge(&person.seen);
        outcome.up += person.up;
        outcome.down += person.down;
        received += person.received;
    }
    let all = outcome.deliveries;
    ensure!(received == all, "the relay passed {received} frames on, not {all}");
    Ok(outcome)
}

async fn live(
    plan: Plan,
    address: SocketAddr,
    number: usize,
    board: Arc<Board>,
    mut post: Post,
) -> Result<Done> {
    let traffic = Arc::new(Traffic::default());
    let mut wire = Wire::dial(address, traffic.clone()).await.context("dialling the relay")?;
    post.ready();
    post.stage.changed().await?;
    let Stage::Type { from, until } = *post.stage.borrow_and_update() else {
        bail!("called away before typing");
    };
    let (up, down) = (traffic.up(), traffic.down());
    let interval = Duration::from_secs_f64(plan.people as f64 / plan.frames_per_second);
    let mut due = from + interval.mul_f64(number as f64 / plan.people as f64);
    let mut done = Done { seen: Sample::default(), received: 0, up: 0, down: 0 };
    let (mut sent, mut typing) = (0, true);
    let deadline = until + PATIENCE;
    loop {
        let now = Instant::now();
        if typing && now >= until {
            typing = false;
            board.end_typing();
        }
        if typing && now >= due {
            let tag = board.next().context("too many frames")?;
            let mut frame = tag.to_le_bytes().to_vec();
            frame.resize(plan.frame_bytes.max(frame.len()), 0);
            wire.push(frame);
            sent += 1;
            due += interval;
        }
        if board.total() == Some((done.received + sent) as usize) {
            break;
        }
        ensure!(now < deadline, "some frames never came: only {} are here", done.received);
        let next = if typing { due.max(now).min(until) } else { now + LOOK };
        if let Ok(frame) = timeout_at(next, wire.next()).await {
            let frame = frame.context("the relay hung up")?;
            let tag = frame.first_chunk().context("the relay cut a frame")?;
            done.seen.add(board.age(u32::from_le_bytes(*tag)).context("a frame of nobody")?);
            done.received += 1;
        }
    }
    (done.up, done.down) = (traffic.up() - up, traffic.down() - down);
    post.ready();
    post.stage.changed().await?;
    Ok(done)
}
