//! What a key costs in `codesync open` and in other editors of terminals: the same keys into the
//! same files, in the same run, in pseudo-terminals of 120×40 cells.
//!
//! ```text
//! cargo bench -p codesync-tui --bench editors
//! ```
//!
//! Processor time is what the scheduler counted for the editor's threads; bytes are what it printed.
//! Peers are measured where they are installed, each with the settings it has by itself, colour on.

#[cfg(all(target_os = "linux", feature = "serve"))]
mod crowd;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod pane;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod peers;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod run;

#[cfg(all(target_os = "linux", feature = "serve"))]
fn main() -> anyhow::Result<()> {
    // Cargo says `--bench`; a test run that says something else only wants it to compile.
    if std::env::args().any(|word| word == "--bench") { run::all() } else { Ok(()) }
}

#[cfg(not(all(target_os = "linux", feature = "serve")))]
fn main() {
    eprintln!(
        "Processor time of other programs is read from Linux' /proc, and a server is wanted."
    );
}
