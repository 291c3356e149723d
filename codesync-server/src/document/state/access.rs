//! Who may do what, as of one state of the document's permissions.
//!
//! The rights of everybody who was let in, and of everybody whose edit waits, are known for one
//! [`AccessVersion`]. Each append names it, and the log writes nothing under another: so an edit is
//! committed only if its author may write at that moment. Whatever tells of another version (the
//! log's refusal, a hint from the bus, the look at the heads once a second, somebody who joins)
//! leads to one question, and until it is answered nothing is appended and nobody let in.
//!
//! The answer takes effect on the spot. Whoever may no longer read is let go, and whose role is
//! another is told; an edit that waits is refused if its author may not write now, unless the log
//! has it already. A right that ends at a certain time is asked about when that time comes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use codesync_core::bugs::{self, Bug};
use codesync_core::protocol::{RejectCode, ServerDocument};
use codesync_core::{Author, Seq};

use super::edit::Arriving;
use super::feed::{Stage, Subscriber};
use super::{DocumentState, encode};
use crate::access::{AccessTable, AccessVersion, Rights};
use crate::document::{Output, SubscriberId};
use crate::ids::UserId;
use crate::oplog::LogError;

/// How long after a question that was not answered it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Rights that may be kept of people who have gone, beyond as many as there are people here.
const STALE_RIGHTS_MAX: usize = 64;

/// What is known of the document's permissions.
#[derive(Debug)]
pub(super) struct Access {
    version: AccessVersion,
    /// At that version. Who is missing has none.
    rights: BTreeMap<UserId, Rights>,
    knowledge: Knowledge,
    /// When the first of these rights ends.
    ends_at: Option<Duration>,
    /// Time since 1970 when `now` was zero.
    unix_start: Duration,
}

#[derive(Debug)]
enum Knowledge {
    /// It holds, as far as anybody has said.
    Current,
    /// The rights of these were asked for, and perhaps a newer version was heard of meanwhile.
    Asking { users: BTreeSet<UserId>, heard_of: Option<AccessVersion> },
    /// The question was not answered.
    Unknown { ask_at: Duration },
}

impl Access {
    pub(super) fn new(version: AccessVersion, unix_start: Duration) -> Self {
        let (rights, knowledge) = (BTreeMap::new(), Knowledge::Current);
        Self { version, rights, knowledge, ends_at: None, unix_start }
    }

    pub(super) fn version(&self) -> AccessVersion {
        self.version
    }

    pub(super) fn is_asking(&self) -> bool {
        matches!(self.knowledge, Knowledge::Asking { .. })
    }

    fn is_current(&self) -> bool {
        matches!(self.knowledge, Knowledge::Current)
    }

    pub(super) fn may_write(&self, user: UserId) -> bool {
        self.rights.get(&user).is_some_and(|rights| rights.role.may_write())
    }

    /// When there is something to do by itself.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.knowledge {
            Knowledge::Current => self.ends_at,
            Knowledge::Asking { .. } => None,
            Knowledge::Unknown { ask_at } => Some(ask_at),
        }
    }

    /// Whether rights have not ended yet.
    fn is_in_force(&self, rights: Rights, now: Duration) -> bool {
        self.end_of(rights).is_none_or(|end| end > now)
    }

    fn end_of(&self, rights: Rights) -> Option<Duration> {
        let until = u64::try_from(rights.until?).unwrap_or(0);
        Some(Duration::from_millis(until).saturating_sub(self.unix_start))
    }

    fn note_ends(&mut self) {
        self.ends_at = self.rights.values().filter_map(|rights| self.end_of(*rights)).min();
    }
}

impl DocumentState {
    /// The permissions are at least at this version, or so somebody says.
    pub fn handle_access_version(&mut self, heard: AccessVersion) {
        if heard > self.access.version {
            self.ask_access(Some(heard));
        }
    }

    /// The answer to [`Output::ReadAccess`].
    pub fn handle_access(&mut self, now: Duration, answer: Result<AccessTable, LogError>) {
        let knowledge = std::mem::replace(&mut self.access.knowledge, Knowledge::Current);
        let Knowledge::Asking { users, heard_of } = knowledge else {
            self.access.knowledge = knowledge;
            return;
        };
        let table = match answer {
            Ok(table) => table,
            Err(LogError::NotFound) => return self.fail(RejectCode::DocumentDeleted),
            Err(_) => {
                self.access.knowledge = Knowledge::Unknown { ask_at: now + ASK_AGAIN };
                self.refuse_behind(now, RejectCode::DocumentUnavailable);
                self.refuse_edits();
                return self.access_unavailable();
            }
        };
        let version = table.version;
        self.take_over_rights(now, &users, table);
        if heard_of.is_some_and(|heard| heard > version) {
            // The table was read before the change, or the word was wrong: once more will tell.
            self.ask_access(None);
        }
        self.admit_ready(now);
        self.admit_ready_edits(now);
        self.start_append(now);
    }

    /// The log would not append, because its permissions are at this version.
    pub(super) fn append_met_access(&mut self, version: AccessVersion) {
        if bugs::active(Bug::AccessChangeNotAskedAbout) {
            self.access.version = version;
        } else if version != self.access.version {
            self.ask_access(None);
        }
    }

    pub(super) fn access_timeout(&mut self, now: Duration) {
        if self.access.due().is_some_and(|due| due <= now) {
            self.ask_access(None);
        }
    }

    /// Asks for everybody's rights, unless that is under way.
    pub(super) fn ask_access(&mut self, heard_of: Option<AccessVersion>) {
        if self.failed {
            return;
        }
        if let Knowledge::Asking { heard_of: newest, .. } = &mut self.access.knowledge {
            *newest = (*newest).max(heard_of);
            return;
        }
        let users: BTreeSet<_> = self.users().collect();
        let asked = users.iter().copied().collect();
        self.access.knowledge = Knowledge::Asking { users, heard_of: None };
        self.outputs.push_back(Output::ReadAccess { users: asked });
    }

    /// Everybody who is here, is about to be, or has an edit that waits.
    fn users(&self) -> impl Iterator<Item = UserId> {
        let here = self.subscribers.values().map(|it| it.user);
        let edits = self.edits.values().map(Arriving::user);
        here.chain(edits).chain(self.committer.users())
    }

    /// Whether what waits may be appended: everybody's rights are known. Asks if they are not.
    pub(super) fn knows_access(&mut self, now: Duration) -> bool {
        if self.access.is_current() && self.access.ends_at.is_some_and(|end| end <= now) {
            self.ask_access(None);
        }
        self.access.is_current()
    }

    /// Whether an edit may go to the log, or is there.
    pub(super) fn may_commit(&self, user: UserId, author: Author, seq: Seq) -> bool {
        let is_known = || self.document.author(author).is_some_and(|it| seq <= it.last_seq);
        self.access.may_write(user) || is_known()
    }

    /// Whether somebody who joined with rights of this version can be let in. Asks if not.
    pub(super) fn covers_access(&mut self, version: AccessVersion) -> bool {
        if self.access.is_current() && version != self.access.version {
            self.ask_access(None);
        }
        self.access.is_current()
    }

    /// Takes the rights of one who is let in, which are of the version at hand.
    pub(super) fn take_rights(&mut self, user: UserId, rights: Rights) {
        if self.access.rights.len() > 2 * self.subscribers.len() + STALE_RIGHTS_MAX {
            let here: BTreeSet<_> = self.users().collect();
            self.access.rights.retain(|user, _| here.contains(user));
        }
        self.access.rights.insert(user, rights);
        self.access.note_ends();
    }

    /// The table is in force: those whom it concerns hear of it.
    fn take_over_rights(
        &mut self,
        now: Duration,
        asked: &BTreeSet<UserId>,
        mut table: AccessTable,
    ) {
        table.rights.retain(|_, it| self.access.is_in_force(*it, now));
        self.take_over_edit_rights(asked, &table);
        let AccessTable { version, rights } = table;
        let before = std::mem::replace(&mut self.access.rights, rights);
        self.access.version = version;
        self.access.note_ends();
        let could_write = |user: UserId| before.get(&user).is_some_and(|it| it.role.may_write());
        let concerned: Vec<_> = self
            .subscribers
            .iter()
            .filter(|(_, it)| asked.contains(&it.user))
            .map(|(id, it)| (*id, it.user))
            .collect();
        for (id, user) in concerned {
            match self.access.rights.get(&user).copied() {
                None if bugs::active(Bug::WithdrawnReaderKept) => {}
                None => self.withdraw(now, id),
                Some(rights) => {
                    let can_write = rights.role.may_write();
                    let is_news = could_write(user) != can_write;
                    let Some(subscriber) = self.subscribers.get_mut(&id) else { continue };
                    if let Stage::Registering { join } | Stage::Behind { join, .. } =
                        &mut subscriber.stage
                    {
                        (join.access, join.rights) = (version, rights);
                    } else if is_news {
                        self.tell_role(id, can_write);
                    }
                }
            }
        }
    }

    /// Somebody may not even read.
    fn withdraw(&mut self, now: Duration, id: SubscriberId) {
        match self.subscribers.get(&id).and_then(Subscriber::request_pending) {
            None => self.end(now, id, RejectCode::AccessWithdrawn),
            // He shall not learn that there is such a document.
            Some(request) => {
                self.remove(now, id);
                self.refuse(id, request, RejectCode::DocumentNotFound);
            }
        }
    }

    fn tell_role(&mut self, id: SubscriberId, writable: bool) {
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            subscriber.is_forgiven_one = !writable;
        }
        let role = encode(ServerDocument::Role { channel: self.channel, writable });
        self.deliver(id, role);
    }

    /// Refuses an edit of somebody who may only read. One that can have been on its way when he
    /// was told so is forgiven; any other is a trespass.
    pub(super) fn refuse_trespass(&mut self, id: SubscriberId, seq: Seq) {
        self.reject(id, seq, RejectCode::ReadOnly, None, None);
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        if !std::mem::take(&mut subscriber.is_forgiven_one) {
            self.outputs.push_back(Output::Trespassed { subscriber: id });
        }
    }
}
