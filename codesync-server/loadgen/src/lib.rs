//! A load generator that checks what it measured.
//!
//! Every person in a run is the core's own `Connection` on a real socket; the server is a process
//! of its own. What is typed can be told apart ([`tag`]), so that after each run it is known that
//! all copies are equal and that every acknowledged edit is in them once. A run that cannot show
//! that is an error and gives no figure.
//!
//! ```text
//!   scenario ──▶ crowd ──▶ client ──▶ socket ──▶ fleet of servers (host, or any other binary)
//!         ├────▶ baseline ─────────▶ socket ──▶ relay
//!         └────▶ one_commit ──────────────────▶ Postgres
//! ```

#![forbid(unsafe_code)]

pub mod client;
pub mod crowd;
pub mod dice;
pub mod tag;

pub mod baseline;
pub mod fleet;
pub mod host;
pub mod machine;
pub mod one_commit;
pub mod relay;
pub mod report;
pub mod rest;
pub mod sample;
pub mod scenario;
pub mod server;
pub mod services;
pub mod written;
