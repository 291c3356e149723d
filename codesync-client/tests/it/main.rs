//! The client against a real server: sockets, disks, killed processes.

mod canned;
mod kill;
mod login;
mod proxy;
mod rest;
mod session;
mod stage;
mod tls;
mod typist;
