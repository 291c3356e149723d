//! What each person may do in a document, at each moment: the truth that servers have to follow.
//!
//! Nothing is committed that its author may not write at that moment. The log sees to it; so after
//! a revoke there is no second in which he still could. Who may not even read any longer gets
//! nothing once a server has had the time to look at the log.

use std::collections::BTreeMap;
use std::time::Duration;

use codesync_core::protocol::{RejectCode, ServerDocument, ServerMessage, codec};
use codesync_server::access::{Rights, Role};

use super::{Check, broken, hold};

/// How long after a right through a link has ended an edit that was let pass before may still reach
/// the log: it ends by the servers' clocks, not by the log's.
const LINK_GRACE: Duration = Duration::from_secs(4);

/// The rights of everybody in one document.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    people: BTreeMap<usize, Permission>,
}

#[derive(Debug)]
struct Permission {
    rights: Option<Rights>,
    since: Duration,
    /// Whether there was a time without the right to write, or to read.
    was_reader: bool,
    was_stranger: bool,
}

impl Permission {
    /// When a right ends by itself, or has ended.
    fn end(&self) -> Option<Duration> {
        let until = self.rights?.until?;
        Some(Duration::from_millis(u64::try_from(until).unwrap_or(0)))
    }

    /// Since when he may not read.
    fn stranger_since(&self, now: Duration) -> Option<Duration> {
        match self.rights {
            None => Some(self.since),
            Some(_) => self.end().filter(|end| *end <= now),
        }
    }
}

impl Permissions {
    pub(crate) fn set(&mut self, client: usize, rights: Option<Rights>, now: Duration) {
        let before = self.people.get(&client);
        let is_stranger = rights.is_none_or(|rights| rights.until.is_some());
        let is_reader = is_stranger || rights.is_some_and(|rights| rights.role == Role::Viewer);
        let permission = Permission {
            rights,
            since: now,
            was_reader: is_reader || before.is_some_and(|it| it.was_reader),
            was_stranger: is_stranger || before.is_some_and(|it| it.was_stranger),
        };
        self.people.insert(client, permission);
    }

    pub(crate) fn is_writer_for_good(&self, client: usize) -> bool {
        let rights = self.people.get(&client).and_then(|it| it.rights);
        rights.is_some_and(|rights| rights.role.may_write() && rights.until.is_none())
    }

    pub(crate) fn may_read(&self, client: usize, now: Duration) -> bool {
        self.people.get(&client).is_some_and(|it| it.stranger_since(now).is_none())
    }

    /// Whether it is right to tell this person so.
    pub(crate) fn explains(&self, client: usize, code: RejectCode) -> bool {
        self.people.get(&client).is_some_and(|it| match code {
            RejectCode::ReadOnly => it.was_reader,
            RejectCode::DocumentNotFound | RejectCode::AccessWithdrawn => it.was_stranger,
            _ => false,
        })
    }

    /// The log took an edit of this person.
    pub(crate) fn committed(&self, client: usize, now: Duration) -> Check {
        let permission = self.people.get(&client);
        let may_write = permission.is_some_and(|it| {
            it.rights.is_some_and(|rights| rights.role.may_write())
                && it.end().is_none_or(|end| now < end + LINK_GRACE)
        });
        hold!("I14 access", may_write, "an edit of client {client} is committed: {permission:?}");
        Ok(())
    }

    /// A server gives something to this person. `known_after` is how long servers need to hear of a
    /// change, and `well_since` since when nothing has kept them from it.
    pub(crate) fn given(
        &self,
        client: usize,
        messages: &[u8],
        now: Duration,
        known_after: Duration,
        well_since: Duration,
    ) -> Check {
        let since = self.people.get(&client).and_then(|it| it.stranger_since(now));
        let Some(since) = since.map(|since| since.max(well_since)) else { return Ok(()) };
        if now <= since + known_after {
            return Ok(());
        }
        for message in codec::decode_server(messages).map_err(|it| broken("protocol", it))? {
            let message = message.map_err(|it| broken("protocol", it))?;
            let is_goodbye = matches!(
                message,
                ServerMessage::Document(
                    ServerDocument::Ended { .. }
                        | ServerDocument::Refused { .. }
                        | ServerDocument::Rejected { .. }
                )
            );
            hold!("I14 access", is_goodbye, "client {client}, a stranger since {since:?}, is told");
        }
        Ok(())
    }
}
