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
    for name in traces::sequential_names() {
        let trace = traces::sequential(name);
        let bytes = peers::byte_patches(&trace);
        let ours = held(|| session::text_and_history(&trace));
        println!("\n{name}, a text of {:.0} kB", trace.end_content.len() as f64 / 1e3);
        let line = |what: &str, held: f64| {
            println!("  {what:<36} {held:>8.0} kB {:>8.2}×", ours / held);
        };
        line("codesync text and history", ours);
        line("diamond-types", held(|| peers::diamond_types(&trace)));
        line("operational-transform and ropey", held(|| peers::operational_transform(&trace)));
        line("cola and crop", held(|| peers::cola(&bytes)));
        line("yrs", held(|| peers::yrs(&trace)));
        line("codesync text", held(|| session::text(&trace)));
        line("ropey", held(|| peers::ropey(&trace)));
        line("crop", held(|| peers::crop(&bytes)));
    }
    println!("\nratio: what ours holds divided by what this line's does");
}

/// Heap kilobytes that what is made holds.
fn held<T>(make: impl FnOnce() -> T) -> f64 {
    let before = HEAP.allocated();
    let made = make();
    let held = HEAP.allocated() - before;
    drop(made);
    held as f64 / 1e3
}
