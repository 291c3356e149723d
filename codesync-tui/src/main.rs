//! `codesync`, the terminal editor.
//!
//! ```text
//!   cli ──▶ live (the loop) ──▶ app (state) ◀── ui (drawing) ──▶ editor (text as cells)
//!             │    └──▶ terminal (modes, input)      keymap (keys → commands)
//!             └──▶ codesync_client::Session
//! ```

#![forbid(unsafe_code)]

mod app;
mod cli;
mod clipboard;
mod editor;
mod input;
mod keymap;
mod live;
mod sanitize;
mod terminal;
mod ui;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
