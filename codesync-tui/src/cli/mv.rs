//! `codesync mv DOC NAME`: another name. Ids and links stay what they are.

use clap::Args;

use super::resolve::resolve;
use super::{Context, Failure, output};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// The name it gets.
    name: String,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let renamed = context.wait("renaming", rest.rename(target.id, &options.name)).await;
    let info = renamed.map_err(|error| Failure::rest(&error, &target.server))?;
    if context.json {
        return output::json(&info);
    }
    context.say(&format!("{} is called {} now", target.called(), info.name));
    Ok(())
}
