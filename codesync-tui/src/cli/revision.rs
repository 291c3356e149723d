//! Which revision is meant: a number, or the name that somebody gave to one.

use codesync_client::Rest;
use codesync_core::Revision;

use super::Failure;
use super::names::did_you_mean;
use super::resolve::Target;
use crate::past;

/// Finds the revision that `text` means.
pub(crate) async fn find(rest: &Rest, target: &Target, text: &str) -> Result<Revision, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(Revision::new(number));
    }
    let versions = past::named(rest, target.id)
        .await
        .map_err(|error| Failure::rest(&error, &target.server))?;
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
