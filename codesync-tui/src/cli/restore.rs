//! `codesync restore DOC REV` and `codesync tag DOC NAME`: back to a text, and names to find it by.

use clap::Args;

use super::resolve::resolve;
use super::{Context, Failure, output, revision};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// The revision, or the name of one.
    #[arg(value_name = "REV")]
    revision: String,
}

#[derive(Debug, Args)]
pub(crate) struct TagOptions {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    name: String,
    /// The present revision if it is left out.
    #[arg(value_name = "REV")]
    revision: Option<String>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let wanted = revision::find(&rest, &target, &options.revision).await?;
    let restored = rest.restore(target.id, wanted, context.name());
    let committed = context.wait("putting it back", restored).await;
    let committed = committed
        .map_err(|error| Failure::rest(&error, &target.server).kept("the text is as it was"))?;
    if context.json {
        return output::json(&committed);
    }
    context.say(&format!(
        "{} is what it was at revision {wanted}, as revision {}",
        target.called(),
        committed.revision,
    ));
    Ok(())
}

pub(crate) async fn tag(context: &Context, options: TagOptions) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let wanted = match &options.revision {
        Some(wanted) => Some(revision::find(&rest, &target, wanted).await?),
        None => None,
    };
    let named = rest.name_version(target.id, &options.name, wanted);
    let version = context.wait("naming it", named).await;
    let version = version.map_err(|error| Failure::rest(&error, &target.server))?;
    if context.json {
        return output::json(&version);
    }
    context.say(&format!(
        "revision {} of {} is called {}",
        version.revision,
        target.called(),
        options.name,
    ));
    Ok(())
}
