//! Integration tests of the server: real sockets, real files, real processes.

mod support;

mod crash;
mod documents;
mod editing;
mod hostile;
mod oplog;
mod overload;
mod snapshots;
mod startup;
mod state;
