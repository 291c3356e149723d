//! The real binary: in a pseudo-terminal with a real server, and on the command line.

#![cfg(all(unix, feature = "serve"))]

mod account;
mod commands;
#[path = "../../benches/editors/crowd.rs"]
mod crowd;
mod documents;
mod editor;
mod history;
mod hostile;
mod keys;
mod past;
mod people;
mod server;
mod share;
mod sharing;
mod signals;
mod sync;
mod terminal;
mod tools;
mod town;
