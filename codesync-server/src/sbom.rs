//! What this program is made of.

/// Every package in it, with its version and hash, as a CycloneDX 1.5 document. The build reads it off
/// the lock files.
pub const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/sbom.json"));
