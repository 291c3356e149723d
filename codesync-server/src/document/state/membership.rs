//! Who takes part: joining, leaving, being turned away.
//!
//! A join is answered when four things are known: the client's row in the log, that the log is
//! not ahead of us, that the client is not ahead of the log, and what he may do as of the permissions
//! that everybody else was checked against.

use std::collections::VecDeque;
use std::time::Duration;

use codesync_core::document::AuthorRecord;
use codesync_core::protocol::{CloseCode, RejectCode, ServerDocument};

use super::feed::{Stage, Subscriber};
use super::{DocumentState, MISMATCH_INTERVAL, encode};
use crate::document::{Join, Output, SubscriberId};
use crate::metrics::metrics;
use crate::oplog::{ClientRecord, LogError, Registration};

impl DocumentState {
    /// Somebody wants to take part.
    pub fn handle_join(&mut self, subscriber: SubscriberId, join: Join) {
        if self.failed {
            self.refuse(subscriber, join.request, RejectCode::DocumentUnavailable);
            return;
        }
        if self.subscribers.len() >= self.subscribers_max {
            self.refuse(subscriber, join.request, RejectCode::TooManyPeople);
            return;
        }
        let registration = Registration {
            document: self.id,
            client: join.client,
            user: join.user,
            person: join.person.clone(),
        };
        self.outputs.push_back(Output::Register { subscriber, registration });
        self.subscribers.insert(subscriber, Subscriber::new(join));
    }

    /// Somebody takes no further part, or his socket is gone.
    pub fn handle_leave(&mut self, now: Duration, subscriber: SubscriberId) {
        self.remove(now, subscriber);
    }

    /// The log's answer to [`Output::Register`].
    pub fn handle_registered(
        &mut self,
        now: Duration,
        subscriber: SubscriberId,
        answer: Result<ClientRecord, LogError>,
    ) {
        if self.edits.contains_key(&subscriber) {
            return self.edit_registered(now, subscriber, answer);
        }
        let Some(entry) = self.subscribers.get_mut(&subscriber) else { return };
        let Stage::Registering { join } = &entry.stage else { return };
        let join = join.clone();
        let record = match answer {
            Ok(record) => record,
            Err(error) => {
                let code = match error {
                    LogError::NotFound => RejectCode::DocumentNotFound,
                    LogError::TooManyAuthors => RejectCode::TooManyPeople,
                    LogError::ClientTaken => RejectCode::ClientIdTaken,
                    _ => RejectCode::DocumentUnavailable,
                };
                self.remove(now, subscriber);
                self.refuse(subscriber, join.request, code);
                return;
            }
        };
        entry.stage = Stage::Behind { join: join.clone(), record };
        self.admit_if_ready(now, subscriber, &join, record);
    }

    /// Lets somebody in, or asks for what has to be known first.
    fn admit_if_ready(
        &mut self,
        now: Duration,
        id: SubscriberId,
        join: &Join,
        record: ClientRecord,
    ) {
        let head = self.head();
        if record.last_revision > head || join.at.is_some_and(|at| at > head) {
            self.read_log();
        } else if self.covers_access(join.access) {
            self.admit(now, id, join, record);
        }
    }

    /// Lets in those whose join waited for the permissions.
    pub(super) fn admit_ready(&mut self, now: Duration) {
        for (id, join, record) in self.behind() {
            self.admit_if_ready(now, id, &join, record);
        }
    }

    /// Lets in those whose join waited for the log, which was read to its end.
    pub(super) fn admit_behind(&mut self, now: Duration) {
        let head = self.head();
        for (id, join, record) in self.behind() {
            if record.last_revision > head {
                self.remove(now, id);
                self.refuse(id, join.request, RejectCode::DocumentUnavailable);
            } else if join.at.is_some_and(|at| at > head) {
                self.remove(now, id);
                self.refuse(id, join.request, RejectCode::RevisionAhead);
            } else {
                self.admit_if_ready(now, id, &join, record);
            }
        }
    }

    pub(super) fn refuse_behind(&mut self, now: Duration, code: RejectCode) {
        for (id, join, _) in self.behind() {
            self.remove(now, id);
            self.refuse(id, join.request, code);
        }
    }

    fn behind(&self) -> Vec<(SubscriberId, Join, ClientRecord)> {
        let behind = |(id, it): (&SubscriberId, &Subscriber)| match &it.stage {
            Stage::Behind { join, record } => Some((*id, join.clone(), *record)),
            _ => None,
        };
        self.subscribers.iter().filter_map(behind).collect()
    }

    fn admit(&mut self, now: Duration, id: SubscriberId, join: &Join, record: ClientRecord) {
        let author = record.author;
        if let Some(other) = self.authors.get(&author).copied() {
            // The same copy joined twice; the older socket is most likely dead. Its join need not
            // have been the first: whose it is may have been asked of a slow database.
            let came = |id| self.subscribers.get(&id).map(|it| (it.socket, id));
            if came(other) > came(id) {
                self.remove(now, id);
                self.refuse(id, join.request, RejectCode::ClientIdTaken);
                return;
            }
            self.end(now, other, RejectCode::ClientIdTaken);
        }
        let known = AuthorRecord {
            client: Some(join.client),
            last_seq: record.last_seq,
            last_revision: record.last_revision,
        };
        self.document.register(author, known);
        let known = self.document.author(author).copied().unwrap_or(known);
        let head = self.head();
        let text = self.document.text();
        let joined = encode(ServerDocument::Joined {
            request: join.request,
            channel: self.channel,
            author,
            head,
            last_seq: known.last_seq,
            last_revision: known.last_revision,
            name: self.name.as_str().into(),
            writable: join.rights.role.may_write(),
            document_bytes_max: self.document.document_bytes_max(),
            text_bytes: join.text.then(|| text.len_bytes() as u64),
        });
        let stage = if join.text {
            Stage::Text { text: text.clone(), offset: 0, revision: head }
        } else {
            Stage::CatchingUp { steps: VecDeque::new() }
        };
        let at = if join.text { head } else { join.at.unwrap_or(head) };
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        subscriber.admit(author, at, stage);
        self.take_rights(join.user, join.rights);
        self.note_mismatch(now, join);
        self.authors.insert(author, id);
        self.deliver(id, joined);
        let arrived = self.presence.arrive(author, &join.person);
        self.tell_others(id, &arrived);
        self.pump(now, id);
        self.forget_gone();
    }

    /// Who wants the text although he had one has found that his was not ours. He need not speak the
    /// truth: he is heard only here, where it is known that he may read the document, and however
    /// often he and others say it, it comes to one word a minute.
    fn note_mismatch(&mut self, now: Duration, join: &Join) {
        let Some(revision) = join.at.filter(|_| join.text) else { return };
        if self.mismatch_told.is_none_or(|told| told + MISMATCH_INTERVAL <= now) {
            self.mismatch_told = Some(now);
            self.outputs.push_back(Output::Mismatched { user: join.user, revision });
        }
    }

    /// Ends a subscriber's part with a word to him.
    pub(super) fn end(&mut self, now: Duration, id: SubscriberId, code: RejectCode) {
        metrics().rejected(code);
        let ended =
            ServerDocument::Ended { channel: self.channel, code, message: code.sentence().into() };
        self.outputs.push_back(Output::Deliver { subscriber: id, messages: encode(ended) });
        self.outputs.push_back(Output::Detach { subscriber: id });
        self.remove(now, id);
    }

    pub(super) fn refuse(&mut self, subscriber: SubscriberId, request: u32, code: RejectCode) {
        metrics().rejected(code);
        let message = code.sentence().into();
        let refused = encode(ServerDocument::Refused { request, code, message });
        self.outputs.push_back(Output::Deliver { subscriber, messages: refused });
        self.outputs.push_back(Output::Detach { subscriber });
    }

    pub(super) fn close(&mut self, now: Duration, id: SubscriberId, code: CloseCode) {
        self.outputs.push_back(Output::Close { subscriber: id, code });
        self.remove(now, id);
    }

    pub(super) fn remove(&mut self, now: Duration, id: SubscriberId) {
        let Some(subscriber) = self.subscribers.remove(&id) else { return };
        let Some(author) = subscriber.author() else { return self.forget_gone() };
        if self.authors.get(&author) == Some(&id) {
            self.authors.remove(&author);
            if let Some(departed) = self.presence.depart(author) {
                self.tell_departed(author, &departed);
            }
            self.tell_presence(now);
        }
        self.forget_if_gone(author);
    }

    /// Ends the document for everybody: it cannot be trusted, or is no more.
    pub(super) fn fail(&mut self, code: RejectCode) {
        if self.failed {
            return;
        }
        self.failed = true;
        let ended = encode(ServerDocument::Ended {
            channel: self.channel,
            code,
            message: code.sentence().into(),
        });
        for (subscriber, entry) in std::mem::take(&mut self.subscribers) {
            let messages = match entry.request_pending() {
                None => ended.clone(),
                Some(request) => {
                    let message = code.sentence().into();
                    encode(ServerDocument::Refused { request, code, message })
                }
            };
            self.outputs.push_back(Output::Deliver { subscriber, messages });
            self.outputs.push_back(Output::Detach { subscriber });
        }
        self.authors.clear();
        self.edits.clear();
        self.committer.clear();
        self.outputs.push_back(Output::Failed { code });
    }
}
