//! One open document without any IO: virtual time, a log in memory, and faults where wanted.

mod access;
mod bench;
mod committing;
mod edit;
mod following;
mod mismatch;
mod others;
mod turns;
