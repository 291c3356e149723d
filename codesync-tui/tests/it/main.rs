//! The real binary: in a pseudo-terminal with a real server, and on the command line.

#![cfg(all(unix, feature = "serve"))]

mod commands;
mod editor;
mod hostile;
mod server;
mod signals;
mod terminal;
