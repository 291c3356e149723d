//! The CodeSync server: documents that many people edit at once, kept safe.
//!
//! ```text
//!   main ──▶ config
//!       └──▶ server ──▶ http ──▶ db
//!                  └──▶ ws ───▶ document ──▶ oplog, snapshots, bus
//! ```
//!
//! Arrows point one way. [`document`] holds the rules of an open document as a state machine without
//! IO, and the tasks around it; [`oplog`], [`snapshots`] and [`bus`] are the walls behind which
//! storage lies, each with a twin in memory; [`ws`] turns frames into wishes; [`http`] serves the
//! REST interface and the browser page; [`server`] puts a whole server together from its [`config`],
//! and [`embedded`] the one that needs no configuration.
//!
//! The order of an edit is sacred: *transform → append to the log (durable) → commit in memory →
//! acknowledge → fan out*. An acknowledged edit is on disk.

#![forbid(unsafe_code)]

pub mod access;
pub mod accounts;
pub mod auth;
pub mod backup;
pub mod bus;
pub mod command;
pub mod config;
pub mod data_dir;
pub mod db;
pub mod document;
pub mod embedded;
pub mod history;
pub mod housekeeping;
pub mod http;
pub mod ids;
pub mod logins;
pub mod metrics;
mod names;
pub mod oplog;
pub mod password;
#[cfg(feature = "cloud")]
mod pause;
pub mod people;
pub mod rate;
#[cfg(feature = "cloud")]
pub mod redis;
pub mod rights;
pub mod sbom;
pub mod server;
pub mod snapshots;
pub mod telemetry;
pub mod tokens;
pub mod verify;
pub mod ws;
