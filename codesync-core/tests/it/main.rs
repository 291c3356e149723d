//! The rules of the core, tested from outside.

mod authority;
mod client;
mod diff;
mod exhaustive;
mod laws;
mod protocol;
mod text;
mod traces;
mod undo;
mod whole;

/// Whether the long run was asked for.
fn long_run() -> bool {
    std::env::var_os("CODESYNC_TEST_LONG").is_some()
}
