//! Who may do what with a document, over REST: members, and links that invite.

use std::time::Duration;

use codesync_core::DocumentId;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::auth::{Answer, Grant};
use super::{Rest, RestError, as_text};
use crate::server_url::LinkSecret;

/// What somebody may do with a document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read.
    Viewer,
    /// Read and write.
    Editor,
    /// Share and delete as well.
    Owner,
}

impl Role {
    /// As people and the interface call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

/// Somebody who may do something with a document.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Member {
    /// Which user.
    pub user: String,
    /// `person`, `guest` or `local`.
    pub kind: String,
    /// Comes from others: make it harmless before showing it.
    pub name: String,
    /// Shown to owners, and to everybody his own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// What he may do.
    pub role: Role,
    /// The link he came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When that link ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// What it makes of whoever takes it up; not an owner.
    pub role: Role,
    /// Whether people without an account may come in.
    pub guests: bool,
    /// For telling one's links apart.
    pub label: String,
    /// How long it can be taken up; until it is revoked when absent.
    pub expires_in: Option<Duration>,
}

/// A link that makes members of those who have it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Invitation {
    /// Its identity, which is no secret.
    pub id: String,
    /// What it makes of whoever takes it up.
    pub role: Role,
    /// Whether people without an account may come in.
    pub guests: bool,
    /// Comes from others: make it harmless before showing it.
    pub label: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it ends, RFC 3339.
    pub expires_at: Option<String>,
    /// How many are members through it.
    pub members: u64,
    /// Where it leads, secret and all, below the server's address. Only known when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What taking up a link has brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The document.
    pub document: DocumentId,
    /// Its name. Comes from others: make it harmless before showing it.
    pub name: String,
    /// What one may do with it.
    pub role: Role,
    /// The login of a guest, who had none.
    pub grant: Option<Grant>,
}

impl Rest {
    /// Who may do something with a document.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn members(&self, document: DocumentId) -> Result<Vec<Member>, RestError> {
        #[derive(Deserialize)]
        struct Answer {
            members: Vec<Member>,
        }
        let path = format!("api/documents/{document}/members");
        let answer: Answer = self.json(self.request(Method::GET, &path)).await?;
        Ok(answer.members)
    }

    /// Makes somebody with an account a member.
    ///
    /// # Errors
    /// [`RestError::Refused`] when nobody has this login or he is a member already, or as for every
    /// call.
    pub async fn invite(
        &self,
        document: DocumentId,
        login: &str,
        role: Role,
    ) -> Result<Member, RestError> {
        let member = serde_json::json!({ "login": login, "role": role });
        let path = format!("api/documents/{document}/members");
        self.json(self.request(Method::POST, &path).json(&member)).await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`RestError::Refused`] when the document would be left without an owner, or as for every
    /// call.
    pub async fn change_role(
        &self,
        document: DocumentId,
        member: &Member,
        role: Role,
    ) -> Result<Member, RestError> {
        let path = format!("api/documents/{document}/members/{}", member.user);
        let change = serde_json::json!({ "role": role });
        self.json(self.request(Method::PATCH, &path).json(&change)).await
    }

    /// Takes a member out.
    ///
    /// # Errors
    /// [`RestError::Refused`] when the document would be left without an owner, or as for every
    /// call.
    pub async fn remove_member(
        &self,
        document: DocumentId,
        member: &Member,
    ) -> Result<(), RestError> {
        let path = format!("api/documents/{document}/members/{}", member.user);
        self.send(self.request(Method::DELETE, &path)).await.map(drop)
    }

    /// The links of a document, without their secrets.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn invitations(&self, document: DocumentId) -> Result<Vec<Invitation>, RestError> {
        #[derive(Deserialize)]
        struct Answer {
            links: Vec<Invitation>,
        }
        let path = format!("api/documents/{document}/links");
        let answer: Answer = self.json(self.request(Method::GET, &path)).await?;
        Ok(answer.links)
    }

    /// Makes a link that lets in whoever has it.
    ///
    /// # Errors
    /// [`RestError::Refused`] on a server without accounts, or as for every call.
    pub async fn make_invitation(
        &self,
        document: DocumentId,
        link: &NewInvitation,
    ) -> Result<Invitation, RestError> {
        let path = format!("api/documents/{document}/links");
        let wanted = serde_json::json!({
            "role": link.role,
            "guests": link.guests,
            "label": link.label,
            "expires_in": link.expires_in.map(|time| time.as_secs()),
        });
        self.json(self.request(Method::POST, &path).json(&wanted)).await
    }

    /// Ends a link, and the membership of everybody who came through it.
    ///
    /// # Errors
    /// [`RestError::NotFound`], or as for every call.
    pub async fn revoke_invitation(
        &self,
        document: DocumentId,
        link: &Invitation,
    ) -> Result<(), RestError> {
        let path = format!("api/documents/{document}/links/{}", link.id);
        self.send(self.request(Method::DELETE, &path)).await.map(drop)
    }

    /// Takes up a link: as who is logged in, or else as a guest of this name.
    ///
    /// # Errors
    /// [`RestError::Refused`] when the link has ended or lets in no guests, or as for every call.
    pub async fn redeem(&self, secret: &LinkSecret, name: &str) -> Result<Arrival, RestError> {
        #[derive(Deserialize)]
        struct Came {
            #[serde(with = "as_text")]
            document: DocumentId,
            name: String,
            role: Role,
        }
        let request = self.request(Method::POST, "api/links/redeem");
        let response = if self.tokens.is_some() {
            self.send(request.json(&serde_json::json!({ "secret": secret.expose() }))).await?
        } else {
            let asked = serde_json::json!({ "secret": secret.expose(), "name": name });
            self.send_as(request.json(&asked), None).await?
        };
        let body = self.body(response).await?;
        let not_understood =
            |error: serde_json::Error| RestError::Answer { reason: error.to_string() };
        let Came { document, name, role } =
            serde_json::from_slice(&body).map_err(not_understood)?;
        let grant = match self.tokens {
            Some(_) => None,
            None => Some(serde_json::from_slice::<Answer>(&body).map_err(not_understood)?.into()),
        };
        Ok(Arrival { document, name, role, grant })
    }
}
