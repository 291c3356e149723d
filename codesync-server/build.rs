//! Puts the browser page into the binary: every file of `frontend/dist`, also compressed.
//!
//! Files ending in `.br` or `.gz` that lie beside the original are taken as they are; missing ones
//! are made here. Without a built page the list is empty, and the server serves a plain page that
//! says how to build it.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Shorter files gain nothing from compression.
const COMPRESSED_BYTES_MIN: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
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
    if dist.join("index.html").is_file() {
        collect(&dist, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let path = file.strip_prefix(&dist)?.to_str().ok_or("a file name is not UTF-8")?;
        let content = fs::read(file)?;
        let brotli = compressed(file, "br", &content, &out, number, brotli)?;
        let gzip = compressed(file, "gz", &content, &out, number, gzip)?;
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

/// The expression that includes the compressed twin of a file, or `None` if it is not worth it.
fn compressed(
    file: &Path,
    ending: &str,
    content: &[u8],
    out: &Path,
    number: usize,
    compress: fn(&[u8]) -> std::io::Result<Vec<u8>>,
) -> Result<String, Box<dyn Error>> {
    let is_packed =
        file.extension().is_some_and(|end| matches!(end.to_str(), Some("png" | "woff2" | "jpg")));
    if content.len() < COMPRESSED_BYTES_MIN || is_packed {
        return Ok("None".to_owned());
    }
    let mut twin = file.as_os_str().to_owned();
    twin.push(format!(".{ending}"));
    let mut twin = PathBuf::from(twin);
    if !twin.is_file() {
        twin = out.join(format!("page-{number}.{ending}"));
        fs::write(&twin, compress(content)?)?;
    }
    Ok(format!("Some(include_bytes!({twin:?}))"))
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    // Quality 9 of 11 is a tenth of the time for some three percent of the size.
    let params = brotli::enc::BrotliEncoderParams {
        quality: 9,
        lgwin: 22,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// FNV-1a with 64 bits: enough to tell two builds of a file apart.
fn fnv(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
