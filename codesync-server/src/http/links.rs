//! Invitations that whoever knows their secret may take up, over REST.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use codesync_core::DocumentId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::access::Role;
use crate::auth::Caller;
use crate::db::links::{LinkRecord, MakeLink, Redeem, Redeemed, Redeemer, RevokeLink};
use crate::db::now_ms;
use crate::db::users::{User, UserKind};
use crate::http::Http;
use crate::http::caller::{Owning, Visitor};
use crate::http::error::ApiError;
use crate::http::grant::{self, Delivery, Tokens};
use crate::http::guard::Site;
use crate::http::json::{Body, LinkPath, rfc3339, whole};
use crate::http::kind;
use crate::http::members::RoleName;
use crate::http::problem::{
    DocumentNotFound, GuestsNotAllowed, InvalidName, LinkNotFound, NoAccounts, TooManyLinks,
    TooManyMembers,
};
use crate::ids::{LinkId, UserId};
use crate::names::{visible_label, visible_name};

/// Longest time for which a link can be made.
pub(crate) const EXPIRES_SECONDS_MAX: u64 = 10 * 365 * 24 * 60 * 60;
const SECRET_BYTES: usize = 32;

#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct ShownLink {
    #[schema(value_type = kind::Id)]
    id: String,
    role: RoleName,
    /// Whether people without an account may come in.
    guests: bool,
    label: String,
    #[schema(value_type = kind::Time)]
    created_at: String,
    #[schema(value_type = Option<kind::Time>, required)]
    expires_at: Option<String>,
    /// How many are members through it.
    members: u64,
}

impl From<LinkRecord> for ShownLink {
    fn from(link: LinkRecord) -> Self {
        Self {
            id: link.id.to_string(),
            role: link.role.into(),
            guests: link.guests,
            label: link.label,
            created_at: rfc3339(link.created_at),
            expires_at: link.expires_at.map(rfc3339),
            members: link.members,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LinkList {
    links: Vec<ShownLink>,
}

/// The links of a document. Their secrets are not shown again.
#[utoipa::path(
    get, path = "/api/documents/{id}/links", tag = "links", operation_id = "listLinks",
    responses((status = 200, description = "All of them.", body = LinkList))
)]
pub(crate) async fn list(
    State(http): State<Http>,
    Owning(owner): Owning,
) -> Result<Json<LinkList>, ApiError> {
    let links = http.database.links(owner.document).await?;
    Ok(Json(LinkList { links: links.into_iter().map(ShownLink::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LinkRole {
    Viewer,
    Editor,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    role: LinkRole,
    /// Whether people without an account may come in.
    #[serde(default)]
    guests: bool,
    #[serde(default)]
    #[schema(value_type = kind::Label)]
    label: String,
    /// Seconds from now; without it, the link ends when it is revoked.
    #[schema(value_type = Option<kind::ExpiresIn>)]
    #[serde(default, deserialize_with = "whole")]
    expires_in: Option<u64>,
}

/// A link with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkWithSecret)]
pub(crate) struct MadeLink {
    #[serde(flatten)]
    link: ShownLink,
    secret: String,
    /// Where a browser takes it up. What follows the `#` never leaves the browser.
    path: String,
}

/// Makes a link that lets in whoever knows it.
#[utoipa::path(
    post, path = "/api/documents/{id}/links", tag = "links", operation_id = "createLink",
    responses(
        (status = 201, description = "It can be given away.", body = MadeLink),
        NoAccounts, InvalidName, TooManyLinks,
    )
)]
pub(crate) async fn make(
    State(http): State<Http>,
    Owning(owner): Owning,
    visitor: Visitor,
    Body(asked): Body<NewLink>,
) -> Result<Response, ApiError> {
    http.accounts()?;
    http.limits.create(&owner.caller).await?;
    if asked.expires_in.is_some_and(|seconds| !(1..=EXPIRES_SECONDS_MAX).contains(&seconds)) {
        let detail = format!("expires_in must be 1 to {EXPIRES_SECONDS_MAX} seconds");
        return Err(ApiError::InvalidBody(detail));
    }
    let now = now_ms();
    let until = |seconds: u64| now + i64::try_from(seconds * 1000).unwrap_or(i64::MAX);
    let (document, by) = (owner.document, visitor.actor(&owner.caller));
    let link = LinkRecord {
        id: LinkId::random().map_err(ApiError::internal)?,
        role: match asked.role {
            LinkRole::Viewer => Role::Viewer,
            LinkRole::Editor => Role::Editor,
        },
        guests: asked.guests,
        label: visible_label(&asked.label)?,
        created_at: now,
        expires_at: asked.expires_in.map(until),
        members: 0,
    };
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(ApiError::internal)?;
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let secret_hash = hash(&secret);
    let made = MakeLink { document, link: link.clone(), secret_hash, by };
    http.database.change(made).await??;
    let path = format!("/d/{document}#{secret}");
    let made = MadeLink { link: link.into(), secret, path };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// What is kept of a secret. It is random: no salt makes it harder to find.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Ends a link, and the membership of everybody who came through it.
#[utoipa::path(
    delete, path = "/api/documents/{id}/links/{link}", tag = "links", operation_id = "revokeLink",
    responses((status = 204, description = "It has ended."), LinkNotFound)
)]
pub(crate) async fn revoke(
    State(http): State<Http>,
    Owning(owner): Owning,
    visitor: Visitor,
    LinkPath(link): LinkPath,
) -> Result<StatusCode, ApiError> {
    let (document, by) = (owner.document, visitor.actor(&owner.caller));
    let revoke = RevokeLink { document, link, by };
    http.access_changed(document, http.database.change(revoke).await??).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redemption {
    secret: String,
    /// Under which a guest wants to be seen.
    #[schema(value_type = Option<kind::Name>)]
    name: Option<String>,
    /// Whether the refresh token shall come as a cookie instead.
    #[serde(default)]
    cookie: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Redeemed)]
pub(crate) struct Came {
    #[schema(value_type = kind::Id)]
    document: String,
    /// The document's.
    name: String,
    role: RoleName,
}

/// A guest is logged in with it.
#[derive(Serialize, ToSchema)]
#[schema(as = RedeemedByGuest)]
struct CameAsGuest {
    #[serde(flatten)]
    came: Came,
    #[serde(flatten)]
    tokens: Tokens,
}

/// Takes up a link: as who is logged in, or else as a guest.
#[utoipa::path(
    post, path = "/api/links/redeem", tag = "links", operation_id = "redeemLink",
    responses(
        (status = 200, description = "Whoever is logged in is a member.", body = Came),
        (status = 201, description = "A guest is a member, and logged in.", body = CameAsGuest,
            headers(("Set-Cookie", description = "The refresh token, if it was asked for as a cookie."))),
        NoAccounts, LinkNotFound, DocumentNotFound, GuestsNotAllowed, InvalidName, TooManyMembers,
    )
)]
pub(crate) async fn redeem(
    State(http): State<Http>,
    caller: Option<Caller>,
    Extension(site): Extension<Site>,
    visitor: Visitor,
    Body(asked): Body<Redemption>,
) -> Result<Response, ApiError> {
    let accounts = http.accounts()?;
    let (secret_hash, address) = (hash(&asked.secret), visitor.address.to_string());
    if let Some(caller) = caller {
        let who = Redeemer::User(caller.user);
        let redeemed = http.database.change(Redeem { secret_hash, who, address }).await??;
        return Ok(Json(came(&http, redeemed).await).into_response());
    }
    // Whoever has neither an account nor a name is asked for one or the other.
    let name = visible_name(asked.name.as_deref().ok_or(ApiError::LoginRequired)?)?;
    http.limits.come_in(&visitor.address).await?;
    let id = UserId::random().map_err(ApiError::internal)?;
    let session = accounts.new_session(id, &visitor.visit())?;
    let first = session.first.clone();
    let who = Redeemer::Guest { name: name.clone(), session };
    let redeemed = http.database.change(Redeem { secret_hash, who, address }).await??;
    let user = User {
        id,
        kind: UserKind::Guest,
        login: None,
        name,
        created_at: now_ms(),
        disabled_at: None,
        deleted_at: None,
    };
    let grant = accounts.grant(user, 0, first)?;
    let (headers, tokens) = grant::tokens(grant, Delivery::asked(asked.cookie, site))?;
    let came = CameAsGuest { came: came(&http, redeemed).await, tokens };
    Ok((StatusCode::CREATED, headers, Json(came)).into_response())
}

async fn came(http: &Http, redeemed: Redeemed) -> Came {
    let document: DocumentId = redeemed.document;
    http.access_changed(document, redeemed.version).await;
    let (name, role) = (redeemed.name, redeemed.role.into());
    Came { document: document.to_string(), name, role }
}
