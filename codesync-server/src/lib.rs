//! The CodeSync server.
pub mod bus;
pub mod data_dir;
pub mod db;
pub mod oplog;
pub mod snapshots;
pub mod telemetry;
