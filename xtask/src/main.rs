//! The project's own commands. Nothing here is a rule of CodeSync: this crate calls tools in the
//! right order, installs what is missing where it can, and else names the command that would.

#![forbid(unsafe_code)]

mod run;
mod services;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::anyhow;

const USAGE: &str = "\
cargo xtask run [--port N]                build, serve on http://localhost:3000, open the editor
cargo xtask test [--long] [--only STEP]   all that CI checks; --long draws many more cases
cargo xtask services -- COMMAND           the command, with Redis, Postgres and S3 beside it
cargo xtask wasm                          the browser's copy of the core, in frontend/src/wasm
cargo xtask page                          that, and the browser's page, in frontend/dist";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (command, words) = words.split_first().map_or(("", &[][..]), |(it, rest)| (it, rest));
    let outcome = match command {
        "run" => run::run(words),
        "test" => test::run(words),
        "services" => services::run(words),
        "wasm" => wasm::build(),
        "page" => wasm::build_page(),
        _ => Err(anyhow!("the commands are\n\n{USAGE}")),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
