//! Which document is meant: an id, a link, a name that only one document has, or its owner's name
//! before a slash and its own behind it.

use std::time::Duration;

use codesync_client::{
    DocumentInfo, DocumentQuery, Link, LoginFile, Member, Outbox, Rest, RestError, Role, ServerUrl,
};
use codesync_core::{DocumentId, Revision};
use tokio::time::timeout;

use super::cache::Cache;
use super::names::did_you_mean;
use super::{Context, Exit, Failure, revision};

/// How long the server may take to look up a name that this machine knows already.
const LOOK_UP_MS_MAX: u64 = 1_500;
/// Documents whose names are compared for "did you mean".
const NAMES_MAX: u32 = 100;
/// Documents of one name whose owners are asked for.
const OWNERS_MAX: usize = 20;

/// A document, and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) server: ServerUrl,
    pub(crate) id: DocumentId,
    /// What the server said, when it was asked and answered.
    pub(crate) info: Option<DocumentInfo>,
}

impl Target {
    /// What to call it towards the person.
    pub(crate) fn called(&self) -> String {
        self.info.as_ref().map_or_else(|| self.id.to_string(), |info| info.name.clone())
    }
}

enum Wanted {
    Id(DocumentId),
    Name(String),
}

/// Finds the document that `text` means. Ids and links are taken as they are; whether there is
/// such a document is for the caller to find out. A link that invites is taken up.
pub(crate) async fn resolve(context: &Context, text: &str) -> Result<Target, Failure> {
    let (server, wanted) = if text.starts_with("http://") || text.starts_with("https://") {
        let link: Link = text.parse().map_err(|error| {
            let shown = text.split('#').next().unwrap_or(text);
            Failure::usage(format!("{shown}: {error}")).help(
                "a link looks like http://localhost:3000/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11",
            )
        })?;
        take_up(context, &link).await?;
        (link.server, Wanted::Id(link.document))
    } else {
        let wanted = match text.parse() {
            Ok(id) => Wanted::Id(id),
            Err(_) => Wanted::Name(text.to_owned()),
        };
        (context.server()?, wanted)
    };
    let target = match wanted {
        Wanted::Id(id) => Target { server, id, info: None },
        Wanted::Name(name) => by_name(context, server, &name).await?,
    };
    context.detail(&format!("document {} at {}", target.id, target.server));
    Ok(target)
}

/// [`resolve`] for what may end in `@` and a revision. What is a name as a whole stays one.
pub(crate) async fn resolve_at(
    context: &Context,
    text: &str,
) -> Result<(Target, Option<Revision>), Failure> {
    let Some((document, wanted)) = text.rsplit_once('@').filter(|parts| !parts.0.is_empty()) else {
        return Ok((resolve(context, text).await?, None));
    };
    let target = match resolve(context, document).await {
        Ok(target) => target,
        Err(failure) if failure.is_not_found() => {
            return match resolve(context, text).await {
                Ok(target) => Ok((target, None)),
                Err(_) => Err(failure),
            };
        }
        Err(failure) => return Err(failure),
    };
    let rest = context.rest(&target.server);
    let revision = revision::find(&rest, &target, wanted).await?;
    Ok((target, Some(revision)))
}

/// Becomes a member by a link that has a secret: as whoever is logged in, or as a guest.
async fn take_up(context: &Context, link: &Link) -> Result<(), Failure> {
    let Some(secret) = &link.secret else { return Ok(()) };
    let rest = context.rest(&link.server);
    let arrival = match rest.redeem(secret, context.name()).await {
        Ok(arrival) => arrival,
        // The document may be here already, and the link may have been taken up long ago.
        Err(RestError::Unreachable { .. }) => return Ok(()),
        // Without accounts nobody need be let in.
        Err(RestError::Refused { code, .. }) if code == "no_accounts" => return Ok(()),
        Err(error) => return Err(Failure::rest(&error, &link.server)),
    };
    if let Some(grant) = arrival.grant {
        let file = LoginFile::usual(&link.server)
            .ok_or_else(|| Failure::new("there is no home folder to keep the login in"))?;
        file.keep(&grant).map_err(|error| Failure::new(format!("login: {error}")))?;
        context.say(&format!("you are {} there, as a guest", grant.account.name));
    }
    context.detail(&format!("{} of {}", arrival.role.as_str(), arrival.name));
    Ok(())
}

async fn by_name(context: &Context, server: ServerUrl, name: &str) -> Result<Target, Failure> {
    let known = known_here(&server, name);
    let rest = context.rest(&server);
    let asked = match known.as_slice() {
        [] => context.wait("looking up the name", named(&rest, name)).await,
        _ => timeout(Duration::from_millis(LOOK_UP_MS_MAX), named(&rest, name))
            .await
            .unwrap_or_else(|_| {
                let reason = "no answer in time".to_owned();
                Err(RestError::Unreachable { server: server.to_string(), reason })
            }),
    };
    let found = match (asked, known.as_slice()) {
        (Ok(found), _) => found,
        (Err(RestError::Unreachable { .. }), [id]) => {
            return Ok(Target { server, id: *id, info: None });
        }
        (Err(error), _) => return Err(Failure::rest(&error, &server)),
    };
    let found = match (found.is_empty(), name.split_once('/')) {
        (true, Some((owner, rest_of_name))) => {
            let asked = owned(&rest, owner, rest_of_name);
            context
                .wait("looking up the owner", asked)
                .await
                .map_err(|error| Failure::rest(&error, &server))?
        }
        _ => found,
    };
    let mut exact = found.into_iter();
    match (exact.next(), exact.next()) {
        (Some(document), None) => {
            if let Some(cache) = Cache::of(&server) {
                cache.keep_document(&document);
            }
            Ok(Target { server, id: document.id, info: Some(document) })
        }
        (Some(first), Some(second)) => {
            let ids: Vec<String> =
                [first, second].into_iter().chain(exact).map(|d| d.id.to_string()).collect();
            Err(Failure::usage(format!("{} documents are called {name}", ids.len()))
                .help(format!("name one by its id:\n  {}", ids.join("\n  "))))
        }
        (None, _) => Err(unknown(&rest, name).await),
    }
}

/// Documents of this name that the outbox or the cache knows.
fn known_here(server: &ServerUrl, name: &str) -> Vec<DocumentId> {
    let outbox = Outbox::usual(server).map(|outbox| outbox.documents()).unwrap_or_default();
    let edited = outbox.into_iter().filter(|(_, about)| about.name == name).map(|(id, _)| id);
    let listed = Cache::of(server).map(|cache| cache.documents()).unwrap_or_default();
    let listed = listed.into_iter().filter(|info| info.name == name).map(|info| info.id);
    let mut known: Vec<DocumentId> = edited.chain(listed).collect();
    known.sort();
    known.dedup();
    known
}

/// The documents that have exactly this name.
async fn named(rest: &Rest, name: &str) -> Result<Vec<DocumentInfo>, RestError> {
    let query =
        DocumentQuery { search: Some(name.to_owned()), limit: Some(NAMES_MAX), cursor: None };
    let page = rest.documents(&query).await?;
    Ok(page.documents.into_iter().filter(|document| document.name == name).collect())
}

/// The documents that have exactly this name and this owner, by his login or by his name.
async fn owned(rest: &Rest, owner: &str, name: &str) -> Result<Vec<DocumentInfo>, RestError> {
    let is_meant = |member: &Member| {
        member.role == Role::Owner
            && (member.login.as_deref() == Some(&owner.to_lowercase()) || member.name == owner)
    };
    let mut found = Vec::new();
    for document in named(rest, name).await?.into_iter().take(OWNERS_MAX) {
        if rest.members(document.id).await?.iter().any(is_meant) {
            found.push(document);
        }
    }
    Ok(found)
}

/// "No such document", with names that come near.
async fn unknown(rest: &Rest, name: &str) -> Failure {
    let query = DocumentQuery { search: None, limit: Some(NAMES_MAX), cursor: None };
    let documents = rest.documents(&query).await.map(|page| page.documents).unwrap_or_default();
    let help = did_you_mean(name, documents.into_iter().map(|document| document.name))
        .unwrap_or_else(|| {
            "codesync ls shows the documents there are, codesync new creates one".to_owned()
        });
    Failure::with(Exit::NotFound, format!("no document is called {name}")).help(help)
}
