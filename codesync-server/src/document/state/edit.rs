//! Edits of those who have not joined: programs that hand in a whole text.
//!
//! Whoever hands one in is registered like a client and then waits in the same queue as everybody
//! else's edits; preparing, appending, committing and telling the others is the very same code. He
//! gets one answer and sees nothing of the document.

use std::collections::BTreeSet;
use std::time::Duration;

use codesync_core::document::{AuthorRecord, PreparedWhole, SubmitError};
use codesync_core::protocol::RejectCode;
use codesync_core::{Entry, Revision, Seq};

use super::DocumentState;
use super::commit::Answer;
use super::queue::{Waiting, Work};
use crate::access::AccessTable;
use crate::document::{Edit, EditRefusal, Output, SubscriberId};
use crate::ids::UserId;
use crate::oplog::{ClientRecord, LogError, Registration};

/// Edits that may be on their way into the queue at once.
const ARRIVING_MAX: usize = 64;

/// An edit on its way into the queue.
#[derive(Debug)]
pub(super) struct Arriving {
    edit: Edit,
    /// What the log knows of its client, once that was said.
    record: Option<ClientRecord>,
}

impl Arriving {
    pub(super) fn user(&self) -> UserId {
        self.edit.user
    }
}

impl DocumentState {
    /// Somebody who has not joined hands in an edit; the answer is [`Output::Edited`].
    pub fn handle_edit(&mut self, id: SubscriberId, edit: Edit) {
        if self.failed {
            return self.refuse_edit(id, RejectCode::DocumentUnavailable, None);
        }
        if self.edits.len() >= ARRIVING_MAX {
            return self.refuse_edit(id, RejectCode::Busy, None);
        }
        let registration = Registration {
            document: self.id,
            client: edit.client,
            user: edit.user,
            person: edit.person.clone(),
        };
        self.outputs.push_back(Output::Register { subscriber: id, registration });
        self.edits.insert(id, Arriving { edit, record: None });
    }

    /// The log's answer to the registration of an edit.
    pub(super) fn edit_registered(
        &mut self,
        now: Duration,
        id: SubscriberId,
        answer: Result<ClientRecord, LogError>,
    ) {
        let record = match answer {
            Ok(record) => record,
            Err(error) => {
                let code = match error {
                    LogError::NotFound => RejectCode::DocumentNotFound,
                    LogError::TooManyAuthors => RejectCode::TooManyPeople,
                    LogError::ClientTaken => RejectCode::ClientIdTaken,
                    _ => RejectCode::DocumentUnavailable,
                };
                return self.drop_edit(id, code);
            }
        };
        let Some(arriving) = self.edits.get_mut(&id) else { return };
        arriving.record = Some(record);
        self.admit_edit_if_ready(now, id);
    }

    /// Lets an edit into the queue, or asks for what has to be known first: the entries it was made
    /// for, and what its author may do.
    fn admit_edit_if_ready(&mut self, now: Duration, id: SubscriberId) {
        let Some(Arriving { edit, record: Some(record) }) = self.edits.get(&id) else { return };
        let (access, head) = (edit.access, self.head());
        if record.last_revision > head || edit.base > head {
            self.read_log();
        } else if self.covers_access(access) {
            self.admit_edit(now, id);
        }
    }

    /// Lets those into the queue that waited for the permissions.
    pub(super) fn admit_ready_edits(&mut self, now: Duration) {
        for id in self.edits_registered() {
            self.admit_edit_if_ready(now, id);
        }
    }

    /// What the authors of edits on their way may do, as of the permissions at hand.
    pub(super) fn take_over_edit_rights(&mut self, asked: &BTreeSet<UserId>, table: &AccessTable) {
        let mut withdrawn = Vec::new();
        let concerned = self.edits.iter_mut().filter(|(_, it)| asked.contains(&it.edit.user));
        for (id, Arriving { edit, .. }) in concerned {
            edit.access = table.version;
            match table.rights.get(&edit.user) {
                Some(rights) => edit.rights = *rights,
                None => withdrawn.push(*id),
            }
        }
        for id in withdrawn {
            self.drop_edit(id, RejectCode::DocumentNotFound);
        }
    }

    /// Lets those into the queue that waited for the log, which was read to its end.
    pub(super) fn admit_edits(&mut self, now: Duration) {
        let head = self.head();
        for id in self.edits_registered() {
            match self.edits.get(&id).map(|arriving| arriving.edit.base) {
                Some(base) if base > head => self.drop_edit(id, RejectCode::FutureBase),
                _ => self.admit_edit_if_ready(now, id),
            }
        }
    }

    /// The log, or who may write, cannot be read.
    pub(super) fn refuse_edits(&mut self) {
        for id in self.edits_registered() {
            self.drop_edit(id, RejectCode::DocumentUnavailable);
        }
    }

    fn edits_registered(&self) -> Vec<SubscriberId> {
        let registered = self.edits.iter().filter(|(_, arriving)| arriving.record.is_some());
        registered.map(|(id, _)| *id).collect()
    }

    fn admit_edit(&mut self, now: Duration, id: SubscriberId) {
        let Some(Arriving { edit, record: Some(record) }) = self.edits.remove(&id) else { return };
        if record.last_seq > Seq::ZERO {
            // It was handed in before, and all of it was committed.
            self.tell_edited(id, Ok(record.last_revision));
            return self.forget_gone();
        }
        let author = record.author;
        let known = AuthorRecord {
            client: Some(edit.client),
            last_seq: record.last_seq,
            last_revision: record.last_revision,
        };
        self.document.register(author, known);
        let Edit { user, rights, base, operation, exact, .. } = edit;
        self.take_rights(user, rights);
        let work = Work::Whole { base, operation, exact };
        let waiting = Waiting {
            subscriber: id,
            user,
            author,
            work,
            since: now,
            received_at: Revision::ZERO,
            older: None,
            older_attempts: 0,
        };
        self.wait(now, waiting);
        self.forget_gone();
    }

    /// The entries of the edit that is next, if there is anything to append.
    pub(super) fn prepare_whole(&mut self) -> (Vec<Waiting>, Vec<Entry>) {
        let Some(waiting) = self.committer.waiting.pop_front() else { return Default::default() };
        let Work::Whole { base, operation, exact } = &waiting.work else {
            unreachable!("the caller has looked");
        };
        if self.is_forbidden(&waiting) {
            self.answer(waiting, Answer::Forbidden);
            return Default::default();
        }
        let older = waiting.older.as_ref();
        let answer = match self.document.prepare_whole(waiting.author, *base, operation, older) {
            Ok(PreparedWhole::Duplicate { revision }) => Answer::Duplicate { revision },
            Ok(_) | Err(SubmitError::BaseTooOld { .. }) if *exact && *base != self.head() => {
                Answer::Moved
            }
            // Nothing is left to do: others have done it.
            Ok(PreparedWhole::Entries(entries)) if entries.is_empty() => {
                Answer::Duplicate { revision: self.head() }
            }
            Ok(PreparedWhole::Entries(entries)) => return (vec![waiting], entries),
            Err(error) => Answer::Refused(error),
        };
        self.answer(waiting, answer);
        Default::default()
    }

    /// An append is in the log: if it was an edit as a whole, whoever handed it in is told.
    pub(super) fn tell_whole(&mut self, flying: &[Waiting], entries: &[Entry]) {
        if let ([edit], Some(last)) = (flying, entries.last())
            && edit.work.is_whole()
        {
            self.tell_edited(edit.subscriber, Ok(last.revision));
        }
    }

    pub(super) fn tell_edited(
        &mut self,
        edit: SubscriberId,
        answer: Result<Revision, EditRefusal>,
    ) {
        self.outputs.push_back(Output::Edited { edit, answer });
    }

    pub(super) fn refuse_edit(
        &mut self,
        edit: SubscriberId,
        code: RejectCode,
        message: Option<String>,
    ) {
        let message = message.unwrap_or_else(|| code.sentence().to_owned());
        self.tell_edited(edit, Err(EditRefusal::Rejected { code, message }));
    }

    fn drop_edit(&mut self, id: SubscriberId, code: RejectCode) {
        if self.edits.remove(&id).is_some() {
            self.refuse_edit(id, code, None);
            self.forget_gone();
        }
    }
}
