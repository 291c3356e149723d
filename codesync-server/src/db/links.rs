//! The table `links`: invitations that whoever knows their secret may take up.
//!
//! A secret is 256 random bits, shown once and kept as its SHA-256. Whoever comes through a link is
//! a member bound to it: with its role, until it ends.

use async_trait::async_trait;
use codesync_core::DocumentId;

use crate::access::{AccessVersion, Role};
use crate::db::audit::{self, Action, Actor, Event};
use crate::db::engine::{Connection, Row, values};
use crate::db::members::{self, Membership, ShareError};
use crate::db::sessions::{self, NewSession};
use crate::db::users;
use crate::db::write::{Stop, Write};
use crate::db::{Database, now_ms};
use crate::ids::{LinkId, UserId};
use crate::oplog::LogError;

/// Links of one document that have not ended.
pub const LINKS_MAX: u32 = 100;

/// A link, without its secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkRecord {
    pub id: LinkId,
    /// Editor or viewer.
    pub role: Role,
    /// Whether people without an account may come in.
    pub guests: bool,
    pub label: String,
    /// Milliseconds since 1970, as all times here.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    /// How many are members through it.
    pub members: u64,
}

impl Database {
    /// The links of a document that have not ended, the latest first.
    pub async fn links(&self, document: DocumentId) -> Result<Vec<LinkRecord>, LogError> {
        const SQL: &str = "select links.id, links.role, links.guests, links.label, links.created_at, links.expires_at,
                (select count(*) from members where members.link = links.id) as members
            from links
            where links.document = $1 and links.revoked_at is null
                and (links.expires_at is null or links.expires_at > $2)
            order by links.created_at desc, links.id
            limit $3";
        let found = async {
            let mut reading = self.reading().await?;
            let values = values![document, now_ms(), LINKS_MAX];
            let rows = reading.connection().rows(SQL, values).await?;
            rows.iter().map(record).collect()
        };
        self.bounded(found).await
    }
}

fn record(row: &Row) -> Result<LinkRecord, sqlx::Error> {
    Ok(LinkRecord {
        id: LinkId::from_bytes(row.fixed("id")?),
        role: members::role(row)?,
        guests: row.get::<i64>("guests")? != 0,
        label: row.get("label")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        members: row.number("members")?,
    })
}

/// Makes a link.
pub(crate) struct MakeLink {
    pub(crate) document: DocumentId,
    pub(crate) link: LinkRecord,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for MakeLink {
    type Done = ();
    type Refusal = ShareError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<(), Stop<ShareError>> {
        // Nobody's rights change, but the document's row stands still meanwhile.
        members::count_change_by_owner(connection, self.document, &self.by).await?;
        let sql = "select count(*) as links from links where document = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
        let count = connection.row(sql, values![self.document, now_ms()]).await?;
        let count = count.map(|row| row.number("links")).transpose()?.unwrap_or(0);
        if count >= LINKS_MAX.into() {
            return Err(Stop::Refused(ShareError::TooManyLinks));
        }
        connection
            .execute(
                "insert into links (id, document, secret_hash, role, guests, label, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                values![
                    self.link.id,
                    self.document,
                    self.secret_hash,
                    self.link.role.name(),
                    self.link.guests,
                    self.link.label.as_str(),
                    self.by.user,
                    self.link.created_at,
                    self.link.expires_at,
                ],
            )
            .await?;
        let event = Event::new(Action::LinkMade, &self.by).on(self.document);
        let detail = format!("{} {}", self.link.role.name(), self.link.id);
        Ok(audit::record(connection, event.saying(detail)).await?)
    }
}

/// Ends a link, and the membership of everybody who came through it.
pub(crate) struct RevokeLink {
    pub(crate) document: DocumentId,
    pub(crate) link: LinkId,
    pub(crate) by: Actor,
}

#[async_trait]
impl Write for RevokeLink {
    type Done = AccessVersion;
    type Refusal = ShareError;

    async fn run(
        &mut self,
        connection: &mut Connection<'_>,
    ) -> Result<AccessVersion, Stop<ShareError>> {
        let version = members::count_change_by_owner(connection, self.document, &self.by).await?;
        let sql = "update links set revoked_at = $1 where id = $2 and document = $3 and revoked_at is null";
        if connection.execute(sql, values![now_ms(), self.link, self.document]).await? == 0 {
            return Err(Stop::Refused(ShareError::NoLink));
        }
        let gone = members::end_of_links(connection, "$1", self.link.into()).await?;
        let event = Event::new(Action::LinkRevoked, &self.by).on(self.document);
        let detail = format!("{}, {gone} members", self.link);
        audit::record(connection, event.saying(detail)).await?;
        Ok(version)
    }
}

/// Who takes up a link.
#[derive(Clone, Debug)]
pub(crate) enum Redeemer {
    User(UserId),
    /// Somebody without an account, who becomes a guest of this name and is logged in.
    Guest {
        name: String,
        session: NewSession,
    },
}

/// Takes up a link.
pub(crate) struct Redeem {
    pub(crate) secret_hash: [u8; 32],
    pub(crate) who: Redeemer,
    pub(crate) address: String,
}

/// What somebody may do who took up a link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redeemed {
    pub document: DocumentId,
    /// The document's.
    pub name: String,
    pub user: UserId,
    pub role: Role,
    pub version: AccessVersion,
}

#[async_trait]
impl Write for Redeem {
    type Done = Redeemed;
    type Refusal = ShareError;

    async fn run(&mut self, connection: &mut Connection<'_>) -> Result<Redeemed, Stop<ShareError>> {
        let Some(found) = find_secret(connection, self.secret_hash).await? else {
            return Err(Stop::Refused(ShareError::NoLink));
        };
        let user = match &self.who {
            Redeemer::User(user) => *user,
            Redeemer::Guest { session, .. } => session.user,
        };
        let is_guest = match &self.who {
            Redeemer::User(user) => users::is_guest(connection, *user).await?,
            Redeemer::Guest { .. } => true,
        };
        if is_guest && !found.guests {
            return Err(Stop::Refused(ShareError::NoGuests));
        }
        let no_link = |stop| match stop {
            Stop::Refused(ShareError::NoDocument) => Stop::Refused(ShareError::NoLink),
            stop => stop,
        };
        let version = members::count_change(connection, found.document).await.map_err(no_link)?;
        // A link that was revoked meanwhile lets nobody in.
        if find_secret(connection, self.secret_hash).await?.is_none() {
            return Err(Stop::Refused(ShareError::NoLink));
        }
        if let Redeemer::Guest { name, session } = &self.who {
            users::add_guest(connection, session.user, name).await?;
            sessions::begin(connection, session).await?;
        }
        let before = members::find(connection, found.document, user).await?;
        let role = match before {
            // Nobody loses by taking up a link.
            Some(before) if before.role >= found.role => before.role,
            Some(_) | None => {
                let own = before.and_then(Membership::without_link);
                let (role, link) = (found.role, Some(found.link));
                let membership = Membership { role, link, until: None, own };
                members::put(connection, found.document, user, membership).await?;
                found.role
            }
        };
        let by = Actor { user: Some(user), address: self.address.clone() };
        let event = Event::new(Action::LinkRedeemed, &by).on(found.document).to(user);
        audit::record(connection, event.saying(found.link.to_string())).await?;
        Ok(Redeemed { document: found.document, name: found.name, user, role, version })
    }
}

struct Found {
    link: LinkId,
    document: DocumentId,
    name: String,
    role: Role,
    guests: bool,
}

async fn find_secret(
    connection: &mut Connection<'_>,
    secret_hash: [u8; 32],
) -> Result<Option<Found>, sqlx::Error> {
    const SQL: &str = "select links.id, links.document, links.role, links.guests, documents.name
        from links join documents on documents.id = links.document
        where links.secret_hash = $1 and links.revoked_at is null and documents.trashed_at is null
            and (links.expires_at is null or links.expires_at > $2)";
    let row = connection.row(SQL, values![secret_hash, now_ms()]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        link: LinkId::from_bytes(row.fixed("id")?),
        document: DocumentId::from_bytes(row.fixed("document")?),
        name: row.get("name")?,
        role: members::role(&row)?,
        guests: row.get::<i64>("guests")? != 0,
    }))
}
