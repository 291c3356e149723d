//! Three real servers on one Postgres, Redis and S3, ten people, and everything that goes wrong.
//!
//! ```text
//!   seed ──schedule──▶ faults
//!                        ▼
//!   person ──proxy──▶ server ──proxy──▶ Postgres, Redis, S3
//!      │                                    │
//!      └──record──▶ check ◀──truth──────────┘   the laws that did not hold
//! ```
//!
//! What is typed can be told apart, what each person is told is kept, and the log is read past the
//! servers, so that the check knows of every edit what became of it.
//!
//! - `CODESYNC_TEST_FAULT_RUNS=n` makes so many runs instead of 3, `CODESYNC_SEED=k` from seed `k` on.
//! - `CODESYNC_TEST_FAULT_SECONDS=n` lets the faults of each run last so long instead of 60 s.
//! - `CODESYNC_TEST_LONG=1` makes 21 runs of 60 s. Many runs want `--profile long`: one test makes
//!   all of them.
//!
//! A run that fails says its seed, its schedule and how to run it again.

mod check;
mod cluster;
mod instance;
mod person;
mod proxy;
mod record;
mod resp;
mod run;
mod scenarios;
mod schedule;
mod stage;
mod truth;
