//! The client against a real server: sockets, disks, killed processes.

mod kill;
mod proxy;
mod rest;
mod session;
mod stage;
mod typist;
