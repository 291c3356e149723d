//! Who may do what with a document, over REST.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Role;
use crate::db::members::{Invite, MemberRecord, Remove, SetRole, ShareError};
use crate::http::Http;
use crate::http::caller::{Member, Owning, Viewing, Visitor};
use crate::http::error::ApiError;
use crate::http::grant::KindName;
use crate::http::json::{Body, MemberPath, rfc3339};
use crate::http::kind;
use crate::http::problem::{
    AlreadyMember, GuestOwner, LastOwner, MemberNotFound, RoleTooLow, TooManyMembers, UserNotFound,
};
use crate::ids::UserId;

/// A role as JSON names it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleName {
    Viewer,
    Editor,
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

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Editor => Self::Editor,
            Role::Owner => Self::Owner,
        }
    }
}

/// Somebody who may do something with a document.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct ShownMember {
    #[schema(value_type = kind::Id)]
    user: String,
    kind: KindName,
    name: String,
    /// Shown to owners, and to everybody his own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    login: Option<String>,
    role: RoleName,
    /// The link he came through.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = kind::Id, required = false)]
    link: Option<String>,
    /// When that link ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = kind::Time, required = false)]
    until: Option<String>,
    #[schema(value_type = kind::Time)]
    since: String,
}

fn shown(record: MemberRecord, to: &Member) -> ShownMember {
    let is_owner = to.rights.role == Role::Owner;
    let is_known = is_owner || record.user == to.caller.user;
    ShownMember {
        user: record.user.to_string(),
        kind: record.kind.into(),
        name: record.name,
        login: record.login.filter(|_| is_known),
        role: record.role.into(),
        link: record.link.filter(|_| is_owner).map(|link| link.to_string()),
        until: record.until.map(rfc3339),
        since: rfc3339(record.created_at),
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MemberList {
    members: Vec<ShownMember>,
}

/// Who may do something with a document.
#[utoipa::path(
    get, path = "/api/documents/{id}/members", tag = "members", operation_id = "listMembers",
    responses((status = 200, description = "All of them.", body = MemberList))
)]
pub(crate) async fn list(
    State(http): State<Http>,
    Viewing(member): Viewing,
) -> Result<Json<MemberList>, ApiError> {
    let members = http.database.members(member.document).await?;
    let members = members.into_iter().map(|record| shown(record, &member)).collect();
    Ok(Json(MemberList { members }))
}

async fn one(http: &Http, owner: &Member, user: UserId) -> Result<ShownMember, ApiError> {
    let members = http.database.members(owner.document).await?;
    let found = members.into_iter().find(|record| record.user == user);
    Ok(shown(found.ok_or(ApiError::Share(ShareError::NoMember))?, owner))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    login: String,
    role: RoleName,
}

/// Makes somebody with an account a member.
#[utoipa::path(
    post, path = "/api/documents/{id}/members", tag = "members", operation_id = "inviteMember",
    responses(
        (status = 201, description = "He is a member.", body = ShownMember),
        UserNotFound, AlreadyMember, GuestOwner, TooManyMembers,
    )
)]
pub(crate) async fn invite(
    State(http): State<Http>,
    Owning(owner): Owning,
    visitor: Visitor,
    Body(asked): Body<NewMember>,
) -> Result<Response, ApiError> {
    http.limits.look_up(&owner.caller).await?;
    let by = visitor.actor(&owner.caller);
    let document = owner.document;
    let login = asked.login.parse().map_err(|_| ApiError::Share(ShareError::NoUser))?;
    let invite = Invite { document, login, role: asked.role.into(), by };
    let (user, version) = http.database.change(invite).await??;
    http.access_changed(document, version).await;
    Ok((StatusCode::CREATED, Json(one(&http, &owner, user).await?)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[schema(as = MemberChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedRole {
    role: RoleName,
}

/// Gives a member another role.
#[utoipa::path(
    patch, path = "/api/documents/{id}/members/{user}", tag = "members",
    operation_id = "changeMember",
    responses(
        (status = 200, description = "He has the role.", body = ShownMember),
        MemberNotFound, LastOwner, GuestOwner,
    )
)]
pub(crate) async fn change(
    State(http): State<Http>,
    Owning(owner): Owning,
    visitor: Visitor,
    MemberPath(user): MemberPath,
    Body(asked): Body<ChangedRole>,
) -> Result<Json<ShownMember>, ApiError> {
    let (document, by) = (owner.document, visitor.actor(&owner.caller));
    let change = SetRole { document, user, role: asked.role.into(), by };
    http.access_changed(document, http.database.change(change).await??).await;
    if user == owner.caller.user && asked.role != RoleName::Owner {
        // He has made himself less than an owner: what he sees has changed with it.
        let rights = crate::access::Rights { role: asked.role.into(), ..owner.rights };
        return Ok(Json(one(&http, &Member { rights, ..owner }, user).await?));
    }
    Ok(Json(one(&http, &owner, user).await?))
}

/// Takes a member out, or leaves.
#[utoipa::path(
    delete, path = "/api/documents/{id}/members/{user}", tag = "members",
    operation_id = "removeMember",
    responses((status = 204, description = "He is none any more."), MemberNotFound, RoleTooLow, LastOwner)
)]
pub(crate) async fn remove(
    State(http): State<Http>,
    Viewing(member): Viewing,
    visitor: Visitor,
    MemberPath(user): MemberPath,
) -> Result<StatusCode, ApiError> {
    let Member { document, caller, rights } = member;
    if user != caller.user && rights.role < Role::Owner {
        return Err(ApiError::RoleTooLow { least: Role::Owner, role: rights.role });
    }
    let remove = Remove { document, user, by: visitor.actor(&caller) };
    http.access_changed(document, http.database.change(remove).await??).await;
    Ok(StatusCode::NO_CONTENT)
}
