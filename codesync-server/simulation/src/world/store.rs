//! The log and the snapshots that all servers share, and the ways in which they fail.
//!
//! What a piece of work does and when its answer arrives are two moments, and either may be the
//! last thing that its server lives to see.

use std::collections::VecDeque;

use bytes::Bytes;
use codesync_core::protocol::RejectCode;
use codesync_core::{DocumentId, History, Operation, OperationLimits, Revision, Text};
use codesync_server::access::{AccessVersion, Rights, Role};
use codesync_server::document::load::{self, Loaded};
use codesync_server::document::{Output, SubscriberId};
use codesync_server::ids::UserId;
use codesync_server::oplog::memory::MemoryLog;
use codesync_server::oplog::{Append, AppendError, Epoch, LogError, ReadLimit};
use codesync_server::snapshots::memory::MemorySnapshots;
use codesync_server::snapshots::{Objects, SnapshotKey};
use futures_util::FutureExt;

use super::{MS, Micros, World, document_id, say, user_of};
use crate::chance::Chance;
use crate::coverage::Met;
use crate::script::SERVERS;

pub(crate) struct Store {
    pub(crate) log: MemoryLog,
    pub(crate) snapshots: MemorySnapshots,
    down_until: Micros,
    slow_until: Micros,
    slow_by: Micros,
    unwell_until: Micros,
    /// What the next appends of each server are answered.
    answers: Vec<VecDeque<u64>>,
    chance: Chance,
}

/// The memory twin never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("stores in memory answer at once")
}

impl Store {
    pub(crate) fn new(seed: u64, documents: usize, clients: usize) -> Self {
        let log = MemoryLog::default();
        for document in (0..documents).map(document_id) {
            log.create(document, Vec::new());
            for client in 0..clients {
                let rights = Rights::lasting(Role::Editor);
                let set = log.set_rights(document, user_of(client), Some(rights));
                set.expect("the document was created just now");
            }
        }
        Self {
            log,
            snapshots: MemorySnapshots::default(),
            down_until: 0,
            slow_until: 0,
            slow_by: 0,
            unwell_until: 0,
            answers: (0..SERVERS).map(|_| VecDeque::new()).collect(),
            chance: Chance::of(seed, &[6]),
        }
    }

    /// What a user may do, and as of which state; or why he is not let in.
    pub(crate) fn rights(
        &self,
        now: Micros,
        document: usize,
        user: UserId,
    ) -> Result<(AccessVersion, Rights), RejectCode> {
        if self.is_down(now) {
            return Err(RejectCode::DocumentUnavailable);
        }
        let table = self.log.access_now(document_id(document), &[user]);
        let table = table.map_err(|_| RejectCode::DocumentNotFound)?;
        let is_over = |until: i64| until <= i64::try_from(now / MS).unwrap_or(i64::MAX);
        let rights = table.rights.get(&user).copied();
        let rights = rights.filter(|rights| !rights.until.is_some_and(is_over));
        Ok((table.version, rights.ok_or(RejectCode::DocumentNotFound)?))
    }

    pub(crate) fn is_down(&self, now: Micros) -> bool {
        now < self.down_until
    }

    pub(crate) fn slow_by(&self, now: Micros) -> Micros {
        if now < self.slow_until { self.slow_by } else { 0 }
    }

    pub(crate) fn down(&mut self, until: Micros) {
        self.down_until = self.down_until.max(until);
        self.unwell_until = self.unwell_until.max(until);
    }

    pub(crate) fn slow(&mut self, until: Micros, by: Micros) {
        (self.slow_until, self.slow_by) = (until, by);
        // What began before the end ends some time after it.
        self.unwell_until = self.unwell_until.max(until + 3 * by);
    }

    /// Since when nothing has kept the servers from reading what they asked for.
    pub(crate) fn unwell_until(&self) -> Micros {
        self.unwell_until
    }

    pub(crate) fn answer_next(&mut self, server: usize, answer: u64, count: u64) {
        self.answers[server].extend((0..count.min(16)).map(|_| answer));
    }

    /// Everything is well from here on.
    pub(crate) fn mend(&mut self) {
        (self.down_until, self.slow_until) = (0, 0);
        self.answers.iter_mut().for_each(VecDeque::clear);
    }

    /// The real way to load a document.
    pub(crate) fn load(&self, id: DocumentId) -> Result<Loaded, String> {
        now(load::load(&self.log, &self.snapshots, id)).map_err(|error| error.to_string())
    }

    pub(crate) fn snapshots_of(&self, document: usize) -> Vec<(SnapshotKey, Option<Bytes>)> {
        let keys = now(self.snapshots.list(document_id(document), Epoch::FIRST));
        let with_content = |key: SnapshotKey| {
            let content = now(self.snapshots.get(&key)).ok();
            (key, content)
        };
        keys.unwrap_or_default().into_iter().map(with_content).collect()
    }

    /// Forgets all but the newest `keep` snapshots.
    pub(crate) fn prune(&self, document: usize, keep: usize) {
        for (key, _) in self.snapshots_of(document).into_iter().skip(keep) {
            now(self.snapshots.delete(&key)).expect("deleting in memory works");
        }
    }

    /// Puts something else in the place of the newest snapshot, if there is one.
    pub(crate) fn damage(&self, document: usize) -> bool {
        let newest = self.snapshots_of(document).into_iter().next();
        if let Some((key, _)) = &newest {
            self.snapshots.damage(key, Bytes::from_static(b"not what was put here"));
        }
        newest.is_some()
    }

    fn keep(&self, id: DocumentId, revision: Revision, text: &str) {
        let content = Bytes::from(text.to_owned());
        let key = SnapshotKey::of(id, Epoch::FIRST, revision, &content);
        now(self.snapshots.put(&key, content)).expect("keeping in memory works");
    }
}

impl World {
    /// Begins work of a document whose answer comes later.
    pub(super) fn begin(&mut self, server: usize, document: usize, generation: u64, work: Output) {
        let boot = self.servers[server].boot;
        let asker = (server, boot, document, generation);
        let there = self.log_delay(server);
        let back = self.log_delay(server);
        let id = document_id(document);
        match work {
            Output::Register { subscriber, registration } => self.after(there, move |world| {
                let answer = match world.store.is_down(world.now) {
                    true => Err(unavailable()),
                    false => world.store.log.register_now(&registration),
                };
                if let Ok(record) = answer {
                    let check = world.truths[document].registered(registration.client, record);
                    world.check(check);
                }
                world.after(back, move |world| {
                    world.answer(asker, |state, now| {
                        state.handle_registered(now, subscriber, answer);
                    });
                });
            }),
            Output::ReadAccess { users } => self.after(there, move |world| {
                let answer = match world.store.is_down(world.now) {
                    true => Err(unavailable()),
                    false => world.store.log.access_now(id, &users),
                };
                world.after(back, move |world| {
                    world.answer(asker, |state, now| state.handle_access(now, answer));
                });
            }),
            Output::ReadLog { after } => self.after(there, move |world| {
                let entries_max = *world.store.chance.pick(&[1, 3, 4096, 4096]);
                let limit = ReadLimit { entries_max, ..ReadLimit::default() };
                let answer = match world.store.is_down(world.now) {
                    true => Err(unavailable()),
                    false => world.store.log.read_now(id, after, limit),
                };
                say!(world, "server {server} reads document {document} after {after}");
                world.after(back, move |world| {
                    world.answer(asker, |state, now| state.handle_log(now, answer));
                });
            }),
            Output::ReadOlder { subscriber, from, to } => self.after(there, move |world| {
                world.coverage.met(Met::OlderRead);
                let answer = world.older(document, from, to);
                world.answer_older(asker, back, subscriber, answer);
            }),
            Output::Append(append) => self.append(asker, there, back, append),
            Output::Snapshot { revision, text } => self.after(there, move |world| {
                world.keep(asker, back, revision, &text);
            }),
            Output::Publish(_)
            | Output::Wish
            | Output::Presence(_)
            | Output::Deliver { .. }
            | Output::AwaitRoom { .. }
            | Output::Detach { .. }
            | Output::Trespassed { .. }
            | Output::Mismatched { .. }
            | Output::Edited { .. }
            | Output::Close { .. }
            | Output::Failed { .. } => unreachable!("performed at once"),
        }
    }

    fn append(
        &mut self,
        asker: (usize, u64, usize, u64),
        there: Micros,
        back: Micros,
        append: Append,
    ) {
        let (server, boot, document, _) = asker;
        self.after(there, move |world| {
            if world.servers[server].boot != boot && world.store.chance.per_mille(500) {
                // The server was killed before it had sent this.
                return;
            }
            let forced = world.store.answers[server].pop_front();
            let late = world.store.chance.below(1500 * MS);
            let unknown = || Err(AppendError::Unknown("the connection was lost".to_owned()));
            let answer = match (world.store.is_down(world.now), forced) {
                (true, _) | (false, Some(4)) => Err(AppendError::Log(unavailable())),
                (false, Some(0)) => Err(AppendError::Conflict { head: append.expected_head }),
                (false, Some(1)) => world.take_in(document, append).and(unknown()),
                (false, Some(2)) => unknown(),
                (false, Some(3)) => {
                    world.after(late, move |world| {
                        // Nobody waits for this answer any more.
                        let _ = world.take_in(document, append);
                    });
                    unknown()
                }
                (false, _) => world.take_in(document, append),
            };
            match &answer {
                Err(AppendError::Conflict { .. }) if forced != Some(0) => {
                    world.coverage.met(Met::LostRace);
                }
                Err(AppendError::Unknown(_)) => world.coverage.met(Met::UnknownOutcome),
                Err(AppendError::AccessChanged { .. }) => world.coverage.met(Met::AccessLost),
                _ => {}
            }
            if let Err(error) = &answer {
                say!(world, "append of server {server}: {error}");
            }
            world.after(back, move |world| {
                world.answer(asker, |state, now| state.handle_appended(now, answer));
            });
        });
    }

    /// The log takes entries, or does not.
    fn take_in(&mut self, document: usize, append: Append) -> Result<(), AppendError> {
        let entries = append.entries.clone();
        self.store.log.append_now(append)?;
        for entry in entries {
            let (revision, author, seq) = (entry.revision, entry.author, entry.seq);
            say!(self, "document {document}: revision {revision} by author {author}, his {seq}");
            self.coverage.met(Met::Commit);
            let now = self.now();
            let check = self.truths[document].appended(&entry, now);
            self.check(check);
            if self.violation.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn older(
        &mut self,
        document: usize,
        from: Revision,
        to: Revision,
    ) -> Result<History, LogError> {
        if self.store.is_down(self.now) {
            return Err(unavailable());
        }
        let page = self.store.log.read_now(document_id(document), from, ReadLimit::default())?;
        let mut history: Option<History> = None;
        for entry in page.entries.into_iter().take_while(|entry| entry.revision <= to) {
            let limits = OperationLimits::REPRESENTABLE;
            let operation = Operation::decode(&entry.operation, entry.base_length, &limits)
                .map_err(|error| LogError::Unavailable(error.to_string()))?;
            let history = history.get_or_insert_with(|| History::new(from, entry.base_length));
            history.push(operation).map_err(|error| LogError::Unavailable(error.to_string()))?;
        }
        Ok(history.unwrap_or_else(|| History::new(from, 0)))
    }

    fn answer_older(
        &mut self,
        asker: (usize, u64, usize, u64),
        back: Micros,
        subscriber: SubscriberId,
        answer: Result<History, LogError>,
    ) {
        self.after(back, move |world| {
            world.answer(asker, |state, now| state.handle_older(now, subscriber, answer));
        });
    }

    fn keep(
        &mut self,
        asker: (usize, u64, usize, u64),
        back: Micros,
        revision: Revision,
        text: &Text,
    ) {
        let document = asker.2;
        let fails = !self.calm && self.store.chance.per_mille(100);
        let kept = (!fails).then_some(revision);
        if kept.is_some() {
            let text = text.to_string();
            say!(self, "document {document}: snapshot of {revision}");
            let check = self.truths[document].kept(revision, &text);
            self.check(check);
            self.store.keep(document_id(document), revision, &text);
            self.store.prune(document, 3);
        }
        self.after(back, move |world| {
            world.answer(asker, |state, now| state.handle_snapshot(now, kept));
        });
    }
}

fn unavailable() -> LogError {
    LogError::Unavailable("the log is down".to_owned())
}
