//! `codesync`, the terminal editor.
//!
//! ```text
//!   cli ──▶ live (the loop) ──▶ app (state) ◀── ui (drawing) ──▶ editor (text as cells)
//!             │    ├──▶ terminal (modes, input) ──▶ screen (cells that change)    keymap (keys → commands)
//!             │    └──▶ highlight (colours, on a thread)
//!             └──▶ codesync_client::Session
//! ```

#![forbid(unsafe_code)]

mod app;
mod cli;
mod clipboard;
mod config;
mod editor;
mod fuzzy;
mod highlight;
mod input;
mod keymap;
mod live;
mod past;
mod sanitize;
mod screen;
mod terminal;
mod ui;
mod vim;
mod when;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
