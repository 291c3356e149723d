//! Integration tests of the server: real sockets, real files, real processes.

mod support;

mod archive;
mod backup;
mod bus;
mod crash;
mod description;
mod documents;
mod editing;
mod hostile;
mod idempotency;
mod listing;
#[cfg(target_os = "linux")]
mod memory;
mod mismatch;
mod operation;
mod oplog;
mod overload;
mod registry;
mod security;
mod session;
mod snapshots;
mod startup;
mod state;
mod time;
mod versions;
