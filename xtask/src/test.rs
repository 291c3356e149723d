//! `cargo xtask test`: what CI runs, as named steps. Most are a few commands in `steps.sh`.
//!
//! Each step runs, whatever became of the one before, so that one run shows all that is wrong.

use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::tools::{check, program, shell, target};
use crate::{services, wasm};

/// The cheap ones first, and the page before the programs that contain it.
#[rustfmt::skip]
const STEPS: [&str; 20] = [
    "locks", "format", "ring", "licences", "terraform", "packages", "wasm", "typecheck", "lint",
    "page_tests", "page", "page_size", "clippy", "docs", "tests", "doctests", "instructions", "api",
    "end_to_end", "fuzz",
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (long, only) = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (false, None),
        ["--long"] => (true, None),
        ["--only", step] => (false, Some(*step)),
        ["--long", "--only", step] => (true, Some(*step)),
        other => bail!("`test` takes --long and --only STEP, not `{}`", other.join(" ")),
    };
    ensure!(only.is_none_or(|only| STEPS.contains(&only)), "the steps are {}", STEPS.join(", "));

    let (mut lines, mut failed) = (Vec::new(), 0);
    for name in STEPS.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
        println!("\n=== {name}");
        let began = Instant::now();
        let outcome = step(name, long);
        failed += usize::from(outcome.is_err());
        let word = outcome.map_or_else(|error| format!("FAILED: {error:#}"), |()| "passed".into());
        lines.push(format!("=== {name:<12}{:>7.1} s  {word}", began.elapsed().as_secs_f64()));
        println!("{}", lines[lines.len() - 1]);
    }
    println!("\n{}\n{} passed, {failed} failed", lines.join("\n"), lines.len() - failed);
    // Nothing is said after that line, which is looked for at the end.
    std::process::exit(i32::from(failed > 0))
}

fn step(name: &str, long: bool) -> Result<()> {
    let mut shell = shell(name);
    // Where the programs are that Cargo built, and what is made only once.
    shell.env("PROGRAMS", program("")).env("MADE", target());
    shell.envs(long.then_some(("CODESYNC_TEST_LONG", "1")));
    match name {
        "packages" => wasm::install_packages(),
        "wasm" => wasm::build(),
        "page" => wasm::build_page(),
        "tests" => services::check_served(&mut shell),
        _ => check(&mut shell),
    }
}
