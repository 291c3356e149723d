//! `codesync rm DOC`: into the trash, and out of it again.

use clap::Args;

use super::cache::Cache;
use super::resolve::resolve;
use super::{Context, Exit, Failure, output};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// Take it out of the trash again, by its id or by its name in the trash.
    #[arg(long)]
    undo: bool,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    if options.undo {
        return undo(context, &options.document).await;
    }
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    // A person who gave an id should see the name before saying yes.
    let info = match &target.info {
        Some(info) => info.clone(),
        None => context.wait("looking it up", rest.document(target.id)).await.map_err(failed)?,
    };
    let question = format!("Put {} into the trash?", info.name);
    if !context.confirm(&question, false)? {
        return Err(Failure::with(Exit::Interrupted, "nothing was done"));
    }
    context.wait("deleting", rest.delete(target.id)).await.map_err(failed)?;
    if let Some(cache) = Cache::of(&target.server) {
        cache.forget(target.id);
    }
    if context.json {
        output::json(&serde_json::json!({ "id": target.id.to_string(), "name": info.name }))?;
    }
    context.say(&format!(
        "{} is in the trash for thirty days; codesync rm --undo {} brings it back",
        info.name, target.id
    ));
    Ok(())
}

async fn undo(context: &Context, wanted: &str) -> Result<(), Failure> {
    let server = context.server()?;
    let rest = context.rest(&server);
    let failed = |error| Failure::rest(&error, &server);
    let trash = context.wait("looking into the trash", rest.trash()).await.map_err(failed)?;
    let is_meant = |id: &str, name: &str| id == wanted || name == wanted;
    let mut found = trash.iter().filter(|it| is_meant(&it.id.to_string(), &it.name));
    match (found.next(), found.next()) {
        (Some(document), None) => {
            rest.undelete(document.id).await.map_err(failed)?;
            output::line(&server.link(document.id).to_string())
        }
        (Some(_), Some(_)) => {
            let ids: Vec<String> = trash
                .iter()
                .filter(|document| document.name == wanted)
                .map(|document| document.id.to_string())
                .collect();
            Err(Failure::usage(format!("{} documents in the trash are called {wanted}", ids.len()))
                .help(format!("name one by its id:\n  {}", ids.join("\n  "))))
        }
        (None, _) => {
            let names = trash.into_iter().map(|document| document.name);
            let failure = Failure::with(Exit::NotFound, format!("{wanted} is not in the trash"));
            Err(match super::names::did_you_mean(wanted, names) {
                Some(help) => failure.help(help),
                None => failure,
            })
        }
    }
}
