//! `codesync diff DOC [A] [B]`: what differs between two revisions, as a unified diff.

use clap::Args;
use codesync_client::{Rest, RestError};
use codesync_core::Revision;

use super::resolve::{Target, resolve};
use super::{Context, Failure, output, revision};
use crate::sanitize;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The document.
    #[arg(value_name = "DOC")]
    document: String,
    /// A revision or the name of one; where the latest change began if it is left out.
    #[arg(value_name = "A")]
    before: Option<String>,
    /// Another one; the present text if it is left out.
    #[arg(value_name = "B")]
    after: Option<String>,
}

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let target = resolve(context, &options.document).await?;
    let rest = context.rest(&target.server);
    let failed = |error: RestError| Failure::rest(&error, &target.server);
    let from = match &options.before {
        Some(wanted) => revision::find(&rest, &target, wanted).await?,
        None => before_latest(&rest, &target).await?,
    };
    let to = match &options.after {
        Some(wanted) => Some(revision::find(&rest, &target, wanted).await?),
        None => None,
    };
    if context.json {
        let asked = rest.difference(target.id, from, to);
        return output::json(&context.wait("comparing", asked).await.map_err(failed)?);
    }
    let asked = rest.unified_diff(target.id, from, to);
    let text = context.wait("comparing", asked).await.map_err(failed)?;
    let is_seen = std::io::IsTerminal::is_terminal(&std::io::stdout());
    match is_seen {
        true => context.show(&painted(&text, context.has_color())),
        false => context.show(&text),
    }
}

/// The revision before what somebody did last.
async fn before_latest(rest: &Rest, target: &Target) -> Result<Revision, Failure> {
    let page = rest.timeline(target.id, Some(1), None).await;
    let page = page.map_err(|error| Failure::rest(&error, &target.server))?;
    let first = page.groups.first().map_or(0, |group| group.first_revision.get());
    Ok(Revision::new(first.saturating_sub(1)))
}

/// Harmless to a terminal, and in colours if it has them.
fn painted(diff: &str, has_color: bool) -> String {
    let mut painted = String::with_capacity(diff.len());
    for line in diff.lines() {
        let clean = sanitize::lines(line);
        let color = match line.as_bytes().first() {
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => "",
        };
        match has_color && !color.is_empty() {
            true => painted.push_str(&format!("\x1b[{color}m{clean}\x1b[0m\n")),
            false => painted.extend([clean.as_str(), "\n"]),
        }
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_of_hostile_lines_holds_no_escape_but_ours() {
        let diff = "@@ -1 +1 @@\n-a\u{1b}[2J\n+b\n c\n";
        let expected = "@@ -1 +1 @@\n-a‹U+001B›[2J\n+b\n c\n";
        assert_eq!(painted(diff, false), expected);
        assert!(painted(diff, true).contains("\x1b[31m-a‹U+001B›[2J\x1b[0m\n"));
    }
}
