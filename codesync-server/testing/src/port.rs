//! Free ports.
//!
//! Taken from below the range that the system gives to outgoing connections: a port must still be
//! free when its server comes back, and a client that asks for a port of that range again and
//! again while nobody listens there is one day connected to itself.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;
const ATTEMPTS_MAX: u32 = 1000;

/// A port on which nobody listens, most likely a different one for each who asks at a time.
pub fn free() -> Result<u16> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Processes have neighbouring ids; a large stride keeps them apart.
    let start = process::id().wrapping_mul(997).wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
    let mut ports = (0..ATTEMPTS_MAX).map(|step| FIRST + start.wrapping_add(step) % COUNT);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    ports
        .find_map(|port| u16::try_from(port).ok().filter(is_free))
        .context("no port between 20000 and 32000 is free")
}
