//! `codesync members` and `codesync invite`: who may do what with a document.

use clap::{Args, ValueEnum};
use codesync_client::{Member, RestError, Role};

use super::names::did_you_mean;
use super::resolve::resolve;
use super::table::Table;
use super::{Context, Failure, output};
use crate::when;

#[derive(Debug, Args)]
pub(crate) struct MembersOptions {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// Take this member out, by login, name or id. Who takes himself out leaves.
    #[arg(long, value_name = "USER")]
    remove: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// His login.
    user: String,
    #[arg(long, value_enum, default_value = "editor")]
    role: RoleName,
}

/// A role as it is typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RoleName {
    /// Reads.
    Viewer,
    /// Reads and writes.
    Editor,
    /// Shares and deletes as well.
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Editor => Self::Editor,
            RoleName::Owner => Self::Owner,
        }
    }
}

pub(crate) async fn members(context: &Context, options: MembersOptions) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    let members = context.wait("asking who is there", rest.members(target.id)).await;
    let members = members.map_err(failed)?;
    if let Some(wanted) = options.remove {
        let member = find(&members, &wanted)?;
        let question = format!("Take {} out of {}?", member.name, target.called());
        if !context.confirm(&question, false)? {
            return Err(Failure::with(super::Exit::Interrupted, "nothing was done"));
        }
        rest.remove_member(target.id, member).await.map_err(failed)?;
        context.say(&format!("{} is no member of {} now", member.name, target.called()));
        return Ok(());
    }
    if context.json {
        return output::json(&members);
    }
    let mut table = Table::new(["NAME", "LOGIN", "ROLE", "SINCE", "UNTIL"]);
    for member in members {
        table.push([
            member.name,
            member.login.unwrap_or(member.kind),
            member.role.as_str().to_owned(),
            when::minute(&member.since),
            member.until.as_deref().map(when::minute).unwrap_or_default(),
        ]);
    }
    table.print()
}

fn find<'a>(members: &'a [Member], wanted: &str) -> Result<&'a Member, Failure> {
    let is_meant = |member: &&Member| {
        member.login.as_deref() == Some(wanted) || member.user == wanted || member.name == wanted
    };
    let mut found = members.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(member), None) => Ok(member),
        (Some(_), Some(_)) => Err(Failure::usage(format!("several members are called {wanted}"))
            .help("name one by his login; codesync members --json shows ids")),
        (None, _) => {
            let names = members
                .iter()
                .flat_map(|member| member.login.clone().into_iter().chain([member.name.clone()]));
            let failure = Failure::new(format!("no member is called {wanted}"));
            Err(match did_you_mean(wanted, names) {
                Some(help) => failure.help(help),
                None => failure,
            })
        }
    }
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error| Failure::rest(&error, &target.server);
    let role = options.role.into();
    let invited = rest.invite(target.id, &options.user, role);
    let member = match context.wait("inviting", invited).await {
        Err(RestError::Refused { code, .. }) if code == "already_member" => {
            let members = rest.members(target.id).await.map_err(failed)?;
            let member = find(&members, &options.user.to_lowercase())?;
            rest.change_role(target.id, member, role).await.map_err(failed)?
        }
        other => other.map_err(failed)?,
    };
    if context.json {
        return output::json(&member);
    }
    let role = member.role.as_str();
    context.say(&format!("{} is {role} of {}", member.name, target.called()));
    Ok(())
}
