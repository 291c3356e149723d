//! What the core costs, with its peers measured in the same run.
//!
//! `cargo bench -p codesync-core` measures everything and ends with a table of ratios; add a word
//! (`-- transform`) to measure only what has it in its name.
//!
//! Peers: `operational-transform` (the Rust port of ot.js), `diamond-types` (the fastest text CRDT
//! known to us), `cola` and `yrs` (two more), and the ropes `ropey` and `crop` alone, which keep no
//! history. `memory.rs` beside this file counts bytes.

#[path = "core/algebra.rs"]
mod algebra;
#[path = "core/catch_up.rs"]
mod catch_up;
#[path = "core/frames.rs"]
mod frames;
#[path = "core/merge.rs"]
mod merge;
#[path = "core/peers.rs"]
mod peers;
#[path = "core/remote.rs"]
mod remote;
#[path = "core/replay.rs"]
mod replay;
#[path = "core/report.rs"]
mod report;
#[path = "core/session.rs"]
mod session;
#[path = "core/wire.rs"]
mod wire;

use std::time::{Duration, SystemTime};

use criterion::Criterion;

fn main() {
    let started = SystemTime::now();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    algebra::benches(&mut criterion);
    catch_up::benches(&mut criterion);
    replay::benches(&mut criterion);
    remote::benches(&mut criterion);
    merge::benches(&mut criterion);
    criterion.final_summary();
    if !std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        report::print(started);
        wire::print();
    }
}

/// A small random sequence, the same in every run (splitmix64, Steele et al., OOPSLA 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
