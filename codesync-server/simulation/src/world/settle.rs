//! The end of a run: faults stop, everybody comes back, and then everything must agree.

use codesync_core::Text;
use codesync_core::client::{State, journal};
use codesync_server::oplog::{ReadLimit, Registration};

use super::{MS, Micros, SECOND, World, document_id, say, user_of};
use crate::oracle::{Check, broken, hold};

/// Everything is quiet this long after the last fault: the longest wait is for a silent socket,
/// after that a backoff, a join, and what was left unsent.
const QUIET_AFTER_MAX: Micros = 150 * SECOND;
/// The bus may lose everything: whoever is connected has a commit so soon after it. A second until
/// the log is asked, and the ways.
const HEARD_AFTER_MAX: Micros = 2 * SECOND;
/// Whoever is in a document is seen there so soon after the bus is in order, and nobody else: a
/// server that knows of no other says who is there every half a minute, and is asked for names.
const SEEN_AFTER_MAX: Micros = 35 * SECOND;
/// And once so soon after that. Whoever became another client after a conflict may be seen as the
/// one he was, too, and see himself, until the server has missed signs of life on a socket that died
/// in silence.
const SEEN_TWICE_MAX: Micros = 70 * SECOND;
/// How often it is looked whether all is quiet.
const LOOK_INTERVAL: Micros = 100 * MS;

/// How often a person may be seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Times {
    Once,
    OnceOrTwice,
}

impl World {
    pub(super) fn settle(&mut self) -> Check {
        say!(self, "no more faults");
        self.calm = true;
        self.store.mend();
        for server in 0..self.servers.len() {
            self.start_server(server);
        }
        for client in 0..self.clients.len() {
            self.clients[client].disk.slow_ms = 0;
            self.start_client(client);
            self.come_online(client);
            if self.rates.frames_dropped > 0 {
                // A frame that vanished on a living socket is missed when the next one comes, and
                // none may come.
                self.cut(client);
            }
            for document in 0..self.truths.len() {
                if !self.truths[document].permissions.is_writer_for_good(client) {
                    self.permit(document, client, 2, 0);
                }
                self.open(client, document);
            }
        }
        // Sockets of a login that has ended may be open for a second, and are closed then.
        self.run_until(self.now + SECOND)?;
        self.quiet_within(QUIET_AFTER_MAX)?;
        self.check_everything()?;

        say!(self, "all is quiet; with the bus in order everybody sees everybody");
        let lost = std::mem::replace(&mut self.rates.hints_lost, 0);
        self.seen_within(SEEN_AFTER_MAX, Times::OnceOrTwice)?;
        self.seen_within(SEEN_TWICE_MAX, Times::Once)?;
        self.rates.hints_lost = lost;

        say!(self, "a last word without the bus");
        self.rates.hints_lost = 1000;
        let ways = 6 * self.rates.latency_ms + 8 * self.rates.log_ms + 2 * self.rates.fsync_ms;
        for client in 0..self.clients.len() {
            for document in 0..self.truths.len() {
                self.edit_one(client, document, 500, 0, 1);
                self.quiet_within(HEARD_AFTER_MAX + ways * MS).map_err(|mut violation| {
                    violation.law = "I8 heard";
                    violation
                })?;
            }
        }
        self.check_everything()?;
        self.start_anew()
    }

    fn quiet_within(&mut self, at_most: Micros) -> Check {
        let end = self.now + at_most;
        loop {
            self.run_until(self.now + LOOK_INTERVAL)?;
            let Some(noise) = self.noise() else { return Ok(()) };
            if self.now >= end {
                return Err(broken("quiet", noise));
            }
        }
    }

    fn seen_within(&mut self, at_most: Micros, times: Times) -> Check {
        let end = self.now + at_most;
        while let Some(unseen) = self.unseen(times) {
            if self.now >= end {
                return Err(broken("presence", unseen));
            }
            self.run_until(self.now + LOOK_INTERVAL)?;
        }
        Ok(())
    }

    /// Somebody who does not see just all the others.
    fn unseen(&self, times: Times) -> Option<String> {
        for (number, it) in self.clients.iter().enumerate() {
            let others = (0..self.clients.len()).filter(|other| *other != number);
            let mut others: Vec<_> = others.map(|other| format!("client {other}")).collect();
            others.sort();
            for document in 0..self.truths.len() {
                let replica = it.connection.as_ref()?.document(document_id(document))?;
                let mut seen: Vec<_> = replica.peers().map(|peer| peer.name.to_owned()).collect();
                seen.sort();
                if times == Times::OnceOrTwice {
                    seen.retain(|name| *name != format!("client {number}"));
                    seen.dedup();
                }
                if seen != others {
                    return Some(format!("client {number} sees {seen:?} in document {document}"));
                }
            }
        }
        None
    }

    /// What is not as it should be once all is quiet.
    fn noise(&self) -> Option<String> {
        for (number, it) in self.clients.iter().enumerate() {
            if it.stalled_until > self.now {
                return Some(format!("client {number} takes nothing"));
            }
            for (document, truth) in self.truths.iter().enumerate() {
                let replica =
                    it.connection.as_ref().and_then(|it| it.document(document_id(document)));
                let Some(replica) = replica else {
                    return Some(format!("client {number} has not opened document {document}"));
                };
                let status = replica.status();
                if status.state != State::Synchronized || replica.revision() != truth.head() {
                    let head = truth.head();
                    return Some(format!(
                        "client {number} in document {document}: {status:?}, the head is {head}"
                    ));
                }
            }
            if it.socket.is_some_and(|socket| self.is_dead(socket)) {
                return Some(format!("client {number} has not noticed that its socket is dead"));
            }
            if !it.disk.is_idle() {
                return Some(format!("client {number} is writing"));
            }
        }
        for (number, it) in self.servers.iter().enumerate() {
            for (document, state) in it.states() {
                let (head, truth) = (state.head(), self.truths[document].head());
                if head != truth || state.is_busy() {
                    return Some(format!("server {number} is at {head} or busy, head is {truth}"));
                }
            }
            if it.is_loading() {
                return Some(format!("server {number} is loading"));
            }
        }
        None
    }

    /// All copies are what the log leads to, and that is what people meant.
    fn check_everything(&self) -> Check {
        for (document, truth) in self.truths.iter().enumerate() {
            let text = truth.text();
            self.intents[document].check(&text.to_string(), |tag| truth.origin(tag))?;
            for (number, it) in self.clients.iter().enumerate() {
                let replica =
                    it.connection.as_ref().and_then(|it| it.document(document_id(document)));
                let equal = replica.is_some_and(|replica| replica.text() == text);
                hold!("I7 equal", equal, "client {number} has another text");
                self.check_shown(number, document)?;
                self.check_journal(number, document, text)?;
            }
            for (number, server) in self.servers.iter().enumerate() {
                for (_, state) in server.states().filter(|(it, _)| *it == document) {
                    hold!("I7 equal", state.text() == *text, "server {number} has another text");
                }
            }
            let limit = ReadLimit { entries_max: usize::MAX, bytes_max: usize::MAX };
            let page = self.store.log.read_now(document_id(document), Default::default(), limit);
            let page = page.map_err(|error| broken("I6 history", error))?;
            truth.unchanged(&page.entries)?;
            for (key, content) in self.store.snapshots_of(document) {
                // One that was damaged on purpose is not given out.
                let Some(content) = content else { continue };
                let kept =
                    std::str::from_utf8(&content).map_err(|it| broken("I10 snapshot", it))?;
                truth.kept(key.revision, kept)?;
            }
        }
        Ok(())
    }

    /// What a client has on its disk leads to what it shows.
    fn check_journal(&self, number: usize, document: usize, text: &Text) -> Check {
        let journal = &self.clients[number].disk.journals[&document];
        let replayed = journal::replay(&journal.bytes)
            .map_err(|error| broken("I16 kept", format!("journal of client {number}: {error}")))?;
        let unsaved = replayed.replica.status().unsaved_edits;
        hold!(
            "I16 kept",
            unsaved == 0,
            "the journal of client {number} waits with {unsaved} edits"
        );
        let equal = replayed.replica.text() == text;
        hold!("I16 kept", equal, "the journal of client {number} leads to another text");
        Ok(())
    }

    /// A server that knows nothing reads the same text and the same dedupe rows.
    fn start_anew(&mut self) -> Check {
        for server in 0..self.servers.len() {
            self.kill_server(server);
        }
        for document in 0..self.truths.len() {
            let loaded = self.store.load(document_id(document));
            let loaded = loaded.map_err(|error| broken("I10 snapshot", error))?;
            let truth = &mut self.truths[document];
            hold!(
                "I10 snapshot",
                loaded.document.head() == truth.head(),
                "loaded another revision"
            );
            hold!("I10 snapshot", loaded.document.text() == truth.text(), "loaded another text");
            for (number, client) in self.clients.iter().enumerate() {
                let id = client.known_as[&document];
                let user = user_of(number);
                let registration = Registration::local(document_id(document), id);
                let registration = Registration { user, ..registration };
                let record = self.store.log.register_now(&registration);
                truth.registered(id, record.map_err(|error| broken("I13 dedupe", error))?)?;
            }
        }
        Ok(())
    }
}
