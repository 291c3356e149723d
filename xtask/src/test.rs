//! `cargo xtask test`: what CI runs, as named steps. Most are a few commands in `steps.sh`.
//!
//! Each step runs, whatever became of the one before, so that one run shows all that is wrong.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{answer, check, command, install_debian, install_python, program, target};
use crate::{services, wasm};

/// The cheap ones first, and the page before the programs that contain it.
#[rustfmt::skip]
const STEPS: [&str; 20] = [
    "locks", "format", "ring", "licences", "terraform", "packages", "wasm", "typecheck", "lint",
    "page_tests", "page", "page_size", "clippy", "docs", "tests", "doctests", "instructions", "api",
    "end_to_end", "fuzz",
];

/// What asks the running server whether it is as it is described, and what makes up its requests.
const SCHEMATHESIS: &str = "schemathesis==4.32.5 hypothesis==6.170.17";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut long, mut only) = (false, None);
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--long" => long = true,
            "--only" => only = Some(arguments.next().context("--only wants a step")?.as_str()),
            other => bail!("`test` takes --long and --only STEP, not `{other}`"),
        }
    }
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
    match name {
        "packages" => return wasm::install_packages(),
        "wasm" => return wasm::build(),
        "page" => return wasm::build_page(),
        _ => {}
    }
    let mut shell = command("sh -euc");
    shell
        .arg(format!(". xtask/steps.sh; {name}"))
        .envs(long.then_some(("CODESYNC_TEST_LONG", "1")));
    if name == "end_to_end" {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let find = || names.iter().find_map(|name| answer(&mut command(&format!("which {name}"))));
        if find().is_none() {
            install_debian("chromium")?;
        }
        shell.env("CHROMIUM", find().context("there is no Chromium")?);
        shell.env("CODESYNC_SERVER_BIN", program("codesync-server"));
        shell.env("CODESYNC_BIN", program("codesync"));
        shell.env("CODESYNC_PLAY_TRACE", program("examples/play_trace"));
    }
    if name == "instructions" {
        shell.env("INSTRUCTIONS", program("examples/instructions"));
    }
    if name == "api" {
        // The folder has the version's name, so that another version is another folder.
        let folder = target().join(SCHEMATHESIS.replace(' ', "-"));
        let schemathesis = folder.join("bin/schemathesis");
        if !schemathesis.is_file() {
            install_python(&folder, SCHEMATHESIS)?;
        }
        shell.env("SCHEMATHESIS", schemathesis);
        shell.env("API_SERVER", program("examples/api_server"));
    }
    if name == "tests" { services::check_served(&mut shell) } else { check(&mut shell) }
}
