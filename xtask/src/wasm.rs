//! The browser's copy of the core, compiled, bound to JavaScript and weighed; and the page on top.
//!
//! Binding uses the library of the `wasm-bindgen` command, which costs a fifth of installing it.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{answer, changed, check, command, root, shell, target};

/// What the core may weigh in the browser, in bytes after gzip.
const GZIP_BYTES_MAX: usize = 150_000;

/// Makes `frontend/src/wasm` if the core is newer, and fails if it weighs too much.
pub(crate) fn build() -> Result<()> {
    let folder = target().join("wasm");
    let mut cargo = compiler()?;
    cargo.args(["--target", "wasm32-unknown-unknown", "--profile", "wasm"]);
    check(cargo.args(["--package", "codesync-core-wasm", "--target-dir"]).arg(&folder))?;

    let compiled = folder.join("wasm32-unknown-unknown/wasm/codesync_core_wasm.wasm");
    let bound = root().join("frontend/src/wasm/codesync_core_bg.wasm");
    if changed(&bound) <= changed(&compiled).max(changed(&env::current_exe()?)) {
        let mut bindgen = Bindgen::new();
        bindgen.input_path(&compiled).out_name("codesync_core").web(true)?.typescript(true);
        bindgen.generate(bound.with_file_name("")).context("could not bind to JavaScript")?;
    }
    let gzip = command("gzip -9c").arg(&bound).output().context("could not start gzip")?;
    let (bytes, raw) = (gzip.stdout.len(), bound.metadata()?.len());
    println!("wasm: {raw} bytes, {bytes} after gzip (at most {GZIP_BYTES_MAX})");
    ensure!(gzip.status.success(), "gzip could not read {}", bound.display());
    ensure!(bytes <= GZIP_BYTES_MAX, "the core is too heavy for the browser");
    Ok(())
}

/// Makes `frontend/dist` if something it is made of is newer, the core first.
pub(crate) fn build_page() -> Result<()> {
    build()?;
    install_packages()?;
    let made_of = ["src", "vite", "vite.config.ts", "index.html", "package-lock.json"];
    let frontend = root().join("frontend");
    let newest = made_of.map(|name| changed_below(&frontend.join(name))).into_iter().max();
    if newest < Some(changed(&frontend.join("dist/index.html"))) {
        println!("page: up to date");
        return Ok(());
    }
    check(&mut command("npm --prefix frontend run build"))
}

/// When something in a folder last changed.
fn changed_below(path: &Path) -> SystemTime {
    let entries = path.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| changed_below(&entry.path())).fold(changed(path), SystemTime::max)
}

/// The page's npm packages, as the lock file has them.
pub(crate) fn install_packages() -> Result<()> {
    let recent =
        "node -e [a,b]=process.versions.node.split('.');process.exit(a>20||a==20&&b>=19?0:1)";
    let found = answer(&mut command(recent)).is_some();
    ensure!(found, "the page needs Node 20.19 or newer: install it from https://nodejs.org");
    let installed = changed(&root().join("frontend/node_modules/.package-lock.json"));
    if changed(&root().join("frontend/package-lock.json")) > installed {
        check(&mut command("npm --prefix frontend ci"))?;
    }
    Ok(())
}

/// `cargo build` for the browser: this Cargo, if its toolchain has the target or can get it, else
/// Debian's, which brings the standard library's source and compiles that first.
fn compiler() -> Result<Command> {
    let rustc = |question| answer(&mut command(&format!("rustc {question}"))).unwrap_or_default();
    let libraries = "--print target-libdir --target wasm32-unknown-unknown";
    let has_target = || Path::new(&rustc(libraries)).is_dir();
    let add_target = || check(&mut command("rustup target add wasm32-unknown-unknown")).is_ok();
    if has_target() || add_target() && has_target() {
        println!("wasm: compiled by this toolchain, {}", rustc("--version"));
        return Ok(command("cargo build --locked"));
    }
    if !Path::new("/usr/lib/rustlib/src/rust/library/std").is_dir()
        || answer(&mut command("/usr/bin/cargo --version")).is_none()
    {
        check(&mut shell("install_debian rustc-web cargo-web rust-web-src"))?;
    }
    println!("wasm: rustup cannot add the target here; compiled by Debian's rustc-web");
    let linkers = Path::new(&rustc("--print sysroot")).join("lib/rustlib");
    let linker = linkers.join(rustc("--print host-tuple")).join("bin/rust-lld");
    ensure!(linker.is_file(), "{} is missing: install Rust by rustup", linker.display());
    let mut cargo = command("/usr/bin/cargo build --locked -Zbuild-std=std,panic_abort");
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    Ok(cargo)
}
