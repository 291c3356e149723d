//! Whatever hostile sockets send, the process does not grow by it.

use codesync_core::limits::FRAME_BYTES_MAX;

use crate::support::process::ServerProcess;
use crate::support::raw::Raw;
use crate::support::{Dice, content, create};

/// Sockets of each wave. A wave sends 48 MiB of what no honest client sends.
const SOCKETS: usize = 160;
/// What the process may grow by from one wave to the next, for the allocator's own reasons.
const GROWTH_BYTES_MAX: u64 = 12 * 1024 * 1024;

/// Frames of the longest length that hold nothing readable, and some that are too long.
async fn wave(server: &ServerProcess, dice: &mut Dice) {
    for n in 0..SOCKETS {
        let length = if n % 4 == 0 { FRAME_BYTES_MAX + 64 * 1024 } else { FRAME_BYTES_MAX };
        let mut frame: Vec<u8> =
            (0..length / 8).flat_map(|_| dice.below(u64::MAX).to_le_bytes()).collect();
        if n % 2 == 0 {
            // The head of a submission that claims more bytes than there are.
            frame[..8].copy_from_slice(&[1, 0, 1, 0, 0xff, 0xff, 0xff, 0x7f]);
        }
        let mut raw = Raw::greeted(server.address).await;
        raw.send(frame).await;
        raw.closed().await;
    }
}

#[tokio::test]
async fn hostile_frames_leave_memory_as_it_was() {
    let data = tempfile::tempdir().expect("a folder");
    let server = ServerProcess::start(data.path());
    let id = create(server.address, "kept", "text").await;
    let seed = 41;
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    // The first wave brings buffers and threads to their size.
    wave(&server, &mut dice).await;
    let before = server.memory_bytes();
    for _ in 0..3 {
        wave(&server, &mut dice).await;
    }
    let after = server.memory_bytes();
    println!("{before} bytes, and after three more waves {after}");
    assert!(after < before + GROWTH_BYTES_MAX, "{before} bytes grew to {after}");
    assert_eq!(content(server.address, id).await, "text");
    server.terminate();
}
