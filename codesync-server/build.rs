//! Puts the browser page into the binary: every file of `frontend/dist`, with the compressed twins
//! that the page's build laid beside it; and the list of what the binary is made of.
//!
//! Without a built page the list is empty, and the server serves a plain page that says how to
//! build it.

#[path = "build/sbom.rs"]
mod sbom;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for watched in ["build.rs", "build", "Cargo.toml", "../Cargo.lock"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rerun-if-changed=migrations");

    let frontend = root.join("../frontend");
    let dist = frontend.join("dist");
    if frontend.is_dir() && !dist.exists() {
        // Cargo watches a folder that is there; one that is not would rebuild us every time.
        fs::create_dir(&dist)?;
    }
    let watched = if frontend.is_dir() { &dist } else { &root };
    println!("cargo::rerun-if-changed={}", watched.display());

    let mut files = Vec::new();
    let has_page = dist.join("index.html").is_file();
    fs::write(out.join("sbom.json"), sbom::document(&root.join(".."), has_page)?)?;
    if has_page {
        collect(&dist, &mut files)?;
    }
    // In the order of the paths as text, for they are searched so.
    files.sort_by_key(|file| file.to_string_lossy().replace('\\', "/"));
    let mut table = String::from("&[\n");
    for file in &files {
        let path = file.strip_prefix(&dist)?.to_str().ok_or("a file name is not UTF-8")?;
        let content = fs::read(file)?;
        let (brotli, gzip) = (twin(file, "br"), twin(file, "gz"));
        writeln!(
            table,
            "    File {{ path: {path:?}, content: include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip}, etag: \"\\\"{:016x}\\\"\" }},",
            fnv(&content),
            path = format!("/{}", path.replace('\\', "/")),
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("page_files.rs"), table)?;
    Ok(())
}

/// All files below a folder that are not a compressed twin of another.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
            continue;
        }
        let is_twin = path.extension().is_some_and(|end| end == "br" || end == "gz")
            && path.with_extension("").is_file();
        let is_map = path.extension().is_some_and(|end| end == "map");
        if !is_twin && !is_map {
            files.push(path);
        }
    }
    Ok(())
}

/// The expression that includes the compressed twin of a file, or `None` if it has none.
fn twin(file: &Path, ending: &str) -> String {
    let mut twin = file.as_os_str().to_owned();
    twin.push(format!(".{ending}"));
    let twin = PathBuf::from(twin);
    if twin.is_file() { format!("Some(include_bytes!({twin:?}))") } else { "None".to_owned() }
}

/// FNV-1a with 64 bits: enough to tell two builds of a file apart.
fn fnv(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
