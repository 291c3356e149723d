//! Who may do what with the document, in a list: people and their roles, and links that invite.
//!
//! One thing is done at a time, and what the server has then is shown; nothing is shown that it has
//! not said.

mod steps;

use std::time::Duration;

use codesync_client::Role;

use super::question::Question;
use super::{App, Command, Effect, Motion, Prompt, PromptKind};
use crate::input::{Code, Key};
use crate::sanitize;

pub(crate) use steps::Step;

/// Something to be done about who may do what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// Nothing: only look.
    Look,
    Invite {
        login: String,
        role: Role,
    },
    ChangeRole {
        user: String,
        role: Role,
    },
    Remove {
        user: String,
    },
    MakeLink {
        role: Role,
        lasts: Option<Duration>,
        guests: bool,
    },
    EndLink {
        id: String,
    },
}

/// How things stand with the server. All words are harmless to show.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Standing {
    /// The document's address, which lets in nobody who may not.
    pub(crate) address: String,
    /// Whether people log in there. Otherwise whoever reaches it may do everything.
    pub(crate) has_accounts: bool,
    pub(crate) members: Vec<Member>,
    /// `None` for whoever may not see them.
    pub(crate) links: Option<Vec<Link>>,
    /// What was done.
    pub(crate) done: Option<Done>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Done {
    Said(String),
    /// A link, secret and all. Nobody can ask for it again.
    Made {
        id: String,
        link: String,
    },
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Member {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) login: Option<String>,
    pub(crate) role: Role,
    /// When his membership ends, if it does.
    pub(crate) until: Option<String>,
    /// Whether it is the person at this editor.
    pub(crate) is_own: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Link {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) role: Role,
    pub(crate) guests: bool,
    pub(crate) members: u64,
    pub(crate) ends: Option<String>,
}

/// A line that can be chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Row<'a> {
    Address(&'a str),
    Member(&'a Member),
    Link(&'a Link),
}

/// The list, while it is open.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    standing: Option<Standing>,
    selected: usize,
    /// Whether something is on its way.
    is_busy: bool,
    /// The link that was made here last.
    made: Option<(String, String)>,
    failure: Option<String>,
}

impl Sharing {
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let Some(standing) = &self.standing else { return Vec::new() };
        let links = standing.links.iter().flatten().map(Row::Link);
        [Row::Address(&standing.address)]
            .into_iter()
            .chain(standing.members.iter().map(Row::Member))
            .chain(links)
            .collect()
    }

    pub(crate) fn selected(&self) -> usize {
        self.selected
    }

    /// The secret address of a link, if it was made here.
    pub(crate) fn secret(&self, link: &Link) -> Option<&str> {
        self.made.as_ref().filter(|(id, _)| *id == link.id).map(|(_, link)| link.as_str())
    }

    /// What there is to say besides.
    pub(crate) fn remark(&self) -> Option<&str> {
        let has_accounts = self.standing.as_ref().is_none_or(|it| it.has_accounts);
        match &self.failure {
            Some(reason) => Some(reason),
            None if self.is_busy => Some("one moment …"),
            None if !has_accounts => Some("no accounts here: whoever reaches the server may edit"),
            None => None,
        }
    }

    fn chosen(&self) -> Option<Row<'_>> {
        self.rows().get(self.selected).copied()
    }

    fn step(&mut self, by: isize) {
        let last = self.rows().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}

impl App {
    pub(super) fn open_sharing(&mut self) {
        if self.saving.condition.is_away() {
            self.notify("who may do what is with the server, which is not reached now");
            return;
        }
        self.sharing = Some(Sharing {
            standing: None,
            selected: 0,
            is_busy: false,
            made: None,
            failure: None,
        });
        self.order(Order::Look);
    }

    /// Has something done, unless something is on its way.
    fn order(&mut self, order: Order) {
        let Some(sharing) = self.sharing.as_mut().filter(|sharing| !sharing.is_busy) else {
            return;
        };
        sharing.is_busy = true;
        sharing.failure = None;
        self.ask(Question::Sharing(order));
    }

    pub(super) fn handle_sharing(&mut self, answer: Result<Standing, String>) {
        let Some(sharing) = &mut self.sharing else { return };
        sharing.is_busy = false;
        let mut standing = match answer {
            Ok(standing) => standing,
            Err(reason) => {
                sharing.failure = Some(sanitize::one_line(&reason));
                return;
            }
        };
        let done = standing.done.take();
        sharing.standing = Some(standing);
        if let Some(Done::Made { id, link }) = &done {
            let is_made = |row: &Row<'_>| matches!(row, Row::Link(link) if link.id == *id);
            let place = sharing.rows().iter().position(is_made);
            sharing.selected = place.unwrap_or(sharing.selected);
            sharing.made = Some((id.clone(), link.clone()));
        }
        sharing.step(0);
        match done {
            Some(Done::Made { link, .. }) => {
                self.effects.push_back(Effect::Copy(link));
                self.notify("the link is copied; it is not shown again");
            }
            Some(Done::Said(sentence)) => self.notify(&sentence),
            None => {}
        }
    }

    pub(super) fn handle_sharing_key(&mut self, key: Key) {
        let Some(sharing) = &mut self.sharing else { return };
        let letter = match key.code {
            Code::Char(c) if !key.ctrl && !key.alt => Some(c),
            _ => None,
        };
        match (letter, self.keymap.command(key)) {
            (Some('q'), _) | (_, Some(Command::Cancel | Command::Share)) => self.sharing = None,
            (_, Some(Command::Quit)) => self.quit(),
            (Some('k'), _) | (_, Some(Command::Move { motion: Motion::Up, .. })) => {
                sharing.step(-1)
            }
            (Some('j'), _) | (_, Some(Command::Move { motion: Motion::Down, .. })) => {
                sharing.step(1)
            }
            (Some('c'), _) | (_, Some(Command::Copy)) => self.copy_address(),
            (Some('i'), _) => self.ask_step(Step::Login),
            (Some('l'), _) => self.ask_step(Step::LinkRole),
            (Some('r'), _) => self.ask_role(),
            (Some('x'), _) | (_, Some(Command::Delete)) => self.ask_end(),
            (_, Some(Command::Newline)) => {
                let is_member = matches!(sharing.chosen(), Some(Row::Member(_)));
                if is_member { self.ask_role() } else { self.copy_address() }
            }
            _ => {}
        }
    }

    fn copy_address(&mut self) {
        let Some(sharing) = &self.sharing else { return };
        let address = match sharing.chosen() {
            Some(Row::Address(address)) => Some(address.to_owned()),
            Some(Row::Link(link)) => sharing.secret(link).map(str::to_owned),
            Some(Row::Member(_)) | None => None,
        };
        match address {
            Some(address) => {
                self.effects.push_back(Effect::Copy(address));
                self.notify("copied");
            }
            None => self.notify("its secret was shown when it was made; l makes another link"),
        }
    }

    fn ask_role(&mut self) {
        let chosen = self.sharing.as_ref().and_then(Sharing::chosen);
        match chosen {
            Some(Row::Member(member)) => {
                let (user, name) = (member.user.clone(), member.name.clone());
                self.ask_step(Step::Role { user, name });
            }
            _ => self.notify("choose somebody first"),
        }
    }

    fn ask_end(&mut self) {
        let step = match self.sharing.as_ref().and_then(Sharing::chosen) {
            Some(Row::Member(member)) => {
                Step::Remove { user: member.user.clone(), name: member.name.clone() }
            }
            Some(Row::Link(link)) => Step::EndLink { id: link.id.clone(), members: link.members },
            Some(Row::Address(_)) | None => return self.notify("choose somebody or a link first"),
        };
        self.ask_step(step);
    }

    fn ask_step(&mut self, step: Step) {
        let has_accounts =
            self.sharing.as_ref().and_then(|it| it.standing.as_ref()).map(|it| it.has_accounts);
        match has_accounts {
            Some(true) => {
                let answer = step.usual_answer();
                self.prompt = Some(Prompt::new(PromptKind::Sharing(step), answer));
            }
            Some(false) => self.notify("a server without accounts has no members and no links"),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
