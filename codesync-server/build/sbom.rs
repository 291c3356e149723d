//! What the server is made of, as a CycloneDX document: read off the lock files, so that it names what
//! was built and needs neither a network nor a tool.
//!
//! Cargo's lock file knows every system and every feature that this workspace uses. The list may so
//! hold a package that one binary leaves out, and never leaves one out that is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// A package in Cargo's lock file.
struct Package {
    version: String,
    /// None of one of our own.
    checksum: Option<String>,
    /// A name, or a name and a version where there are several.
    needs: Vec<String>,
}

/// The packages by name, each in its versions.
type Lock = BTreeMap<String, Vec<Package>>;

/// One of our own packages.
struct Own {
    name: &'static str,
    /// Where it lies in the workspace.
    folder: &'static str,
    /// Whether a release has what is optional in it: the cloud's stores, not the core's test support.
    optional: bool,
}

/// What the server is made of that is our own. The last is the core in the browser's page.
const OWN: [Own; 3] = [
    Own { name: "codesync-server", folder: "codesync-server", optional: true },
    Own { name: "codesync-core", folder: "codesync-core", optional: false },
    Own { name: "codesync-core-wasm", folder: "codesync-core/wasm", optional: false },
];

/// The document, for a server with or without the browser's page in it.
pub(crate) fn document(workspace: &Path, has_page: bool) -> Result<String, Failure> {
    let lock = read_lock(&fs::read_to_string(workspace.join("Cargo.lock"))?)?;
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![("codesync-server".to_owned(), None)];
    if has_page {
        open.push(("codesync-core-wasm".to_owned(), None));
    }
    while let Some((name, version)) = open.pop() {
        let package = find(&lock, &name, version.as_deref())?;
        let id = cargo_id(&name, &package.version);
        if !seen.insert(id.clone()) {
            continue;
        }
        let mut needs = Vec::new();
        for need in needed(workspace, &name, package)? {
            let (name, version) = split(&need);
            let found = find(&lock, name, version)?;
            needs.push(cargo_id(name, &found.version));
            open.push((name.to_owned(), Some(found.version.clone())));
        }
        needs.sort();
        dependencies.push(json!({ "ref": id, "dependsOn": needs }));
        if name != "codesync-server" {
            components.push(component(&id, &name, package));
        }
    }
    if has_page {
        components.extend(of_the_page(&fs::read(workspace.join("frontend/package-lock.json"))?)?);
    }
    let own = find(&lock, "codesync-server", None)?;
    let key = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    components.sort_by_key(|component| key(component, "bom-ref"));
    dependencies.sort_by_key(|dependency| key(dependency, "ref"));
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": cargo_id("codesync-server", &own.version),
            "name": "codesync-server",
            "version": own.version,
        } },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn component(id: &str, name: &str, package: &Package) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": id, "name": name, "version": package.version, "purl": id,
    });
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// A package URL, where a plus has to be written out.
fn cargo_id(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn find<'a>(lock: &'a Lock, name: &str, version: Option<&str>) -> Result<&'a Package, Failure> {
    let mut found = lock.get(name).into_iter().flatten();
    let found = match version {
        Some(version) => found.find(|package| package.version == version),
        None => found.next(),
    };
    found.ok_or_else(|| format!("{name} {version:?} is not in Cargo.lock").into())
}

/// What a package needs; of our own ones without what only its tests need, which the lock file does
/// not tell apart.
fn needed(workspace: &Path, name: &str, package: &Package) -> Result<Vec<String>, Failure> {
    if package.checksum.is_some() {
        return Ok(package.needs.clone());
    }
    let own = OWN.iter().find(|own| own.name == name);
    let own = own.ok_or_else(|| format!("{name} has no checksum and is none of our own"))?;
    let manifest = fs::read_to_string(workspace.join(own.folder).join("Cargo.toml"))?;
    let mut named = BTreeSet::new();
    let mut is_needed = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            is_needed = section.ends_with("dependencies]") && !section.contains("dev-");
        } else if is_needed && (own.optional || !line.contains("optional = true")) {
            named.extend(line.split_once(['.', ' ', '=']).map(|(name, _)| name));
        }
    }
    Ok(package.needs.iter().filter(|need| named.contains(split(need).0)).cloned().collect())
}

fn split(need: &str) -> (&str, Option<&str>) {
    match need.split_once(' ') {
        Some((name, version)) => (name, Some(version)),
        None => (need, None),
    }
}

/// Reads what Cargo writes: one field a line, lists with one entry a line.
fn read_lock(lock: &str) -> Result<Lock, Failure> {
    let mut packages = Lock::new();
    for block in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let value = |line: &str| {
                Some(line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
            };
            block.lines().find_map(value)
        };
        let need = |line: &str| Some(line.strip_prefix(" \"")?.strip_suffix("\",")?.to_owned());
        let package = Package {
            version: field("version").ok_or("a package in Cargo.lock has no version")?,
            checksum: field("checksum"),
            needs: block.lines().filter_map(need).collect(),
        };
        let name = field("name").ok_or("a package in Cargo.lock has no name")?;
        packages.entry(name).or_default().push(package);
    }
    Ok(packages)
}

/// What npm put into the page.
fn of_the_page(lock: &[u8]) -> Result<Vec<Value>, Failure> {
    let lock: Value = serde_json::from_slice(lock)?;
    let packages = lock["packages"].as_object().ok_or("package-lock.json lists no packages")?;
    let mut components = Vec::new();
    for (path, package) in packages {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        if package["dev"] == true || package["optional"] == true {
            continue;
        }
        let version = package["version"].as_str().ok_or("an npm package has no version")?;
        // A scope's sign has to be written out.
        let id = format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1));
        components.push(json!({
            "type": "library", "bom-ref": id, "name": name, "version": version, "purl": id,
            "licenses": [{ "expression": package["license"] }],
        }));
    }
    Ok(components)
}
