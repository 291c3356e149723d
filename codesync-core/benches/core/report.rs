//! Ratios of the medians that were just measured, one line a peer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Prints, for each group measured since `started`, every median and its ratio to the first of ours.
pub(crate) fn print(started: SystemTime) {
    let mut groups: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    collect(&criterion_folder(), started, &mut groups);
    if groups.is_empty() {
        return;
    }
    println!("\n{:<34} {:<36} {:>12} {:>8}", "group", "what", "median", "ratio");
    for (group, mut rows) in groups {
        rows.sort_by_key(|(name, _)| !name.starts_with("codesync"));
        let first = rows[0].1;
        for (name, nanoseconds) in rows {
            println!(
                "{group:<34} {name:<36} {:>12} {:>7.2}×",
                time(nanoseconds),
                first / nanoseconds
            );
        }
    }
    println!("ratio: time of the group's first line divided by this line's; below 1 it is faster");
}

fn criterion_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from)
        .join("criterion")
}

fn collect(folder: &Path, started: SystemTime, groups: &mut BTreeMap<String, Vec<(String, f64)>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.ends_with("new") {
            let fresh = fs::metadata(path.join("estimates.json"))
                .and_then(|new| new.modified())
                .is_ok_and(|at| at >= started);
            if let (true, Some((group, name, median))) = (fresh, read(&path)) {
                groups.entry(group).or_default().push((name, median));
            }
        } else if path.is_dir() {
            collect(&path, started, groups);
        }
    }
}

fn read(folder: &Path) -> Option<(String, String, f64)> {
    let json =
        |file| serde_json::from_slice::<serde_json::Value>(&fs::read(folder.join(file)).ok()?).ok();
    let (names, estimates) = (json("benchmark.json")?, json("estimates.json")?);
    Some((
        names["group_id"].as_str()?.to_owned(),
        names["function_id"].as_str()?.to_owned(),
        estimates["median"]["point_estimate"].as_f64()?,
    ))
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
