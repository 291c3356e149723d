//! Who may do what: looking, and changing it.

use codesync_client::{Invitation, Member, NewInvitation, RestError, Role};

use super::{Desk, Own, said};
use crate::app::{self, Done, Order, Standing};
use crate::{sanitize, when};

/// Columns of a name and of a login.
const NAME_COLUMNS_MAX: usize = 40;

impl Desk {
    /// Does what is ordered, and tells how things stand then.
    pub(super) async fn sharing(&self, order: Order) -> Result<Standing, String> {
        let done = self.fulfil(order).await?;
        let standing = said(self.standing().await)?;
        Ok(Standing { done, ..standing })
    }

    async fn fulfil(&self, order: Order) -> Result<Option<Done>, String> {
        let document = self.document;
        let done = |sentence: String| Ok(Some(Done::Said(sentence)));
        match order {
            Order::Look => Ok(None),
            Order::Invite { login, role } => {
                let member = said(self.rest.invite(document, &login, role).await)?;
                done(format!("{} is {} now", name(&member), member.role.as_str()))
            }
            Order::ChangeRole { user, role } => {
                let member = self.member(&user).await?;
                let member = said(self.rest.change_role(document, &member, role).await)?;
                done(format!("{} is {} now", name(&member), member.role.as_str()))
            }
            Order::Remove { user } => {
                let member = self.member(&user).await?;
                said(self.rest.remove_member(document, &member).await)?;
                done(format!("{} is no member any more", name(&member)))
            }
            Order::MakeLink { role, lasts, guests } => {
                let wanted =
                    NewInvitation { role, guests, label: String::new(), expires_in: lasts };
                let made = said(self.rest.make_invitation(document, &wanted).await)?;
                let path = made.path.as_deref().unwrap_or_default();
                let link = sanitize::one_line(&format!("{}{path}", self.server));
                Ok(Some(Done::Made { id: made.id, link }))
            }
            Order::EndLink { id } => {
                let links = said(self.rest.invitations(document).await)?;
                let link = links.iter().find(|link| link.id == id);
                let link = link.ok_or("the link has ended already")?;
                said(self.rest.revoke_invitation(document, link).await)?;
                done("the link has ended".into())
            }
        }
    }

    async fn member(&self, user: &str) -> Result<Member, String> {
        let members = said(self.rest.members(self.document).await)?;
        let found = members.into_iter().find(|member| member.user == user);
        found.ok_or_else(|| "he is no member any more".to_owned())
    }

    async fn standing(&self) -> Result<Standing, RestError> {
        let own = self.own().await?;
        let address = self.server.link(self.document).to_string();
        if !own.has_accounts() {
            return Ok(Standing { address, ..Standing::default() });
        }
        let members = self.rest.members(self.document).await?;
        let is_owner =
            |member: &Member| member.user == own.account.id && member.role == Role::Owner;
        let links = match members.iter().any(is_owner) {
            true => Some(self.rest.invitations(self.document).await?),
            false => None,
        };
        Ok(Standing {
            address,
            has_accounts: true,
            members: members.iter().map(|member| shown(member, &own)).collect(),
            links: links.map(|links| links.iter().map(shown_link).collect()),
            done: None,
        })
    }
}

fn name(member: &Member) -> String {
    sanitize::shorten(&member.name, NAME_COLUMNS_MAX)
}

fn shown(member: &Member, own: &Own<'_>) -> app::Member {
    let shorten = |text: &String| sanitize::shorten(text, NAME_COLUMNS_MAX);
    app::Member {
        user: member.user.clone(),
        name: name(member),
        login: member.login.as_ref().map(shorten),
        role: member.role,
        until: member.until.as_deref().map(when::minute),
        is_own: member.user == own.account.id,
    }
}

fn shown_link(link: &Invitation) -> app::Link {
    app::Link {
        id: sanitize::one_line(&link.id),
        label: sanitize::shorten(&link.label, NAME_COLUMNS_MAX),
        role: link.role,
        guests: link.guests,
        members: link.members,
        ends: link.expires_at.as_deref().map(when::minute),
    }
}
