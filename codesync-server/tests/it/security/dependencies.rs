//! What the programs are made of: nothing older than what mended a known hole, and no unsafe code.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The least version of what has had holes, and what it mended.
const LEAST: [(&str, [u64; 3]); 6] = [
    // Confusion of claims' types (CVE-2026-25537).
    ("jsonwebtoken", [10, 3, 0]),
    // Escape sequences of others in a terminal (CVE-2025-58160).
    ("tracing-subscriber", [0, 3, 20]),
    // A length that wraps round in a query (RUSTSEC-2024-0363).
    ("sqlx", [0, 8, 1]),
    // A head of any length in a handshake (CVE-2023-43669).
    ("tungstenite", [0, 20, 1]),
    // Denials of service over HTTP/2.
    ("h2", [0, 4, 16]),
    // A loop without an end at the close of a connection (CVE-2024-32650).
    ("rustls", [0, 23, 5]),
];
/// `rsa` leaks keys by its timing (RUSTSEC-2023-0071); TLS is rustls with one provider.
const BANNED: [&str; 3] = ["rsa", "openssl-sys", "native-tls"];

/// Crates whose business is the border to another language.
const BINDINGS: [&str; 1] = ["codesync-core/capi"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names and versions in a lock file.
fn locked(lock: &str) -> Vec<(&str, [u64; 3])> {
    let packages = lock.split("[[package]]").skip(1);
    packages
        .map(|package| {
            let of = |name: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(name));
                line.and_then(|rest| rest.strip_prefix(" = \"")?.strip_suffix('"'))
                    .expect("a field")
            };
            let plain = of("version").split(['-', '+']).next().expect("a part");
            let mut numbers = plain.split('.').map(|number| number.parse().expect("a number"));
            (of("name"), std::array::from_fn(|_| numbers.next().expect("three numbers")))
        })
        .collect()
}

#[test]
fn no_crate_is_older_than_what_mended_a_known_hole() {
    let lock = read(&root().join("Cargo.lock"));
    let locked = locked(&lock);
    for (name, least) in LEAST {
        let versions: Vec<_> = locked.iter().filter(|(met, _)| *met == name).collect();
        assert!(!versions.is_empty(), "{name} is not there; then it need not stand here");
        assert!(versions.iter().all(|(_, version)| *version >= least), "{versions:?} < {least:?}");
    }
    for (name, version) in &locked {
        assert!(!BANNED.contains(name), "{name} {version:?} is in Cargo.lock");
    }
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let manifest = read(&root().join("Cargo.toml"));
    let members = manifest.split_once("members = [").expect("a workspace").1;
    let members = members.split_once(']').expect("an end").0;
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 8, "{members:?}");
    for member in members.into_iter().filter(|member| !BINDINGS.contains(member)) {
        let source = root().join(member).join("src");
        let roots = ["lib.rs", "main.rs"].map(|name| source.join(name));
        let roots: Vec<_> = roots.iter().filter(|path| path.exists()).collect();
        assert!(!roots.is_empty(), "{member} has no root");
        for path in roots {
            let forbids = read(path).contains("#![forbid(unsafe_code)]");
            assert!(forbids, "{} lacks #![forbid(unsafe_code)]", path.display());
        }
    }
}

/// What a program prints that is there.
fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_server_says_what_it_is_made_of() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_codesync-server"));
    let said: Value = serde_json::from_str(&printed(server.arg("sbom"))).expect("JSON");
    assert_eq!((&said["bomFormat"], &said["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = said["components"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let name = |component: &Value| (text(&component["name"]), text(&component["version"]));
    let said_to_be_in_it: BTreeSet<_> = components.iter().map(name).collect();
    assert_eq!(said_to_be_in_it.len(), components.len(), "nothing is said twice");

    // Cargo's own account of the same, for this system and these features.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["tree", "--locked", "--offline", "--prefix", "none"]);
    cargo.args(["--package", "codesync-server", "--edges", "normal,build", "--format", "{p}"]);
    let mut found = 0;
    for line in printed(&mut cargo).lines().skip(1) {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("a name and a version").to_owned();
        let package = (word(), word().trim_start_matches('v').to_owned());
        assert!(said_to_be_in_it.contains(&package), "{package:?} is in it and is not said to be");
        found += 1;
    }
    assert!(found > 200, "{found} packages");
    for only_for_tests in ["proptest", "tempfile", "codesync-loadgen", "codesync-server"] {
        assert!(said_to_be_in_it.iter().all(|(name, _)| name != only_for_tests));
    }
    let lock = read(&root().join("Cargo.lock"));
    for component in components.iter().filter(|component| !component["hashes"].is_null()) {
        let hash = text(&component["hashes"][0]["content"]);
        let (name, version) = name(component);
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let entry = lock.split_once(&entry).expect("it is locked").1;
        let entry = entry.split("[[package]]").next().expect("a part");
        assert!(entry.contains(&format!("checksum = \"{hash}\"")), "{name} {version}");
    }
}
