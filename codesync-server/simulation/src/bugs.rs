//! Proof that the simulation can fail: mistakes switched on one by one, each of them caught.
//!
//! The mistakes stand in the code itself, behind [`codesync_core::bugs`]; the test that all seeds
//! pass without them is their control.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use codesync_core::bugs::{self, Bug};

use crate::oracle::Violation;
use crate::run;

/// Within so many seeds each mistake is to be caught: as many as always run. Most take a handful.
const SEEDS: u64 = 2000;

/// The first seed that catches a mistake, and by which law.
fn caught(bug: Bug) -> Option<(u64, Violation)> {
    bugs::with(bug, || (0..SEEDS).find_map(|seed| Some((seed, run::seed(seed).err()?.violation))))
}

#[test]
fn every_seeded_mistake_is_caught_and_its_seed_passes_without_it() {
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(Vec::new());
    let work = || {
        while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let line = match caught(*bug) {
                None => Err(format!("{bug:?} was not caught in {SEEDS} seeds")),
                Some((seed, violation)) => match run::seed(seed) {
                    Ok(_) => {
                        Ok(format!("{:32} seed {seed:3}  {violation:.90}", format!("{bug:?}")))
                    }
                    Err(failure) => Err(format!("without {bug:?}, too: {failure}")),
                },
            };
            lines.lock().expect("no run panics").push(line);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(work);
        }
    });
    let lines = lines.into_inner().expect("no run panics");
    let (caught, missed): (Vec<_>, Vec<_>) = lines.into_iter().partition(Result::is_ok);
    for line in caught.into_iter().flatten() {
        println!("{line}");
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
