//! The runs themselves.

use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, fs, thread};

use crate::coverage::Coverage;
use crate::plan::Plan;
use crate::run::{self, Failure};
use crate::script;

const SEEDS: u64 = 2000;
/// As many as the long run takes.
const SEEDS_LONG: u64 = 10_000;
/// Failing seeds that are told of; they are most likely the same mistake.
const FAILURES_MAX: usize = 10;

fn number<T: FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

#[test]
fn whatever_fails_nothing_acknowledged_is_lost_and_all_copies_agree() {
    let is_long = env::var_os("CODESYNC_TEST_LONG").is_some();
    let usual = if is_long { SEEDS_LONG } else { SEEDS };
    let count = number("CODESYNC_SIM_SEEDS").unwrap_or(usual);
    let first: u64 = number("CODESYNC_SIM_FIRST").unwrap_or(0);
    let (next, coverage) = (AtomicU64::new(first), Mutex::new(Coverage::default()));
    let failures: Mutex<Vec<Failure>> = Mutex::default();
    let started = Instant::now();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let failed = failures.lock().expect("no run panics").len();
            if seed >= first + count || failed >= FAILURES_MAX {
                return;
            }
            match run::seed(seed) {
                Ok(summary) => coverage.lock().expect("no run panics").add(&summary.coverage),
                Err(failure) => failures.lock().expect("no run panics").push(failure),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(work);
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let coverage = coverage.into_inner().expect("no run panics");
    println!("{count} seeds in {seconds:.1} s: {:.0} seeds/s\n{coverage}", count as f64 / seconds);
    let mut failures = failures.into_inner().expect("no run panics");
    failures.sort_by_key(|failure| failure.plan.seed);
    for failure in &failures {
        println!("{failure}\n  the plan, one action a line: {}", failure.save().display());
    }
    assert!(failures.is_empty(), "{} of {count} seeds failed", failures.len());
    if count >= SEEDS {
        assert_eq!(coverage.missing(), [] as [&str; 0], "never met in {count} seeds");
    }
}

/// `CODESYNC_SIM_SEED` or `CODESYNC_SIM_PLAN` says which; otherwise a seed like any other.
#[test]
fn one_plan_can_be_run_by_itself_and_read_back_from_its_lines() {
    let file = env::var("CODESYNC_SIM_PLAN").ok();
    let seed: Option<u64> = number("CODESYNC_SIM_SEED");
    let plan: Plan = match &file {
        Some(path) => {
            let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
            text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
        }
        None => script::plan(seed.unwrap_or(1)),
    };
    assert_eq!(plan.to_string().parse(), Ok(plan.clone()));
    let is_wanted = file.is_some() || seed.is_some();
    let Err(failure) = run::plan(&plan, is_wanted) else { return };
    let failure = match env::var("CODESYNC_SIM_CUT") {
        Ok(_) => failure.cut_down(),
        Err(_) => failure,
    };
    panic!("{failure}\n  the plan, one action a line: {}", failure.save().display());
}

#[test]
fn a_seed_runs_the_same_way_every_time() {
    for seed in 0..5 {
        let first = run::seed(seed).map_err(|failure| failure.violation);
        assert_eq!(run::seed(seed).map_err(|failure| failure.violation), first);
    }
}
