//! The simulation: many clients, two servers on one log, every fault, one seed.
//!
//! ```text
//!   seed ──script──▶ plan ──world──▶ Ok, or the law that did not hold
//!                     │
//!                     └─ one action a line, kept under target/ when a run fails
//! ```
//!
//! - `CODESYNC_SIM_SEEDS=n` runs so many seeds instead of 2000 (10 000 in the long run, with
//!   `CODESYNC_TEST_LONG=1`), `CODESYNC_SIM_FIRST=k` from `k` on.
//! - `CODESYNC_SIM_SEED=k` runs one seed and says what happens in it.
//! - `CODESYNC_SIM_PLAN=file` runs a plan from a file in the same way.
//! - `CODESYNC_SIM_CUT=1` with one of these leaves out of a plan what its failure does not need.

#![forbid(unsafe_code)]
#![allow(
    clippy::result_large_err,
    reason = "a failure ends its run, and holds all that is needed to replay it"
)]

mod bugs;
mod chance;
mod coverage;
mod oracle;
mod plan;
mod run;
mod script;
mod seeds;
mod world;
