//! The table `members`: who may do what with a document.
//!
//! Each change counts up the document's [`AccessVersion`] in the same transaction, and before it
//! looks at anything else: the row of the document then stands still until the change is made, so
//! that two owners cannot leave at the same moment.

use async_trait::async_trait;
use codesync_core::DocumentId;
use sqlx::AssertSqlSafe;

use crate::access::{AccessVersion, Role};
use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, Value, undecodable, values};
use crate::db::users::{self, UserKind};
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::{LinkId, UserId};
use crate::logins::Login;
use crate::oplog::LogError;

/// Members of one document.
pub const MEMBERS_MAX: u32 = 1000;

/// A member as others see him.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberRecord {
    pub user: UserId,
    pub kind: UserKind,
    pub login: Option<String>,
    pub name: String,
    pub role: Role,
    /// The link he came through, and with which he goes.
    pub link: Option<LinkId>,
    /// Milliseconds since 1970 at which that link ends.
    pub until: Option<i64>,
    pub created_at: i64,
}

/// A change of who may do what was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ShareError {
    #[error("there is no such document")]
    NoDocument,
    #[error("only an owner may do that")]
    NotOwner,
    #[error("nobody has that login")]
    NoUser,
    #[error("he is no member of the document")]
    NoMember,
    #[error("he is a member already; change his role instead")]
    IsMember,
    #[error("a document has at least one owner; make somebody else owner first")]
    LastOwner,
    #[error("a guest cannot own a document")]
    GuestOwner,
    #[error("a document has at most {MEMBERS_MAX} members")]
    TooManyMembers,
    #[error("a document has at most {} links", crate::db::links::LINKS_MAX)]
    TooManyLinks,
    #[error("there is no such link")]
    NoLink,
    #[error("this link is for people with an account; log in first")]
    NoGuests,
}

impl Database {
    /// The members of a document, owners first and then by age.
    pub async fn members(&self, document: DocumentId) -> Result<Vec<MemberRecord>, LogError> {
        const SQL: &str = "select members.user_id, members.role, members.own_role, members.link, members.created_at, users.kind, users.login, users.name, links.expires_at
            from members
            join users on users.id = members.user_id
            left join links on links.id = members.link
            where members.document = $1 and users.deleted_at is null
                and (links.expires_at is null or links.expires_at > $2 or members.own_role is not null)
            order by case members.role when 'owner' then 0 else 1 end, members.created_at, members.user_id
            limit $3";
        let found = async {
            let mut reading = self.reading().await?;
            let now = now_ms();
            let values = values![document, now, MEMBERS_MAX];
            let rows = reading.connection().rows(SQL, values).await?;
            rows.iter().map(|row| record(row, now)).collect()
        };
        self.bounded(found).await
    }
}

fn record(row: &Row, now: i64) -> Result<MemberRecord, sqlx::Error> {
    let Membership { role, link, until, .. } = membership(row, now)?;
    Ok(MemberRecord {
        user: UserId::from_bytes(row.fixed("user_id")?),
        kind: users::kind(row)?,
        login: row.get("login")?,
        name: row.get("name")?,
        role,
        link,
        until,
        created_at: row.get("created_at")?,
    })
}

/// What a member may do at a moment: as long as his link lasts, what it says, and after it what he
/// may in his own right, which a row that is read here must say then.
pub(crate) fn membership(row: &Row, now: i64) -> Result<Membership, sqlx::Error> {
    let link = row.fixed_if_any("link")?.map(LinkId::from_bytes);
    let until: Option<i64> = row.get("expires_at")?;
    let own = row.get::<Option<&str>>("own_role")?;
    let own = own.map(|own| Role::from_name(own).ok_or_else(|| undecodable(UnknownRole)));
    let own = own.transpose()?;
    match own {
        Some(own) if until.is_some_and(|until| until <= now) => {
            Ok(Membership { role: own, link: None, until: None, own: None })
        }
        _ => Ok(Membership { role: role(row)?, link, until, own }),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a role that this version does not know")]
struct UnknownRole;

pub(crate) fn role(row: &Row) -> Result<Role, sqlx::Error> {
    Role::from_name(row.get("role")?).ok_or_else(|| undecodable(UnknownRole))
}

/// Counts a change of permissions, unless the document is in the trash.
pub(crate) async fn count_change(
    connection: &mut Connection<'_>,
    document: DocumentId,
) -> Result<AccessVersion, Stop<ShareError>> {
    let sql = "update documents set access = access + 1 where id = $1 and trashed_at is null returning access";
    match connection.row(sql, values![document]).await? {
        Some(row) => Ok(AccessVersion::new(row.number("access")?)),
        None => Err(Stop::Refused(ShareError::NoDocument)),
    }
}

/// The same, if whoever does it still owns the document.
pub(crate) async fn count_change_by_owner(
    connection: &mut Connection<'_>,
    document: DocumentId,
    by: &Actor,
) -> Result<AccessVersion, Stop<ShareError>> {
    let version = count_change(connection, document).await?;
    let own = match by.user {
        Some(user) => find(connection, document, user).await?,
        None => None,
    };
    match own {
        Some(Membership { role: Role::Owner, .. }) => Ok(version),
        Some(_) => Err(Stop::Refused(ShareError::NotOwner)),
        None => Err(Stop::Refused(ShareError::NoDocument)),
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Membership {
    pub(crate) role: Role,
    pub(crate) link: Option<LinkId>,
    /// When the link ends.
    pub(crate) until: Option<i64>,
    /// The lower role that he has without the link.
    pub(crate) own: Option<Role>,
}

impl Membership {
    /// Somebody who has this role in his own right.
    pub(crate) const fn own(role: Role) -> Self {
        Self { role, link: None, until: None, own: None }
    }

    /// What he may when his link ends.
    pub(crate) fn without_link(self) -> Option<Role> {
        if self.link.is_none() { Some(self.role) } else { self.own }
    }
}

/// A row of the table, unless its link has run out.
pub(crate) async fn find(
    connection: &mut Connection<'_>,
    document: DocumentId,
    user: UserId,
) -> Result<Option<Membership>, sqlx::Error> {
    const SQL: &str = "select members.role, members.own_role, members.link, links.expires_at from members left join links on links.id = members.link where members.document = $1 and members.user_id = $2 and (links.expires_at is null or links.expires_at > $3 or members.own_role is not null)";
    let now = now_ms();
    let row = connection.row(SQL, values![document, user, now]).await?;
    row.map(|row| membership(&row, now)).transpose()
}

/// Writes a row of the table, new or in the place of the one before.
pub(crate) async fn put(
    connection: &mut Connection<'_>,
    document: DocumentId,
    user: UserId,
    membership: Membership,
) -> Result<(), Stop<ShareError>> {
    connection
        .execute(
            "insert into members (document, user_id, role, link, own_role, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (document, user_id) do update set role = excluded.role, link = excluded.link, own_role = excluded.own_role",
            values![
                document,
                user,
                membership.role.name(),
                membership.link,
                membership.own.map(Role::name),
                now_ms(),
            ],
        )
        .await?;
    let sql = "select count(*) as members from members where document = $1";
    let count = connection.row(sql, values![document]).await?;
    match count.map(|row| row.number("members")).transpose()? {
        Some(count) if count > MEMBERS_MAX.into() => Err(Stop::Refused(ShareError::TooManyMembers)),
        _ => Ok(()),
    }
}

/// Members who came through such links are none any more, but for what they may in their own right.
pub(crate) async fn end_of_links(
    connection: &mut Connection<'_>,
    links: &'static str,
    value: Value,
) -> Result<u64, sqlx::Error> {
    let sql = format!(
        "update members set role = own_role, own_role = null, link = null where own_role is not null and link in ({links})"
    );
    let kept = connection.execute(AssertSqlSafe(sql), vec![value.clone()]).await?;
    let sql = format!("delete from members where link in ({links})");
    Ok(kept + connection.execute(AssertSqlSafe(sql), vec![value]).await?)
}

async fn has_owner(
    connection: &mut Connection<'_>,
    document: DocumentId,
) -> Result<bool, sqlx::Error> {
    let sql = "select 1 as one from members where document = $1 and role = 'owner' limit 1";
    Ok(connection.row(sql, values![document]).await?.is_some())
}

/// Makes somebody with an account a member.
pub(crate) struct Invite {
    pub(crate) document: DocumentId,
    pub(crate) login: Login,
    pub(crate) role: Role,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Invite {
    type Done = (UserId, AccessVersion);
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<Self::Done, Stop<ShareError>> {
        let version = count_change_by_owner(connection, self.document, &self.by).await?;
        let sql = "select id from users where login = $1 and kind = 'person' and disabled_at is null and deleted_at is null";
        let Some(row) = connection.row(sql, values![self.login.as_str()]).await? else {
            return Err(Stop::Refused(ShareError::NoUser));
        };
        let user = UserId::from_bytes(row.fixed("id")?);
        // Who came through a link becomes a member in his own right.
        let known = find(connection, self.document, user).await?;
        if known.is_some_and(|it| it.link.is_none()) {
            return Err(Stop::Refused(ShareError::IsMember));
        }
        let membership = Membership::own(self.role);
        put(connection, self.document, user, membership).await?;
        let event = Event::new(Action::MemberAdded, &self.by).on(self.document).to(user);
        audit::record(connection, event.saying(self.role.name())).await?;
        Ok((user, version))
    }
}

/// Gives a member another role, in his own right.
pub(crate) struct SetRole {
    pub(crate) document: DocumentId,
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for SetRole {
    type Done = AccessVersion;
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<AccessVersion, Stop<ShareError>> {
        let version = count_change_by_owner(connection, self.document, &self.by).await?;
        if find(connection, self.document, self.user).await?.is_none() {
            return Err(Stop::Refused(ShareError::NoMember));
        }
        if self.role == Role::Owner && users::is_guest(connection, self.user).await? {
            return Err(Stop::Refused(ShareError::GuestOwner));
        }
        let membership = Membership::own(self.role);
        put(connection, self.document, self.user, membership).await?;
        if !has_owner(connection, self.document).await? {
            return Err(Stop::Refused(ShareError::LastOwner));
        }
        let event = Event::new(Action::MemberChanged, &self.by).on(self.document).to(self.user);
        audit::record(connection, event.saying(self.role.name())).await?;
        Ok(version)
    }
}

/// Takes a member out. Owners may do so to everybody, the others to themselves.
pub(crate) struct Remove {
    pub(crate) document: DocumentId,
    pub(crate) user: UserId,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for Remove {
    type Done = AccessVersion;
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<AccessVersion, Stop<ShareError>> {
        let version = if self.by.user == Some(self.user) {
            count_change(connection, self.document).await?
        } else {
            count_change_by_owner(connection, self.document, &self.by).await?
        };
        let sql = "delete from members where document = $1 and user_id = $2";
        if connection.execute(sql, values![self.document, self.user]).await? == 0 {
            return Err(Stop::Refused(ShareError::NoMember));
        }
        if !has_owner(connection, self.document).await? {
            return Err(Stop::Refused(ShareError::LastOwner));
        }
        let event = Event::new(Action::MemberRemoved, &self.by).on(self.document).to(self.user);
        audit::record(connection, event).await?;
        Ok(version)
    }
}
