//! The questions of the list of who may do what, one line each, and what their answers lead to.

use std::time::Duration;

use codesync_client::Role;

use super::Order;
use crate::app::{App, Prompt, PromptKind};
use crate::input::{Code, Key};
use crate::{sanitize, when};

/// A question. Those that one letter answers wait for no Enter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Whom to invite.
    Login,
    InviteRole {
        login: String,
    },
    Role {
        user: String,
        name: String,
    },
    Remove {
        user: String,
        name: String,
    },
    EndLink {
        id: String,
        members: u64,
    },
    LinkRole,
    LinkLasts {
        role: Role,
    },
    LinkGuests {
        role: Role,
        lasts: Option<Duration>,
    },
}

/// What an answer leads to.
enum Next {
    Ask(Step),
    Order(Order),
    /// The letter answers nothing.
    Again,
    Nothing,
}

impl Step {
    pub(crate) fn question(&self) -> String {
        match self {
            Self::Login => "invite (login):".into(),
            Self::InviteRole { login } => {
                format!("{} becomes (e)ditor, (v)iewer or (o)wner:", sanitize::shorten(login, 24))
            }
            Self::Role { name, .. } => format!("{name} becomes (e)ditor, (v)iewer or (o)wner:"),
            Self::Remove { name, .. } => format!("take {name} out? (y/n)"),
            Self::EndLink { members: 0, .. } => "end this link? (y/n)".into(),
            Self::EndLink { members, .. } => {
                format!("end this link, and the membership of {members} who came by it? (y/n)")
            }
            Self::LinkRole => "whoever has the link becomes (v)iewer or (e)ditor:".into(),
            Self::LinkLasts { .. } => "it ends after (30m, 12h, 7d, 2w, never):".into(),
            Self::LinkGuests { .. } => "let in people without an account too? (y/n)".into(),
        }
    }

    /// Whether the answer is a line, rather than a letter.
    pub(crate) fn is_line(&self) -> bool {
        matches!(self, Self::Login | Self::LinkLasts { .. })
    }

    pub(super) fn usual_answer(&self) -> String {
        if matches!(self, Self::LinkLasts { .. }) { "7d".into() } else { String::new() }
    }

    fn letter(self, c: char) -> Next {
        let role = match c {
            'v' => Some(Role::Viewer),
            'e' => Some(Role::Editor),
            'o' => Some(Role::Owner),
            _ => None,
        };
        let is_yes = match c {
            'y' => Some(true),
            'n' => Some(false),
            _ => None,
        };
        match (self, role, is_yes) {
            (Self::InviteRole { login }, Some(role), _) => {
                Next::Order(Order::Invite { login, role })
            }
            (Self::Role { user, .. }, Some(role), _) => {
                Next::Order(Order::ChangeRole { user, role })
            }
            (Self::LinkRole, Some(role), _) if role != Role::Owner => {
                Next::Ask(Self::LinkLasts { role })
            }
            (Self::Remove { user, .. }, _, Some(true)) => Next::Order(Order::Remove { user }),
            (Self::EndLink { id, .. }, _, Some(true)) => Next::Order(Order::EndLink { id }),
            (Self::Remove { .. } | Self::EndLink { .. }, _, Some(false)) => Next::Nothing,
            (Self::LinkGuests { role, lasts }, _, Some(guests)) => {
                Next::Order(Order::MakeLink { role, lasts, guests })
            }
            _ => Next::Again,
        }
    }

    fn line(self, answer: &str) -> Result<Next, String> {
        let answer = answer.trim();
        match self {
            Self::Login if answer.is_empty() => Ok(Next::Nothing),
            Self::Login => Ok(Next::Ask(Self::InviteRole { login: answer.to_owned() })),
            Self::LinkLasts { role } => {
                let lasts = when::stretch(answer).map_err(|error| error.to_string())?;
                Ok(Next::Ask(Self::LinkGuests { role, lasts }))
            }
            _ => Ok(Next::Again),
        }
    }
}

impl App {
    /// A key while one of the questions stands that a letter answers.
    pub(in crate::app) fn step_by_letter(&mut self, step: Step, key: Key) {
        match key.code {
            Code::Char(c) if !key.ctrl && !key.alt => {
                self.go_on(step.letter(c.to_ascii_lowercase()))
            }
            Code::Escape => self.prompt = None,
            _ => {}
        }
    }

    /// Enter behind one of the others.
    pub(in crate::app) fn step_by_line(&mut self, step: Step, answer: &str) {
        match step.line(answer) {
            Ok(next) => self.go_on(next),
            Err(sentence) => self.notify(&sentence),
        }
    }

    fn go_on(&mut self, next: Next) {
        self.prompt = match next {
            Next::Again => return,
            Next::Ask(step) => {
                let answer = step.usual_answer();
                Some(Prompt::new(PromptKind::Sharing(step), answer))
            }
            Next::Order(order) => {
                self.order(order);
                None
            }
            Next::Nothing => None,
        };
    }
}
