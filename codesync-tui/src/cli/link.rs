//! `codesync link` and `codesync unlink`: invitations for whoever has them.

use clap::{Args, ValueEnum};
use codesync_client::{Invitation, NewInvitation, Role};

use super::resolve::resolve;
use super::table::Table;
use super::{Context, Failure, output};
use crate::when;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// What it makes of whoever takes it up.
    #[arg(long, value_enum, default_value = "viewer")]
    role: LinkRole,
    /// When it ends, such as 12h, 7d or never. Who came through it goes with it.
    #[arg(long, value_name = "TIME", default_value = "7d")]
    expires: String,
    /// Let in people without an account too.
    #[arg(long)]
    guests: bool,
    /// A word of yours to tell links apart.
    #[arg(long, default_value = "")]
    label: String,
    /// Make none; list those there are, without their secrets.
    #[arg(long, conflicts_with_all = ["role", "expires", "guests", "label"])]
    list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UnlinkOptions {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// The beginning of the link's id, or its label; may be left out if there is only one.
    link: Option<String>,
    /// End all of them.
    #[arg(long, conflicts_with = "link")]
    all: bool,
}

/// What a link can make of somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LinkRole {
    Viewer,
    Editor,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let expires_in = when::stretch(&options.expires).map_err(|error| {
        Failure::usage(error.to_string())
            .help("such as 30m, 12h, 7d or 2w; never for a link that does not end")
    })?;
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    if options.list {
        let links = context.wait("asking for links", rest.invitations(target.id)).await;
        return list(context, links.map_err(failed)?);
    }
    let wanted = NewInvitation {
        role: match options.role {
            LinkRole::Viewer => Role::Viewer,
            LinkRole::Editor => Role::Editor,
        },
        guests: options.guests,
        label: options.label,
        expires_in,
    };
    let made = context.wait("making a link", rest.make_invitation(target.id, &wanted)).await;
    let made = made.map_err(failed)?;
    let path = made.path.as_deref().unwrap_or_default();
    let link = format!("{}{path}", target.server);
    if context.json {
        let mut shown = serde_json::to_value(&made)
            .map_err(|error| Failure::new(format!("no JSON of the answer: {error}")))?;
        shown["link"] = link.into();
        return output::json(&shown);
    }
    output::line(&link)?;
    let ends = made.expires_at.as_deref().map_or("when it is ended".to_owned(), when::minute);
    context.say(&format!(
        "makes whoever has it {} of {} until {ends}; this is the only time it is shown",
        made.role.as_str(),
        target.called(),
    ));
    Ok(())
}

fn list(context: &Context, links: Vec<Invitation>) -> Result<(), Failure> {
    if context.json {
        return output::json(&links);
    }
    let mut table = Table::new(["ID", "ROLE", "GUESTS", "MEMBERS", "MADE", "ENDS", "LABEL"]);
    for link in links {
        table.push([
            link.id,
            link.role.as_str().to_owned(),
            if link.guests { "yes" } else { "no" }.to_owned(),
            link.members.to_string(),
            when::minute(&link.created_at),
            link.expires_at.as_deref().map(when::minute).unwrap_or_default(),
            link.label,
        ]);
    }
    table.print()
}

pub(crate) async fn unlink(context: &Context, options: UnlinkOptions) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    let links = context.wait("asking for links", rest.invitations(target.id)).await;
    let links = links.map_err(failed)?;
    let ended = match options.all {
        true => links.iter().collect(),
        false => vec![chosen(&links, options.link.as_deref())?],
    };
    for link in &ended {
        rest.revoke_invitation(target.id, link).await.map_err(failed)?;
    }
    if context.json {
        return output::json(&ended);
    }
    let members: u64 = ended.iter().map(|link| link.members).sum();
    context.say(&format!("links ended: {}; members who went with them: {members}", ended.len()));
    Ok(())
}

fn chosen<'a>(links: &'a [Invitation], wanted: Option<&str>) -> Result<&'a Invitation, Failure> {
    let is_meant = |link: &&Invitation| {
        wanted.is_none_or(|wanted| {
            !wanted.is_empty() && (link.id.starts_with(wanted) || link.label == wanted)
        })
    };
    let mut found = links.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(link), None) => Ok(link),
        (Some(_), Some(_)) => {
            let ids: Vec<&str> =
                links.iter().filter(is_meant).map(|link| link.id.as_str()).collect();
            Err(Failure::usage(format!("{} links fit", ids.len()))
                .help(format!("name one by its id, or end --all:\n  {}", ids.join("\n  "))))
        }
        (None, _) => Err(Failure::new("there is no such link")
            .help("codesync link DOC --list shows those there are")),
    }
}
