//! Which revision is meant: a number, or the name that somebody gave to one.

use codesync_client::{Rest, RestError, Version};
use codesync_core::{DocumentId, Revision};

use super::Failure;
use super::names::did_you_mean;
use super::resolve::Target;

/// Versions of one call.
const PAGE: u32 = 100;
/// Versions that are looked through.
const VERSIONS_MAX: usize = 1_000;

/// Finds the revision that `text` means.
pub(crate) async fn find(rest: &Rest, target: &Target, text: &str) -> Result<Revision, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(Revision::new(number));
    }
    let versions =
        named(rest, target.id).await.map_err(|error| Failure::rest(&error, &target.server))?;
    // The newest of this name: they come newest first.
    if let Some(version) = versions.iter().find(|version| version.name.as_deref() == Some(text)) {
        return Ok(version.revision);
    }
    let names = versions.into_iter().filter_map(|version| version.name);
    let help = did_you_mean(text, names).unwrap_or_else(|| {
        "a revision is a number, or a name given with codesync tag; codesync log shows them"
            .to_owned()
    });
    Err(Failure::new(format!("no revision is called {text}")).help(help))
}

/// The versions that people have named, the newest first.
pub(crate) async fn named(rest: &Rest, document: DocumentId) -> Result<Vec<Version>, RestError> {
    let mut versions = Vec::new();
    let mut cursor = None;
    while versions.len() < VERSIONS_MAX {
        let page = rest.versions(document, Some(PAGE), cursor).await?;
        versions.extend(page.versions.into_iter().filter(|version| version.name.is_some()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(versions)
}
