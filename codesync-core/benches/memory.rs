//! What an open document with its history holds, counted at the allocator.
//!
//! A program apart from `core.rs`, whose times the counting would change. Bytes need no clock and
//! no second run: what is printed is exact.

use std::alloc::System;

use cap::Cap;
use codesync_core::test_support::traces;

#[path = "core/peers.rs"]
mod peers;
#[path = "core/session.rs"]
mod session;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let names = ["codesync", "diamond-types", "ratio", "cola and crop", "yrs"];
    print!("\n{:<24}", "open document, kB");
    names.iter().for_each(|name| print!(" {name:>14}"));
    println!(" {:>14}", "its text");
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let bytes = peers::byte_patches(&trace);
        let ours = held(|| session::text_and_history(&trace));
        let diamond_types = held(|| peers::diamond_types(&trace));
        print!("{name:<24} {:>14.0} {:>14.0}", ours, diamond_types);
        print!(" {:>14.2}", ours / diamond_types);
        print!(" {:>14.0} {:>14.0}", held(|| peers::cola(&bytes)), held(|| peers::yrs(&trace)));
        println!(" {:>14.0}", trace.end_content.len() as f64 / 1e3);
    }
}

/// Heap kilobytes that what is made holds.
fn held<T>(make: impl FnOnce() -> T) -> f64 {
    let before = HEAP.allocated();
    let made = make();
    let held = HEAP.allocated() - before;
    drop(made);
    held as f64 / 1e3
}
